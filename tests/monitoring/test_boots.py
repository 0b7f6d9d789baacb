"""Where guests stand at their boot: what is asked in which order, and what it is told as."""

from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta

import libvirt
import pytest

from bot.config import Host
from bot.core.guest import GuestEvent, GuestEventKind, Reason
from bot.core.health import Evidence, Health, Kind, Observation
from bot.monitoring.boots import Boots
from bot.reach import Refused
from bot.reach.ssh_answer import Answer, SshAnswer
from tests.core.labs import powered_on
from tests.guests import URI, uuid
from tests.hypervisor.drawn import BLANK, vga_screen
from tests.probes.parts import NOW
from tests.probes.test_guest import WEB1, Console, probing
from tests.test_ways import ways

PATIENCE = timedelta(minutes=3)
BIOS = "SeaBIOS (version 1.16.2)\n\nBooting from Hard Disk...\n"
LOGIN = f"{BIOS}Debian GNU/Linux 12 web1 ttyS0\n\nweb1 login: "
EVERY = timedelta(seconds=5)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        return self.now


def boots(seen_until=None) -> Boots:
    made = Boots(Clock(), PATIENCE)
    made.seen_before(seen_until)
    return made


def just_started() -> Boots:
    made = boots()
    made.polled(WEB1.id, running=False)
    made.began(WEB1.id)
    made.now.now += timedelta(seconds=15)  # its screen has been drawn anew by now
    return made


def just_met(seen_until=None) -> Boots:
    made = boots(seen_until)
    made.polled(WEB1.id, running=True)
    return made


async def look(
    made: Boots | None = None, *, text: str = "", before: str = "", picture=None, frozen=False, system=None, **how
) -> Observation:
    """`text`: what its console wrote after it was marked; `before`: what stood there; `system`: its agent's."""
    made, console = made or just_started(), Console(before, process="boot 7 99")
    async with probing(console=console, **how) as (probe, hypervisor):
        hypervisor.picture, hypervisor.file_systems = picture, "frozen" if frozen else "thawed"
        hypervisor.system = system
        if made.to_mark(WEB1.id):
            await made.mark(probe)
        console.text = before + text
        seen = await made.look(probe)
    assert seen is not None
    return seen


async def test_an_agent_that_answers_is_proof_whatever_stands_on_its_console() -> None:
    seen = await look(text="No bootable device.", agent=True, answers=True)
    assert (str(seen.fingerprint), seen.health, seen.evidence) == ("boot@guest:web1", Health.OK, Evidence.INSIDE)
    assert (seen.why, seen.running) == ("its agent answers", True)


READ_ONLY = "\n[ 7301.221700] EXT4-fs (vda1): Remounting filesystem read-only\n"


@pytest.mark.parametrize("agent", [{}, {"agent": True, "answers": True}])
async def test_a_system_whose_disk_fails_after_its_login_is_not_well(agent) -> None:
    made = just_started()
    assert (await look(made, text=LOGIN)).evidence is Evidence.INSIDE
    seen = await look(made, text=LOGIN + READ_ONLY, **agent)
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.GUEST_DAMAGED)
    assert seen.why.startswith("its kernel made a file system read-only: “")


def test_a_reset_that_is_told_three_times_within_a_moment_is_one_restart() -> None:
    made, reset = boots(), replace(powered_on(WEB1.id), facts={"started": "now"})
    told = [made.once(replace(reset, at=NOW + timedelta(seconds=at))) for at in (0, 0.2, 0.4, 20)]
    assert [(one.began_anew, one.restarted) for one in told] == [
        (True, True),
        (True, False),
        (True, False),
        (True, True),
    ]
    assert made.once(powered_on(WEB1.id)) == powered_on(WEB1.id)


AGENT = {"agent": True, "answers": True}


async def test_a_guest_whose_file_systems_are_frozen_is_not_proven_until_they_are_thawed() -> None:
    made = just_started()
    assert (await look(made, text=LOGIN, **AGENT)).evidence is Evidence.INSIDE
    seen = await look(made, text=LOGIN, frozen=True, **AGENT)
    assert (seen.evidence, seen.began_anew) == (Evidence.OUTSIDE, True), "what proved it counts no more"
    for _ in range(2):
        seen = await look(made, text=LOGIN, frozen=True, **AGENT, ssh_answers=SshServer(Answer.KNOWN_KEY))
        assert (seen.health, seen.why) == (Health.UNKNOWN, "its file systems are frozen, as for a backup")
    silent = await look(made, text=LOGIN, agent=True, answers=False, ssh_answers=SshServer(Answer.KNOWN_KEY))
    assert silent.health is Health.UNKNOWN, "a login of before tells nothing of it"
    assert (await look(made, text=LOGIN, **AGENT)).why == "its agent answers"


async def test_file_systems_that_stay_frozen_are_a_failure_from_when_they_were_seen_so() -> None:
    made = just_started()
    await look(made, **AGENT, frozen=True)
    frozen_at = made.now()
    made.now.now += PATIENCE
    seen = await look(made, **AGENT, frozen=True)
    assert (seen.health, seen.kind, seen.since) == (Health.FAIL, Kind.GUEST_FROZEN, frozen_at)
    assert (
        seen.why.endswith("that did not end; thaw them on atlas: `virsh domfsthaw guest:web1`")
        or "web1" in seen.why
    )
    assert made.came_up(WEB1.id), "it is not stuck on its way up"
    assert (await look(made, **AGENT)).evidence is Evidence.INSIDE


async def test_a_system_whose_tasks_hang_proves_nothing_until_it_asks_for_a_login_again() -> None:
    made = just_started()
    await look(made, text=LOGIN)
    hung = f"{LOGIN}\n[  900.1] INFO: task jbd2/vda1-8:211 blocked for more than 120 seconds.\n"
    seen = await look(made, text=hung)
    assert (seen.evidence, seen.began_anew) == (Evidence.OUTSIDE, True)
    assert (await look(made, text=hung)).health is Health.UNKNOWN
    assert (await look(made, text=f"{hung}\nweb1 login: ")).evidence is Evidence.INSIDE


async def test_a_rescue_system_is_told_as_that_unless_the_machine_itself_is_called_so() -> None:
    for login in ("archiso login: ", "ubuntu-server login: "):
        assert (await look(text=login)).evidence is not Evidence.INSIDE
    assert (await look(text="archiso login: ")).kind is Kind.BOOT_WAITING
    for name in ("archiso", "ubuntu-server"):
        made, console = just_started(), Console()
        async with probing(console=console) as (probe, _):
            probe.guest = replace(probe.guest, name=name)
            await made.mark(probe)
            console.text = f"{name} login: "
            assert (await made.look(probe)).evidence is Evidence.INSIDE


LIVE = f"{BIOS}[    0.0] Linux version 6.12.0\n[    0.0] Command line: root=live:CDLABEL=Install\nagama login: "


async def test_a_live_system_is_not_well_though_its_agent_answers() -> None:
    seen = await look(text=LIVE, agent=True, answers=True)
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.BOOT_WAITING)
    assert seen.why.startswith("it booted a live or rescue system, not its own: “")
    old = await look(before=LIVE, agent=True, answers=True)
    assert (old.health, old.why) == (Health.OK, "its agent answers"), "that may be from an earlier boot"
    unnamed = await look(text=f"{BIOS}localhost login: ", agent=True, answers=True)
    assert unnamed.evidence is Evidence.INSIDE, "a doubt denies nothing"


OWN = {"id": "debian", "name": "Debian GNU/Linux", "host-name": "web1"}
OTHER = {"id": "arch", "name": "Arch Linux", "host-name": "sysrescue"}
ANOTHER = "its agent answers for another system, “sysrescue” (Arch Linux); it was “web1” (Debian GNU/Linux) before"


async def known_by_its_system() -> Boots:
    made = just_started()
    assert (await look(made, **AGENT, system=OWN)).evidence is Evidence.INSIDE
    made.began(WEB1.id)
    return made


async def test_an_agent_that_answers_for_another_system_after_a_start_proves_nothing() -> None:
    made = await known_by_its_system()
    for _ in range(2):
        seen = await look(made, **AGENT, system=OTHER)
        assert (seen.health, seen.evidence, seen.why) == (Health.UNKNOWN, Evidence.OUTSIDE, ANOTHER)
    made.now.now += 3 * PATIENCE
    assert (await look(made, **AGENT, system=OTHER)).why == ANOTHER, "it is not late to come up"
    assert (await look(made, **AGENT, system=OWN)).evidence is Evidence.INSIDE


async def test_what_another_systems_console_and_screen_show_is_not_the_guests() -> None:
    made, up = await known_by_its_system(), vga_screen(["web1 login:"])
    await look(made, **AGENT, system=OTHER, text=LOGIN)
    for _ in range(2):
        seen = await look(made, agent=True, answers=False, text=LOGIN, picture=up)
        assert (seen.health, seen.why) == (Health.UNKNOWN, ANOTHER)
    damaged = await look(made, agent=True, answers=False, text=LOGIN + READ_ONLY)
    assert damaged.health is Health.FAIL, "what is wrong is told nevertheless"


async def test_a_login_is_a_proof_only_once_an_agent_that_named_its_system_before_had_time_to() -> None:
    for shown in ({"text": LOGIN}, {"picture": vga_screen(["web1 login:"])}):
        made = await known_by_its_system()
        early = await look(made, agent=True, answers=False, **shown)
        assert early.health is Health.UNKNOWN
        assert early.why == "it has come up, and its agent has not said yet as which system"
        assert (await look(made, **AGENT, system=OTHER, **shown)).why == ANOTHER
        made.began(WEB1.id)
        await look(made, agent=True, answers=False, picture=vga_screen(["web1 login:"]))
        made.now.now += PATIENCE
        late = await look(made, agent=True, answers=False, picture=vga_screen(["web1 login:"]))
        assert (late.evidence, late.why) == (Evidence.INSIDE, "it asks for a login"), "its agent may be gone"


async def test_an_agent_that_falls_silent_as_it_is_asked_for_its_system_proves_nothing() -> None:
    made = await known_by_its_system()
    async with probing(agent=True, answers=True) as (probe, hypervisor):
        hypervisor.forgets_itself = True
        seen = await made.look(probe)
    assert seen is not None
    assert seen.health is Health.UNKNOWN


async def test_which_system_it_is_in_is_known_again_by_another_bot_and_a_person_may_say_otherwise() -> None:
    made = await known_by_its_system()
    anew = boots()
    anew.remember(made.unsaved())
    anew.polled(WEB1.id, running=True)
    assert (await look(anew, **AGENT, system=OTHER)).why == ANOTHER
    record = anew.unsaved()[WEB1.id]
    anew.accepted({WEB1.id: replace(record, whose=record.whose.accepted())})
    assert (await look(anew, **AGENT, system=OTHER)).evidence is Evidence.INSIDE
    anew.began(WEB1.id)
    assert (await look(anew, **AGENT, system=OTHER)).evidence is Evidence.INSIDE
    anew.began(WEB1.id)
    assert (await look(anew, **AGENT, system=OWN)).health is Health.UNKNOWN


async def test_its_own_host_key_shows_that_it_is_its_own_system_by_another_name() -> None:
    made, server = await known_by_its_system(), SshServer(Answer.KNOWN_KEY, KEY_KNOWN)
    assert (await look(made, **AGENT, system=OTHER, ssh_answers=server)).why == KEY_KNOWN
    assert (await look(made, **AGENT, system=OTHER)).why == "its agent answers"


async def test_an_agent_that_can_not_name_its_system_proves_it_as_ever() -> None:
    made = await known_by_its_system()
    assert (await look(made, **AGENT)).evidence is Evidence.INSIDE


async def test_a_runbook_that_asks_whether_it_is_well_hears_that_another_system_answers() -> None:
    made = await known_by_its_system()
    made.polled(WEB1.id, running=False)
    async with probing(**AGENT) as (probe, hypervisor):
        hypervisor.system = OTHER
        seen = await made.look_now(probe)
    assert (seen.health, seen.why) == (Health.UNKNOWN, ANOTHER)


SAC = "Computer is booting, SAC started and initialized.\n\nSAC>\n"
CMD = f"{SAC}EVENT: The CMD command is now available.\nSAC>"
RESCUE = ["archiso login: root (automatic login)", "root@archiso ~ # "]


async def test_a_live_system_on_the_screen_outweighs_an_agent_that_answers() -> None:
    seen = await look(agent=True, answers=True, picture=vga_screen(RESCUE))
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.BOOT_WAITING)
    made, up = just_started(), vga_screen(["web1 login:"])
    assert (await look(made, agent=True, answers=True, picture=up)).why == "its agent answers"
    later = await look(made, agent=True, answers=True, picture=vga_screen(RESCUE))
    assert later.kind is Kind.BOOT_WAITING, "an agent may answer before the login is there"
    for _ in range(3):
        still = await look(made, agent=True, answers=True, picture=vga_screen(RESCUE))
        assert still.kind is Kind.BOOT_WAITING


async def test_an_agent_that_goes_on_answering_needs_no_more_pictures() -> None:
    made, up = just_started(), vga_screen(["web1 login:"])
    for _ in range(2):
        assert (await look(made, agent=True, answers=True, picture=up)).why == "its agent answers"
    async with probing(agent=True, answers=True) as (probe, hypervisor):
        hypervisor.hangs = True
        assert (await made.look(probe)).why == "its agent answers"
        made.began(WEB1.id)
        assert (await made.look(probe)).why == "its agent answers", "though no picture can be had"


async def test_windows_is_up_once_its_special_console_offers_a_prompt_and_not_after_a_bug_check() -> None:
    made = just_started()
    assert (await look(made, text=SAC)).health is Health.UNKNOWN
    assert (await look(made, text=CMD)).evidence is Evidence.INSIDE
    seen = await look(made, text=f"{CMD}\n!SAC>")
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.GUEST_DAMAGED)


async def test_a_machine_that_was_up_and_whose_console_tells_nothing_is_looked_at_on_its_screen() -> None:
    made = just_started()
    await look(made, text=LOGIN)
    noisy = LOGIN + "\n" + "nobody knows this line\n" * 9
    menu = await look(
        made, text=noisy, picture=vga_screen(["GNU GRUB  version 2.06", "Missing operating system."])
    )
    assert menu.evidence is Evidence.INSIDE, "the screen may stand at what was before the kernel"
    stopped = vga_screen(["*** STOP: 0x0000007B (0xF78D2524)"])
    assert (await look(made, text=noisy, picture=stopped)).health is Health.FAIL


async def test_a_login_prompt_after_the_start_is_proof() -> None:
    seen = await look(text=LOGIN)
    assert (seen.health, seen.evidence, seen.why) == (Health.OK, Evidence.INSIDE, "it asks for a login")


async def test_a_login_prompt_on_the_screen_is_proof() -> None:
    seen = await look(picture=vga_screen(["Debian GNU/Linux 12 web1 tty1", "", "web1 login:"]))
    assert (seen.health, seen.evidence) == (Health.OK, Evidence.INSIDE)


async def test_what_a_screen_shows_right_after_a_start_may_be_from_before_it() -> None:
    made = just_started()
    assert (await look(made, picture=vga_screen(PROMPT))).evidence is Evidence.INSIDE
    made.began(WEB1.id)
    assert (await look(made, picture=vga_screen(PROMPT))).evidence is Evidence.NONE
    made.now.now += timedelta(seconds=15)
    assert (await look(made, picture=vga_screen(PROMPT))).evidence is Evidence.INSIDE


async def test_a_login_on_the_screen_that_the_firmware_has_overwritten_proves_nothing_any_more() -> None:
    made = just_started()
    assert (await look(made, picture=vga_screen(PROMPT))).evidence is Evidence.INSIDE
    assert (await look(made, picture=vga_screen(["Booting from Hard Disk..."]))).evidence is Evidence.OUTSIDE


async def test_a_panic_on_the_screen_outweighs_a_login_on_a_console_where_an_earlier_kernel_wrote() -> None:
    made = just_started()
    await look(made, before=KERNEL, text=LOGIN, picture=vga_screen(PROMPT))
    seen = await look(made, before=KERNEL, text=LOGIN, picture=vga_screen(PANIC))
    assert (seen.health, "panic" in seen.why) == (Health.FAIL, True)


async def test_what_a_paused_guest_shows_proves_nothing_though_its_pause_was_not_told_yet() -> None:
    made = just_started()
    async with probing() as (probe, hypervisor):
        hypervisor.picture = vga_screen(["Debian GNU/Linux 12 web1 tty1", "", "web1 login:"])
        with closing(libvirt.open(URI)) as host:
            host.lookupByName("web1").suspend()
            assert await made.look(probe) is None
            host.lookupByName("web1").resume()
        seen = await made.look(probe)
    assert seen is not None
    assert seen.evidence is Evidence.INSIDE


async def test_a_login_prompt_from_before_the_start_is_none() -> None:
    seen = await look(before=LOGIN)
    assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)


async def test_a_login_prompt_of_unknown_age_proves_nothing() -> None:
    for made in (just_met(), just_met(NOW - timedelta(seconds=30))):
        seen = await look(made, before=LOGIN)
        assert (seen.health, seen.evidence) == (Health.OK, Evidence.OUTSIDE)
        assert seen.why == "its console asks for a login, which may be from before its latest start"


async def test_what_was_written_while_the_bot_was_off_proves_nothing() -> None:
    seen = await look(just_met(NOW - timedelta(minutes=5)), before=LOGIN)
    assert (seen.health, seen.evidence) == (Health.OK, Evidence.OUTSIDE)


async def test_a_login_prompt_that_is_written_after_the_first_look_is_proof() -> None:
    seen = await look(just_met(), before=LOGIN, text="\nweb1 login: ")
    assert (seen.health, seen.evidence) == (Health.OK, Evidence.INSIDE)


async def test_a_login_prompt_is_none_before_the_log_was_marked() -> None:
    async with probing(console=Console(LOGIN)) as (probe, _):
        seen = await just_started().look(probe)
    assert seen.health is Health.UNKNOWN


async def test_a_failure_is_told_with_the_line_that_says_so() -> None:
    seen = await look(text=f"{BIOS}No bootable device.\n", agent=True, answers=False)
    assert (seen.health, seen.kind, seen.running) == (Health.FAIL, Kind.BOOT_DISK, True)
    assert seen.why == "the firmware found nothing to boot: “No bootable device.”"
    assert not seen.stated, "one look at a boot under way may catch a line that it gets over"


async def test_a_panic_that_names_no_disk_is_no_damaged_disk() -> None:
    seen = await look(text="[    3.7] Kernel panic - not syncing: Fatal exception in interrupt")
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.GUEST_DAMAGED)


async def test_a_machine_that_waits_for_a_person_is_told_as_that_once_it_has_lasted() -> None:
    seen = await look(text="Please unlock disk vda3_crypt: ")
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.BOOT_WAITING)
    assert seen.why == "it asks for a disk's passphrase: “Please unlock disk vda3_crypt:”"
    assert seen.steady == timedelta(seconds=30)


async def test_a_failure_on_the_screen_counts_where_the_console_tells_less() -> None:
    picture = vga_screen(["Booting from Hard Disk...", "Missing operating system."])
    for before, text in (("", ""), ("", "[    1.0] virtio_blk\n"), (LOGIN, "")):
        seen = await look(before=before, text=text, picture=picture)
        assert seen.why == "the boot sector found no system in its partition: “Missing operating system.”"
    assert (await look(just_met(), before=LOGIN, picture=picture)).kind is Kind.BOOT_DISK


PANIC = ["[   61.221300] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b"]
PROMPT = ["Debian GNU/Linux 12 web1 tty1", "", "web1 login:"]
KERNEL = "[    0.000000] Linux version 6.1.0-18-amd64\n"


async def test_a_panic_on_the_console_outweighs_a_login_that_stands_still_on_the_screen() -> None:
    made = just_started()
    assert (await look(made, text=KERNEL, picture=vga_screen(PROMPT))).health is Health.OK
    seen = await look(made, text=f"{KERNEL}{PANIC[0]}\n", picture=vga_screen(PROMPT))
    assert (seen.health, "panic" in seen.why) == (Health.FAIL, True)


async def test_a_panic_on_the_screen_outweighs_a_login_on_a_console_where_no_kernel_writes() -> None:
    made = just_started()
    assert (await look(made, text=LOGIN)).health is Health.OK
    seen = await look(made, text=LOGIN, picture=vga_screen(PANIC))
    assert (seen.health, "panic" in seen.why) == (Health.FAIL, True)


async def test_where_its_kernel_writes_to_the_console_no_picture_is_taken_of_what_it_proves() -> None:
    made = just_started()
    text = LOGIN.replace("Debian", f"{KERNEL}Debian")
    assert (await look(made, text=text, picture=vga_screen(PANIC))).health is Health.OK


async def test_a_failure_on_the_console_says_more_than_one_on_the_screen() -> None:
    seen = await look(text="grub rescue> ", picture=vga_screen(["No bootable device."]))
    assert seen.why == "the boot loader is damaged: “grub rescue>”"


async def test_an_old_text_on_the_screen_takes_nothing_from_the_console() -> None:
    seen = await look(text="[    1.0] virtio_blk virtio1\n", picture=vga_screen(["Booting from Hard Disk..."]))
    assert seen.why == "the kernel starts"


async def test_silence_is_unknown_however_long_it_lasts() -> None:
    made = just_started()
    seen = await look(made, agent=True, answers=False)
    assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)
    assert seen.why == "it is starting and shows nothing yet, and its agent is silent"
    made.now.now += timedelta(hours=9)
    seen = await look(made)
    assert (seen.health, seen.why) == (Health.UNKNOWN, "nothing tells whether it has come up for 540 min")


async def test_an_agent_that_falls_silent_proves_nothing_any_more() -> None:
    made = just_started()
    assert (await look(made, agent=True, answers=True)).health is Health.OK
    seen = await look(made, agent=True, answers=False)
    assert seen.why == "its agent answered after its start, and is silent now"
    assert seen.began_anew, "whoever waits for it must see it anew"
    assert seen.evidence is Evidence.OUTSIDE
    assert (await look(made, agent=True, answers=False)).health is Health.UNKNOWN


async def test_what_stands_still_on_its_way_is_logged_once(caplog) -> None:
    made = just_started()
    await look(made, text="[    0.000000] Linux version 6.1.0-18-amd64\n")
    made.now.now += timedelta(minutes=5)
    for _ in range(3):
        seen = await look(made, text="[    0.000000] Linux version 6.1.0-18-amd64\n")
    assert seen.health is Health.UNKNOWN
    said = "it has not come up for 5 min, last seen at: kernel (“[    0.000000] Linux version 6.1.0-18-amd64”)"
    assert seen.why == said
    assert caplog.messages.count(f"web1 on atlas: {said}") == 1


async def stuck(made: Boots, *, wanted=True, **how) -> Observation:
    """A guest that was started hours ago and shows its kernel's first line since then."""
    console = Console()
    async with probing(console=console, **how) as (probe, _):
        probe.guest = replace(probe.guest, wanted=wanted)
        made.began(WEB1.id)
        await made.mark(probe)
        console.text = "[    0.000000] Linux version 6.1.0-18-amd64\n"
        await made.look(probe)
        made.now.now += timedelta(hours=5)
        seen = await made.look(probe)
    assert seen is not None
    return seen


async def test_a_guest_that_came_up_before_and_should_run_fails_when_it_does_not_come_up() -> None:
    made = just_started()
    await look(made, text=LOGIN)
    seen = await stuck(made)
    assert (seen.health, seen.kind, seen.stated) == (Health.FAIL, Kind.BOOT_STUCK, True)
    assert seen.why.startswith("it has not come up for 300 min, last seen at: kernel")
    assert (await stuck(made, wanted=False)).health is Health.UNKNOWN


async def test_of_a_guest_that_was_never_seen_up_it_is_not_known_whether_it_should_show_that() -> None:
    assert (await stuck(just_started())).health is Health.UNKNOWN


class SshServer:
    """What a guest's SSH server answers, and how often it was asked."""

    def __init__(self, answer: Answer | None, why: str = "") -> None:
        self.answer = answer and SshAnswer(answer, why)
        self.asked = 0

    async def __call__(self, _guest) -> SshAnswer | None:
        self.asked += 1
        return self.answer


OLD = "its console asks for a login, which may be from before its latest start"
HANGS = "cannot ask the emulator of 'web1' on atlas: because no answer within 5 s"
KEY_KNOWN = "its SSH server (OpenSSH_9.2p1) answers with the host key known for it"


@pytest.mark.parametrize("text", ["", BIOS, "[    0.000000] Linux version 6.1.0-18-amd64\n"])
async def test_where_nothing_else_tells_the_known_host_key_is_proof(text) -> None:
    made, server = just_started(), SshServer(Answer.KNOWN_KEY, KEY_KNOWN)
    seen = await look(made, text=text, agent=True, answers=False, ssh_answers=server)
    assert (seen.health, seen.evidence, seen.why) == (Health.OK, Evidence.INSIDE, KEY_KNOWN)
    assert not made.due(WEB1.id, EVERY, awaited=False), "it is proven"
    made.began(WEB1.id)
    server.answer = None
    assert (await look(made, text=text, ssh_answers=server)).health is Health.UNKNOWN, "not after another start"


@pytest.mark.parametrize("nobody", [False, True])
async def test_a_known_host_key_proves_only_as_long_as_it_is_shown(nobody) -> None:
    made, server = just_started(), SshServer(Answer.KNOWN_KEY, KEY_KNOWN)
    assert (await look(made, ssh_answers=server)).evidence is Evidence.INSIDE
    server.answer = None if nobody else SshAnswer(Answer.SILENT, "nothing answers at its SSH port")
    assert (await look(made, ssh_answers=server)).began_anew, "whoever waits for it is told that its proof is gone"
    seen = await look(made, ssh_answers=server)
    assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)
    assert "does so no longer" in seen.why


@pytest.mark.parametrize("answer", [one for one in Answer if one is not Answer.KNOWN_KEY])
async def test_whatever_else_answers_on_its_ssh_port_proves_nothing_and_is_told(answer) -> None:
    seen = await look(ssh_answers=SshServer(answer, "another system answers (dropbear_2022.83)"))
    assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)
    assert seen.why == "it is starting and shows nothing yet; another system answers (dropbear_2022.83)"


@pytest.mark.parametrize(
    ("how", "health"),
    [
        ({"text": LOGIN}, Health.OK),
        ({"text": "[    3.7] Kernel panic - not syncing: Fatal exception in interrupt"}, Health.FAIL),
    ],
)
async def test_what_its_console_tells_needs_no_ssh(how, health) -> None:
    server = SshServer(Answer.KNOWN_KEY, KEY_KNOWN)
    assert (await look(**how, ssh_answers=server)).health is health
    assert not server.asked


async def test_a_log_that_is_another_guests_too_proves_nothing_and_takes_back_what_it_proved() -> None:
    made, console = just_started(), Console()
    async with probing(console=console) as (probe, _):
        await made.mark(probe)
        console.text = LOGIN
        assert (await made.look(probe)).evidence is Evidence.INSIDE
        probe.shares_log = ("web2",)
        assert (await made.look(probe)).began_anew
        seen = await made.look(probe)
    assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)
    assert seen.why.endswith("; its console's log, /log, is that of web2, too")
    by_screen = await look(picture=vga_screen(["web1 login:"]))
    assert by_screen.evidence is Evidence.INSIDE


@asynccontextmanager
async def logged(log):
    """A guest that was seen up by the file that its console's log is."""
    made, read_end = just_started(), ways(Host("atlas", hypervisor=URI)).read_end
    log.touch()
    async with probing(console=Console()) as (probe, _):
        probe.info = replace(probe.info, console_log=str(log))
        probe.parts = replace(probe.parts, read_end=read_end)
        await made.mark(probe)
        log.write_text(LOGIN)
        assert (await made.look(probe)).evidence is Evidence.INSIDE
        yield made, probe


KERNELS = "\n[ 3600.123456] br0: port 1(veth1) entered forwarding state\n"
ENDS = "[ 3700.000003] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\n"
PANICS = f"[ 3700.000001] Kernel panic - not syncing: sysrq triggered crash\n[ 3700.000002] Call Trace:\n{ENDS}"


@pytest.mark.parametrize("cut", [0, 30, 90, len(PANICS) - 40, len(PANICS)])
async def test_a_panic_whose_text_is_cut_as_virtlogd_rotates_the_log_is_told(tmp_path, cut) -> None:
    log = tmp_path / "web1.log"
    async with logged(log) as (made, probe):
        log.write_text(LOGIN + KERNELS + PANICS[:cut])
        log.rename(tmp_path / "web1.log.0")
        log.write_text(PANICS[cut:])
        seen = await made.look(probe)
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.GUEST_DAMAGED)
    assert seen.why.startswith("the kernel panicked: “")


async def test_a_guest_whose_log_is_rotated_as_its_kernel_writes_stays_well(tmp_path) -> None:
    log = tmp_path / "web1.log"
    async with logged(log) as (made, probe):
        log.rename(tmp_path / "web1.log.0")
        for times in (0, 1, 2):
            log.write_text(KERNELS * times)
            assert (await made.look(probe)).evidence is Evidence.INSIDE
        log.rename(tmp_path / "web1.log.0")
        log.write_text(KERNELS * 3)
        assert (await made.look(probe)).evidence is Evidence.INSIDE


@pytest.mark.parametrize("text", [f"{KERNELS}{ENDS}", BIOS, f"{KERNELS}{READ_ONLY}"])
async def test_a_log_that_was_begun_anew_takes_back_what_it_proved_where_it_denies_that(tmp_path, text) -> None:
    log = tmp_path / "web1.log"
    (tmp_path / "web1.log.0").write_text(KERNELS * 99)
    async with logged(log) as (made, probe):
        log.write_text(KERNELS[:40])
        assert (await made.look(probe)).evidence is Evidence.INSIDE, "a running kernel writes such lines"
    log.unlink()
    async with logged(log) as (made, probe):
        log.write_text(text)
        seen = await made.look(probe)
    assert (seen.evidence, bool(made.of(WEB1.id).proof)) == (Evidence.OUTSIDE, False)
    assert (seen.health is Health.FAIL) is (ENDS in text)


async def test_a_look_that_a_start_overtook_says_nothing() -> None:
    made = just_started()
    console = Console(LOGIN)
    async with probing(console=console) as (probe, _):
        asked = console.read_end

        async def reset_meanwhile(host, path, upto):
            made.began(WEB1.id)
            return await asked(host, path, upto)

        probe.parts = type(probe.parts)(probe.parts.now, probe.parts.hypervisors, reset_meanwhile)
        assert await made.look(probe) is None
        assert (await made.look_now(probe)).health is Health.UNKNOWN
    assert not made.of(WEB1.id).proof


async def test_behind_a_hypervisor_that_is_away_nothing_is_known(tmp_path) -> None:
    seen = await look(uri=f"qemu+unix:///session?socket={tmp_path}/none")
    assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)
    assert seen.why.startswith(f"cannot take a picture of '{uuid('web1')}' on atlas: because")


async def test_whoever_asks_now_looks_at_a_start_that_nobody_told_yet() -> None:
    console = Console("")
    async with probing(console=console) as (probe, _):
        made = boots()
        made.polled(WEB1.id, running=False)
        await made.mark(probe)
        console.text = LOGIN
        assert (await made.look_now(probe)).health is Health.OK
        assert made.of(WEB1.id).running is False, "the start itself is still to be told"
        made.began(WEB1.id)
        assert (await made.look_now(probe)).health is Health.OK


# --- over restarts of the bot ------------------------------------------------------------------------------------


async def seen_up(console: Console) -> Boots:
    """A guest that was seen starting and coming up by its console alone."""
    made, console.text, written = just_started(), "", console.text
    async with probing(console=console) as (probe, _):
        await made.mark(probe)
        console.text = written
        assert (await made.look(probe)).evidence is Evidence.INSIDE
    return made


async def after_a_restart(
    console: Console, records, picture: bytes | None = None, *, screen: bool = True, later: str = ""
) -> Observation:
    """`later`: what its console writes once it is watched again."""
    made = just_met(NOW - timedelta(minutes=1))
    made.now.now += timedelta(seconds=30)
    made.remember(records)
    async with probing(console=console) as (probe, hypervisor):
        hypervisor.picture, hypervisor.has_screen = picture or BLANK, screen
        await made.mark(probe)
        seen = await made.look(probe)
        if later:
            console.text += later
            seen = await made.look(probe)
        return seen


async def test_a_guest_proven_by_its_console_stays_so_over_a_restart_of_the_bot() -> None:
    console = Console(LOGIN, process="boot 7 99")
    records = (await seen_up(console)).unsaved()
    seen = await after_a_restart(console, records, vga_screen(PROMPT))
    assert (seen.health, seen.evidence) == (Health.OK, Evidence.INSIDE)
    for picture in (BLANK, vga_screen(["Booting from Hard Disk..."])):
        seen = await after_a_restart(console, records, picture)
        assert (seen.evidence, seen.why) == (Evidence.OUTSIDE, OLD), "it may have been reset meanwhile"
    stuck = await after_a_restart(console, records, vga_screen(["No bootable device."]))
    assert stuck.health is Health.FAIL, "a reset that the console's log tells nothing of shows on the screen"
    console.text += f"\n{BIOS}"
    assert (await after_a_restart(console, records)).health is Health.UNKNOWN, "it was reset meanwhile"


async def test_without_a_screen_the_login_of_before_a_gap_is_proof_once_its_console_goes_on() -> None:
    console = Console(LOGIN, process="boot 7 99")
    records = (await seen_up(console)).unsaved()
    seen = await after_a_restart(console, records, screen=False)
    assert (seen.evidence, seen.why) == (Evidence.OUTSIDE, OLD)
    assert (await after_a_restart(console, records, screen=False, later="\n\n")).evidence is Evidence.OUTSIDE
    went_on = await after_a_restart(console, records, screen=False, later="\nweb1 login: ")
    assert went_on.evidence is Evidence.INSIDE
    reset = await after_a_restart(console, records, screen=False, later=f"\n{BIOS}")
    assert reset.health is Health.UNKNOWN


async def test_what_its_console_proved_holds_as_long_as_its_emulator_goes_on() -> None:
    made = just_started()
    async with probing(console=(console := Console("", process="boot 7 99"))) as (probe, hypervisor):
        await made.mark(probe)
        console.text = LOGIN
        assert (await made.look(probe)).evidence is Evidence.INSIDE
        assert (await made.look(probe)).evidence is Evidence.INSIDE
        hypervisor.hangs = True
        seen = await made.look(probe)
        assert (seen.health, seen.why) == (Health.UNKNOWN, HANGS)
        hypervisor.hangs = False
        assert (await made.look(probe)).evidence is Evidence.INSIDE


@pytest.mark.parametrize("process", ["boot 8 99", "other 7 99", ""])
async def test_another_process_is_another_start_whatever_its_log_says(process) -> None:
    console = Console(LOGIN, process="boot 7 99")
    records = (await seen_up(console)).unsaved()
    console.process = process
    seen = await after_a_restart(console, records)
    assert seen.evidence is Evidence.OUTSIDE
    assert seen.why == "its console asks for a login, which may be from before its latest start"


async def test_a_log_that_would_not_show_a_reset_proves_nothing_after_a_restart() -> None:
    console = Console("web1 login: ", process="boot 7 99")
    records = (await seen_up(console)).unsaved()
    assert (await after_a_restart(console, records)).evidence is Evidence.OUTSIDE


async def test_a_log_that_was_begun_anew_while_the_bot_was_off_proves_nothing() -> None:
    console = Console(f"{BIOS}{BIOS}{LOGIN}", process="boot 7 99")
    made = await seen_up(console)
    records = made.unsaved()
    made.began(WEB1.id)
    async with probing(console=console) as (probe, _):
        await made.mark(probe)
    assert made.unsaved() != records
    console.text = LOGIN
    assert (await after_a_restart(console, made._records)).evidence is not Evidence.INSIDE


async def test_a_guest_goes_on_when_its_hypervisor_is_back() -> None:
    console = Console(LOGIN, process="boot 7 99")
    made = await seen_up(console)
    made.lost()
    made.polled(WEB1.id, running=True)
    async with probing(console=console) as (probe, hypervisor):
        hypervisor.picture = vga_screen(PROMPT)
        await made.mark(probe)
        assert (await made.look(probe)).evidence is Evidence.INSIDE
        assert not made.to_mark(WEB1.id)


CHATTER = "[ 3600.123456] br0: port 1(veth1) entered forwarding state\n" * 999


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize("written", [LOGIN + CHATTER, LOGIN + "\x1b[H\x1b[2J", ""])
async def test_a_guest_that_was_up_is_not_said_to_hang_for_what_its_log_lacks_after_a_gap(
    restarted, written
) -> None:
    console = Console(LOGIN, process="boot 7 99")
    made = await seen_up(console)
    console.text = written
    if restarted:
        records, made = made.unsaved(), boots()
        made.remember(records)
    else:
        made.lost()
    made.polled(WEB1.id, running=True)
    async with probing(console=console) as (probe, hypervisor):
        probe.guest, hypervisor.has_screen = replace(WEB1, wanted=True), False
        await made.mark(probe)
        made.now.now += timedelta(hours=1)
        seen = await made.look(probe)
    assert (seen.health, seen.kind) == (Health.UNKNOWN, None)


async def test_a_log_put_back_from_a_backup_proves_no_guest_now_nor_after_a_restart() -> None:
    old, console = f"{LOGIN}{CHATTER}{LOGIN}", Console(process="boot 7 99")
    made = just_started()
    async with probing(console=console) as (probe, _):
        await made.mark(probe)
        for console.text in (f"{BIOS}[    1.1] ALERT!  UUID=0a1b does not exist.\n\n(initramfs) ", old):
            assert (await made.look(probe)).kind is Kind.BOOT_DISK
    seen = await after_a_restart(console, made.unsaved())
    assert (seen.evidence, seen.why) == (Evidence.OUTSIDE, OLD)


async def test_a_reset_is_another_start_than_the_one_on_record_though_its_process_goes_on() -> None:
    made = await seen_up(Console(LOGIN, process="boot 7 99"))
    made.began(WEB1.id)
    assert made.unsaved()[WEB1.id].process == ""


async def test_a_guest_that_goes_on_from_where_it_was_saved_is_not_said_to_hang_at_its_boot() -> None:
    for booted in (True, False):
        made = await seen_up(Console(LOGIN, process="boot 7 99"))
        made.polled(WEB1.id, running=False)
        made.began(WEB1.id, booted=booted)
        async with probing(console=Console("", process="boot 7 100")) as (probe, hypervisor):
            probe.guest, hypervisor.has_screen = replace(WEB1, wanted=True), False
            await made.mark(probe)
            made.now.now += timedelta(hours=1)
            seen = await made.look(probe)
        assert (seen.kind is Kind.BOOT_STUCK) is booted
        assert seen.health is (Health.FAIL if booted else Health.UNKNOWN)


async def test_a_log_that_is_not_there_is_not_asked_for_all_the_time() -> None:
    made = boots()
    made.polled(WEB1.id, running=False)
    async with probing(console=Console(trouble=Refused("cannot read '/log'"))) as (probe, _):
        await made.mark(probe)
        assert not made.to_mark(WEB1.id)
        made.now.now += timedelta(minutes=2)
        assert made.to_mark(WEB1.id)
        await made.mark(probe)
        made.began(WEB1.id)
        assert made.to_mark(WEB1.id), "a guest that has started writes one"


async def test_a_log_that_can_not_be_read_is_told_of_a_guest_that_nothing_else_proves() -> None:
    made, console = (
        just_started(),
        Console(trouble=Refused("cannot read '/log' on atlas: because Permission denied")),
    )
    async with probing(console=console) as (probe, _):
        assert (await made.look(probe)).why.endswith("; cannot read '/log' on atlas: because Permission denied")
        console.trouble = None
        assert "cannot read" not in (await made.look(probe)).why


async def test_what_is_on_record_is_handed_over_once_and_goes_with_its_guest() -> None:
    made = await seen_up(Console(LOGIN, process="boot 7 99"))
    assert list(made.unsaved()) == [WEB1.id]
    assert made.unsaved() == {}
    made.forget([WEB1.id])
    made.polled(WEB1.id, running=True)
    assert (await look(made, before=LOGIN)).evidence is Evidence.OUTSIDE


async def test_a_mark_that_a_start_overtook_is_none() -> None:
    made, console = just_started(), Console(LOGIN)
    async with probing(console=console) as (probe, _):
        asked = console.read_end

        async def reset_meanwhile(host, path, upto):
            made.began(WEB1.id)
            return await asked(host, path, upto)

        probe.parts = type(probe.parts)(probe.parts.now, probe.parts.hypervisors, reset_meanwhile)
        await made.mark(probe)
    assert made.to_mark(WEB1.id)


async def test_a_look_that_a_pause_overtook_tells_nothing_and_none_is_begun_before_it_goes_on() -> None:
    made, console = just_started(), Console(LOGIN)
    async with probing(console=console) as (probe, _):
        asked = console.read_end

        async def paused_meanwhile(host, path, upto):
            made.polled(WEB1.id, running=None, paused=True)
            return await asked(host, path, upto)

        probe.parts = type(probe.parts)(probe.parts.now, probe.parts.hypervisors, paused_meanwhile)
        assert await made.look(probe) is None
    assert not made.due(WEB1.id, EVERY, awaited=True)
    made.polled(WEB1.id, running=True)
    assert made.due(WEB1.id, EVERY, awaited=True)


def test_a_guest_is_worth_a_look_while_it_runs_unproven_or_somebody_waits() -> None:
    made = boots()
    assert not made.due(WEB1.id, EVERY, awaited=True), "nobody said that it runs"
    made.polled(WEB1.id, running=True)
    assert made.due(WEB1.id, EVERY, awaited=False)
    made.lost()
    assert not made.due(WEB1.id, EVERY, awaited=False)
    made.polled(WEB1.id, running=True)
    made.shift(timedelta(hours=1))
    made.forget([WEB1.id])
    assert made.of(WEB1.id).running is None


@pytest.mark.parametrize("seen_until", [None, NOW])
def test_a_clock_step_moves_what_is_known_with_it(seen_until) -> None:
    made = boots(seen_until)
    made.shift(timedelta(hours=1))
    assert made.of(WEB1.id).told == (seen_until and seen_until + timedelta(hours=1))


TOLD = GuestEvent("atlas", "web1", GuestEventKind.STARTED, Reason.BOOTED)


@pytest.mark.parametrize(
    ("event", "proven"),
    [
        (TOLD, True),
        (replace(TOLD, what=GuestEventKind.REBOOTED), False),
        (replace(TOLD, reason=Reason.GOES_ON), False),
    ],
)
async def test_a_start_that_was_polled_before_an_event_told_of_it_is_one(event, proven) -> None:
    made, console = boots(), Console("", process="boot 7 99")
    made.polled(WEB1.id, running=False)
    async with probing(console=console) as (probe, _):
        await made.mark(probe)
        made.polled(WEB1.id, running=True)
        console.text = LOGIN
        await made.mark(probe)
        assert (await made.look(probe)).evidence is Evidence.INSIDE
        made.told(WEB1.id, event)
        assert ((await made.look(probe)).evidence is Evidence.INSIDE) is proven


@pytest.mark.parametrize("between", [False, None])
async def test_a_start_that_an_event_tells_after_an_end_is_another(between) -> None:
    made, console = boots(), Console("", process="boot 7 99")
    made.polled(WEB1.id, running=False)
    async with probing(console=console) as (probe, _):
        await made.mark(probe)
        made.polled(WEB1.id, running=True)
        console.text = LOGIN
        await made.mark(probe)
        assert (await made.look(probe)).evidence is Evidence.INSIDE
        if between is None:
            made.told(WEB1.id, TOLD)
        else:
            made.polled(WEB1.id, running=between)
        made.told(WEB1.id, TOLD)
        assert (await made.look(probe)).evidence is not Evidence.INSIDE
