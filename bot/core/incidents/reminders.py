"""What nobody is on is told again, ever more rarely; and who is on something that does not move, no longer is."""

from dataclasses import replace

from bot.core.health import Kind
from bot.core.incident import EventKind, Incident, Move, Status
from bot.core.incidents.announce import ring, still, titled
from bot.core.incidents.draft import Draft
from bot.core.lengths import lasted


def remind(draft: Draft, incident: Incident) -> None:
    """Tell everyone that nobody is on it, where it is time to. Several that are due at once are one.

    Of what is silenced, unstable or has time to come back nobody is reminded meanwhile.
    """
    incident = draft.incidents[incident.id]
    waited = draft.now - (incident.told_at or incident.opened_at)
    due = draft.situation.rules.reminders_due(waited)
    if due <= incident.reminded or incident.acknowledged_by is not None or not _is_due(draft, incident):
        return
    draft.keep(replace(incident, reminded=due))
    draft.event(incident.id, EventKind.REMINDER, f"nobody is on it, {lasted(waited)} after that was told")
    mark = "🔵" if incident.status is Status.RECOVERING else "🔴"
    head = f"{mark} {titled(draft, incident)}: nobody has been on it for {lasted(waited)}."
    ring(draft, incident, f"{head} {_now(draft, incident)}")


def _now(draft: Draft, incident: Incident) -> str:
    """How it stands."""
    if incident.failing or incident.still_off:
        return f"{incident.why[:1].upper()}{incident.why[1:]}."
    if incident.unproven:
        back = incident.status is Status.RECOVERING and incident.kind is Kind.POWER_LOSS
        return f"{'The power is back. ' if back else ''}{still(draft, incident)}"
    return "Nothing fails now, as far as I can see."


def _is_due(draft: Draft, incident: Incident) -> bool:
    has_time = incident.status is Status.RECOVERING and not incident.surfaced
    return not (has_time or incident.unstable_since is not None or draft.muted(incident.subject))


def told(draft: Draft, incident: Incident) -> None:
    """Everyone was told just now how it stands: what is due by now needs no reminder."""
    waited = draft.now - (incident.told_at or incident.opened_at)
    held = draft.incidents[incident.id]
    draft.keep(replace(held, reminded=draft.situation.rules.reminders_due(waited)))


def lapse(draft: Draft, incident: Incident) -> None:
    """Whoever is on it has not moved it for hours: nobody is, and the owner hears of it."""
    incident = draft.incidents[incident.id]
    by, still = incident.acknowledged_by, draft.now - incident.progress_at
    if incident.ended or by is None or still < draft.situation.rules.acknowledgement_lapses:
        return
    open_again = draft.move(incident, Move.LAPSE)
    draft.event(incident.id, EventKind.STATUS, "the acknowledgement lapsed")
    words = f"🔴 {titled(draft, incident)}: <@{by}> was on it, but nothing has moved for {lasted(still)}."
    ring(draft, open_again, f"{words} Nobody is on it now.")
