"""What can't be proven is said once in the channel, and again only of machines of which it was not said yet."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.config import Config, Host, Service
from bot.config.unwatched import unwatched
from bot.core.guest import GuestInfo
from bot.core.health import Target, TargetId, TargetKind, target_id
from bot.core.incident import Tell
from bot.core.incidents.blind_spots import BlindSpot, Listed, Making, Screen, blind_spots
from bot.core.incidents.console_log import sharing
from bot.core.names import Names
from bot.incidents import own_checks
from bot.monitoring.addresses import hypervisor_at
from bot.store import Store
from bot.store.outbox import Parcel

SUBJECT = "blind spots"


def tell_blind_spots(store: Store, now: datetime, spots: Sequence[BlindSpot]) -> None:
    """Say in the channel, in one message, what can't be proven and was not said before."""
    told = frozenset(store.told.last(SUBJECT))
    news = [new for spot in spots if (new := spot.news(told)) is not None]
    keys = told.union(*(spot.keys for spot in spots))
    if keys != told:
        store.told.keep(SUBJECT, sorted(keys), now)
    if news:
        text = "\n".join(f"🔎 {spot.short}.\nTo change that: {spot.mend}." for spot in news)
        store.outbox.add(Parcel(SUBJECT, Tell.LINE, text=text), now, now)


def making_of(
    config: Config,
    made: Mapping[Target, GuestInfo],
    screens: Mapping[TargetId, Screen],
    by_ssh: Collection[TargetId] = (),
    doors: Collection[TargetId] = (),
) -> Making:
    """How guests could be looked into, by what they are made of and by lab.yaml; the rest as in Making."""
    consoles = [target_id(TargetKind.HOST, host.name) for host in config.hosts.values() if _reads_consoles(host)]
    infos, guests = {guest.id: info for guest, info in made.items()}, {guest.id: guest for guest in made}
    return Making(infos, own_checks(config, guests), frozenset(consoles), by_ssh, doors, _shared(made), screens)


def spots_of(
    config: Config, guests: Collection[Target], making: Making, name: Names, *, all_told: bool
) -> tuple[BlindSpot, ...]:
    """What can't be proven. `all_told`: every hypervisor has told which guests it has, so that no other is any."""
    there = {guest.name for guest in guests}
    missing = (said for said in config.guests if said not in there and not config.comes_and_goes(said))
    nowhere = sorted(missing) if all_told else []
    idle = sorted(_target(thing) for thing in unwatched(config) if thing.watched)
    listed = Listed(nowhere, idle, sorted(one for one in making.doors if one.startswith(TargetKind.HOST)))
    return blind_spots(guests, making, listed, name)


def _reads_consoles(host: Host) -> bool:
    """Whether a file on that host can be read: over SSH, or because libvirt speaks with this very machine."""
    local = host.hypervisor is not None and not hypervisor_at(host.hypervisor)
    return host.ssh is not None or local


def _shared(made: Mapping[Target, GuestInfo]) -> Collection[TargetId]:
    """Each host has files of its own."""
    hosts = {guest.runs_on for guest in made}
    here = ({guest.id: info for guest, info in made.items() if guest.runs_on == host} for host in hosts)
    return {guest for found in here for guest in sharing(found)}


def _target(thing: Host | Service) -> TargetId:
    return target_id(TargetKind.HOST if isinstance(thing, Host) else TargetKind.SERVICE, thing.name)
