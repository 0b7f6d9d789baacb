"""What has to go over the second channel: what Slack has not taken for a while, and what nobody acknowledges.

Resolved is told there, too, if anything of the incident was. What a person knows from Slack, or is over before it
was told, is needless.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.incident import Incident, IncidentId, Status

A_MINUTE = timedelta(minutes=1)


class What(StrEnum):
    """What there is to tell of an incident."""

    OPENED = "opened"
    WORSE = "worse"
    UNACKNOWLEDGED = "unacknowledged"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell. `slack_took`: it stands in Slack. `due`: when it is tried again, if a try has failed."""

    id: int
    incident: IncidentId
    what: What
    at: datetime
    slack_took: bool = False
    due: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Waits:
    """How long Slack may stay silent, and an incident unacknowledged."""

    slack_silent: timedelta = timedelta(minutes=2)
    unacknowledged: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Needless:
    """It is not told there. `why`: for the record."""

    why: str


@dataclass(frozen=True, slots=True)
class Due:
    """It is to be told at that time, or now if that is past."""

    at: datetime


def fate(news: News, incident: Incident | None, waits: Waits, *, told: bool, muted: bool) -> Needless | Due:
    """What becomes of one piece of news. `told`: anything of the incident has gone there since it last ended.

    `muted`: nobody wants to hear of its subject now.
    """
    if incident is None or (news.what is not What.OVER and incident.ended):
        return Needless("it was over before it was told")
    match news.what:
        case What.OVER:
            if not incident.ended:
                return Needless("it is open again")
            return _due(news, timedelta(0)) if told else Needless("its opening was not told here")
        case What.UNACKNOWLEDGED:
            return _unacknowledged(news, incident, waits, muted=muted)
    if news.slack_took:
        return Needless("Slack has taken it")
    return _due(news, waits.slack_silent)


def _unacknowledged(news: News, incident: Incident, waits: Waits, *, muted: bool) -> Needless | Due:
    if incident.acknowledged_by is not None:
        return Needless("it is acknowledged")
    if muted:
        return Needless("its subject is silenced")
    due = _due(news, waits.unacknowledged)
    if incident.status is Status.RECOVERING and not incident.surfaced:
        return Due(max(due.at, incident.progress_at + A_MINUTE))  # it may be over by itself
    return due


def _due(news: News, wait: timedelta) -> Due:
    return Due(news.due or news.at + wait)


def belongs(news: News, due: Sequence[News]) -> bool:
    """Whether what is not due yet is said together with what is: a message shows its incident as it is."""
    others = {one.incident for one in due if one.what is not What.OVER}
    return news.incident in others and news.what in (What.OPENED, What.WORSE)
