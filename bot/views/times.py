"""Moments and lengths of time for people: each reader sees a moment in their own time zone."""

from datetime import UTC, datetime, timedelta


def when(moment: datetime) -> str:
    """Day and time, e.g. `today at 14:02`; the fallback, in UTC, is for clients that know no dates."""
    return _date(moment, "{date_short_pretty} at {time}", f"{moment.astimezone(UTC):%d %b %H:%M} UTC")


def clock(moment: datetime) -> str:
    """The time of day, where the day is clear."""
    return _date(moment, "{time}", f"{moment.astimezone(UTC):%H:%M} UTC")


def _date(moment: datetime, pattern: str, fallback: str) -> str:
    return f"<!date^{int(moment.timestamp())}^{pattern}|{fallback}>"


def lasted(length: timedelta) -> str:
    """A length in its two largest units, e.g. `2 h 5 min`, `40 s`."""
    seconds = max(0, round(length.total_seconds()))
    parts = (
        (seconds // 86_400, "d"),
        (seconds // 3_600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    )
    first = next((at for at, (number, _) in enumerate(parts) if number), 3)
    shown = [f"{number} {unit}" for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 s"
