"""Whether a machine has come up since its latest start, by all that was told of it in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.core.incidents.boot_place import Source
from bot.core.incidents.boot_reading import EMPTY, UNKNOWN, Reading
from bot.core.incidents.boot_signs import Part, Stage, Wait
from bot.core.incidents.console_log import BootRecord, LogEnd, Mark
from bot.core.incidents.guest_boot import GuestBoot

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PATIENCE, EVERY = timedelta(minutes=3), timedelta(seconds=5)

LOGIN = Reading(Stage.UP, "it asks for a login", "web1 login:")
RESCUE = Reading(Stage.FAILED, "the boot loader is damaged", "grub rescue>", Part.LOADER, disk=True)
MENU = Reading(Stage.WAITING, "it stands at the boot loader's menu", "GNU GRUB", wait=Wait.MENU)
KERNEL = Reading(Stage.KERNEL, "the kernel starts", "[    0.0] Linux version 6.1")
DOWN = Reading(Stage.OFF, "the system goes down", "reboot: Restarting system")
READINGS = [LOGIN, RESCUE, MENU, KERNEL, DOWN, UNKNOWN, EMPTY]


def after(**passed: float) -> datetime:
    return NOON + timedelta(**passed)


def started() -> GuestBoot:
    return GuestBoot().polled(NOON, running=False).began(NOON)


def shows(
    boot: GuestBoot,
    *readings: Reading,
    fresh: bool = True,
    at: datetime = NOON,
    source: Source = Source.CONSOLE,
) -> GuestBoot:
    for reading in readings:
        boot = boot.read(reading, at, boot.starts, source, fresh=fresh)
    return boot


def stage(boot: GuestBoot, now: datetime = NOON) -> Stage:
    return boot.where(now, PATIENCE).stage


# --- power -------------------------------------------------------------------------------------------------------


def test_nothing_is_known_of_a_machine_that_nobody_has_told_of() -> None:
    assert stage(GuestBoot()) is Stage.UNKNOWN
    assert GuestBoot().next_look(NOON, EVERY, PATIENCE) is None


def test_a_machine_that_is_off_is_off() -> None:
    off = shows(started(), LOGIN).polled(after(minutes=1), running=False)
    assert stage(off) is Stage.OFF
    assert shows(off, LOGIN) == off, "nobody runs there who could ask"
    assert off.next_look(NOON, EVERY, PATIENCE) is None


def test_a_start_that_a_poll_noticed_may_have_been_since_the_poll_before() -> None:
    boot = GuestBoot().polled(NOON, running=False).polled(after(seconds=5), running=True)
    assert boot.started == after(seconds=5)


def test_a_machine_that_was_met_running_may_run_for_years() -> None:
    assert GuestBoot().polled(NOON, running=True).started is None


def test_a_pause_is_no_start() -> None:
    boot = shows(started(), LOGIN)
    paused = boot.polled(after(seconds=5), running=None).polled(after(seconds=10), running=True)
    assert stage(paused) is Stage.UP
    assert paused.starts == boot.starts


def test_what_ran_while_its_host_was_out_of_reach_has_to_be_seen_again() -> None:
    lost = shows(started(), LOGIN).lost()
    assert stage(lost) is Stage.UNKNOWN
    back = lost.polled(after(minutes=5), running=True)
    assert stage(back) is Stage.UNKNOWN
    assert back.started is None


# --- proof -------------------------------------------------------------------------------------------------------


def test_an_agent_or_a_login_prompt_after_the_start_is_proof() -> None:
    boot = started()
    assert boot.answered(NOON, boot.starts).where(NOON, PATIENCE).proven
    assert shows(boot, LOGIN).where(NOON, PATIENCE).proven
    for source in Source:
        soon = shows(boot, LOGIN, source=source).next_look(NOON, EVERY, PATIENCE)
        assert soon == after(minutes=1), "what was seen is not so for ever"


def test_an_agent_that_falls_silent_takes_its_proof_along() -> None:
    boot = started()
    boot = boot.answered(NOON, boot.starts)
    silent = boot.fell_silent(after(minutes=9), boot.starts)
    assert (stage(silent), silent.where(after(days=1), PATIENCE).why) == (
        Stage.UNKNOWN,
        "its agent answered after its start, and is silent now",
    )
    assert boot.fell_silent(NOON, boot.starts - 1) == boot, "asked before the start"
    by_login = shows(started(), LOGIN)
    assert by_login.fell_silent(NOON, by_login.starts) == by_login, "it was not the agent that proved it"


def test_what_was_asked_before_a_start_proves_nothing_after_it() -> None:
    boot = started()
    again = boot.began(after(seconds=1))
    assert again.answered(after(seconds=2), boot.starts) == again
    assert stage(again) is Stage.UNKNOWN


def test_a_machine_that_was_just_started_shows_nothing_yet() -> None:
    assert started().where(NOON, PATIENCE).why == "it is starting and shows nothing yet"
    met = GuestBoot().polled(NOON, running=True)
    assert met.where(NOON, PATIENCE).why == "nothing on its screen tells where it stands"


def test_silence_proves_nothing_however_long_it_lasts() -> None:
    boot = shows(started(), EMPTY)
    place = boot.where(after(days=30), PATIENCE)
    assert (place.stage, place.proven, place.overdue) == (Stage.UNKNOWN, False, True)
    assert place.why == "nothing tells whether it has come up for 43200 min"


def test_what_stands_still_on_its_way_is_overdue_and_has_not_failed() -> None:
    boot = shows(started(), KERNEL)
    assert not boot.where(after(minutes=2), PATIENCE).overdue
    late = boot.where(after(minutes=5), PATIENCE)
    assert (late.stage, late.overdue) == (Stage.KERNEL, True)
    assert late.why == ("it has not come up for 5 min, last seen at: kernel (“[    0.0] Linux version 6.1”)")
    blank = shows(started(), Reading(Stage.KERNEL, "the kernel starts"))
    assert blank.where(after(minutes=5), PATIENCE).why == "it has not come up for 5 min, last seen at: kernel"


def test_what_a_log_that_is_another_ones_too_proved_does_not_hold() -> None:
    assert stage(shows(started(), LOGIN).disowned(NOON)) is Stage.UNKNOWN
    by_screen = shows(started(), LOGIN, source=Source.SCREEN)
    assert by_screen.disowned(NOON) == by_screen


def test_a_machine_is_stuck_once_it_should_have_been_up_for_long() -> None:
    boot, grace = shows(started(), KERNEL), timedelta(minutes=10)
    assert not boot.is_stuck(after(minutes=12), PATIENCE, grace)
    assert boot.is_stuck(after(minutes=13), PATIENCE, grace)
    assert started().is_stuck(after(minutes=13), PATIENCE, grace), "it shows nothing at all"
    moved = shows(boot, Reading(Stage.USERSPACE, "the system starts"), at=after(minutes=12))
    assert not moved.is_stuck(after(minutes=13), PATIENCE, grace), "it goes on"
    met = shows(GuestBoot().polled(NOON, running=True), KERNEL)
    assert not met.is_stuck(after(days=1), PATIENCE, grace), "nobody knows since when it runs"
    answered = boot.answered(after(minutes=1), boot.starts)
    silent = answered.fell_silent(after(minutes=2), boot.starts)
    assert not silent.is_stuck(after(days=1), PATIENCE, grace), "it did come up"


def test_a_machine_that_is_paused_at_its_boot_is_not_stuck_and_has_its_time_again_once_it_goes_on() -> None:
    boot, grace = shows(started(), KERNEL), timedelta(minutes=10)
    held = boot.polled(after(minutes=1), running=None, paused=True)
    assert not held.is_stuck(after(days=1), PATIENCE, grace)
    assert held.next_look(after(days=1), EVERY, PATIENCE) is None
    assert shows(held, LOGIN, at=after(minutes=2)) == held, "its screen shows what it showed before"
    assert held.where(after(days=1), PATIENCE).why == "it is paused"
    goes_on = held.polled(after(days=1), running=True)
    assert not goes_on.is_stuck(after(days=1, minutes=12), PATIENCE, grace)
    assert goes_on.is_stuck(after(days=1, minutes=13), PATIENCE, grace)


def test_how_long_it_stands_there_is_told_in_seconds_too() -> None:
    place = started().where(after(seconds=5), timedelta(seconds=2))
    assert place.why == "nothing tells whether it has come up for 5 s"


def test_what_moves_on_is_given_time_again() -> None:
    boot = shows(shows(started(), KERNEL), Reading(Stage.USERSPACE, "the system starts"), at=after(minutes=2))
    assert not boot.where(after(minutes=4), PATIENCE).overdue


def test_a_login_prompt_of_unknown_age_is_a_hint_and_no_proof() -> None:
    boot = shows(GuestBoot().polled(NOON, running=True), LOGIN, fresh=False)
    place = boot.where(NOON, PATIENCE)
    assert (place.stage, place.proven, boot.hint) == (Stage.UNKNOWN, False, True)
    assert place.why == "its console asks for a login, which may be from before its latest start"
    assert not shows(boot, LOGIN).hint
    assert not shows(shows(boot, LOGIN), LOGIN, fresh=False).hint, "it is proven"


def test_a_failure_of_unknown_age_counts_where_nobody_saw_a_start_and_nothing_proves_it_up() -> None:
    met = GuestBoot().polled(NOON, running=True)
    assert stage(shows(met, RESCUE, fresh=False)) is Stage.FAILED
    assert stage(shows(shows(met, LOGIN, source=Source.SCREEN), RESCUE, fresh=False)) is Stage.UP


def test_what_an_earlier_boot_wrote_tells_nothing_after_a_known_start() -> None:
    boot = started()
    for reading in READINGS:
        seen = shows(boot, reading, fresh=False)
        assert seen.hint == (reading.stage is Stage.UP), "which may be of the present one"
        assert replace(seen, hint=False).where(NOON, PATIENCE) == boot.where(NOON, PATIENCE)


def test_a_machine_that_fails_after_it_was_up_is_not_up() -> None:
    assert stage(shows(started(), LOGIN, RESCUE)) is Stage.FAILED
    assert stage(shows(started(), LOGIN, DOWN)) is Stage.OFF
    by_screen = shows(started(), LOGIN, source=Source.SCREEN)
    assert stage(shows(by_screen, KERNEL)) is Stage.UP, "an old text on another screen"
    assert stage(shows(shows(started(), LOGIN), KERNEL)) is Stage.KERNEL, "it goes on in the same log"
    assert stage(shows(started(), RESCUE, LOGIN)) is Stage.UP


def test_where_it_stands_is_told_with_what_says_so() -> None:
    place = shows(started(), RESCUE, UNKNOWN, at=after(seconds=9)).where(after(minutes=9), PATIENCE)
    assert (place.part, place.disk, place.line, place.why) == (Part.LOADER, True, "grub rescue>", RESCUE.why)
    assert (place.since, place.started, place.overdue) == (after(seconds=9), NOON, False)
    assert shows(started(), MENU).where(NOON, PATIENCE).wait is Wait.MENU


# --- when to look ------------------------------------------------------------------------------------------------


def test_it_is_looked_at_at_once_then_often_then_less_often() -> None:
    boot = started()
    assert boot.next_look(NOON, EVERY, PATIENCE) == NOON
    assert shows(boot, KERNEL).next_look(after(seconds=1), EVERY, PATIENCE) == after(seconds=5)
    assert shows(boot, KERNEL).next_look(after(minutes=4), EVERY, PATIENCE) == after(seconds=60)


# --- any order ---------------------------------------------------------------------------------------------------

SOURCES = st.sampled_from([Source.CONSOLE, Source.SCREEN, Source.SSH])
STEPS = st.integers(0, 400).map(lambda seconds: timedelta(seconds=seconds))


class Life(RuleBasedStateMachine):
    """A machine, its host, its bot, and beside them the plain truth that the tracker must not contradict."""

    @initialize(told=st.sampled_from([None, NOON - timedelta(hours=1)]))
    def begin(self, told: datetime | None) -> None:
        self.boot = GuestBoot(told=told)
        self.now = NOON
        self.proved = self.failed = False  # after the latest start
        self.asked: list[int] = []

    def clear(self) -> None:
        self.proved = self.failed = False

    @rule(step=STEPS)
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @rule(running=st.sampled_from([True, False, None]), paused=st.booleans())
    def poll(self, running: bool | None, paused: bool) -> None:
        if running is not None and running is not self.boot.running:
            self.clear()
        self.boot = self.boot.polled(self.now, running=running, paused=paused and running is None)

    @rule()
    def start(self) -> None:
        self.clear()
        self.boot = self.boot.began(self.now)

    @rule()
    def stop(self) -> None:
        self.clear()
        self.boot = self.boot.ended(self.now)

    @rule()
    def lose_the_host(self) -> None:
        self.clear()
        self.boot = self.boot.lost()

    @rule()
    def lose_the_host_and_find_it_running_on(self) -> None:
        """The same process with the same log: what proved it has to be seen again."""
        was = self.boot
        self.lose_the_host()
        if was.running:
            self.boot = self.boot.polled(self.now, running=True)
            record = BootRecord("42", Mark(), was.started, spoke=True, up=was.came_up)
            self.boot = self.boot.resumed(record, LogEnd(0, b""))
            assert self.boot.came_up is was.came_up

    @rule()
    def go_on_from_a_snapshot(self) -> None:
        self.clear()
        self.boot = self.boot.began(self.now, booted=False)
        assert not self.boot.is_stuck(self.now + timedelta(days=1), PATIENCE, PATIENCE)

    @rule()
    def ask(self) -> None:
        self.asked.append(self.boot.starts)

    @rule(reading=st.sampled_from(READINGS), fresh=st.booleans(), late=st.booleans(), source=SOURCES)
    def read(self, reading: Reading, fresh: bool, late: bool, source: Source) -> None:
        of = self.asked[0] if late and self.asked else self.boot.starts
        before = self.boot
        self.boot = self.boot.read(reading, self.now, of, source, fresh=fresh)
        if of != before.starts or not before.runs:
            assert self.boot == before
            return
        same = before.source is source is Source.CONSOLE
        if fresh and reading.stage in {Stage.UP, Stage.FAILED, Stage.WAITING, Stage.OFF}:
            self.proved, self.failed = reading.stage is Stage.UP, reading.stage is Stage.FAILED
        elif reading.stage in {Stage.FAILED, Stage.WAITING} and before._unseen and not before.proof:
            self.failed = reading.stage is Stage.FAILED
        elif fresh and reading.stage is Stage.KERNEL:
            self.proved, self.failed = self.proved and not same, False

    @rule()
    def answer(self) -> None:
        if self.boot.runs:
            self.proved, self.failed = True, False
        self.boot = self.boot.answered(self.now, self.boot.starts)

    @rule()
    def fall_silent(self) -> None:
        if self.boot.source is Source.AGENT:
            self.proved = False
        self.boot = self.boot.fell_silent(self.now, self.boot.starts)

    @rule(step=st.integers(-86_400, 86_400).map(lambda seconds: timedelta(seconds=seconds)))
    def step_the_clock(self, step: timedelta) -> None:
        before = self.boot.where(self.now, PATIENCE)
        lasted = before.since and self.now - before.since
        self.boot, self.now = self.boot.shifted(step), self.now + step
        place = self.boot.where(self.now, PATIENCE)
        assert (place.stage, place.why, place.overdue) == (before.stage, before.why, before.overdue)
        assert (place.since and self.now - place.since) == lasted

    @rule()
    def restart_the_bot(self) -> None:
        was = self.boot.running
        self.clear()
        self.boot = GuestBoot(told=self.now)
        self.boot = self.boot.polled(self.now, running=was)

    @invariant()
    def up_means_proved_after_the_latest_start(self) -> None:
        place = self.boot.where(self.now, PATIENCE)
        assert (place.stage is Stage.UP) is place.proven
        assert place.proven is (self.proved and self.boot.runs)

    @invariant()
    def failed_means_seen_to_fail_after_the_latest_start(self) -> None:
        place = self.boot.where(self.now, PATIENCE)
        assert (place.stage is Stage.FAILED) is (self.failed and self.boot.runs)

    @invariant()
    def times_are_never_ahead_nor_out_of_order(self) -> None:
        boot = self.boot
        for moment in (boot.started, boot.went_on, boot.told, boot.since, boot.looked):
            assert moment is None or moment <= self.now
        assert boot.since is None or boot.started is None or boot.since >= boot.started

    @invariant()
    def it_is_looked_at_for_as_long_as_it_runs(self) -> None:
        soon = self.boot.next_look(self.now, EVERY, PATIENCE)
        assert (soon is None) is (not self.boot.runs)
        assert soon is None or soon <= self.now + EVERY * 12


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestAnyOrder = pytest.mark.slow(Life.TestCase)
