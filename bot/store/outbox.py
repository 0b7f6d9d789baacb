"""Notices not yet delivered, and where what was delivered stands in Slack, in rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from bot.core.incident import Tell
from bot.store.rows import moment, time_out

FILE = "file"
REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to deliver.

    `subject`: what it shows or belongs to, e.g. `incident:7`, `run:3:step:2`. `tell`: card, line, broadcast, file
    or replaced (what the old message of a card says, whose place is `name`, once the new stands). `thread`: the
    subject in whose thread it goes, None for the channel itself. `text`: a line's words or a file's
    title; a card has none, it is drawn when it is sent. `name` and `content`: a file's. A line that stands in for
    a file has that one's key as its `name`.
    """

    subject: str
    tell: str
    thread: str | None = None
    text: str = ""
    name: str | None = None
    content: bytes | None = None

    @property
    def is_card(self) -> bool:
        """Whether it shows its subject's present, in the one message that its subject has."""
        return self.tell == Tell.CARD

    @property
    def is_file(self) -> bool:
        """Whether it is uploaded rather than posted."""
        return self.tell == FILE

    @property
    def replaces(self) -> "Post | None":
        """The old message of a card, if this is what it is to say."""
        return Post(*self.name.split()) if self.tell == REPLACED and self.name else None


@dataclass(frozen=True, slots=True)
class Post:
    """Where a message stands in Slack."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A parcel on its way, a file's content left out.

    `attempts`: tries before this one, those left out on which Slack was surely away. `doubtful`: one of them may
    have reached Slack, or still may, although no answer came back. `at`: where the
    subject's own message stands; `thread`: where the message stands that begins the parcel's thread.
    """

    id: int
    parcel: Parcel
    attempts: int
    doubtful: bool
    created_at: datetime
    due_at: datetime
    at: Post | None
    thread: Post | None

    @property
    def key(self) -> str:
        """By what its message is known in Slack: unique, but for a card, which is its subject's for ever."""
        parcel = self.parcel
        return parcel.subject if parcel.is_card else f"{parcel.subject}:{parcel.tell}:{self.id}"


class OutboxRows:
    """The tables `outbox` and `post`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.added = False  # since it was last set to False; the writer then wakes whoever delivers

    def add(self, parcel: Parcel, now: datetime, due: datetime) -> None:
        """Put a parcel in. A card already waiting will show the same present: it is only made due sooner."""
        self.added = True
        if parcel.is_card and self.has_card(parcel.subject):
            self._hasten(parcel.subject, due)
            return
        self._db.table("outbox").insert(
            {
                "subject": parcel.subject,
                "tell": parcel.tell,
                "thread": parcel.thread,
                "text": parcel.text,
                "name": parcel.name,
                "content": parcel.content,
                "state": "waiting",
                "attempts": 0,
                "doubtful": False,
                "created_at": time_out(now),
                "due_at": time_out(due),
            }
        )

    def is_new(self, subject: str) -> bool:
        """Whether nothing was ever put in for that subject (and not pruned since)."""
        return not list(self._db.query("select 1 from outbox where subject = ? limit 1", [subject]))

    def stands_in(self, key: str) -> bool:
        """Whether a line stands in for the file of that key, be it on its way or there."""
        there = "select 1 from outbox where tell = ? and name = ? limit 1"
        return bool(list(self._db.query(there, [Tell.LINE, key])))

    def has_card(self, subject: str) -> bool:
        """Whether a card of that subject waits."""
        waits = "select 1 from outbox where subject = ? and tell = ? and state = 'waiting'"
        return bool(list(self._db.query(waits, [subject, Tell.CARD])))

    def _hasten(self, subject: str, due: datetime) -> None:
        """A doubtful card keeps its time: looked up too soon, it would be posted twice."""
        sooner = (
            "update outbox set due_at = min(due_at, ?) "
            "where subject = ? and tell = ? and state = 'waiting' and not doubtful"
        )
        self._db.execute(sooner, [time_out(due), subject, Tell.CARD])

    def waiting(self) -> list[Waiting]:
        """What is to be delivered, due or not: the present first, the oldest first within it.

        What belongs to a resolved incident comes last, and first messages come before what goes into threads.
        """
        rows = self._db.query(
            "select o.id, o.subject, o.tell, o.thread, o.text, o.name, o.attempts, o.doubtful, o.created_at, "
            "o.due_at, own.channel, own.ts, head.channel as thread_channel, head.ts as thread_ts from outbox o "
            "left join post own on own.subject = o.subject left join post head on head.subject = o.thread "
            "left join incident i on i.id = cast(substr(coalesce(o.thread, o.subject), 10) as integer) "
            "and coalesce(o.thread, o.subject) = 'incident:' || i.id "
            "where o.state = 'waiting' order by coalesce(i.status, '') = 'resolved', "
            "not (o.tell = 'card' and o.thread is null), o.id"
        )
        return [_waiting(row) for row in rows]

    def content(self, parcel: int) -> bytes:
        """What is in a file."""
        (row,) = self._db.query("select content from outbox where id = ?", [parcel])
        return row["content"] or b""

    def begin(self, parcel: int) -> None:
        """A try begins: from here until its end is written, it may have reached Slack."""
        self._db.execute("update outbox set state = 'sending', attempts = attempts + 1 where id = ?", [parcel])

    def sent(self, parcel: int) -> None:
        """It was delivered, or has become needless."""
        self._db.execute("update outbox set state = 'sent', error = null, content = null where id = ?", [parcel])

    def again(self, parcel: int, due: datetime, error: str, *, doubtful: bool, tried: bool = True) -> None:
        """A try failed: try again at `due`. `doubtful`: Slack may have taken it. `tried`: the try counts."""
        wait = (
            "update outbox set state = 'waiting', due_at = ?, error = ?, doubtful = ?, attempts = attempts - ? "
            "where id = ?"
        )
        self._db.execute(wait, [time_out(due), error, doubtful, not tried, parcel])

    def failed(self, parcel: int, error: str) -> None:
        """Slack will never take it."""
        fail = "update outbox set state = 'failed', error = ?, content = null where id = ?"
        self._db.execute(fail, [error, parcel])

    def recover(self, now: datetime, settled: datetime) -> None:
        """After a start: all that waits is due, by whatever clock it waited; what is in doubt, once `settled`."""
        self._db.execute("update outbox set state = 'waiting', doubtful = 1 where state = 'sending'")
        latest = "update outbox set due_at = min(due_at, ?) where state = 'waiting' and not doubtful"
        self._db.execute(latest, [time_out(now)])
        self._db.execute("update outbox set due_at = ? where state = 'waiting' and doubtful", [time_out(settled)])

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what waits is due as much later or earlier.

        When it was put in may only become earlier: from then on a doubtful post is looked for, and what was put in
        before a restart was put in by another clock.
        """
        self.added = True
        for one in self.waiting():
            created = min(one.created_at, one.created_at + step)
            times = [time_out(created), time_out(one.due_at + step)]
            self._db.execute("update outbox set created_at = ?, due_at = ? where id = ?", [*times, one.id])

    def post(self, subject: str) -> Post | None:
        """Where a subject's message stands."""
        rows = self._db.query("select channel, ts from post where subject = ?", [subject])
        return next((Post(r["channel"], r["ts"]) for r in rows), None)

    def posted(self, subject: str, post: Post, now: datetime) -> None:
        """A subject's message stands there."""
        row = {"subject": subject, "channel": post.channel, "ts": post.ts, "at": time_out(now)}
        self._db.table("post").upsert(row, pk="subject")

    def last_channel(self) -> str | None:
        """The id of the channel that was last posted to."""
        rows = self._db.query("select channel from post order by at desc limit 1")
        return next((str(row["channel"]) for row in rows), None)

    def stuck(self, before: datetime) -> tuple[int, str]:
        """How many parcels were put in before then, were tried and still wait; why the oldest of them does."""
        found = list(
            self._db.query(
                "select error from outbox where state in ('waiting', 'sending') and error is not null "
                "and created_at < ? order by id",
                [time_out(before)],
            )
        )
        return len(found), str(found[0]["error"]) if found else ""

    def forget_post(self, subject: str) -> None:
        """A subject's message is no longer there."""
        self._db.execute("delete from post where subject = ?", [subject])

    def prune(self, before: datetime) -> int:
        """Delete what was put in before then and is settled. How many there were."""
        old = (
            "delete from outbox where state in ('sent', 'failed') and created_at < ? "
            "and id < (select max(id) from outbox)"  # or a key would be used twice
        )
        return self._db.execute(old, [time_out(before)]).rowcount


def _waiting(row: dict[str, Any]) -> Waiting:
    return Waiting(
        id=row["id"],
        parcel=Parcel(row["subject"], row["tell"], row["thread"], row["text"], row["name"]),
        attempts=row["attempts"],
        doubtful=bool(row["doubtful"]),
        created_at=moment(row["created_at"]),
        due_at=moment(row["due_at"]),
        at=_post(row["channel"], row["ts"]),
        thread=_post(row["thread_channel"], row["thread_ts"]),
    )


def _post(channel: str | None, ts: str | None) -> Post | None:
    return None if channel is None or ts is None else Post(channel, ts)
