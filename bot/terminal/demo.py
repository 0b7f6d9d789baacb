"""`demo`: the bot between a lab that can be broken and a page that looks like Slack, until Ctrl-C."""

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.demonstration import CANNOT, RealStage, TestStage, demonstration
from bot.terminal import UserMistake
from bot.terminal.running import first_of, log_to_stderr, told_to_stop
from bot.terminal.waiting import telling
from bot.vocabulary import SHIPPED

_REAL = "Building a real guest, and starting it under QEMU's emulation. This takes about ten seconds."
_PLAYED = "Starting fifty guests on libvirt's test hypervisor, three hosts and a UPS."


def demo(options: argparse.Namespace) -> int:
    """Run the demo until Ctrl-C."""
    log_to_stderr(logging.DEBUG if options.verbose else logging.WARNING)
    try:
        asyncio.run(_play(options))
    except CANNOT as why:
        raise UserMistake(f"cannot run the demo: because {why}") from why
    return 0


async def _play(options: argparse.Namespace) -> None:
    """The demo, for as long as nobody stops it. Whoever does so while it starts need not wait for that."""
    told = told_to_stop()
    with _folder(options.folder) as folder:
        playing = asyncio.create_task(_show(options, folder))
        stopping = asyncio.create_task(first_of(told))
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing


async def _show(options: argparse.Namespace, folder: Path) -> None:
    print(_REAL if options.real else _PLAYED, flush=True)
    stage = (RealStage if options.real else TestStage)(folder, datetime.now(UTC))
    began = time.monotonic()
    async with AsyncExitStack() as opened:
        async with telling(lambda: f"starting, for {time.monotonic() - began:.0f} s"):
            box = await opened.enter_async_context(demonstration(stage, folder, options.port))
        if options.port not in {0, urlsplit(box.url).port}:
            print(f"Another program has port {options.port}: the page is at another.", flush=True)
        print(f"\n  Open  {box.url}\n", flush=True)
        print(f"The lab is described in {folder / 'lab.yaml'}; the runbooks are in {SHIPPED}.", flush=True)
        print("Ctrl-C ends it.", flush=True)
        await asyncio.Event().wait()


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """Where the demo's files are: in `kept`, or for the demo's time only."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="caretaker-demo-") as folder:
        yield Path(folder)
