"""What is written down of guests' starts: when, which system each is in, and that one is late to come up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.health import Target, TargetId
from bot.core.incident import Event, EventKind, Incident, Tell
from bot.core.incidents.console_log import BootRecord
from bot.core.incidents.evidence import wanted
from bot.core.incidents.guest_system import Whose
from bot.core.mentions import deadened
from bot.core.quotes import quoted
from bot.store import Store
from bot.store.outbox import Parcel


def keep_boots(
    store: Store, now: datetime, records: Mapping[TargetId, BootRecord]
) -> Mapping[TargetId, BootRecord]:
    """Remember these starts over a restart of the bot.

    Those come back of which a person has said meanwhile that the other system whose agent answers is their own.
    """
    before = {guest: one for guest, one in store.boots.all().items() if guest in records}
    own = {guest: was.whose.own for guest, was in before.items() if was.whose.own is not None}
    said = [guest for guest, system in own.items() if records[guest].whose.other == system]
    accepted = {guest: replace(records[guest], whose=records[guest].whose.accepted()) for guest in said}
    known = {**records, **accepted}
    store.boots.keep({guest: one for guest, one in known.items() if before.get(guest) != one}, now)
    for guest, one in known.items():
        if one.whose.here or (guest in before and one.whose == before[guest].whose):  # it may get its name late
            _tell_other(store, now, guest, one.whose)
    return accepted


def accept_systems(store: Store, now: datetime, targets: Sequence[TargetId], by: str) -> Sequence[TargetId]:
    """A person says that these are well: another system whose agent answers is their own. Of which one does."""
    known, name = store.boots.all(), store.targets.names()
    found = [one for one in targets if one in known and known[one].whose.other is not None]
    store.boots.keep({one: replace(known[one], whose=known[one].whose.accepted()) for one in found}, now)
    for one in found:
        store.alive.write(f"{by} says that {name(one)} is well; it is {known[one].whose.other} from now on", now)
    return found


def with_other_system(store: Store, target: Target, lacking: str) -> str:
    """What a guest lacks; that another system's agent answers, where all that it lacks is its own one's answer."""
    known = store.boots.all().get(target.id) if lacking == wanted(target) else None
    doubt = known.whose.doubt if known else None
    return doubt.why if doubt else lacking


def _tell_other(store: Store, now: datetime, guest: TargetId, whose: Whose) -> None:
    """Say once, until its own answers again, that a guest's agent answers for another system."""
    doubt, subject = whose.doubt, f"other system {guest}"
    keys = [str(whose.other)] if doubt else []
    if store.told.last(subject) == keys:
        return
    store.told.keep(subject, keys, now)
    if doubt:
        name = store.targets.names()(guest)
        text = f"{name}: {deadened(doubt.why)}"
        line = f"⚠️ {text}. If that is its own, say so: `/lab well {quoted(name)}`"
        _tell(store, now, guest, subject, text, line, line)
        for incident in _waiting(store, guest):  # its card tells what it lacks
            store.outbox.add(Parcel(f"incident:{incident.id}", Tell.CARD), now, now)


def tell_late(store: Store, now: datetime, guest: Target, why: str, started: datetime) -> None:
    """Say once for each start that a guest has not come up: where an incident waits for it, or in the channel."""
    subject, keys = f"late {guest.id}", [started.isoformat()]
    if store.told.last(subject) == keys:
        return
    store.told.keep(subject, keys, now)
    text = f"{guest.name} {why.removeprefix('it ')}" if why.startswith("it ") else f"{guest.name}: {why}"
    line = f"⏳ {text}"
    _tell(store, now, guest.id, subject, text, line, f"{line}. I can't tell whether it is well.")


def _tell(store: Store, now: datetime, guest: TargetId, subject: str, text: str, line: str, alone: str) -> None:
    """Say a line of a guest where incidents wait for it, or `alone` in the channel."""
    waiting = _waiting(store, guest)
    for incident in waiting:
        store.incidents.append([Event(incident.id, now, EventKind.NOTE, text)])
        thread = f"incident:{incident.id}"
        store.outbox.add(Parcel(thread, Tell.LINE, thread=thread, text=line), now, now)
    if not waiting:
        store.outbox.add(Parcel(subject, Tell.LINE, text=alone), now, now)


def _waiting(store: Store, guest: TargetId) -> Sequence[Incident]:
    return [one for one in store.incidents.live() if guest in {one.subject, *one.members}]
