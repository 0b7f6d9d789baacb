"""Which part of a console's log counts for the present boot, whatever was missed and however the log is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.core.incidents.boot_place import Source
from bot.core.incidents.boot_reading import Reading
from bot.core.incidents.boot_screen import LAST, read_screen
from bot.core.incidents.boot_signs import Stage
from bot.core.incidents.console_log import TAIL, BootRecord, LogEnd, Mark
from bot.core.incidents.guest_boot import GuestBoot

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=3)
END = 16_384
BIOS, PANIC = "SeaBIOS (version 1.16.2)\n", "[    3.1] Kernel panic - not syncing: x\n"
LOGIN = "Debian GNU/Linux 12 web1 ttyS0\n\nweb1 login: "


def reading(text: str):
    return read_screen(text[-LAST:].splitlines())


def log(text: str, known: Mark | None = None) -> LogEnd:
    content, upto = text.encode(), known.size if known else 0
    return LogEnd(len(content), content[-END:], Mark(upto, content[max(0, upto - TAIL) : upto].hex()))


def look(boot: GuestBoot, text: str, older: str | None = None, *, watched=False) -> GuestBoot:
    """`older`: the file that was rotated away; `watched`: what was written while nobody looked is no proof.

    As monitoring/boot_looks.py does.
    """
    at = log(text, boot.console.known)
    if boot.console.is_another(at):
        before = None if older is None else log(older, boot.console.known)
        boot = replace(boot, console=boot.console.rotated(before))
    at = boot.console.joined(at)
    another, boot = boot.console.is_another(at), boot.read_to(at)
    if another and boot.seen.is_denied_by(at.text, reading):
        boot = boot.disowned(NOON)
    shown, fresh = boot.shown(at, reading)
    boot = boot.shows(shown, at, fresh=fresh)
    fresh = fresh and not (watched and boot.console.unwatched and shown.stage is Stage.UP)
    return boot.read(shown, NOON, boot.starts, Source.CONSOLE, fresh=fresh)


def mark(boot: GuestBoot, text: str, *, truncated=False) -> GuestBoot:
    return boot.marked(log(text, boot.console.known), boot.starts, truncated=truncated)


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


@pytest.mark.parametrize("begun", ["", LOGIN])
@pytest.mark.parametrize("old", [BIOS + LOGIN, BIOS + LOGIN * 999 + LOGIN])
def test_a_log_that_is_put_back_while_its_machine_runs_proves_nothing_until_it_is_appended_to(begun, old) -> None:
    text = f"{begun}{BIOS}[    1.1] ALERT!  UUID=0a1b does not exist.\n\n(initramfs) "
    failed = look(mark(off(begun).began(NOON), begun), text)
    assert stage(look(failed, old)) is Stage.FAILED
    assert stage(look(look(failed, old), f"{old}\nnoise\n")) is Stage.FAILED
    assert proven(look(look(failed, old), f"{old}\nweb1 login: "))


@pytest.mark.parametrize("rotated", ["", "\0" * 9999, "[   99.9] eth0: link up\n", f"{LOGIN}"])
def test_a_machine_that_is_up_stays_so_where_its_log_is_begun_anew_and_does_not_deny_it(rotated) -> None:
    up = look(mark(off("").began(NOON), ""), BIOS + LOGIN)
    after = look(up, rotated)
    assert proven(after)
    assert proven(look(after, f"{rotated}\nweb1 login: "))
    assert stage(look(after, rotated + PANIC)) is Stage.FAILED


CRASH = """[   12.07] sysrq: Trigger a crash
[   12.07] Kernel panic - not syncing: sysrq triggered crash
[   12.07] CPU: 0 PID: 107 Comm: sh Not tainted 6.1.0-56-amd64 #1  Debian 6.1.1
[   12.08] Call Trace:
[   12.08]  <TASK>
[   12.08]  entry_SYSCALL_64_after_hwframe+0x6e/0xd8
[   12.09] Kernel Offset: 0x1d000000 from 0xffffffff81000000
"""
CRASHED = f"{CRASH}[   12.10] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\n"
UP = BIOS + LOGIN + "\n"
CHATTER = "[   99.9] eth0: link up\n"


def came_up() -> GuestBoot:
    return look(mark(off("").began(NOON), ""), UP)


@pytest.mark.parametrize("end", ["", "\n", LOGIN])
@pytest.mark.parametrize("cut", range(0, len(CRASHED) + 1, 7))
def test_a_panic_is_seen_wherever_its_text_is_cut_by_a_rotation(cut, end) -> None:
    assert stage(look(came_up(), CRASHED[cut:], UP + CRASHED[:cut])) is Stage.FAILED
    seen = look(came_up(), UP + CRASHED[:cut])
    assert stage(look(seen, CRASHED[cut:], UP + CRASHED[:cut])) is Stage.FAILED
    again = look(mark(seen.began(NOON), UP), f"{CRASHED[cut:]}{BIOS}{end}", UP + CRASHED[:cut])
    assert proven(again) is (end == LOGIN), "what follows it is the next boot"


def test_a_panic_in_the_file_that_was_rotated_away_is_seen() -> None:
    assert stage(look(came_up(), "", UP + CRASHED)) is Stage.FAILED
    assert stage(look(came_up(), "[   12.20] Rebooting in 9 seconds..\n", UP + CRASH)) is Stage.FAILED


def test_a_machine_that_is_up_stays_so_whatever_its_kernel_writes_as_its_log_is_rotated() -> None:
    older, text = UP + CHATTER * 9, CHATTER
    boot = look(came_up(), text, older)
    for _ in range(3):
        text += CHATTER * 99
        boot = look(boot, text, older)
        assert proven(boot)
    boot = look(boot, CHATTER, text + CHATTER)
    assert (proven(boot), boot.started) == (True, NOON), "nothing between was lost"
    assert stage(look(boot, CHATTER + CRASHED)) is Stage.FAILED


def test_what_stood_in_small_files_that_were_rotated_away_is_not_forgotten() -> None:
    boot, older = came_up(), UP
    for text in ("[   99.9] eth0", ": link up\n", CHATTER):
        boot, older = look(boot, text, older), text
        assert proven(boot)
    grown = look(boot, f"{CHATTER * 999}web1 login: ")
    assert (proven(grown), grown.started) == (True, NOON), "its mark is found in a large one"
    assert stage(look(boot, CHATTER + PANIC)) is Stage.FAILED


def test_a_boot_that_crosses_a_rotation_proves_its_machine_and_no_earlier_one_does() -> None:
    booting = look(mark(off(UP).began(NOON), UP), UP + BIOS)
    assert not proven(look(booting, "", UP + BIOS))
    up = look(booting, LOGIN, UP + BIOS + "[    0.0] Linux version 6.1\n")
    assert (proven(up), up.spoke) == (True, True)
    assert proven(look(off(UP).began(NOON), BIOS + LOGIN, UP)), "it was off where the log is known to"
    assert not proven(look(booting.began(NOON), BIOS + LOGIN, UP + BIOS)), "that may be the boot before"
    reset = mark(up.began(NOON), LOGIN)
    assert not proven(look(reset, "", LOGIN))
    assert proven(look(reset, f"[    0.0] Linux version 6.1\n{LOGIN}", LOGIN + BIOS))


@pytest.mark.parametrize("older", [None, "", CHATTER * 99, CHATTER * 999])
def test_where_the_file_before_is_not_found_a_log_takes_proof_back_and_gives_none(older) -> None:
    end = CRASHED.splitlines()[-1]
    assert stage(look(came_up(), end, older)) is Stage.FAILED
    assert stage(look(came_up(), f"{BIOS}[    0.0] Linux version 6.1\n", older)) is Stage.UNKNOWN
    hurt = look(came_up(), "[ 7301.2] EXT4-fs (vda1): Remounting filesystem read-only\n", older)
    assert not proven(hurt)
    assert proven(look(came_up(), CHATTER, older))
    assert not proven(look(look(came_up(), BIOS, older), f"{BIOS}noise\n"))
    failed = look(came_up(), UP + CRASHED)
    assert stage(look(failed, LOGIN, older)) is Stage.FAILED


def test_a_screen_that_proves_a_machine_does_so_whatever_an_old_log_says() -> None:
    by_screen = replace(came_up(), source=Source.SCREEN)
    assert proven(look(by_screen, BIOS + PANIC))


def test_a_machine_whose_log_was_begun_anew_on_its_way_is_not_said_to_hang_at_its_boot() -> None:
    booting = look(mark(off("").began(NOON), ""), BIOS)
    assert booting.is_stuck(NOON + timedelta(hours=1), PATIENCE, PATIENCE)
    after = look(booting, f"{LOGIN}\n")  # which may be that of the present boot, or an old one
    assert (proven(after), after.hint) == (False, True)
    went_on = look(after, f"{LOGIN}\n[   99.9] eth0: link up\n")
    assert not went_on.is_stuck(NOON + timedelta(hours=1), PATIENCE, PATIENCE)


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
    assert boot.began(NOON).marked(log(BIOS), boot.starts, truncated=False).console.mark is None


def test_a_mark_that_was_made_meanwhile_is_kept() -> None:
    unmarked = off().began(NOON)
    marked = mark(unmarked, LOGIN)
    looked = look(unmarked, LOGIN)
    assert looked.with_mark_of(marked).console.mark == marked.console.mark
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


RESCUE = BIOS + "Give root password for maintenance\n(or press Control-D to continue):\nroot@web1:~# "
READS = "cat console.log\n"


def test_what_a_command_prints_in_a_rescue_shell_is_no_boot_however_much_it_is() -> None:
    stopped = look(mark(off("").began(NOON), ""), RESCUE)
    printed = RESCUE + READS + "[    1.0] usb 1-1: new device\n" * 1200 + LOGIN
    still = look(stopped, printed)
    assert (stage(still), proven(still)) == (Stage.FAILED, False)
    assert not proven(look(still, printed + "\n")), "nor at the next look"
    left = look(stopped, RESCUE + "exit\n[  OK  ] Reached target Multi-User System.\n" + LOGIN)
    assert proven(left), "what follows an exit is its boot"
    assert proven(look(mark(still.began(NOON), printed), printed + BIOS + LOGIN))


def test_what_a_command_prints_in_a_rescue_shell_is_no_boot_after_its_host_was_lost_either() -> None:
    stopped = look(mark(off("").began(NOON), ""), RESCUE)
    lost = mark(stopped.lost().polled(NOON, running=True), RESCUE)
    printed = RESCUE + READS + LOGIN
    assert not proven(look(lost, printed))
    much = RESCUE + READS + "[    1.0] usb 1-1: new device\n" * 1200 + LOGIN
    met_again = look(mark(stopped.lost().polled(NOON, running=True), much), much)
    assert not proven(look(met_again, much + "\nweb1 login: ")), "nor is more of it once it was met again"
    assert proven(look(lost.restarted(), printed)), "another process runs it: that shell is gone"


def test_what_a_command_prints_in_a_rescue_shell_is_no_boot_though_the_log_is_rotated_below_it() -> None:
    stopped = look(mark(off("").began(NOON), ""), RESCUE)
    still = look(stopped, LOGIN, RESCUE + READS)
    assert (stage(still), proven(still)) == (Stage.FAILED, False)
    lost = mark(still.lost().polled(NOON, running=True), LOGIN)
    assert not proven(look(lost, f"{LOGIN}\nweb1 login: ")), "nor after its host was lost"
    assert proven(look(mark(still.ended(NOON), LOGIN).began(NOON), LOGIN + BIOS + LOGIN))


def test_after_a_loss_a_login_from_before_it_is_a_hint() -> None:
    lost = look(met(), LOGIN).lost().polled(NOON, running=True)
    boot = look(mark(lost, LOGIN), LOGIN)
    assert (proven(boot), boot.hint) == (False, True)


def test_a_start_that_is_on_record_goes_on() -> None:
    boot = met().resumed(BootRecord("42", Mark(), NOON, spoke=True), log(BIOS + LOGIN))
    assert proven(look(boot, BIOS + LOGIN))
    assert (boot.started, boot.spoke, boot.console.unwatched) == (NOON, True, log(BIOS + LOGIN).mark)
    old = boot.read(Reading(Stage.UP, "it asks for a login"), NOON, boot.starts, Source.CONSOLE, fresh=False)
    assert (old.hint, proven(old)) == (True, False), "what is of before the gap"
    unmarked = GuestBoot().polled(NOON, running=True)
    assert unmarked.with_mark_of(boot).console == boot.console


def test_whether_a_boot_showed_its_beginning_is_known() -> None:
    assert look(mark(off("").began(NOON), ""), BIOS + LOGIN).spoke
    assert look(mark(off("").began(NOON), ""), f"GRUB loading.\n{LOGIN}").spoke
    assert not look(mark(off("").began(NOON), ""), f"[    9.1] eth0: link up\n{LOGIN}").spoke


def test_what_was_up_when_nobody_watched_is_not_said_to_hang_at_its_boot_for_being_silent_later() -> None:
    later, chatter = NOON + timedelta(hours=1), "[   99.9] eth0: link up\n" * 999
    for up in (True, False):
        record = BootRecord("42", Mark(), NOON, spoke=True, came_up=True, up=up)
        back = look(met().resumed(record, log(chatter)), chatter)
        assert back.is_stuck(later, PATIENCE, PATIENCE) is not up
        looked = look(GuestBoot().polled(NOON, running=True), "")
        assert looked.with_mark_of(back).is_stuck(later, PATIENCE, PATIENCE) is not up


def test_a_start_goes_on_by_its_process_and_its_log() -> None:
    text = BIOS + LOGIN
    record = BootRecord("42", log(text).mark, NOON, spoke=True)
    assert record.goes_on("42", log(text))
    assert not record.goes_on("43", log(text))
    assert not record.goes_on("42", log(BIOS))
    assert not replace(record, process="").goes_on("", log(text)), "nobody knows which"
    assert not replace(record, spoke=False).goes_on("42", log(text)), "it would show no other"
    rotated = look(came_up(), CHATTER, UP).console.mark
    assert not replace(record, mark=rotated).goes_on("42", log(CHATTER)), "what it is known by is gone"


# --- any order ---------------------------------------------------------------------------------------------------


class Console(RuleBasedStateMachine):
    """A machine, its log, which is rotated and put back from copies, and a bot that misses some of all that.

    No line is written twice, as a kernel's are not: a copy of an earlier log says nothing else at the same place.
    """

    def __init__(self) -> None:
        super().__init__()
        self.text, self.kept, self.older, self.lines = "", "", "", 0
        self.runs, self.up, self.seen_up = False, False, False  # the plain truth of the present boot
        self.boot = GuestBoot().polled(NOON, running=False)
        self.process, self.record = 0, BootRecord("", Mark())

    def log(self) -> LogEnd:
        return log(self.text, self.boot.console.known or self.record.mark)

    def begins(self) -> None:
        self.up = self.seen_up = False

    def write(self, text: str) -> None:
        self.lines += 1
        self.text += f"{self.lines:_>80}\n{text}"

    @precondition(lambda self: not self.runs)
    @rule(anew=st.booleans(), heard=st.booleans())
    def starts(self, anew: bool, heard: bool) -> None:
        if anew:
            self.kept, self.text = self.text, ""
        self.runs, self.process = True, self.process + 1
        self.begins()
        self.boot = self.boot.began(NOON) if heard else self.boot.polled(NOON, running=True)

    @precondition(lambda self: self.runs)
    @rule()
    def stops(self) -> None:
        self.runs = False
        self.begins()
        self.boot = self.boot.ended(NOON)
        self.log_is_marked()

    @precondition(lambda self: self.runs)
    @rule()
    def is_reset(self) -> None:
        self.begins()
        self.boot, self.record = self.boot.began(NOON), replace(self.record, process="")

    @precondition(lambda self: self.runs and not self.up)
    @rule(ends=st.sampled_from([None, PANIC, LOGIN]), looked_at=st.booleans())
    def boots(self, ends: str | None, looked_at: bool) -> None:
        self.write(f"{BIOS}[    0.0] Linux version 6.1\n")
        if looked_at:
            self.is_looked_at()
        if ends is not None:
            self.write(ends)
        self.up = ends is LOGIN
        if looked_at:
            self.is_looked_at()

    @precondition(lambda self: self.up)
    @rule(prompts=st.booleans(), much=st.booleans())
    def goes_on(self, prompts: bool, much: bool) -> None:
        self.write("[   99.9] eth0: link up\n" * (999 if much else 9) + (LOGIN if prompts else ""))
        self.is_looked_at()

    @rule(hole=st.booleans())
    def log_is_rotated(self, hole: bool) -> None:
        """Whoever truncates it leaves a hole where the emulator does not append."""
        self.kept = self.text
        self.text = "\0" * len(self.text) if hole else ""

    @rule(write=st.booleans())
    def virtlogd_rotates_the_log(self, write: bool) -> None:
        """In one go with what is written: no file is left without what follows it."""
        self.kept = self.older = self.text
        self.text = ""
        if write:
            self.write("")
        self.is_looked_at()

    @precondition(lambda self: self.boot.console.known is not None and self.boot.console.known.size)
    @rule()
    def log_is_put_back(self) -> None:
        """From a copy. What was empty when it was read last may have been written since, for all one can tell."""
        self.text = self.kept
        self.is_looked_at()

    @rule(bot=st.booleans(), cut=st.booleans())
    def nobody_watches(self, bot: bool, cut: bool) -> None:
        """The `bot` or the host is away for a while. `cut`: the machine starts anew meanwhile."""
        if cut and self.runs:
            self.process += 1
            self.begins()
        self.boot = (GuestBoot() if bot else self.boot.lost()).polled(NOON, running=self.runs)
        self.is_looked_at()

    @rule()
    def log_is_marked(self) -> None:
        """As monitoring/boots.py does."""
        if self.boot.console.mark is not None:
            return
        at, process = self.log(), f"{self.process}" if self.runs else ""
        boot, record = self.boot, self.record
        if boot.started is None and not boot.console.is_another(at) and record.goes_on(process, at):
            self.boot = boot.resumed(record, at)
            return
        self.boot = boot.marked(at, boot.starts, truncated=False)
        if process:
            self.record = BootRecord(process, self.boot.console.mark, boot.started)

    @rule()
    def is_looked_at(self) -> None:
        """As monitoring/boots.py does, and without a screen: what nobody watched proves nothing."""
        self.log_is_marked()
        mark = self.boot.console.mark
        self.boot = look(self.boot, self.text, self.older, watched=True)
        self.seen_up = self.seen_up or (self.up and self.boot.came_up)
        if self.record.mark == mark:
            known = replace(self.record, mark=self.boot.console.mark, started=self.boot.started)
            self.record = replace(known, spoke=known.spoke or self.boot.spoke, up=known.up or self.boot.came_up)

    @invariant()
    def proven_means_that_the_present_boot_has_asked_for_a_login(self) -> None:
        assert self.up or not proven(self.boot)

    @invariant()
    def what_was_seen_up_since_its_start_never_hangs_at_its_boot(self) -> None:
        assert not (self.seen_up and self.boot.is_stuck(NOON + timedelta(days=1), PATIENCE, PATIENCE))


Console.TestCase.settings = settings(max_examples=300, stateful_step_count=40)
TestAnyLog = pytest.mark.slow(Console.TestCase)
