"""What people do to incidents: acknowledge, hand over, close, reopen. Who may is permit.py's.

What they say of machines is persons_word.py's.
"""

from dataclasses import replace
from datetime import datetime

from bot.core.incident import EventKind, IllegalMove, Incident, IncidentId, Move, Tell
from bot.core.incidents.announce import titled
from bot.core.incidents.draft import Decision, Draft
from bot.core.incidents.member import SETTLED_FOR_GOOD, Ground, Standing
from bot.core.incidents.situation import Situation


def acknowledge(situation: Situation, incident: IncidentId, by: str, now: datetime) -> Decision:
    """A person takes the incident on. Raises IllegalMove."""
    return _person(situation, incident, Move.ACKNOWLEDGE, by, now, "acknowledged")


def take_back(situation: Situation, incident: IncidentId, by: str, now: datetime) -> Decision:
    """A person gives an acknowledgement back. Raises IllegalMove."""
    return _person(situation, incident, Move.TAKE_BACK, by, now, "handed this back: nobody is on it")


def take_over(situation: Situation, incident: IncidentId, by: str, now: datetime) -> Decision:
    """A person takes on what somebody else is on. Raises IllegalMove."""
    held = situation.incidents.get(incident)
    whose = held.acknowledged_by if held is not None else None
    return _person(situation, incident, Move.TAKE_OVER, by, now, f"took this over from <@{whose}>")


def resolve(situation: Situation, incident: IncidentId, by: str, reason: str, now: datetime) -> Decision:
    """A person says that it is over, and why: closed, not proven. Raises IllegalMove, also without a reason."""
    if not reason.strip():
        raise IllegalMove(f"cannot close incident {incident}: because no reason was given")
    return _person(situation, incident, Move.CLOSE, by, now, f"closed this: {reason}", reason)


def reopen(situation: Situation, incident: IncidentId, by: str, now: datetime) -> Decision:
    """A person says that it is not over. Raises IllegalMove, also where another incident is about the same.

    What is proven well now stays so, for the checks do not see what the person saw: where all is, it ends only by
    a person, or once its checks have failed again and come back. All else that it waits for has to be proven anew.
    """
    held = situation.incidents.get(incident)
    if held is not None and held.ended:
        rival = Draft(situation, now).rival(held)
        if rival is not None and (held.end is None or held.end.may_reopen):
            raise IllegalMove(f"cannot reopen incident {incident}: because incident {rival.id} is about the same")
        if held.failing & situation.failing:  # it has failed all the while
            held = replace(held, spans=held.spans.goes_on())
        held = _as_it_is(situation, held.brought_up_to(situation.failing, situation.targets, now), now)
        situation = replace(situation, incidents={**situation.incidents, incident: held})
    return _person(situation, incident, Move.REOPEN, by, now, "reopened")


def _as_it_is(situation: Situation, incident: Incident, now: datetime) -> Incident:
    """An incident that followed nothing for a while: what was proven may have gone off since, or come back."""
    well = Ground(Standing.PROVEN, "it was well when this was reopened", now)
    for member in incident.members.values():
        if member.standing not in SETTLED_FOR_GOOD:
            is_well = situation.is_well(member.target)
            known = member if member.proven else member.settled(well)
            incident = incident.with_member(known if is_well else member.in_doubt(now))
    return incident


def _person(
    situation: Situation, incident: IncidentId, move: Move, by: str, now: datetime, words: str, why: str = ""
) -> Decision:
    draft = Draft(situation, now)
    draft.move(draft.held(incident, move), move, by=by, why=why)
    draft.event(incident, EventKind.STATUS, words, by)
    subject = titled(draft, draft.incidents[incident])
    match move:  # whoever read in the channel that it began reads there that it is over, or is not
        case Move.CLOSE:
            draft.tell(incident, Tell.BROADCAST, f"☑️ <@{by}> closed this: {subject}. {why}")
        case Move.REOPEN:
            draft.tell(incident, Tell.BROADCAST, f"<@{by}> reopened this: {subject}")
        case _:
            draft.tell(incident, Tell.LINE, f"<@{by}> {words}")
    return draft.decision()
