"""What proved a machine has to be so still when its incident ends: what can't be looked at any more is no proof.

That a look shows nothing now and then, as when a line hiccups, is no news. But nothing ends meanwhile; and what
could not be looked at for a while is in doubt, and named.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.core.health import STATE, Fingerprint, TargetId
from bot.core.incident import EventKind, Incident
from bot.core.incidents.draft import Draft
from bot.core.incidents.member import Member, Standing

_BY_LOOKS: Final = frozenset({Standing.PROVEN, Standing.ACCEPTED, Standing.UNTOUCHED})
"""What rests on what was seen, and not on what anyone said or did."""


def hidden(draft: Draft, incident: Incident) -> Mapping[TargetId, datetime]:
    """The members that were seen to be well and can't be now, each with since when."""
    blind = {one.target for one in draft.unseen}
    found = {}
    for target in sorted(blind & incident.members.keys()):
        member = incident.members[target]
        if member.standing in _BY_LOOKS and (since := _since(draft, member)):
            found[target] = since
    return found


def _since(draft: Draft, member: Member) -> datetime | None:
    """Since when something that its proof rests on can't be looked at; None where all of it can."""
    situation, target = draft.situation, member.target
    proof = [member.ground.check] if member.ground and member.ground.check else []
    rests_on = {STATE, *situation.needs(target).checks, *proof}
    unseen = draft.unseen.keys() & {Fingerprint(check, target) for check in rests_on}
    return min((draft.unseen[one] for one in unseen), default=None)


def doubt_hidden(draft: Draft, incident: Incident) -> Incident:
    """Put in doubt what has been hidden for a while."""
    limit = draft.now - draft.situation.rules.storm_within
    for target, since in hidden(draft, incident).items():
        if since <= limit:
            incident = draft.keep(incident.with_member(incident.members[target].doubted(draft.now)))
            name = draft.situation.name(target)
            draft.event(incident.id, EventKind.WORSE, f"{name} is no longer proven healthy: it can't be looked at")
    return incident
