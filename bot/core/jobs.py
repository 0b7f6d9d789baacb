"""What a run asks of the shell around it: where to run what, with which values. Carries nothing out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.core.lab import LabCall
from bot.core.runbook import Language


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

    def __str__(self) -> str:
        return {PlaceKind.HOST: self.name, PlaceKind.GUEST: f"inside {self.name}"}.get(
            self.kind, "the bot's machine"
        )


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


Request = RunAction | ListChoices | RunCheck | Cancel
