"""A host looked at from inside, over a real sshd; its /proc, /sys and /etc are a folder that a test can change."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from bot.config import Check, Host, Service, Ssh
from bot.core.health import INSIDE, ROOT, Evidence, Health, Kind
from bot.probes.host import PAUSE, REFUSED_LOGINS, SETTLED, HostProbe, Params, built_in
from tests.probes.parts import NOW, by_ssh, watched
from tests.reach.strangers import server, stall
from tests.real.dropbear import running_dropbear
from tests.real.machine import BOOTS, Machine, running_machine
from tests.real.sshd import free_port, running_sshd
from tests.waiting import until

UP_SINCE = (NOW - timedelta(minutes=3)).isoformat()

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Machine]:
    with running_machine(tmp_path_factory.mktemp("machine")) as machine:
        yield machine


@pytest.fixture
def machine(running) -> Machine:
    running.well()
    return running


class Look:
    """One probe that lives for a test; each call is a look, by its check's name."""

    def __init__(self, given, clock: list[datetime], timeout: timedelta) -> None:
        self.probe = HostProbe(watched("host:atlas", check=INSIDE), Params(timeout), given)
        self._clock = clock

    async def __call__(self, *, later: timedelta = timedelta(0)):
        self._clock[0] += later
        return {seen.fingerprint.check: seen for seen in await self.probe.look()}


@asynccontextmanager
async def looking(host: Host, timeout=timedelta(seconds=8), **more) -> AsyncIterator[Look]:  # noqa: ASYNC109
    clock = [NOW]
    async with by_ssh(host, now=lambda: clock[0], **more) as given:
        yield Look(given, clock, timeout)


def proves(seen) -> bool:
    return seen.health is Health.OK and seen.evidence is Evidence.INSIDE


async def test_a_host_tells_since_when_it_runs_and_that_it_can_write(machine) -> None:
    async with looking(machine.host) as look:
        seen = await look()
    assert seen.keys() == {INSIDE, ROOT, "watching inside"}
    assert proves(seen[INSIDE])
    assert seen[INSIDE].why == (
        "its own system answers: up since 02:57 UTC, root file system writable" + clock_said(seen[INSIDE].why)
    )
    assert (seen[ROOT].health, seen[ROOT].why) == (Health.OK, "root file system writable")
    assert (seen["watching inside"].health, seen["watching inside"].evidence) == (Health.OK, Evidence.NONE)
    assert seen[INSIDE].kept == {"boot_id": BOOTS[0], "up_since": UP_SINCE, "root": "writable"}


def clock_said(why: str) -> str:
    """What is said of the clock of the machine that runs the tests: the bot's own is made up."""
    return why.partition("writable")[2]


async def test_a_power_failure_shows_in_the_boot_id(machine) -> None:
    async with looking(machine.host) as look:
        for _ in range(SETTLED):
            await look()
        machine.sshd.freeze()
        try:
            lost = await look()
            assert lost[INSIDE].health is not Health.OK
            assert lost[ROOT].health is Health.UNKNOWN, "what was seen of its disk is not so for ever"
        finally:
            machine.sshd.thaw()
        same = (await look())[INSIDE]
        assert "it never went off (up since 02:57 UTC)" in same.why
        assert not same.began_anew
        machine.boot(1, uptime=60)
        anew = (await look())[INSIDE]
        assert "booted anew at 02:59 UTC" in anew.why
        assert anew.began_anew, "what was seen inside before says nothing any more"
        again = (await look())[INSIDE]
        assert "booted anew at 02:59 UTC" in again.why, "the proof that is believed says so, too"
        assert not again.began_anew


async def test_a_reboot_between_two_interruptions_is_still_told(machine) -> None:
    async with looking(machine.host) as look:
        for _ in range(SETTLED):
            await look()
        look.probe._story.interrupted()
        machine.boot(1)
        assert "booted anew" in (await look())[INSIDE].why
        look.probe._story.interrupted()
        assert "booted anew" in (await look())[INSIDE].why, "the trouble is not over yet"
        for _ in range(SETTLED):
            await look()
        look.probe._story.interrupted()
        assert "it never went off" in (await look())[INSIDE].why, "that is another trouble"


@pytest.mark.parametrize(("number", "words"), [(0, "it never went off"), (1, "booted anew")])
async def test_what_was_known_before_the_bots_own_start_is_compared(machine, number, words) -> None:
    machine.boot(number)
    async with looking(machine.host, remembered=lambda check: REMEMBERED[str(check)]) as look:
        seen = (await look())[INSIDE]
    assert words in seen.why
    assert seen.began_anew is bool(number)


REMEMBERED = {"inside@host:atlas": {"boot_id": BOOTS[0], "up_since": UP_SINCE, "root": "writable"}}


async def test_a_container_has_restarted_though_its_hosts_boot_is_the_same(machine) -> None:
    async with looking(machine.host) as look:
        for _ in range(SETTLED):
            await look()
        look.probe._story.interrupted()
        machine.boot(0, uptime=60)
        anew = (await look())[INSIDE]
        assert "booted anew at 02:59 UTC" in anew.why
        assert anew.began_anew
        again = (await look())[INSIDE]
        assert "booted anew at 02:59 UTC" in again.why
        assert not again.began_anew


async def test_a_container_that_restarts_between_two_looks_has_booted_anew_though_it_runs_longer_by_then(
    machine,
) -> None:
    machine.boot(0, uptime=86_400)  # its host's, as where nothing hides that from it
    machine.first_process(started=4711, age=2)
    async with looking(machine.host) as look:
        first = (await look())[INSIDE]
        machine.first_process(started=5911, age=60)
        anew = (await look())[INSIDE]
        assert (first.began_anew, anew.began_anew) == (False, True)
        assert "booted anew at 02:59 UTC" in anew.why
        assert not (await look())[INSIDE].began_anew
    async with looking(machine.host, remembered=lambda _check: first.kept) as look:
        assert "booted anew at 02:59 UTC" in (await look())[INSIDE].why, "the bot was off meanwhile"


@pytest.mark.parametrize(
    ("options", "own"), [("ro,relatime", "rw"), ("rw", "ro,errors=remount-ro"), ("rw", "rw,emergency_ro")]
)
async def test_a_root_file_system_that_became_read_only_fails_at_once(machine, options, own) -> None:
    machine.mount(options, own)
    async with looking(machine.host) as look:
        seen = await look()
    assert (seen[ROOT].health, seen[ROOT].kind, seen[ROOT].stated) == (
        Health.FAIL,
        Kind.FILESYSTEM_READONLY,
        True,
    )
    assert (seen[INSIDE].health, proves(seen[INSIDE])) == (Health.OK, False)


async def test_a_root_with_recorded_errors_fails_and_one_of_another_disk_does_not(machine) -> None:
    machine.write("sys/fs/ext4/vda1/errors_count", "2")
    async with looking(machine.host) as look:
        seen = await look()
    assert (seen[ROOT].health, seen[ROOT].why) == (
        Health.FAIL,
        "root file system with 2 recorded errors: it needs fsck",
    )


async def test_the_fstab_says_that_a_root_is_meant_to_be_read_only(machine) -> None:
    machine.mount("ro,relatime", "ro")
    machine.write("etc/fstab", "# / was on /dev/sda1\nUUID=1\t/\text4\tro,noatime\t0 1\nUUID=2 /srv ext4 rw 0 2")
    async with looking(machine.host) as look:
        seen = await look()
    assert (seen[ROOT].health, proves(seen[INSIDE])) == (Health.OK, True)


@pytest.mark.parametrize("text", ["#UUID=1 / ext4 ro 0 1", "# / was on ro", "UUID=2 /srv ext4 ro 0 2", ""])
async def test_a_line_of_fstab_that_is_not_the_roots_says_nothing_of_it(machine, text) -> None:
    machine.mount("ro,relatime", "ro")
    machine.write("etc/fstab", text)
    async with looking(machine.host) as look:
        seen = await look()
    assert (seen[ROOT].health, seen[INSIDE].evidence) == (Health.UNKNOWN, Evidence.NONE)


async def test_a_host_that_lets_in_from_its_initramfs_waits_for_a_person(machine) -> None:
    machine.write("etc/initrd-release", "NAME=dracut")
    async with looking(machine.host) as look:
        seen = await look()
    assert (seen[INSIDE].health, seen[INSIDE].kind) == (Health.FAIL, Kind.BOOT_WAITING)
    assert ROOT not in seen


async def test_a_report_that_is_none_proves_nothing(machine) -> None:
    machine.write("proc/sys/kernel/random/boot_id", "$(echo 3c4b1cd2); reboot")
    async with looking(machine.host) as look:
        seen = await look()
    assert (seen[INSIDE].health, seen[INSIDE].why) == (
        Health.UNKNOWN,
        "it answers over SSH, but it told no boot id",
    )


# --- not let in --------------------------------------------------------------------------------------------------


def refused(seen, *, what: str) -> str:
    """Of the machine nothing is known; the watching failed, and why."""
    assert (seen[INSIDE].health, seen[INSIDE].kind) == (Health.UNKNOWN, None)
    watching = seen["watching inside"]
    assert (watching.health, watching.kind) == (Health.FAIL, Kind.CANNOT_WATCH)
    assert (watching.facts["refusal"], bool(watching.facts["mend"])) == (what, True)
    return watching.why


def another(machine: Machine, **changes) -> Host:
    ssh = machine.host.ssh
    assert ssh is not None
    return replace(machine.host, ssh=replace(ssh, **changes))


async def test_what_was_never_told_of_a_root_file_system_is_not_missed(machine, tmp_path) -> None:
    async with looking(another(machine, key=tmp_path / "none")) as look:
        assert ROOT not in await look()


async def test_a_refused_key_is_the_watchers_trouble_and_not_tried_again_and_again(machine, tmp_path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "stranger")
    log = machine.sshd.folder / "log"
    before = logins(log)
    async with looking(another(machine, key=tmp_path / "stranger")) as look:
        for _ in range(4):
            why = refused(await look(later=timedelta(seconds=30)), what="key")
        assert why.startswith("atlas refuses the bot's key. Add the bot's public key ")
        await until(lambda: logins(log) - before == REFUSED_LOGINS)
        refused(await look(later=PAUSE), what="key")
        await until(lambda: logins(log) - before == REFUSED_LOGINS + 1)


def logins(log: Path) -> int:
    """How many connections ended without a login."""
    return log.read_text().count("[preauth]")


async def test_a_key_that_is_not_there_is_our_own_trouble(machine, tmp_path) -> None:
    async with looking(another(machine, key=tmp_path / "none")) as look:
        assert "hosts.atlas.ssh" in refused(await look(), what="ours")


async def test_a_changed_host_key_says_what_answers_instead(machine, tmp_path) -> None:
    with running_dropbear(tmp_path / "initramfs") as initramfs:
        stranger = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{initramfs.port} {stranger}")
        host = another(machine, port=initramfs.port, known_hosts=known)
        async with looking(host) as look:
            why = refused(await look(), what="host_key_changed")
    assert why.startswith("another system answers (dropbear_")
    assert "it may wait for its disk's passphrase" in why


async def test_an_unknown_host_key_is_refused(machine, tmp_path) -> None:
    (tmp_path / "none").write_text("")
    async with looking(another(machine, known_hosts=tmp_path / "none")) as look:
        assert "no host key is known for 127.0.0.1" in refused(await look(), what="host_key_unknown")


async def test_a_forced_command_is_no_look_inside(tmp_path) -> None:
    with running_sshd(tmp_path, extra="ForceCommand echo only backups here\n") as sshd:
        async with looking(Machine(tmp_path, sshd).host) as look:
            assert "only backups here" in refused(await look(), what="shell")


async def test_a_server_that_accepts_and_says_nothing_is_no_host_that_is_down(machine, tmp_path) -> None:
    async with server(stall) as port, looking(another(machine, port=port)) as look:
        refused(await look(), what="stalled")


async def test_a_host_of_which_nothing_answers_is_down(machine, tmp_path) -> None:
    port = free_port()
    async with looking(another(machine, port=port)) as look:
        seen = await look()
    assert (seen[INSIDE].health, seen[INSIDE].kind) == (Health.FAIL, Kind.HOST_DOWN)
    assert seen[INSIDE].why == f"cannot connect to 127.0.0.1:{port}: because Connection refused"
    assert seen["watching inside"].health is Health.UNKNOWN


@contextmanager
def dark_port() -> Iterator[int]:
    """A port of which no packet comes back: its queue is full, so the kernel drops who else knocks."""
    with socket.socket() as server, ExitStack() as waiting:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield server.getsockname()[1]


async def test_a_host_gone_dark_is_told_long_before_its_looks_time_is_over(machine) -> None:
    with dark_port() as port:
        host = replace(machine.host, ssh=replace(machine.host.ssh, port=port))
        async with looking(host, timeout=timedelta(minutes=2)) as look, asyncio.timeout(60):
            seen = (await look())[INSIDE]
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.HOST_DOWN)


async def test_a_name_that_cannot_be_looked_up_says_nothing_of_the_host(machine) -> None:
    async with looking(replace(machine.host, address="no..where")) as look:
        seen = await look()
    assert (seen[INSIDE].health, seen["watching inside"].health) == (Health.UNKNOWN, Health.UNKNOWN)


# --- which hosts -------------------------------------------------------------------------------------------------


def test_every_host_with_ssh_is_looked_into_unless_it_has_such_a_check_of_its_own() -> None:
    own = Check("hourly", "host", Params(), every=timedelta(hours=1))
    assert built_in(Host("atlas", ssh=Ssh())).keys() == {INSIDE}
    assert not built_in(Host("atlas", ssh=Ssh(), checks={"hourly": own}))
    assert not built_in(Host("atlas"))
    assert not built_in(Service("git"))
