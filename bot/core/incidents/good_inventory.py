"""A host's good inventory: what it is to be like. It follows what people change, and not what was lost.

Values only. What an incident asks about, what is missing, and what could not be looked at stay as they were.
"""

from collections.abc import Collection
from dataclasses import replace

from bot.core.health import TargetId, TargetKind, guest_id, target_id
from bot.core.incidents.inventory import GuestFacts, HostFacts, ThingFacts
from bot.core.incidents.inventory_changes import Questions, key_of


def renewed(good: HostFacts, found: HostFacts, asked: Questions, its_own: Collection[TargetId]) -> HostFacts:
    """What a host is to be like, from what was found there now.

    `asked`: what an incident asks about, or nobody could look at since a gap. `its_own`: the guests watched
    there, also those that are gone: they may come back, and may then lack something.
    """
    was, now = ({guest.uuid: guest for guest in facts.guests} for facts in (good, found))
    open_guests, host = {target for target, _ in asked}, target_id(TargetKind.HOST, found.host)
    kept = [was[uuid] for uuid in was if guest_id(uuid) in (open_guests if uuid in now else its_own)]
    fresh = [
        _told(was.get(uuid), now[uuid]) for uuid in now if uuid not in was or guest_id(uuid) not in open_guests
    ]
    things = {key for target, key in asked if target == host}
    pools, networks = _things(good.pools, found.pools, things), _things(good.networks, found.networks, things)
    return replace(found, guests=(*kept, *fresh), pools=pools, networks=networks)


def _told(was: GuestFacts | None, now: GuestFacts) -> GuestFacts:
    """A guest, with what is known from before of what nobody could look at now."""
    if was is None:
        return now
    saved = was.managed_save if now.managed_save is None else now.managed_save
    nvram = was.nvram if now.nvram is None else now.nvram
    return replace(now, managed_save=saved, nvram=nvram, disks=was.disks if now.disks is None else now.disks)


def _things(
    was: tuple[ThingFacts, ...] | None, now: tuple[ThingFacts, ...] | None, asked: Collection[str]
) -> tuple[ThingFacts, ...] | None:
    if now is None:
        return was
    kept = {key_of(one): one for one in was or () if key_of(one) in asked}
    return (*kept.values(), *(one for one in now if key_of(one) not in kept))
