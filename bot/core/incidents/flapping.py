"""An incident that fails and is well again and again: that is told once, and then only its card changes.

It is looked at when it fails: how it ends up is always told, after a time in which nothing changed.
"""

from dataclasses import replace

from bot.core.incident import EventKind, Incident
from bot.core.incidents.draft import Draft


def is_one(draft: Draft, incident: Incident) -> bool:
    """Whether it has changed too often of late for each change to be told."""
    rules = draft.situation.rules
    return incident.spans.changes(draft.now - rules.flapping_within) >= rules.flapping_changes


def begin(draft: Draft, incident: Incident) -> None:
    """From now on no change is told by itself."""
    draft.keep(replace(draft.incidents[incident.id], unstable_since=draft.now))
    draft.event(incident.id, EventKind.STATUS, f"unstable: failed {incident.spans.count} times")


def is_quiet(draft: Draft, incident: Incident) -> bool:
    """Whether an unstable one has not changed for so long that it is no longer so; what is unseen is not quiet."""
    if incident.unstable_since is None or not draft.situation.is_seen(incident):
        return False
    since = max(incident.spans.changed_at, incident.unstable_since)
    return draft.now - since >= draft.situation.rules.flapping_within


def may_tell_that_it_stays(draft: Draft, incident: Incident) -> bool:
    """Whether an unstable one has failed for longer than machines take to come up, and nobody was told so."""
    began, told, rules = incident.unstable_since, incident.told_at, draft.situation.rules
    if began is None or not incident.failing or draft.now - incident.spans.changed_at < rules.grace:
        return False
    return told is None or told <= began or draft.now - told >= rules.flapping_within


def end(draft: Draft, incident: Incident) -> Incident:
    """Changes are told again; `touched`, so that how it ends up is told however soon that is."""
    calm = draft.keep(replace(incident, unstable_since=None, told_at=draft.now, touched=True, reminded=0))
    draft.event(incident.id, EventKind.STATUS, "no longer unstable")
    return draft.incidents[calm.id]
