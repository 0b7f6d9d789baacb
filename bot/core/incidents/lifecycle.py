"""An incident's states, the one table of legal moves, and its four ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

IncidentId = NewType("IncidentId", int)
"""Counts from 1; what people type: `/lab incident 7`."""


class Status(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RECOVERING = "recovering"
    RESOLVED = "resolved"


class Move(StrEnum):
    """What can happen to an incident's status."""

    ACKNOWLEDGE = "acknowledge"
    TAKE_BACK = "take back the acknowledgement of"
    TAKE_OVER = "take over"
    LAPSE = "lapse the acknowledgement of"
    RECOVER = "see recovering"
    RELAPSE = "see failing again"
    RESOLVE = "resolve"
    CLOSE = "close"
    MOVE = "move"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


TRANSITIONS: Mapping[tuple[Status, Move], Status] = MappingProxyType(
    {
        (Status.OPEN, Move.ACKNOWLEDGE): Status.ACKNOWLEDGED,
        (Status.OPEN, Move.RECOVER): Status.RECOVERING,
        (Status.OPEN, Move.RESOLVE): Status.RESOLVED,
        (Status.OPEN, Move.CLOSE): Status.RESOLVED,
        (Status.OPEN, Move.MOVE): Status.RESOLVED,
        (Status.OPEN, Move.WITHDRAW): Status.RESOLVED,
        (Status.ACKNOWLEDGED, Move.TAKE_BACK): Status.OPEN,
        (Status.ACKNOWLEDGED, Move.TAKE_OVER): Status.ACKNOWLEDGED,
        (Status.ACKNOWLEDGED, Move.LAPSE): Status.OPEN,
        (Status.ACKNOWLEDGED, Move.RECOVER): Status.RECOVERING,
        (Status.ACKNOWLEDGED, Move.RESOLVE): Status.RESOLVED,
        (Status.ACKNOWLEDGED, Move.CLOSE): Status.RESOLVED,
        (Status.ACKNOWLEDGED, Move.MOVE): Status.RESOLVED,
        (Status.ACKNOWLEDGED, Move.WITHDRAW): Status.RESOLVED,
        (Status.RECOVERING, Move.ACKNOWLEDGE): Status.RECOVERING,
        (Status.RECOVERING, Move.TAKE_BACK): Status.RECOVERING,
        (Status.RECOVERING, Move.TAKE_OVER): Status.RECOVERING,
        (Status.RECOVERING, Move.LAPSE): Status.RECOVERING,
        (Status.RECOVERING, Move.RELAPSE): Status.OPEN,  # ACKNOWLEDGED if it had an acknowledgement
        (Status.RECOVERING, Move.RESOLVE): Status.RESOLVED,
        (Status.RECOVERING, Move.CLOSE): Status.RESOLVED,
        (Status.RECOVERING, Move.MOVE): Status.RESOLVED,
        (Status.RECOVERING, Move.WITHDRAW): Status.RESOLVED,
        (Status.RESOLVED, Move.MOVE): Status.RESOLVED,
        (Status.RESOLVED, Move.WITHDRAW): Status.RESOLVED,
        (Status.RESOLVED, Move.REOPEN): Status.OPEN,  # what was moved or withdrawn may not
    }
)
"""Every legal move of an incident and where it leads. What is not here raises IllegalMove."""

OF_WHO_IS_ON_IT = frozenset({Move.TAKE_BACK, Move.TAKE_OVER, Move.LAPSE})
"""What there has to be an acknowledgement for."""


class IllegalMove(Exception):
    """The user's mistake, or a click on what has changed meanwhile. Nothing was changed."""


class Way(StrEnum):
    """How an incident ended: proven, by a person's word, as part of another, or as the bot's own blindness."""

    PROVEN = "proven"
    CLOSED = "closed"
    MOVED = "moved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class End:
    """The end of an incident. `into`: the incident it became part of, for what was moved."""

    way: Way
    into: IncidentId | None = None

    @property
    def may_reopen(self) -> bool:
        """Whether the incident may open again: what is part of another, or was never real, may not."""
        return self.way in {Way.PROVEN, Way.CLOSED}

    def __str__(self) -> str:
        if self.way is Way.PROVEN:
            return "resolved"
        return f"moved to incident {self.into}" if self.way is Way.MOVED else str(self.way)


WAYS: Mapping[Move, Way] = MappingProxyType(
    {
        Move.RESOLVE: Way.PROVEN,
        Move.CLOSE: Way.CLOSED,
        Move.MOVE: Way.MOVED,
        Move.WITHDRAW: Way.WITHDRAWN,
    }
)
"""What end each final move makes."""
