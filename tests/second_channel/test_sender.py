"""One message through Apprise's json:// to a real server on loopback, which hangs, refuses, or is not there."""

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.second_channel.sender import Result, Sender, has_left
from bot.views.elsewhere import Message
from tests.outside import HANG, outside

MESSAGE = Message("🔴 Open: web1 down", "Crashed.\nSince 14:02.")
PATIENCE = timedelta(seconds=20)


def sender(folder: Path, *urls: str, timeout: timedelta = PATIENCE) -> Sender:
    return Sender(urls, folder / "marks", timeout)


async def test_what_is_taken_is_sent_once_and_marked(tmp_path):
    async with outside() as server:
        one = sender(tmp_path, server.url("/a", "json"))
        result = await one.send(MESSAGE, one.mark(1, 1))
        assert result == Result("sent")
        [asked] = server.asked
        assert (asked.title, asked.message) == (MESSAGE.title, MESSAGE.body)
        assert has_left(one.mark(1, 1))


@pytest.mark.slow
async def test_where_nobody_listens_nothing_has_left(tmp_path):
    async with outside() as gone:
        url = gone.url("/a", "json")
    one = sender(tmp_path, url)
    result = await one.send(MESSAGE, one.mark(1, 1))
    assert (result.state, one.mark(1, 1).exists()) == ("failed", False)
    assert "onnection error" in result.why


@pytest.mark.slow
async def test_a_name_that_can_not_be_looked_up_leaves_nothing(tmp_path):
    one = sender(tmp_path, "json://nowhere.invalid/a")
    assert (await one.send(MESSAGE, one.mark(1, 1))).state == "failed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "state"), [(404, "failed"), (429, "failed"), (503, "failed"), (500, "doubt"), (502, "doubt")]
)
async def test_an_answer_that_says_that_nothing_was_done_is_certain_and_another_is_not(status, state, tmp_path):
    async with outside() as server:
        server.status = status
        one = sender(tmp_path, server.url("/a", "json"))
        assert (await one.send(MESSAGE, one.mark(1, 1))).state == state
        assert len(server.asked) == 1


@pytest.mark.slow
async def test_one_of_two_that_fails_is_partial(tmp_path):
    async with outside() as server:
        server.by_path["/b"] = 500
        one = sender(tmp_path, server.url("/a", "json"), server.url("/b", "json"))
        assert (await one.send(MESSAGE, one.mark(1, 1))).state == "partial"
        assert sorted(server.paths) == ["/a", "/b"]


@pytest.mark.slow
async def test_two_of_which_one_is_out_of_reach_and_one_in_doubt_are_in_doubt(tmp_path):
    async with outside() as gone:
        url = gone.url("/a", "json")
    async with outside() as server:
        server.status = 500
        one = sender(tmp_path, url, server.url("/b", "json"))
        assert (await one.send(MESSAGE, one.mark(1, 1))).state == "doubt"


@pytest.mark.slow
async def test_one_that_hangs_is_a_timeout_and_no_process_is_left(tmp_path):
    async with outside() as server:
        server.status = HANG
        one = sender(tmp_path, server.url("/a?rto=60", "json"), timeout=timedelta(seconds=1))
        assert (await one.send(MESSAGE, one.mark(1, 1))).state == "timeout"
        assert len(server.asked) == 1


@pytest.mark.slow
async def test_one_that_does_not_answer_in_its_own_time_is_in_doubt(tmp_path):
    async with outside() as server:
        server.status = HANG
        one = sender(tmp_path, server.url("/a?rto=1", "json"))
        assert (await one.send(MESSAGE, one.mark(1, 1))).state in ("doubt", "timeout")


@pytest.mark.slow
async def test_a_process_that_hangs_before_it_sends_is_ended_and_nothing_has_left(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import signal\nsignal.pause()\n")
    one = replace(sender(tmp_path, "json://127.0.0.1/a", timeout=timedelta(seconds=-4)), program=program)
    assert (await one.send(MESSAGE, one.mark(1, 1))).state == "failed"
    assert has_left(one.mark(1, 1)) is True, "called off: it can't leave any more"


@pytest.mark.slow
async def test_a_process_that_dies_says_so(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    one = replace(sender(tmp_path, "json://127.0.0.1/a"), program=program)
    result = await one.send(MESSAGE, one.mark(1, 1))
    assert result == Result("failed", "its process ended with -9 and said nothing")
    assert (await one.send(MESSAGE)).state == "doubt", "without a mark nobody knows"


@pytest.mark.slow
async def test_what_was_called_off_never_leaves(tmp_path):
    async with outside() as server:
        one = sender(tmp_path, server.url("/a", "json"))
        one.folder.mkdir()
        assert not has_left(one.mark(1, 1))
        assert (await one.send(MESSAGE, one.mark(1, 1))).state == "doubt"
        assert server.asked == []


@pytest.mark.slow
async def test_addresses_that_apprise_does_not_know_are_told_by_their_number(tmp_path):
    async with outside() as server:
        one = sender(tmp_path, "nonsense://secret-topic", server.url("/a", "json"))
        assert (await one.examine()) == Result("known", "", (1,))
        assert server.asked == []
        result = await one.send(MESSAGE, one.mark(1, 1))
        assert (result.state, result.unknown) == ("partial", (1,))
        none = sender(tmp_path, "nonsense://secret-topic")
        assert (await none.send(MESSAGE, none.mark(2, 1))).state == "failed"


@pytest.mark.slow
async def test_the_message_is_plain_text_whatever_is_in_it(tmp_path):
    async with outside() as server:
        one = sender(tmp_path, server.url("/a", "json"))
        odd = Message("*bold* <b> {{x}} ${HOME}", "<@U1> `code` \\n :smile: & &amp;")
        await one.send(odd, one.mark(1, 1))
        [asked] = server.asked
        assert (asked.title, asked.message) == (odd.title, odd.body)


async def test_old_marks_are_removed_and_young_ones_kept(tmp_path):
    one = sender(tmp_path)
    one.tidy()
    one.folder.mkdir()
    old, young = one.mark(1, 1), one.mark(2, 1)
    for mark in (old, young):
        mark.touch()
    os.utime(old, (0, 0))
    await asyncio.to_thread(one.tidy)
    assert [mark.name for mark in one.folder.iterdir()] == ["2-1"]
