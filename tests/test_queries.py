"""What is asked of the store, over a connection that only reads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import incidents, queries
from bot.config import Config, SlackConfig
from bot.core.health import (
    STATE,
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
    TargetKind,
)
from bot.core.incidents.condition import Condition
from bot.core.incidents.member import Standing
from bot.core.permit import Person
from bot.core.picture import Outlook
from bot.sightings import believe
from bot.store import StoreFailed
from bot.store.reader import Reader
from bot.store.writer import Writer
from bot.usecases import left_off, target_picture
from bot.views.status import status_card
from bot.views.target import target_card

ALEX = "U0000000ALEX"
RACK, ATLAS, WEB1, DB1 = map(TargetId, ("ups:rack", "host:atlas", "guest:web1", "guest:db1"))
LAB = (
    Target(RACK),
    Target(ATLAS, powered_by=RACK),
    Target(WEB1, runs_on=ATLAS),
    Target(DB1, runs_on=ATLAS, wanted=False),
    Target(TargetId("guest:ci-1"), runs_on=ATLAS, ephemeral=True),
)


class Lab:
    """A database that a writer fills and a reader is asked about."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
        self.config = Config(folder / "lab.yaml", SlackConfig("homelab"), (Person("alex", ALEX, ("admin",)),))
        self.writer, self.reader = Writer(lambda: self.now), Reader(lambda: self.now)

    async def see(self, target: TargetId, health: Health, why="seen", kind=None, running=None) -> None:
        running = health is Health.OK if running is None else running
        fingerprint = Fingerprint(CheckName("look"), target)
        seen = Observation(fingerprint, health, self.now, why, kind, stated=True, running=running)
        await self.writer.do(believe, self.config, [seen], None)

    async def why(self, name: str):
        return await self.reader.ask(target_picture.why, self.config, name)


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    made = Lab(tmp_path)
    await made.writer.open(tmp_path / "caretaker.db")
    await made.reader.open(tmp_path / "caretaker.db")
    await made.writer.do(lambda store, now: store.targets.keep(LAB, now))
    yield made
    await made.reader.close()
    await made.writer.close()


async def test_a_reader_can_change_nothing(lab):
    with pytest.raises(StoreFailed, match="readonly"):
        await lab.reader.ask(lambda store, now: store.alive.write("x", now))


async def test_a_reader_that_is_not_open_says_so():
    with pytest.raises(RuntimeError, match="it is not open"):
        await Reader(lambda: datetime.now(UTC)).ask(queries.incidents)


async def test_status_counts_each_kind_of_target_and_leaves_the_ephemeral_out(lab):
    await lab.see(ATLAS, Health.OK)
    await lab.see(WEB1, Health.FAIL, kind=Kind.GUEST_DOWN)
    await lab.see(DB1, Health.OK, running=False)
    found = await lab.reader.ask(queries.status, lab.config)
    guests = found.tallies[TargetKind.GUEST]
    assert (guests.whole, guests.well, guests.off, guests.failing) == (2, 0, 1, (WEB1,))
    assert found.tallies[TargetKind.HOST].well == 1
    assert found.tallies[TargetKind.UPS].unseen == (RACK,)
    assert [one.subject for one in found.live] == [WEB1]


async def test_a_guest_that_crashed_and_is_off_is_down_as_long_as_its_incident_waits_for_it(lab):
    await lab.see(DB1, Health.OK)
    await lab.see(DB1, Health.FAIL, kind=Kind.GUEST_DOWN, running=False)
    for _ in range(2):
        await lab.see(DB1, Health.OK, "off (powered off), which is allowed", running=False)
    guests = (await lab.reader.ask(queries.status, lab.config)).tallies[TargetKind.GUEST]
    assert (guests.down, guests.off) == ((DB1,), 0)


async def test_what_an_incident_waits_for_is_not_counted_well_before_it_is_proven(lab):
    await lab.see(WEB1, Health.FAIL, kind=Kind.GUEST_DOWN, running=False)
    power = Observation(Fingerprint(CheckName("look"), WEB1), Health.OK, lab.now, "running", running=True)
    await lab.writer.do(believe, lab.config, [replace(power, evidence=Evidence.OUTSIDE)], None)
    guests = (await lab.reader.ask(queries.status, lab.config)).tallies[TargetKind.GUEST]
    assert (guests.well, guests.unproven) == (0, (WEB1,))


async def test_what_was_noticed_and_could_not_be_written_is_failing(lab):
    await lab.see(WEB1, Health.OK)
    crash = Observation(Fingerprint(STATE, WEB1), Health.FAIL, lab.now, "crashed", Kind.GUEST_DOWN)
    found = await lab.reader.ask(queries.status, lab.config, Outlook(noticed=(crash,)))
    assert (found.tallies[TargetKind.GUEST].failing, found.noticed) == ((WEB1,), (crash,))


async def test_what_was_not_looked_at_since_the_start_is_not_well_and_what_nobody_watches_does_not_count(lab):
    await lab.see(ATLAS, Health.OK)
    await lab.see(WEB1, Health.FAIL, kind=Kind.GUEST_DOWN)
    await lab.see(DB1, Health.OK, running=False)
    outlook = Outlook(
        unlooked=frozenset({ATLAS, WEB1, DB1}),
        unwatched=frozenset({RACK}),
        unlisted=frozenset({ATLAS}),
        nowhere=frozenset({"vm000"}),
    )
    found = await lab.reader.ask(queries.status, lab.config, outlook)
    hosts, guests, upses = (found.tallies[kind] for kind in (TargetKind.HOST, TargetKind.GUEST, TargetKind.UPS))
    assert (hosts.well, hosts.unlooked) == (0, (ATLAS,))
    assert (guests.failing, guests.unlooked, guests.off) == ((WEB1,), (DB1,), 0)
    assert (upses.whole, upses.unseen, upses.unwatched) == (0, (), (RACK,))
    assert found.unlisted == (ATLAS,)
    atlas, web1 = [
        await lab.reader.ask(target_picture.why, lab.config, name, outlook) for name in ("atlas", "web1")
    ]
    assert (atlas.condition, atlas.lacks) == (Condition.UNSEEN, "it has not been looked at again yet")
    assert web1.condition is Condition.FAILING


async def test_a_target_is_failing_if_any_check_fails_and_well_if_one_could_look(lab):
    await lab.see(ATLAS, Health.OK)
    other = Fingerprint(CheckName("other"), ATLAS)
    for health, kind in ((Health.UNKNOWN, None), (Health.FAIL, Kind.HOST_DOWN)):
        seen = Observation(other, health, lab.now, "seen", kind, stated=True)
        await lab.writer.do(believe, lab.config, [seen], None)
        hosts = (await lab.reader.ask(queries.status, lab.config)).tallies[TargetKind.HOST]
        assert (hosts.well, hosts.failing) == ((1, ()) if health is Health.UNKNOWN else (0, (ATLAS,)))


async def test_what_is_refused_says_nothing_of_the_machine(lab):
    await lab.see(ATLAS, Health.FAIL, kind=Kind.CANNOT_WATCH)
    hosts = (await lab.reader.ask(queries.status, lab.config)).tallies[TargetKind.HOST]
    assert (hosts.failing, hosts.unseen) == ((), (ATLAS,))
    fingerprint = Fingerprint(CheckName("look"), ATLAS)
    let_in = Observation(fingerprint, Health.OK, lab.now, "let in", evidence=Evidence.NONE)
    await lab.writer.do(believe, lab.config, [let_in], None)
    hosts = (await lab.reader.ask(queries.status, lab.config)).tallies[TargetKind.HOST]
    assert (hosts.well, hosts.unseen) == (0, (ATLAS,))


async def test_incidents_tells_what_is_open_apart_from_what_is_over(lab):
    for _ in range(7):
        await lab.see(WEB1, Health.FAIL, kind=Kind.GUEST_DOWN)
        await lab.see(WEB1, Health.OK)
        lab.now += timedelta(hours=1)  # too late to reopen
    await lab.see(WEB1, Health.FAIL, kind=Kind.GUEST_DOWN)
    found = await lab.reader.ask(queries.incidents)
    assert [one.id for one in found.live] == [8]
    assert [one.id for one in found.over] == [7, 6, 5, 4, 3]


async def test_an_incident_comes_with_its_history(lab):
    await lab.see(WEB1, Health.FAIL, "crashed", Kind.GUEST_DOWN)
    await lab.writer.do(incidents.acknowledge, lab.config, 1, ALEX)
    picture = await lab.reader.ask(queries.incident, 1)
    assert [(one.text, one.by) for one in picture.history] == [("crashed", None), ("acknowledged", ALEX)]


async def test_an_incident_that_is_not_there_is_named(lab):
    with pytest.raises(incidents.UnknownName, match="cannot find incident 7: because there is none"):
        await lab.reader.ask(queries.incident, 7)


async def test_why_tells_since_when_what_is_expected_and_on_what_it_depends(lab):
    await lab.see(ATLAS, Health.OK)
    began = lab.now
    await lab.see(WEB1, Health.FAIL, "crashed", Kind.GUEST_DOWN)
    lab.now += timedelta(minutes=5)
    picture = await lab.why("web1")
    [belief] = picture.beliefs
    assert (belief.check, belief.health, belief.why, belief.since) == ("look", Health.FAIL, "crashed", began)
    assert (picture.target.wanted, picture.running) == (True, False)
    assert picture.parents == ((ATLAS, Condition.WELL),)
    assert (picture.muted, picture.covered_by) == (None, None)
    assert [one.id for one in picture.incidents] == [1]


async def test_why_names_the_silence_of_whatever_it_depends_on_however_far_up(lab):
    hour = timedelta(hours=1)
    await lab.writer.do(incidents.silence, lab.config, "rack", hour, ALEX, "new batteries")
    assert (await lab.why("web1")).muted == "rack is silenced until 04:00 UTC: new batteries"
    lab.now += hour
    assert (await lab.why("web1")).muted is None


async def test_why_names_the_outage_that_covers_it_and_its_incidents_as_a_member(lab):
    await lab.see(ATLAS, Health.OK)
    await lab.see(WEB1, Health.OK)
    await lab.see(ATLAS, Health.FAIL, "gone", Kind.HOST_DOWN)
    picture = await lab.why("web1")
    assert picture.covered_by is not None
    assert picture.covered_by.subject == ATLAS
    assert [one.id for one in picture.incidents] == [1]
    assert (await lab.why("atlas")).covered_by is None


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=-1), timedelta(days=400)])
async def test_a_silence_lasts_between_a_moment_and_a_year(lab, length):
    with pytest.raises(incidents.IllegalMove, match="from a moment to a year"):
        await lab.writer.do(incidents.silence, lab.config, "web1", length, ALEX, "x")


async def test_a_guest_whose_power_cannot_be_told_is_not_seen_whatever_it_once_proved(lab):
    boot = Observation(Fingerprint(CheckName("boot"), WEB1), Health.OK, lab.now, "its agent answers", running=True)
    lost = Observation(Fingerprint(STATE, WEB1), Health.UNKNOWN, lab.now, "atlas refuses the bot's key")
    await lab.writer.do(believe, lab.config, [boot, lost], None)
    picture = await lab.why("web1")
    assert target_card(picture).text.startswith("❔")
    assert picture.condition is Condition.UNSEEN
    status = await lab.reader.ask(queries.status, lab.config)
    assert WEB1 in status.tallies[TargetKind.GUEST].unseen


def said(picture) -> str:
    """All that `/lab why` says."""
    return str([block.to_dict() for block in target_card(picture).blocks])


async def test_a_guest_that_has_left_its_host_while_off_is_not_said_to_be_off(lab):
    stopped = Observation(Fingerprint(STATE, WEB1), Health.OK, lab.now, "off", running=False)
    left = Observation(Fingerprint(STATE, WEB1), Health.UNKNOWN, lab.now, "atlas does not know it")
    await lab.writer.do(believe, lab.config, [stopped], None)
    assert "is off" in said(await lab.why("web1"))
    await lab.writer.do(believe, lab.config, [left], None)
    assert "atlas does not know it" in said(await lab.why("web1"))
    assert "is off" not in said(await lab.why("web1")), "it may run elsewhere"


async def test_a_guest_that_shows_no_more_than_power_is_counted_as_not_proven(lab):
    power = Observation(
        Fingerprint(STATE, WEB1), Health.OK, lab.now, "running", running=True, evidence=Evidence.OUTSIDE
    )
    await lab.writer.do(believe, lab.config, [power], None)
    assert (await lab.why("web1")).condition is Condition.UNPROVEN
    guests = (await lab.reader.ask(queries.status, lab.config)).tallies[TargetKind.GUEST]
    assert (guests.well, guests.unproven) == (0, (WEB1,))


async def test_a_machine_that_an_incident_waits_for_is_not_well_before_it_is_proven(lab):
    await lab.see(WEB1, Health.FAIL, "crashed", Kind.GUEST_DOWN)
    back = Observation(
        Fingerprint(CheckName("look"), WEB1),
        Health.OK,
        lab.now,
        "running",
        running=True,
        evidence=Evidence.OUTSIDE,
    )
    boot = Observation(Fingerprint(CheckName("boot"), WEB1), Health.UNKNOWN, lab.now, "shows nothing")
    await lab.writer.do(believe, lab.config, [back, boot], None)
    assert (await lab.why("web1")).condition is Condition.UNPROVEN
    guests = (await lab.reader.ask(queries.status, lab.config)).tallies[TargetKind.GUEST]
    assert (guests.well, guests.unproven) == (0, (WEB1,))


async def test_what_a_guest_showed_before_it_went_off_is_shown_as_that(lab):
    boot = Observation(Fingerprint(CheckName("boot"), WEB1), Health.OK, lab.now, "its agent answers", running=True)
    await lab.writer.do(believe, lab.config, [boot], None)
    await lab.see(WEB1, Health.FAIL, "crashed", Kind.GUEST_DOWN)
    beliefs = {belief.check: belief for belief in (await lab.why("web1")).beliefs}
    assert beliefs["boot"].health is Health.UNKNOWN
    assert (beliefs["boot"].why, beliefs["boot"].before) == ("not seen while it is off", "its agent answers")
    assert beliefs["look"].health is Health.FAIL


async def test_what_a_guest_showed_before_its_latest_start_is_no_proof_of_it(lab):
    power = Observation(Fingerprint(STATE, WEB1), Health.OK, lab.now, "running", running=True)
    power = replace(power, evidence=Evidence.OUTSIDE)
    boot = Observation(Fingerprint(CheckName("boot"), WEB1), Health.OK, lab.now, "its agent answers", running=True)
    await lab.writer.do(believe, lab.config, [power, boot], None)
    assert (await lab.why("web1")).condition is Condition.WELL
    lab.now += timedelta(minutes=5)
    started = replace(power, at=lab.now, facts={"started": "now"})
    await lab.writer.do(believe, lab.config, [started], None)
    picture = await lab.why("web1")
    shown = {one.check: (one.health, one.shows, one.since) for one in picture.beliefs}
    assert shown[CheckName("boot")][:2] == (Health.UNKNOWN, "")
    assert shown[STATE][2] == lab.now
    assert picture.condition is Condition.UNPROVEN
    lab.now += timedelta(minutes=1)
    await lab.writer.do(believe, lab.config, [replace(boot, at=lab.now)], None)
    again = {one.check: (one.health, one.since) for one in (await lab.why("web1")).beliefs}
    assert again["boot"] == (Health.OK, started.at), "it has been so since its start, and not since the one before"


async def test_what_lab_yaml_names_and_no_hypervisor_has_is_said_to_be_that(lab):
    outlook = Outlook(nowhere=frozenset({"ghost"}), unwatched=frozenset({RACK}))
    with pytest.raises(incidents.UnknownName, match=r"lab\.yaml names it, and no hypervisor has it"):
        await lab.reader.ask(target_picture.why, lab.config, "ghost", outlook)
    assert (await lab.reader.ask(target_picture.why, lab.config, "rack", outlook)).unwatched


async def test_what_was_never_proven_did_not_stay_well_through_an_outage(lab):
    power = Observation(Fingerprint(STATE, WEB1), Health.OK, lab.now, "running", running=True)
    await lab.writer.do(believe, lab.config, [replace(power, evidence=Evidence.OUTSIDE)], None)
    await lab.see(DB1, Health.OK)
    await lab.see(RACK, Health.FAIL, "on battery", Kind.POWER_LOSS)
    members = (await lab.reader.ask(queries.incident, 1)).incident.members
    assert (members[WEB1].standing, members[DB1].standing) == (Standing.UNPROVEN, Standing.UNTOUCHED)


async def test_several_machines_that_ran_before_and_are_off_are_named_in_the_head(lab):
    for guest in (WEB1, DB1):
        await lab.see(guest, Health.OK)
    await lab.see(ATLAS, Health.FAIL, "gone", Kind.HOST_DOWN)
    await lab.see(ATLAS, Health.OK)
    for guest in (WEB1, DB1):
        await lab.see(guest, Health.OK, running=False)
    off = Observation(
        Fingerprint(STATE, WEB1), Health.OK, lab.now, "off (powered off), which is allowed", running=False
    )
    await lab.writer.do(believe, lab.config, [replace(off, evidence=Evidence.OUTSIDE)], None)
    words = "off since 2026-03-01 03:00 UTC, and it ran before incident 1"
    assert await lab.reader.ask(lambda store, _now: left_off.ran_before(store, UTC)) == dict.fromkeys(
        (WEB1, DB1), words
    )
    await lab.writer.do(incidents.resolve, lab.config, 1, ALEX, "it is back")
    found = await lab.reader.ask(queries.status, lab.config)
    assert found.left_off == {WEB1: lab.now, DB1: lab.now}
    assert found.tallies[TargetKind.GUEST].down == (WEB1, DB1)
    down = await lab.why("web1")
    assert [(one.health, one.why) for one in down.beliefs if one.check == STATE] == [
        (Health.FAIL, "off (powered off)")
    ]
    quiet = replace(found, tallies={TargetKind.GUEST: found.tallies[TargetKind.GUEST]})
    assert status_card(quiet).text == "⚪ No open incident, but db1, web1 are off and ran before"
    assert len(await lab.reader.ask(lambda store, _now: left_off.ran_before(store, UTC))) == 2
    await lab.writer.do(lambda store, now: store.targets.gone([DB1], now))
    assert len(await lab.reader.ask(lambda store, _now: left_off.ran_before(store, UTC))) == 1
