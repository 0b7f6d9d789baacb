"""Hosts that have booted unseen: once each has told its boot, or had time to, what befell them is concluded.

`LookBack` does so after the bot was off, `Reboots` while it looks: what is over within seconds fails no check.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from bot.config import Config
from bot.core.health import Observation, TargetId, TargetKind
from bot.core.incidents.host_report import kernel_of, kernel_ran_on
from bot.core.incidents.reboots import Boots
from bot.core.incidents.situation import Gap
from bot.monitoring.host_boots import HostBoots
from bot.monitoring.own_boot import OwnBoot
from bot.scheduler import Scheduler
from bot.sightings import Beginning
from bot.store.writer import Writer
from bot.usecases import reboots

JOB: Final = "look back"
PATIENCE: Final = timedelta(seconds=60)
"""For so long hosts are waited for; what went off with them still counts as having run until then."""


@dataclass(slots=True)
class LookBack:
    """Concludes once. `told`: what each host told of its boot since the start."""

    config: Config
    writer: Writer
    scheduler: Scheduler
    now: Callable[[], datetime]
    told: Mapping[TargetId, Observation]
    _before: dict[TargetId, str] = field(default_factory=dict)
    _boots: Boots | None = None  # until it is concluded

    def begin(self, beginning: Beginning, own: OwnBoot) -> None:
        """Wait for the hosts whose boots were known before, if the bot was off at all."""
        gap, last = beginning.gap, beginning.last
        known = ((one.fingerprint.target, one.facts.get("boot_id", "")) for one in beginning.known)
        self._before = {target: boot for target, boot in known if boot and target.startswith(TargetKind.HOST)}
        if gap is None or last is None or not self._before:
            return
        anew = bool(own.boot_id and last.boot_id) and own.boot_id != last.boot_id
        self._boots = Boots(gap, {}, own=own.at if anew else None, cut_off=last.stopped_at is None)
        every = self.config.timing.retry_every
        self.scheduler.every(JOB, every, lambda: self._look(own.boot_id))

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: the bot was off as long ago as before."""
        self._boots = self._boots and self._boots.shifted(step)

    async def _look(self, own: str) -> None:
        boots = self._boots
        if boots is None or (self._before.keys() - self.told.keys() and self.now() - boots.gap.until < PATIENCE):
            return
        self.scheduler.cancel(JOB)
        self._boots = None
        told = {host: seen.facts for host, seen in self.told.items() if host in self._before}
        now = {host: facts["boot_id"] for host, facts in told.items()}
        before = self._before
        same = {h for h, boot in now.items() if boot == before[h] or kernel_ran_on(before[h], boot)}
        anew = told.keys() - same
        made = replace(
            boots,
            booted={host: datetime.fromisoformat(told[host]["booted"]) for host in anew},
            stayed=frozenset(same),
            own_host=next((host for host, boot in now.items() if kernel_of(boot) == own), None),
            kernels={host: kernel_of(now[host]) for host in anew},
        )
        await self.writer.do(reboots.look_back, self.config, made)


@dataclass(slots=True)
class Reboots:
    """Concludes from hosts that have booted between two looks. `boots`: what they told of that."""

    config: Config
    writer: Writer
    now: Callable[[], datetime]
    boots: HostBoots

    async def look(self) -> None:
        """Conclude, once all hosts have told their boots since the first of these, or had time to."""
        changed = self.boots.changed
        if not changed or not self._is_time(changed[0][1].at):
            return
        found, changed[:] = [one for one in changed if not _of_container(*one)], []
        if not found:
            return
        booted = {after.target: datetime.fromisoformat(after.facts["booted"]) for _, after in found}
        latest = max(booted.values())
        stayed = frozenset(
            one.target for one in self.boots.latest.values() if one.target not in booted and one.at > latest
        )
        since, blind = min(before.at for before, _ in found), self.boots.blind
        gap, watched = Gap(since, self.now(), zone=self.config.zone), True
        if blind is not None and blind.until >= since:
            gap, watched = replace(gap, what=blind.what), False
        kernels = {after.target: kernel_of(after.facts["boot_id"]) for _, after in found}
        made = Boots(gap, booted, stayed, watched=watched, kernels=kernels)
        await self.writer.do(reboots.look_back, self.config, made)

    def _is_time(self, noticed: datetime) -> bool:
        late = self.now() - noticed >= PATIENCE + self.config.timing.storm_within
        # What had fallen silent long before has no say: waiting for it would put restarts of an hour together.
        heard = [seen.at for seen in self.boots.latest.values() if seen.at > noticed - PATIENCE]
        return late or all(at > noticed for at in heard)


def _of_container(before: Observation, after: Observation) -> bool:
    return kernel_ran_on(before.facts["boot_id"], after.facts["boot_id"])


def look_on(
    config: Config, writer: Writer, scheduler: Scheduler, now: Callable[[], datetime], boots: HostBoots
) -> None:
    """Begin to conclude from what boots from now on."""
    noticed = Reboots(config, writer, now, boots)
    scheduler.every("reboots", config.timing.retry_every, noticed.look)
