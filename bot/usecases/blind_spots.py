"""What can't be proven is said once in the channel, and again only when it is about other machines."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.config import Config, Host, Service
from bot.config.unwatched import unwatched
from bot.core.guest import GuestInfo
from bot.core.health import Target, TargetId, TargetKind, target_id
from bot.core.incident import Tell
from bot.core.incidents.blind_spots import BlindSpot, Making, blind_spots
from bot.core.incidents.console_log import sharing
from bot.core.names import Names
from bot.incidents import own_checks
from bot.monitoring.addresses import hypervisor_at
from bot.store import Store
from bot.store.outbox import Parcel

SUBJECT = "blind spots"


def tell_blind_spots(store: Store, now: datetime, spots: Sequence[BlindSpot]) -> None:
    """Say in the channel what can't be proven, unless that was said before."""
    known = store.told.last(SUBJECT)
    keys = [spot.key for spot in spots]
    if keys == known:
        return
    store.told.keep(SUBJECT, keys, now)
    for spot in spots:
        if spot.key not in known:
            text = f"🔎 {spot.what}. To change that: {spot.mend}."
            store.outbox.add(Parcel(SUBJECT, Tell.LINE, text=text), now, now)


def spots_of(
    config: Config,
    guests: Mapping[TargetId, Target],
    infos: Mapping[TargetId, GuestInfo],
    name: Names,
    *,
    doors: Collection[TargetId] = (),
    all_told: bool = True,
) -> tuple[BlindSpot, ...]:
    """What can't be proven.

    `doors`: the machines of whose checks none looks further than to an open SSH port. `all_told`: every hypervisor
    has told which guests it has, so that no other is any.
    """
    consoles = [target_id(TargetKind.HOST, host.name) for host in config.hosts.values() if _reads_consoles(host)]
    making = Making(infos, own_checks(config, guests), frozenset(consoles), doors, _shared(guests, infos))
    there = {guest.name for guest in guests.values()}
    nowhere = sorted(said for said in config.guests if all_told and said not in there)
    idle = sorted(_target(thing) for thing in unwatched(config) if thing.watched)
    return blind_spots(guests.values(), making, nowhere, idle, name)


def _reads_consoles(host: Host) -> bool:
    """Whether a file on that host can be read: over SSH, or because libvirt speaks with this very machine."""
    local = host.hypervisor is not None and not hypervisor_at(host.hypervisor)
    return host.ssh is not None or local


def _shared(
    guests: Mapping[TargetId, Target], infos: Mapping[TargetId, GuestInfo]
) -> Mapping[TargetId, frozenset[TargetId]]:
    """Each host has files of its own."""
    hosts = {target.runs_on for target in guests.values()}
    here = ({one: info for one, info in infos.items() if guests[one].runs_on == host} for host in hosts)
    return {guest: others for found in here for guest, others in sharing(found).items()}


def _target(thing: Host | Service) -> TargetId:
    return target_id(TargetKind.HOST if isinstance(thing, Host) else TargetKind.SERVICE, thing.name)
