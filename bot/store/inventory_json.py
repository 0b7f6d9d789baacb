"""A host's inventory as JSON that carries its version."""

import json
from dataclasses import fields
from typing import Any

from bot.core.incidents.inventory import DiskFacts, GuestFacts, HostFacts, ThingFacts, ThingKind
from bot.store.json_value import Fields, read_value

VERSION = 1


def facts_out(facts: HostFacts) -> str:
    """An inventory as stored."""
    return json.dumps(
        {
            "version": VERSION,
            "host": facts.host,
            "guests": [_guest_out(guest) for guest in facts.guests],
            "pools": _things_out(facts.pools),
            "networks": _things_out(facts.networks),
            "whole": facts.whole,
        }
    )


def facts_in(text: str) -> HostFacts:
    """A stored inventory. Raises ValueUnreadable."""
    return read_value("a host's inventory", text, VERSION, _facts_in)


def _facts_in(rest: Fields) -> HostFacts:
    guests = tuple(map(_guest_in, rest["guests"]))
    pools, networks = _things_in(rest["pools"]), _things_in(rest["networks"])
    return HostFacts(rest["host"], guests, pools, networks, rest["whole"])


def _guest_out(guest: GuestFacts) -> dict[str, Any]:
    disks = guest.disks and [[disk.path, disk.present, disk.capacity] for disk in guest.disks]
    return {
        "uuid": guest.uuid,
        "name": guest.name,
        "autostart": guest.autostart,
        "persistent": guest.persistent,
        "managed_save": guest.managed_save,
        "title": guest.title,
        "nvram": guest.nvram,
        "disks": None if guest.disks is None else disks or [],
    }


def _guest_in(parts: dict[str, Any]) -> GuestFacts:
    disks = None if parts["disks"] is None else tuple(DiskFacts(*disk) for disk in parts["disks"])
    known = {one.name: parts[one.name] for one in fields(GuestFacts)}
    return GuestFacts(**{**known, "disks": disks})


def _things_out(things: tuple[ThingFacts, ...] | None) -> list[list[Any]] | None:
    if things is None:
        return None
    return [[t.kind, t.uuid, t.name, t.active, t.autostart, t.persistent] for t in things]


def _things_in(rows: list[list[Any]] | None) -> tuple[ThingFacts, ...] | None:
    return None if rows is None else tuple(ThingFacts(ThingKind(kind), *rest) for kind, *rest in rows)
