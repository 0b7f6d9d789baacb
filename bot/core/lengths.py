"""Lengths of time and moments in words, as people say them."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import Final

_MOMENT: Final = re.compile(r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:[.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)")


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
    return " ".join(shown) or "less than a second"


def times(number: int) -> str:
    """How often, e.g. `once`, `3 times`."""
    return "once" if number == 1 else f"{number} times"


def clock_time(at: datetime, zone: tzinfo, form: str = "%H:%M") -> str:
    """A moment in that zone, e.g. `14:02 CET`. It is for texts that are the same for every reader."""
    local = at.astimezone(zone)
    return f"{local:{form}} {local.tzname()}"


def moments_in(text: str, zone: tzinfo) -> str:
    """A text in which each moment of ISO 8601 that says its zone is told in this one: `2026-02-28 02:00 CET`."""
    return _MOMENT.sub(lambda found: _told(found, zone), text)


def _told(found: re.Match[str], zone: tzinfo) -> str:
    try:
        return clock_time(datetime.fromisoformat(found[1] + found[2]), zone, "%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):  # no such day
        return found[0]
