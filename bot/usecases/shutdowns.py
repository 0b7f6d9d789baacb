"""Which guests may have been shut down by their own hosts, from what is written of both."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.core.health import Target, TargetId
from bot.core.incidents.shutdowns import just_before
from bot.store.targets import Presence


def just_shut_down(
    presences: Mapping[TargetId, Presence],
    inventory: Mapping[TargetId, Target],
    gone: Callable[[TargetId], datetime],
    within: timedelta,
) -> frozenset[TargetId]:
    """What was shut down so shortly before its host was gone that this may have done it. `gone`: when it was."""
    hosts: dict[TargetId, dict[TargetId, datetime]] = {}
    for one, presence in presences.items():
        host = inventory[one].runs_on if one in inventory else None
        if host is not None and presence.stopped_on_purpose and presence.stopped_at:
            hosts.setdefault(host, {})[one] = presence.stopped_at
    found = (just_before(shut_down, gone(host), within) for host, shut_down in hosts.items())
    return frozenset().union(*found)
