"""What makes a run pause, and what is its own doing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.guest import StartsFrom
from bot.core.health import CheckName, Fingerprint, TargetId
from bot.core.incident import Incident, IncidentId, Move
from bot.core.kinds import Kind
from bot.core.lab import Effect
from bot.core.offer import offer
from bot.core.run import (
    BUSY,
    MOVES,
    Button,
    GoTo,
    IllegalMove,
    Interrupted,
    Press,
    RunStatus,
    StaleClick,
    State,
    Stop,
    Tick,
)
from bot.core.runs.deed import Deed
from bot.core.runs.events import Mark
from bot.core.runs.ground import defined_anew, incident_changed, machine_changed, machine_gone, pause
from tests.core.test_walk import BY_HAND, GUARDED, LATER, START, Walk

WEB1 = TargetId("guest:web1")
PRINT = Fingerprint(CheckName("state"), WEB1)
OPEN = Incident(IncidentId(7), Kind.GUEST_DOWN, WEB1, "crashed", LATER, LATER, own=frozenset({PRINT}))
FAILING = replace(OPEN, failing=frozenset({PRINT}))
PROVEN = OPEN.move(Move.RESOLVE, LATER, why="all proven healthy")
CLOSED = OPEN.move(Move.CLOSE, LATER, by="U0ADA", why="false alarm")
MOVED = FAILING.move(Move.MOVE, LATER, why="atlas is down", into=IncidentId(9))
WITHDRAWN = FAILING.move(Move.WITHDRAW, LATER, why="my own cable was out")
GONE = replace(OPEN, own=frozenset()).move(Move.RESOLVE, LATER, why="no longer there: web1")
RECOVERING = OPEN.move(Move.RECOVER, LATER)
RELAPSED = RECOVERING.move(Move.RELAPSE, LATER)
AFTER = LATER + timedelta(minutes=5)

POWER_OFF = """# Off
## Power it off

```lab
power off $guest
```

## Swap
- Run on: atlas
- Confirm: Sure?

```sh
mv a b
```

## Start it

```lab
start $guest
```

**Check**:

```lab
healthy $guest
```

## Thank everyone
"""


class Grounded(Walk):
    """A run whose ground changes."""

    def incident(self, was, now, at=AFTER):
        self.last = incident_changed(self.run, was, now, at)
        return self.last

    def machine(self, why="web1 was started", *, running=None, at=AFTER):
        self.last = machine_changed(self.run, why, at, running=running)
        return self.last

    def defined(self, *disks, at=LATER):
        self.last = defined_anew(self.run, StartsFrom(disks), "web1", at)
        return self.last

    def ran(self, *, checked=False):
        self.press(Button.RUN)
        self.finished()
        if checked:
            self.checked()


def test_a_machine_that_goes_after_a_step_goes_by_another_hand_unless_that_was_a_script():
    walk = Grounded(POWER_OFF)
    walk.ran()
    assert machine_gone(walk.run, "web1 is missing", LATER).run.pause == "web1 is missing"
    by_script = replace(walk.run, deed=Deed(None, LATER, script=True))
    assert machine_gone(by_script, "web1 is missing", LATER).run.pause == ""


# --- what a pause is ---------------------------------------------------------------------------------------------


def test_a_paused_run_offers_to_go_on_or_to_stop_and_nothing_else():
    walk = Grounded(START)
    version = walk.run.version
    walk.machine()
    assert (walk.run.status, walk.run.pause, walk.run.version) == (
        RunStatus.PAUSED,
        "web1 was started",
        version + 1,
    )
    assert [(event.mark, event.text) for event in walk.last.events] == [(Mark.PAUSED, "paused: web1 was started")]
    assert (offer(walk.run, walk.runbook).buttons, offer(walk.run, walk.runbook).go_to) == (
        (Button.GO_ON, Button.STOP),
        (),
    )
    with pytest.raises(IllegalMove, match="because the run is paused: web1 was started"):
        walk.press(Button.RUN)
    with pytest.raises(IllegalMove, match="cannot go to step 1: because the run is paused: web1 was started"):
        walk.give(GoTo(0, walk.run.version, "ada"))


def test_the_button_of_before_a_pause_is_stale():
    walk = Grounded(START)
    before = walk.run.version
    walk.machine()
    with pytest.raises(StaleClick):
        walk.give(Press(Button.RUN, 0, before, "ada"))


def test_a_paused_run_takes_no_ticks():
    walk = Grounded(BY_HAND)
    walk.machine()
    with pytest.raises(StaleClick, match="the run is paused: web1 was started"):
        walk.give(Tick(0, (0,), "ada"))


def test_a_person_lets_it_go_on_and_nothing_runs_by_that():
    walk = Grounded(START)
    walk.machine()
    assert walk.press(Button.GO_ON).requests == ()
    assert (walk.run.status, walk.run.pause, walk.state) == (RunStatus.UNDER_WAY, "", State.READY)
    assert walk.last.events[-1].text == "goes on, although web1 was started"
    assert walk.last.events[-1].person == "ada"
    walk.press(Button.RUN)
    assert walk.state is State.RUNNING


def test_a_person_stops_it():
    walk = Grounded(START)
    walk.machine()
    walk.press(Button.STOP)
    assert (walk.run.status, walk.run.pause) == (RunStatus.STOPPED, "")
    assert walk.machine(at=AFTER).run.status is RunStatus.STOPPED, "what has ended is not paused"


def test_what_runs_already_goes_on_to_its_end_and_is_proven_but_nothing_comes_after():
    walk = Grounded(START)
    walk.press(Button.RUN)
    walk.incident(OPEN, CLOSED)
    assert (walk.run.status, walk.state) == (RunStatus.PAUSED, State.RUNNING)
    walk.finished()
    walk.checked()
    assert (walk.run.status, walk.states()) == (RunStatus.PAUSED, [State.VERIFIED, State.READY])
    assert offer(walk.run, walk.runbook).buttons == (Button.GO_ON, Button.STOP)


def test_a_run_that_was_paused_while_its_last_command_ran_is_done_when_that_is():
    walk = Grounded("# T\n## A\n\n```lab\nstart $guest\n```\n")
    walk.press(Button.RUN)
    walk.incident(OPEN, CLOSED)
    walk.finished()
    assert (walk.run.status, walk.run.pause) == (RunStatus.DONE, "")


def test_what_was_made_sure_of_before_a_pause_does_not_run_after_it():
    walk = Grounded(GUARDED)
    walk.press(Button.RUN, typed="web1")
    walk.machine()
    assert walk.looked().requests == ()
    assert (walk.state, walk.run.steps[0].summary) == (State.READY, "web1 is off")


def test_what_was_made_sure_of_before_a_pause_does_not_run_once_the_run_goes_on():
    walk = Grounded(GUARDED)
    walk.press(Button.RUN, typed="web1")
    walk.machine()
    walk.press(Button.GO_ON)
    assert walk.looked().requests == ()
    assert walk.state is State.READY


def test_a_crash_of_the_bot_leaves_a_pause_as_it_is():
    walk = Grounded(START)
    walk.press(Button.RUN)
    walk.incident(OPEN, CLOSED)
    walk.give(Interrupted("the bot was off"))
    assert (walk.run.status, walk.state) == (RunStatus.PAUSED, State.UNKNOWN)


def test_a_paused_run_keeps_why_it_was_and_what_came_last():
    walk = Grounded(START)
    walk.machine()
    walk.incident(OPEN, PROVEN)
    assert walk.run.pause == "web1 was started; then: incident 7 was resolved (all proven healthy)"
    version, paused_at = walk.run.version, walk.run.paused_at
    assert walk.machine().events == ()
    assert walk.run.version == version
    walk.machine("x" * 300)
    walk.machine("the last one")
    assert walk.run.pause == "web1 was started; then: the last one"
    assert walk.run.paused_at == paused_at is not None


def test_the_moves_of_a_run_are_those_of_its_table():
    assert MOVES[RunStatus.PAUSED] == {RunStatus.UNDER_WAY, RunStatus.DONE, RunStatus.STOPPED}
    assert MOVES[RunStatus.DONE] == MOVES[RunStatus.STOPPED] == frozenset()


# --- other hands -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        (OPEN, PROVEN, "incident 7 was resolved (all proven healthy)"),
        (OPEN, CLOSED, "incident 7 was closed (false alarm)"),
        (FAILING, MOVED, "incident 7 was moved to incident 9 (atlas is down)"),
        (FAILING, WITHDRAWN, "incident 7 was withdrawn (my own cable was out)"),
        (
            PROVEN,
            PROVEN.move(Move.MOVE, LATER, why="it was the power", into=IncidentId(9)),
            "was moved to incident 9",
        ),
        (OPEN, GONE, "incident 7 was resolved (no longer there: web1)"),
        (PROVEN, PROVEN.move(Move.REOPEN, LATER), "incident 7 is open again"),
        (RECOVERING, RELAPSED, "incident 7 failed again"),
        (
            OPEN,
            replace(OPEN, subject=TargetId("ups:rack"), kind=Kind.POWER_LOSS),
            "has become another: power loss",
        ),
    ],
)
def test_a_run_that_did_nothing_pauses_when_its_incident_changes(was, now, why):
    walk = Grounded(START)
    walk.incident(was, now)
    assert walk.run.status is RunStatus.PAUSED
    assert why in walk.run.pause


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (OPEN, FAILING),
        (OPEN, RECOVERING),
        (OPEN, OPEN.move(Move.ACKNOWLEDGE, LATER, by="U0ADA")),
        (OPEN, replace(OPEN, kind=Kind.BOOT_DISK)),
    ],
)
def test_what_else_befalls_an_incident_pauses_nothing(was, now):
    walk = Grounded(START)
    assert walk.incident(was, now).run.status is RunStatus.UNDER_WAY


def test_a_machine_that_others_started_pauses_the_run_also_after_a_step_that_only_looked():
    walk = Grounded("# T\n## Look\n- Run on: atlas\n\n```sh\nls\n```\n\n## B\n")
    walk.ran()
    assert walk.machine(running=True, at=LATER).run.status is RunStatus.PAUSED


def test_what_a_person_does_by_hand_is_not_seen_to_be_the_runs_own():
    walk = Grounded(BY_HAND)
    walk.tick(0, 1)
    walk.press(Button.DONE)
    assert walk.incident(OPEN, PROVEN).run.status is RunStatus.PAUSED


# --- its machine's definition ------------------------------------------------------------------------------------


def on_its_disk(text):
    walk = Grounded(text)
    walk.last = replace(walk.last, run=replace(walk.run, began_with=StartsFrom(("/img/web1",))))
    return walk


def test_a_machine_that_others_gave_another_disk_pauses_the_run_with_both_named():
    walk = on_its_disk(START)
    assert walk.defined("/img/web1").run.status is RunStatus.UNDER_WAY
    walk.defined("/img/other")
    assert (walk.run.status, walk.run.pause) == (
        RunStatus.PAUSED,
        "web1 is defined anew: its disks are /img/other, and were /img/web1 when this run began",
    )
    walk.press(Button.GO_ON)
    assert walk.defined("/img/other").run.status is RunStatus.UNDER_WAY, "a person knows it and went on"
    assert walk.defined("/img/web1").run.status is RunStatus.PAUSED


def test_a_disk_that_the_runs_own_script_swapped_pauses_nothing_and_is_what_it_goes_on_with():
    walk = on_its_disk(POWER_OFF)
    walk.ran()
    walk.ran()
    assert walk.defined("/img/restored").run.status is RunStatus.UNDER_WAY
    assert walk.defined("/img/restored", at=AFTER).run.status is RunStatus.UNDER_WAY
    assert walk.defined("/img/web1", at=AFTER).run.status is RunStatus.PAUSED


def test_a_disk_that_shows_once_the_run_powered_its_machine_off_was_swapped_by_others():
    walk = on_its_disk(POWER_OFF)
    walk.ran()
    assert walk.defined("/img/other").run.status is RunStatus.PAUSED


def test_a_run_that_has_ended_or_never_knew_a_definition_minds_none():
    walk = Grounded(START)
    assert walk.defined("/img/other").run.status is RunStatus.UNDER_WAY
    walk = on_its_disk(START)
    walk.press(Button.STOP)
    assert walk.defined("/img/other").run.status is RunStatus.STOPPED


# --- the run's own doing -----------------------------------------------------------------------------------------


def test_what_the_runs_own_step_does_to_its_machine_pauses_nothing():
    walk = Grounded(POWER_OFF)
    walk.press(Button.RUN)
    assert walk.machine(running=False, at=LATER).run.status is RunStatus.UNDER_WAY
    walk.finished()
    assert walk.machine(running=False, at=LATER).run.status is RunStatus.UNDER_WAY, "told a moment later"


def test_what_runs_again_although_the_run_powered_it_off_was_started_by_others():
    walk = Grounded(POWER_OFF)
    walk.ran()
    assert walk.machine(running=True, at=LATER).run.status is RunStatus.PAUSED


def test_a_guest_that_others_start_after_the_swap_of_its_disk_pauses_the_run():
    walk = Grounded(POWER_OFF)
    walk.ran()
    walk.ran()
    assert walk.run.deed == Deed(running=False, ended=LATER, script=True)
    assert walk.machine(running=True, at=LATER).run.status is RunStatus.PAUSED


def test_a_restore_resolves_its_own_incident_and_goes_on():
    walk = Grounded(POWER_OFF)
    walk.ran()
    walk.ran()
    walk.press(Button.RUN)
    walk.machine(running=True, at=LATER)
    walk.finished()
    assert walk.incident(OPEN, RECOVERING).run.status is RunStatus.UNDER_WAY
    walk.checked()
    assert walk.incident(RECOVERING, RECOVERING.move(Move.RESOLVE, AFTER)).run.status is RunStatus.UNDER_WAY
    walk.press(Button.DONE)
    assert walk.run.status is RunStatus.DONE


def test_a_resolve_that_comes_long_after_the_step_that_mended_is_its_own_still():
    walk = Grounded(POWER_OFF)
    for _ in range(2):
        walk.ran()
    walk.ran(checked=True)
    assert walk.incident(OPEN, PROVEN, AFTER + timedelta(hours=1)).run.status is RunStatus.UNDER_WAY


def test_a_resolve_after_a_step_that_only_powered_off_was_nobodys_of_the_run():
    walk = Grounded(POWER_OFF)
    walk.ran()
    assert walk.incident(OPEN, PROVEN).run.status is RunStatus.PAUSED


def test_a_guest_that_is_started_while_a_script_works_on_its_disk_pauses_the_run():
    walk = Grounded(POWER_OFF)
    walk.ran()
    walk.press(Button.RUN)
    paused = walk.machine(running=True).run
    assert (paused.status, paused.pause) == (RunStatus.PAUSED, "web1 was started")


@pytest.mark.parametrize("end", [CLOSED, MOVED, WITHDRAWN, GONE])
def test_an_incident_that_a_person_closed_or_that_moved_is_never_the_runs_own_doing(end):
    walk = Grounded(START)
    walk.ran(checked=True)
    assert walk.incident(FAILING, end).run.status is RunStatus.PAUSED


def test_with_another_hand_in_between_a_resolve_is_no_longer_the_runs_own():
    walk = Grounded(START)
    walk.ran(checked=True)
    walk.machine("web1 stopped", running=False)
    walk.press(Button.GO_ON)
    assert walk.run.deed is None
    assert walk.incident(OPEN, PROVEN).run.status is RunStatus.PAUSED


def test_a_failure_again_belongs_to_the_step_only_while_that_lasts():
    walk = Grounded(START)
    walk.press(Button.RUN)
    assert walk.incident(RECOVERING, RELAPSED).run.status is RunStatus.UNDER_WAY
    walk.finished()
    walk.checked()
    assert walk.incident(RECOVERING, RELAPSED).run.status is RunStatus.PAUSED


def test_what_moves_while_the_runs_step_works_was_moved_by_it():
    walk = Grounded(START)
    walk.press(Button.RUN)
    assert walk.machine("web1 moved from atlas to borea").run.status is RunStatus.UNDER_WAY
    walk.finished()
    walk.checked()
    assert walk.machine("web1 moved from borea to atlas").run.status is RunStatus.PAUSED


def test_a_pause_while_a_step_works_keeps_what_it_does_as_its_own():
    walk = Grounded(START)
    walk.press(Button.RUN)
    assert walk.state in BUSY
    walk.last = pause(walk.run, "incident 7 was closed (false alarm)", AFTER)
    assert walk.run.deed == Deed(running=True)
    assert walk.machine(running=True).run.pause == "incident 7 was closed (false alarm)"


def test_an_effect_is_known_from_the_verb():
    walk = Grounded(POWER_OFF)
    assert [step.effect for step in walk.runbook.steps] == [
        Effect.STOPS,
        Effect.CHANGES,
        Effect.STARTS,
        Effect.LOOKS,
    ]
    walk.give(Stop("ada", "enough"))
