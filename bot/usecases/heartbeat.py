"""What the heartbeat is about, and what became of it: a transaction each."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.core.kinds import Kind
from bot.store import Store
from bot.views.elsewhere import title


def critical(store: Store, _now: datetime, kinds: Collection[Kind]) -> Sequence[str]:
    """The critical incidents that are not over, in words, oldest first."""
    found = [incident for incident in reversed(store.incidents.live()) if incident.kind in kinds]
    name = store.targets.names() if found else None
    return [f"{incident.status}: {title(incident, name)}" for incident in found if name]


def note_answer(store: Store, now: datetime, *, failing: bool) -> None:
    """A ping was taken. `failing`: it said that a critical incident is open."""
    store.heartbeat.answered(now, failing=failing)


def note_failure(store: Store, now: datetime, *, why: str) -> None:
    """A ping was not taken."""
    store.heartbeat.failed(now, why)
