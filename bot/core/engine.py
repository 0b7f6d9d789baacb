"""From what was seen and from the passing of time to what becomes of the incidents; people's part is people.py's.

Each function takes a situation and returns a Decision; it never changes what it was given. Which failures belong
together is storm.py's; which are not told is mute.py's.
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime

from bot.core import storm
from bot.core.health import ANSWERED, Fingerprint, Health, Kind, Observation, TargetId, is_condition
from bot.core.incident import Event, EventKind, Incident, IncidentId
from bot.core.incidents import adoption, on_battery
from bot.core.incidents.adoption import await_subject
from bot.core.incidents.aftermath import inventory_compared
from bot.core.incidents.announce import ring, titled
from bot.core.incidents.draft import Decision, Draft
from bot.core.incidents.member import GONE, SETTLED_FOR_GOOD, Standing
from bot.core.incidents.opening import open_incident
from bot.core.incidents.people import (
    acknowledge,
    deleted,
    found_elsewhere,
    made_again,
    must_return,
    reopen,
    resolve,
    stays_off,
    take_back,
    take_over,
    vouch,
    withdraw,
)
from bot.core.incidents.reminders import lapse, remind
from bot.core.incidents.settle import calm_down, let_go, settle, surface
from bot.core.incidents.shutdowns import as_it_counts
from bot.core.incidents.situation import Situation
from bot.core.kinds import APART, LOST, OUTAGES, tells_more
from bot.core.lengths import clock_time

__all__ = [
    "acknowledge",
    "decide",
    "deleted",
    "doubt",
    "forget",
    "found_elsewhere",
    "inventory_compared",
    "made_again",
    "must_return",
    "pass_time",
    "progressed",
    "reopen",
    "resolve",
    "stays_off",
    "take_back",
    "take_over",
    "vouch",
    "withdraw",
]


def decide(situation: Situation, news: Sequence[Observation], now: datetime) -> Decision:
    """What follows from observations that were believed together, each new to what is known of its fingerprint.

    Their order does not matter, their times do. UNKNOWN is no news: nothing follows from it, but that the card of
    a power failure says so of the UPS that told of it.
    """
    draft = Draft(situation, now)
    for turn in _turns(news):
        _take_in(draft, turn)
    for seen in sorted(news, key=lambda one: (one.at, one.fingerprint)):
        on_battery.take_in(draft, seen)
    return draft.decision()


def _turns(news: Sequence[Observation]) -> Sequence[Sequence[Observation]]:
    """The news as taken in: together, but for what one check said later, which comes after what it said first."""
    turns: list[dict[Fingerprint, Observation]] = []
    for seen in sorted(news, key=lambda one: (one.at, one.fingerprint)):
        if seen.health is Health.UNKNOWN:
            continue
        turn = next((t for t in turns if seen.fingerprint not in t), None)
        if turn is None:
            turns.append({seen.fingerprint: seen})
        else:
            turn[seen.fingerprint] = seen
    return [list(turn.values()) for turn in turns]


def _take_in(draft: Draft, news: Sequence[Observation]) -> None:
    """Note the news where it belongs, find an incident for each failure, and bring every status in line."""
    before, situation = dict(draft.incidents), draft.situation
    draft.hear(news)
    for seen in news:
        adoption.take_in_shutdown(draft, seen)
        _record(draft, as_it_counts(situation, list(draft.live()), seen, draft.now))
        if seen.began_anew:
            adoption.booted_anew(draft, seen.target)
    failures = [seen for seen in news if seen.health is Health.FAIL]
    _place(draft, [seen for seen in failures if not draft.muted(seen.target)])
    for seen in failures:
        if seen.kind in LOST:
            adoption.take_along(draft, seen)
    _note_last_answers(draft, [one for one in draft.live() if one.id not in before], failures)
    for incident in draft.live():
        settle(draft, incident, came_back=_has_come_back(before.get(incident.id), incident))


def _has_come_back(was: Incident | None, incident: Incident) -> bool:
    """Whether all its checks have, just now; or, where a person reopened it, the last machine it waited for."""
    if was is None or incident.failing:
        return False
    return bool(was.failing) or bool(was.unproven and not incident.unproven)


def _note_last_answers(draft: Draft, opened: Sequence[Incident], failures: Sequence[Observation]) -> None:
    """When what fell silent answered last: that an incident is believed only later, is not how long it lasted."""
    for incident in opened:
        told = [seen for seen in failures if seen.fingerprint in incident.own and ANSWERED in seen.facts]
        if told:
            last = max(told, key=lambda seen: datetime.fromisoformat(seen.facts[ANSWERED]))
            at = datetime.fromisoformat(last.facts[ANSWERED])
            when = clock_time(at, draft.situation.zone, "%H:%M:%S")
            words = f"{draft.situation.name(last.target)} last answered at {when}."
            draft.event(incident.id, EventKind.NOTE, words)
            known = draft.incidents[incident.id]
            draft.keep(replace(known, answered_at=at, spans=known.spans.from_the_start(at)))


def pass_time(situation: Situation, now: datetime) -> Decision:
    """What follows from time alone: grace ends, an acknowledgement lapses, someone has to be reminded."""
    draft = Draft(situation, now)
    for incident in draft.live():
        settle(draft, incident)
    for incident in draft.live():
        calm_down(draft, incident)
        surface(draft, incident)
        lapse(draft, incident)
        remind(draft, incident)
    return draft.decision()


def forget(situation: Situation, gone: Sequence[TargetId], now: datetime) -> Decision:
    """What follows when targets are no longer watched at all: nobody waits for them, and that is on record."""
    draft = Draft(situation, now)
    for incident in list(draft.incidents.values()):
        let_go(draft, incident, frozenset(gone))
    return draft.decision()


def doubt(situation: Situation, why: str, now: datetime) -> Decision:
    """What follows when nobody was looking for a while: what an outage's members showed before counts no more.

    `why`: for its thread; "" where nobody looked for a moment only: nothing is said, and people's words stand.
    """
    draft = Draft(situation, now)
    stand = SETTLED_FOR_GOOD if why else {*SETTLED_FOR_GOOD, Standing.WORD}
    for incident in draft.live():
        if incident.kind in OUTAGES:
            members = (one for one in incident.members.values() if one.standing not in stand)
            draft.keep(incident.with_members([one.in_doubt(now) for one in members]))
            if why:
                draft.note(incident.id, f"{why}: what was seen before is no proof any more.")
    return draft.decision()


def _record(draft: Draft, seen: Observation) -> None:
    """Note `seen` with every incident it concerns. Of an ended one only this: that what failed is well since."""
    for incident in list(draft.incidents.values()):
        if _is_apart(incident, seen):
            continue
        if incident.ended:
            if seen.health is Health.OK:
                failing = incident.failing - {seen.fingerprint}
                draft.incidents[incident.id] = replace(incident, failing=failing)
        elif seen.fingerprint in incident.own and seen.target == incident.subject:
            _record_own(draft, incident, seen)
        elif seen.target == incident.subject:
            _record_proof(draft, incident, seen)
        elif seen.target in incident.members:
            _record_member(draft, incident, seen)


def _record_member(draft: Draft, incident: Incident, seen: Observation) -> None:
    """One of the incident's members has news: it may be proven now, or no longer."""
    before = incident.members[seen.target]
    after = draft.keep(incident.after(seen, draft.situation.needs(seen.target))).members[seen.target]
    name = draft.situation.name(seen.target)
    if seen.health is Health.FAIL:
        draft.event(incident.id, EventKind.WORSE, f"{name}: {seen.why}")
    elif after.proven and not before.proven:
        back = f"{name}: {seen.why}" if after.running is False else f"{name} is back: {seen.why}"
        draft.event(incident.id, EventKind.BETTER, back)
    elif before.proven and not after.proven:
        doubt = (
            f"{name} may have started anew: {seen.why}" if seen.began_anew else f"{name} ran before: {seen.why}"
        )
        draft.event(incident.id, EventKind.WORSE, doubt)


def _record_proof(draft: Draft, incident: Incident, seen: Observation) -> None:
    """Another check of the subject has news. That it is well may be what the incident waits for.

    Where it fails, its subject is not well; which incident says so, is decided later.
    """
    after = draft.keep(incident.after(seen, draft.situation.needs(seen.target)))
    if len(after.unproven) < len(incident.unproven):
        draft.event(incident.id, EventKind.BETTER, seen.why)


def _record_own(draft: Draft, incident: Incident, seen: Observation) -> None:
    """One of the incident's own checks has news: it fails or no longer does, and may tell what it really is."""
    after = draft.keep(incident.after(seen, draft.situation.needs(seen.target)))
    if seen.health is Health.FAIL:
        if not _takes_over(seen, incident) and not _refine(draft, draft.incidents[incident.id], seen):
            _say_what_is(draft, draft.incidents[incident.id], seen)
    elif seen.fingerprint in incident.failing or len(after.unproven) < len(incident.unproven):
        draft.event(incident.id, EventKind.BETTER, seen.why)


def _say_what_is(draft: Draft, incident: Incident, seen: Observation) -> None:
    """It still fails. Whether it can be told where a guest went may differ: a card says what is now."""
    if incident.kind is seen.kind and (seen.fingerprint.check in GONE or incident.kind is Kind.NETWORK_DOWN):
        draft.keep(replace(incident, why=seen.why))
    if incident.kind is Kind.POWER_LOSS and on_battery.tells_of_battery(seen):
        on_battery.say(draft, incident, seen)
    draft.event(incident.id, EventKind.WORSE, seen.why)


def _refine(draft: Draft, incident: Incident, seen: Observation) -> bool:
    """Whether a failure tells more of what an incident is. The same message goes on as that; everyone is told."""
    if seen.kind is None or {seen.kind, incident.kind} & OUTAGES or not tells_more(seen.kind, incident.kind):
        return False
    draft.keep(replace(incident, kind=seen.kind, why=seen.why))
    draft.event(incident.id, EventKind.KIND, f"This is {seen.kind}: {seen.why}")
    now = draft.incidents[incident.id]
    ring(draft, now, f"🔴 {titled(draft, now)}: {seen.why}. It began as: {titled(draft, incident)}.")
    return True


def _is_apart(incident: Incident, seen: Observation) -> bool:
    """Whether one is about what a UPS is like, and the other about the power: neither concerns the other."""
    if is_condition(seen.fingerprint):
        return incident.kind not in APART
    return incident.subject == seen.target and incident.kind in APART


def _takes_over(seen: Observation, incident: Incident) -> bool:
    """Whether it is an outage beyond what `incident` is yet, which makes it its own and says so itself."""
    return seen.kind in LOST and tells_more(seen.kind, incident.kind)


def _place(draft: Draft, failures: Sequence[Observation]) -> None:
    """Find each failure its incident, what explains most first: power, then hosts, then guests, then the rest."""
    over = frozenset(one.id for one in draft.incidents.values() if one.ended)
    left = [seen for seen in failures if not _join(draft, seen, over)]
    for seen in left:
        if seen.kind is Kind.POWER_LOSS:
            storm.power_lost(draft, seen)
    left = [seen for seen in left if seen.kind is not Kind.POWER_LOSS and not storm.covered(draft, seen)]
    storm.hosts_lost(draft, [seen for seen in left if seen.kind is Kind.HOST_DOWN])
    left = [seen for seen in left if seen.kind is not Kind.HOST_DOWN and not storm.covered(draft, seen)]
    for seen in storm.guests_lost(draft, left):
        if not _join(draft, seen, over):
            opened = open_incident(
                draft, seen.kind or Kind.SERVICE_DOWN, seen.target, seen.why, {seen.fingerprint}
            )
            await_subject(draft, opened)


def _join(draft: Draft, seen: Observation, over: Set[IncidentId]) -> bool:
    """Whether a failure has its incident: of its check, or else of its subject, since a subject has only one.

    An outage joins nothing less: it takes over instead. What ended while it failed has had its incident, too: a
    person said that it is over, or it is part of another. Only what tells more of it is news. `over`: the
    incidents that were over before; one that has reopened since knows that `seen` fails, and has not noted it.
    """
    for incident in sorted(draft.live(), key=lambda one: seen.fingerprint not in one.own):
        if _takes_over(seen, incident) or _is_apart(incident, seen):
            continue
        of_subject = incident.subject == seen.target and seen.kind not in LOST
        if of_subject or seen.fingerprint in incident.own:
            if seen.fingerprint not in incident.failing or incident.id in over:
                one = frozenset({seen.fingerprint})
                _record_own(draft, draft.keep(replace(incident, own=incident.own | one)), seen)
            return True
    return any(seen.fingerprint in i.failing and not tells_more(seen.kind, i.kind) for i in draft.recent())


def progressed(incident: Incident, text: str, now: datetime, by: str | None = None) -> tuple[Incident, Event]:
    """`incident` after something other than its checks moved, e.g. a runbook's step, and the line saying so."""
    touched = incident.touched or by is not None
    return replace(incident, progress_at=now, touched=touched), Event(incident.id, now, EventKind.RUN, text, by)
