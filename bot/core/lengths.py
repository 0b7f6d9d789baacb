"""Lengths of time in words, as people say them."""

from datetime import datetime, timedelta, tzinfo


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


def clock_time(at: datetime, zone: tzinfo, form: str = "%H:%M") -> str:
    """A moment in that zone, e.g. `14:02 CET`. It is for texts that are the same for every reader."""
    local = at.astimezone(zone)
    return f"{local:{form}} {local.tzname()}"
