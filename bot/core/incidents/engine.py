"""From what was seen and from the passing of time to what becomes of the incidents.

A decision has four stages: recording notes what was seen, correlation finds each failure its incident, settle
brings every status in line, and announce has the words. Each function takes a situation and returns a Decision; it
never changes what it was given. What people do is people.py's and persons_word.py's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.health import Fingerprint, Health, Observation, TargetId
from bot.core.incident import Incident
from bot.core.incidents import adoption, on_battery
from bot.core.incidents.correlation import place
from bot.core.incidents.draft import Decision, Draft
from bot.core.incidents.member import SETTLED_FOR_GOOD, Standing
from bot.core.incidents.recording import note_last_answers, record
from bot.core.incidents.reminders import lapse, remind
from bot.core.incidents.settle import calm_down, let_go, settle, stays_down, surface, unchecked
from bot.core.incidents.shutdowns import as_it_counts
from bot.core.incidents.situation import Situation
from bot.core.kinds import LOST, OUTAGES


def decide(situation: Situation, news: Sequence[Observation], now: datetime) -> Decision:
    """What follows from observations that were believed together, each new to what is known of its fingerprint.

    Their order does not matter, their times do. UNKNOWN is no news: nothing follows from it, but that nothing ends
    by what it showed before, and that the card of a power failure says so of the UPS that told of it.
    """
    draft, news = Draft(situation, now), sorted(news, key=lambda one: (one.at, one.fingerprint))
    draft.look_at({one.fingerprint: one for one in news}.values())
    for turn in _turns(news):
        _take_in(draft, turn)
    for seen in news:
        on_battery.take_in(draft, seen)
    return draft.decision()


def _turns(news: Sequence[Observation]) -> Sequence[Sequence[Observation]]:
    """The news as taken in: together, but for what one check said later, which comes after what it said first."""
    turns: list[dict[Fingerprint, Observation]] = []
    for seen in news:
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
        record(draft, as_it_counts(situation, list(draft.live()), seen, draft.now))
        if seen.began_anew:
            adoption.booted_anew(draft, seen.target)
    failures = [seen for seen in news if seen.health is Health.FAIL]
    place(draft, [seen for seen in failures if not draft.muted(seen.target)])
    for seen in failures:
        if seen.kind in LOST:
            adoption.take_along(draft, seen)
    note_last_answers(draft, [one for one in draft.live() if one.id not in before], failures)
    for incident in draft.live():
        settle(draft, incident, came_back=_has_come_back(before.get(incident.id), incident))


def _has_come_back(was: Incident | None, incident: Incident) -> bool:
    """Whether all its checks have, just now; or, where a person reopened it, the last machine it waited for."""
    if was is None or incident.failing:
        return False
    return bool(was.failing) or was.still_off or bool(was.unproven and not incident.unproven)


def pass_time(situation: Situation, now: datetime) -> Decision:
    """What follows from time alone: grace ends, an acknowledgement lapses, someone has to be reminded."""
    draft = Draft(situation, now)
    for incident in _looked_at(draft):
        settle(draft, incident)
    for incident in _looked_at(draft):
        calm_down(draft, incident)
        stays_down(draft, incident)
        surface(draft, incident)
        lapse(draft, incident)
        remind(draft, incident)
    return draft.decision()


def _looked_at(draft: Draft) -> Sequence[Incident]:
    """The incidents of which it is known how all that they rest on is now."""
    situation = draft.situation
    if not situation.unlooked:
        return draft.live()
    return [one for one in draft.live() if situation.unlooked.isdisjoint(situation.rests_on(one))]


def forget(situation: Situation, gone: Sequence[TargetId], now: datetime) -> Decision:
    """What follows when targets are no longer watched at all: nobody waits for them, and that is on record."""
    draft = Draft(situation, now)
    for incident in list(draft.incidents.values()):
        let_go(draft, incident, frozenset(gone))
    return draft.decision()


def uncheck(situation: Situation, gone: frozenset[Fingerprint], now: datetime) -> Decision:
    """What follows when nobody looks with these checks any longer: that they fail counts no more."""
    draft = Draft(situation, now)
    for incident in draft.live():
        unchecked(draft, incident, gone)
    return draft.decision()


def doubt(situation: Situation, why: str, now: datetime) -> Decision:
    """What follows when nobody was looking for a while: what an outage's members showed before counts no more.

    `why`: for its thread; "" where nobody looked for a moment only: nothing is said, and people's words stand.
    """
    draft = Draft(situation, now)
    stand = SETTLED_FOR_GOOD if why else {*SETTLED_FOR_GOOD, Standing.WORD}
    for incident in draft.live():
        if incident.kind in OUTAGES or incident.unstable_since is not None:
            members = (one for one in incident.members.values() if one.standing not in stand)
            doubted = incident.with_members([one.in_doubt(now) for one in members])
            if why and incident.unstable_since is not None:  # nobody saw whether it was quiet meanwhile
                doubted = replace(doubted, unstable_since=now)
            draft.keep(doubted)
            if why:
                draft.note(incident.id, f"{why}: what was seen before is no proof any more.")
    return draft.decision()
