"""What a run tells of itself: the lines of its history."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Mark(StrEnum):
    """What a line in a run's history is about."""

    STARTED = "started"
    PRESSED = "pressed"
    ANSWERED = "answered"
    FINISHED = "finished"
    VERIFIED = "verified"
    FAILED = "failed"
    LOOKED = "looked"
    HELD = "held back"
    WENT = "went"
    PAUSED = "paused"
    RESUMED = "resumed"
    INTERRUPTED = "interrupted"
    LOST = "lost"
    FOUND = "found"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One line in a run's history. `step` from 0, None for the run as a whole; `person`: None for the bot."""

    at: datetime
    mark: Mark
    text: str
    step: int | None = None
    person: str | None = None
