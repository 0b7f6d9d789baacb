"""What a run asks of the shell around it: where to run what, with which values. Carries nothing out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.core.lab import LabCall
from bot.core.runbook import Action, LabAction, Language


class PlaceKind(StrEnum):
    """What kind of machine a script runs on."""

    HOST = "host"
    GUEST = "guest"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a script runs. `name`: the host's or guest's, empty for the bot's own machine."""

    kind: PlaceKind
    name: str = ""

    @property
    def machine(self) -> str:
        """What is called by its name where it restarts or is lost."""
        return self.name or "the bot's machine"

    def __str__(self) -> str:
        return f"inside {self.name}" if self.kind is PlaceKind.GUEST else self.machine


@dataclass(frozen=True, slots=True)
class ScriptJob:
    """A script, where it runs, and what stands in its environment. Its text is the file's own."""

    place: Place
    language: Language
    text: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LabJob:
    """A built-in action with its values in place, to be carried out as it stands."""

    call: LabCall


Job = ScriptJob | LabJob


@dataclass(frozen=True, slots=True)
class RunAction:
    """Run it once; answer with ActionFinished. `watch`: the path whose size shows how far it has come."""

    step: int
    attempt: int
    job: Job
    limit: timedelta
    watch: str | None


@dataclass(frozen=True, slots=True)
class SeekAction:
    """Find what this attempt's RunAction started, and follow it to its end; answer with ActionFinished.

    It starts nothing.
    """

    step: int
    attempt: int
    job: Job
    limit: timedelta
    watch: str | None


@dataclass(frozen=True, slots=True)
class LookBefore:
    """Look once at what must hold before the step; answer with BeforeLooked."""

    step: int
    attempt: int
    job: Job
    limit: timedelta


@dataclass(frozen=True, slots=True)
class ListChoices:
    """Run it once and read its output as choices; answer with ChoicesListed."""

    step: int
    attempt: int
    job: Job
    limit: timedelta


@dataclass(frozen=True, slots=True)
class RunCheck:
    """Look every `every` until it passes or `within` is over, zero being one look; answer with CheckFinished.

    `limit` is one look's own.
    """

    step: int
    attempt: int
    job: Job
    every: timedelta
    within: timedelta
    limit: timedelta


@dataclass(frozen=True, slots=True)
class Cancel:
    """End what this attempt started; nobody waits for its answer."""

    step: int
    attempt: int


Request = LookBefore | RunAction | SeekAction | ListChoices | RunCheck | Cancel


def job_of(action: Action, values: Mapping[str, str]) -> Job:
    """A step's action with its values beside it. Raises KeyError where one that it names as a word is not set."""
    if isinstance(action, LabAction):
        return LabJob(action.call.filled(values))
    return ScriptJob(_place(action.run_on, values), action.language, action.text, values)


def _place(run_on: str, values: Mapping[str, str]) -> Place:
    match run_on:
        case "bot":
            return Place(PlaceKind.BOT)
        case "guest":
            return Place(PlaceKind.GUEST, values["guest"])
        case _:
            return Place(PlaceKind.HOST, values[run_on[1:]] if run_on.startswith("$") else run_on)
