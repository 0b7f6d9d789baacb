"""For how long after power or a host came back nothing is said of what is still on its way."""

from bot.core.incident import Incident
from bot.core.incidents.draft import Draft
from bot.core.kinds import LOST


def in_grace(draft: Draft, incident: Incident) -> bool:
    """Whether power or a host has only just come back: machines must boot, and some fail before all are up."""
    return incident.kind in LOST and has_time(draft, incident)


def has_time(draft: Draft, incident: Incident) -> bool:
    """Whether what came back has only just come back, so that what is still unproven may be on its way."""
    since = incident.recovering_since
    return since is not None and draft.now - since < draft.situation.rules.grace
