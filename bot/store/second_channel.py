"""What may have to go over the second channel, and what became of it, in rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from bot.core.incident import IncidentId
from bot.core.incidents.elsewhere import News, What
from bot.store.rows import moment, time_in, time_out

REACHED = ("sending", "sent", "partial", "timeout", "doubt")
"""The states of what has reached somebody, or may have."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one message: when, how (`sent`, `partial`, …), and why not better."""

    at: datetime
    state: str
    why: str


class SecondChannelRows:
    """The table `second_channel`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, incident: IncidentId, what: What, now: datetime) -> None:
        """There is news of an incident. A broadcast of the same moment in the outbox is where Slack is told."""
        line = (
            "select max(id) as id from outbox where subject = ? and tell = 'broadcast' and created_at = ? "
            "and state = 'waiting'"
        )
        (found,) = self._db.query(line, [f"incident:{incident}", time_out(now)])
        row = {"incident": incident, "what": what, "at": time_out(now), "state": "waiting", "attempts": 0}
        outbox = found["id"] if what is What.WORSE else None
        self._db.table("second_channel").insert({**row, "outbox": outbox})

    def waiting(self) -> list[News]:
        """What waits, oldest first, due or not."""
        slack_took = (
            "case when n.what = 'worse' then not exists (select 1 from outbox o where o.id = n.outbox and "
            "o.state != 'sent') else exists (select 1 from post p where p.subject = 'incident:' || n.incident) end"
        )
        rows = self._db.query(
            f"select n.*, {slack_took} as slack_took from second_channel n "  # noqa: S608  no value is in it
            "where n.state = 'waiting' order by n.id"
        )
        return [
            News(
                r["id"],
                IncidentId(r["incident"]),
                What(r["what"]),
                moment(r["at"]),
                bool(r["slack_took"]),
                time_in(r["due_at"]),
                r["attempts"],
            )
            for r in rows
        ]

    def was_told(self, incident: IncidentId) -> bool:
        """Whether an incident's opening, or what came after, has reached somebody, or may have."""
        marks = ", ".join("?" for _ in REACHED)
        told = (
            f"select 1 from second_channel where incident = ? and what != 'over' and state in ({marks}) and id > "  # noqa: S608
            "(select coalesce(max(id), 0) from second_channel where incident = ? and what = 'over' and "
            "state != 'waiting') limit 1"
        )
        return bool(list(self._db.query(told, [incident, *REACHED, incident])))

    def concerns(self, incident: IncidentId) -> bool:
        """Whether there was any news of an incident."""
        return bool(list(self._db.query("select 1 from second_channel where incident = ? limit 1", [incident])))

    def begin(self, rows: Iterable[int], message: int, attempt: int) -> None:
        """A try begins: from here until its end is written, it may reach somebody. `message`: its number."""
        self._set(rows, "state = 'sending', attempts = ?, message = ?", attempt, message)

    def sending(self) -> dict[tuple[int, int], list[int]]:
        """What was being sent, by message and attempt."""
        found: dict[tuple[int, int], list[int]] = {}
        for row in self._db.query("select id, message, attempts from second_channel where state = 'sending'"):
            found.setdefault((row["message"], row["attempts"]), []).append(row["id"])
        return found

    def settle(self, rows: Iterable[int], state: str, now: datetime, why: str = "") -> None:
        """It has come to an end: `sent`, `partial`, `timeout`, `doubt` or `needless`."""
        self._set(rows, "state = ?, settled_at = ?, why = ?", state, time_out(now), why)

    def again(self, rows: Iterable[int], due: datetime, why: str) -> None:
        """Nobody can have been reached: try again at `due`."""
        self._set(rows, "state = 'waiting', due_at = ?, why = ?", time_out(due), why)

    def _set(self, rows: Iterable[int], what: str, *values: str | int | None) -> None:
        for row in rows:
            self._db.execute(f"update second_channel set {what} where id = ?", [*values, row])  # noqa: S608

    def last(self, *states: str) -> Told | None:
        """The last message that ended so."""
        marks = ", ".join("?" for _ in states)
        rows = self._db.query(
            f"select settled_at, state, why from second_channel where state in ({marks}) "  # noqa: S608
            "order by settled_at desc limit 1",
            states,
        )
        return next((Told(moment(r["settled_at"]), r["state"], r["why"] or "") for r in rows), None)

    def failing(self) -> str:
        """Why what waits could not be sent yet; empty if nothing has failed."""
        rows = self._db.query(
            "select why from second_channel where state = 'waiting' and attempts > 0 order by due_at desc limit 1"
        )
        return next((r["why"] or "" for r in rows), "")

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what waits is due as much later or earlier."""
        for row in list(self._db.query("select id, at, due_at from second_channel where state = 'waiting'")):
            due = row["due_at"] and time_out(moment(row["due_at"]) + step)
            times = [time_out(moment(row["at"]) + step), due]
            self._db.execute("update second_channel set at = ?, due_at = ? where id = ?", [*times, row["id"]])

    def prune(self, before: datetime) -> None:
        """Forget what was settled, or came to nothing, before then."""
        old = (
            "delete from second_channel where at < ? and state not in ('waiting', 'sending') "
            "and id < (select max(id) from second_channel) "
            "and incident not in (select id from incident where status != 'resolved')"
        )
        self._db.execute(old, [time_out(before)])
