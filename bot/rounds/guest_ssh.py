"""What a guest's SSH server shows of it, for guests whose address and host key are known.

Its address is lab.yaml's, else where its host has heard of it. A found address may be another machine's by now, so
there only the key that is known under the guest's own name counts.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.config import Config
from bot.config.places import own_addresses, owner_besides_guest
from bot.core.health import Target, TargetKind, target_id
from bot.probes import Parts
from bot.reach.ssh_answer import Answer, Door, SshAnswer
from bot.rounds.found_at import FoundAt

DEADLINE: Final = timedelta(seconds=3)
AT_MOST: Final = 3  # addresses of one guest that are asked

_TELLING: Final = (Answer.KNOWN_KEY, Answer.OTHER_KEY, Answer.MAYBE_INITRAMFS)


@dataclass(frozen=True, slots=True)
class GuestSsh:
    """Asks guests' SSH servers. `found`: knows all targets, and where they are."""

    config: Config
    parts: Parts
    found: FoundAt

    async def __call__(self, guest: Target) -> SshAnswer | None:
        """The most telling answer of its addresses; None where nobody needs to be asked, or nothing answers."""
        asked = [self.parts.ssh.proof(door, DEADLINE) for door in await self._asked(guest)]
        answers = await asyncio.gather(*asked)
        told = next((one for kind in _TELLING for one in answers if one.answer is kind), None)
        said = self._said_address(guest) or ""
        if told is not None and told.proves and (other := await self.found.another(guest, said)):
            told = SshAnswer(Answer.OTHER_KEY, f"{told.why}; but {other}")
        return told and replace(told, said_at=said)

    async def places(self, target: Target) -> Collection[str]:
        """The addresses at which a guest's SSH server is asked; none of what is no guest."""
        is_guest = target.kind is TargetKind.GUEST
        return [door.address for door in await self._asked(target)] if is_guest else []

    async def _asked(self, guest: Target) -> Sequence[Door]:
        known = [door for door in await self._doors(guest) if await self.parts.ssh.knows(door)]
        return known[:AT_MOST]

    async def could_prove(self, guest: Target, *, running: bool) -> bool:
        """Whether a guest's SSH server can be asked: its key is known, and so is where it is, or will be.

        One that is off has no address yet; where lab.yaml has none either, its name has to do.
        """
        doors = await self._doors(guest)
        if not doors and not running and guest.name not in self.names_of_others(guest):
            doors = [replace(self.parts.ssh.door(guest, guest.name), known_as=guest.name)]
        return any([await self.parts.ssh.knows(door) for door in doors])

    async def _doors(self, guest: Target) -> Sequence[Door]:
        """Where its SSH server may be, by the names that its key may be known under."""
        said = self._said_address(guest)
        others = tuple(self.names_of_others(guest))
        if said is not None:
            door = replace(self.parts.ssh.door(guest, said), others=others)
            by_name = replace(door, known_as=guest.name)
            if guest.name not in others and await self.parts.ssh.knows(by_name):
                return [by_name]
            meant, known = self.config.guests[guest.name], self.parts.names.known
            shared = said in others or owner_besides_guest(self.config, meant, said, known)
            return [] if shared else [door]  # a key known for another machine's address is that one's
        if guest.name in others or guest.runs_on is None:
            return []  # whose key is known by that name can't be told
        doors = [self.parts.ssh.door(guest, address) for address in await self.found.of(guest)]
        return [replace(door, known_as=guest.name, others=others) for door in doors]

    def _said_address(self, guest: Target) -> str | None:
        """The address lab.yaml has for it; None where it has none, or may mean another guest of that name."""
        said = self.config.guests.get(guest.name)
        if said is None or said.address == said.name:
            return None
        on = target_id(TargetKind.HOST, said.host) if said.host else None
        named = [one for one in self._guests() if one.name == guest.name and on in (None, one.runs_on)]
        return said.address if [one.id for one in named] == [guest.id] else None

    def names_of_others(self, guest: Target) -> Iterable[str]:
        """What the other machines' keys may be known under: a copied key does not tell a machine from its twin."""
        for one in self._guests():
            if one.id != guest.id:
                yield one.name
        for name, said in self.config.guests.items():
            if name != guest.name:
                yield said.address
        for host in self.config.hosts.values():
            yield from (host.name, *own_addresses(host))

    def _guests(self) -> Iterable[Target]:
        return (one for one in self.found.known() if one.kind is TargetKind.GUEST)
