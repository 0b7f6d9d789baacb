"""How times are written in rows and JSON columns."""

from datetime import UTC, datetime


def time_out(time: datetime | None) -> str | None:
    """A time as stored: ISO 8601 in UTC with microseconds always, so that text order is time order."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")


def time_in(text: str | None) -> datetime | None:
    """A stored time, None where there is none."""
    return None if text is None else datetime.fromisoformat(text)


def moment(text: str) -> datetime:
    """A stored time that is always there."""
    return datetime.fromisoformat(text)
