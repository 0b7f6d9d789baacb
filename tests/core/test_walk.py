"""How a run moves: button by button, and what it asks of the shell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.jobs import (
    Cancel,
    LabJob,
    ListChoices,
    LookBefore,
    Place,
    PlaceKind,
    RunAction,
    RunCheck,
    ScriptJob,
)
from bot.core.lab import Effect, LabCall, LabVerb
from bot.core.offer import exact_before, exact_check, exact_command, missing, offer
from bot.core.run import (
    ActionFinished,
    BeforeLooked,
    Button,
    CheckFinished,
    Choice,
    ChoicesListed,
    GoTo,
    IllegalMove,
    Interrupted,
    Press,
    RunId,
    RunStatus,
    StaleClick,
    State,
    Stop,
    Tick,
    WrongInput,
)
from bot.core.runs.events import Mark
from bot.core.runs.ground import pause
from bot.core.walk import advance, start
from bot.core.written import Knowledge
from bot.markdown import parse

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
KNOWN = Knowledge(
    (
        LabVerb("start", ("guest",), effect=Effect.STARTS),
        LabVerb("power off", ("guest",), effect=Effect.STOPS),
        LabVerb("healthy", ("target",)),
        LabVerb("is off", ("guest",)),
    ),
    bot=True,
)
VALUES = {"guest": "web1", "hypervisor": "atlas", "disk": "/img/web1.img"}


def read(text):
    reading = parse("mend", text, KNOWN)
    assert not reading.problems, [str(problem) for problem in reading.problems]
    return reading.runbook


class Walk:
    """A run and its runbook, walked by one person."""

    def __init__(self, text, values=VALUES):
        self.runbook = read(text)
        self.last = start(self.runbook, RunId(4), values=values, incident=7, person="ada", now=NOW)

    @property
    def run(self):
        return self.last.run

    @property
    def state(self):
        return self.run.state

    def give(self, command):
        self.last = advance(self.run, self.runbook, command, LATER)
        return self.last

    def press(self, button, **more):
        return self.give(Press(button, self.run.current, self.run.version, "ada", **more))

    def tick(self, *boxes):
        return self.give(Tick(self.run.current, boxes, "ada"))

    def go_to(self, step):
        return self.give(GoTo(step, self.run.version, "ada"))

    def finished(self, ok=True, summary="exit 0"):
        return self.give(ActionFinished(self.run.current, self.attempt, ok, summary))

    def checked(self, passed=True, summary="healthy"):
        return self.give(CheckFinished(self.run.current, self.attempt, passed, summary))

    def listed(self, *choices, ok=True, summary="2 choices"):
        return self.give(ChoicesListed(self.run.current, self.attempt, ok, summary, choices))

    def looked(self, holds=True, summary="web1 is off"):
        return self.give(BeforeLooked(self.run.current, self.attempt, holds, summary))

    @property
    def attempt(self):
        return self.run.steps[self.run.current].attempt

    @property
    def buttons(self):
        return offer(self.run, self.runbook).main

    def states(self):
        return [step.state for step in self.run.steps]


BY_HAND = """# By hand
## First
- [ ] box a
- [ ] box b

## Second
- Optional: yes
"""

START = """# Start
## Start it

```lab
start $guest
```

**Check** every 5 seconds for 3 minutes:

```lab
healthy $guest
```

## Thank everyone
"""

SCRIPT = """# Script
## Look
- Run on: $hypervisor
- Time limit: 1 hour
- Watch the size of: $disk.new

```sh
ls "$disk"
```
"""

PICK = """# Pick
## Pick one
- Choose: snapshot
- Run on: bot

```bash
restic snapshots
```

## Use it
- Run on: atlas

```sh
echo "$snapshot"
```
"""

ASK = """# Ask
## Where to?
- Ask: bay
- Pattern: `[0-9]+`
"""

ON_FAILURE = """# Failure
## Try
- If it fails: {what}

```lab
start $guest
```

## Go on

## Ask for help
- Only on request: yes
"""


GUARDED = """# Guarded
## Start it
- Confirm by typing: $guest

**Before**: it is off.

```lab
is off $guest
```

```lab
start $guest
```

## Thank everyone
"""

BY_HAND_GUARDED = """# By hand
## Press the button

**Before**: it is off.

```lab
is off $guest
```

- [ ] pressed
"""


def test_a_run_starts_at_its_first_step_in_normal_order():
    walk = Walk("# T\n## Help\n- Only on request: yes\n\n## First\n\n## Second\n")
    assert walk.run.current == 1
    assert walk.states() == [State.PASSED_OVER, State.READY, State.WAITING]
    assert (walk.run.incident, walk.run.started_by, walk.run.started_at) == (7, "ada", NOW)
    assert [event.mark for event in walk.last.events] == [Mark.STARTED]


def test_a_step_done_by_hand_offers_done_and_cant_and_nothing_runs():
    walk = Walk(BY_HAND)
    assert walk.buttons == (Button.DONE, Button.CANNOT)
    assert exact_command(walk.runbook.steps[0], walk.run) is None
    assert exact_check(walk.runbook.steps[0], walk.run) is None
    walk.tick(0, 1)
    assert walk.press(Button.DONE).requests == ()
    assert walk.states() == [State.DONE, State.READY]


def test_skip_is_offered_only_where_the_step_is_optional():
    walk = Walk(BY_HAND)
    with pytest.raises(IllegalMove, match="cannot press Skip on step 1: because it is ready"):
        walk.press(Button.SKIP)
    walk.tick(0, 1)
    walk.press(Button.DONE)
    assert walk.buttons == (Button.DONE, Button.CANNOT, Button.SKIP)
    walk.press(Button.SKIP)
    assert walk.run.status is RunStatus.DONE
    assert walk.run.ended_at == LATER
    assert walk.states() == [State.DONE, State.SKIPPED]
    assert offer(walk.run, walk.runbook).buttons == ()


def test_done_waits_for_every_box_and_a_tick_outdates_no_button():
    walk = Walk(BY_HAND)
    version = walk.run.version
    walk.tick(0)
    assert walk.run.version == version
    with pytest.raises(IllegalMove, match="tick “box b” first"):
        walk.press(Button.DONE)
    walk.tick(1, 0, 1)
    assert walk.run.steps[0].ticked == (0, 1)
    walk.press(Button.DONE)


def test_a_tick_on_another_step_or_of_a_box_that_is_not_there_is_refused():
    walk = Walk(BY_HAND)
    with pytest.raises(IllegalMove, match="it has no box 3"):
        walk.tick(2)
    with pytest.raises(StaleClick):
        walk.give(Tick(1, (0,), "ada"))
    walk.give(Stop("ada", "enough"))
    with pytest.raises(StaleClick, match="because the run is stopped"):
        walk.tick(0)


def test_run_asks_for_the_lab_action_once_and_then_for_its_check():
    walk = Walk(START)
    assert walk.buttons == (Button.RUN,)
    (asked,) = walk.press(Button.RUN).requests
    assert asked == RunAction(0, 1, LabJob(LabCall("start", ("web1",))), timedelta(minutes=10), None)
    assert walk.buttons == (Button.STOP,)
    (asked,) = walk.finished(summary="started").requests
    job = LabJob(LabCall("healthy", ("web1",)))
    assert asked == RunCheck(0, 2, job, timedelta(seconds=5), timedelta(minutes=3), timedelta(minutes=10))
    assert walk.state is State.VERIFYING
    assert walk.run.steps[0].summary == "started"
    walk.checked()
    assert walk.states() == [State.VERIFIED, State.READY]
    assert [event.mark for event in walk.last.events] == [Mark.VERIFIED]


def test_a_script_goes_to_its_place_as_it_was_written_with_its_values_beside_it():
    walk = Walk(SCRIPT)
    (asked,) = walk.press(Button.RUN).requests
    assert isinstance(asked.job, ScriptJob)
    assert asked.job.place == Place(PlaceKind.HOST, "atlas")
    assert asked.job.text == 'ls "$disk"\n'
    assert dict(asked.job.values) == VALUES
    assert (asked.limit, asked.watch) == (timedelta(hours=1), "/img/web1.img.new")
    assert walk.finished().run.status is RunStatus.DONE
    assert walk.state is State.DONE


# --- what must hold before ---------------------------------------------------------------------------------------


def test_what_must_hold_is_looked_at_when_run_is_pressed_and_then_the_action_runs():
    walk = Walk(GUARDED)
    assert exact_before(walk.runbook.steps[0], walk.run).text == "is off web1"
    (asked,) = walk.press(Button.RUN, typed="web1").requests
    assert asked == LookBefore(0, 1, LabJob(LabCall("is off", ("web1",))), timedelta(minutes=1))
    assert (walk.state, walk.buttons) == (State.MAKING_SURE, (Button.STOP,))
    (asked,) = walk.looked().requests
    assert asked == RunAction(0, 2, LabJob(LabCall("start", ("web1",))), timedelta(minutes=10), None)
    assert [(event.mark, event.text) for event in walk.last.events] == [(Mark.LOOKED, "web1 is off")]
    walk.finished()
    assert walk.states() == [State.DONE, State.READY]


def test_a_look_takes_no_longer_than_its_step_may():
    walk = Walk(GUARDED.replace("- Confirm", "- Time limit: 5 seconds\n- Confirm"))
    (asked,) = walk.press(Button.RUN, typed="web1").requests
    assert asked.limit == timedelta(seconds=5)


def test_what_does_not_hold_is_held_back_and_nothing_runs():
    walk = Walk(GUARDED)
    walk.press(Button.RUN, typed="web1")
    assert walk.looked(holds=False, summary="web1 is running").requests == ()
    assert (walk.state, walk.run.steps[0].summary) == (State.HELD, "web1 is running")
    assert walk.buttons == (Button.CHECK_AGAIN, Button.SKIP, Button.STOP)
    assert [event.text for event in walk.last.events] == ["nothing was run: web1 is running"]
    walk.press(Button.SKIP)
    assert walk.states() == [State.SKIPPED, State.READY]


def test_to_check_again_only_looks_and_the_name_is_to_be_typed_anew():
    walk = Walk(GUARDED)
    walk.press(Button.RUN, typed="web1")
    walk.looked(holds=False)
    (asked,) = walk.press(Button.CHECK_AGAIN).requests
    assert (type(asked), asked.attempt, walk.state) == (LookBefore, 2, State.LOOKING)
    assert walk.looked().requests == ()
    assert (walk.state, walk.buttons) == (State.READY, (Button.RUN,))
    with pytest.raises(WrongInput):
        walk.press(Button.RUN)
    walk.press(Button.RUN, typed="web1")
    assert walk.state is State.MAKING_SURE, "it is looked at right then, whatever was found a moment ago"


def test_whoever_tries_again_is_looked_at_again():
    walk = Walk(GUARDED)
    walk.press(Button.RUN, typed="web1")
    walk.looked()
    walk.finished(ok=False)
    (asked,) = walk.press(Button.RETRY, typed="web1").requests
    assert isinstance(asked, LookBefore)


def test_a_look_that_was_cut_short_has_changed_nothing():
    walk = Walk(GUARDED)
    walk.press(Button.RUN, typed="web1")
    walk.give(Interrupted("the bot was off"))
    assert walk.state is State.READY
    walk.press(Button.RUN, typed="web1")
    assert walk.press(Button.STOP).requests == (Cancel(0, 2),)
    assert (walk.state, walk.run.steps[0].summary) == (State.HELD, "called off before anything was run")
    assert walk.looked().why.startswith("ignored")


def test_a_list_is_made_only_where_what_must_hold_does():
    walk = Walk(PICK.replace("```bash", "**Before**: it is off.\n\n```lab\nis off $guest\n```\n\n```bash"))
    walk.press(Button.RUN)
    (asked,) = walk.looked().requests
    assert isinstance(asked, ListChoices)


def test_what_a_person_does_is_looked_at_first_and_there_is_no_done_until_it_holds():
    walk = Walk(BY_HAND_GUARDED)
    assert walk.buttons == (Button.LOOK, Button.CANNOT)
    (asked,) = walk.press(Button.LOOK).requests
    assert (type(asked), walk.state) == (LookBefore, State.LOOKING)
    walk.looked(holds=False, summary="web1 is running")
    assert walk.buttons == (Button.CHECK_AGAIN, Button.SKIP, Button.STOP)
    walk.press(Button.CHECK_AGAIN)
    assert walk.looked().requests == ()
    assert (walk.state, walk.buttons) == (State.CLEARED, (Button.DONE, Button.CANNOT))
    with pytest.raises(IllegalMove, match="tick “pressed” first"):
        walk.press(Button.DONE)
    walk.tick(0)
    walk.press(Button.DONE)
    assert walk.run.status is RunStatus.DONE


def test_who_could_not_do_it_looks_first_all_the_same():
    walk = Walk(BY_HAND_GUARDED)
    walk.press(Button.CANNOT)
    assert walk.buttons == (Button.LOOK, Button.SKIP, Button.STOP)


def test_a_value_that_is_not_set_is_missed_before_anything_is_looked_at():
    walk = Walk(BY_HAND_GUARDED, values={})
    with pytest.raises(IllegalMove, match=r"cannot press Look first on step 1: because \$guest is not set"):
        walk.press(Button.LOOK)


@pytest.mark.parametrize(
    ("run_on", "place", "said"),
    [
        ("guest", Place(PlaceKind.GUEST, "web1"), "inside web1"),
        ("bot", Place(PlaceKind.BOT), "the bot's machine"),
        ("nas", Place(PlaceKind.HOST, "nas"), "nas"),
    ],
)
def test_a_script_can_be_sent_to_a_guest_the_bot_or_a_host_by_name(run_on, place, said):
    walk = Walk(f"# T\n## A\n- Run on: {run_on}\n\n```sh\ntrue\n```\n")
    (asked,) = walk.press(Button.RUN).requests
    assert asked.job.place == place
    assert str(place) == said
    assert place.machine == said.removeprefix("inside "), "“web1 restarted while it ran”"


def test_a_step_that_uses_a_value_nobody_set_is_refused_never_run_with_an_empty_one():
    walk = Walk(SCRIPT, values={"hypervisor": "atlas"})
    assert missing(walk.runbook.steps[0], walk.run) == ("disk",)
    before = walk.run
    with pytest.raises(IllegalMove, match=r"cannot press Run on step 1: because \$disk is not set"):
        walk.press(Button.RUN)
    assert walk.run is before


def test_what_would_run_is_shown_exactly_before_anyone_agrees():
    walk = Walk(SCRIPT)
    shown = exact_command(walk.runbook.steps[0], walk.run)
    assert (shown.where, shown.language, shown.text) == ("atlas", "sh", 'ls "$disk"\n')
    assert shown.values == (("disk", "/img/web1.img"), ("hypervisor", "atlas"))
    walk = Walk(START, values={"guest": "web 1; rm -rf /"})
    assert exact_command(walk.runbook.steps[0], walk.run).text == "start 'web 1; rm -rf /'"
    assert exact_check(walk.runbook.steps[0], walk.run).text == "healthy 'web 1; rm -rf /'"


def test_a_list_is_made_on_request_and_only_what_is_in_it_can_be_chosen():
    walk = Walk(PICK)
    (asked,) = walk.press(Button.RUN).requests
    assert isinstance(asked, ListChoices)
    assert walk.state is State.LISTING
    walk.listed(Choice("a1", "today"), Choice("b2", "yesterday"))
    assert walk.buttons == (Button.CHOOSE,)
    with pytest.raises(WrongInput, match=r"cannot set \$snapshot: because “c3” is not in the list"):
        walk.press(Button.CHOOSE, answer="c3")
    walk.press(Button.CHOOSE, answer="b2")
    assert walk.run.values["snapshot"] == "b2"
    assert walk.states() == [State.ANSWERED, State.READY]


@pytest.mark.parametrize(("ok", "why"), [(True, "the list is empty"), (False, "restic: no such repository")])
def test_a_list_that_is_empty_or_did_not_come_is_a_failure(ok, why):
    walk = Walk(PICK)
    walk.press(Button.RUN)
    walk.listed(ok=ok, summary="restic: no such repository")
    assert walk.state is State.FAILED
    assert walk.run.steps[0].summary == why
    (asked,) = walk.press(Button.RETRY).requests
    assert (type(asked), asked.attempt) == (ListChoices, 2)


def test_options_can_be_chosen_at_once_and_a_fence_beside_them_runs_afterwards():
    walk = Walk("# T\n## A\n- Choose: how\n- Options: gently, hard\n\n```lab\nstart $how\n```\n")
    assert walk.buttons == (Button.CHOOSE,)
    walk.press(Button.CHOOSE, answer="hard")
    assert walk.buttons == (Button.RUN,)
    (asked,) = walk.press(Button.RUN).requests
    assert asked.job == LabJob(LabCall("start", ("hard",)))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "the answer is empty"),
        ("  ", "the answer is empty"),
        ("1\0", "no environment can hold a NUL character"),
        ("12a", r"“12a” does not match \[0-9\]\+"),
        ("12\n", "does not match"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_at_its_field(answer, why):
    walk = Walk(ASK)
    assert walk.buttons == (Button.ANSWER,)
    with pytest.raises(WrongInput, match=why):
        walk.press(Button.ANSWER, answer=answer)
    walk.press(Button.ANSWER, answer="12")
    assert walk.run.values["bay"] == "12"
    assert walk.run.status is RunStatus.DONE


@pytest.mark.parametrize("answer", ["; rm -rf /", "a\nb", "$(reboot) `reboot` $guest", "x" * 10_000])
def test_an_answer_is_data_however_it_looks(answer):
    walk = Walk("# T\n## A\n- Ask: name\n\n```lab\nstart $name\n```\n")
    walk.press(Button.ANSWER, answer=answer)
    (asked,) = walk.press(Button.RUN).requests
    assert asked.job == LabJob(LabCall("start", (answer,)))


def test_the_name_must_be_typed_where_there_is_no_way_back():
    walk = Walk("# T\n## A\n- Confirm by typing: $guest\n\n```lab\nstart $guest\n```\n")
    for typed in (None, "web2"):
        with pytest.raises(WrongInput, match="type web1 exactly"):
            walk.press(Button.RUN, typed=typed)
    walk.press(Button.RUN, typed=" web1 ")
    walk.finished(ok=False)
    with pytest.raises(WrongInput):
        walk.press(Button.RETRY)
    walk.press(Button.RETRY, typed="web1")
    assert walk.state is State.RUNNING


def test_a_failed_step_asks_and_skipping_it_goes_on():
    walk = Walk(START)
    walk.press(Button.RUN)
    walk.finished(ok=False, summary="exit 1")
    assert walk.buttons == (Button.RETRY, Button.SKIP, Button.STOP)
    (asked,) = walk.press(Button.RETRY).requests
    assert asked.attempt == 2
    walk.finished(ok=False)
    walk.press(Button.SKIP)
    assert walk.states() == [State.SKIPPED, State.READY]


def test_an_exit_of_0_is_a_failure_while_the_check_fails():
    walk = Walk(START)
    walk.press(Button.RUN)
    walk.finished()
    walk.checked(passed=False, summary="not healthy after 3 minutes")
    assert walk.state is State.UNPROVEN
    assert offer(walk.run, walk.runbook).buttons == (Button.CHECK_AGAIN, Button.RETRY, Button.STOP, Button.SKIP)
    (asked,) = walk.press(Button.CHECK_AGAIN).requests
    assert (type(asked), asked.attempt) == (RunCheck, 3)
    walk.checked()
    assert walk.run.steps[0].state is State.VERIFIED


def test_a_step_by_hand_is_proven_by_its_check():
    walk = Walk("# T\n## A\n\n**Check**:\n\n```lab\nhealthy $guest\n```\n")
    (asked,) = walk.press(Button.DONE).requests
    assert (asked.within, walk.state) == (timedelta(), State.VERIFYING)
    walk.checked(passed=False)
    assert walk.buttons == (Button.CHECK_AGAIN, Button.SKIP, Button.STOP)
    walk.press(Button.CHECK_AGAIN)
    assert walk.checked().run.status is RunStatus.DONE


def test_who_cant_do_it_may_think_again():
    walk = Walk("# T\n## A\n\n## B\n")
    walk.press(Button.CANNOT)
    assert walk.state is State.CANNOT
    assert walk.buttons == (Button.DONE, Button.SKIP, Button.STOP)
    walk.press(Button.DONE)
    assert walk.run.current == 1


def test_a_failure_can_stop_the_run():
    walk = Walk(ON_FAILURE.format(what="stop"))
    walk.press(Button.RUN)
    walk.finished(ok=False)
    assert walk.run.status is RunStatus.STOPPED
    assert walk.state is State.FAILED
    assert walk.last.events[-1].text == "stopped: step 1 “Try”: failed"


def test_a_failure_can_lead_elsewhere_and_a_run_that_ends_there_is_stopped_not_done():
    walk = Walk(ON_FAILURE.format(what='go to "Ask for help"'))
    walk.press(Button.RUN)
    walk.finished(ok=False)
    assert walk.run.current == 2
    assert walk.states() == [State.FAILED, State.PASSED_OVER, State.READY]
    walk.press(Button.DONE)
    assert walk.run.status is RunStatus.STOPPED


def test_a_step_on_request_is_passed_over_in_normal_order():
    walk = Walk(ON_FAILURE.format(what="ask"))
    walk.press(Button.RUN)
    walk.finished()
    walk.press(Button.DONE)
    assert walk.run.status is RunStatus.DONE
    assert walk.states() == [State.DONE, State.DONE, State.WAITING]


def test_a_step_on_request_reached_by_hand_leads_back_to_where_one_was():
    walk = Walk(ON_FAILURE.format(what="ask") + "\n## And more help\n- Only on request: yes\n")
    walk.press(Button.RUN)
    walk.finished(ok=False)
    assert offer(walk.run, walk.runbook).go_to == (2, 3)
    walk.go_to(2)
    walk.go_to(3)
    assert walk.run.current == 3
    walk.press(Button.DONE)
    assert (walk.run.current, walk.state) == (0, State.FAILED)
    assert walk.run.status is RunStatus.UNDER_WAY


def test_going_back_repeats_what_comes_after_but_never_without_a_press():
    walk = Walk(PICK)
    walk.press(Button.RUN)
    walk.listed(Choice("a1", "today"))
    walk.press(Button.CHOOSE, answer="a1")
    walk.press(Button.RUN)
    walk.finished(ok=False)
    assert walk.go_to(0).requests == ()
    assert walk.states() == [State.READY, State.WAITING]
    assert walk.run.steps[1].attempt == 1, "answers to what ran before are still told apart"
    assert walk.run.steps[1].since == LATER, "it is waiting anew, which is worth showing"


def test_what_was_done_on_request_stays_done_wherever_the_run_goes():
    walk = Walk(ON_FAILURE.format(what="ask"))
    walk.press(Button.RUN)
    walk.finished(ok=False)
    walk.go_to(2)
    walk.press(Button.DONE)
    walk.press(Button.RETRY)
    walk.finished()
    assert walk.states() == [State.DONE, State.READY, State.DONE]
    walk.go_to(0)
    assert walk.states() == [State.READY, State.WAITING, State.DONE]


def test_a_step_has_been_in_its_state_since_it_came_into_it_whatever_is_pressed():
    walk = Walk(START)
    walk.last = pause(walk.run, "web1 was started", NOW)
    walk.press(Button.GO_ON)
    step = walk.run.steps[0]
    assert (step.state, step.since, step.by, step.pressed_at) == (State.READY, NOW, "ada", LATER)


def test_a_question_can_be_asked_once_more_and_a_step_ahead_can_not_be_reached():
    walk = Walk("# T\n## A\n- Ask: bay\n\n```lab\nstart $bay\n```\n\n## B\n")
    walk.press(Button.ANSWER, answer="1")
    assert offer(walk.run, walk.runbook).go_to == (0,)
    with pytest.raises(IllegalMove, match="cannot go to step 2: because its turn has not come"):
        walk.go_to(1)
    walk.go_to(0)
    assert walk.state is State.ASKING


def test_nobody_goes_anywhere_while_something_runs():
    walk = Walk(ON_FAILURE.format(what="ask"))
    walk.press(Button.RUN)
    with pytest.raises(IllegalMove, match="cannot go to step 3: because step 1 is running"):
        walk.go_to(2)


def test_a_click_on_yesterdays_button_is_stale_and_says_where_the_run_is_now():
    walk = Walk(START)
    walk.press(Button.RUN)
    with pytest.raises(StaleClick, match="step 1 “Start it” is running now"):
        walk.give(Press(Button.RUN, 0, 1, "ada"))
    with pytest.raises(StaleClick):
        walk.give(GoTo(0, 1, "ada"))
    with pytest.raises(StaleClick):
        walk.give(Press(Button.STOP, 99, walk.run.version, "ada"))


def test_a_press_for_another_step_of_the_same_version_is_stale():
    walk = Walk(BY_HAND)
    with pytest.raises(StaleClick):
        walk.give(Press(Button.DONE, 1, walk.run.version, "ada"))


def test_stop_calls_off_what_runs_and_a_late_answer_changes_nothing():
    walk = Walk(START)
    walk.press(Button.RUN)
    assert walk.press(Button.STOP).requests == (Cancel(0, 1),)
    assert (walk.run.status, walk.state) == (RunStatus.STOPPED, State.UNKNOWN)
    stopped = walk.run
    late = walk.finished()
    assert (late.run, late.requests, late.events) == (stopped, (), ())
    assert "nobody waits for attempt 1 of step 1" in late.why
    with pytest.raises(IllegalMove, match="cannot stop run 4: because it is stopped"):
        walk.give(Stop("ada", "again"))


def test_the_bot_can_end_a_run_for_a_reason():
    walk = Walk(BY_HAND)
    walk.give(Stop("", "the incident is resolved"))
    assert walk.last.events[-1].text == "stopped: the incident is resolved"
    assert walk.last.requests == ()


def test_an_answer_to_an_older_attempt_is_ignored():
    walk = Walk(START)
    walk.press(Button.RUN)
    walk.finished(ok=False)
    walk.press(Button.RETRY)
    for late in (ActionFinished(0, 1, ok=True, summary=""), CheckFinished(0, 2, passed=True, summary="")):
        assert walk.give(late).run.state is State.RUNNING


def test_what_was_running_when_the_bot_went_down_is_unknown_and_never_repeats_itself():
    walk = Walk(START)
    walk.press(Button.RUN)
    assert walk.give(Interrupted("the bot was off")).requests == ()
    assert walk.state is State.UNKNOWN
    assert walk.buttons == (Button.IT_RAN, Button.RUN_AGAIN, Button.STOP)
    again = walk.run
    assert walk.give(Interrupted("the bot was off again")).run is again
    (asked,) = walk.press(Button.IT_RAN).requests
    assert isinstance(asked, RunCheck)


def test_what_may_have_run_can_be_run_again_by_a_person():
    walk = Walk(START)
    walk.press(Button.RUN)
    walk.give(Interrupted("the bot was off"))
    (asked,) = walk.press(Button.RUN_AGAIN).requests
    assert (type(asked), asked.attempt) == (RunAction, 2)


def test_a_list_or_a_check_by_hand_that_was_interrupted_may_simply_be_repeated():
    walk = Walk(PICK)
    walk.press(Button.RUN)
    walk.give(Interrupted("the bot was off"))
    assert walk.state is State.READY
    walk = Walk(BY_HAND)
    assert walk.give(Interrupted("the bot was off")).why == "nothing was under way"


def test_a_run_goes_on_only_with_the_text_it_was_started_with():
    walk = Walk(BY_HAND)
    edited = read(BY_HAND + "\nOne more thing.\n")
    with pytest.raises(
        ValueError, match="cannot go on with run 4: because it was started with another text of 'mend'"
    ):
        advance(walk.run, edited, Stop("ada", "x"), NOW)


def test_the_run_given_to_advance_stays_as_it_was():
    walk = Walk(START)
    before, copy = walk.run, replace(walk.run)
    walk.press(Button.RUN)
    assert before == copy
    assert walk.run.version == before.version + 1
