"""What the rounds of all hypervisors know together: where each guest is, and whose it is."""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field

from bot.core.health import Target, TargetId, name_of
from bot.core.placements import Placements


@dataclass(eq=False)
class Shared:
    """One for all. `known`: every target, as it was last written down. `attach` is called when that changes.

    `release`: by host, what lets go of guests that live elsewhere now.
    """

    known: dict[TargetId, Target]
    attach: Callable[[], None]
    release: dict[str, Callable[[Set[TargetId]], None]] = field(default_factory=dict)
    places: Placements = field(default_factory=Placements)

    def host_of(self, guest: TargetId) -> str | None:
        """The host that a guest lives on; None where that is not known, or nothing looks at that host."""
        target = self.known.get(guest)
        host = name_of(target.runs_on) if target and target.runs_on else None
        return host if host in self.release else None

    def forget(self, gone: Iterable[TargetId]) -> None:
        """These are no longer watched."""
        for guest in gone:
            self.known.pop(guest, None)

    def live_on(self, here: str, guests: Mapping[TargetId, Target]) -> None:
        """These guests live on one host, and so on no other."""
        for host, release in self.release.items():
            if host != here:
                release(guests.keys())
        self.known.update(guests)
        self.attach()
