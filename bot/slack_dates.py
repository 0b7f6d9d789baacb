"""Slack shows a date in each reader's zone. Where a client knows no dates it shows a text, in the lab's zone."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

_DATE: Final = re.compile(r"<!date\^(\d{1,11})\^([^|^<>]+)\|[^<>|]* UTC>")
_FORMS: Final = (("date", "%d %b %H:%M %Z"), ("time_secs", "%H:%M:%S %Z"), ("time", "%H:%M %Z"))


def in_zone(value: Any, zone: tzinfo) -> Any:
    """A JSON-like value in whose texts each date's own text is in that zone."""
    match value:
        case str():
            return _DATE.sub(lambda found: _in_zone(found, zone), value) if "<!date^" in value else value
        case dict():
            return {key: in_zone(one, zone) for key, one in value.items()}
        case list() | tuple():
            return [in_zone(one, zone) for one in value]
        case _:
            return value


def _in_zone(found: re.Match[str], zone: tzinfo) -> str:
    moment, pattern = datetime.fromtimestamp(int(found[1]), UTC).astimezone(zone), found[2]
    form = next(form for word, form in _FORMS if word in pattern or word == "time")
    return f"<!date^{found[1]}^{pattern}|{moment:{form}}>"
