"""Whatever a lab goes through, in whatever order, and whatever people do: what incidents promise holds."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.incident import TRANSITIONS, End, EventKind, IllegalMove, Move, Rules, Status, Tell, Way
from bot.core.incidents import aftermath, engine, people, persons_word, withdrawal
from bot.core.incidents.asked import may_be_well
from bot.core.incidents.inventory_changes import Change
from bot.core.incidents.lifecycle import OF_WHO_IS_ON_IT
from bot.core.incidents.member import SETTLED, Standing
from bot.core.incidents.outcome import standings
from bot.core.incidents.situation import Gap
from bot.core.kinds import KINDS, LOST, OUTAGES
from bot.core.mute import Silence
from bot.store.incident_json import incident_row, incident_value
from tests.core.labs import ATLAS, HOSTS, NOOK, NOON, RACK, VAULT, Desk
from tests.stateful import walk

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
GUESTS = tuple(TargetId(f"guest:vm{n}") for n in range(6))
FLEETING = TargetId("guest:ci")
SHED, GATE, WEB = TargetId("host:shed"), TargetId("host:gate"), TargetId("service:web")
LAB = {
    t.id: t
    for t in (
        Target(RACK),
        *(Target(host, powered_by=RACK) for host in HOSTS),
        Target(GATE),
        Target(SHED, behind=GATE),
        Target(WEB, behind=GATE),
        *(Target(guest, runs_on=ATLAS) for guest in GUESTS[:4]),
        Target(GUESTS[4], runs_on=VAULT),
        Target(GUESTS[5], runs_on=SHED),
        Target(FLEETING, runs_on=NOOK, ephemeral=True),
    )
}
CHECKS = {
    "ups": {"ups": (Kind.POWER_LOSS, Kind.UPS_UNREACHABLE)},
    "host": {"hypervisor": (Kind.HOST_DOWN,), "ping": (Kind.HOST_DOWN,), "ssh": (Kind.SERVICE_DOWN,)},
    "guest": {
        "state": (Kind.GUEST_DOWN, Kind.GUEST_DAMAGED),
        "boot": (Kind.BOOT_DISK,),
        "http": (Kind.SERVICE_DOWN,),
        "inventory": (Kind.GUEST_MISSING,),
    },
    "service": {"http": (Kind.SERVICE_DOWN, None)},
}
ABOUT_WHO_IS_ON_IT = {Move.ACKNOWLEDGE, *OF_WHO_IS_ON_IT}
PEOPLE = {
    Move.ACKNOWLEDGE: people.acknowledge,
    Move.TAKE_BACK: people.take_back,
    Move.TAKE_OVER: people.take_over,
    Move.REOPEN: people.reopen,
    Move.CLOSE: lambda situation, incident, by, now: people.resolve(situation, incident, by, "enough", now),
    Move.WITHDRAW: lambda situation, incident, _by, now: withdrawal.withdraw(situation, incident, "blind", now),
}
WORDS = {"vouch": persons_word.vouch, "must return": persons_word.must_return, "deleted": persons_word.deleted}


@st.composite
def news(draw):
    target = LAB[draw(st.sampled_from(sorted(LAB)))]
    checks = CHECKS[target.kind]
    check = draw(st.sampled_from(sorted(checks)))
    health = draw(st.sampled_from([Health.FAIL, Health.FAIL, Health.OK, Health.UNKNOWN]))
    kind = draw(st.sampled_from(checks[check])) if health is Health.FAIL else None
    running, paused = None, check == "state" and health is not Health.UNKNOWN and draw(st.booleans())
    if check == "state" and health is not Health.UNKNOWN and not paused:
        running = health is Health.OK and draw(st.booleans())
    evidence = Evidence.OUTSIDE if check in {"state", "inventory"} else Evidence.INSIDE
    seen = Observation(Fingerprint(CheckName(check), target.id), health, NOON, "", kind, running=running)
    started = check == "state" and running and draw(st.booleans())
    facts = {"started": "now"} if started else {"paused": "paused by a person"} if paused else {}
    return replace(seen, evidence=evidence, facts=facts)


class Lab(RuleBasedStateMachine):
    """A lab, its bot and its people."""

    def __init__(self):
        super().__init__()
        checks = {GUESTS[0]: frozenset({CheckName("http")}), ATLAS: frozenset({CheckName("ssh")})}
        rules = Rules(storm_guests=3)
        self.desk = Desk(targets=dict(LAB), running={*GUESTS, FLEETING}, rules=rules, checks=checks)
        self.failing: dict[Fingerprint, Observation] = {}
        self.said_over: set[Fingerprint] = set()
        self.reopened: set[int] = set()
        self.forgotten: set[TargetId] = set()
        self.heard = 0

    # What happens.

    @rule(seen=st.lists(news(), min_size=1, max_size=8), shuffled=st.randoms(use_true_random=False))
    def hear(self, seen, shuffled):
        self._hear(seen, shuffled)

    @rule(host=st.sampled_from([*HOSTS, GATE]), well=st.booleans())
    def host_goes_or_returns(self, host, well):
        health, kind = (Health.OK, None) if well else (Health.FAIL, Kind.HOST_DOWN)
        self._hear([Observation(Fingerprint(CheckName("hypervisor"), host), health, NOON, "", kind)])

    @rule(guests=st.sets(st.sampled_from(GUESTS[:4]), min_size=3))
    def guests_fail_together(self, guests):
        self._hear([_state(guest, Health.FAIL, Kind.GUEST_DOWN) for guest in sorted(guests)])

    @rule(seconds=st.sampled_from([1, 30, 119, 600, 1800, 4 * 3600]))
    def time_passes(self, seconds):
        since = self.desk.now
        self._take(lambda: self.desk.wait(seconds * SECOND))
        self._end_silences(since)

    @rule(what=st.sampled_from(sorted(LAB)), minutes=st.integers(1, 60))
    def silence(self, what, minutes):
        now = self.desk.now
        self.desk.silences += (Silence(what, now, now + minutes * MINUTE, "U1", "quiet"),)

    @rule(off=st.sampled_from([2 * MINUTE, 3 * 60 * MINUTE]))
    def restart(self, off):
        """All that lives on is what the rows hold."""
        rows = [incident_row(i) for i in self.desk.incidents.values()]
        assert [incident_value(row) for row in rows] == list(self.desk.incidents.values())
        since = self.desk.now
        self.desk.gap = Gap(since, since + off)
        self._take(lambda: self.desk.take(engine.doubt(self.desk.situation, "I was off", self.desk.now)))
        self._take(lambda: self.desk.wait(off))
        self._end_silences(since)

    @rule(guests=st.sets(st.sampled_from(GUESTS[:4]), min_size=1))
    def guests_vanish_together(self, guests):
        checks = (Fingerprint(CheckName("inventory"), guest) for guest in sorted(guests))
        self._hear([Observation(f, Health.FAIL, NOON, "", Kind.GUEST_MISSING) for f in checks])

    @rule(what=st.sampled_from([*GUESTS, VAULT, RACK]))
    def goes_for_good(self, what):
        """A host goes with its guests."""
        gone = [t.id for t in LAB.values() if what in {t.id, t.runs_on} and t.id in self.desk.targets]
        self._take(lambda: self.desk.take(engine.forget(self.desk.situation, gone, self.desk.now)))
        self._forget(gone)

    def _forget(self, gone):
        self.forgotten.update(gone)
        for target in gone:
            del self.desk.targets[target]
            self.desk.running.discard(target)
            self.desk.stopped.pop(target, None)
        self.desk.failing = {f for f in self.desk.failing if f.target not in gone}
        self.failing = {f: seen for f, seen in self.failing.items() if f.target not in gone}

    @rule(what=st.sampled_from([*GUESTS, VAULT, RACK]))
    def is_made_anew(self, what):
        self.desk.targets.update({t.id: t for t in LAB.values() if what in {t.id, t.runs_on}})

    @precondition(lambda self: self.desk.incidents)
    @rule(data=st.data(), move=st.sampled_from(sorted(PEOPLE)))
    def person_acts(self, data, move):
        before = self.desk.situation
        held = self.desk.incidents[data.draw(st.sampled_from(sorted(self.desk.incidents)))]
        before = replace(before, incidents={**before.incidents, held.id: held})
        known = dict(before.incidents)
        if not self._is_legal(held, move):
            with pytest.raises(IllegalMove):
                PEOPLE[move](before, held.id, "U1", self.desk.now)
            assert before.incidents == known
            return
        self._take(lambda: self.desk.take(PEOPLE[move](before, held.id, "U1", self.desk.now)))
        if move is Move.CLOSE:
            self.said_over |= {f for f in self.failing if _follows(held, f)}
        if move is Move.WITHDRAW:
            self._look_again()
        if move is Move.REOPEN and not self.desk.incidents[held.id].failing:
            self.reopened.add(held.id)

    @precondition(lambda self: any(i.members for i in self.desk.live))
    @rule(data=st.data(), word=st.sampled_from(sorted(WORDS)))
    def person_gives_a_word(self, data, word):
        """It covers what is unproven or missing, as it says, and nothing else."""
        held = data.draw(st.sampled_from([i for i in self.desk.live if i.members]))
        member = held.members[data.draw(st.sampled_from(sorted(held.members)))]
        covers = may_be_well(member) if word == "vouch" else member.standing is Standing.MISSING

        def say():
            return WORDS[word](self.desk.situation, held.id, [member.target], "U1", self.desk.now)

        if not covers:
            with pytest.raises(IllegalMove):
                say()
            return
        if word == "deleted":
            self.said_over -= {f for f in self.said_over if f.target == member.target}
        self._take(lambda: self.desk.take(say()))
        if word == "deleted":
            self._forget([member.target])
        else:
            after = self.desk.incidents[held.id].members[member.target]
            assert after.must_return == (member.must_return if word == "vouch" else "U1")

    @precondition(lambda self: any(i.kind in LOST for i in self.desk.live))
    @rule(data=st.data(), changed=st.dictionaries(st.sampled_from(sorted(LAB)), st.booleans(), max_size=4))
    def inventory_is_compared(self, data, changed):
        held = data.draw(st.sampled_from([i for i in self.desk.live if i.kind in LOST]))
        changes = {
            t: (Change("disk", "gone"),) * is_gone for t, is_gone in changed.items() if t in self.desk.targets
        }
        self._take(
            lambda: self.desk.take(
                aftermath.inventory_compared(self.desk.situation, held.id, changes, self.desk.now)
            )
        )

    def _look_again(self):
        """What still fails once the bot can see is seen anew."""
        self._hear(list(self.failing.values()))

    @rule()
    def all_is_well(self):
        """Once everything was seen well and grace is over, nothing is left but what a person reopened."""
        for held in self.desk.live:
            mended = {target: () for target, member in held.members.items() if member.changes}
            self.desk.take(aftermath.inventory_compared(self.desk.situation, held.id, mended, self.desk.now))
        wells = [Observation(f, Health.OK, NOON, "") for f in self.failing if f.target in self.desk.targets]
        for target in self.desk.targets.values():
            match target.kind:
                case "guest":
                    wells.append(_state(target.id, Health.OK, running=True))
                    checks = ("boot", "http", "inventory")
                case kind:
                    checks = CHECKS[kind]
            prints = (Fingerprint(CheckName(check), target.id) for check in checks)
            wells += [Observation(f, Health.OK, NOON, "") for f in prints]
        self._hear(list({one.fingerprint: one for one in wells}.values()))
        for seconds in (600, 30, 3600):  # a UPS asked again has to stay well for a while, what flapped for an hour
            self.time_passes(seconds)
            self._hear(list({one.fingerprint: one for one in wells}.values()))
        left = [i for i in self.desk.live if i.id not in self.reopened]
        assert left == [], left

    # What each of these keeps.

    def _hear(self, seen, shuffled=None):
        there = [one for one in seen if one.target in self.desk.targets]
        batch = []
        for one in there:
            self.heard += 1
            at = self.desk.now + timedelta(microseconds=self.heard)  # no two words in one instant
            batch.append(replace(one, at=at, why=f"word {self.heard}"))
        if shuffled is not None:
            self._order_does_not_matter(batch, shuffled)
        before, said_over = dict(self.desk.incidents), frozenset(self.said_over)
        news = [one for one in batch if one.health is not Health.UNKNOWN]
        known = {f for i in self.desk.live for f in i.failing}
        repeated = all(
            one.health is Health.FAIL
            and one.fingerprint in known
            and self.failing[one.fingerprint].kind is one.kind
            for one in news
        )
        for one in news:
            if one.health is Health.FAIL:
                self.failing[one.fingerprint] = one
            else:
                self.failing.pop(one.fingerprint, None)
                self.said_over.discard(one.fingerprint)
        decision = self._take(lambda: self.desk.see_as_is(batch))
        if repeated:
            assert set(self.desk.incidents) == set(before)
        if not news:  # at most a card says that its UPS can't be asked
            for incident in decision.incidents:
                was = before[incident.id]
                assert incident.kind is Kind.POWER_LOSS
                said = {"why": incident.why, "progress_at": incident.progress_at, "ups": incident.ups}
                assert incident == replace(was, **said)
        self._every_word_is_written_once([one for one in news if one.fingerprint not in said_over], decision)

    def _order_does_not_matter(self, batch, shuffled):
        other = list(batch)
        shuffled.shuffle(other)
        situation, now = self.desk.situation, self.desk.now
        assert engine.decide(situation, other, now) == engine.decide(situation, batch, now)

    def _every_word_is_written_once(self, news, decision):
        """A failure that nobody muted is in the history of some incident, and in none twice.

        That its status or its kind is another one now says why, too.
        """
        written = Counter(
            (e.incident, e.text.rpartition("word ")[2])
            for e in decision.events
            if "word" in e.text and e.kind not in {EventKind.STATUS, EventKind.KIND}
        )
        assert set(written.values()) <= {1}, decision.events
        words = {e.text.rpartition("word ")[2] for e in decision.events}
        for one in news:
            if one.health is Health.FAIL and not self._is_muted(one.target):
                assert one.why.removeprefix("word ") in words, one

    def _take(self, act):
        before = dict(self.desk.incidents)
        decision = act()
        for incident in decision.incidents:
            was = before.get(incident.id)
            assert incident.status in _reachable(was.status if was else Status.OPEN)
            if was is None:
                assert [n.tell for n in decision.notices if n.incident == incident.id].count(Tell.CARD) == 1
            if incident.failing or incident.ended:
                self.reopened.discard(incident.id)
            if was is not None and was.end is not None and not was.end.may_reopen:
                assert incident.ended, "what was moved or withdrawn has reopened"
            if was is not None:
                self._nothing_is_hushed_up(was, incident, decision)
        return decision

    def _nothing_is_hushed_up(self, was, incident, decision):
        """That it fails again is told to everyone, unless it was told to do so again and again."""
        told = [n for n in decision.notices if n.incident == incident.id and n.tell is not Tell.CARD]
        new = incident.spans.count > was.spans.count and incident.spans.lasts
        if new and was.unstable_since is None and was.kind is incident.kind:
            assert told, (was, incident)
        ended_well = incident.ended and was.unstable_since is not None and incident.end.way is not Way.MOVED
        assert told or not ended_well, (was, incident)

    def _end_silences(self, since):
        """What a silence kept quiet is told when it ends."""
        ended = {s.target for s in self.desk.silences if since < s.until <= self.desk.now}
        above = self.desk.situation.ancestors
        again = [one for f, one in self.failing.items() if ended & {f.target, *above(f.target)}]
        if again:
            self._hear(again)

    def _is_legal(self, incident, move):
        rivals = (i for i in self.desk.live if i.subject == incident.subject or i.own & incident.own)
        if (incident.status, move) not in TRANSITIONS or (move is Move.REOPEN and any(rivals)):
            return False
        if move is Move.REOPEN and not incident.end.may_reopen:
            return False
        if move is Move.TAKE_OVER and incident.acknowledged_by == "U1":
            return False
        return (incident.acknowledged_by is not None) is (
            move in OF_WHO_IS_ON_IT
        ) or move not in ABOUT_WHO_IS_ON_IT

    def _is_muted(self, target):
        situation, now = self.desk.situation, self.desk.now
        near = {target, *situation.ancestors(target)}
        return situation.target(target).ephemeral or any(
            s.target in near and s.holds(now) for s in self.desk.silences
        )

    # What always holds.

    @invariant()
    def each_subject_and_each_check_has_at_most_one_live_incident(self):
        assert max(Counter(i.subject for i in self.desk.live).values(), default=1) == 1
        assert max(Counter(f for i in self.desk.live for f in i.own).values(), default=1) == 1

    @invariant()
    def no_failure_is_without_an_incident(self):
        for fingerprint in self.failing.keys() - self.said_over:
            followed = any(_follows(i, fingerprint) for i in self.desk.live)
            assert followed or self._is_muted(fingerprint.target), fingerprint

    @invariant()
    def what_an_incident_says_to_fail_does(self):
        for incident in self.desk.live:
            assert incident.failing <= self.failing.keys()
            checks = {Fingerprint(c, m.target) for m in incident.members.values() for c in m.failing}
            assert checks <= self.failing.keys()

    @invariant()
    def incidents_agree_on_what_fails(self):
        own = {f for i in self.desk.live for f in i.failing}
        for incident in self.desk.live:
            assert all(_follows(incident, f) for f in own if f.target in incident.members)

    @invariant()
    def every_live_incident_can_be_resolved(self):
        for incident in self.desk.live:
            decision = people.resolve(self.desk.situation, incident.id, "U1", "enough", self.desk.now)
            assert decision.incidents[0].ended

    @invariant()
    def an_incident_is_consistent(self):
        for incident in self.desk.incidents.values():
            assert incident.failing <= incident.own
            lost = not KINDS[incident.kind].hurts or incident.subject in self.forgotten
            assert lost or incident.ended or incident.subject in incident.members
            assert incident.ended is (incident.end is not None)
            assert (incident.status is Status.RECOVERING) <= (incident.recovering_since is not None)
            assert (incident.status is Status.ACKNOWLEDGED) <= (incident.acknowledged_by is not None)
            assert not (incident.status is Status.RECOVERING and incident.failing)
            assert incident.members.keys() <= {incident.subject} or incident.kind in OUTAGES

    @invariant()
    def what_is_called_proven_is(self):
        """Nobody resolves an incident with a machine that is unproven, let go of, missing or failing in it."""
        for incident in self.desk.incidents.values():
            if incident.end == End(Way.PROVEN):
                assert incident.unproven == incident.let_go == (), incident
            for member in incident.members.values():
                assert not (member.proven and (member.failing or member.missing or member.changes))
                evidence = member.ground and member.ground.evidence
                seen = evidence in {Evidence.INSIDE, Evidence.OUTSIDE, Evidence.WORD}
                assert not member.proven or seen or member.standing is Standing.UNWATCHED
                assert (member.standing is Standing.PROVEN) <= (evidence is Evidence.INSIDE)

    @invariant()
    def what_is_paused_is_not_well_whatever_answers(self):
        well = {Standing.PROVEN, Standing.ACCEPTED, Standing.UNTOUCHED}
        for incident in self.desk.live:
            paused = (member for target, member in incident.members.items() if target in self.desk.paused)
            assert not [member for member in paused if member.standing in well]

    @invariant()
    def the_numbers_add_up(self):
        for incident in self.desk.incidents.values():
            found = standings(incident.members.values())
            assert sum(map(len, found.values())) == len(incident.members)
            unsettled = {t for s, targets in found.items() if s not in SETTLED for t in targets}
            assert unsettled == set(incident.unproven)

    @invariant()
    def each_time_that_it_failed_is_on_record_and_no_other(self):
        for incident in self.desk.incidents.values():
            fails = bool(incident.failing) and not incident.ended
            unsure = not incident.own and not incident.ended  # nobody can see whether that is over
            if not (unsure or incident.still_off):  # what was found off is so for longer than its check fails
                assert incident.spans.lasts is fails, incident
            times = [t for one in incident.spans.latest for t in (one.since, one.until) if t is not None]
            assert times == sorted(times)
            assert incident.spans.total(self.desk.now) <= self.desk.now - incident.since + SECOND

    @invariant()
    def what_flaps_is_not_called_over(self):
        for incident in self.desk.incidents.values():
            assert not (incident.ended and incident.unstable_since is not None)

    @invariant()
    def every_incident_was_opened_once_and_told_with_a_card(self):
        opened = Counter(e.incident for e in self.desk.events if e.kind is EventKind.OPENED)
        assert opened == Counter(self.desk.incidents.keys())
        assert {n.incident for n in self.desk.notices if n.tell is Tell.CARD} == self.desk.incidents.keys()


def _state(guest, health, kind=None, *, running=False):
    return Observation(Fingerprint(CheckName("state"), guest), health, NOON, "", kind, running=running)


def _follows(incident, fingerprint):
    member = incident.members.get(fingerprint.target)
    return fingerprint in incident.failing or (member is not None and fingerprint.check in member.failing)


def _reachable(status):
    """Where the table leads in any number of moves that Caretaker may make by itself or a person in one."""
    found, ahead = {status}, [status]
    while ahead:
        here = ahead.pop()
        for (origin, _), to in TRANSITIONS.items():
            if origin is here and to not in found:
                found.add(to)
                ahead.append(to)
    return found


def test_a_lab_keeps_its_promises():
    walk(Lab, examples=25, steps=20)


@pytest.mark.slow
@pytest.mark.long
def test_a_lab_keeps_its_promises_for_long():
    walk(Lab, examples=200, steps=50)
