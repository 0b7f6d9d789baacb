"""What never happened: an incident that was the bot's own blindness is withdrawn, and never reopens."""

from dataclasses import replace
from datetime import datetime

from bot.core.health import Fingerprint, TargetId
from bot.core.incident import EventKind, IncidentId, Move, Tell
from bot.core.incidents.draft import Decision, Draft
from bot.core.incidents.member import WHEREABOUTS
from bot.core.incidents.situation import Situation


def withdraw(situation: Situation, incident: IncidentId, why: str, now: datetime) -> Decision:
    """An incident was the bot's own blindness: it never happened, and never reopens. Raises IllegalMove.

    What still fails once the bot can see again needs an observation of its own: it opens a new incident, also
    where it had one before that became part of this.
    """
    draft = Draft(situation, now)
    held = replace(draft.held(incident, Move.WITHDRAW), failing=frozenset())
    draft.move(held, Move.WITHDRAW, why=why)
    _forget_parts(draft, incident)
    draft.event(incident, EventKind.STATUS, f"withdrawn: {why}")
    draft.tell(incident, Tell.LINE, f"Withdrawn: {why}")
    return draft.decision()


def _forget_parts(draft: Draft, incident: IncidentId) -> None:
    """What became part of an incident that never happened was not told of by anything else."""
    parts = [one for one in draft.incidents.values() if one.end and one.end.into == incident]
    for part in parts:
        draft.incidents[part.id] = replace(part, failing=frozenset())
        _forget_parts(draft, part.id)


def found_elsewhere(situation: Situation, target: TargetId, why: str, now: datetime) -> Decision:
    """A guest lives on another host: where it went could not be told for a while, and nothing had befallen it."""
    own = frozenset({Fingerprint(WHEREABOUTS, target)})
    live = (one for one in situation.incidents.values() if not one.ended)
    blind = next((one.id for one in live if one.own == own), None)
    return withdraw(situation, blind, why, now) if blind is not None else Decision()
