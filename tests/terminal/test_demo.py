"""`demo`: one address, which answers; and nothing left behind."""

import re
import signal
import socket

import aiohttp
import pytest

from tests.terminal.commands import started

pytestmark = [pytest.mark.slow, pytest.mark.real]


async def test_it_prints_one_address_that_answers_and_ctrl_c_leaves_nothing_behind(tmp_path):
    async with started("demo", "--port", 0, folder=tmp_path, env={"TMPDIR": str(tmp_path)}) as demo:
        await demo.prints("Ctrl-C ends it.")
        [url] = re.findall(r"http://\S+", demo.out)
        async with aiohttp.ClientSession() as browser, browser.get(url) as page:
            assert page.status == 200
            assert "</html>" in await page.text()
        demo.process.send_signal(signal.SIGINT)
        ended = await demo.ends(10)
    assert (ended.code, complaints(ended.err)) == (0, [])
    assert not list(tmp_path.iterdir())


def complaints(err: str) -> list[str]:
    """What it says on stderr, but for how far it is, if slow, and what a killed bot of another test left."""
    fine = re.compile("… starting, for|.* ended [0-9]+ processes that an earlier bot had left behind$")
    return [line for line in err.splitlines() if not fine.match(line)]


async def test_stopped_while_it_starts_it_leaves_nothing_behind_either(tmp_path):
    async with started("demo", "--port", 0, folder=tmp_path, env={"TMPDIR": str(tmp_path)}) as demo:
        await demo.prints("Starting fifty guests")
        demo.process.send_signal(signal.SIGTERM)
        ended = await demo.ends(10)
    assert "http://" not in ended.out
    assert not list(tmp_path.iterdir())


async def test_a_folder_is_kept_and_a_port_that_is_taken_is_not_insisted_on(tmp_path):
    kept = tmp_path / "my lab, kept"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with started("demo", "--port", port, "--folder", kept, folder=tmp_path) as demo:
            await demo.prints("Ctrl-C ends it.")
            assert f":{port}\n" not in demo.out
            assert f"Another program has port {port}: the page is at another." in demo.out
            demo.process.send_signal(signal.SIGINT)
            assert (await demo.ends(10)).code == 0
    assert (kept / "lab.yaml").exists()


async def test_a_folder_that_cannot_be_made_is_a_message(tmp_path):
    (tmp_path / "file").write_text("")
    async with started("demo", "--folder", tmp_path / "file" / "lab", folder=tmp_path) as demo:
        ended = await demo.ends()
    assert ended.code == 1
    assert ended.err.startswith("cannot run the demo: because ")
