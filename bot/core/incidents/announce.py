"""What everyone is told of an incident: words that stand alone in the channel, what it is about and how it is."""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.health import TargetId
from bot.core.incident import EventKind, Incident, Tell
from bot.core.incidents import flapping
from bot.core.incidents.draft import Draft
from bot.core.incidents.outcome import ALL_PROVEN
from bot.core.kinds import title
from bot.core.lengths import lasted

NAMED = 8  # as many names as a phone shows at a glance


def titled(draft: Draft, incident: Incident) -> str:
    """What an incident is about, in a few words."""
    words = title(incident.kind, incident.subject, draft.situation.name(incident.subject))
    return f"Suspected: {words}" if incident.suspected else words


def named(draft: Draft, targets: Sequence[TargetId]) -> str:
    """Some names, and how many more there are."""
    shown = ", ".join(sorted(map(draft.situation.name, targets))[:NAMED])
    more = len(targets) - NAMED
    return shown if more <= 0 else f"{shown} and {more} more"


def off_and_rest(incident: Incident) -> tuple[Sequence[TargetId], Sequence[TargetId]]:
    """What an incident still waits for: what is off or paused, and what nothing has proven yet."""
    waiting = [incident.members[target] for target in incident.unproven]
    off = [one.target for one in waiting if one.was_running and one.running is False and not one.failing]
    return off, [one.target for one in waiting if one.target not in off]


def still(draft: Draft, incident: Incident) -> str:
    """What an incident still waits for, by name."""
    off, rest = off_and_rest(incident)
    rests = {how: [one for one in off if incident.members[one].rest == how] for how in ("off", "paused")}
    parts = [f"Still {how}: {named(draft, those)}." for how, those in rests.items() if those]
    parts += [f"Still not proven healthy: {named(draft, rest)}."] if rest else []
    again = [target for target in rest if incident.members[target].restarts]
    parts += [f"Started anew since it was back: {named(draft, again)}."] if again else []
    return " ".join(parts)


def ring(draft: Draft, incident: Incident, words: str) -> None:
    """Tell everyone, so that the phone of whoever is on it rings, or else the owner's."""
    whom = incident.acknowledged_by or draft.situation.owner
    draft.tell(incident.id, Tell.BROADCAST, f"{words} <@{whom}>" if whom else words)


def fails_again(draft: Draft, incident: Incident, again: str, why: str) -> None:
    """It fails once more, `again` says how soon. Where it does so again and again, that is told, then no more."""
    if incident.unstable_since is not None:
        return
    if flapping.is_one(draft, incident):
        flapping.begin(draft, incident)
        within = draft.situation.rules.flapping_within
        lately, ever = incident.spans.starts(draft.now - within), incident.spans.count
        often = f"{ever} times" if lately == ever else f"{ever} times, {lately} of them"
        times = f"{often} within {lasted(within)}. Last: {why}"
        until = f"until nothing has changed for {lasted(within)}; the card keeps up"
        quiet = f"No more messages, except about what does not come back, {until}."
        ring(draft, incident, f"🟠 Unstable: {titled(draft, incident)}, {times}. {quiet}")
        return
    draft.keep(replace(draft.incidents[incident.id], told_at=draft.now, reminded=0, touched=False))
    ring(draft, incident, f"🔴 {titled(draft, incident)} again{again}: {why}.")


def is_over(draft: Draft, incident: Incident, words: str) -> None:
    """All that it waited for is proven. Of what was over before anyone could act, the card tells enough."""
    told_at = incident.told_at or incident.opened_at
    brief = draft.now - told_at < draft.situation.rules.brief and not incident.touched
    draft.event(incident.id, EventKind.STATUS, f"resolved: {words}")
    if not brief:
        draft.tell(incident.id, Tell.BROADCAST, _over(draft, incident, words))


def _over(draft: Draft, incident: Incident, words: str) -> str:
    after = lasted(draft.now - incident.since)
    if incident.spans.count > 1:
        after = f"{incident.spans.count} times, {lasted(incident.spans.total(draft.now))} in all"
        return f"🟢 Resolved: {titled(draft, incident)}, {after}. {words[:1].upper()}{words[1:]}."
    if words == ALL_PROVEN and incident.members.keys() == {incident.subject}:
        return f"🟢 {draft.situation.name(incident.subject)} is healthy again, after {after}."
    return f"🟢 Resolved: {titled(draft, incident)}, after {after}. {words[:1].upper()}{words[1:]}."


def is_closed(draft: Draft, incident: Incident, words: str, by: str | None) -> None:
    """It is over by what a person said or wrote."""
    draft.event(incident.id, EventKind.STATUS, f"closed: {words}", by)
    told = f"☑️ Closed: {titled(draft, incident)}. {words[:1].upper()}{words[1:]}."
    draft.tell(incident.id, Tell.BROADCAST, told)
