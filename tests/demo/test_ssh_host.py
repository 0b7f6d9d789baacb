"""A host of the lab, from outside: through the bot's own SSH."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncssh
import pytest

from bot.core.incidents.host_report import read_report
from bot.demo.ssh_host import SshHost as LabHost
from bot.demo.ssh_host import make_key
from bot.probes.host import SCRIPT
from bot.reach import Finished, Refused, Unreachable
from bot.reach.ssh import SshHost, SshReach
from tests.reach import ways
from tests.reach.ways import sh
from tests.waiting import until


@pytest.fixture
async def nook(tmp_path):
    make_key(tmp_path / "key")
    host = LabHost("nook", tmp_path / "nook", tmp_path / "key.pub", {"RESTIC_REPOSITORY": "/backups"})
    await host.switch_on()
    yield host
    await host.close()


@pytest.fixture
def way(nook, tmp_path):
    (tmp_path / "known_hosts").write_text(nook.known_hosts_line)
    return SshHost(
        name="nook",
        address="127.0.0.1",
        port=nook.port,
        user="root",
        key=tmp_path / "key",
        known_hosts=tmp_path / "known_hosts",
        connect_timeout=timedelta(seconds=3),
    )


@pytest.fixture
async def reach(way):
    reach = SshReach(way)
    yield reach
    await reach.close()


async def test_it_runs_commands_in_its_folder_with_a_bare_environment(reach, tmp_path, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    done = await sh(reach, "pwd; echo $HOME; env")
    assert done.output.splitlines()[:2] == [str(tmp_path / "nook")] * 2
    assert "RESTIC_REPOSITORY=/backups\n" in done.output
    assert "xoxb-secret" not in done.output


async def test_it_runs_scripts_as_a_real_host_does(reach):
    await ways.values_arrive_as_they_are(reach)
    await ways.both_streams_come_in_order(reach)
    assert (await sh(reach, "exit 42")).status == 42
    assert await sh(reach, "kill -KILL $$") == Finished(None, "")


async def test_it_tells_of_itself_as_a_real_host_does_and_of_another_boot_after_a_power_failure(nook, reach):
    first = read_report((await sh(reach, SCRIPT)).output)
    assert first.root.read_only is False
    assert (first.errors, first.initramfs) == (0, False)
    await nook.switch_off()
    await nook.switch_on()
    again = read_report((await sh(reach, SCRIPT)).output)
    assert again.boot_id != first.boot_id
    assert again.uptime < timedelta(minutes=1)


async def test_much_output_arrives_whole(reach):
    done = await sh(reach, "head -c 900000 /dev/zero | tr '\\0' x; echo .")
    assert done.output == "x" * 900_000 + ".\n"


@pytest.mark.slow
async def test_a_limit_and_a_cancelled_caller_end_scripts(reach):
    await asyncio.gather(ways.the_time_limit_ends_children_too(reach), ways.cancelling_ends_the_script(reach))


async def test_only_the_labs_key_opens_it(way, tmp_path):
    make_key(tmp_path / "other")
    with pytest.raises(Refused, match="Permission denied"):
        await sh(SshReach(replace(way, key=tmp_path / "other")), "true")
    with pytest.raises(asyncssh.PermissionDenied):
        await asyncssh.connect(
            "127.0.0.1", way.port, config=None, username="root", password="x", client_keys=[], known_hosts=None
        )


async def test_it_has_no_interactive_shell(way):
    async with asyncssh.connect(
        "127.0.0.1", way.port, config=None, client_keys=[str(way.key)], known_hosts=str(way.known_hosts)
    ) as connection:
        done = await connection.run(input="")
    assert done.exit_status == 1
    assert "no interactive shell" in done.stderr


async def test_losing_power_ends_all_and_it_comes_back_on_the_same_port(nook, reach):
    port, child = nook.port, ways.sleeper()
    running = asyncio.ensure_future(sh(reach, f"sh -c '{child} & wait'"))
    await until(lambda: ways.alive(child))
    await nook.switch_off()
    assert not nook.up
    with pytest.raises(Unreachable, match="lost nook"):
        await running
    await until(lambda: not ways.alive(child), 1)
    with pytest.raises(Unreachable, match="Connection refused"):
        await sh(reach, "true")
    await nook.switch_off()
    await nook.switch_on()
    await nook.switch_on()
    assert nook.port == port
    assert (await sh(reach, "echo back")).output == "back\n"
