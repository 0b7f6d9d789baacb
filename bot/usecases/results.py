"""What checks are believed to show, written down: health, presence, and in the journal what booted anew."""

from collections.abc import Sequence
from datetime import datetime

from bot.core.health import Observation
from bot.core.names import Names
from bot.store import Store
from bot.store.targets import Presence


def write_down(store: Store, now: datetime, seen: Sequence[Observation], name: Names) -> None:
    """Write believed observations. A host's boot id tells that it was off also when nobody noticed."""
    for one in seen:
        boot = one.kept.get("boot_id")
        before = store.targets.facts(one.fingerprint).get("boot_id") if boot else None
        if before not in (None, boot):
            store.alive.write(f"{name(one.target)} booted anew: {one.why}", now)
        store.targets.saw(one, _presence(one))


def _presence(seen: Observation) -> Presence | None:
    """What an observation says of its target's presence; nothing if it could not tell."""
    if seen.running is None:
        return None
    stopped = None if seen.running else seen.at
    return Presence(seen.running, stopped, stopped_on_purpose=seen.was_on_purpose)
