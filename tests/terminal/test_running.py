"""`run` and `health`: the bot as its supervisor sees it."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.workspace.server import Box
from tests.terminal.commands import PATIENCE, Started, caretaker, started, tokens, write_lab
from tests.waiting import until

NOWHERE = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:9/api/"}
ATLAS = 'hosts: {atlas: {hypervisor: "test:///default"}}\n'
pytestmark = pytest.mark.slow


async def test_without_tokens_it_ends_with_1_and_names_both(tmp_path):
    write_lab(tmp_path)
    told = await caretaker("run", folder=tmp_path)
    assert told.code == 1
    assert [line.split(":")[0] for line in told.err.splitlines()] == [
        "cannot read SLACK_BOT_TOKEN",
        "cannot read SLACK_APP_TOKEN",
    ]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("told_by", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_ends_with_0_and_says_in_few_lines_what_it_did(told_by, tmp_path):
    write_lab(tmp_path, ATLAS)
    async with Box.start() as box, started("run", folder=tmp_path, env=tokens(box)) as bot:
        await bot.prints("connected to Slack")
        bot.process.send_signal(told_by)
        ended = await bot.ends(10)
    assert ended.code == 0
    said = [line.partition(": ")[2] for line in ended.err.splitlines()]
    watching = "watching 1 host; posting to #homelab"
    assert {watching, "connected to Slack", "stopping, as told", "closed the connection to Slack"} <= set(said)
    assert len(said) <= 8


async def test_told_to_stop_while_it_still_starts_it_ends_with_0(tmp_path):
    write_lab(tmp_path, ATLAS)
    async with started("run", folder=tmp_path, env=NOWHERE) as bot:
        await until((tmp_path / "data" / "caretaker.db").exists)
        bot.process.terminate()
        assert (await bot.ends(10)).code == 0


async def test_what_it_starts_does_not_inherit_the_tokens(tmp_path):
    write_lab(tmp_path)
    async with started(
        "run", "--verbose", folder=tmp_path, env={**NOWHERE, "SLACK_BOT_TOKEN": "xoxb-hush"}
    ) as bot:
        await bot.prints("still trying")
        bot.process.terminate()
        ended = await bot.ends(10)
    assert "xoxb-hush" not in ended.err


async def test_a_database_it_cannot_use_is_named(tmp_path):
    write_lab(tmp_path)
    (tmp_path / "data").write_text("a file where a folder should be")
    told = await caretaker("run", folder=tmp_path, env=NOWHERE)
    assert told.code == 1
    assert f"cannot open the database '{tmp_path}/data/caretaker.db': because " in told.err


async def test_of_two_the_second_says_what_to_do_and_not_that_it_watches(tmp_path):
    write_lab(tmp_path)
    async with started("run", folder=tmp_path, env=NOWHERE) as bot:
        await bot.prints("watching")
        second = await caretaker("run", folder=tmp_path, env=NOWHERE)
        bot.process.terminate()
        await bot.ends(10)
    assert second.code == 1
    assert second.err.strip() == (
        f"cannot open the database '{tmp_path}/data/caretaker.db': because another Caretaker is using it; "
        "stop that one, or give this one another `data` in lab.yaml"
    )


@pytest.mark.parametrize("module", ["bot.config", "bot.config.values", "bot.terminal.running", "bot.app"])
async def test_ctrl_c_while_its_modules_are_still_read_ends_it_without_a_traceback(module):
    script = (
        "import runpy, sys\n"
        "class Pressed:\n"
        "    @staticmethod\n"
        "    def find_spec(name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Pressed)\n"
        "runpy.run_module('bot', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", script, "run"]
    ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "")


async def test_a_database_of_a_newer_version_is_left_alone(tmp_path):
    write_lab(tmp_path)
    await run_for_a_moment(tmp_path)
    columns, values = "(migration_set, name, applied_at)", ("caretaker", "0099_later", "2030")
    with database(tmp_path) as later:
        later.execute(f"insert into _sqlite_migrations {columns} values (?, ?, ?)", values)
    for command, env in (("run", NOWHERE), ("health", {})):
        told = await caretaker(command, folder=tmp_path, env=env)
        assert told.code == 1
        assert "because a newer Caretaker has written it (0099_later)" in told.err


async def test_of_two_bots_with_one_database_the_second_is_refused(tmp_path):
    write_lab(tmp_path)
    async with started("run", folder=tmp_path, env=NOWHERE) as first:
        await first.prints("still trying")
        told = await caretaker("run", folder=tmp_path, env=NOWHERE)
        assert told.code == 1
        assert "cannot open the database" in told.err
        first.process.terminate()
        assert (await first.ends()).code == 0


async def test_when_it_can_no_longer_speak_it_ends_with_75_to_be_started_again(tmp_path):
    with socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        check = f"{{probe: tcp, port: {refusing.getsockname()[1]}, every: 100ms}}"
        write_lab(tmp_path, f"services: {{web: {{address: 127.0.0.1, checks: {{http: {check}}}}}}}\n")
        async with Box.start() as box, started("run", folder=tmp_path, env=tokens(box)) as bot:
            box.faults.fail("chat.postMessage", "server_error", times=100)
            await until(lambda: box.calls.counts["chat.postMessage"], PATIENCE)
            with database(tmp_path) as broken:
                broken.execute("drop table outbox")
            await bot.prints("CRITICAL bot.app: delivery to Slack failed")
            async with asyncio.timeout(PATIENCE):
                assert await bot.process.wait() == 75


async def test_health_is_fresh_while_it_runs_and_tells_when_it_stopped_or_died(tmp_path):
    write_lab(tmp_path, "timing: {alive_every: 200ms}\n")
    assert (await health(tmp_path)).startswith("1 not alive: it has never run here")
    async with started("run", folder=tmp_path, env=NOWHERE) as bot:
        await bot.prints("still trying")
        assert (await health(tmp_path)).startswith("0 alive: seen 0 s ago")
        os.kill(bot.process.pid, signal.SIGKILL)
        await bot.process.wait()

        async def stale() -> bool:
            return (await health(tmp_path)).startswith("1 not alive: last seen 20")

        await until(stale, PATIENCE)
    await run_for_a_moment(tmp_path)
    assert (await health(tmp_path)).startswith("1 not alive: stopped 20")


async def test_a_bot_that_was_killed_is_dead_at_once_however_seldom_it_shows_that_it_lives(tmp_path):
    write_lab(tmp_path, "timing: {alive_every: 10m}\n")
    async with started("run", folder=tmp_path, env=NOWHERE) as bot:
        await bot.prints("still trying")
        assert (await health(tmp_path)).startswith("0 alive: seen ")
        os.kill(bot.process.pid, signal.SIGKILL)
        await bot.process.wait()
        assert (await health(tmp_path)).startswith("1 not alive: last seen 20")
        told = await caretaker("status", folder=tmp_path)
        assert (told.code, "⛔ Caretaker does not run: it was last seen at " in told.out) == (1, True)


async def test_health_tells_of_a_bot_whose_database_was_deleted_and_that_has_not_noticed_yet(tmp_path):
    write_lab(tmp_path, "timing: {alive_every: 10m}\n")
    async with started("run", folder=tmp_path, env=NOWHERE) as bot:
        await bot.prints("still trying")
        for file in (tmp_path / "data").iterdir():
            file.unlink()
        assert (await health(tmp_path)).startswith("1 alive, but the files of its database (")
        bot.process.terminate()
        assert (await bot.ends(10)).code == 0
    assert (await health(tmp_path)).startswith("1 not alive: stopped 20")


async def test_health_tells_a_bot_that_lives_and_writes_nothing_from_one_that_is_dead(tmp_path):
    write_lab(tmp_path, "timing: {alive_every: 200ms}\n")
    async with started("run", folder=tmp_path, env=NOWHERE) as bot:
        await bot.prints("still trying")
        os.kill(bot.process.pid, signal.SIGSTOP)

        async def silent() -> bool:
            return (await health(tmp_path)).startswith("1 alive, but it has written nothing since 20")

        await until(silent, PATIENCE)
        os.kill(bot.process.pid, signal.SIGCONT)
        await until(lambda: _is_well(tmp_path), PATIENCE)


async def test_health_tells_a_bot_that_slack_refuses_from_one_that_is_heard(tmp_path):
    write_lab(tmp_path)
    async with Box.start() as box, started("run", folder=tmp_path, env=tokens(box)) as bot:
        await bot.prints("connected to Slack")
        await until(lambda: _is_well(tmp_path), PATIENCE)
    async with Box.start() as box:
        wrong = {**tokens(box), "SLACK_BOT_TOKEN": "xoxb-wrong"}
        async with started("run", folder=tmp_path, env=wrong) as bot:
            await bot.prints("cannot speak in Slack: cannot authenticate: because Slack answered 'invalid_auth'")

            async def refused() -> bool:
                return "alive, but not heard: since 20" in await health(tmp_path)

            await until(refused, PATIENCE)
            told = await health(tmp_path)
    assert told.startswith("1 ")
    assert "Slack refuses (invalid_auth). To change that: look at the app and its tokens" in told


async def _is_well(folder: Path) -> bool:
    return (await health(folder)).startswith("0 alive")


async def health(folder: Path) -> str:
    told = await caretaker("health", folder=folder)
    return f"{told.code} {told.out}{told.err}"


async def run_for_a_moment(folder: Path) -> None:
    bot: Started
    async with started("run", folder=folder, env=NOWHERE) as bot:
        await bot.prints("still trying")
        bot.process.terminate()
        assert (await bot.ends()).code == 0


def database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "data" / "caretaker.db")
