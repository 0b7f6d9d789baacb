"""Which checks lab.yaml asks for, each with what it looks at."""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from bot.config import Check, Config, Guest
from bot.config.places import (
    Known,
    asks_for_its_own_key,
    owner_besides_guest,
    owner_besides_host,
    port_of,
    where_of,
)
from bot.core.health import CheckName, Evidence, Health, Observation, Target, TargetKind, name_of, target_id
from bot.monitoring.targets import configured
from bot.probes import Parts, Probe, Watched
from bot.probes.host import built_in
from bot.probes.ups import Params as UpsParams

log = logging.getLogger(__name__)


def upses_of(config: Config) -> Iterable[tuple[Watched, Check]]:
    """The checks that UPSes have without saying."""
    targets = {t.id: t for t in configured(config)}
    for ups in config.ups.values():
        params = UpsParams(port=ups.port, ups=ups.ups, steady=config.timing.on_battery)
        check = Check("ups", "ups", params, every=ups.every)
        yield Watched(CheckName("ups"), targets[target_id(TargetKind.UPS, ups.name)], ups.address), check


def checks_of(config: Config) -> Iterable[tuple[Watched, Check]]:
    """Every check of lab.yaml but those of guests, and those that UPSes and hosts have without saying."""
    targets = {t.id: t for t in configured(config)}
    yield from upses_of(config)
    named = (
        (TargetKind.HOST, config.hosts),
        (TargetKind.SERVICE, config.services),
    )
    for kind, things in named:
        for thing in things.values():
            identity = target_id(kind, thing.name)
            for name, check in {**built_in(thing), **thing.checks}.items():
                yield Watched(CheckName(name), targets[identity], thing.address), check


def guest_checks_of(config: Config, known: Collection[Target]) -> Iterable[tuple[Watched, Check]]:
    """The checks lab.yaml has of guests, each with the guest it means."""
    for said in config.guests.values():
        meant = meant_guest(said, known)
        if meant is not None:
            for name, check in said.checks.items():
                yield Watched(CheckName(name), meant, said.address), check


async def look_with(
    probe: Probe, watched: Watched, check: Check, config: Config, parts: Parts
) -> Sequence[Observation]:
    """What a probe shows of its target."""
    found, known = await probe.look(), parts.names.known
    doubt = parts.ssh.twins.doubt(watched.target)
    return [as_proof(config, watched, check, seen, known, doubt) for seen in found]


def as_proof(
    config: Config, watched: Watched, check: Check, seen: Observation, known: Known, doubt: str = ""
) -> Observation:
    """What a look shows of its target: nothing where another machine is looked at there, too, and may answer.

    A guest's own host key tells who answers, wherever that is. `known`: the address that a name was looked up to.
    `doubt`: why another machine may answer there by what it has told, "" where nothing says so.
    """
    if seen.health is not Health.OK or seen.evidence is not Evidence.INSIDE:
        return seen
    name, where, owner = watched.target.name, where_of(check, watched.address), ""
    if watched.target.kind is TargetKind.GUEST and name in config.guests and not asks_for_its_own_key(check, name):
        owner = owner_besides_guest(config, config.guests[name], where, known)
    elif watched.target.kind is TargetKind.HOST and name in config.hosts:
        host = config.hosts[name]
        owner = owner_besides_host(config, host, where, port_of(host, check), known)
    if owner:
        doubt = f"{where} is the address of {owner}, too, and who answers there can't be told"
    if not doubt:
        return seen
    return replace(seen, health=Health.UNKNOWN, evidence=Evidence.NONE, why=f"{seen.why}; but {doubt}")


def meant_guest(said: Guest, known: Iterable[Target]) -> Target | None:
    """The guest lab.yaml means by a name; None where there is none, or several and it does not say which."""
    on = target_id(TargetKind.HOST, said.host) if said.host else None
    guests = (target for target in known if target.kind is TargetKind.GUEST and target.name == said.name)
    meant = [guest for guest in guests if on in (None, guest.runs_on)]
    places = sorted({name_of(guest.runs_on) for guest in meant if guest.runs_on})
    if len(places) > 1:
        each = " and ".join(places)
        log.error("cannot check '%s': because %s have one each; say guests.%s.host", said.name, each, said.name)
    elif len(meant) > 1:  # a host has one of each name
        why = "is missing there, and another one is called that; say which with `/lab rebuilt` or `/lab deleted`"
        log.error("cannot check '%s' on %s: because it %s", said.name, places[0], why)
    return meant[0] if len(meant) == 1 else None
