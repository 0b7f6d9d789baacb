"""Lines of an incident's history, and what is told of it and how."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.incidents.lifecycle import IncidentId


class EventKind(StrEnum):
    """What a line of an incident's history is about."""

    OPENED = "opened"
    WORSE = "worse"
    BETTER = "better"
    KIND = "recognised"
    STATUS = "status"
    RUN = "run"
    NOTE = "note"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Event:
    """A line in an incident's history; never changed once written. `by`: a Slack id, or None for Caretaker."""

    incident: IncidentId
    at: datetime
    kind: EventKind
    text: str
    by: str | None = None


class Tell(StrEnum):
    """How a notice reaches people: the incident's card, a line in its thread, or a line everyone sees."""

    CARD = "card"
    LINE = "line"
    BROADCAST = "broadcast"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell. A CARD carries no text: what is posted is the incident as it then stands."""

    incident: IncidentId
    tell: Tell
    text: str = ""
