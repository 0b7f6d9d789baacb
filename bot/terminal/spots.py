"""What can't be proven, for a terminal: by the name of the file that was read, and with its lines."""

import asyncio
from collections.abc import Collection, Iterator, Sequence

from bot.config import Config, lines_of
from bot.core.health import Target
from bot.core.incidents.blind_spots import BlindSpot, Lack
from bot.rounds.guest_ssh import GuestSsh

_WHY = {Lack.NOWHERE: "no hypervisor has a guest '{}'", Lack.IDLE: "nothing looks at it"}


def told(spot: BlindSpot, config: Config) -> Iterator[str]:
    """A blind spot, a line each: one of all its machines; of what a file lists wrongly, one of each."""
    if spot.lack not in _WHY:
        yield spot.what.replace("lab.yaml", config.path.name)
        return
    line_of = lines_of(config.path)
    for one in spot.about:
        where = (_group(one.label, config) if spot.lack is Lack.IDLE else "guests", one.label)
        name = ".".join(where)
        yield f"{config.path}:{line_of(where)}: cannot watch {name}: because {_WHY[spot.lack].format(one.label)}"


def _group(label: str, config: Config) -> str:
    return "hosts" if label in config.hosts else "services"


def mend(spot: BlindSpot, config: Config) -> str:
    """How to change that."""
    return spot.mend.replace("lab.yaml", config.path.name)


async def strangers(guests: Collection[Target], ssh: GuestSsh) -> Sequence[tuple[str, str]]:
    """What other than the guest answers where its SSH server should, and what to do about it."""
    minded = [guest for guest in guests if not guest.ephemeral]
    answers = zip(minded, await asyncio.gather(*map(ssh, minded)), strict=True)
    return [(f"{guest.name}: {one.why}", one.mend) for guest, one in answers if one is not None and one.is_ours]
