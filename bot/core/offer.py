"""What a person is offered on a run's current step: its buttons, where to go instead, what exactly would run.

A press is legal when it is offered here: there is no second table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.core.run import BUSY, MAY_RUN, Button, Choice, Run, RunStatus, State
from bot.core.runbook import Action, LabAction, Runbook, Step
from bot.core.values import fill

CONFIRMED = frozenset({Button.RUN, Button.DONE, Button.RETRY, Button.RUN_AGAIN})
"""The buttons that need a step's confirmation, where it has one."""

_BEFORE = frozenset({State.READY, State.ASKING, State.CHOOSING})


@dataclass(frozen=True, slots=True)
class Offer:
    """At most three buttons, what goes into the overflow, and the steps (from 0) a person can go to."""

    main: tuple[Button, ...] = ()
    more: tuple[Button, ...] = ()
    go_to: tuple[int, ...] = ()

    @property
    def buttons(self) -> tuple[Button, ...]:
        """All of them, the main ones first."""
        return self.main + self.more


@dataclass(frozen=True, slots=True)
class Exact:
    """What a step would run, as a person must see it before agreeing.

    `text`: a script's own text, or a `lab` line with its values in place. `values`: what a script finds set.
    """

    where: str
    language: str
    text: str
    values: tuple[tuple[str, str], ...] = ()


_OFFERED: Mapping[State, tuple[Button, ...]] = MappingProxyType(
    {
        State.ASKING: (Button.ANSWER,),
        State.CHOOSING: (Button.CHOOSE,),
        State.LISTING: (Button.STOP,),
        State.MAKING_SURE: (Button.STOP,),
        State.LOOKING: (Button.STOP,),
        State.CLEARED: (Button.DONE, Button.CANNOT),
        State.HELD: (Button.CHECK_AGAIN, Button.SKIP, Button.STOP),
        State.RUNNING: (Button.STOP,),
        State.SEEKING: (Button.STOP,),
        State.LOST: (Button.LOOK_AGAIN, Button.STOP),
        State.UNENDED: (Button.LOOK_AGAIN, Button.STOP),
        State.VERIFYING: (Button.STOP,),
        State.FAILED: (Button.RETRY, Button.SKIP, Button.STOP),
        State.UNKNOWN: (Button.IT_RAN, Button.RUN_AGAIN, Button.STOP),
    }
)


def offer(run: Run, runbook: Runbook) -> Offer:
    """What can be pressed now; nothing on a run that has ended, and on a paused one nothing of its step."""
    if run.ended:
        return Offer()
    if run.status is RunStatus.PAUSED:
        return Offer((Button.GO_ON, Button.STOP))
    step = runbook.steps[run.current]
    main = _main(step, run.state)
    if step.optional and run.state in _BEFORE:
        main += (Button.SKIP,)
    more = (Button.SKIP, Button.STOP) if run.state is State.UNPROVEN else (Button.STOP,)
    return Offer(main, tuple(one for one in more if one not in main), _go_to(run, runbook))


def _main(step: Step, state: State) -> tuple[Button, ...]:
    by_hand = Button.LOOK if step.before else Button.DONE  # what must hold is looked at before it is done
    if state is State.READY:
        return (Button.RUN,) if step.action else (by_hand, Button.CANNOT)
    if state is State.CANNOT:
        return (by_hand, Button.SKIP, Button.STOP)
    if state is State.UNPROVEN:
        again = Button.RETRY if step.acts else Button.SKIP
        return (Button.CHECK_AGAIN, again, Button.STOP)
    return _OFFERED[state]


def _go_to(run: Run, runbook: Runbook) -> tuple[int, ...]:
    """Back to what was reached already, to what is only on request, or to this step's question once more."""
    if run.state in BUSY | MAY_RUN:
        return ()
    return tuple(
        at
        for at, step in enumerate(runbook.steps)
        if (step.question is not None if at == run.current else step.on_request or _reached(run, at))
    )


def _reached(run: Run, at: int) -> bool:
    return run.steps[at].state not in {State.WAITING, State.PASSED_OVER}


def choices(run: Run, runbook: Runbook, at: int) -> tuple[Choice, ...]:
    """What step `at` lets a person choose from: its own options, or what was listed."""
    question = runbook.steps[at].question
    options = question.options if question else ()
    return tuple(Choice(option, option) for option in options) or run.steps[at].choices


def missing(step: Step, run: Run) -> tuple[str, ...]:
    """The values this step needs and nothing has set, in order; its own question's answer is not missed."""
    own = {step.question.name} if step.question else set()
    return tuple(sorted(step.uses - own - run.values.keys()))


def exact_command(step: Step, run: Run) -> Exact | None:
    """What the step's Run would carry out; None for a step done by hand."""
    return _exact(step.action, run) if step.action else None


def exact_before(step: Step, run: Run) -> Exact | None:
    """What must hold before the step, as it is looked at; None where nothing must."""
    return _exact(step.before.action, run) if step.before else None


def exact_check(step: Step, run: Run) -> Exact | None:
    """What the step's check looks at; None where it has none."""
    return _exact(step.check.action, run) if step.check else None


def _exact(action: Action, run: Run) -> Exact:
    known = {name: run.values.get(name, f"${name}") for name in sorted(action.uses)}
    if isinstance(action, LabAction):
        return Exact("", "lab", str(action.call.filled(known)))
    return Exact(fill(action.run_on, run.values), action.language, action.text, tuple(known.items()))
