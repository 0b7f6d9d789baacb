"""Notices not yet delivered, and where what was delivered stands in Slack, in rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from bot.store.rows import moment, time_out


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to deliver.

    `subject`: what it shows or belongs to, e.g. `incident:7`, `run:3:step:2`. `tell`: card, line, broadcast, file.
    `thread`: the subject in whose thread it goes, None for the channel itself. `text`: a line's words or a file's
    title; a card has none, it is drawn when it is sent. `name` and `content`: a file's.
    """

    subject: str
    tell: str
    thread: str | None = None
    text: str = ""
    name: str | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A parcel on its way. `doubtful`: an earlier try may have reached Slack although no answer came back."""

    id: int
    key: str
    parcel: Parcel
    attempts: int
    doubtful: bool
    created_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """Where a subject's message stands in Slack."""

    channel: str
    ts: str


class OutboxRows:
    """The tables `outbox` and `post`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.added = False  # since it was last set to False; the writer then wakes whoever delivers

    def add(self, parcel: Parcel, now: datetime, due: datetime) -> None:
        """Put a parcel in. A card already waiting will show the same present: it is only made due sooner."""
        self.added = True
        if parcel.tell == "card" and self._hasten(parcel.subject, due):
            return
        (row,) = self._db.query("select coalesce(max(id), 0) + 1 as id from outbox")
        key = parcel.subject if self._is_first(parcel) else f"{parcel.subject}:{parcel.tell}:{row['id']}"
        self._db.table("outbox").insert(
            {
                "id": row["id"],
                "key": key,
                "subject": parcel.subject,
                "tell": parcel.tell,
                "thread": parcel.thread,
                "text": parcel.text,
                "name": parcel.name,
                "content": parcel.content,
                "state": "waiting",
                "attempts": 0,
                "created_at": time_out(now),
                "due_at": time_out(due),
                "tried_at": None,
                "error": None,
            }
        )

    def is_new(self, subject: str) -> bool:
        """Whether nothing was ever put in for that subject (and not pruned since)."""
        return not list(self._db.query("select 1 from outbox where subject = ? limit 1", [subject]))

    def _hasten(self, subject: str, due: datetime) -> bool:
        sooner = (
            "update outbox set due_at = min(due_at, ?) where subject = ? and tell = 'card' and state = 'waiting'"
        )
        return self._db.execute(sooner, [time_out(due), subject]).rowcount > 0

    def _is_first(self, parcel: Parcel) -> bool:
        """The first card of a subject is the message that its post carries as metadata for ever."""
        rows = self._db.query(
            "select 1 from outbox where key = ? union select 1 from post where subject = ?", [parcel.subject] * 2
        )
        return parcel.tell == "card" and not list(rows)

    def waiting(self, limit: int) -> list[Waiting]:
        """What is to be delivered, oldest first, due or not."""
        rows = self._db.query("select * from outbox where state = 'waiting' order by id limit ?", [limit])
        return [_waiting(row) for row in rows]

    def begin(self, parcel: int, now: datetime) -> None:
        """A try begins: from here until its end is written, it may have reached Slack."""
        start = "update outbox set state = 'sending', attempts = attempts + 1, tried_at = ? where id = ?"
        self._db.execute(start, [time_out(now), parcel])

    def sent(self, parcel: int) -> None:
        """It was delivered."""
        self._db.execute("update outbox set state = 'sent', error = null, content = null where id = ?", [parcel])

    def again(self, parcel: int, due: datetime, error: str, *, doubtful: bool) -> None:
        """A try failed: try again at `due`. `doubtful`: Slack may have taken it."""
        self._db.execute(
            "update outbox set state = 'waiting', due_at = ?, error = ?, tried_at = iif(?, tried_at, null) "
            "where id = ?",
            [time_out(due), error, doubtful, parcel],
        )

    def failed(self, parcel: int, error: str) -> None:
        """Slack will never take it."""
        self._db.execute("update outbox set state = 'failed', error = ? where id = ?", [error, parcel])

    def recover(self) -> int:
        """After a crash: what was being sent is waiting again, in doubt. How many there were."""
        return self._db.execute("update outbox set state = 'waiting' where state = 'sending'").rowcount

    def post(self, subject: str) -> Post | None:
        """Where a subject's message stands."""
        rows = self._db.query("select channel, ts from post where subject = ?", [subject])
        return next((Post(r["channel"], r["ts"]) for r in rows), None)

    def posted(self, subject: str, post: Post, now: datetime) -> None:
        """A subject's message stands there."""
        row = {"subject": subject, "channel": post.channel, "ts": post.ts, "at": time_out(now)}
        self._db.table("post").upsert(row, pk="subject")

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what waits is due as much later or earlier."""
        for waiting in self.waiting(-1):
            due = time_out(waiting.due_at + step)
            self._db.execute("update outbox set due_at = ? where id = ?", [due, waiting.id])

    def forget_post(self, subject: str) -> None:
        """A subject's message is no longer there."""
        self._db.execute("delete from post where subject = ?", [subject])

    def prune(self, before: datetime) -> int:
        """Delete what was settled before then. How many there were."""
        old = "delete from outbox where state in ('sent', 'failed') and created_at < ?"
        return self._db.execute(old, [time_out(before)]).rowcount


def _waiting(row: dict[str, Any]) -> Waiting:
    parcel = Parcel(row["subject"], row["tell"], row["thread"], row["text"] or "", row["name"], row["content"])
    return Waiting(
        row["id"],
        row["key"],
        parcel,
        row["attempts"],
        doubtful=row["tried_at"] is not None,
        created_at=moment(row["created_at"]),
        due_at=moment(row["due_at"]),
    )
