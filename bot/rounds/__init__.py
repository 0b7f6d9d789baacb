"""The rounds: which checks there are, when each looks, and what hypervisors tell in between.

It starts probes and hands what they saw to watching.py; it believes and decides nothing. A hypervisor's guests
have rounds of their own: guests.py.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

from bot.clock import Clock
from bot.config import Check, Config, Guest
from bot.config.places import asked_instead, where_of
from bot.core.guest import GuestEvent
from bot.core.health import (
    HYPERVISOR,
    CheckName,
    Fingerprint,
    Target,
    TargetId,
    TargetKind,
    target_id,
)
from bot.core.incident import Incident
from bot.core.names import meant_by, names_of
from bot.core.picture import Outlook
from bot.core.placements import Found
from bot.errands import tidy
from bot.hypervisor import GuestRefused, HypervisorUnreachable
from bot.hypervisor.machine import Machine
from bot.hypervisor.search import search
from bot.monitoring.addresses import hypervisor_at
from bot.monitoring.last_seen import LastSeen
from bot.monitoring.own_boot import own_boot
from bot.monitoring.own_database import know_database, note_database, show_life
from bot.monitoring.own_limits import looked
from bot.monitoring.pace import Pace
from bot.monitoring.targets import configured
from bot.probes import Parts, Probe, Watched, discover
from bot.probes.guest import GuestProbe
from bot.rounds import addresses
from bot.rounds.blind_spots import BlindSpots
from bot.rounds.checks import checks_of, look_with, meant_guest
from bot.rounds.found_at import FoundAt
from bot.rounds.guest_ssh import GuestSsh
from bot.rounds.guests import GuestRounds
from bot.rounds.impostors import Impostors, Look, SshAnswers
from bot.rounds.look_back import LookBack, look_on
from bot.rounds.outlook import outlook
from bot.rounds.own_time import OwnTime
from bot.rounds.present import Present
from bot.rounds.shared import Shared
from bot.rounds.sight import SightRounds
from bot.scheduler import Scheduler
from bot.sightings import Beginning, begin, end
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.usecases.pictures import attach
from bot.watching import Watch

TIDY_EVERY = timedelta(days=1)


class Rounds:
    """Makes all checks of a config look when they are due."""

    def __init__(
        self, config: Config, watch: Watch, writer: Writer, scheduler: Scheduler, parts: Parts, clock: Clock
    ) -> None:
        self._config, self._watch, self._writer, self._scheduler = config, watch, writer, scheduler
        self._clock, self._tasks = clock, set[asyncio.Task[None]]()
        self._known = {target.id: target for target in configured(config)}
        ssh = GuestSsh(config, parts, FoundAt(parts.hypervisors, parts.names, self._known.values))
        self._parts = replace(parts, ssh=replace(parts.ssh, others=ssh.names_of_others))
        off, paused = (partial(self._knows, one) for one in (GuestRounds.knows_off, GuestRounds.knows_paused))
        self._impostors = Impostors(off, paused, ssh.found, writer)
        self._ssh = SshAnswers(ssh, self._impostors)
        parts = replace(parts, ssh_answers=self._ssh)
        self._last_seen = LastSeen(parts.now, config.timing.shutdown_within)
        misled = partial(asked_instead, config, known=parts.names.known)
        self._shared = Shared(self._known, self._attach, self._last_seen, misled)
        self._guests = {
            target.name: GuestRounds(target, config, watch, writer, scheduler, parts, self._shared)
            for target in configured(config)
            if target.kind is TargetKind.HOST and config.hosts[target.name].hypervisor
        }
        self.blind_spots = BlindSpots(config, writer, scheduler, list(self._guests.values()), ssh)
        self._shared.release.update({host: guests.release for host, guests in self._guests.items()})
        self._probes: dict[str, Probe] = {}
        self._looks: dict[TargetId, dict[str, Look]] = defaultdict(dict)
        self._jobs: dict[TargetId, dict[str, Callable[[], Awaitable[None]]]] = defaultdict(dict)
        self.present = Present(watch, self._looks, self._guests.values(), ssh, self.names)
        self._sight = SightRounds(config, watch, scheduler, parts, self.names)
        watch.find, watch.look_at = self._known.get, self._look_at
        self._checked: dict[str, TargetId] = {}  # the guest that lab.yaml means by a name it has checks for
        self._look_back = LookBack(config, writer, scheduler, clock.now, watch.boots.latest)

    async def start(self) -> None:
        """Note the start, and begin all rounds."""
        own = own_boot(self._clock.now())
        older = await know_database(self._writer, self._config.zone)
        beginning = await self._writer.do(begin, self._config, own.boot_id, older=older)
        await self._writer.do(note_database)
        self._watch.remember(beginning)
        self._known.update({guest.id: guest for guest in beginning.guests})
        await self._impostors.recall()
        timing, self._watch.catch_up = self._config.timing, self.own_time.catch_up
        self._watch.damaged = lambda incident: self._start(self._picture(incident))
        self._scheduler.every("alive", timing.alive_every, partial(show_life, self._writer))
        self._scheduler.every("time", timing.retry_every, self._watch.pass_time)
        self._scheduler.every("tidy", TIDY_EVERY, lambda: self._writer.do(tidy), at_once=True)
        await addresses.begin(self._parts.names, self._config, self._scheduler)
        for watched, check in checks_of(self._config):
            self._add(watched, check)
        self._attach()
        self._begin_guests(beginning)
        self.blind_spots.begin()
        off = partial(self._ssh.ask_those_off, self._known.values())
        self._scheduler.every("addresses", timing.check_every, off)
        self._sight.begin(lambda: self._writer.trouble, beginning.known)
        self._look_back.begin(beginning, own)
        look_on(self._config, self._writer, self._scheduler, self._clock.now, self._watch.boots)
        self._start(self.own_time.run())

    def _begin_guests(self, beginning: Beginning) -> None:
        self._shared.answered = self._sight.hypervisor_answers
        self._last_seen.before_start(beginning.ran, beginning.shut_down, beginning.stopped)
        for host, guests in self._guests.items():
            identity = target_id(TargetKind.HOST, host)
            self._looks[identity]["hypervisor"] = guests.look_at_host
            self._jobs[identity]["hypervisor"] = guests.poll
            where = hypervisor_at(self._config.hosts[host].hypervisor)
            self._sight.watches(Fingerprint(HYPERVISOR, identity), where)
            guests.begin(beginning)

    async def close(self) -> None:
        """End all rounds, and note that this is on purpose."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._watch.close()
        self._sight.close()
        for probe in self._probes.values():
            await probe.close()
        with suppress(StoreFailed):  # the writer has said so: the next start finds that the bot was cut off
            await self._writer.do(end)

    def outlook(self) -> Outlook:
        """What has not been seen yet, and what keeps the bot from its work."""
        return outlook(self._config, self._watch, self._writer, self._known.values(), self._guests.values())

    def _add(self, watched: Watched, check: Check) -> None:
        pace, name = self._pace(check), f"{watched.check}@{watched.target.id}"
        probe = self._probes[name] = discover()[check.probe].make(watched, check.params, self._parts)

        shows = partial(look_with, probe, watched, check, self._config, self._parts)
        told = partial(self._sight.moved.look, watched, check, shows)
        fingerprint, where = Fingerprint(watched.check, watched.target.id), where_of(check, watched.address)
        self._looks[watched.target.id][watched.check] = partial(self._impostors.look, watched.target, told, where)
        self._sight.watches(fingerprint, where)
        self._sight.moved.recall(self._parts.remembered(fingerprint))
        careful = partial(looked, fingerprint, told, self._parts.now)

        async def look() -> None:
            found = await self._impostors.look(watched.target, careful, where)
            settled = [self._watch.see(seen, watched.target, pace) for seen in found]
            if not all(settled):
                lasting = [seen.steady for seen in found if seen.steady]  # looked at again when it has lasted
                self._scheduler.hasten(name, min([pace.retry_every, *lasting]))

        self._jobs[watched.target.id][watched.check] = look
        self._scheduler.every(name, pace.every, look, at_once=True)

    def _knows(self, how: Callable[[GuestRounds, TargetId], bool], target: TargetId) -> bool:
        return any(how(guests, target) for guests in self._guests.values())

    async def _look_at(self, target: TargetId) -> None:
        """Have all that looks at a target look now: it stands between the bot and something that seems gone."""
        await asyncio.gather(*(look() for look in self._jobs[target].values()))

    def _attach(self) -> None:
        """Some guests live where they did not before: let lab.yaml's checks look at the ones it means."""
        for said in self._config.guests.values():
            meant = meant_guest(said, self._known.values()) if said.checks else None
            before = self._checked.get(said.name)
            if meant is None or meant.id == before:
                continue
            if before is not None:
                self._detach(said, before)
            self._checked[said.name] = meant.id
            for name, check in said.checks.items():
                self._add(Watched(CheckName(name), meant, said.address), check)

    def _detach(self, said: Guest, guest: TargetId) -> None:
        """Another guest has that name now: what was checked for the old one is no longer looked at."""
        for name in said.checks:
            self._scheduler.cancel(f"{name}@{guest}")
            self._looks[guest].pop(name, None)
            self._jobs[guest].pop(name, None)
            self._sight.forget(Fingerprint(CheckName(name), guest))
            probe = self._probes.pop(f"{name}@{guest}", None)
            if probe is not None:
                self._start(probe.close())

    def _pace(self, check: Check) -> Pace:
        timing = self._config.timing
        every = check.every or timing.check_every
        return Pace(every, min(check.retry_every or timing.retry_every, every), check.failures or timing.failures)

    def heard(self, event: GuestEvent) -> None:
        """A hypervisor told something."""
        self._guests[event.host].heard(event)

    def meant(self, name: str) -> TargetId:
        """The target of that name, `name@host` or id, of those that are looked at. Raises GuestRefused."""
        here = [t for t in self._known.values() if t.kind is not TargetKind.GUEST]
        here += [t for one in self._guests.values() for t in one.guests]
        found = meant_by(name, here)
        if len(found) == 1:
            return found[0].id
        if not found:
            raise GuestRefused(f"cannot find '{name}': because nothing here is called that")
        labels = " or ".join(sorted(self.names(target.id) for target in found))
        raise GuestRefused(f"cannot tell which '{name}' is meant: because there are {len(found)}; say {labels}")

    def names(self, target: TargetId) -> str:
        """What people call a target."""
        return names_of(self._known.values())(target)

    def labels(self) -> list[str]:
        """What people call all that is looked at."""
        return sorted(names_of(self._known.values()).labels.values())

    def who_answers(self, host: str) -> str:
        """Why what answers at a host's address may be another host; "" where nothing says so."""
        return self._parts.ssh.twins.doubt(Target(target_id(TargetKind.HOST, host)))

    def guest(self, guest: TargetId) -> GuestProbe | None:
        """What is known of the making of a guest, and on which host it lives."""
        return next((found for guests in self._guests.values() if (found := guests.find(guest))), None)

    def machine(self, uuid: str, host: str, name: str) -> Machine:
        """The guest of that UUID on that host, and all other hosts: one that was not heard may have it, too.

        So may one that seems to be the same machine; if it is, it says the same.
        """
        others = [one for other, one in self._parts.hypervisors.items() if other != host]
        return Machine(name, uuid, self._parts.hypervisors[host], others)

    async def search(self, guests: Collection[TargetId]) -> Found:
        """Ask every hypervisor now whether it has these guests."""
        found = await search(self._parts.hypervisors.values(), guests, self._shared.doubles)
        for host in set(found.hosts.values()):
            self._scheduler.hasten(f"poll {host}", timedelta(0))  # so that its card says so, too
        return found

    async def _picture(self, incident: Incident) -> None:
        """What a damaged guest's screen shows belongs in its incident's thread."""
        if (guest := self.guest(incident.subject)) is None:
            return
        name = guest.guest.name
        with suppress(HypervisorUnreachable, GuestRefused):  # a guest without a screen
            picture = await self._parts.hypervisors[guest.host].screenshot(guest.info.uuid)
            file = f"{name}-{incident.id}-{self._parts.now().astimezone(self._config.zone):%H%M%S}.png"
            await self._writer.do(attach, incident, file, f"The screen of {name}", picture)

    @cached_property
    def own_time(self) -> OwnTime:
        """What befalls the bot's own process and clock."""
        return OwnTime(
            self._config,
            self._writer,
            self._clock.now,
            tick=lambda: self._last_seen.after_stop(self._sight.tick()),
            follow=self._clock.follow,
            shift=self._shift,
            missed=lambda gap, told: self._watch.gap(gap, told=told),
        )

    def _shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._scheduler.replan()
        guests = [one.shift for one in self._guests.values()]
        for shift in (self._watch.shift, self._last_seen.shift, self._look_back.shift, *guests):
            shift(step)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)  # kept, or it may vanish half way
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
