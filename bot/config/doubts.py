"""What lab.yaml says and can't be meant so, though it can be read: `lint` and `doctor` tell it, and the bot runs.

Whether the files are there that it names is another matter: it may be read on another machine than the bot's.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

from bot.config.addresses import no_addresses
from bot.config.built_in import looks_inside
from bot.config.document import Where, spelt
from bot.config.places import (
    Known,
    as_written,
    asked_instead,
    asks_for_its_own_key,
    looked_at,
    owner_besides_guest,
    owner_besides_host,
    where_of,
)
from bot.config.unwatched import LineOf, overlooked
from bot.config.values import Config, Guest, Host, Service
from bot.core.health import Proof
from bot.core.nearest import did_you_mean, nearest
from bot.core.one_machine import same_uris
from bot.core.permit import Role

_DRIVERS: Final = (
    *(
        "qemu",
        "test",
        "xen",
        "lxc",
        "ch",
        "vbox",
        "bhyve",
        "esx",
        "gsx",
        "vpx",
        "hyperv",
        "openvz",
        "vz",
        "vmwareplayer",
    ),
    *("vmwarews", "vmwarefusion", "remote"),
)
"""The schemes of libvirt's URIs: libvirt.org/drivers.html."""

_Doubt = tuple[Where, str]
_Thing = TypeVar("_Thing", Host, Service, Guest)


def doubts(config: Config, line_of: LineOf, known: Known = as_written) -> list[str]:
    """All that there are, in their order, a line each: `9: cannot watch hosts.nas: because …`.

    `known`: the addresses that the names of hosts were looked up to, if they were.
    """
    found = [
        *_watched_or_not(config),
        *_proof_of_nothing(config),
        *_shared_addresses(config),
        *_shared_hypervisors(config),
        *_others_hypervisors(config, known),
        *_no_drivers(config),
        *_unverified(config),
        *_public_halves(config),
        *no_addresses(config),
        *_misplaced_probes(config),
        *_misspelt_roles(config),
        *_come_and_go(config),
    ]
    lines = [(line_of(where), f"cannot use {spelt(where)}: because {why}") for where, why in found]
    return [f"{line}: {what}" for line, what in sorted([*lines, *overlooked(config, line_of)])]


def absent(config: Config, line_of: LineOf) -> list[str]:
    """The files it names that can't be read here: `12: hosts.atlas.ssh.key names '…', which is not there`."""
    found = [
        *_unreadable("hosts", config.hosts),
        *_unreadable("guests", config.guests),
        *_unreadable("services", config.services),
        *_no_folder(config),
    ]
    said = [(line_of(where), f"{spelt(where)} names {why}") for where, why in found]
    return [f"{line}: {what}" for line, what in sorted(said)]


def _watched_or_not(config: Config) -> Iterator[_Doubt]:
    """`watched: false` does not end what else is there to look at it."""
    for group, things in _hosts_and_services(config):
        for name, thing in things.items():
            looks = [*thing.checks, *_looks_of(thing)]
            if not thing.watched and looks:
                said = f"it is looked at all the same ({', '.join(looks)}); take one or the other out"
                yield (group, name, "watched"), said


def _looks_of(thing: Host | Service) -> Iterator[str]:
    """What makes a host be looked at besides its checks."""
    if isinstance(thing, Host):
        yield from ["hypervisor"] if thing.hypervisor else []
        yield from ["ssh"] if looks_inside(thing) else []


def _proof_of_nothing(config: Config) -> Iterator[_Doubt]:
    """`proof: running` where nothing shows that something runs without showing more."""
    for name, service in config.services.items():
        if service.proof is Proof.RUNNING:
            yield ("services", name, "proof"), "a service is well when its checks pass; take it out"
    for name, host in config.hosts.items():
        if host.proof is Proof.RUNNING and not host.checks:
            why = "nothing looks whether it runs; add a check, such as {probe: tcp, port: 22}"
            yield ("hosts", name, "proof"), why


def _shared_addresses(config: Config) -> Iterator[_Doubt]:
    """What is looked at where another machine is: what answers there proves the other one."""
    for name, host in config.hosts.items():
        shared = ((where, owner_besides_host(config, host, where, port)) for where, port in looked_at(host))
        for where, owner in [(where, owner) for where, owner in shared if owner][:1]:
            yield ("hosts", name, "address"), _whose(where, owner)
    for name, guest in config.guests.items():
        checks = [check for check in guest.checks.values() if not asks_for_its_own_key(check, name)]
        owner = owner_besides_guest(config, guest, guest.address)
        if owner and (checks or not guest.checks):
            yield ("guests", name, "address"), _whose(guest.address, owner)
        for check in checks:
            where = where_of(check, guest.address)
            if where != guest.address and (owner := owner_besides_guest(config, guest, where)):
                yield ("guests", name, "checks", check.name, "address"), _whose(where, owner)


def _whose(where: str, owner: str) -> str:
    return f"{where!r} is the address of {owner}, too, so that who answers there can't be told"


def _shared_hypervisors(config: Config) -> Iterator[_Doubt]:
    """One hypervisor under two names: each of its guests would be there twice."""
    uris = [(host.name, host.hypervisor) for host in config.hosts.values() if host.hypervisor]
    for name, first in same_uris(uris).items():
        why = f"it leads where hosts.{first}.hypervisor does: they are one machine; take one of the two hosts out"
        yield ("hosts", name, "hypervisor"), why


def _others_hypervisors(config: Config, known: Known) -> Iterator[_Doubt]:
    """A hypervisor that is asked at another host's address: what it says would be said of the wrong machine."""
    same = same_uris([(host.name, host.hypervisor) for host in config.hosts.values() if host.hypervisor])
    for name in config.hosts:
        if name not in same and (other := asked_instead(config, name, known)):
            why = f"it leads to the host {other}; correct it, or give {name} that address if they are one machine"
            yield ("hosts", name, "hypervisor"), why


def _no_drivers(config: Config) -> Iterator[_Doubt]:
    """A URI that no libvirt knows: asked all the same, it would say that its daemon does not run."""
    for name, host in config.hosts.items():
        driver = urlsplit(host.hypervisor or "").scheme.partition("+")[0]
        if host.hypervisor and driver not in _DRIVERS:
            why = f"libvirt has no driver {driver!r}{did_you_mean(driver, _DRIVERS)}"
            yield ("hosts", name, "hypervisor"), why


def _unverified(config: Config) -> Iterator[_Doubt]:
    """A URI that has libvirt take whatever machine answers: another's guests would be started and stopped."""
    for name, host in config.hosts.items():
        if ("no_verify", "1") in parse_qsl(urlsplit(host.hypervisor or "").query):
            why = (
                "no_verify=1 takes whatever machine answers for it; take that out, and have its key in known_hosts"
            )
            yield ("hosts", name, "hypervisor"), why


def _public_halves(config: Config) -> Iterator[_Doubt]:
    """A public key where the private one is asked for."""
    for name, host in config.hosts.items():
        if host.ssh and host.ssh.key and host.ssh.key.suffix == ".pub":
            yield ("hosts", name, "ssh", "key"), "that is the public half; name the file without .pub"


def _misplaced_probes(config: Config) -> Iterator[_Doubt]:
    """A probe that can look at nothing where it stands."""
    of_all: Mapping[str, Mapping[str, Host | Guest | Service]] = {
        "hosts": {**config.hosts},
        "guests": {**config.guests},
        "services": {**config.services},
    }
    for group, things in of_all.items():
        for name, thing in things.items():
            for check in thing.checks.values():
                where = (group, name, "checks", check.name)
                if check.probe == "ups":
                    yield where, "a UPS stands under `ups`, and is looked at without a check"
                elif check.probe == "host" and not (isinstance(thing, Host) and thing.ssh):
                    yield where, "the probe 'host' looks inside a host that has `ssh`; here use 'ssh' or 'tcp'"


def _misspelt_roles(config: Config) -> Iterator[_Doubt]:
    """A role that carries no rights, and looks like one that does."""
    for person in config.people:
        for role in person.roles:
            meant = nearest(role, Role)
            if meant and meant != role:
                why = f"the role {role!r} gives no rights of its own; did you mean {str(meant)!r}?"
                yield ("people", person.name, "roles"), why


def _come_and_go(config: Config) -> Iterator[_Doubt]:
    """A guest that is listed, and never opens an incident."""
    for name in config.guests:
        if config.comes_and_goes(name):
            why = "it fits a pattern of `ephemeral`, so that nothing is ever told of it; take one or the other out"
            yield ("guests", name), why


def _unreadable(group: str, things: Mapping[str, _Thing]) -> Iterator[_Doubt]:
    """The files of keys that are named and can't be read."""
    for name, thing in things.items():
        ssh = thing.ssh if isinstance(thing, Host) else None
        yield from _files((group, name, "ssh"), ssh)
        for check in thing.checks.values():
            yield from _files((group, name, "checks", check.name), check.params)


def _files(where: Where, value: Any) -> Iterator[_Doubt]:
    paths = [(one.name, getattr(value, one.name)) for one in fields(value)] if is_dataclass(value) else []
    for name, path in paths:
        if isinstance(path, Path) and not os.access(path, os.R_OK):
            yield (*where, name), f"'{path}', which {'can not be read' if path.exists() else 'is not there'}"


def _no_folder(config: Config) -> Iterator[_Doubt]:
    folder = config.runbooks.folder
    if folder is not None and not folder.is_dir():
        yield ("runbooks", "folder"), f"'{folder}', which {'is no folder' if folder.exists() else 'is not there'}"


def _hosts_and_services(config: Config) -> Iterator[tuple[str, Mapping[str, Host] | Mapping[str, Service]]]:
    yield "hosts", config.hosts
    yield "services", config.services
