"""`status`: the lab at a glance without Slack, and never better than what is known."""

import os
import pty
import re
import subprocess
import termios
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import pytest

from bot import incidents
from bot.__main__ import main
from bot.core.health import TargetId
from bot.core.incident import IncidentId
from bot.core.picture import Outlook
from bot.store import Store
from bot.terminal.wrapping import columns as wide
from bot.views.status import ALL_WELL
from tests.core.labs import ATLAS, RACK, VAULT, crashed, up, well
from tests.kept_lab import ALEX, KeptLab
from tests.terminal.commands import COMMAND, caretaker, started, write_lab
from tests.terminal.test_running import NOWHERE
from tests.waiting import until

WEB1, GATE, WEB = TargetId("guest:web1"), TargetId("service:gate"), TargetId("service:web")
LAB_YAML = f"""\
slack: {{channel: homelab}}
people: {{alex: {{slack: {ALEX}, roles: admin, owner: true}}}}
time_zone: Europe/Berlin
ups: {{rack: {{address: 127.0.0.1}}}}
hosts:
  atlas: {{hypervisor: "test:///default", powered_by: rack}}
"""


class Kept:
    """The database of a bot that has looked at everything, beside its lab.yaml."""

    def __init__(self, folder) -> None:
        self.config = folder / "lab.yaml"
        self.config.write_text(LAB_YAML)
        (folder / "data").mkdir()
        self.store = Store(folder / "data" / "caretaker.db")
        self.lab = KeptLab(self.store, now=datetime.now(UTC))
        self.lab.begin()
        self.lab.inventory("web1")
        seen = ((RACK, "ups"), (ATLAS, "hypervisor"), (VAULT, "tcp"), (GATE, "tcp"), (WEB, "tcp"))
        self.lab.see(*(well(*one) for one in seen), up(WEB1))
        self.looked()

    def looked(self, outlook: Outlook = Outlook()) -> None:  # noqa: B008  frozen
        self.lab.do(lambda store, _now: store.alive.keep_outlook(outlook))

    def lives(self, ago: timedelta = timedelta(0)) -> None:
        self.lab.do(lambda store, _now: store.alive.renew(datetime.now(UTC) - ago))

    def status(self, capsys) -> tuple[int, list[str]]:
        code = main(["status", "--config", str(self.config)])
        return code, [line for line in capsys.readouterr().out.splitlines() if line]


@pytest.fixture
def kept(tmp_path):
    kept = Kept(tmp_path)
    yield kept
    kept.store.close()


def test_where_all_is_proven_well_it_says_so_and_ends_with_0(kept, capsys):
    kept.lives()
    code, said = kept.status(capsys)
    assert said == [
        ALL_WELL,
        "✅ hosts: 2 of 2 well",
        "✅ guests: 1 of 1 well",
        "✅ UPSes: 1 of 1 well",
        "✅ services: 2 of 2 well",
        said[-1],
    ]
    assert re.fullmatch(r"Caretaker is alive\. Its last sign of life is \d s old\.", said[-1])
    assert code == 0


def test_what_fails_is_told_as_in_slack_with_times_in_the_labs_zone_and_people_by_name(kept, capsys):
    kept.lab.see(crashed(WEB1))
    kept.lab.do(incidents.acknowledge, kept.lab.config, IncidentId(1), ALEX)
    kept.lab.do(incidents.silence, kept.lab.config, "web1", timedelta(hours=1), ALEX, "*new* <fans>")
    kept.lives()
    code, said = kept.status(capsys)
    assert code == 1
    assert said[0] == "🔴 1 open incident"
    assert re.fullmatch(r"🟠 1 · web1 down · since \w+ at \d\d:\d\d · alex is on it", said[1])
    assert any(re.fullmatch(r"🔕 web1 until \w+ at \d\d:\d\d: \*new\* <fans>", line) for line in said)


@pytest.mark.parametrize(
    ("outlook", "told"),
    [
        (Outlook(unlooked=frozenset({WEB1})), "not looked at yet: web1"),
        (Outlook(unlisted=frozenset({ATLAS})), "guests of atlas: not listed yet"),
        (Outlook(nowhere=frozenset({"vm000"})), "in lab.yaml, but on no hypervisor: vm000"),
        (Outlook(unwatched=frozenset({VAULT})), "not watched: vault"),
    ],
)
def test_what_only_the_bot_knows_that_it_has_not_seen_is_told(kept, capsys, outlook, told):
    kept.looked(outlook)
    kept.lives()
    code, said = kept.status(capsys)
    assert code == 1
    assert told in "\n".join(said)


def test_before_a_bot_that_has_just_started_has_told_what_it_saw_nothing_counts_as_well(kept, capsys):
    kept.lab.do(lambda store, _now: store.alive.start(datetime.now(UTC)))
    code, said = kept.status(capsys)
    assert code == 1
    assert said[0].startswith("⚪ Caretaker has only just started")


def test_of_a_bot_that_is_gone_what_it_knew_is_said_to_be_the_past(kept, capsys):
    kept.lives(ago=timedelta(hours=2))
    code, said = kept.status(capsys)
    assert code == 1
    assert "Caretaker does not run: it was last seen at" in said[0]
    assert said[0].endswith("2 h ago. Nobody has looked since. As it was then:")
    assert said[1] == "⚪ All was well"
    assert not re.search("✅|🟢", "".join(said))
    kept.lab.do(lambda store, _now: store.alive.stop(datetime.now(UTC)))
    code, said = kept.status(capsys)
    assert code == 1
    assert "Caretaker was stopped at" in said[0]


def test_a_bot_that_is_not_heard_in_slack_is_not_well(kept, capsys):
    kept.lives()
    since = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    kept.lab.do(lambda store, now: store.told.keep("unheard", [since, "invalid_auth", "", "look at it"], now))
    code, said = kept.status(capsys)
    assert code == 1
    assert "alive, but not heard: since" in said[-1]
    assert "Slack refuses (invalid_auth)" in said[-1]


def test_where_it_never_ran_that_is_said(tmp_path, capsys):
    (tmp_path / "lab.yaml").write_text(LAB_YAML)
    assert main(["status", "--config", str(tmp_path / "lab.yaml")]) == 1
    assert "because the bot has never run here" in capsys.readouterr().err


@pytest.mark.slow
async def test_it_tells_the_same_as_slack_while_the_bot_runs_and_more_when_it_can_not_write(tmp_path):
    write_lab(tmp_path, "timing: {alive_every: 200ms}\nservices: {web: {address: 127.0.0.1}}\n")

    async def status() -> str:
        told = await caretaker("status", folder=tmp_path)
        return f"{told.code} {told.out}"

    async with started("run", folder=tmp_path, env=NOWHERE) as bot:
        await bot.prints("still trying")

        async def has_looked() -> bool:
            return "Nothing is watched yet" in await status()

        await until(has_looked)
        bot.process.send_signal(19)  # SIGSTOP: it holds the database, and writes nothing

        async def silent() -> bool:
            return "⛔ I cannot write my database since" in await status()

        await until(silent, 30)
        bot.process.send_signal(18)

    async def gone() -> bool:
        return "⛔ Caretaker " in await status()

    await until(gone)


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 80])
def test_no_line_is_wider_than_the_terminal(kept, columns):
    kept.lab.inventory("web1", "a-guest-of-a-name-that-is-longer-than-any-line-of-a-narrow-terminal", "db1")
    kept.lab.see(crashed(WEB1))
    kept.lives()
    shown = on_terminal(["status", "--config", str(kept.config)], columns)
    assert max(map(wide, shown)) <= columns
    assert "🔴 1 open incident" in shown
    assert not re.search(r"[<>`*]|:\w+:", "\n".join(shown))


def on_terminal(words: list[str], columns: int) -> list[str]:
    """What a command draws on a terminal of that width."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen([*COMMAND, *words], stdout=theirs, env=environment):
        os.close(theirs)
        drawn = b""
        with closing(os.fdopen(ours, "rb", buffering=0)) as screen, suppress(OSError):  # raised once it has ended
            while piece := screen.read(65536):
                drawn += piece
    return drawn.decode().replace("\r\n", "\n").splitlines()
