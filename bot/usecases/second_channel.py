"""What goes over the second channel: taken when it is due, and its end written. A transaction each.

A message's begin is committed before anything is sent; what was being sent when the bot died is sent again only
where it is certain that it had not left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.config import Config, SecondChannel
from bot.core.incident import Incident
from bot.core.incidents.elsewhere import Needless, News, Waits, belongs, fate
from bot.core.mute import muted
from bot.incidents import situation
from bot.store import Store
from bot.views.elsewhere import Message, message

SUBJECT = "second channel"
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Order:
    """One try of one message, its begin committed."""

    id: int
    attempt: int
    rows: tuple[int, ...]
    message: Message


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to send before `due`, None for nothing at all."""

    due: datetime | None


def take(store: Store, now: datetime, config: Config, settings: SecondChannel) -> Order | Nothing:
    """The next message, of all that is due, its begin committed; or when there will be one."""
    waits = Waits(settings.slack_silent, settings.unacknowledged)
    due: list[News] = []
    later: list[tuple[datetime, News]] = []
    for news in store.second_channel.waiting():
        incident = store.incidents.get(news.incident)
        told = store.second_channel.was_told(news.incident)
        what = fate(news, incident, waits, told=told, muted=_is_muted(store, now, config, incident))
        if isinstance(what, Needless):
            store.second_channel.settle([news.id], "needless", now, what.why)
        elif what.at <= now:
            due.append(news)
        else:
            later.append((what.at, news))
    if not due:
        return Nothing(min((at for at, _ in later), default=None))
    rows = [*due, *(news for _, news in later if belongs(news, due))]
    return _order(store, now, config, rows)


def _order(store: Store, now: datetime, config: Config, rows: list[News]) -> Order:
    ids = sorted(news.id for news in rows)
    attempt = max(news.attempts for news in rows) + 1
    store.second_channel.begin(ids, ids[0], attempt)
    told = {news.incident: news for news in sorted(rows, key=lambda one: one.id)}
    found = [(store.incidents.get(incident), news.what) for incident, news in told.items()]
    shown = [(incident, what) for incident, what in found if incident is not None]
    return Order(ids[0], attempt, tuple(ids), message(shown, store.targets.names(), config, now))


def _is_muted(store: Store, now: datetime, config: Config, incident: Incident | None) -> bool:
    silences = store.silences.in_force(now)
    if incident is None or not silences:
        return False
    known = situation(store, config, now)
    above = known.ancestors(incident.subject)
    return muted(known.target(incident.subject), silences, now, above) is not None


def record(store: Store, now: datetime, order: Order, state: str, why: str) -> None:
    """What became of a message. `failed`: certainly nobody was reached, so it is tried again after a while."""
    if state != "failed":
        store.second_channel.settle(order.rows, state, now, why)
        return
    pause = min(FIRST_PAUSE * 2 ** min(order.attempt - 1, 10), LONGEST_PAUSE)
    store.second_channel.again(order.rows, now + pause, why)


def recover(store: Store, now: datetime, has_left: Callable[[int, int], bool]) -> int:
    """After a start: what was being sent. How many messages are in doubt, and never sent again."""
    doubtful = 0
    for (one, attempt), rows in store.second_channel.sending().items():
        if has_left(one, attempt):
            store.second_channel.settle(rows, "doubt", now, "I was cut off while I sent it")
            doubtful += 1
        else:
            store.second_channel.again(rows, now, "I was cut off before it left")
    return doubtful


def is_news(store: Store, now: datetime, what: str) -> bool:
    """Whether an emergency was not told yet; from now on it counts as told."""
    if store.told.last(SUBJECT) == [what]:
        return False
    store.told.keep(SUBJECT, [what], now)
    return True


def is_unknown(store: Store, now: datetime) -> None:
    """Telling of an emergency has failed: it is news again."""
    store.told.keep(SUBJECT, [], now)
