"""Which part of a console's log counts for the present boot, whatever was missed and however the log is kept."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.core.incidents.boot_reading import Reading
from bot.core.incidents.boot_screen import read_screen
from bot.core.incidents.boot_signs import Stage
from bot.core.incidents.console_log import BootRecord, LogEnd, Mark
from bot.core.incidents.guest_boot import GuestBoot, Source

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=3)
END = 16_384
BIOS, PANIC = "SeaBIOS (version 1.16.2)\n", "[    3.1] Kernel panic - not syncing: x\n"
LOGIN = "Debian GNU/Linux 12 web1 ttyS0\n\nweb1 login: "


def reading(text: str):
    return read_screen(text.splitlines())


def log(text: str) -> LogEnd:
    content = text.encode()
    return LogEnd(len(content), content[-END:])


def look(boot: GuestBoot, text: str) -> GuestBoot:
    boot = boot.read_to(log(text))
    shown, fresh = boot.shown(log(text), reading)
    return boot.read(shown, NOON, boot.starts, Source.CONSOLE, fresh=fresh)


def mark(boot: GuestBoot, text: str, *, truncated=False) -> GuestBoot:
    return boot.marked(log(text), boot.starts, truncated=truncated)


def off(text: str = LOGIN) -> GuestBoot:
    return mark(GuestBoot().polled(NOON, running=False), text)


def met(text: str = LOGIN) -> GuestBoot:
    return mark(GuestBoot().polled(NOON, running=True), text)


def proven(boot: GuestBoot) -> bool:
    return boot.where(NOON, PATIENCE).proven


def stage(boot: GuestBoot) -> Stage:
    return boot.where(NOON, PATIENCE).stage


# --- a start that was seen ---------------------------------------------------------------------------------------


def test_what_an_earlier_boot_wrote_is_no_proof_however_soon_the_start_follows() -> None:
    boot = mark(off().began(NOON), LOGIN)
    assert not proven(look(boot, LOGIN))
    assert proven(look(boot, LOGIN + "\nweb1 login: ")), "whatever is appended is of the present boot"


def test_before_a_mark_was_made_nothing_is_known_to_be_of_the_present_boot() -> None:
    assert not proven(look(GuestBoot().began(NOON), BIOS + LOGIN))


def test_a_mark_that_comes_late_loses_no_boot_that_begins_in_the_log() -> None:
    up = look(mark(off("").began(NOON), ""), BIOS + LOGIN)
    assert proven(up)
    again = mark(up.began(NOON), BIOS + LOGIN + BIOS + LOGIN)
    assert proven(look(again, BIOS + LOGIN + BIOS + LOGIN))
    silent = mark(up.began(NOON), BIOS + LOGIN)
    assert not proven(look(silent, BIOS + LOGIN))


def test_what_follows_a_look_since_the_start_is_of_the_present_boot_however_late_the_mark_is() -> None:
    booting = look(met().lost().began(NOON), LOGIN + BIOS)
    assert proven(look(mark(booting, LOGIN + BIOS + LOGIN), LOGIN + BIOS + LOGIN))
    assert not proven(look(mark(look(met().lost().began(NOON), LOGIN), LOGIN), LOGIN))


def test_a_login_that_may_be_of_the_present_boot_is_no_proof_and_no_machine_that_is_stuck() -> None:
    up = mark(met().lost().began(NOON), LOGIN + BIOS + LOGIN)
    later = NOON + timedelta(hours=1)
    assert not proven(look(up, LOGIN + BIOS + LOGIN))
    assert not look(up, LOGIN + BIOS + LOGIN).is_stuck(later, PATIENCE, PATIENCE)
    silent = look(mark(off().began(NOON), LOGIN), LOGIN)
    assert silent.is_stuck(later, PATIENCE, PATIENCE), "that one was there before it started"


def test_a_boot_that_was_cut_short_does_not_prove_the_one_after_it() -> None:
    booting = look(mark(off("").began(NOON), ""), BIOS)
    reset = mark(booting.began(NOON), BIOS + "[    0.0] Linux version 6.1\n" + LOGIN)
    assert not proven(look(reset, BIOS + "[    0.0] Linux version 6.1\n" + LOGIN))


def test_a_failure_before_a_late_mark_is_told() -> None:
    up = look(mark(off("").began(NOON), ""), BIOS + LOGIN)
    failed = mark(up.ended(NOON).began(NOON), BIOS + LOGIN + BIOS + PANIC)
    assert stage(look(failed, BIOS + LOGIN + BIOS + PANIC)) is Stage.FAILED


@pytest.mark.parametrize("truncated", [True, False])
def test_a_log_that_is_begun_anew_at_each_start_is_of_the_present_boot(
    truncated,
) -> None:
    boot = mark(off(LOGIN * 9).began(NOON), BIOS + LOGIN, truncated=truncated)
    assert proven(look(boot, BIOS + LOGIN)) is truncated
    assert proven(look(boot, BIOS + LOGIN + "\nweb1 login: "))


def test_a_log_that_was_put_back_from_a_backup_proves_nothing() -> None:
    old = BIOS + LOGIN
    assert not proven(look(mark(off(LOGIN * 9).began(NOON), old), old))
    running = mark(off(LOGIN * 9).began(NOON), LOGIN * 9)
    assert not proven(look(running, old))
    assert proven(look(look(running, old), old + LOGIN))


def test_a_reset_marks_the_log_anew() -> None:
    up = look(mark(off("").began(NOON), ""), LOGIN)
    reset = mark(up.began(NOON), LOGIN)
    assert not proven(look(reset, LOGIN))


def test_a_kernel_that_starts_without_the_hypervisor_telling_takes_the_proof_back() -> None:
    up = look(mark(off("").began(NOON), ""), LOGIN)
    assert stage(look(up, LOGIN + "\n[    0.0] Linux version 6.1\n")) is Stage.KERNEL


def test_a_mark_is_made_once_and_only_for_the_boot_it_was_asked_for() -> None:
    boot = met()
    assert boot.marked(log(BIOS), boot.starts, truncated=False) == boot
    assert boot.began(NOON).marked(log(BIOS), boot.starts, truncated=False).mark is None


def test_a_mark_that_was_made_meanwhile_is_kept() -> None:
    unmarked = off().began(NOON)
    marked = mark(unmarked, LOGIN)
    looked = look(unmarked, LOGIN)
    assert looked.with_mark_of(marked).mark == marked.mark
    assert looked.with_mark_of(unmarked) == looked
    assert looked.with_mark_of(marked.began(NOON)) == looked
    assert marked.with_mark_of(unmarked) == marked


# --- a start that nobody saw -------------------------------------------------------------------------------------


def test_of_a_machine_that_was_met_running_only_what_it_writes_from_then_on_proves_anything() -> None:
    boot = look(met(BIOS + LOGIN), BIOS + LOGIN)
    assert (proven(boot), boot.hint) == (False, True)
    assert proven(look(boot, BIOS + LOGIN + "\nweb1 login: "))


def test_a_machine_that_fails_before_it_is_met_is_told_for_a_person_to_see() -> None:
    assert stage(look(met(BIOS + PANIC), BIOS + PANIC)) is Stage.FAILED


def test_what_failed_before_its_host_was_lost_still_fails_after_that() -> None:
    up = look(mark(off("").began(NOON), ""), BIOS + LOGIN)
    text = BIOS + LOGIN + BIOS + PANIC
    failed = look(mark(up.began(NOON), BIOS + LOGIN), text)
    lost = failed.lost().lost().polled(NOON, running=True)
    assert stage(look(mark(lost, text), text)) is Stage.FAILED


def test_what_failed_before_a_start_that_was_seen_is_not_told_once_its_host_was_lost() -> None:
    text = BIOS + PANIC
    silent = look(mark(off(text).began(NOON), text), text)
    lost = silent.lost().polled(NOON, running=True)
    assert stage(look(mark(lost, text), text)) is Stage.UNKNOWN
    assert stage(look(mark(lost, text + BIOS + PANIC), text + BIOS + PANIC)) is Stage.FAILED


def test_after_a_loss_a_login_from_before_it_is_a_hint() -> None:
    lost = look(met(), LOGIN).lost().polled(NOON, running=True)
    boot = look(mark(lost, LOGIN), LOGIN)
    assert (proven(boot), boot.hint) == (False, True)


def test_a_start_that_is_on_record_goes_on() -> None:
    boot = met().resumed(BootRecord("42", Mark(), NOON, spoke=True), log(BIOS + LOGIN))
    assert proven(look(boot, BIOS + LOGIN))
    assert (boot.started, boot.spoke, boot.unwatched) == (NOON, True, log(BIOS + LOGIN).mark)
    old = boot.read(Reading(Stage.UP, "it asks for a login"), NOON, boot.starts, Source.CONSOLE, fresh=False)
    assert (old.hint, proven(old)) == (True, False), "what is of before the gap"
    unmarked = GuestBoot().polled(NOON, running=True)
    assert unmarked.with_mark_of(boot).unwatched == boot.unwatched


def test_whether_a_boot_showed_its_beginning_is_known() -> None:
    assert look(mark(off("").began(NOON), ""), BIOS + LOGIN).spoke
    assert look(mark(off("").began(NOON), ""), f"GRUB loading.\n{LOGIN}").spoke
    assert not look(mark(off("").began(NOON), ""), f"[    9.1] eth0: link up\n{LOGIN}").spoke


# --- any order ---------------------------------------------------------------------------------------------------


class Console(RuleBasedStateMachine):
    """A machine whose log is appended to, truncated and rotated, and a bot that misses some of what befalls it."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.runs, self.up = "", False, False  # the plain truth of the present boot
        self.boot = GuestBoot().polled(NOON, running=False)

    @rule(anew=st.booleans(), heard=st.booleans())
    def start(self, anew: bool, heard: bool) -> None:
        if not self.runs:
            self.text = "" if anew else self.text
            self.runs, self.up = True, False
            self.boot = self.boot.began(NOON) if heard else self.boot.polled(NOON, running=True)

    @rule()
    def stop(self) -> None:
        self.runs = self.up = False
        self.boot = self.boot.ended(NOON)

    @rule()
    def reset(self) -> None:
        if self.runs:
            self.up, self.boot = False, self.boot.began(NOON)

    @rule()
    def cut_and_start_while_nobody_looks(self) -> None:
        self.boot = self.boot.lost()
        self.up = False

    @rule()
    def comes_back(self) -> None:
        self.boot = self.boot.polled(NOON, running=self.runs)

    @rule(text=st.sampled_from([BIOS, "[    0.0] Linux version 6.1\n", PANIC, "noise\n" * 9]))
    def writes(self, text: str) -> None:
        if self.runs and not (self.up and "noise" not in text):
            self.text += text

    @rule()
    def asks_for_a_login(self) -> None:
        if self.runs:
            self.text, self.up = self.text + LOGIN, True

    @rule()
    def is_rotated(self) -> None:
        self.text = ""

    @rule(truncated=st.just(False))
    def mark(self, truncated: bool) -> None:
        self.boot = mark(self.boot, self.text, truncated=truncated)

    @rule()
    def look(self) -> None:
        self.boot = look(self.boot, self.text)

    @invariant()
    def proven_means_that_the_present_boot_has_asked_for_a_login(self) -> None:
        assert self.up or not proven(self.boot)


Console.TestCase.settings = settings(max_examples=300, stateful_step_count=40)
TestAnyLog = pytest.mark.slow(Console.TestCase)
