"""When an incident's checks failed, in words: each time by itself, and never the time between."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from bot.core.health import Kind
from bot.core.incident import Incident, Status
from bot.core.incidents.spans import Span
from bot.core.kinds import LOST
from bot.views.times import clock, lasted

_SHOWN: Final = 3

_OUT_OF_REACH: Final = ("Out of reach", "Out of reach")
_DOWN: Final = ("It is down", "It was down")
_WORDS: Final[Mapping[Kind, tuple[str, str]]] = MappingProxyType(
    {
        Kind.POWER_LOSS: ("The power is gone", "The power was gone"),
        Kind.HOSTS_DOWN: ("They are down", "They were down"),
        Kind.HOST_DOWN: _DOWN,
        Kind.GUEST_DOWN: _DOWN,
        Kind.SERVICE_DOWN: _DOWN,
        Kind.HOST_CHANGED: ("It differs", "It differed"),
    }
)
"""What is said while it fails, and after."""


def first_seen(incident: Incident) -> str:
    """What fails; once nothing does, what it began with, as the past."""
    if incident.failing or incident.unwatched or (incident.status is Status.OPEN and incident.reopened_by is None):
        return incident.why
    return f"{'while it was gone' if incident.kind is Kind.POWER_LOSS else 'it began with'}: {incident.why}"


def spans_told(incident: Incident) -> Iterator[str]:
    """How long it failed, and that it changes too often to be told each time."""
    if told := _told(incident):
        yield told
    if incident.unstable_since is not None:
        back = incident.status is Status.RECOVERING and not incident.unproven
        until = "it ends once nothing has changed for a while, with no more messages until then"
        yield f"Unstable: {until if back else 'no more messages until nothing has changed for a while'}."


def _told(incident: Incident) -> str:
    spans, power = incident.spans, incident.kind is Kind.POWER_LOSS
    over = [one for one in spans.latest if one.until is not None]
    if not over or (spans.count == 1 and not power):
        return ""  # how long it lasts, the first line says
    fails, failed = _words(incident)
    if spans.lasts:
        now, before = clock(spans.latest[-1].since), _each(incident, over, spans.count - 1)
        return f"{fails} again since {now}. Before: {before}."
    if spans.count == 1:
        until = clock(over[0].until or over[0].since)
        if incident.suspected and over[0].since == over[0].until:
            return f"{failed} until {until}; for how long is not known."
        return f"{failed} for {'at most ' if incident.suspected else ''}{_long(over[0])}, until {until}."
    return f"{failed} {spans.count} times: {_each(incident, over, spans.count)}."


def _words(incident: Incident) -> tuple[str, str]:
    if incident.kind in LOST and incident.subject in incident.stayed_on:
        return _OUT_OF_REACH
    return _WORDS.get(incident.kind, ("It fails", "It failed"))


def _each(incident: Incident, over: list[Span], count: int) -> str:
    """Each of a few; of many their sum and the last."""
    if count <= _SHOWN:
        return ", ".join(_one(one) for one in over)
    now = incident.spans.latest[-1].since  # what goes on counts for nothing yet
    times = f"{count} times, " if incident.spans.lasts else ""
    return f"{times}{lasted(incident.spans.total(now))} in all, last {_one(over[-1])}"


def _one(span: Span) -> str:
    return f"{_long(span)} at {clock(span.since)}"


def _long(span: Span) -> str:
    return lasted(span.length(span.until or span.since))
