"""What use cases on runs are given and give back, and how they fail."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.config import Config
from bot.core.guest import StartsFrom
from bot.core.health import TargetId
from bot.core.incident import IncidentId
from bot.core.jobs import Request
from bot.core.run import Run
from bot.core.runbook import Runbook


class NoSuchRun(Exception):
    """The user's mistake, or a button of a database that is gone."""


class PinnedTextBroken(Exception):
    """The text a run is pinned to can't be read any more, e.g. because lab.yaml lost a host it names."""


@dataclass(frozen=True, slots=True)
class House:
    """What use cases on runs need besides the database. `read`: a runbook's name and text, understood.

    `read` raises PinnedTextBroken.
    """

    config: Config
    read: Callable[[str, str], Runbook]


@dataclass(frozen=True, slots=True)
class Moved:
    """A run after a move, and what is to be carried out now."""

    run: Run
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Aim:
    """What a run is for: a target, an incident, both or neither. `starts_from`: a guest's definition now."""

    target: TargetId | None
    incident: IncidentId | None
    starts_from: StartsFrom | None = None
