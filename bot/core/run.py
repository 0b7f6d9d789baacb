"""One walk through a runbook, as values: the run, what can be done to it, what it tells.

What it asks for is in jobs.py; how it moves, walk.py's; how it is written down, run_json.py's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from bot.core.clock_step import shifted
from bot.core.guest import StartsFrom
from bot.core.health import TargetId
from bot.core.jobs import Request
from bot.core.runs.deed import Deed
from bot.core.runs.events import RunEvent
from bot.core.runs.lost import ActionFound, ActionLost, ActionUnended

RunId = NewType("RunId", int)


class RunStatus(StrEnum):
    """Where a run stands as a whole."""

    UNDER_WAY = "under way"
    PAUSED = "paused"  # what it stands on has changed; a person says whether it goes on
    DONE = "done"
    STOPPED = "stopped"


MOVES: Mapping[RunStatus, frozenset[RunStatus]] = MappingProxyType(
    {
        RunStatus.UNDER_WAY: frozenset({RunStatus.PAUSED, RunStatus.DONE, RunStatus.STOPPED}),
        RunStatus.PAUSED: frozenset({RunStatus.UNDER_WAY, RunStatus.DONE, RunStatus.STOPPED}),
        RunStatus.DONE: frozenset(),
        RunStatus.STOPPED: frozenset(),
    }
)
"""The legal moves of a run. What has ended stays ended: trying again is a run of its own."""

LIVE = (RunStatus.UNDER_WAY, RunStatus.PAUSED)  # another run of its incident has to wait


class State(StrEnum):
    """Where one step stands."""

    WAITING = "waiting"  # its turn has not come
    ASKING = "asking"  # for an answer to be typed
    LISTING = "listing choices"
    CHOOSING = "choosing"  # for one of a list to be picked
    READY = "ready"  # for Run, or for a person's Done
    MAKING_SURE = "making sure"  # that what must hold before it does; then it runs
    LOOKING = "looking"  # at what must hold before it, and no more
    CLEARED = "looked at, go ahead"  # what must hold before a person does it does
    HELD = "held back"  # what must hold before it does not, or could not be looked at: nothing was run
    RUNNING = "running"
    SEEKING = "unknown: looking for it"  # it may run; the connection was lost, or the bot was off
    LOST = "unknown: out of reach"  # it may run; a person says when to look again
    UNENDED = "still runs, and can't be ended"  # its time is over; a person ends it there, and has it looked for
    VERIFYING = "verifying"
    VERIFIED = "verified"
    DONE = "done, not verified"
    ANSWERED = "answered"  # a step that only asks
    FAILED = "failed"  # what it ran failed
    UNPROVEN = "not proven"  # what it ran ended well, but its check fails
    UNKNOWN = "unknown"  # it runs no more, and nobody knows what it did; or it was called off
    CANNOT = "can't be done"  # a person said so
    SKIPPED = "skipped"
    PASSED_OVER = "passed over"  # only on request, or jumped over by a `go to`


BUSY = frozenset({State.LISTING, State.MAKING_SURE, State.LOOKING, State.RUNNING, State.SEEKING, State.VERIFYING})
"""Something was asked of the shell and has not answered."""

OUT_OF_REACH = frozenset({State.SEEKING, State.LOST})  # it may run; nobody here can tell
MAY_RUN = OUT_OF_REACH | {State.RUNNING, State.UNENDED}
"""What the step does may be done right now: nothing that could do it a second time is offered."""

ONLY_LOOKING = frozenset({State.MAKING_SURE, State.LOOKING})  # cut short, it is as if it had not begun


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list: the value it sets, and how a person knows it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class StepState:
    """One step of one run. `since`: when it came into its state. `by`: who pressed last; `pressed_at`: when.

    `attempt` counts what was asked of the shell for it; an answer to an older attempt changes nothing.
    `summary`: the last thing heard of it, in a line. `ticked`: positions of its ticked boxes, from 0.
    """

    state: State = State.WAITING
    attempt: int = 0
    summary: str = ""
    choices: tuple[Choice, ...] = ()
    ticked: tuple[int, ...] = ()
    by: str | None = None
    since: datetime | None = None
    pressed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One walk through one runbook. Steps count from 0 here; people see them from 1.

    `text_hash` pins the runbook's text: an edited file is for the next run. `version` grows with each change of
    what is offered, so that a button of yesterday is known as stale. `back_to`: the step a person left by hand
    for one that is only on request, and returns to. `target`: the machine it is about. `deed`: what it itself did
    to that last. `pause`: what has changed, while it is paused for it since `paused_at`. `began_with`: what its
    guest starts from, by the definition that it goes by.
    """

    id: RunId
    runbook: str
    title: str
    text_hash: str
    incident: int | None
    started_by: str
    started_at: datetime
    values: Mapping[str, str]
    steps: tuple[StepState, ...]
    current: int = 0
    status: RunStatus = RunStatus.UNDER_WAY
    version: int = 0
    back_to: int | None = None
    ended_at: datetime | None = None
    target: TargetId | None = None
    deed: Deed | None = None
    pause: str = ""
    paused_at: datetime | None = None
    began_with: StartsFrom | None = None

    def shifted(self, step: timedelta) -> "Run":
        """The clock was stepped: what is under way has been so for as long as before."""
        steps = tuple(shifted(one, step) for one in self.steps)
        return replace(shifted(self, step), steps=steps, deed=self.deed and shifted(self.deed, step))

    @property
    def state(self) -> State:
        """The current step's state."""
        return self.steps[self.current].state

    @property
    def ended(self) -> bool:
        """Whether nothing can move it any more."""
        return not MOVES[self.status]


# What can be done to a run.


class Button(StrEnum):
    """What a person can press on a step."""

    RUN = "Run"
    LOOK = "Look first"
    DONE = "Done"
    CANNOT = "Can't"
    SKIP = "Skip"
    ANSWER = "Answer"
    CHOOSE = "Choose"
    RETRY = "Retry"
    CHECK_AGAIN = "Check again"
    LOOK_AGAIN = "Look again"
    IT_RAN = "It ran"
    RUN_AGAIN = "Run again"
    GO_ON = "Go on"
    STOP = "Stop"


@dataclass(frozen=True, slots=True)
class Press:
    """A person pressed a button, which says of which step and version it was.

    `typed`: what was typed to confirm. `answer`: what was typed or chosen.
    """

    button: Button
    step: int
    version: int
    person: str
    typed: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A person ticked boxes: the whole set as it stands now. It outdates no button."""

    step: int
    boxes: tuple[int, ...]
    person: str


@dataclass(frozen=True, slots=True)
class GoTo:
    """A person goes to another step: back to one already reached, or to one that is only on request."""

    step: int
    version: int
    person: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A person, or the bot for a reason it names, ends the run, whatever it is doing."""

    person: str
    why: str


@dataclass(frozen=True, slots=True)
class ChoicesListed:
    """The shell has made the list: its choices, or why there is none."""

    step: int
    attempt: int
    ok: bool
    summary: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class BeforeLooked:
    """The shell has looked at what must hold before the step; what could not be looked at does not hold."""

    step: int
    attempt: int
    holds: bool
    summary: str


@dataclass(frozen=True, slots=True)
class ActionFinished:
    """The shell has run the step's action. `known`: False where it has ended, nobody knows with what result."""

    step: int
    attempt: int
    ok: bool
    summary: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """The shell has looked until the check passed or its time was over."""

    step: int
    attempt: int
    passed: bool
    summary: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The bot was off: whatever was under way has no one listening any more.

    `recorded`: the step's action has a record where it runs, by which it is found again.
    """

    why: str
    recorded: bool = False


Answer = ChoicesListed | BeforeLooked | ActionFinished | ActionLost | ActionFound | ActionUnended | CheckFinished
Command = Press | Tick | GoTo | Stop | Answer | Interrupted


# What a run tells.


@dataclass(frozen=True, slots=True)
class Advance:
    """What a command led to, and why in a line. `requests` are to be carried out once the run is stored."""

    run: Run
    requests: tuple[Request, ...] = ()
    events: tuple[RunEvent, ...] = ()
    why: str = ""


class IllegalMove(Exception):
    """The run stays as it was. The text is for the person who tried: `cannot press Done on step 2: because …`."""


class StaleClick(IllegalMove):
    """The button belongs to a moment that has passed."""


class WrongInput(IllegalMove):
    """What was typed will not do: not the name asked for, not an answer that fits, not in the list."""
