"""What hosts told of their boots: the latest of each, and those that followed another while the bot ran."""

from datetime import timedelta

from bot.core.clock_step import shifted
from bot.core.health import Observation, TargetId
from bot.core.incidents.situation import Gap


class HostBoots:
    """`latest`: what each host told last. `changed`: what a host told before and after it booted anew.

    `blind`: the last time in which nothing was looked at, None if there was none.
    """

    def __init__(self) -> None:
        self.latest: dict[TargetId, Observation] = {}
        self.changed: list[tuple[Observation, Observation]] = []
        self.blind: Gap | None = None

    def note(self, seen: Observation) -> None:
        """Keep what tells of a boot."""
        if "booted" not in seen.facts or "boot_id" not in seen.facts:
            return
        before, self.latest[seen.target] = self.latest.get(seen.target), seen
        if before is not None and before.facts["boot_id"] != seen.facts["boot_id"]:
            self.changed.append((before, seen))

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self.blind = self.blind and shifted(self.blind, step)
        self.latest.update({host: seen.shifted(step) for host, seen in self.latest.items()})
        self.changed[:] = [(before.shifted(step), after.shifted(step)) for before, after in self.changed]
