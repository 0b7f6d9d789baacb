"""Moments and lengths of time for people: each reader sees a moment in their own time zone."""

from datetime import UTC, datetime

from bot.core.lengths import lasted

__all__ = ["clock", "lasted", "seconds", "when"]


def when(moment: datetime) -> str:
    """Day and time, e.g. `today at 14:02`; the fallback, in UTC, is for clients that know no dates."""
    return _date(moment, "{date_short_pretty} at {time}", f"{moment.astimezone(UTC):%d %b %H:%M} UTC")


def clock(moment: datetime) -> str:
    """The time of day, where the day is clear."""
    return _date(moment, "{time}", f"{moment.astimezone(UTC):%H:%M} UTC")


def seconds(moment: datetime) -> str:
    """The time of day to the second."""
    return _date(moment, "{time_secs}", f"{moment.astimezone(UTC):%H:%M:%S} UTC")


def _date(moment: datetime, pattern: str, fallback: str) -> str:
    return f"<!date^{int(moment.timestamp())}^{pattern}|{fallback}>"
