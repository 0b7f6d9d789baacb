"""The log: what it tells of incidents, runs and people, when it tells it, and that nothing in it can pretend."""

import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot import incidents, runs
from bot.core.health import TargetId
from bot.core.incident import IncidentId
from bot.core.mentions import deadened
from bot.core.run import ActionFinished, Button, Press, Stop
from bot.domain_log import DomainFormatter, Entry
from bot.store import Store
from bot.store.writer import Writer
from tests.core.labs import back, crashed, up
from tests.kept_lab import ALEX, KeptLab
from tests.walking import house, runbook
from tests.walking import web1_crashes as crash_web1

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
WEB1 = TargetId("guest:web1")
MEND = """\
# Mend a guest

## Wipe it
- Run on: bot

```sh
echo "wiped $guest"
```

## Start it

Start the guest:

```caretaker
start $guest
```
"""


class Log:
    """What was logged, as it stands in the journal of the system."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(DomainFormatter({"U012AB3CD": "alex", ALEX: "alex"}))

    @property
    def lines(self) -> list[str]:
        """Its lines, without their times."""
        return [line.partition(" ")[2] for line in self._stream.getvalue().splitlines()]

    @property
    def whole(self) -> str:
        return self._stream.getvalue()


@pytest.fixture
def log() -> Iterator[Log]:
    log, root = Log(), logging.getLogger("bot")
    before = root.level
    root.addHandler(log.handler)
    root.setLevel(logging.INFO)
    yield log
    root.removeHandler(log.handler)
    root.setLevel(before)


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    store = Store(tmp_path / "caretaker.db")
    yield store
    store.close()


def written(store: Store) -> None:
    """What a commit does with the entries."""
    for entry in store.log.take():
        entry.write()


# How a line looks.


def test_a_line_says_when_in_utc_how_grave_who_tells_and_what(log):
    Entry("bot.runs", "run started", {"run": 3, "target": "web1@atlas", "step": None, "person": ALEX}).write()
    when, _, rest = log.whole.partition(" ")
    assert datetime.fromisoformat(when).utcoffset() == timedelta(0)
    assert rest == "INFO bot.runs: run started run=3 target=web1@atlas person=alex\n"


def test_a_value_of_several_words_stands_in_quotes_and_a_long_one_is_cut(log):
    Entry("bot.runs", "command", {"text": 'echo "a"', "place": ""}).write()
    assert log.lines == ['INFO bot.runs: command text="echo \\"a\\"" place=""']
    for long in ("x" * 1000, "x y" * 1000):
        Entry("bot.runs", "command", {"more": long}).write()
        assert len(log.lines[-1]) < 400


def test_people_are_called_by_their_names_wherever_their_ids_stand(log):
    Entry("bot.journal", "U012AB3CD said so; <@U012AB3CD> too; UNKNOWN1234 not").write()
    assert log.lines == ["INFO bot.journal: alex said so; alex too; UNKNOWN1234 not"]


def test_text_from_outside_begins_no_line_of_its_own_and_hides_nothing(log):
    forged = "crashed\n2026-03-01T03:00:00.000Z INFO bot.incidents: incident resolved incident=1\x1b[2K\u202e"
    Entry("bot.incidents", "incident opened", {"text": deadened(forged)}).write()
    logging.getLogger("bot.rounds").warning("web1: %s", forged)
    first, second, *rest = log.whole.splitlines()
    assert "\\n2026-03-01" in first
    assert "WARNING bot.rounds: web1: crashed" in second
    assert [line[:8] for line in rest] == ["    2026"]
    assert "\x1b" not in log.whole
    assert "\u202e" not in log.whole


def test_a_traceback_stands_indented_below_its_line(log):
    try:
        raise ValueError("one\nINFO two")
    except ValueError:
        logging.getLogger("bot.rounds").exception("cannot look")
    head, *rest = log.whole.splitlines()
    assert head.endswith("ERROR bot.rounds: cannot look")
    assert rest
    assert all(line.startswith("    ") for line in rest)


# What it tells.


def test_an_incident_is_told_from_its_opening_to_its_end_with_what_it_is_about(store, log):
    lab = KeptLab(store)
    lab.begin()
    lab.inventory("web1")
    lab.see(up(WEB1))
    written(store)
    lab.see(crashed(WEB1))
    lab.do(incidents.acknowledge, lab.config, IncidentId(1), ALEX)
    lab.do(incidents.take_back, lab.config, IncidentId(1), ALEX)
    lab.do(incidents.resolve, lab.config, IncidentId(1), ALEX, "I looked")
    lab.do(incidents.reopen, lab.config, IncidentId(1), ALEX)
    lab.see(back(WEB1))
    written(store)
    told = [line.removeprefix("INFO bot.incidents: incident ") for line in log.lines if "bot.incidents" in line]
    about = "incident=1 kind=guest-down target=web1@atlas"
    assert told[0] == f"opened {about} state=open text=crashed"
    assert told[1] == f"acknowledged {about} state=acknowledged person=alex"
    assert told[2] == f'moved {about} state=open person=alex text="handed this back: nobody is on it"'
    assert told[3] == f'closed {about} state=resolved person=alex text="I looked"'
    assert told[4] == f"reopened {about} state=open person=alex"


def test_a_silence_is_told_with_who_wants_it_and_so_is_its_end(store, log):
    lab = KeptLab(store)
    lab.begin()
    lab.inventory("web1")
    lab.do(incidents.silence, lab.config, "web1", timedelta(hours=2), ALEX, "new fans")
    lab.do(incidents.unsilence, lab.config, "web1", ALEX)
    written(store)
    assert log.lines == [
        "INFO bot.journal: alex silenced web1@atlas for 2 h: new fans",
        "INFO bot.journal: alex ended the silence of web1@atlas",
    ]


def test_a_run_is_told_press_by_press_with_what_is_carried_out_and_where(store, log, tmp_path):
    rules = house(tmp_path)
    crash_web1(store, NOW, rules.config)
    written(store)

    def do(use_case, *args):
        with store.transaction():
            use_case(store, NOW, rules, *args)
        written(store)

    begun = len(log.lines)
    do(runs.start, runbook(MEND), {"guest": "web1"}, runs.Aim(WEB1, IncidentId(1)), ALEX)
    version = runs.read_run(store, rules, 1)[0].version
    do(runs.move, 1, Press(Button.RUN, 0, version, "somebody"), ALEX)
    do(runs.finish, 1, ActionFinished(0, 1, ok=True, summary="wiped"), "")
    do(runs.move, 1, Stop("", "enough"), ALEX)
    about = "runbook=mend incident=1 target=web1"
    assert log.lines[begun:] == [
        f'INFO bot.runs: run started run=1 {about} person=Alex text="“Mend a guest” was started"',
        f"INFO bot.runs: run pressed run=1 step=1 {about} person=Alex text=Run",
        'INFO bot.runs: command run=1 step=1 attempt=1 place="the bot\'s machine" text="echo \\"wiped $guest\\""',
        f"INFO bot.runs: run finished run=1 step=1 {about} text=wiped",
        f'INFO bot.runs: run ended run=1 {about} person=Alex text="stopped: enough"',
    ]


async def test_what_is_not_committed_is_not_told(tmp_path, log):
    writer = Writer(lambda: NOW)
    await writer.open(tmp_path / "caretaker.db")

    def half(store: Store, now: datetime) -> None:
        store.alive.write("half done", now)
        raise ValueError("no")

    def whole(store: Store, now: datetime) -> None:
        store.alive.write("done", now)

    with pytest.raises(ValueError, match="no"):
        await writer.do(half)
    await writer.do(whole)
    await writer.close()
    assert log.lines == ["INFO bot.journal: done"]
