"""`check`: one look at everything that the bot would watch, as a table. It writes nothing and tells nobody."""

import argparse
import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial

from bot.clock import Clock
from bot.config import Check, Config, load
from bot.config.places import asked_instead, where_of
from bot.core.guest import GuestEvent, GuestState
from bot.core.health import (
    BOOT,
    HYPERVISOR,
    Evidence,
    Health,
    Observation,
    Proof,
    Target,
    TargetId,
    TargetKind,
    target_id,
)
from bot.core.incidents.blind_spots import BlindSpot, Screen
from bot.core.names import Names, names_of
from bot.core.placements import Placements
from bot.hypervisor import CannotWatch, Hypervisor, HypervisorUnreachable, watched_twice
from bot.monitoring.boots import Boots
from bot.monitoring.placement import Whereabouts
from bot.monitoring.targets import guest_target
from bot.probes import Parts, SshWays, Watched, discover
from bot.probes.guest import GuestProbe, note_shared_logs
from bot.probes.hypervisor import WATCHING, HypervisorProbe
from bot.rounds import addresses, blind_spots
from bot.rounds.boots import LOOKS_AT_ONCE
from bot.rounds.checks import as_proof, checks_of, guest_checks_of
from bot.rounds.found_at import FoundAt
from bot.rounds.guest_ssh import GuestSsh
from bot.terminal import counted
from bot.terminal.inventory import whole_inventory
from bot.terminal.one_machine import doubled
from bot.terminal.ran_before import boots_before, off_since, ran_before
from bot.terminal.spots import mend, strangers, told
from bot.terminal.waiting import Tally, telling
from bot.vocabulary import probe_params
from bot.ways import Ways, hypervisors_of

MARKS = {Health.FAIL: "FAIL", Health.UNKNOWN: "unknown", Health.OK: "ok"}
"""What a health is called; in the order of the table."""


def check(options: argparse.Namespace) -> int:
    """Look at everything once and print a table; 0 if all is well, else 1: also for what could not be seen."""
    config = load(options.config, probes=probe_params())
    found = asyncio.run(look_once(config))
    ran, unknown_before = ran_before(config)
    seen = sorted(
        (off_since(one, ran) for one in found.seen),
        key=lambda one: (list(MARKS).index(one.health), _cells(one, found.name)[1]),
    )
    rows = [_cells(one, found.name) for one in seen]
    widths = [max((len(text) for text in column), default=0) for column in zip(*rows, strict=True)]
    for one, row in zip(seen, rows, strict=True):
        print(*(cell.ljust(width) for cell, width in zip(row, widths, strict=True)), one.why, sep="  ")
    failing, unknown = (sum(one.health is health for one in seen) for health in (Health.FAIL, Health.UNKNOWN))
    print(f"\n{counted(len(seen), 'check')}: {failing} fail, {unknown} unknown")
    if not seen:
        print(f"{config.path.name} names nothing to look at: give it hosts, services or a UPS")
    if unknown_before:
        print(f"cannot tell what ran before and is off: because {unknown_before}")
    for spot in found.spots:
        print(*told(spot, config), f"  → {mend(spot, config)}", sep="\n")
    for what, how in found.strangers:
        print(f"{what}\n  → {how}")
    well = seen and not failing and not unknown and not unknown_before
    return 0 if well and all(spot.note for spot in found.spots) else 1


def _cells(seen: Observation, name: Names) -> tuple[str, str, str]:
    kind = seen.target.partition(":")[0]
    return MARKS[seen.health], f"{kind}:{name(seen.target)}", seen.fingerprint.check


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at everything showed, what to call what was looked at, and what can't be proven.

    `strangers`: what answers in place of guests' SSH servers, and what to do about it.
    """

    seen: Sequence[Observation]
    name: Names
    spots: Sequence[BlindSpot]
    strangers: Sequence[tuple[str, str]]


async def look_once(config: Config) -> Looked:
    """One look of every check, at every hypervisor and its guests, and into every guest that runs.

    Guests that come and go by lab.yaml's `ephemeral` are left out.
    """
    tally, guests = Tally(), dict[Target, GuestProbe]()
    async with AsyncExitStack() as opened, telling(lambda: tally):
        parts, ssh = _parts(config, opened, guests)
        hosts = list(parts.hypervisors)
        await addresses.learn(parts.names, config)
        twice = await doubled(parts.hypervisors)
        places = await _placements(parts.hypervisors, twice)
        listed = await asyncio.gather(*(_guests_of(config, host, parts, tally, places) for host in hosts))
        guests |= {target: probe for found in listed for target, probe in found.items()}
        looks = [_look_at(config, watched, one, parts) for watched, one in checks_of(config)]
        of_each = zip(hosts, listed, strict=True)
        looks += [_look_at_guests(config, host, parts, tally, found, twice) for host, found in of_each]
        seen = [one for found in await asyncio.gather(*map(tally.count, looks)) for one in found]
        seen += Whereabouts(places, frozenset(hosts), lambda _: False, parts.now()).twice(guests)
        own = [_look_inside(config, watched, one, parts, ssh) for watched, one in guest_checks_of(config, guests)]
        seen += [one for found in await asyncio.gather(*map(tally.count, own)) for one in found]
        spots = await tally.count(_spots(config, guests, seen, ssh))
        others = await tally.count(strangers(guests.keys(), ssh))
    return Looked(_as_proof(seen, guests), names_of(guests), spots, others)


def _parts(config: Config, opened: AsyncExitStack, guests: Mapping[Target, GuestProbe]) -> tuple[Parts, GuestSsh]:
    """What checks look with; closed with `opened`. `guests`: those that are known, once they are."""
    hypervisors = hypervisors_of(config, _deaf)
    for hypervisor in hypervisors.values():
        opened.push_async_callback(hypervisor.close)
    ways = Ways(config)
    opened.push_async_callback(ways.close)
    by_ssh = SshWays(ways.to_host, ways.door, ways.knows, ways.ssh_proof)
    parts = Parts(Clock().now, hypervisors, ways.read_end, ways.names, by_ssh, zone=config.zone)
    ssh = GuestSsh(config, parts, FoundAt(hypervisors, ways.names, lambda: guests))
    by_ssh = replace(by_ssh, others=ssh.names_of_others)
    return replace(parts, ssh=by_ssh, ssh_answers=ssh), ssh


def _as_proof(seen: Sequence[Observation], guests: Collection[Target]) -> Sequence[Observation]:
    """What looks into guests come to: a sign of life is no proof, unless power alone is accepted.

    Where a check of its own shows a guest well, that tells more than a screen that tells nothing.
    """
    accepted = {guest.id for guest in guests if guest.proof is Proof.RUNNING}
    proven = {one.target for one in seen if one.health is Health.OK and one.evidence is Evidence.INSIDE}

    def judged(one: Observation) -> Observation:
        if one.fingerprint.check != BOOT or one.health is Health.FAIL or one.evidence is Evidence.INSIDE:
            return one
        if one.target in proven:
            return replace(one, health=Health.OK, why=f"a check of its own shows it well ({one.why})")
        if one.target in accepted:
            return replace(one, health=Health.OK, why=f"accepted: it runs, and was not looked inside ({one.why})")
        return replace(one, health=Health.UNKNOWN)

    return list(map(judged, seen))


async def _placements(hypervisors: Mapping[str, Hypervisor], twice: Collection[str]) -> Placements:
    """Where the guests live."""

    async def told(host: str) -> Mapping[str, GuestState] | None:
        try:
            return await hypervisors[host].states()
        except HypervisorUnreachable:  # its probe says so
            return None

    hosts = [host for host in hypervisors if host not in twice]
    places = Placements()
    for host, states in zip(hosts, await asyncio.gather(*map(told, hosts)), strict=True):
        places = places.lost(host) if states is None else places.heard(host, states)
    return places


async def _spots(
    config: Config, guests: Mapping[Target, GuestProbe], seen: Sequence[Observation], ssh: GuestSsh
) -> Sequence[BlindSpot]:
    """What can't be proven."""
    told = all(one.health is Health.OK for one in seen if one.fingerprint.check == HYPERVISOR)
    looks = (one for one in seen if one.fingerprint.check == BOOT)
    screens = {one.target: Screen.NOTHING if one.health is Health.UNKNOWN else Screen.TELLS for one in looks}
    made = {target: probe.info for target, probe in guests.items()}
    return await blind_spots.find(config, made, screens, ssh, all_told=told)


async def _look_at(config: Config, watched: Watched, check: Check, parts: Parts) -> Sequence[Observation]:
    probe = discover()[check.probe].make(watched, check.params, parts)
    try:
        seen, known = await probe.look(), parts.names.known
        found = [as_proof(config, watched, check, one, known) for one in seen]
        return list(filter(_is_worth_telling, found))
    finally:
        await probe.close()


async def _look_inside(
    config: Config, watched: Watched, check: Check, parts: Parts, ssh: GuestSsh
) -> Sequence[Observation]:
    seen = await _look_at(config, watched, check, parts)
    return await ssh.found.judged(watched.target, where_of(check, watched.address), seen)


def _is_worth_telling(seen: Observation) -> bool:
    """That it can be looked at goes without saying where it was."""
    return seen.health is Health.FAIL or WATCHING not in seen.fingerprint.check.split()


async def _guests_of(
    config: Config, host: str, parts: Parts, tally: Tally, places: Placements
) -> Mapping[Target, GuestProbe]:
    """The guests that live on a hypervisor, which may define more; none of one that has told nothing."""
    guests: dict[Target, GuestProbe] = {}
    if host not in places.told:
        return guests
    with suppress(HypervisorUnreachable):  # its probe says so
        for info in await tally.count(whole_inventory(parts.hypervisors[host])):
            target = guest_target(config, host, info)
            if not target.ephemeral and places.home_of(info.uuid, None) == host:
                guests[target] = GuestProbe(target, host, info, parts)
    note_shared_logs({target.id: probe for target, probe in guests.items()})
    return guests


async def _look_at_guests(
    config: Config,
    host: str,
    parts: Parts,
    tally: Tally,
    guests: Mapping[Target, GuestProbe],
    twice: Mapping[str, str],
) -> Sequence[Observation]:
    """The hypervisor, the power of its guests, and what those that run show of themselves."""
    here = Target(target_id(TargetKind.HOST, host))

    async def double(_states: Mapping[str, GuestState]) -> CannotWatch | None:
        return watched_twice(twice[host], host) if host in twice else None

    known, hypervisor = {target.id: target for target in guests}, parts.hypervisors[host]
    misled = partial(asked_instead, config, host, parts.names.known)
    probe = HypervisorProbe(here, HYPERVISOR, hypervisor, lambda: known, parts.now, double=double, instead=misled)
    seen = list(filter(_is_worth_telling, await probe.look()))
    running = {one.target for one in seen if one.running}
    boots = _met(config, parts, running)
    slots = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def look(guest: GuestProbe) -> Observation:
        async with slots:
            return await boots.look_now(guest)

    inside = (tally.count(look(guest)) for target, guest in guests.items() if target.id in running)
    return [*seen, *await asyncio.gather(*inside)]


def _met(config: Config, parts: Parts, running: Collection[TargetId]) -> Boots:
    """The boots of guests that run, by what the bot has put on record of them."""
    boots = Boots(parts.now, config.timing.boot_look)
    boots.remember(boots_before(config))
    for one in running:
        boots.polled(one, running=True)
    return boots


def _deaf(_event: GuestEvent) -> None:
    """Who looks once hears no events."""
