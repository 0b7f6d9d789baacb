"""Hosts that have one host key, as copies of one SD card have: that key does not tell which of them answers.

Their boots do, as no two machines have one boot id. What tells a boot that was a twin's is the twin, which has
that address too, or instead of its own; where two begin to tell the same, either may be the one that is there.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from bot.core.health import Target, TargetKind
from bot.reach.ssh_answer import Answer, Door, SshAnswer

MEND: Final = (
    "Give each machine host keys of its own: delete the copied ones, then “ssh-keygen -A”. If {} and {} are one"
    " machine, take one of them out of lab.yaml."
)


class Twins:
    """Knows which boot each host has told. `share`: whether one host key is known for what is behind two doors."""

    def __init__(self, share: Callable[[Door, Door], Awaitable[bool]]) -> None:
        self._share = share
        self._doors: dict[str, Door] = {}
        self._told: dict[str, str] = {}  # by host: the boot it told last
        self._own: dict[str, str] = {}  # by host: the boot it told while no twin did
        self._unheard: dict[str, set[str]] = {}  # by host: who was not looked at since it told that first
        self._doubts: dict[str, SshAnswer] = {}

    def watch(self, host: str, door: Door, boot: str) -> None:
        """A host will be looked into. `boot`: what it told last before the bot's start, "" where nobody knows."""
        self._doors[host] = door
        self._told |= {host: boot} if boot else {}
        often = Counter(self._told.values())
        self._own = {one: told for one, told in self._told.items() if often[told] == 1}

    def looked(self, host: str) -> None:
        """A look into it is over, whatever it has shown."""
        for unheard in self._unheard.values():
            unheard.discard(host)

    async def told(self, host: str, boot: str) -> SshAnswer | None:
        """This boot was told at a host's address: why that may be another host; None where it is its own."""
        doubt = await self._doubt(host, boot)
        self._told[host] = boot
        if doubt is None:
            self._own[host] = boot
            self._doubts.pop(host, None)
        else:
            self._doubts[host] = doubt
        return doubt

    def doubt(self, target: Target) -> str:
        """Why what answers there may be another host, by what it told last; "" where nothing says so."""
        found = self._doubts.get(target.name) if target.kind is TargetKind.HOST else None
        return found.why if found else ""

    async def _doubt(self, host: str, boot: str) -> SshAnswer | None:
        if self._own.get(host) == boot:
            return None
        others = [one for one in self._doors if one != host]
        twins = [one for one in others if await self._share(self._doors[host], self._doors[one])]
        if host not in self._unheard or self._told.get(host) != boot:
            self._unheard[host] = set(twins)
        for twin in twins:
            if self._told.get(twin) == boot:
                why = f"it may be {twin} that answers: both have one host key, and tell one boot id"
                return SshAnswer(Answer.UNKNOWN_KEY, why, mend=MEND.format(host, twin))
        if unheard := sorted(self._unheard[host].intersection(twins)):
            why = f"its host key is known for {unheard[0]} too, which was not looked at yet since this boot"
            return SshAnswer(Answer.CANNOT_LOOK, why)
        return None
