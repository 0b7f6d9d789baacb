"""What an outage changed of a host's inventory: lost disks, autostart, saved memory, firmware, pools and networks.

A guest that comes up may still lack a disk, and one that was off shows nothing at all: only the comparison does.
What could not be looked at has neither changed nor come back. Guests that are gone altogether are missing.py's.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.core.health import TargetId, TargetKind, guest_id, target_id
from bot.core.incidents.inventory import DiskFacts, GuestFacts, HostFacts, ThingFacts


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `key`: what it is about, the same for as long as it lasts; `words`: for a person."""

    key: str
    words: str


@dataclass(frozen=True, slots=True)
class _Look:
    """What became of one thing. `words`: how it differs, "" where it does not, None where nobody could look."""

    key: str
    words: str | None


Changes = Mapping[TargetId, tuple[Change, ...]]
"""By target: a guest's own, or its host's pools and networks."""

Questions = frozenset[tuple[TargetId, str]]
"""Whose is what, by the key of a difference: one that is there, or that nobody could look at."""


def compare(
    before: HostFacts,
    after: HostFacts,
    running: Collection[str],
    held: Changes,
    booted: Collection[str] = (),
) -> Changes:
    """How a host differs from what it was before: what is new, and what is `held` and not known to be mended.

    `running`: the UUIDs of the guests that run now; those may have gone on from their saved memory. `booted`:
    those of them that surely have not.
    """
    looks = _looks(before, after, running, booted)
    return MappingProxyType({target: _changes(of, held.get(target, ())) for target, of in looks.items()})


def in_question(
    before: HostFacts, after: HostFacts, running: Collection[str], booted: Collection[str] = ()
) -> Questions:
    """Whose is what has changed, or could not be looked at, each by its key; as in `compare`."""
    looks = _looks(before, after, running, booted).items()
    return frozenset((target, one.key) for target, of in looks for one in of if one.words != "")


def _looks(
    before: HostFacts, after: HostFacts, running: Collection[str], booted: Collection[str]
) -> Mapping[TargetId, Sequence[_Look]]:
    """What became of each thing, by target."""
    now = {guest.uuid: guest for guest in after.guests}
    found: dict[TargetId, Sequence[_Look]] = {}
    for guest in before.guests:
        runs, anew = guest.uuid in running, guest.uuid in booted
        looks = _guest(guest, now.get(guest.uuid, guest), runs=runs, booted=anew)
        found[guest_id(guest.uuid)] = tuple(looks if guest.uuid in now else map(_unseen, looks))
    things = (*_things(before.pools, after.pools), *_things(before.networks, after.networks))
    found[target_id(TargetKind.HOST, after.host)] = things
    return found


def _unseen(look: _Look) -> _Look:
    """The same thing of a guest that is not there: nobody knows."""
    return _Look(look.key, None)


def _changes(looks: Iterable[_Look], held: Iterable[Change]) -> tuple[Change, ...]:
    seen = {look.key: look.words for look in looks}
    still = {one.key: one for one in held if seen.get(one.key) is None and one.key in seen}
    new = {key: Change(key, words) for key, words in seen.items() if words}
    return tuple(sorted((still | new).values(), key=lambda one: one.key))


def _guest(before: GuestFacts, after: GuestFacts, *, runs: bool, booted: bool) -> Iterator[_Look]:
    yield from _disks(before.disks, after.disks, runs=runs)
    if before.disks:
        yield _Look("disk order", _order(before.disks, after.disks))
    starts = "it starts with its host now" if after.autostart else _NO_AUTOSTART
    yield _Look("autostart", "" if before.autostart == after.autostart else starts)
    if before.persistent:
        yield _Look("defined", "" if after.persistent else "it is defined no more, and gone once it stops")
    if before.managed_save:
        yield _Look("managed save", _memory(after, runs=runs, booted=booted))
    if before.nvram:
        now = after.nvram
        words = None if now is None else "" if now == before.nvram else "its firmware's variables (NVRAM) are new"
        yield _Look("nvram", words)


def _memory(after: GuestFacts, *, runs: bool, booted: bool) -> str | None:
    """What became of a guest's saved memory. One that runs may have gone on from it."""
    if booted:
        return "its saved memory is gone: it was booted anew, and did not go on from there"
    if runs:
        return ""
    kept = after.managed_save
    return None if kept is None else "" if kept else "its saved memory is gone"


_NO_AUTOSTART = "it no longer starts with its host"


def _disks(
    before: tuple[DiskFacts, ...] | None, after: tuple[DiskFacts, ...] | None, *, runs: bool
) -> Iterator[_Look]:
    now = None if after is None else {disk.path: disk for disk in after}
    for disk in before or ():
        if disk.present is False:
            continue  # it was not there before, either
        yield _Look(f"disk {disk.path}", None if now is None else _disk(disk, now.get(disk.path), runs=runs))


def _order(before: tuple[DiskFacts, ...], after: tuple[DiskFacts, ...] | None) -> str | None:
    """Whether the disks that are still part of a guest are in another order: it boots from the first."""
    if after is None:
        return None
    was, now = ([disk.path for disk in disks] for disks in (before, after))
    left, here = [one for one in was if one in now], [one for one in now if one in was]
    if left == here:
        return ""
    return f"its disks are in another order: {', '.join(here)}; they were {', '.join(left)}"


def _disk(before: DiskFacts, after: DiskFacts | None, *, runs: bool) -> str | None:
    """What became of one disk. Those of a guest that runs are open, and so are there."""
    if after is None:
        return f"its disk {before.path} is no longer part of it"
    if after.present is False:
        return f"its disk {before.path} is not there"
    if before.capacity and after.capacity is not None and after.capacity < before.capacity:
        return f"its disk {before.path} is smaller than it was ({after.capacity} of {before.capacity} bytes)"
    return None if before.present and after.present is None and not runs else ""


def key_of(thing: ThingFacts) -> str:
    """What a difference of a storage pool or a network is known by."""
    return f"{thing.kind} {thing.name}"


def _things(before: tuple[ThingFacts, ...] | None, after: tuple[ThingFacts, ...] | None) -> Iterator[_Look]:
    """Guests know them by name: one that was made anew under its name is there."""
    now = None if after is None else {one.name: one for one in after} | {one.uuid: one for one in after}
    for thing in before or ():
        found = now and (now.get(thing.uuid) or now.get(thing.name))
        yield _Look(key_of(thing), None if now is None else _thing(thing, found or None))


def _thing(before: ThingFacts, after: ThingFacts | None) -> str:
    called = f"the {before.kind} {before.name}"
    if after is None:
        return f"{called} is gone" if before.persistent else ""
    if before.active and not after.active:
        return f"{called} is not started"
    if before.persistent and not after.persistent:
        return f"{called} is defined no more, and gone at the next start"
    return f"{called} no longer starts with its host" if before.autostart and not after.autostart else ""
