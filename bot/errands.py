"""What to deliver next, and what becomes of it: plain functions over the outbox, a transaction each.

A parcel's begin is committed before anything is sent, so that after a crash it is known to be in doubt. What is to
follow something else stays behind it: lines of one thread, files of one thread, what one card shows.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.incident import Tell
from bot.store import Store
from bot.store.outbox import REPLACED, Parcel, Post, Waiting
from bot.views import Card
from bot.views.forms import Form
from bot.views.line import line, printed

log = logging.getLogger(__name__)

Draw = Callable[[Store, str, datetime], Card | None]
"""The card of a subject (`incident:7`, `run:3:step:2`) as it now stands; None if there is nothing to show."""

SETTLING = timedelta(seconds=5)  # a request whose answer was lost may still arrive: only then is "not there" true
LONGEST_DOUBT = timedelta(minutes=1)
MENDING = timedelta(minutes=1)  # between tries that fail until a person mends token, scope or channel
PATIENCE = 10  # tries, some minutes; then what Slack still fails on holds up its thread no longer
KEPT = timedelta(days=7)
ENDING = 1_400  # characters of a text that can't be uploaded
_REASON = 200  # characters of why it can't


class Method(StrEnum):
    """What is asked of Slack; each has a rate limit of its own."""

    POST = "post"
    UPDATE = "update"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Errand:
    """One try: what to deliver, and how. `card`: drawn, or a line's words, in that `form`; `content`: a file's."""

    waiting: Waiting
    method: Method
    card: Card
    content: bytes = b""
    form: Form = Form.WHOLE


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to deliver before `due`, None for nothing at all."""

    due: datetime | None


def recover(store: Store, now: datetime) -> None:
    """After a start: what was being sent when the process ended is in doubt."""
    store.outbox.recover(now, now + SETTLING)


def take(store: Store, now: datetime, draw: Draw, resting: frozenset[Method]) -> Errand | Nothing:
    """The next errand, its begin committed; or when there will be one."""
    later: list[datetime] = []
    held: set[str] = set()
    for waiting in store.outbox.waiting():
        method = _method(waiting)
        if waiting.parcel.replaces is not None and waiting.at is None:
            continue  # until the new one stands
        queues = _queues(waiting, resting=method in resting)
        if method in resting or queues & held or _lacks_its_thread(store, waiting):
            held |= queues
        elif waiting.due_at > now:
            later.append(waiting.due_at)
            held |= queues
        elif (card := _drawn(store, waiting, now, draw)) is None:
            store.outbox.sent(waiting.id)
        else:
            store.outbox.begin(waiting.id)
            return Errand(waiting, method, card, _content(store, waiting))
    return Nothing(min(later, default=None))


def _method(waiting: Waiting) -> Method:
    if waiting.parcel.is_file:
        return Method.UPLOAD
    changes = waiting.parcel.is_card or waiting.parcel.replaces is not None
    return Method.UPDATE if changes and waiting.at else Method.POST


def _queues(waiting: Waiting, *, resting: bool) -> set[str]:
    """Where it stands in line. A card that is changed stands in no thread's: it overtakes nobody.

    A file stands among the lines, too, so that what a step printed comes before the next step's buttons; but only
    for its first try, for nobody's buttons wait for a file that can't be uploaded.
    """
    parcel = waiting.parcel
    queues = {f"card of {parcel.subject}"} if parcel.is_card else set()
    if parcel.thread is not None and waiting.attempts < PATIENCE and not (parcel.is_card and waiting.at):
        queues.add(f"{'files' if parcel.is_file else 'lines'} in {parcel.thread}")
        if parcel.is_file and not waiting.attempts and not resting:
            queues.add(f"lines in {parcel.thread}")
    return queues


def _lacks_its_thread(store: Store, waiting: Waiting) -> bool:
    """Whether its thread's first message is still to come. If none will, it goes to the channel itself."""
    thread = waiting.parcel.thread
    return thread is not None and waiting.thread is None and store.outbox.has_card(thread)


def _drawn(store: Store, waiting: Waiting, now: datetime, draw: Draw) -> Card | None:
    """What is shown; None where there is nothing (any more), or where drawing it fails: the rest must still go."""
    if waiting.at is not None and waiting.parcel.replaces == waiting.at:
        return None  # it turned out to be the one that stands
    if not waiting.parcel.is_card:
        return line(waiting.parcel.text)
    try:
        return draw(store, waiting.parcel.subject, now)
    except Exception:
        log.exception("cannot draw %s", waiting.parcel.subject)
        return None


def _content(store: Store, waiting: Waiting) -> bytes:
    return store.outbox.content(waiting.id) if waiting.parcel.is_file else b""


def record(store: Store, now: datetime, errand: Errand, post: Post) -> None:
    """It was delivered. A card that was in doubt may show the past, so it is drawn once more."""
    waiting = errand.waiting
    store.outbox.sent(waiting.id)
    if waiting.parcel.is_card:
        store.outbox.posted(waiting.parcel.subject, post, now)
        if waiting.doubtful and errand.method is Method.POST:
            store.outbox.add(waiting.parcel, now, now)


def put_back(
    store: Store, now: datetime, waiting: Waiting, why: str, wait: timedelta = timedelta(0), *, tried: bool = True
) -> None:
    """This try surely delivered nothing; what an earlier one did is as doubtful as it was.

    `tried`: False where Slack was away or asked too often, which says nothing of this message.
    """
    store.outbox.again(waiting.id, now + wait, why, doubtful=waiting.doubtful, tried=tried)


def doubt(store: Store, now: datetime, waiting: Waiting, why: str) -> None:
    """Nobody knows whether it was delivered: look once a late request must have arrived."""
    pause = min(timedelta(seconds=2 ** min(waiting.attempts, 10)), LONGEST_DOUBT)
    store.outbox.again(waiting.id, now + max(pause, SETTLING), why, doubtful=True)


def begin_anew(store: Store, now: datetime, errand: Errand, why: str, *, stands: bool) -> None:
    """The message that was to be changed, or in whose thread it was to go, is closed: its card is posted anew.

    `stands`: it may still be there, with its old state; once the new one stands, it says so.
    """
    waiting = errand.waiting
    change = errand.method is Method.UPDATE
    closed, old = (waiting.parcel.subject, waiting.at) if change else (waiting.parcel.thread, waiting.thread)
    if closed is None:
        give_up(store, now, waiting, why)
        return
    store.outbox.forget_post(closed)
    store.outbox.again(waiting.id, now, why, doubtful=False)
    store.outbox.add(Parcel(closed, Tell.CARD), now, now)
    if stands and old is not None:
        words = f"➡️ {_called(closed)} goes on in a newer message."
        store.outbox.add(Parcel(closed, REPLACED, text=words, name=f"{old.channel} {old.ts}"), now, now)


def _called(subject: str) -> str:
    """What people call a subject: `incident:7` is Incident 7, `run:3:step:2` is Step 2 of run 3."""
    parts = subject.split(":")
    pairs = [f"{kind} {number}" for kind, number in zip(parts[::2], parts[1::2], strict=False)]
    return " of ".join(reversed(pairs)).capitalize()


def instead_of_file(store: Store, now: datetime, errand: Errand, why: str, code: str) -> None:
    """The file is not taken here: say so in its place, and show the end of it if it is text."""
    waiting = errand.waiting
    give_up(store, now, waiting, why)
    _show_end(store, now, errand, f"could not be uploaded (Slack: {code})")


def say_late(store: Store, now: datetime, errand: Errand, why: str) -> None:
    """The file can't be uploaded yet: say so in its place, once, and show the end of it if it is text."""
    if not store.outbox.stands_in(errand.waiting.key):
        _show_end(store, now, errand, f"can't be uploaded yet ({_reason(why)}) and is tried again")


def _reason(why: str) -> str:
    return why.rpartition(": because ")[2][:_REASON]


def _show_end(store: Store, now: datetime, errand: Errand, what: str) -> None:
    waiting = errand.waiting
    title = f"{waiting.parcel.text or waiting.parcel.name}, which {what}"
    try:
        text = printed(f"{title}, ends with", errand.content.decode()[-ENDING:])
    except UnicodeDecodeError:
        text = title
    line = replace(waiting.parcel, tell=Tell.LINE, text=text, name=waiting.key)
    store.outbox.add(line, now, now)


def stranded(store: Store, now: datetime, draw: Draw) -> list[tuple[str, str]]:
    """What waits and someone should hear of, as key and words: first messages, and what all are to see."""
    found = [one for one in store.outbox.waiting() if one.at is None or not one.parcel.is_card]
    found = [one for one in found if one.parcel.replaces is None]
    first = [one for one in found if one.parcel.thread is None or one.parcel.tell == Tell.BROADCAST]
    drawn = [(one, _drawn(store, one, now, draw)) for one in first]
    return [(one.key, card.text) for one, card in drawn if card is not None and card.text]


def last_channel(store: Store, _now: datetime) -> str | None:
    """The id of the channel that was last posted to."""
    return store.outbox.last_channel()


def give_up(store: Store, now: datetime, waiting: Waiting, why: str) -> None:
    """It will never be taken. What waited for it goes on without it."""
    store.outbox.failed(waiting.id, why)
    store.alive.write(f"cannot deliver {waiting.key}: because {why}", now)


def tidy(store: Store, now: datetime) -> None:
    """What was settled long ago is forgotten. To be called daily."""
    store.outbox.prune(now - KEPT)
    store.second_channel.prune(now - KEPT)
