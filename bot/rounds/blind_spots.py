"""Now and then: what of the lab can't be proven, said once. Not before every hypervisor has told what it has."""

from collections.abc import Sequence

from bot.config import Config
from bot.core.incidents.blind_spots import BlindSpot
from bot.core.names import names_of
from bot.rounds.guests import GuestRounds
from bot.store.writer import Writer
from bot.usecases.blind_spots import spots_of, tell_blind_spots


async def tell(config: Config, writer: Writer, rounds: Sequence[GuestRounds]) -> None:
    """Say what can't be proven, if that is known and has not been said."""
    if all(one.listed for one in rounds):
        await writer.do(tell_blind_spots, found(config, rounds))


def found(config: Config, rounds: Sequence[GuestRounds]) -> tuple[BlindSpot, ...]:
    """What can't be proven, as far as it is known how each guest is made."""
    guests = {guest.id: guest for one in rounds for guest in one.guests}
    probes = (probe for one in rounds for guest in one.guests if (probe := one.find(guest.id)))
    infos = {probe.guest.id: probe.info for probe in probes}
    return spots_of(config, guests, infos, names_of(guests.values()))
