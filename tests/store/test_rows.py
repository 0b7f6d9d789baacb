"""Values written and read again are the values they were."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.health import CheckName, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.incident import Earlier, End, Event, EventKind, Incident, IncidentId, Member, Status, Way
from bot.core.incidents.console_log import BootRecord, Mark
from bot.core.incidents.guest_system import System, Whose
from bot.core.incidents.inventory_changes import Change
from bot.core.incidents.left_off import LeftOff
from bot.core.incidents.member import SETTLED, Ground
from bot.core.incidents.spans import Span, Spans
from bot.core.mute import Silence
from bot.core.run import Run, RunId, StepState
from bot.core.run_json import run_to_json
from bot.store.runs import RunRow
from bot.store.targets import Presence

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WEB1, ATLAS = TargetId("guest:web1"), TargetId("host:atlas")
GUEST_CHECK = Fingerprint(CheckName("guest"), WEB1)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001  zones are drawn
maybe_times = st.none() | times
targets = st.builds(lambda kind, name: TargetId(f"{kind}:{name}"), st.sampled_from(["guest", "host"]), texts)
prints = st.builds(Fingerprint, texts.map(CheckName), targets)
checks = st.frozensets(texts.map(CheckName), max_size=3)
grounds = st.builds(
    Ground,
    st.sampled_from(sorted(SETTLED)),
    texts,
    times,
    check=st.none() | texts.map(CheckName),
    by=st.none() | texts,
)
members = st.builds(
    Member,
    targets,
    st.booleans(),
    failing=checks,
    running=st.none() | st.booleans(),
    ground=st.none() | grounds,
    unproven_since=maybe_times,
    counts_from=maybe_times,
    passed=checks,
    well_since=maybe_times,
    must_return=st.none() | texts,
    changes=st.lists(st.builds(Change, texts, texts), max_size=2).map(tuple),
    accepted=st.frozensets(texts, max_size=2),
    booted=st.booleans(),
)
incidents = st.builds(
    Incident,
    id=st.integers(1, 2**40).map(IncidentId),
    kind=st.sampled_from(Kind),
    subject=targets,
    why=texts,
    opened_at=times,
    progress_at=times,
    status=st.sampled_from(Status),
    own=st.frozensets(prints, max_size=3),
    failing=st.frozensets(prints, max_size=3),
    members=st.lists(members, max_size=4).map(lambda ms: MappingProxyType({m.target: m for m in ms})),
    acknowledged_by=st.none() | texts,
    acknowledged_at=maybe_times,
    recovering_since=maybe_times,
    surfaced=st.booleans(),
    resolved_at=maybe_times,
    resolved_by=st.none() | texts,
    resolution=texts,
    end=st.none() | st.builds(End, st.sampled_from(Way), st.none() | st.integers(1, 9).map(IncidentId)),
    answered_at=maybe_times,
    reopened_at=maybe_times,
    reopened_by=st.none() | texts,
    spans=st.builds(
        Spans,
        st.lists(st.builds(Span, times, maybe_times), max_size=3).map(tuple),
        st.integers(0, 9),
        st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    ),
    earlier=st.none() | st.builds(Earlier, st.integers(1, 9).map(IncidentId), times),
    unstable_since=maybe_times,
    touched=st.booleans(),
    told_at=maybe_times,
    reminded=st.integers(0, 9),
    dropped=st.frozensets(prints, max_size=3),
)
shared_store = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


@pytest.mark.slow
@shared_store
@given(incidents)
def test_any_incident_is_read_as_it_was_written(store, incident):
    store.incidents.save([incident])
    assert store.incidents.get(incident.id) == incident


@pytest.mark.slow
@shared_store
@given(incidents, incidents)
def test_an_incident_that_changed_is_read_as_it_is_now(store, before, after):
    store.incidents.save([before])
    store.incidents.save([after])
    assert store.incidents.get(after.id) == after
    assert store.incidents.next_id() > after.id


@shared_store
@given(st.lists(times, min_size=2, max_size=5))
def test_stored_times_sort_as_times_do_whatever_their_zone(store, moments):
    for number, at in enumerate(moments, 1):
        found = Incident(IncidentId(number), Kind.GUEST_DOWN, WEB1, "", at, at, Status.RESOLVED, resolved_at=at)
        store.incidents.save([found])
    for since in moments:
        later = {n for n, at in enumerate(moments, 1) if at >= since}
        assert {i for i in store.incidents.current(since) if i <= len(moments)} == later


def an_incident(number: int, status: Status = Status.OPEN, resolved_at: datetime | None = None) -> Incident:
    return Incident(
        IncidentId(number), Kind.GUEST_DOWN, WEB1, "crashed", NOW, NOW, status, resolved_at=resolved_at
    )


def test_current_are_the_unresolved_and_those_resolved_lately(store):
    old, fresh = NOW - 30 * MINUTE, NOW - 5 * MINUTE
    store.incidents.save(
        [an_incident(1, Status.RESOLVED, old), an_incident(2, Status.RESOLVED, fresh), an_incident(3)]
    )
    assert set(store.incidents.current(NOW - 10 * MINUTE)) == {2, 3}
    assert [i.id for i in store.incidents.live()] == [3]
    assert [i.id for i in store.incidents.latest(2)] == [3, 2]
    assert store.incidents.get(IncidentId(9)) is None


def test_the_last_of_each_kind_and_subject_that_ended_and_may_be_called_the_same(store):
    ways = (Way.PROVEN, Way.CLOSED, Way.MOVED, Way.WITHDRAWN)
    at = [NOW - 9 * MINUTE, NOW - 5 * MINUTE, NOW - 4 * MINUTE, NOW - 3 * MINUTE]
    over = [replace(an_incident(n + 1, Status.RESOLVED, at[n]), end=End(ways[n])) for n in range(4)]
    store.incidents.save([*over, an_incident(5)])
    same = {(Kind.GUEST_DOWN, WEB1): Earlier(IncidentId(2), at[1])}
    assert store.incidents.ended(NOW - 10 * MINUTE) == same
    assert store.incidents.ended(NOW - MINUTE) == {}


def test_history_is_told_in_the_order_it_was_written(store):
    told = [
        Event(IncidentId(1), NOW, EventKind.OPENED, "web1 crashed"),
        Event(IncidentId(1), NOW, EventKind.STATUS, "acknowledged", "U1"),
        Event(IncidentId(1), NOW - MINUTE, EventKind.NOTE, "said late"),
    ]
    store.incidents.append([*told, Event(IncidentId(2), NOW, EventKind.OPENED, "another")])
    assert store.incidents.history(IncidentId(1)) == told


def test_a_run_is_read_as_it_was_written_and_keeps_its_text(store):
    value = run_to_json(Run(RunId(1), "restore-boot-disk", "Restore", "abc", 7, "alex", NOW, {}, (StepState(),)))
    run = RunRow(1, 7, "restore-boot-disk", "under way", 3, "abc", value)
    store.runs.save(run)
    store.runs.pin("abc", "restore-boot-disk", "# Restore\n")
    assert store.runs.get(1) == run
    assert store.runs.of_incident(7) == store.runs.of_status("under way", "waiting") == [run]
    assert store.runs.text("abc") == ("restore-boot-disk", "# Restore\n")
    assert (store.runs.next_id(), store.runs.get(2)) == (2, None)


def test_a_belief_is_kept_with_the_time_it_began(store):
    def see(health: Health, at: datetime, why: str) -> None:
        kind = Kind.GUEST_DOWN if health is Health.FAIL else None
        store.targets.saw(Observation(GUEST_CHECK, health, at, why, kind), None)

    see(Health.FAIL, NOW, "crashed")
    see(Health.FAIL, NOW + MINUTE, "still crashed")
    [known] = store.targets.health()
    assert (known.health, known.kind, known.why) == (Health.FAIL, Kind.GUEST_DOWN, "still crashed")
    assert known.since == NOW
    see(Health.OK, NOW + 2 * MINUTE, "running")
    [known] = store.targets.health()
    assert (known.health, known.kind, known.since) == (Health.OK, None, NOW + 2 * MINUTE)


def test_what_a_check_told_is_remembered_fact_by_fact(store):
    for facts, kept in (
        ({}, {}),
        ({"boot_id": "1", "root": "writable"}, {"boot_id": "1", "root": "writable"}),
        ({"stopped": "on purpose"}, {"boot_id": "1", "root": "writable"}),
        ({"boot_id": "2"}, {"boot_id": "2", "root": "writable"}),
    ):
        store.targets.saw(Observation(GUEST_CHECK, Health.OK, NOW, "up", facts=facts), None)
        assert store.targets.facts(GUEST_CHECK) == kept
        assert [known.facts for known in store.targets.health()] == [kept]
    assert store.targets.facts(Fingerprint(CheckName("other"), WEB1)) == {}


def test_presence_outlives_a_change_of_the_inventory(store):
    target = Target(WEB1, runs_on=ATLAS)
    store.targets.keep([target], NOW)
    assert store.targets.presences()[WEB1].running is None
    store.targets.saw(
        Observation(GUEST_CHECK, Health.OK, NOW, "running", running=True),
        Presence(running=True, stopped_at=None, stopped_on_purpose=False),
    )
    changed = Target(WEB1, runs_on=ATLAS, wanted=False, ephemeral=True)
    store.targets.keep([changed], NOW + MINUTE)
    assert store.targets.inventory() == {WEB1: changed}
    assert store.targets.presences()[WEB1].running is True


def test_what_is_gone_is_neither_listed_nor_believed_until_it_comes_back(store):
    store.targets.keep([Target(WEB1)], NOW)
    store.targets.saw(Observation(GUEST_CHECK, Health.FAIL, NOW, "crashed", Kind.GUEST_DOWN), None)
    store.targets.gone([WEB1], NOW)
    assert (store.targets.inventory(), store.targets.presences(), store.targets.health()) == ({}, {}, [])
    store.targets.keep([Target(WEB1)], NOW + MINUTE)
    assert WEB1 in store.targets.inventory()


@shared_store
@given(members)
def test_what_an_incident_left_off_is_read_as_it_was_written_until_it_is_gone(store, member):
    one = LeftOff(member, IncidentId(7), NOW)
    store.targets.keep([Target(member.target)], NOW)
    store.left_off.keep([one])
    assert store.left_off.all() == {member.target: one}
    store.left_off.drop([member.target])
    assert store.left_off.all() == {}
    store.left_off.keep([one])
    store.targets.gone([member.target], NOW)
    assert store.left_off.all() == {}


def test_the_latest_start_of_a_guest_is_remembered_until_it_is_gone(store):
    whose = Whose(System("debian", "Debian GNU/Linux", "web1"), System("x", hostname="rescue", live=True))
    seen = BootRecord("boot 7 99", Mark(17, "6c6f67696e"), NOW, spoke=True, came_up=True, up=True, whose=whose)
    store.boots.keep({WEB1: BootRecord("boot 7 1", Mark())}, NOW)
    assert store.boots.all() == {WEB1: BootRecord("boot 7 1", Mark())}
    store.boots.keep({WEB1: seen}, NOW)
    assert store.boots.all() == {WEB1: seen}
    store.targets.gone([WEB1], NOW)
    assert store.boots.all() == {}


def test_a_silence_holds_until_its_end_or_until_it_is_lifted(store):
    silence = Silence(WEB1, NOW, NOW + 60 * MINUTE, "U1", "patching")
    longer = Silence(ATLAS, NOW, NOW + 90 * MINUTE, "U1", "new fans")
    store.silences.add(silence)
    store.silences.add(longer)
    assert store.silences.in_force(NOW + MINUTE) == (longer, silence)
    assert store.silences.in_force(NOW + 60 * MINUTE) == (longer,)
    assert store.silences.ended(NOW + 59 * MINUTE, NOW + 60 * MINUTE) == {WEB1}
    assert store.silences.ended(NOW + 60 * MINUTE, NOW + 61 * MINUTE) == frozenset()
    assert store.silences.end(ATLAS, NOW + 70 * MINUTE) == 1
    assert store.silences.end(ATLAS, NOW + 70 * MINUTE) == 0
    assert store.silences.in_force(NOW + 70 * MINUTE) == ()


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1)])
def test_when_the_clock_is_stepped_a_silence_lasts_as_meant_and_one_that_is_over_stays_over(store, step):
    store.silences.add(Silence(ATLAS, NOW - 60 * MINUTE, NOW - MINUTE, "U1", "over"))
    store.silences.add(Silence(WEB1, NOW, NOW + 10 * MINUTE, "U1", "in force"))
    store.silences.shift(step, NOW)
    now = NOW + step
    assert [s.target for s in store.silences.in_force(now)] == [WEB1]
    assert [s.target for s in store.silences.in_force(now + 9 * MINUTE)] == [WEB1]
    assert store.silences.in_force(now + 10 * MINUTE) == ()


def test_the_last_sign_of_life_says_whether_the_end_was_on_purpose(store):
    assert store.alive.last() is None
    store.alive.start(NOW)
    store.alive.renew(NOW + MINUTE)
    last = store.alive.last()
    assert (last.started_at, last.at, last.stopped_at) == (NOW, NOW + MINUTE, None)
    store.alive.stop(NOW + 2 * MINUTE)
    assert store.alive.last().stopped_at == NOW + 2 * MINUTE
    assert store.alive.last().boot_id == ""
    store.alive.start(NOW + 3 * MINUTE, "c0ffee")
    assert (store.alive.last().stopped_at, store.alive.last().boot_id) == (None, "c0ffee")
