"""What is said where Slack is out of reach: plain text, short enough for a phone's lock screen."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.config import Config
from bot.core.incident import Incident, Status
from bot.core.incidents.elsewhere import What
from bot.core.kinds import KINDS
from bot.core.names import Names
from bot.views.limits import NAME, cut
from bot.views.outside import visible
from bot.views.spans import first_seen
from bot.views.times import lasted
from bot.views.words import has_length, mark, state

_SHOWN = 5  # incidents in one message
_WHY = 200
_ID = re.compile(r"[CG][A-Z0-9]{8,}")


@dataclass(frozen=True, slots=True)
class Message:
    """A title, which some services show alone, and what stands below it. `well`: nobody need act."""

    title: str
    body: str
    well: bool = False


def title(incident: Incident, name: Names) -> str:
    """What an incident is about, in plain text."""
    words = KINDS[incident.kind].title.format(cut(_plain(name(incident.subject)), NAME))
    return f"Suspected: {words}" if incident.suspected else words


def message(found: Sequence[tuple[Incident, What]], name: Names, config: Config, now: datetime) -> Message:
    """What there is to tell of one incident or of several, the newest first, as they stand now."""
    newest = sorted(found, key=lambda one: (one[1] is What.OVER, -one[0].id))
    over = all(what is What.OVER for _, what in found)
    where = "" if over else f"\n{_what_to_do(found, config)}"
    if len(newest) == 1:
        ((incident, what),) = newest
        return Message(_headline(incident, name), _about(incident, what, config, now) + where, well=over)
    lines = [f"{_headline(incident, name)}: {_short(incident)}" for incident, _ in newest[:_SHOWN]]
    more = [f"… and {len(newest) - _SHOWN} more"] if len(newest) > _SHOWN else []
    return Message(f"{len(newest)} incidents", "\n".join([*lines, *more]) + where, well=over)


def emergency(what: str, config: Config) -> Message:
    """Something is wrong with the bot itself and Slack does not take it, or that is over."""
    over, body = what.startswith("🟢"), cut(_plain(what), 600)
    return Message(
        "Caretaker", body if over else f"{body}\nSlack does not take this ({_place(config)}).", well=over
    )


def trial() -> Message:
    """What `caretaker doctor --send-test` sends."""
    return Message("Caretaker: a test", "The second channel works. Nothing is wrong.", well=True)


def _headline(incident: Incident, name: Names) -> str:
    return f"{mark(incident)} {state(incident)}: {title(incident, name)}"


def _short(incident: Incident) -> str:
    return cut(_plain(incident.resolution if incident.ended else first_seen(incident)), 100)


def _about(incident: Incident, what: What, config: Config, now: datetime) -> str:
    if what is What.OVER:
        length = ""
        if has_length(incident) and incident.resolved_at:
            length = f" It lasted {lasted(incident.resolved_at - incident.since)}."
        return f"{_sentence(incident.resolution) or state(incident) + '.'}{length}"
    since = "Since" if incident.failing or incident.status is Status.OPEN else "It began on"
    length = lasted(now - incident.since)
    return f"{_sentence(first_seen(incident))}\n{since} {_when(incident.since, config)} ({length})."


def _what_to_do(found: Sequence[tuple[Incident, What]], config: Config) -> str:
    live = [(incident, what) for incident, what in found if what is not What.OVER]
    if all(what is What.UNACKNOWLEDGED for _, what in live):
        return (
            f"Nobody has acknowledged {'it' if len(live) == 1 else 'them'}. The buttons are in {_place(config)}."
        )
    return f"I could not tell Slack. The buttons will be in {_place(config)}."


def _place(config: Config) -> str:
    channel = config.slack.channel
    return "Slack" if _ID.fullmatch(channel) else f"Slack, #{channel}"


def _sentence(text: str) -> str:
    words = cut(_plain(text), _WHY).strip()
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '…', '?', '!')) or not words else '.'}"


def _plain(text: str) -> str:
    return visible(text).replace("\n", " ").replace("\t", " ")


def _when(moment: datetime, config: Config) -> str:
    try:
        zone = ZoneInfo(config.time_zone) if config.time_zone else None
    except (ZoneInfoNotFoundError, ValueError):
        zone = None
    return f"{moment.astimezone(zone):%a %d %b %H:%M %Z}"
