"""Names in lab.yaml that refer to other things, and what must hold between things. It reads the file as written.

It looks at the text and not at the finished values, so that a mistake elsewhere hides none of these.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.document import Document, Where
from bot.core.nearest import did_you_mean
from bot.core.permit import Role

_RESERVED = ("bot", "guest")  # a runbook's `Run on: bot` and `Run on: guest` are not hosts


def check_references(document: Document) -> None:
    """Note every reference that leads nowhere, and every rule between things that is broken."""
    if not isinstance(document.data, Mapping):
        return
    hosts, services = _group(document.data, "hosts"), _group(document.data, "services")
    guests, ups = _group(document.data, "guests"), _group(document.data, "ups")
    _people(document)
    _time_zone(document)
    for name in hosts.keys() & set(_RESERVED):
        document.wrong(("hosts", name), f"runbooks use the word {name!r} themselves; call the host otherwise")
    for name in hosts.keys() & services.keys():
        document.wrong(("services", name), f"a host is called {name!r} too; `behind` could mean either")
    _refer(document, "hosts", "powered_by", ups, "a UPS")
    _refer(document, "guests", "host", hosts, "a host")
    for name, guest in guests.items():
        host = guest.get("host")
        if host in hosts and "hypervisor" not in hosts[host]:
            document.wrong(("guests", name, "host"), f"{host!r} has no hypervisor: there are no guests on it")
    for group in ("hosts", "services"):
        _refer(document, group, "behind", {**hosts, **services}, "a host or service")
    _circles(document, hosts, services)


def _group(data: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    """The things of a group, as far as they are groups themselves (what is not, is named elsewhere)."""
    group = data.get(name)
    things = group.items() if isinstance(group, Mapping) else ()
    return {key: thing for key, thing in things if isinstance(thing, Mapping)}


def _refer(document: Document, group: str, key: str, known: Mapping[str, Any], what: str) -> None:
    for name, thing in _group(document.data, group).items():
        wanted = thing.get(key)
        if isinstance(wanted, str) and wanted not in known:
            why = f"{wanted!r} is not {what} of this file{did_you_mean(wanted, known)}"
            document.wrong((group, name, key), why)


def _circles(document: Document, hosts: Mapping[str, Any], services: Mapping[str, Any]) -> None:
    """What is behind itself, over however many others, could never be seen. Each circle is named once."""
    things = {**hosts, **services}
    told: set[str] = set()
    for start in things:
        trail = list(_trail(start, things))
        if trail[-1] == start and len(trail) > 1 and start not in told:
            told.update(trail)
            where: Where = ("hosts" if start in hosts else "services", start, "behind")
            document.wrong(where, f"it goes in a circle: {' → '.join(trail)}")


def _trail(start: str, things: Mapping[str, Any]) -> Iterator[str]:
    """`start`, what it is behind, what that is behind, … to the end, or to the first that came before."""
    seen: set[str] = set()
    here: Any = start
    while isinstance(here, str) and here in things:
        yield here
        if here in seen:
            return
        seen.add(here)
        here = things[here].get("behind")


def _people(document: Document) -> None:
    """At least one admin, at most one owner, and no two people with one Slack account."""
    people = _group(document.data, "people")
    written = isinstance(document.data.get("people"), Mapping)
    if written and not any(Role.ADMIN in _roles(person) for person in people.values()):
        document.wrong(("people",), "nobody in it is an admin; give one person `roles: admin`")
    owners = [name for name, person in people.items() if person.get("owner") == "true"]
    for name in owners[1:]:
        first = document.line(("people", owners[0], "owner"))
        document.wrong(("people", name, "owner"), f"there is one owner, and {owners[0]} is it (line {first})")
    seen: dict[str, str] = {}
    for name, person in people.items():
        other = seen.setdefault(str(person.get("slack", name)), name)
        if other != name:
            document.wrong(("people", name, "slack"), f"{other} has this Slack account already")


def _roles(person: Mapping[str, Any]) -> list[Any]:
    roles = person.get("roles", [])
    return roles if isinstance(roles, list) else [roles]


def _time_zone(document: Document) -> None:
    zone = document.data.get("time_zone")
    if not isinstance(zone, str):
        return
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown (a KeyError), not a zone's name, a folder of zones
        document.wrong(("time_zone",), f"{zone!r} is not a time zone such as Europe/Paris")
