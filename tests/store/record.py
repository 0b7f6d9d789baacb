"""Makes a database as this version leaves it, as SQL that can be read in a diff: `python -m tests.store.record`.

It is recorded anew for each migration and each new version of a stored value, into a file named for the latest
migration; the files of earlier ones stay, for what they hold has to be understood for ever.
"""

import sqlite3
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot import incidents, runs
from bot.core.guest import StartsFrom
from bot.core.health import CheckName, Fingerprint, Kind, TargetId
from bot.core.incident import IncidentId
from bot.core.incidents import withdrawal
from bot.core.incidents.console_log import BootRecord, Mark
from bot.core.incidents.inventory import DiskFacts, GuestFacts, HostFacts, ThingFacts, ThingKind
from bot.core.incidents.left_off import LeftOff
from bot.core.picture import Outlook
from bot.core.run import ActionFinished, Button, Choice, Press, RunStatus, Stop, Tick
from bot.core.run_json import run_from_json, run_to_json
from bot.core.runs.deed import Deed
from bot.errands import give_up
from bot.incidents import commit, situation
from bot.store import Store
from bot.store.outbox import Post
from bot.usecases import missing as missing_guests
from bot.usecases import persons_word, script_records
from tests.core.labs import (
    ATLAS,
    RACK,
    VAULT,
    back,
    crashed,
    fails,
    gone,
    missing,
    off,
    on_battery,
    on_mains,
    powered_on,
    up,
    well,
)
from tests.kept_lab import ALEX, ROBIN, KeptLab
from tests.walking import house, runbook

FOLDER = Path(__file__).with_name("recorded")
NAMES = ("web1", "web2", "web3", "web4", "web5", "web6", "db1", "dev1", "mail1")
WEB1, WEB2, WEB3, WEB4, WEB5, WEB6, DB1, DEV1, MAIL1 = (TargetId(f"guest:{name}") for name in NAMES)
GATE, WEB = TargetId("service:gate"), TargetId("service:web")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MEND = """\
# Mend a guest

## Wipe it
- Run on: bot

```sh
echo wiped
```

## Look at the lights
- Who: hands

- [ ] The left one
- [ ] The right one
"""


def fill(store: Store, folder: Path) -> KeptLab:
    """A lab in which everything has happened."""
    lab = KeptLab(store)
    lab.begin()
    lab.inventory(*NAMES)
    booted = replace(well(ATLAS, "ssh"), facts={"boot_id": "0d9f", "root": "writable"})
    rest = [well(*one) for one in ((RACK, "ups"), (VAULT, "tcp"), (GATE, "tcp"), (WEB, "tcp"))]
    lab.see(booted, back(ATLAS), *rest, *(up(TargetId(f"guest:{name}")) for name in NAMES))
    _endings(lab)
    _outage(lab)
    _open(lab)
    _runs(lab, folder)
    _rest(lab)
    return lab


def _endings(lab: KeptLab) -> None:
    """Incidents that are over: proven, closed after they were reopened, closed, withdrawn."""
    lab.see(crashed(WEB6))
    lab.wait(MINUTE)
    lab.see(up(WEB6))
    lab.see(crashed(WEB1))
    lab.do(incidents.resolve, lab.config, IncidentId(2), ALEX, "it may stay off")
    lab.do(incidents.reopen, lab.config, IncidentId(2), ALEX)
    lab.do(incidents.resolve, lab.config, IncidentId(2), ALEX, "I looked")
    lab.see(crashed(WEB3))
    before = lab.do(lambda store, now: situation(store, lab.config, now))
    withdrawn = withdrawal.withdraw(before, IncidentId(3), "I was blind", lab.now)
    lab.do(lambda store, now: commit(store, before, withdrawn, now))
    lab.see(up(WEB1), up(WEB3))
    lab.wait(HOUR)


def _outage(lab: KeptLab) -> None:
    """A power failure into which crashes have moved; it is recovering, and some of its machines are not back."""
    lab.see(crashed(WEB4))
    lab.see(crashed(MAIL1))
    lab.see(on_battery(), gone(ATLAS), gone(VAULT))
    lab.wait(5 * MINUTE)
    lab.see(on_mains(), back(ATLAS), well(VAULT, "hypervisor"))
    lab.wait(MINUTE)
    lab.see(on_mains(), up(WEB1), up(WEB2), up(WEB3), powered_on(DB1), missing(DEV1), off(WEB5))
    outage = next(one for one in lab.store.incidents.live() if one.kind is Kind.POWER_LOSS)
    lab.do(persons_word.vouch, lab.config, outage.id, [DB1], ROBIN)
    lab.do(missing_guests.must_return, lab.config, outage.id, [DEV1], ROBIN)
    left = LeftOff(outage.members[WEB5], outage.id, lab.now)
    lab.do(lambda store, _now: store.left_off.keep([left]))


def _open(lab: KeptLab) -> None:
    """Incidents that are open and acknowledged."""
    lab.see(fails(GATE, Kind.SERVICE_DOWN, "no answer"))
    lab.wait(MINUTE)
    lab.see(fails(VAULT, Kind.FILESYSTEM_READONLY, "/ is read-only", check="root"))
    lab.do(incidents.acknowledge, lab.config, lab.store.incidents.latest(1)[0].id, ALEX)


def _runs(lab: KeptLab, folder: Path) -> None:
    """Runs whose command is under way, that wait for ticks, that have ended; the record of a script."""
    rules, text = house(folder), runbook(MEND)
    for number in (1, 2, 3):
        lab.do(runs.start, rules, text, {}, runs.Aim(None, None), ALEX)
        press = Press(Button.RUN, 0, runs.read_run(lab.store, rules, number)[0].version, "somebody")
        lab.do(runs.move, rules, number, press, ALEX)
    lab.do(runs.finish, rules, 2, ActionFinished(0, 1, ok=True, summary="wiped web1"), "wiped web1\n" * 300)
    lab.do(runs.move, rules, 2, Tick(1, (0,), ""), ROBIN)
    lab.do(runs.move, rules, 3, Stop("", "enough"), ALEX)
    record = lab.store.script_records.all()[0]
    lab.do(script_records.heard, record.id, "0d9f")
    _whole_run(lab)


def _whole_run(lab: KeptLab) -> None:
    """A run every part of which is there."""
    run = run_from_json(lab.store.runs.get(2).value)
    choices = (Choice("web1", "the first"), Choice("web2", "the second"))
    steps = (replace(run.steps[0], choices=choices), *run.steps[1:])
    whole = replace(
        run,
        steps=steps,
        incident=lab.store.incidents.latest(1)[0].id,
        target=WEB1,
        deed=Deed(running=True, ended=lab.now, script=True),
        began_with=StartsFrom(("/var/web1.qcow2",), ("hd",)),
        pause="web1 stopped",
        status=RunStatus.PAUSED,
        back_to=0,
    )
    row = lab.store.runs.get(2)
    written = replace(row, value=run_to_json(whole), status=whole.status, incident=whole.incident)
    lab.do(lambda store, _now: store.runs.save(written))


def _rest(lab: KeptLab) -> None:
    """A silence; what waits, was delivered, is in doubt and was given up; boots, inventory, what was said."""
    lab.do(incidents.silence, lab.config, "web2", 2 * HOUR, ALEX, "new fans")
    disks = (DiskFacts("/var/web1.qcow2", present=True, capacity=1 << 30),)
    guest = GuestFacts("web1", "web1", autostart=True, persistent=True, managed_save=False, nvram="", disks=disks)
    pool = ThingFacts(ThingKind.POOL, "0d", "default", active=True, autostart=True, persistent=True)
    facts = HostFacts("atlas", (guest,), (pool,), (), whole=True)
    start = BootRecord("boot 7 99", Mark(17, "6c6f67696e"), lab.now, spoke=True, came_up=True, up=True)
    first, second, third = lab.outbox[:3]

    def rest(store: Store, now: datetime) -> None:
        store.inventory.keep(ATLAS, facts, now)
        store.inventory.keep_rebuilt(ATLAS, "ci-1", ALEX, now)
        store.boots.keep({WEB1: start}, now)
        store.answered_while_off.keep({Fingerprint(CheckName("web"), WEB1): "10.0.0.5"}, now)
        store.told.keep("blind spots", ["guest:mail1", "guest:db1"], now)
        store.outbox.posted("incident:1", Post("C1", "1772366400.000100"), now)
        store.outbox.sent(first.id)
        store.outbox.again(second.id, now, "timed out", doubtful=True)
        store.outbox.begin(third.id)
        give_up(store, now, lab.outbox[-1], "too long")
        unlooked, hosts = frozenset({WEB2}), frozenset({ATLAS})
        store.alive.keep_outlook(Outlook(None, unlooked, hosts, frozenset({VAULT}), frozenset({"vm000"})))
        store.alive.renew(now)

    lab.do(rest)


def record() -> Path:
    """Record it; where."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "caretaker.db"
        store = Store(path)
        fill(store, Path(folder))
        store.close()
        with sqlite3.connect(path) as db:
            (latest,) = db.execute("select max(name) from _sqlite_migrations").fetchone()
            found = FOLDER / f"{latest}.sql"
            found.write_text("\n".join(db.iterdump()) + "\n")
        db.close()
    return found


if __name__ == "__main__":
    print(record())
