"""Any runbook, walked in any order of presses, answers, crashes and late results, keeps its promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.jobs import Cancel, ListChoices, LookBefore, RunAction, RunCheck, SeekAction
from bot.core.lab import LabCall
from bot.core.offer import offer
from bot.core.run import (
    BUSY,
    MAY_RUN,
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
    State,
    Stop,
    Tick,
)
from bot.core.run_json import run_from_json, run_to_json
from bot.core.runbook import (
    Before,
    LabAction,
    Language,
    OnFailure,
    Question,
    Runbook,
    ScriptAction,
    Step,
    Verification,
)
from bot.core.runs.ground import machine_changed
from bot.core.runs.lost import ActionFound, ActionLost, ActionUnended
from bot.core.walk import advance, start

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACTING = {Button.RUN, Button.RETRY, Button.RUN_AGAIN}
LOOKING = ACTING | {Button.LOOK, Button.CHECK_AGAIN}
AWAITING_A_PERSON = (
    set(State)
    - BUSY
    - {
        State.WAITING,
        State.VERIFIED,
        State.DONE,
        State.ANSWERED,
        State.SKIPPED,
        State.PASSED_OVER,
    }
)

lab = LabAction(LabCall("start", ("$guest",)), 1)
uses_answer = LabAction(LabCall("start", ("$answer",)), 1)
script = ScriptAction(Language.SH, 'ls "$disk"', "$hypervisor", 1)
actions = st.sampled_from([lab, uses_answer, script])
questions = st.sampled_from(
    [Question("answer", choose=False), Question("answer", choose=True, options=("a", "b"))]
)
listing = Question("answer", choose=True)


def guards(question):
    looks = st.sampled_from([lab, script]) if question == listing else actions
    return st.builds(Before, looks, st.just("it is off"))


def looking(step):
    return replace(step, state=State.LOOKING) if step.state is State.MAKING_SURE else step


@st.composite
def steps(draw, heading, headings):
    question = draw(st.none() | questions | st.just(listing))
    action = script if question == listing else draw(st.none() | actions)
    on_failure = draw(st.sampled_from(OnFailure))
    return Step(
        heading=heading,
        line=1,
        boxes=draw(st.sampled_from([(), (), ("box",)])),
        before=draw(st.none() | guards(question)) if action or not question else None,
        action=action,
        check=draw(st.none() | st.builds(Verification, actions, st.just(timedelta(1)), st.just(timedelta()))),
        question=question,
        confirm_typed=draw(st.sampled_from([None, None, "guest"])) if action and question != listing else None,
        on_failure=on_failure,
        go_to=draw(st.sampled_from(headings)) if on_failure is OnFailure.GO_TO else None,
        on_request=heading != headings[0] and draw(st.booleans()),
        optional=draw(st.booleans()),
    )


@st.composite
def runbooks(draw):
    headings = [f"step {number}" for number in range(draw(st.integers(1, 5)))]
    made = tuple(draw(steps(heading, headings)) for heading in headings)
    return Runbook("r", "R", "", (), None, made, "text", "hash")


class Walking(RuleBasedStateMachine):
    """One run, at the mercy of people, the shell and the power."""

    @initialize(runbook=runbooks(), known=st.sampled_from([(), ("guest", "disk", "hypervisor")]))
    def begin(self, runbook, known):
        self.runbook = runbook
        self.asked = set()
        self.pressed_to_act = False
        values = {name: f"the {name}" for name in known}
        self.run = start(runbook, RunId(1), values=values, incident=None, person="ada", now=NOW).run

    def give(self, command):
        before, copy = self.run, replace(self.run)
        try:
            made = advance(before, self.runbook, command, NOW)
        except IllegalMove:
            assert before == copy
            return None
        assert before == copy
        self.run = made.run
        if isinstance(command, Press):
            self.pressed_to_act = command.button in ACTING
        for request in made.requests:
            self.look_at(request, command)
        if made.run != before and not isinstance(command, Tick):
            assert made.run.version == before.version + 1
            assert made.events or isinstance(command, ChoicesListed | ActionLost | Interrupted)  # told before
        return made

    def look_at(self, request, command):
        if isinstance(request, Cancel):
            assert self.run.ended
            return
        if isinstance(request, SeekAction):
            assert (request.step, request.attempt) in self.asked, "only what was begun is looked for"
            return
        assert (request.step, request.attempt) not in self.asked, "asked twice for one attempt"
        self.asked.add((request.step, request.attempt))
        before = self.runbook.steps[request.step].before
        if self.run.status is RunStatus.PAUSED:
            assert isinstance(request, RunCheck), "a paused run begins nothing"
        if isinstance(request, LookBefore):
            assert isinstance(command, Press)
            assert command.button in LOOKING
        elif isinstance(request, RunAction | ListChoices) and before:
            assert isinstance(command, BeforeLooked), "what is guarded runs on nothing but a look"
            assert command.holds
            assert self.pressed_to_act, "a look that was asked for alone runs nothing"
        elif isinstance(request, RunAction | ListChoices):
            assert isinstance(command, Press)
            assert command.button in ACTING
        else:
            assert isinstance(request, RunCheck)
            begins = isinstance(command, Press | Interrupted)
            assert begins or (isinstance(command, ActionFinished) and command.ok)

    @rule(button=st.sampled_from(Button), step=st.integers(-1, 5), behind=st.integers(0, 2), typed=st.booleans())
    def press_anything(self, button, step, behind, typed):
        typed = self.run.values.get("guest") if typed else None
        self.give(Press(button, step, self.run.version - behind, "ada", typed=typed, answer="a"))

    @precondition(lambda self: not self.run.ended)
    @rule(data=st.data(), answer=st.sampled_from(["a", "b", "", "; rm -rf /"]))
    def press_what_is_offered(self, data, answer):
        button = data.draw(st.sampled_from(offer(self.run, self.runbook).buttons))
        typed = self.run.values.get("guest")
        self.give(Press(button, self.run.current, self.run.version, "ada", typed=typed, answer=answer))

    @precondition(lambda self: not self.run.ended)
    @rule()
    def do_the_next_good_thing(self):
        boxes = tuple(range(len(self.runbook.steps[self.run.current].boxes)))
        self.give(Tick(self.run.current, boxes, "ada"))
        button = offer(self.run, self.runbook).main[0]
        typed = self.run.values.get("guest")
        if button not in {Button.STOP, Button.GO_ON}:
            self.give(Press(button, self.run.current, self.run.version, "ada", typed=typed, answer="a"))

    @precondition(lambda self: self.run.state in BUSY)
    @rule(ok=st.booleans(), some=st.booleans())
    def what_is_under_way_ends(self, ok, some):
        at, attempt = self.run.current, self.run.steps[self.run.current].attempt
        choices = (Choice("a", "A"), Choice("b", "B")) if some else ()
        self.give(ChoicesListed(at, attempt, ok, "said", choices))
        self.give(BeforeLooked(at, attempt, ok, "said"))
        at, attempt = self.run.current, self.run.steps[self.run.current].attempt
        self.give(ActionFinished(at, attempt, ok, "said", known=ok or some))
        self.give(CheckFinished(at, attempt, ok, "said"))

    @rule(step=st.integers(0, 5), attempt=st.integers(0, 9), ok=st.booleans())
    def something_else_answers(self, step, attempt, ok):
        awaited = self.run.state in BUSY and (step, attempt) == (
            self.run.current,
            self.run.steps[self.run.current].attempt,
        )
        for late in (
            BeforeLooked(step, attempt, ok, ""),
            ActionFinished(step, attempt, ok, ""),
            CheckFinished(step, attempt, ok, ""),
        ):
            before = self.run
            made = self.give(late)
            assert awaited or (made.run is before and made.why.startswith("ignored"))

    @precondition(lambda self: self.run.state in MAY_RUN and not self.run.ended)
    @rule(given_up=st.booleans(), found=st.booleans())
    def the_connection_is_lost(self, given_up, found):
        at, attempt = self.run.current, self.run.steps[self.run.current].attempt
        assert not self.give(ActionLost(at, attempt, "lost", given_up)).requests
        if found:
            assert not self.give(ActionFound(at, attempt, "found")).requests

    @precondition(lambda self: self.run.state in MAY_RUN and not self.run.ended)
    @rule()
    def it_can_not_be_ended(self):
        at, attempt = self.run.current, self.run.steps[self.run.current].attempt
        assert not self.give(ActionUnended(at, attempt, "pid 7")).requests

    @invariant()
    def what_may_run_is_not_offered_to_be_run(self):
        if self.run.state in MAY_RUN and not self.run.ended:
            offered = offer(self.run, self.runbook)
            assert set(offered.buttons) <= {Button.STOP, Button.LOOK_AGAIN, Button.GO_ON}
            assert offered.go_to == ()

    @rule(recorded=st.booleans())
    def the_power_fails(self, recorded):
        before = self.run.state
        made = self.give(Interrupted("the bot was off", recorded))
        assert all(isinstance(asked, RunCheck | SeekAction) for asked in made.requests), "nothing is done"
        looking = State.SEEKING if recorded and before in MAY_RUN else State.VERIFYING
        assert self.run.ended or self.run.state is looking or self.run.state not in BUSY

    @rule(why=st.sampled_from(["it was started", "it moved"]), running=st.none() | st.booleans())
    def another_hand_touches_the_machine(self, why, running):
        before = self.run
        made = machine_changed(before, why, NOW, running=running)
        assert made.requests == ()
        self.run = made.run
        if before.ended:
            assert made.run == before
        elif made.run.status is RunStatus.UNDER_WAY:
            assert before.deed, "only what the run did itself explains a change"
        kept = before.steps
        if made.run.status is RunStatus.PAUSED:
            assert all(step.state is not State.MAKING_SURE for step in made.run.steps), "it looked too early"
            kept = tuple(looking(step) for step in before.steps)
        assert made.run.steps == kept, "what runs goes on to its end"

    @precondition(lambda self: self.run.status is RunStatus.PAUSED)
    @rule()
    def someone_lets_it_go_on(self):
        made = self.give(Press(Button.GO_ON, self.run.current, self.run.version, "ada"))
        assert made.requests == ()
        assert made.run.status is RunStatus.UNDER_WAY

    @rule(step=st.integers(-1, 5))
    def go_anywhere(self, step):
        self.give(GoTo(step, self.run.version, "ada"))

    @rule(boxes=st.lists(st.integers(0, 1)))
    def tick(self, boxes):
        self.give(Tick(self.run.current, tuple(boxes), "ada"))

    @rule()
    def it_is_written_and_read(self):
        self.run = run_from_json(run_to_json(self.run))

    @invariant()
    def what_is_offered_fits_the_state(self):
        offered = offer(self.run, self.runbook)
        assert len(offered.main) <= 3
        assert len(set(offered.buttons)) == len(offered.buttons)
        if self.run.ended:
            assert (offered.buttons, offered.go_to, self.run.back_to) == ((), (), None)
            assert self.run.ended_at == NOW
        else:
            assert Button.STOP in offered.buttons
            assert self.run.state in AWAITING_A_PERSON | BUSY

    @invariant()
    def a_paused_run_says_why_and_waits_for_a_person(self):
        assert (self.run.status is RunStatus.PAUSED) == bool(self.run.pause)
        if self.run.status is RunStatus.PAUSED:
            assert offer(self.run, self.runbook).buttons == (Button.GO_ON, Button.STOP)

    @invariant()
    def nothing_is_under_way_but_the_current_step(self):
        busy = [at for at, step in enumerate(self.run.steps) if step.state in BUSY]
        assert busy in ([], [self.run.current])
        assert not (busy and self.run.ended)

    @invariant()
    def it_can_be_ended(self):
        if not self.run.ended:
            made = advance(self.run, self.runbook, Stop("ada", "enough"), NOW)
            assert made.run.status is RunStatus.STOPPED
            assert bool(made.requests) == (self.run.state in BUSY | MAY_RUN)

    @invariant()
    def it_survives_being_written_down(self):
        assert run_from_json(run_to_json(self.run)) == self.run


Walking.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]
)
test_walking = Walking.TestCase
