"""Where a machine stands by its screen: the corpus of boots/, whole and changed, and the bar it has to reach."""

import random
import re
from collections.abc import Callable

import pytest

from bot.core.incidents.boot_reading import EMPTY, UNKNOWN, own
from bot.core.incidents.boot_screen import read_screen
from bot.core.incidents.boot_signs import SHELLS, SIGNS, Part, Stage
from tests.core.incidents.corpus import Text, read, stage_of, texts

TEXTS = texts()
NAMED = {text.name: text for text in TEXTS}
EARLIER = [
    *("login-ubuntu-tty", "initramfs-alert-uuid", "grub-menu-waits", "panic-unmountable", "luks-waits-debian"),
    *("windows-bootmgr", "login-then-root-session", "emergency-shell-works", "ovmf-nothing", "going-down"),
]
NO_BEGINNING = {"bare-username", "binary-garbage", "kernel-hangs", "dracut-goes-on", "session-of-a-cut-log"}
"""Texts that may as well go on from what was before them."""

ANSWERED = re.compile(r"\S+ login: \S|Please press Enter")
"""How texts begin that go on from a prompt: after the lines of an early boot that would be a program's words."""

SCREENS = {
    *(
        "archiso-login",
        "clonezilla-menu",
        "dos-floppy",
        "dos-floppy-on-c",
        "winre-on-c",
        "fedora-live",
        "grml",
        "hetzner-rescue",
        "nixos-installer",
    ),
    *(
        "printed-in-an-emergency-shell",
        "sysresccd-old",
        "sysrescue",
        "ubuntu-server-alone",
        "winpe",
        "winre-prompt",
    ),
    *("any-question-of-a-start", "bare-login", "coreos-live-greets", "debian-live-alone", "endeavour-live"),
    *("freebsd-unnamed", "haos-without-its-command-line", "kali-live-alone", "localhost-alone"),
    *("localhost-alone-logged-in", "ubuntu-live-alone", "ubuntu-live-written-on", "archiso-written-on"),
    *("debian-live-written-on", "localhost-written-on"),
}
"""Texts that show a boot's end alone. On a console's log its beginning stands before that."""

BEGINNING = "SeaBIOS (version 1.16.2-debian-1.16.2-1)\n"

HOSTILE = {"failed", "waiting"}
each = pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)


# --- the corpus as it is -----------------------------------------------------------------------------------------


@each
def test_it_stands_where_a_careful_admin_would_say(text: Text) -> None:
    assert read(text.log) in text.wanted


def test_no_healthy_text_is_called_failed() -> None:
    healthy = [text for text in TEXTS if not text.stages & HOSTILE]
    assert len(healthy) > 60
    assert [text.name for text in healthy if stage_of(text.log) == "failed"] == []


def test_nothing_that_failed_or_waits_is_called_up() -> None:
    hostile = [text for text in TEXTS if text.stages & HOSTILE]
    assert len(hostile) > 140
    assert [text.name for text in hostile if stage_of(text.log) == "up"] == []


def test_nine_of_ten_failures_are_named_with_their_part() -> None:
    failed = [text for text in TEXTS if "failed" in text.stages]
    named = [text for text in failed if read(text.log) in text.wanted]
    assert len(failed) > 100
    assert len(named) / len(failed) >= 0.9


@pytest.mark.parametrize("stage", ["up", "waiting"])
def test_every_login_is_up_and_every_passphrase_menu_and_question_waits(stage: str) -> None:
    meant = [text for text in TEXTS if text.stages == {stage}]
    assert len(meant) > 35
    assert [text.name for text in meant if stage_of(text.log) != stage] == []


def test_no_two_texts_have_one_name() -> None:
    assert len(NAMED) == len(TEXTS) > 200


# --- the corpus, changed: where it stands stays ------------------------------------------------------------------


def strays(changed: Callable[[Text], str]) -> dict[str, str]:
    """The texts that, changed so, stand elsewhere than they should, and where."""
    found = {text.name: stage_of(changed(text)) for text in TEXTS}
    return {name: stage for name, stage in found.items() if stage not in NAMED[name].stages}


def test_line_ends_change_nothing() -> None:
    assert strays(lambda text: text.log.replace("\r\n", "\n").replace("\n", "\r\n")) == {}


def test_colours_change_nothing() -> None:
    paints = ["\x1b[0m ", "\x1b[1;31m ", " \x1b[33m", " "]

    def painted(text: Text) -> str:
        dice = random.Random(text.name)
        return text.log if "\x1b" in text.log else re.sub(r" (?=\w)", lambda _: dice.choice(paints), text.log)

    assert strays(painted) == {}


def test_a_terminals_questions_at_the_end_change_nothing() -> None:
    asked = "\x1b[?2004h\x1b[6n\x1b[32766;32766H\x1b[6n\x1b]3008;start=x\x1b\\\x1bP+q544e\x1b\\\x1b[!p\x1b[0c"
    assert strays(lambda text: text.log + asked) == {}


@pytest.mark.slow
@pytest.mark.parametrize("cut", range(5))
def test_a_beginning_that_is_missing_changes_nothing(cut: int) -> None:
    def without(text: Text) -> str:
        lines = text.log.split("\n")
        written = [number for number, line in enumerate(lines) if line.strip()]
        kept = written[-min(len(written), 14)]
        return text.log[random.Random(f"{text.name}{cut}").randint(0, len("\n".join(lines[:kept]))) :]

    assert strays(without) == {}


@pytest.mark.slow
@pytest.mark.parametrize("earlier", EARLIER)
def test_an_earlier_boot_changes_nothing(earlier: str) -> None:
    texts = [text for text in TEXTS if text.name not in NO_BEGINNING and not ANSWERED.match(text.log)]
    begun = {text.name: f"{BEGINNING if text.name in SCREENS else ''}{text.log}" for text in texts}
    found = {name: stage_of(f"{NAMED[earlier].log}\n{log}") for name, log in begun.items()}
    assert {name: stage for name, stage in found.items() if stage not in NAMED[name].stages} == {}


# --- what the corpus does not hold -------------------------------------------------------------------------------


def test_a_screen_without_text_says_nothing() -> None:
    assert read_screen([]) == read_screen(["", "   "]) == EMPTY
    assert read_screen(["xyzzy"]) == UNKNOWN
    assert (EMPTY.stage, UNKNOWN.stage) == (Stage.UNKNOWN, Stage.UNKNOWN)


def test_what_says_so_and_what_it_means_is_told() -> None:
    reading = read_screen(["Booting from Hard Disk...", "Missing operating system.", "No bootable device."])
    assert (reading.part, reading.disk) == (Part.PARTITION, True)
    assert (reading.line, reading.why) == (
        "Missing operating system.",
        "the boot sector found no system in its partition",
    )


@pytest.mark.parametrize(
    ("screen", "stands"),
    {
        "grub rescue> ls\nerror: unknown filesystem.\ngrub rescue> exit\nfoo": "boot loader",
        "(initramfs) exit": "early userspace",
        "(initramfs) exit\n[   41.22] EXT4-fs (vda1): mounted filesystem": "early userspace",
        "web1 login: \n" + "nobody knows this line\n" * 9: "can't tell",
        "web1 login: root\nPassword:\nroot@web1:~# shutdown -c\nroot@web1:~# ": "up",
        "web1 login: root\nPassword:\nroot@web1:~# sudo systemctl reboot": "off",
        "web1 login: root\nPassword:\nroot@web1:~# cat /dev/vcs1\n(initramfs) ": "can't tell",
        "web1 login: root\nPassword:\nroot@web1:~# apt upgrade\nDo you want to continue? [Y/n] ": "can't tell",
        "web1 login: root\nPassword:\nroot@web1:~# SeaBIOS (version 1.16.2)\nGRUB loading.\n"
        "error: no such device: 5f.\nEntering rescue mode...\ngrub rescue> ": "failed: boot loader",
        "web1 login: root\nPassword:\nroot@web1:~# SeaBIOS (version 1.16.2)\nNo bootable device.": (
            "failed: nothing to boot"
        ),
        "web1 login: root\nPassword:\nroot@web1:~# less boot.log\n[    0.00] Linux version 6.1.0\n"
        "[    2.10] Kernel panic - not syncing: x\nroot@web1:~# ": "up",
        "root@web1:~# ": "can't tell",
        "sh-5.1# ": "can't tell",
        "[    0.00] Linux version 6.1.0\nfoo@bar:~$ ": "can't tell",
        "You are in rescue mode. After logging in\nroot@web1:~# ls\nfoo\nroot@web1:~# ": "waiting: prompt",
        "You are in emergency mode. After\nroot@web1:~# exit\n[  OK  ] Reached target Multi-User System.": (
            "early userspace"
        ),
        "mount: mounting /dev/vda1 on /root failed: No such device\n/ # ": "failed: root file system",
        "mount: mounting /dev/vda1 on /root failed: No device\n/ # ls\nbin\n/ # ": "failed: root file system",
        "web1 login: root\nPassword:\nroot@web1:~# SeaBIOS (version 1.16.2)\n"
        "[    9.1] I/O error, dev vda, sector 8": "kernel",
        "=> Booting Puma": "can't tell",
        "U-Boot 2024.01\n=> ": "failed: boot loader",
        "[  OK  ] Reached target Paths.\n[  OK  ] Stopped target Initrd Default Target.": "early userspace",
        "web1 login: \n[  OK  ] Stopped target Multi-User System.": "off",
        "web1 login: \n[   61.1] EXT4-fs (vdb1): mounted filesystem with ordered data mode": "up",
        "web1 login: \n[   61.1] Linux\n[    0.6] virtio_blk virtio1: [vda] 67108864 512-byte blocks": "kernel",
        "web1 login: \nBegin: Running /scripts/local-top ... done.": "early userspace",
        "boot:boot:": "waiting: prompt",
        "boot>\ncannot open hd0a:/bsd: No such file or directory\nboot>": "failed: kernel",
        "Press any key to continue...": "waiting: key",
        "You are in emergency mode. After logging in\nPress Enter to continue.": "failed: init",
        "Entering emergency mode. Exit the shell to continue.\nWarning: /dev/vda2 does not exist\n:/# ": (
            "failed: root file system"
        ),
        "Debian GNU/Linux 12 web1 ttyS0": "early userspace",
    }.items(),
)
def test_it_also_knows(screen: str, stands: str) -> None:
    assert read(screen) == stands


SAID_BY_ANYBODY = [
    *("error: could not fetch metadata", "Failed to open /etc/foo.conf", "Loading module foo...", "net0: link up"),
    *("http://10.0.0.1/x... ok", "Press any key to continue", "no boot device found in config", "Invalid format"),
    *("Configuring network...", "Installing updates", "mount: /mnt: wrong fs type, bad option", "boot: done"),
    *("Error loading plugin x", "Failed to execute /usr/bin/foo", "Status: 0xc0000001 ok", "File: \\x missing"),
    *("Verification failed: signature", "OK", "Disk error rate is 3", "Please wait", "Retrieving file list"),
    *("Info: cache missing", "Enter password for wifi", "Failed to load config", "Read error on socket"),
    *("Security Violation detected", "Booting worker 3", "=> Booting Puma", "panic: runtime error: index out of"),
    *("! Failed to fetch the feed!", "3 >", "eth0: link is not ready", "app: cache is now read-only"),
    *("Entering rescue mode soon", "No operating system users", "Filename: a.txt", "FATAL: role does not exist"),
]


@pytest.mark.parametrize("line", SAID_BY_ANYBODY)
def test_what_any_program_may_write_on_a_console_is_no_boot(line: str) -> None:
    assert read(f"{NAMED['login-ubuntu-tty'].log}\n{line}") == "up"
    assert stage_of(f"[  OK  ] Reached target Local File Systems.\n{line}") == "early userspace"


@pytest.mark.parametrize("name", ["archiso", "ubuntu-server"])
def test_a_machine_that_is_called_like_a_rescue_system_itself_has_its_own_login(name: str) -> None:
    reading = read_screen([f"{name} login:"])
    assert reading.stage is not Stage.UP
    assert own(reading, name.upper()).stage is Stage.UP
    assert own(reading, "web1") == reading
    booted = read_screen(["[    0.0] Command line: boot=live", f"{name} login:"])
    assert booted.stage is Stage.WAITING
    assert own(booted, name) == booted, "whatever it is called, that is no system of its own"


def test_a_distributions_name_at_the_login_is_its_own_for_a_machine_that_is_called_after_it() -> None:
    reading = read_screen(["devuan login:"])
    assert reading.stage is Stage.UNKNOWN
    assert own(reading, "old-Devuan-5").stage is Stage.UP
    assert own(reading, "web1") == reading
    archiso = read_screen(["archiso login:"])
    assert own(archiso, "archiso-build") == archiso, "what only a medium is called is no part of a name"


def test_a_login_that_names_no_host_is_its_own_for_a_machine_that_is_called_so() -> None:
    unnamed = read_screen(["localhost login:"])
    assert unnamed.stage is Stage.UNKNOWN
    assert own(unnamed, "localhost").stage is Stage.UP
    assert own(unnamed, "web1") == unnamed
    assert own(read_screen(["login:"]), "login").stage is Stage.UNKNOWN


@pytest.mark.parametrize("console", ["web1 login: robin (automatic login)", "robin@web1:~$ ", "[robin@web1 ~]$ "])
def test_a_console_that_logs_in_by_itself_is_its_own_for_a_machine_that_is_called_so(console: str) -> None:
    reading = read_screen([BEGINNING, "[    0.0] Linux version 6.1.0", "[  OK  ] Reached target Paths.", console])
    assert reading.stage is Stage.UNKNOWN
    assert own(reading, "WEB1").why == "someone is logged in on its console"
    assert own(reading, "web12") == own(reading, "robin") == reading


def test_a_system_that_runs_in_memory_is_its_own_for_a_machine_that_is_called_so() -> None:
    reading = read_screen([" * Mounting modloop /lib/modules ... [ ok ]", "nas1 login:"])
    assert reading.stage is Stage.UNKNOWN
    assert own(reading, "nas1").stage is Stage.UP


def test_only_so_much_of_a_screen_is_looked_at() -> None:
    assert read_screen(["grub rescue> ", *["[    1.0] kernel"] * 1000, "x" * 100_000]).stage is Stage.KERNEL


# --- the table ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [*SIGNS, *SHELLS], ids=lambda sign: sign.pattern[:40])
def test_each_row_names_its_source_and_says_what_it_means(sign) -> None:
    assert sign.source
    assert sign.why or sign.role == "noise"
    assert sign.phase is not None
    assert re.compile(sign.pattern)
