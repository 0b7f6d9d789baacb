"""Guests that libvirt holds itself: nothing that they show counts, and that it goes on for long is told."""

from datetime import timedelta

import pytest

from bot.core.guest import GuestState, Power, Reason
from bot.core.health import Health, Kind, Observation, Target, guest_id
from bot.probes.hypervisor import observe
from bot.rounds.held import Held
from tests.core.labs import NOON
from tests.guests import uuid

MINUTE = timedelta(minutes=1)
WEB1 = Target(guest_id(uuid("web1")), name="web1", wanted=True)
SPARE = Target(guest_id(uuid("spare")), name="spare", wanted=False)
HELD = GuestState("web1", Power.PAUSED, Reason.IN_HAND)
RUNS = GuestState("web1", Power.RUNNING, Reason.BOOTED)


class Told:
    """What a host tells of a guest, minute by minute."""

    def __init__(self, guest: Target) -> None:
        self.now, self.guest = NOON, guest
        self.held = Held(lambda: self.now, 10 * MINUTE)

    def after(self, time: timedelta, state: GuestState = HELD) -> Observation:
        self.now += time
        return self.held.judged(observe(self.guest, state, self.now), self.guest)


def test_a_guest_that_is_saved_copied_or_moved_is_no_failure_and_runs_not() -> None:
    seen = Told(WEB1).after(MINUTE)
    assert (seen.health, seen.running, seen.held, seen.paused) == (Health.UNKNOWN, None, True, "")


@pytest.mark.parametrize(("guest", "health"), [(WEB1, Health.FAIL), (SPARE, Health.OK)])
def test_one_that_is_held_for_longer_than_that_takes_is_paused(guest, health) -> None:
    told = Told(guest)
    told.after(MINUTE)
    seen = told.after(10 * MINUTE)
    assert (seen.health, seen.held) == (health, False)
    assert seen.paused == "paused for longer than it takes to save, copy or move it"
    assert seen.kind is (Kind.GUEST_DOWN if health is Health.FAIL else None)


def test_each_time_that_it_is_held_begins_anew_and_not_where_its_host_could_not_tell() -> None:
    told = Told(WEB1)
    told.after(MINUTE)
    told.after(9 * MINUTE, RUNS)
    assert told.after(9 * MINUTE).held
    told.after(MINUTE, GuestState("web1", Power.UNKNOWN))
    assert told.after(9 * MINUTE).paused


def test_the_clock_may_be_stepped_meanwhile() -> None:
    told = Told(WEB1)
    told.after(MINUTE)
    told.now += timedelta(hours=1)
    told.held.shift(timedelta(hours=1))
    assert told.after(9 * MINUTE).held
    assert told.after(MINUTE).paused
