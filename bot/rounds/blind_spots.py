"""What of the lab can't be proven: found on request, and told now and then, once.

A guest has time to show itself before it is named, and the SSH server of one that shows nothing counts as well.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.config import Check, Config
from bot.core.guest import GuestInfo
from bot.core.health import Proof, Target, TargetId
from bot.core.incidents.blind_spots import BlindSpot, Screen
from bot.core.names import names_of
from bot.probes import SshWays, Watched
from bot.probes.tcp import Params, ssh_door, with_known_key
from bot.rounds.checks import checks_of, guest_checks_of
from bot.rounds.guest_ssh import GuestSsh
from bot.rounds.guests import INVENTORY_EVERY, GuestRounds
from bot.scheduler import Scheduler
from bot.store.writer import Writer
from bot.usecases.blind_spots import making_of, spots_of, tell_blind_spots

JOB = "blind spots"
MOST = 6
"""For how many times a guest's time to show itself it is put off after the bot's start: one message tells all."""


@dataclass(slots=True)
class BlindSpots:
    """Says now and then what can't be proven and was not said before."""

    config: Config
    writer: Writer
    scheduler: Scheduler
    rounds: Sequence[GuestRounds]
    ssh: GuestSsh
    waits: int = 0

    def begin(self) -> None:
        """Say it once all was looked at and had time to show itself; then as often as inventories are taken."""
        timing = self.config.timing
        self.waits = math.ceil(MOST * timing.boot_look / timing.check_every)
        self.scheduler.every(JOB, INVENTORY_EVERY, self.tell)
        self._soon()

    def _soon(self) -> None:
        self.scheduler.hasten(JOB, self.config.timing.check_every)

    async def tell(self) -> None:
        """Say what is new, unless that may soon be more, or less."""
        probes = [(one, probe) for one in self.rounds for guest in one.guests if (probe := one.find(guest.id))]
        made = {probe.guest: probe.info for _, probe in probes}
        screens = {probe.guest.id: one.shown(probe.guest.id) for one, probe in probes}
        told = all(one.listed for one in self.rounds)
        minded = [guest for guest in made if not guest.ephemeral]
        coming = any(screens[guest.id] is Screen.COMING or not made[guest].known for guest in minded)
        if self.waits and (coming or not told):
            self.waits -= 1
            self._soon()
            return
        if coming or not told:  # what is known is told, and the rest once there has been time again
            self.scheduler.hasten(JOB, MOST * self.config.timing.boot_look)
        await self.writer.do(tell_blind_spots, await find(self.config, made, screens, self.ssh, all_told=told))


async def find(
    config: Config,
    made: Mapping[Target, GuestInfo],
    screens: Mapping[TargetId, Screen],
    ssh: GuestSsh,
    *,
    all_told: bool,
) -> Sequence[BlindSpot]:
    """What can't be proven. `screens`: what guests have shown; `all_told`: there are none but those `made`."""
    doors = await open_doors(config, made, ssh.parts.ssh)
    making = making_of(config, made, screens, doors=doors)

    async def answers(guest: Target) -> bool:
        return await ssh.could_prove(guest, running=making.screen(guest.id) is not Screen.UNSEEN)

    by_ssh = [guest.id for guest in made if making.lacks(guest) and await answers(guest)]
    making = making_of(config, made, screens, by_ssh, doors)
    return spots_of(config, made, making, names_of(made), all_told=all_told)


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
