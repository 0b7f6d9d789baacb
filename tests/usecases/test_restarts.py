"""A machine that starts anew by itself again and again is one incident, also over the bot's own restarts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot import sightings
from bot.config import Host
from bot.core.guest import GuestInfo
from bot.core.health import RESTARTS, CheckName, Evidence, Fingerprint, Health, Kind, Observation, guest_id
from bot.core.incident import Status
from bot.core.placements import Placements
from bot.store import Store
from bot.usecases.passing_time import pass_time
from tests.walking import house

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UUID = "11111111-2222-3333-4444-555555555555"
WEB1 = guest_id(UUID)
HERE = GuestInfo("web1", UUID, autostart=True, persistent=True, has_agent=True)


class Lab:
    """atlas with web1, which runs well, and a bot that lives."""

    def __init__(self, store, folder):
        self.store, self.at = store, NOW
        self.config = replace(
            house(folder).config, hosts={"atlas": Host("atlas", "10.0.0.10", hypervisor="test:///default")}
        )
        self.do(sightings.begin, self.config)
        self.do(sightings.take_inventory, self.config, "atlas", [HERE], Placements())
        self.sees("state")
        self.sees("boot", Evidence.INSIDE)

    def do(self, use_case, *args):
        with self.store.transaction():
            return use_case(self.store, self.at, *args)

    def sees(self, check, evidence=Evidence.OUTSIDE, **facts):
        seen = Observation(Fingerprint(CheckName(check), WEB1), Health.OK, self.at, "running", running=True)
        self.do(sightings.believe, self.config, [replace(seen, evidence=evidence, facts=facts)], None)

    def loops(self, times):
        for _ in range(times):
            self.at += MINUTE
            self.sees("state", started="now")
            self.sees("boot", Evidence.INSIDE)

    def passes(self, time):
        self.at += time
        self.do(sightings.alive)
        self.do(pass_time, self.config, self.at - time)

    @property
    def incident(self):
        (only,) = self.store.incidents.latest(9)
        return only


@pytest.fixture
def lab(tmp_path):
    store = Store(tmp_path / "caretaker.db")
    yield Lab(store, tmp_path)
    store.close()


def test_a_guest_in_a_reboot_loop_is_told_once_and_is_over_after_a_quiet_hour(lab):
    lab.loops(3)
    assert not lab.store.incidents.live(), "three restarts are no loop"
    lab.loops(5)
    assert (lab.incident.kind, lab.incident.why) == (
        Kind.KEEPS_RESTARTING,
        "it has started anew 4 times within 3 min, and I did not do it",
    )
    lab.passes(59 * MINUTE)
    assert lab.incident.status is Status.OPEN
    lab.passes(MINUTE)
    lab.sees("boot", Evidence.INSIDE)
    assert lab.incident.resolution == "all proven healthy"


def test_a_restart_of_the_bot_forgets_no_restart_and_is_no_quiet_hour(lab):
    lab.loops(3)
    lab.do(sightings.begin, lab.config)
    lab.loops(1)
    assert lab.incident.kind is Kind.KEEPS_RESTARTING
    lab.at += 90 * MINUTE
    beginning = lab.do(sightings.begin, lab.config)
    assert Fingerprint(RESTARTS, WEB1) in {one.fingerprint for one in beginning.known}
    lab.passes(30 * MINUTE)
    assert lab.incident.status is Status.OPEN, "nobody looked for most of that time"
    lab.passes(30 * MINUTE)
    lab.sees("boot", Evidence.INSIDE)
    assert lab.incident.ended
