"""A step whose action was lost sight of: what is offered, and what becomes of it."""

import pytest

from bot.core.jobs import Cancel, RunCheck, SeekAction
from bot.core.offer import offer
from bot.core.run import ActionFinished, Button, Interrupted, RunStatus, StaleClick, State, Stop
from bot.core.runs.events import Mark
from bot.core.runs.lost import ActionFound, ActionLost, ActionUnended
from tests.core.test_walk import START, Walk

SCRIPT = """\
# Restore web1

## Restore it
- Run on: atlas
- Watch the size of: /srv/web1

```sh
restore
```

**Check**:

```sh
true
```
"""


@pytest.fixture
def walk() -> Walk:
    walk = Walk(SCRIPT)
    walk.press(Button.RUN)
    return walk


def lost(walk: Walk, *, given_up: bool = False):
    return walk.give(ActionLost(0, 1, "lost atlas: because Connection reset", given_up))


def test_a_lost_action_offers_nothing_but_stop(walk):
    made = lost(walk)
    assert (walk.state, walk.buttons, made.requests) == (State.SEEKING, (Button.STOP,), ())
    assert offer(walk.run, walk.runbook).go_to == ()
    assert [(event.mark, event.text) for event in made.events] == [
        (Mark.LOST, "not known whether it still runs: lost atlas: because Connection reset")
    ]
    assert lost(walk).events == (), "it is told once"


def test_it_is_found_and_ends_as_if_nothing_had_been(walk):
    lost(walk)
    assert walk.give(ActionFound(0, 1, "connected again")).events[0].mark is Mark.FOUND
    assert walk.state is State.RUNNING
    (asked,) = walk.finished(ok=True).requests
    assert isinstance(asked, RunCheck)


def test_its_end_may_be_known_before_it_is_seen_running(walk):
    lost(walk)
    walk.finished(ok=False)
    assert (walk.state, walk.buttons) == (State.FAILED, (Button.RETRY, Button.SKIP, Button.STOP))


def test_a_step_that_is_skipped_because_it_failed_keeps_why(walk):
    lost(walk)
    walk.finished(ok=False, summary="exit status 1: no space left")
    walk.press(Button.SKIP)
    skipped = walk.run.steps[0]
    assert (skipped.state, skipped.summary) == (State.SKIPPED, "before that: exit status 1: no space left")


def test_what_could_not_be_found_is_looked_for_when_a_person_says_so_and_is_never_repeated(walk):
    lost(walk)
    lost(walk, given_up=True)
    assert (walk.state, walk.buttons) == (State.LOST, (Button.LOOK_AGAIN, Button.STOP))
    assert offer(walk.run, walk.runbook).go_to == ()
    (asked,) = walk.press(Button.LOOK_AGAIN).requests
    assert isinstance(asked, SeekAction)
    assert (asked.attempt, asked.watch, walk.state) == (1, "/srv/web1", State.SEEKING)


def test_what_could_not_be_ended_is_never_repeated_while_it_runs(walk):
    made = walk.give(ActionUnended(0, 1, "pid 7 `cp`, although its time limit of 2 s is over"))
    assert (walk.state, walk.buttons, made.requests) == (State.UNENDED, (Button.LOOK_AGAIN, Button.STOP), ())
    assert offer(walk.run, walk.runbook).go_to == ()
    assert made.events[0].text == (
        "still runs, and can't be ended: pid 7 `cp`, although its time limit of 2 s is over"
    )
    (asked,) = walk.press(Button.LOOK_AGAIN).requests
    assert isinstance(asked, SeekAction)
    walk.give(ActionUnended(0, 1, "pid 7 `cp`"))
    walk.press(Button.LOOK_AGAIN)
    walk.finished(ok=False)
    assert walk.buttons == (Button.RETRY, Button.SKIP, Button.STOP), "it is gone"


def test_stopped_while_it_can_not_be_ended_it_says_so_and_is_seen_to_further(walk):
    walk.give(ActionUnended(0, 1, "pid 7 `cp`"))
    assert walk.give(Stop("ada", "enough")).requests == (Cancel(0, 1),)
    assert (walk.state, walk.run.steps[0].summary) == (State.UNKNOWN, "called off; it could not be ended")


def test_what_has_ended_with_an_unknown_result_is_a_persons_to_say(walk):
    lost(walk)
    made = walk.give(ActionFinished(0, 1, ok=False, summary="its record is gone", known=False))
    assert (walk.state, made.requests) == (State.UNKNOWN, ())
    assert walk.buttons == (Button.IT_RAN, Button.RUN_AGAIN, Button.STOP)


@pytest.mark.parametrize("given_up", [False, True])
def test_stopped_out_of_reach_it_says_that_it_may_still_run(walk, given_up):
    lost(walk, given_up=given_up)
    made = walk.give(Stop("ada", "enough"))
    assert made.requests == (Cancel(0, 1),)
    assert walk.run.steps[0].summary == "called off while out of reach: it may still run on atlas"
    assert walk.run.status is RunStatus.STOPPED
    with pytest.raises(StaleClick):
        walk.press(Button.LOOK_AGAIN)


def test_a_late_word_of_an_older_attempt_changes_nothing(walk):
    walk.finished(ok=False)
    walk.press(Button.RETRY)
    for late in (ActionLost(0, 1, "lost"), ActionFound(0, 1, "found")):
        assert walk.give(late).why.startswith("ignored")
    assert walk.give(ActionFound(0, 2, "found")).why.startswith("ignored"), "it was not lost"


@pytest.mark.parametrize("state", [State.RUNNING, State.SEEKING, State.LOST, State.UNENDED])
def test_after_a_start_of_the_bot_what_has_a_record_is_looked_for(walk, state):
    if state is State.UNENDED:
        walk.give(ActionUnended(0, 1, "pid 7 `cp`"))
    elif state is not State.RUNNING:
        lost(walk, given_up=state is State.LOST)
    (asked,) = walk.give(Interrupted("the bot was off", recorded=True)).requests
    assert isinstance(asked, SeekAction)
    assert (asked.attempt, walk.state, walk.run.steps[0].summary) == (1, State.SEEKING, "the bot was off")


def test_what_has_no_record_and_can_not_be_found_stays_as_it_is(walk):
    lost(walk, given_up=True)
    assert walk.give(Interrupted("the bot was off")).why == "nothing was under way"


def test_a_check_that_was_cut_off_is_looked_at_again(walk):
    walk.finished(ok=True)
    (asked,) = walk.give(Interrupted("the bot was off", recorded=True)).requests
    assert isinstance(asked, RunCheck)
    assert (asked.attempt, walk.state) == (3, State.VERIFYING)


def test_a_built_in_action_has_no_place_of_its_own():
    walk = Walk(START)
    walk.press(Button.RUN)
    walk.give(ActionLost(0, 1, "lost"))
    walk.give(Stop("ada", "enough"))
    assert walk.run.steps[0].summary == "called off while out of reach: it may still run"
