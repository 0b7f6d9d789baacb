"""What only the asker reads: the lab at a glance, a machine, oneself, a refusal."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.health import (
    STATE,
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
    TargetKind,
)
from bot.core.incident import Event, EventKind, Incident, IncidentId, Member, Move
from bot.core.incidents.condition import Condition
from bot.core.incidents.member import Ground, Standing
from bot.core.mute import Silence
from bot.core.picture import Belief, IncidentPicture, LabPicture, Tally, TargetPicture, Trouble
from bot.views.answers import refusal_card
from bot.views.history import incident_history_card
from bot.views.limits import cut, fitting
from bot.views.status import status_card
from bot.views.target import target_card
from bot.views.times import clock, lasted, seconds
from tests.core.test_walk import Walk
from tests.views.wild import living

NOW = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
WEB1, ATLAS = TargetId("guest:web1"), TargetId("host:atlas")
DOWN = Incident(IncidentId(7), Kind.GUEST_DOWN, WEB1, "off", NOW, NOW)


def lab(tally: Tally, live=(), silences=()) -> LabPicture:
    return LabPicture(live, {TargetKind.GUEST: tally}, (), silences)


def test_a_run_under_way_names_its_machine():
    run = Walk("# Mend it\n\n## Look\n\n- [ ] It is on\n").run
    told = living(status_card(replace(lab(Tally(well=2)), runs=(replace(run, target=WEB1),))))
    assert "📖 *Mend it* · web1: under way, step 1" in told


@pytest.mark.parametrize(
    ("picture", "head"),
    [
        (lab(Tally(well=2)), "🟢 All is well"),
        (lab(Tally(well=1, accepted=1, off=1, paused=1)), "🟢 All is well"),
        (
            replace(lab(Tally(down=(WEB1,))), left_off={WEB1: None}, paused=frozenset({WEB1})),
            "⚪ No open incident, but web1 is paused and ran before",
        ),
        (lab(Tally(well=1, unproven=(WEB1,))), "⚪ No open incident, but not everything is proven healthy"),
        (lab(Tally(unseen=(WEB1,))), "⚪ No open incident, but not everything can be seen"),
        (lab(Tally(failing=(WEB1,))), "🟡 No open incident, but not all is well"),
        (lab(Tally(failing=(WEB1,)), (DOWN,)), "🔴 1 open incident"),
        (lab(Tally(failing=(WEB1,)), (DOWN, DOWN)), "🔴 2 open incidents"),
        (lab(Tally(well=1, unlooked=(WEB1,))), "⚪ No open incident, but not everything has been looked at yet"),
        (
            replace(lab(Tally(well=1)), unlisted=(ATLAS,)),
            "⚪ No open incident, but not everything has been looked at yet",
        ),
        (lab(Tally(well=1, unwatched=(WEB1,))), "🟢 All is well"),
        (lab(Tally(unwatched=(WEB1,))), "⚪ Nothing is watched yet"),
        (LabPicture((), {}, (), ()), "⚪ Nothing is watched yet"),
    ],
)
def test_the_first_words_of_status_say_how_it_is(picture, head):
    assert status_card(picture).text == head


def test_what_lab_yaml_lists_and_no_hypervisor_has_is_not_seen():
    made = replace(lab(Tally(well=1)), nowhere=tuple(f"vm{n:03}" for n in range(12)))
    assert status_card(made).text == "⚪ No open incident, but not everything can be seen"
    told = living(status_card(made))
    assert "❔ in lab.yaml, but on no hypervisor: vm000, vm001" in told
    assert "vm009 and 2 more" in told


def test_a_tally_names_what_is_not_well_and_counts_the_rest():
    told = living(status_card(lab(Tally(well=46, off=2, failing=(WEB1,), unseen=(TargetId("guest:db1"),)))))
    assert "❌ guests: 46 of 50 well, 2 off · failing: web1 · not seen: db1" in told
    told = living(status_card(lab(Tally(well=46, accepted=2, unproven=(WEB1, TargetId("guest:db1"))))))
    assert "❔ guests: 46 of 50 well, 2 accepted · not proven: db1, web1" in told


def test_what_was_not_looked_at_yet_and_what_nobody_watches_is_named():
    tally = Tally(well=1, unlooked=(WEB1,), unwatched=(ATLAS,))
    told = living(status_card(replace(lab(tally), unlisted=(ATLAS,))))
    assert "❔ guests: 1 of 2 well · not looked at yet: web1 · not watched: atlas" in told
    assert "❔ guests of atlas: not listed yet" in told


def test_a_database_that_cannot_be_written_comes_before_all_else():
    trouble = Trouble(NOW, "database or disk is full")
    card = status_card(replace(lab(Tally(failing=(WEB1,)), (DOWN,)), cannot_write=trouble))
    assert card.text.startswith("⛔ I cannot write my database since ")
    assert card.text.endswith(": database or disk is full. What I say may be old.")


def test_while_the_database_cannot_be_written_all_else_is_said_to_be_of_then_and_what_was_noticed_since():
    crash = Observation(Fingerprint(STATE, WEB1), Health.FAIL, NOW, "crashed", Kind.GUEST_DOWN)
    made = replace(lab(Tally(well=2)), cannot_write=Trouble(NOW, "disk full"), noticed=(crash,))
    told = living(status_card(made))
    assert "As it was at " in told
    assert "❔ guests: 2 of 2 well" in told
    assert "Noticed since, and not recorded yet:\n• *web1*: crashed" in told
    assert "✅" not in told


def test_a_database_that_is_not_safe_is_told_and_all_else_is_as_it_is_now():
    made = replace(lab(Tally(well=2)), cannot_write=Trouble(NOW, "another file stands there", unsafe=True))
    card = status_card(made)
    assert card.text.startswith("⛔ My database is not safe since ")
    assert card.text.endswith(": another file stands there.")
    assert "✅ guests: 2 of 2 well" in living(card)
    assert "As it was at" not in living(card)


def test_what_is_down_or_not_proven_is_named():
    told = living(status_card(lab(Tally(well=1, down=(WEB1,), unproven=(TargetId("guest:db1"),)))))
    assert "❌ guests: 1 of 3 well · down: web1 · not proven: db1" in told


def test_the_bots_own_sight_is_no_line_of_its_own():
    own = {TargetKind.BOT: Tally(failing=(TargetId("bot:caretaker"),)), TargetKind.GUEST: Tally(well=1)}
    assert "own sight" not in living(status_card(LabPicture((), own, (), ())))


def test_many_open_incidents_are_counted_and_silences_told():
    silence = Silence(WEB1, NOW, NOW, "U1", "new disk")
    told = living(status_card(lab(Tally(), (DOWN,) * 12, (silence,))))
    assert "… and 2 more" in told
    assert "🔕 web1 until" in told


def test_a_lab_of_which_nothing_is_known_says_so():
    assert "Nothing is watched yet." in living(status_card(LabPicture((), {}, (), ())))


def picture(target: Target, **more) -> TargetPicture:
    usual = {
        "condition": Condition.WELL,
        "beliefs": (),
        "running": None,
        "stopped_on_purpose": False,
        "parents": (),
    }
    return TargetPicture(target, **{**usual, "muted": None, "covered_by": None, "incidents": (), **more})


def belief(health: Health = Health.OK) -> Belief:
    return Belief(CheckName("a"), health, "up", NOW, NOW, Evidence.INSIDE, "proves only that it is powered on")


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (picture(Target(WEB1, ephemeral=True)), "Ephemeral: it never opens an incident."),
        (picture(Target(WEB1)), "It is expected to run.\n"),
        (picture(Target(WEB1, wanted=False), running=True), "It may be off, and was running when last seen."),
        (
            picture(Target(WEB1), running=False, stopped_on_purpose=True),
            "It is expected to run, and is off, shut down by someone.",
        ),
        (picture(Target(WEB1), muted="atlas is silenced"), "🔕 atlas is silenced"),
        (picture(Target(WEB1), covered_by=DOWN), "🔕 Part of incident 7: web1 down"),
        (picture(Target(WEB1)), "Not looked at yet."),
        (picture(Target(WEB1), unwatched=True), "Nothing looks at it: lab.yaml gives it no check."),
        (picture(Target(WEB1), unwatched=True), "🔎 Nobody can tell whether it is well."),
        (picture(Target(WEB1), running=False, stopped_at=NOW), "It is expected to run, and is off since <!date"),
        (
            picture(Target(WEB1), running=False, stopped_at=NOW, condition=Condition.DOWN),
            "01 Mar 14:02 UTC>, and it ran before. Start it, or say that it may stay off: `/lab stays-off web1`.",
        ),
        (picture(Target(WEB1), running=False, condition=Condition.DOWN), "It is off, and it ran before."),
        (
            picture(Target(WEB1, wanted=False), running=True, paused=True, condition=Condition.PAUSED),
            "It may be off, and is paused.",
        ),
        (
            picture(Target(WEB1), running=True, paused=True, condition=Condition.DOWN),
            "It is paused, and it ran before. Resume it, or say that it may stay so: `/lab stays-off web1`.",
        ),
        (picture(Target(WEB1), parents=((ATLAS, Condition.UNSEEN),)), "It depends on ❔ atlas"),
        (picture(Target(WEB1)), "*✅ web1*, a guest"),
        (picture(Target(WEB1), condition=Condition.UNPROVEN, beliefs=(belief(),)), "*❔ web1*, a guest"),
        (picture(Target(WEB1), beliefs=(belief(),)), "\n      proves only that it is powered on"),
        (picture(Target(WEB1), beliefs=(belief(Health.UNKNOWN),)), "❔ a: up"),
        (picture(Target(WEB1)), "🔎 Healthy."),
        (picture(Target(WEB1), lacks="a login prompt"), "🔎 Not proven healthy yet: a login prompt"),
    ],
)
def test_why_says_what_is_expected_and_what_would_keep_it_quiet(known, words):
    assert words in living(target_card(known))


def test_why_leaves_out_that_the_watcher_is_let_in():
    let_in = replace(belief(), check=CheckName("watching"), evidence=Evidence.NONE)
    assert "watching" not in living(target_card(picture(Target(ATLAS), beliefs=(let_in,))))
    refused = replace(let_in, health=Health.FAIL)
    assert "watching" in living(target_card(picture(Target(ATLAS), beliefs=(refused,))))
    unasked = replace(let_in, check=CheckName("watching ssh"), health=Health.UNKNOWN)
    assert "watching" not in living(target_card(picture(Target(ATLAS), beliefs=(unasked,))))


def test_why_dates_what_is_so_now_and_not_what_was_before():
    unseen = replace(belief(), health=Health.UNKNOWN, why="not seen while it is off", before="its agent answers")
    told = living(target_card(picture(Target(WEB1), beliefs=(unseen,))))
    assert re.search(r"not seen while it is off, since .*; before: its agent answers", told)


def test_a_long_timeline_shows_its_beginning_and_its_end():
    history = tuple(Event(IncidentId(7), NOW, EventKind.NOTE, f"line {n} {'x' * 90}") for n in range(60))
    told = living(incident_history_card(IncidentPicture(DOWN, history, ())))
    lines = {line.rpartition("UTC> ")[2].rstrip(" x") for line in told.split("\n")}
    assert {"line 0", "line 59"} <= lines
    assert " earlier" in told
    assert "line 20" not in told


def test_what_is_said_of_many_machines_is_one_line():
    machines = [f"vm{n}" for n in range(34)]
    secs = timedelta(seconds=1)
    events = [Event(DOWN.id, NOW, EventKind.OPENED, "on battery")]
    events += [Event(DOWN.id, NOW + secs, EventKind.WORSE, f"{one}: off") for one in machines]
    events += [Event(DOWN.id, NOW + 30 * secs, EventKind.STATUS, "recovering")]
    backs = ("it asks for a login", "its agent answers")
    events += [
        Event(DOWN.id, NOW + (40 + n % 12) * secs, EventKind.BETTER, f"{one} is back: {backs[n % 2]}")
        for n, one in enumerate(machines)
    ]
    events += [Event(DOWN.id, NOW + 60 * secs, EventKind.BETTER, "web1: as before again")]
    told = living(incident_history_card(IncidentPicture(DOWN, tuple(events), ()))).split("\n")
    assert f"{seconds(NOW + secs)} 34 machines: off" in told
    first, last = seconds(NOW + 40 * secs), seconds(NOW + 51 * secs)
    assert f"34 machines back between {first} and {last}" in told
    assert f"{clock(NOW + 60 * secs)} web1: as before again" in told


def test_what_began_it_is_no_present_once_nothing_fails():
    outage = replace(DOWN, kind=Kind.POWER_LOSS, why="on battery, 31 min left")
    told = living(incident_history_card(IncidentPicture(outage, (), ())))
    assert "\non battery, 31 min left" in told
    told = living(incident_history_card(IncidentPicture(outage.move(Move.RECOVER, NOW), (), ())))
    assert "\nwhile it was gone: on battery, 31 min left" in told


def test_machines_that_are_proven_alike_are_one_line():
    seen = Ground(Standing.PROVEN, "it asks for a login", NOW, CheckName("boot"))
    outage = DOWN
    for n in range(4):
        outage = outage.with_member(Member(TargetId(f"guest:vm{n}"), True, ground=seen))
    told = living(incident_history_card(IncidentPicture(outage, (), ())))
    assert f"✅ 4 proven healthy at {seconds(NOW)}: vm0, vm1, vm2, vm3" in told


def test_machines_that_lack_the_same_are_one_line_and_few_are_one_each():
    failing, outage = frozenset({CheckName("boot")}), DOWN
    for n in range(4):
        since = NOW + timedelta(minutes=n)
        outage = outage.with_member(Member(TargetId(f"guest:vm{n}"), True, failing=failing, unproven_since=since))
    lacking = dict.fromkeys(outage.members, "failing: boot") | {TargetId("guest:db1"): "failing: state"}
    outage = outage.with_member(Member(TargetId("guest:db1"), True, failing=frozenset({CheckName("state")})))
    told = living(incident_history_card(IncidentPicture(outage, (), (), lacking=lacking)))
    since = f"since {clock(NOW)} to {clock(NOW + timedelta(minutes=3))}"
    assert [line for line in told.split("\n") if line.startswith("❌")] == [
        "❌ db1: failing: state",
        f"❌ 4 failing: boot, {since}: vm0, vm1, vm2, vm3",
    ]


def test_an_incident_lists_its_machines_with_what_proved_each_and_what_is_missing():
    seen = Ground(Standing.PROVEN, "it asks for a login", NOW, CheckName("boot"))
    word = Ground(Standing.WORD, "a login prompt", NOW, by="U1")
    db1, files = TargetId("guest:db1"), TargetId("guest:files")
    outage = DOWN.with_member(Member(db1, True, unproven_since=NOW)).with_member(Member(WEB1, True, ground=seen))
    outage = outage.with_member(Member(files, True, ground=word))
    lacking = {db1: "its agent's answer"}
    told = living(incident_history_card(IncidentPicture(outage, (), (), lacking=lacking)))
    at = clock(NOW)
    assert [line for line in told.split("\n") if line[:1] in "❔✅☑"] == [
        f"❔ db1: unproven; its agent's answer, since {at}",
        f"✅ web1: proven healthy, {at}; it asks for a login",
        f"☑️ files: on someone's word by <@U1>, {at}; a login prompt",
    ]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("cannot ack 7: because it is over", "I cannot ack 7, because it is over. Nothing was changed."),
        ("only an admin may", "Only an admin may. Nothing was changed."),
    ],
)
def test_a_refusal_is_a_sentence(why, said):
    assert refusal_card(why).text == said


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "less than a second"),
        (timedelta(milliseconds=400), "less than a second"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(hours=2, minutes=5, seconds=7), "2 h 5 min"),
        (timedelta(days=3), "3 d"),
        (timedelta(days=1, seconds=30), "1 d"),
    ],
)
def test_a_length_is_told_in_its_two_largest_units(length, words):
    assert lasted(length) == words


def test_what_is_cut_ends_with_an_ellipsis_and_lines_are_kept_whole():
    assert cut("abcdef", 4) == "abc…"
    assert fitting(["a" * 30, "b" * 30, "c" * 30], most=110) == f"{'a' * 30}\n{'b' * 30}\n… 1 more"
    assert fitting(["a" * 30, "b" * 30, "c" * 30], most=110, last=True) == f"… 1 earlier\n{'b' * 30}\n{'c' * 30}"
