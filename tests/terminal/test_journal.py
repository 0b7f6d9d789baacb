"""`journal`: the record as a person reads it, while the bot runs and when it does not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import incidents, runs
from bot.__main__ import main
from bot.core.health import TargetId
from bot.core.incident import IncidentId
from bot.core.run import Button, Press
from bot.errands import give_up
from bot.store import Store
from bot.terminal import UserMistake
from bot.terminal.journal import since_when
from tests.core.labs import crashed, up
from tests.kept_lab import ALEX, KeptLab
from tests.terminal.commands import caretaker, started, write_lab
from tests.walking import house, runbook

WEB1 = TargetId("guest:web1")
DAYLIGHT = datetime(2026, 7, 1, 12, tzinfo=UTC)
MEND = "# Mend it\n\n## Wipe it\n- Run on: bot\n\n```sh\necho wiped\n```\n"


@pytest.fixture
def lab(tmp_path):
    """A lab whose web1 crashed, once upon a summer's noon in Berlin."""
    write_lab(tmp_path, "time_zone: Europe/Berlin\n").write_text(
        f"slack: {{channel: homelab}}\npeople: {{alex: {{slack: {ALEX}, roles: admin, owner: true}}}}\n"
        "time_zone: Europe/Berlin\n"
    )
    (tmp_path / "data").mkdir()
    store = Store(tmp_path / "data" / "caretaker.db")
    lab = KeptLab(store, now=DAYLIGHT)
    lab.begin()
    lab.inventory("web1")
    lab.see(up(WEB1))
    lab.see(crashed(WEB1))
    lab.do(incidents.acknowledge, lab.config, IncidentId(1), ALEX)
    yield lab
    store.close()


def journal(folder, capsys, *words) -> list[str]:
    code = main(["journal", "--config", str(folder / "lab.yaml"), *words])
    assert code == 0
    return capsys.readouterr().out.splitlines()


def test_it_tells_what_happened_when_in_the_labs_zone_and_who_pressed(lab, tmp_path, capsys):
    assert journal(tmp_path, capsys, "--since", "2026-07-01") == [
        "2026-07-01T14:00:00+02:00 opened incident=1 target=web1@atlas: crashed",
        "2026-07-01T14:00:00+02:00 status incident=1 target=web1@atlas person=alex: acknowledged",
    ]
    assert journal(tmp_path, capsys) == []  # that was not today


def test_it_tells_what_runs_did_also_those_of_no_incident(lab, tmp_path, capsys):
    rules = house(tmp_path)
    for number, aim in ((1, runs.Aim(WEB1, IncidentId(1))), (2, runs.Aim(None, None))):
        lab.do(runs.start, rules, runbook(MEND), {}, aim, ALEX)
        version = lab.do(lambda store, _now, run: runs.read_run(store, rules, run)[0].version, number)
        lab.do(runs.move, rules, number, Press(Button.RUN, 0, version, "somebody"), ALEX)
    told = [line.partition(" ")[2] for line in journal(tmp_path, capsys, "--since", "2026-07-01")][-4:]
    assert told == [
        "run incident=1 run=1 target=web1@atlas person=alex: “Mend it” was started",
        "run incident=1 run=1 step=1 target=web1@atlas person=alex: step 1: Run",
        "run run=2 person=alex: “Mend it” was started",
        "run run=2 step=1 person=alex: step 1: Run",
    ]


def test_what_could_not_be_delivered_belongs_to_its_incident(lab, tmp_path, capsys):
    lab.do(give_up, lab.outbox[0], "Slack says no")
    lab.do(lambda store, now: store.alive.write("I was off", now))
    told = journal(tmp_path, capsys, "--incident", "1")
    assert [line.partition(" ")[2].partition(" ")[0] for line in told] == ["opened", "status", "undelivered"]
    assert "undelivered incident=1: cannot deliver incident:1: because Slack says no" in told[-1]
    assert journal(tmp_path, capsys, "--since", "2026-07-01")[-1].endswith(" bot: I was off")


def test_a_line_stays_a_line_whatever_was_said(lab, tmp_path, capsys):
    lab.do(incidents.resolve, lab.config, IncidentId(1), ALEX, "done\n2026-07-01 opened incident=7\x1b[2K")
    last = journal(tmp_path, capsys, "-i", "1")[-1]
    assert last.endswith("closed this: done\\n2026-07-01 opened incident=7\\x1b[2K")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2h", DAYLIGHT - timedelta(hours=2)),
        ("13:30", datetime(2026, 7, 1, 11, 30, tzinfo=UTC)),
        ("2026-06-30", datetime(2026, 6, 29, 22, tzinfo=UTC)),
        ("2026-06-30 14:05", datetime(2026, 6, 30, 12, 5, tzinfo=UTC)),
        ("2026-01-30T14:05:06", datetime(2026, 1, 30, 13, 5, 6, tzinfo=UTC)),
    ],
)
def test_since_is_a_length_a_time_of_today_or_a_moment_in_the_labs_zone(said, meant):
    assert since_when(said, DAYLIGHT, ZoneInfo("Europe/Berlin")) == meant


@pytest.mark.parametrize("said", ["", "yesterday", "25:00", "5", "99999999999d", "2026-02-30"])
def test_since_that_is_none_of_these_is_refused_with_what_it_may_be(said):
    with pytest.raises(UserMistake, match="because it is not a length of time"):
        since_when(said, DAYLIGHT, ZoneInfo("Europe/Berlin"))


def test_an_incident_there_is_none_of_and_a_bot_that_never_ran_are_said(lab, tmp_path, capsys):
    config = str(tmp_path / "lab.yaml")
    assert main(["journal", "-c", config, "--incident", "7"]) == 1
    assert "cannot find incident 7: because there is none of that number" in capsys.readouterr().err
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    assert main(["journal", "-c", config]) == 1
    assert "because the bot has never run here" in capsys.readouterr().err


def test_where_nothing_is_on_record_it_says_so(lab, tmp_path, capsys):
    assert main(["journal", "-c", str(tmp_path / "lab.yaml"), "--since", "2026-07-02"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "nothing is on record since 2026-07-02 00:00:00 CEST\n")


def test_a_database_of_an_older_version_is_left_as_it_is(lab, tmp_path, capsys):
    lab.store._db.execute("delete from _sqlite_migrations where name = '0013_record'")
    assert main(["journal", "-c", str(tmp_path / "lab.yaml")]) == 1
    assert "because an older Caretaker has written it" in capsys.readouterr().err


@pytest.mark.slow
async def test_it_follows_what_comes_and_ends_with_130(lab, tmp_path):
    async with started("journal", "--follow", "--since", "2026-07-01", folder=tmp_path) as command:
        await command.prints("acknowledged")
        lab.do(incidents.resolve, lab.config, IncidentId(1), ALEX, "I looked")
        await command.prints("closed this: I looked")
        command.process.send_signal(2)
        ended = await command.ends()
    assert ended.code == 130
    assert len(ended.out.splitlines()) == 3


@pytest.mark.slow
async def test_its_help_says_what_can_be_asked(tmp_path):
    told = await caretaker("journal", "--help", folder=tmp_path)
    assert {"--since", "--incident", "--follow"} <= set(told.out.replace(",", " ").split())
