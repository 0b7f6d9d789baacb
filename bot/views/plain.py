"""What a card says, for who reads it without Slack: no markup, dates in their zone, people by their names."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from bot.core.mentions import undeadened

_CODE: Final = re.compile(r"`([^`\n]*)`")
_DATE: Final = re.compile(r"<!date\^(\d+)\^([^|^>]*)(?:\^[^|>]*)?\|[^>]*>")
_PERSON: Final = re.compile(r"<@([UW][A-Z0-9]+)>")
_BOLD: Final = re.compile(r"\*([^*\n]+)\*")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it: in which zone, who is called how (by Slack id), and when."""

    zone: tzinfo
    people: Mapping[str, str]
    now: datetime


def plain(mrkdwn: str, reader: Reader) -> str:
    """The text of a card's mrkdwn. What stands there as code comes as it is."""
    parts = _CODE.split(mrkdwn)
    return undeadened("".join(html.unescape(p) if at % 2 else _own(p, reader) for at, p in enumerate(parts)))


def day_and_time(moment: datetime, reader: Reader) -> str:
    """E.g. `today at 14:02`."""
    at, today = moment.astimezone(reader.zone), reader.now.astimezone(reader.zone).date()
    days = {today: "today", today - timedelta(days=1): "yesterday", today + timedelta(days=1): "tomorrow"}
    year = "" if at.year == today.year else f" {at.year}"
    return f"{days.get(at.date(), f'{at:%d %b}{year}')} at {at:%H:%M}"


def _own(text: str, reader: Reader) -> str:
    def date(found: re.Match[str]) -> str:
        moment = datetime.fromtimestamp(int(found[1]), UTC)
        whole = "date" in found[2]
        return day_and_time(moment, reader) if whole else f"{moment.astimezone(reader.zone):%H:%M}"

    text = _BOLD.sub(r"\1", _DATE.sub(date, text))
    return html.unescape(_PERSON.sub(lambda found: reader.people.get(found[1], found[1]), text))
