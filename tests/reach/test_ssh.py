"""Scripts over SSH, against a real sshd configured as Debian does."""

import asyncio
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import asyncssh
import pytest

from bot.reach import Reach, Refusal, Refused, Unreachable
from bot.reach.ssh import SshHost, SshReach
from tests.environment import environment
from tests.reach import ways
from tests.reach.ways import sh
from tests.real.processes import installed
from tests.real.sshd import Sshd, free_port, running_sshd
from tests.waiting import IN_TIME, until

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(scope="module")
def busybox_sshd(tmp_path_factory) -> Iterator[Sshd]:
    """A host that has nothing but busybox, as many a NAS and router."""
    folder = tmp_path_factory.mktemp("busybox")
    (folder / "bin").mkdir()
    subprocess.run([installed("busybox"), "--install", "-s", folder / "bin"], check=True)
    with running_sshd(folder, environment={"PATH": str(folder / "bin")}) as server:
        yield server


def host(sshd: Sshd) -> SshHost:
    return SshHost(
        name="nook",
        address="127.0.0.1",
        port=sshd.port,
        user=sshd.user,
        key=sshd.key,
        known_hosts=sshd.known_hosts,
        connect_timeout=timedelta(seconds=2),
    )


@pytest.fixture
async def nook(sshd):
    reach = SshReach(host(sshd))
    yield reach
    await reach.close()


@pytest.fixture
async def nas(busybox_sshd):
    reach = SshReach(host(busybox_sshd))
    yield reach
    await reach.close()


@pytest.mark.parametrize("language", ["sh", "bash"])
async def test_values_arrive_as_they_are(nook, language):
    await ways.values_arrive_as_they_are(nook, language)


async def test_values_arrive_as_they_are_in_busybox(nas):
    assert "BusyBox" in (await sh(nas, "sh --help; :")).output
    await ways.values_arrive_as_they_are(nas)


async def test_children_see_the_values(nook):
    await ways.children_see_the_values(nook)


async def test_values_no_environment_can_hold_are_refused(nook):
    await ways.values_no_environment_can_hold_are_refused(nook)


async def test_a_failing_line_ends_the_script(nook, nas):
    await ways.a_failing_line_ends_the_script(nook)
    await ways.a_failing_line_ends_the_script(nas)


async def test_what_a_login_shell_complains_of_late_is_not_the_scripts_output(sshd, nook):
    start_up = sshd.folder / ".bashrc"
    start_up.write_text('( sleep 0.2; echo "a late complaint" >&2 ) >/dev/null &\n')
    try:
        done = await sh(nook, "echo one; echo two >&2; sleep 0.4; echo three")
    finally:
        start_up.unlink()
    assert done.output == "one\ntwo\nthree\n"


async def test_what_a_login_shell_complains_of_is_told_where_no_other_shell_comes(sshd, nook):
    start_up = sshd.folder / ".bashrc"
    start_up.write_text('echo "this account is not available" >&2; exit 1\n')
    try:
        with pytest.raises(Refused, match="this account is not available"):
            await sh(nook, "echo one")
    finally:
        start_up.unlink()


async def test_bash_minds_the_whole_pipe(nook):
    await ways.bash_minds_the_whole_pipe(nook)


async def test_a_missing_shell_is_refused(nas):
    with pytest.raises(Refused, match="bash"):
        await sh(nas, "true", language="bash")


async def test_both_streams_come_in_order(nook):
    await ways.both_streams_come_in_order(nook)


async def test_output_is_heard_while_the_script_runs(nook):
    await ways.output_is_heard_while_the_script_runs(nook)


@pytest.mark.slow
@pytest.mark.parametrize("stubborn", [False, True])
async def test_the_time_limit_ends_children_too(nook, stubborn):
    await ways.the_time_limit_ends_children_too(nook, stubborn=stubborn)


@pytest.mark.slow
async def test_the_time_limit_ends_children_too_where_timeout_minds_only_its_own(nas):
    await ways.the_time_limit_ends_children_too(nas)


@pytest.mark.slow
async def test_the_time_limit_ends_children_too_where_there_is_no_timeout(busybox_sshd, nas):
    tool = busybox_sshd.folder / "bin" / "timeout"
    aside = tool.rename(tool.with_name("timeout-aside"))
    try:
        await ways.the_time_limit_ends_children_too(nas)
    finally:
        aside.rename(tool)


@pytest.mark.slow
async def test_the_far_side_keeps_the_limit_when_the_link_is_gone(sshd, nook):
    child = ways.sleeper()
    running = asyncio.ensure_future(sh(nook, f"sh -c '{child} & wait'; :", limit=timedelta(seconds=2)))
    await until(lambda: ways.alive(child))
    sshd.drop()
    with pytest.raises(Unreachable):
        await running
    assert ways.alive(child)
    await until(lambda: not ways.alive(child), 3)


@pytest.mark.slow
async def test_cancelling_ends_the_script(nook, nas):
    await asyncio.gather(ways.cancelling_ends_the_script(nook), ways.cancelling_ends_the_script(nas))


async def test_a_daemon_left_behind_does_not_hold_the_script_up(nook):
    await ways.a_daemon_left_behind_does_not_hold_the_script_up(nook)


async def test_a_signal_is_no_exit_status(nook):
    await ways.a_signal_is_no_exit_status(nook)


async def test_many_scripts_share_one_connection(sshd, nook):
    done = await asyncio.gather(*(sh(nook, 'echo "$n $SSH_CONNECTION"', n=str(n)) for n in range(20)))
    assert sorted(int(one.output.split()[0]) for one in done) == list(range(20))
    assert len({one.output.split(maxsplit=1)[1] for one in done}) == 1


async def test_a_connection_that_died_is_made_anew(sshd, nook):
    assert (await sh(nook, "echo one")).output == "one\n"
    sshd.drop()
    assert (await sh(nook, "echo two")).output == "two\n"


async def test_a_host_that_takes_no_more_sessions_does_not_lose_those_it_has(tmp_path):
    with running_sshd(tmp_path, extra="MaxSessions 1\n") as server:
        reach = SshReach(host(server))
        first = asyncio.ensure_future(sh(reach, "sleep 0.7; echo first"))
        await until(lambda: ways.alive("sleep 0.7"))
        with pytest.raises(Unreachable, match="open failed"):
            await sh(reach, "echo second")
        assert (await first).output == "first\n"

        async def there_is_room():  # the server counts a session until it has seen it closed
            try:
                return (await sh(reach, "echo third")).output == "third\n"
            except Unreachable:
                return False

        await until(there_is_room)
        await reach.close()


@pytest.mark.slow
async def test_a_host_gone_dark_is_noticed_and_found_again(sshd, nook):
    child = ways.sleeper()
    running = asyncio.ensure_future(sh(nook, child, limit=timedelta(minutes=5)))
    await until(lambda: ways.alive(child))
    began = time.monotonic()
    sshd.freeze()
    try:
        with pytest.raises(Unreachable, match="lost nook"):
            await running
        with pytest.raises(Unreachable, match=r"cannot reach nook \(127.0.0.1:"):
            await sh(nook, "echo")
        assert time.monotonic() - began < IN_TIME
    finally:
        sshd.thaw()
    assert (await sh(nook, "echo back")).output == "back\n"


async def test_nobody_listening_is_unreachable(sshd):
    with pytest.raises(Unreachable, match="Connection refused"):
        await sh(SshReach(replace(host(sshd), port=free_port())), "true")


async def refusal(host: SshHost) -> str:
    with pytest.raises(Refused) as refused:
        await sh(SshReach(host), "true")
    return str(refused.value)


async def test_a_host_with_another_key_is_refused(sshd, tmp_path):
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {other}")
    assert "not trusted" in await refusal(replace(host(sshd), known_hosts=known))


async def test_a_host_nobody_knows_is_refused(sshd, tmp_path):
    (tmp_path / "none").write_text("")
    assert "not trusted" in await refusal(replace(host(sshd), known_hosts=tmp_path / "none"))
    assert "missing" in await refusal(replace(host(sshd), known_hosts=tmp_path / "missing"))


@pytest.mark.parametrize(("of_the_name", "refusal"), [(True, "HOST_KEY_CHANGED"), (False, "HOST_KEY_UNKNOWN")])
async def test_a_key_that_is_known_for_the_address_alone_is_no_key_of_the_name(
    sshd, tmp_path, of_the_name, refusal
):
    """The name may lead to another machine by now, which is known by its address; ssh refuses it, too."""
    known, other = tmp_path / "known_hosts", asyncssh.generate_private_key("ssh-ed25519")
    names = f"[localhost]:{sshd.port} {other.export_public_key().decode()}" if of_the_name else ""
    known.write_text(f"{names}{sshd.known_hosts.read_text()}")
    with pytest.raises(Refused, match="not trusted") as refused:
        await sh(SshReach(replace(host(sshd), address="localhost", known_hosts=known)), "true")
    assert refused.value.refusal is Refusal[refusal]


async def test_a_key_is_taken_that_an_authority_known_for_the_name_vouches_for(tmp_path):
    authority, own = (asyncssh.generate_private_key("ecdsa-sha2-nistp256") for _ in range(2))
    own.write_private_key(tmp_path / "own")
    (tmp_path / "own").chmod(0o600)
    vouched = authority.generate_host_certificate(own.convert_to_public(), "nook", principals=["localhost"])
    vouched.write_certificate(tmp_path / "own-cert.pub")
    extra = f"HostKey {tmp_path}/own\nHostCertificate {tmp_path}/own-cert.pub\n"
    with running_sshd(tmp_path / "sshd", extra=extra) as server:
        known = tmp_path / "known_hosts"
        known.write_text(f"@cert-authority localhost {authority.export_public_key().decode()}")
        reach = SshReach(replace(host(server), address="localhost", known_hosts=known))
        assert (await sh(reach, "echo in")).output == "in\n"
        await reach.close()


async def test_a_key_that_opens_nothing_is_refused(sshd, tmp_path):
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "stranger")
    assert "Permission denied" in await refusal(replace(host(sshd), key=tmp_path / "stranger"))
    assert "missing" in await refusal(replace(host(sshd), key=tmp_path / "missing"))


TAKES_PASSWORDS = """
LogLevel DEBUG1
Match all
PasswordAuthentication yes
KbdInteractiveAuthentication yes
PermitRootLogin yes
"""


async def test_no_password_is_sent_to_a_host_that_takes_some(tmp_path):
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "stranger")
    with running_sshd(tmp_path / "sshd", extra=TAKES_PASSWORDS) as server:
        assert "Permission denied" in await refusal(replace(host(server), key=tmp_path / "stranger"))
        log = server.folder / "log"
        await until(lambda: "publickey" in log.read_text())
    assert set(re.findall(r"userauth-request for user \S+ service \S+ method (\S+)", log.read_text())) == {
        "none",
        "publickey",
    }


async def test_no_agent_is_asked_for_a_key_that_would_open(sshd, tmp_path):
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "stranger")
    agent = await asyncio.create_subprocess_exec(installed("ssh-agent"), "-D", "-a", tmp_path / "agent")
    try:
        with environment(SSH_AUTH_SOCK=tmp_path / "agent"):
            await until((tmp_path / "agent").exists)
            added = await asyncio.create_subprocess_exec(installed("ssh-add"), "-q", sshd.key)
            assert await added.wait() == 0
            assert "Permission denied" in await refusal(replace(host(sshd), key=tmp_path / "stranger"))
    finally:
        agent.terminate()
        await agent.wait()


async def test_no_ssh_config_of_the_bots_own_user_is_read(sshd, tmp_path):
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host *\n  SetEnv LC_MARK=read\n")
    with environment(HOME=tmp_path):
        reach = SshReach(host(sshd))
        said = await sh(reach, 'echo "mark: $LC_MARK"')
        await reach.close()
    assert said.output == "mark: \n"


async def test_a_file_that_is_no_key_is_refused(sshd, tmp_path):
    (tmp_path / "junk").write_text("junk")
    assert "junk" in await refusal(replace(host(sshd), key=tmp_path / "junk"))


async def test_a_forced_command_that_is_no_shell_is_refused(tmp_path):
    with running_sshd(tmp_path, extra="ForceCommand echo only backups here\n") as server:
        reach: Reach = SshReach(host(server))
        with pytest.raises(Refused, match="only backups here"):
            await sh(reach, "true")
        await reach.close()
