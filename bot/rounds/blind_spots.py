"""Now and then: what of the lab can't be proven, said once. Not before every hypervisor has told what it has."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from bot.config import Check, Config
from bot.core.health import Proof, Target, TargetId
from bot.core.incidents.blind_spots import BlindSpot
from bot.core.names import names_of
from bot.probes import SshWays, Watched
from bot.probes.tcp import Params, ssh_door, with_known_key
from bot.rounds.checks import checks_of, guest_checks_of
from bot.rounds.guests import GuestRounds
from bot.store.writer import Writer
from bot.usecases.blind_spots import spots_of, tell_blind_spots


async def tell(config: Config, writer: Writer, rounds: Sequence[GuestRounds], ssh: SshWays) -> None:
    """Say what can't be proven, if that is known and has not been said."""
    if all(one.listed for one in rounds):
        await writer.do(tell_blind_spots, await found(config, rounds, ssh))


async def found(config: Config, rounds: Sequence[GuestRounds], ssh: SshWays) -> tuple[BlindSpot, ...]:
    """What can't be proven, as far as it is known how each guest is made."""
    guests = {guest.id: guest for one in rounds for guest in one.guests}
    probes = (probe for one in rounds for guest in one.guests if (probe := one.find(guest.id)))
    infos = {probe.guest.id: probe.info for probe in probes}
    doors = await open_doors(config, guests.values(), ssh)
    return spots_of(config, guests, infos, names_of(guests.values()), doors=doors)


async def open_doors(config: Config, guests: Collection[Target], ssh: SshWays) -> Collection[TargetId]:
    """The machines of whose checks none looks further than to an open SSH port."""
    checks: Mapping[Target, list[bool]] = defaultdict(list)
    for watched, check in (*checks_of(config), *guest_checks_of(config, guests)):
        checks[watched.target].append(await _looks_further(watched, check, ssh))
    hypervisors = {host.name for host in config.hosts.values() if host.hypervisor}
    return {
        target.id
        for target, further in checks.items()
        if not any(further) and target.proof is Proof.INSIDE and target.name not in hypervisors
    }


async def _looks_further(watched: Watched, check: Check, ssh: SshWays) -> bool:
    door = ssh_door(watched, check.params, ssh) if isinstance(check.params, Params) else None
    return door is None or await with_known_key(door, watched, ssh) is not None
