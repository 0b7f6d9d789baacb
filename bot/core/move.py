"""One command being worked out: a run that changes, and what follows from it. Lives for one call of advance.

Whether the command is legal was decided before; nothing here refuses.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.core import jobs
from bot.core.jobs import Job, Request, job_of
from bot.core.run import (
    BUSY,
    MAY_RUN,
    ONLY_LOOKING,
    ActionFinished,
    Advance,
    BeforeLooked,
    CheckFinished,
    ChoicesListed,
    Run,
    RunStatus,
    State,
    StepState,
)
from bot.core.runbook import OnFailure, Runbook, Step
from bot.core.runs import deed
from bot.core.runs.calling_off import called_off
from bot.core.runs.events import Mark, RunEvent
from bot.core.runs.lost import ActionLost
from bot.core.values import fill

LOOK_LIMIT = timedelta(minutes=1)
"""How long a look at what must hold before a step may take: a person waits for it."""


class Move:
    """A run on its way from one legal state to the next."""

    def __init__(self, run: Run, runbook: Runbook, now: datetime) -> None:
        self._run = run
        self._runbook = runbook
        self._now = now
        self._requests: list[Request] = []
        self._events: list[RunEvent] = []

    @property
    def step(self) -> Step:
        """The current step as the runbook has it."""
        return self._runbook.steps[self._run.current]

    @property
    def state(self) -> StepState:
        """The current step as the run has it."""
        return self._run.steps[self._run.current]

    def made(self, why: str) -> Advance:
        """All of it, one version later."""
        run = replace(self._run, version=self._run.version + 1)
        return Advance(run, tuple(self._requests), tuple(self._events), why)

    # What is told, what is asked for, how a step's state changes.

    def tell(self, mark: Mark, text: str, person: str | None = None) -> None:
        """A line about the current step."""
        self._events.append(RunEvent(self._now, mark, text, self._run.current, person))

    def tell_of_run(self, mark: Mark, text: str, person: str | None = None) -> None:
        """A line about the run as a whole."""
        self._events.append(RunEvent(self._now, mark, text, None, person))

    def set(self, state: State, summary: str | None = None, *, by: str | None = None) -> None:
        """Bring the current step into `state`; what is None stays as it was."""
        old = self.state
        since = old.since if state is old.state else self._now
        summary = old.summary if summary is None else summary
        new = replace(old, state=state, summary=summary, since=since)
        self._put(self._run.current, replace(new, by=by, pressed_at=self._now) if by else new)

    def _put(self, at: int, state: StepState) -> None:
        steps = list(self._run.steps)
        steps[at] = state
        self._run = replace(self._run, steps=tuple(steps))

    def _next_attempt(self) -> int:
        """The number under which the next request goes out; answers to older ones are no longer awaited."""
        self._put(self._run.current, replace(self.state, attempt=self.state.attempt + 1))
        return self.state.attempt

    # Where the run goes.

    def enter(self, at: int) -> None:
        """Make `at` the current step, in the normal order of things: what comes after it is still to be done."""
        for other, step in enumerate(self._runbook.steps):
            old = self._run.steps[other]
            if other < at and old.state is State.WAITING:
                self._put(other, replace(old, state=State.PASSED_OVER))
            elif other > at and not step.on_request and old.state is not State.WAITING:
                self._put(other, StepState(attempt=old.attempt, since=self._now))
        self._run = replace(self._run, back_to=None)
        self._open(at)

    def step_aside(self, at: int) -> None:
        """Make a step that is only on request the current one, and remember where to return."""
        back_to = self._run.current if self._run.back_to is None else self._run.back_to
        self._run = replace(self._run, back_to=back_to)
        self._open(at)

    def reopen(self) -> None:
        """Ask the current step's question once more."""
        self._open(self._run.current)

    def _open(self, at: int) -> None:
        question = self._runbook.steps[at].question
        state = State.READY
        if question is not None and not question.choose:
            state = State.ASKING
        elif question is not None and question.options:
            state = State.CHOOSING
        self._run = replace(self._run, current=at)
        self._put(at, StepState(state, self._run.steps[at].attempt, since=self._now))

    def _go_on(self) -> None:
        """To the step it stepped aside from, else to the next in normal order, else the run is over."""
        if self._run.back_to is not None:
            self._run = replace(self._run, current=self._run.back_to, back_to=None)
            return
        here, steps = self._run.current, self._runbook.steps
        following = next((at for at in range(here + 1, len(steps)) if not steps[at].on_request), None)
        if following is not None:
            self.enter(following)
        elif self.step.on_request:
            self.end(RunStatus.STOPPED, f"it ended with “{self.step.heading}”, which is not its normal end")
        else:
            self.end(RunStatus.DONE, "its last step is done")

    def end(self, status: RunStatus, why: str, person: str | None = None) -> None:
        """The run is over; what is still under way is called off."""
        if self.state.state in BUSY | MAY_RUN:
            self._requests.append(jobs.Cancel(self._run.current, self.state.attempt))
            self.set(*called_off(self.state.state, self.step, self._run.values))
        self._run = replace(self._run, status=status, ended_at=self._now, back_to=None, pause="", paused_at=None)
        self.tell_of_run(Mark.ENDED, f"{status}: {why}", person)

    def resume(self, person: str) -> None:
        """A person has seen what changed, and lets the run go on; nothing runs by that."""
        self.tell_of_run(Mark.RESUMED, f"goes on, although {self._run.pause}", person)
        self._run = replace(self._run, status=RunStatus.UNDER_WAY, pause="", paused_at=None)

    # What happens on a step.

    def act(self) -> None:
        """Look at what must hold before the step, where it says so, and then run it."""
        if self.step.before is not None:
            self.look(State.MAKING_SURE)
        else:
            self._execute()

    def look(self, state: State = State.LOOKING) -> None:
        """Ask for a look at what must hold before the step."""
        before = self.step.before
        assert before is not None, "Look first is offered where there is something to look at"
        attempt, job = self._next_attempt(), job_of(before.action, self._run.values)
        self.set(state)
        self._requests.append(jobs.LookBefore(self._run.current, attempt, job, min(self.step.limit, LOOK_LIMIT)))

    def looked(self, answer: BeforeLooked) -> None:
        """What must hold does, or it does not. Nothing runs on the word of a look that was asked for alone."""
        if not answer.holds:
            self.set(State.HELD, answer.summary)
            self.tell(Mark.HELD, f"nothing was run: {answer.summary}")
            return
        self.tell(Mark.LOOKED, answer.summary)
        if self.state.state is State.LOOKING:
            self.set(State.READY if self.step.action else State.CLEARED, answer.summary)
        else:
            self._execute()

    def _execute(self) -> None:
        """Ask for the step's action, or for its list."""
        attempt, job = self._next_attempt(), self._job()
        if self.step.lists:
            self.set(State.LISTING)
            self._requests.append(jobs.ListChoices(self._run.current, attempt, job, self.step.limit))
            return
        self._begin_deed()
        self.set(State.RUNNING)
        self._requests.append(jobs.RunAction(self._run.current, attempt, job, self.step.limit, self._watch()))

    def _job(self) -> Job:
        assert self.step.action is not None, "what runs, and is sought, is offered where something runs"
        return job_of(self.step.action, self._run.values)

    def _watch(self) -> str | None:
        return fill(self.step.watch, self._run.values) if self.step.watch else None

    def seek(self, why: str | None = None) -> None:
        """Ask that what this attempt started is found again; its answer is still awaited under that attempt."""
        self.set(State.SEEKING, why)
        self._requests.append(
            jobs.SeekAction(self._run.current, self.state.attempt, self._job(), self.step.limit, self._watch())
        )

    def lost(self, answer: ActionLost) -> None:
        """It may go on where it runs: until that is known, nothing may do it a second time."""
        if self.state.state is State.RUNNING:
            self.tell(Mark.LOST, f"not known whether it still runs: {answer.summary}")
        self.set(State.LOST if answer.given_up else State.SEEKING, answer.summary)

    def found(self, summary: str) -> None:
        """It runs, and is followed again."""
        self.set(State.RUNNING, summary)
        self.tell(Mark.FOUND, summary)

    def unended(self, summary: str) -> None:
        """It is past its end and runs on: until that is over, nothing may do it a second time."""
        self.set(State.UNENDED, summary)
        self.tell(Mark.FAILED, f"{State.UNENDED}: {summary}")

    def verify(self, unchecked: State = State.DONE) -> None:
        """Ask for the step's check; without one the step is over, as `unchecked` says."""
        check = self.step.check
        if check is None:
            self.complete(unchecked)
            return
        attempt, job = self._next_attempt(), job_of(check.action, self._run.values)
        self._begin_deed()
        self.set(State.VERIFYING)
        self._requests.append(
            jobs.RunCheck(self._run.current, attempt, job, check.every, check.within, self.step.limit)
        )

    def answer(self, name: str, answer: str) -> None:
        """Set a value to what a person typed or chose."""
        self._run = replace(self._run, values=MappingProxyType({**self._run.values, name: answer}))
        self.tell(Mark.ANSWERED, f"${name} = {answer}")
        if self.step.acts:
            self.set(State.READY)
        else:
            self.verify(State.ANSWERED)

    def listed(self, answer: ChoicesListed) -> None:
        """The list has come, or has not."""
        if not answer.ok or not answer.choices:
            self.fail(State.FAILED, "the list is empty" if answer.ok else answer.summary)
            return
        self._put(self._run.current, replace(self.state, choices=answer.choices))
        self.set(State.CHOOSING, answer.summary)

    def acted(self, answer: ActionFinished) -> None:
        """The action has ended; its step is done only when its check says so too."""
        if not answer.known:
            self.interrupt(answer.summary)
            return
        if not answer.ok:
            self.fail(State.FAILED, answer.summary)
            return
        self.set(self.state.state, answer.summary)
        self.tell(Mark.FINISHED, answer.summary)
        self.verify()

    def checked(self, answer: CheckFinished) -> None:
        """The check has passed, or its time is over."""
        if answer.passed:
            self.tell(Mark.VERIFIED, answer.summary)
            self.complete(State.VERIFIED, answer.summary)
        else:
            self.fail(State.UNPROVEN, answer.summary)

    def _begin_deed(self) -> None:
        self._run = replace(self._run, deed=deed.begun(self._run.deed, self.step.effect))

    def _end_deed(self) -> None:
        self._run = replace(self._run, deed=deed.ended(self._run.deed, self._now))

    def complete(self, state: State, summary: str | None = None) -> None:
        """The step is over; go on."""
        self._end_deed()
        self.set(state, summary)
        self._go_on()

    def fail(self, state: State, summary: str) -> None:
        """The step has failed: ask, stop, or go where the runbook says."""
        self._end_deed()
        self.set(state, summary)
        self.tell(Mark.FAILED, f"{state}: {summary}")
        if self.step.on_failure is OnFailure.STOP:
            self.end(RunStatus.STOPPED, f"step {self._run.current + 1} “{self.step.heading}”: {state}")
        elif self.step.on_failure is OnFailure.GO_TO:
            assert self.step.go_to is not None, "a step that goes elsewhere says where"
            self.enter(self._runbook.position(self.step.go_to))

    def interrupt(self, why: str) -> None:
        """Nobody knows what became of it: an action waits for a person's word, a look may simply be repeated."""
        self._end_deed()
        unknown = self.step.acts and self.state.state not in ONLY_LOOKING
        self.set(State.UNKNOWN if unknown else State.READY, why)
        self.tell(Mark.INTERRUPTED, why)
