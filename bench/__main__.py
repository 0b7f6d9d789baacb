"""How fast Caretaker is, here: the real bot as a process of its own, a real libvirtd, the workspace in a box.

    ./caretaker bench [--rounds N]

Every figure is of one run on one machine, so compare figures of the same run only. Times are taken where they
count: the cause in this process, its effect where the box accepted the call (both read this machine's one clock).
"""

import argparse
import asyncio
import io
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import libvirt
from decisions import large_lab
from PIL import Image, ImageFilter

from bot.demo.real import RealHost
from bot.hypervisor import Hypervisor
from bot.hypervisor.console_ocr.reading import text_of
from bot.hypervisor.screen_text import ScreenReader
from bot.manifest import manifest
from bot.store import Store, StoreFailed
from bot.workspace.records import ALEX
from bot.workspace.server import Box, installed
from tests.real.line import line_to

GUEST = "<domain type='test'><name>{}</name><memory>1024</memory><os><type>hvm</type></os></domain>"
LAB = """\
slack: {{channel: homelab}}
people: {{alex: {{slack: {alex}, roles: admin, owner: true}}}}
hosts: {{atlas: {{hypervisor: "{uri}"}}}}
services: {{knock: {{address: 127.0.0.1, checks: {{knock: {{probe: tcp, port: {port}}}}}}}}}
"""
HERE = Path(__file__).resolve().parent.parent
FIFTY = 50
FIVE_HUNDRED = 500
DEADLINE = 20.0  # seconds for anything to happen at all


def main() -> None:
    """Measure everything and print a table."""
    options = argparse.ArgumentParser(prog="caretaker bench", description=__doc__.partition("\n")[0])
    options.add_argument(
        "--rounds", type=int, default=100, help="events and clicks to time (default: %(default)s)"
    )
    rounds = options.parse_args().rounds
    print(f"{'what':<46} {'median':>10} {'p99':>10}   {'wanted'}", flush=True)
    asyncio.run(measure(rounds))


async def measure(rounds: int) -> None:
    """Screens, and decisions in a large lab; then a lab, a box and two lives of the bot.

    One has as many guests as there are rounds, one fifty.
    """
    await screens()
    large_lab(rounds, row)
    host = RealHost()
    try:
        await host.start()
        lab = libvirt.open(host.uri("test", "/default"))
        async with bot(host, lab, rounds) as (box, _, first_check):
            row("start to first check", [first_check], "1 s")
            row("libvirt event to message accepted", await events(lab, box, rounds), "150 ms, p99 500 ms")
            row("click to acknowledgement", await clicks(box, rounds), "p99 100 ms")
        async with bot(host, lab, FIFTY) as (box, process, first_check):
            row("start to first check, fifty guests", [first_check], "1 s")
            print(
                f"{'memory (PSS), fifty guests':<46} {memory(process.pid):>7.1f} MB {'':>10}   110 MB", flush=True
            )
            calls = await storm(lab, box)
            print(f"{'fifty guests lost at once: messages, calls':<46} {calls:>10} {'':>10}   1, 5", flush=True)
        await many_guests(host, lab)
        lab.close()
    finally:
        host.close()


async def screens() -> None:
    """What a guest's screen costs: one full of text, and one of graphics, of 1280x800 pixels."""
    text = (HERE / "tests/hypervisor/screens/linux-efifb.png").read_bytes()
    file, bands = io.BytesIO(), [Image.effect_noise((1280, 800), 40).filter(ImageFilter.BLUR) for _ in "RGB"]
    Image.merge("RGB", bands).save(file, "PNG")
    for what, picture, wanted in (("text", text, "200 ms"), ("graphics", file.getvalue(), "30 ms")):
        row(f"a screen of {what} read, CPU", [await cpu(partial(text_of, picture)) for _ in range(20)], wanted)
        read = [await cpu(partial(ScreenReader().text_of, picture)) for _ in range(20)]
        row("... by a process of its own", read, "")


async def cpu(work: Callable[[], object]) -> float:
    """The computing that something took, in seconds, of this process and of those that it started."""
    before = computed()
    result = work()
    if asyncio.iscoroutine(result):
        await result
    return computed() - before


def computed() -> float:
    """The time that this process and those that it started and that have ended have computed, in seconds."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


@asynccontextmanager
async def bot(
    host: RealHost, lab: libvirt.virConnect, guests: int
) -> AsyncIterator[tuple[Box, subprocess.Popen[bytes], float]]:
    """A bot with a database of its own that watches so many running guests; how long it took to look first."""
    make_guests(lab, guests)
    with tempfile.TemporaryDirectory(prefix="caretaker-bench-") as folder:
        async with Box.start(settings=replace(installed(manifest()), rate_limits=False)) as box, door() as knocked:
            path = Path(folder) / "lab.yaml"
            path.write_text(LAB.format(alex=ALEX.id, uri=host.uri("test", "/default"), port=knocked.port))
            began = time.monotonic()
            process = subprocess.Popen(  # noqa: ASYNC220  starting takes no time
                [sys.executable, "-P", "-m", "bot", "run", "--config", str(path)],
                env={**os.environ, **tokens(box)},
                cwd=HERE,
                stderr=(Path(folder) / "log").open("wb"),
            )
            try:
                await until(lambda: knocked.at)
                await until(lambda: box.sockets.connected)
                await until(lambda: looked(Path(folder) / "data" / "caretaker.db", guests), every=0.05)
                yield box, process, knocked.at - began
            except TimeoutError as why:
                raise SystemExit(f"{why}; the bot said:\n{(Path(folder) / 'log').read_text()}") from why
            finally:
                process.terminate()
                await asyncio.to_thread(process.wait)


def make_guests(lab: libvirt.virConnect, guests: int) -> None:
    """So many running guests, and no other."""
    for domain in lab.listAllDomains():
        if domain.isActive():
            domain.destroy()
        domain.undefine()
    for number in range(guests):
        domain = lab.defineXML(GUEST.format(f"guest{number}"))
        domain.setAutostart(1)
        domain.create()


async def many_guests(host: RealHost, lab: libvirt.virConnect) -> None:
    """How long it takes to know of five hundred guests, next door and over a line of 200 ms there and back."""
    make_guests(lab, FIVE_HUNDRED)
    next_door = host.uri("test", "/default")
    times = [await knowing(next_door, all_definitions=True) for _ in range(5)]
    row("500 guests: connect, states of all", [states for states, _ in times], "")
    row("... and what each is made of", [whole for _, whole in times], "2 s")
    async with line_to(host.socket, delay=0.1) as line:
        far = f"test+tcp://127.0.0.1:{line.port}/default"
        times = [await knowing(far, all_definitions=False) for _ in range(5)]
    row("500 guests at 200 ms: connect, states of all", [states for states, _ in times], "10 s")


async def knowing(uri: str, *, all_definitions: bool) -> tuple[float, float]:
    """Seconds until the states of all guests are known, and until their definitions are if those are wanted."""
    hypervisor = Hypervisor("atlas", uri, on_event=lambda _: None)
    began = time.monotonic()
    try:
        assert len(await hypervisor.states()) == FIVE_HUNDRED
        states = time.monotonic() - began
        assert len(await hypervisor.guests()) == FIVE_HUNDRED
        while all_definitions and await hypervisor.read_definitions():
            pass
        return states, time.monotonic() - began
    finally:
        await hypervisor.close()


def tokens(box: Box) -> dict[str, str]:
    """What tells the bot how to reach the box."""
    return {"SLACK_BOT_TOKEN": box.bot_token, "SLACK_APP_TOKEN": box.app_token, "SLACK_API_URL": box.api_url}


@dataclass(slots=True)
class Door:
    """A port that notes when somebody connects for the first time: one of the bot's checks."""

    port: int
    at: float = 0.0  # by the monotonic clock


@asynccontextmanager
async def door() -> AsyncIterator[Door]:
    """A door to knock at."""

    def knock(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.at = opened.at or time.monotonic()
        writer.close()

    async with await asyncio.start_server(knock, "127.0.0.1", 0) as server:
        opened = Door(server.sockets[0].getsockname()[1])
        yield opened


def looked(database: Path, checks: int) -> bool:
    """Whether the bot has written what so many checks showed."""
    try:
        store = Store(database, read_only=True)
    except StoreFailed:
        return False
    try:
        return len(store.targets.health()) >= checks
    except Exception:  # noqa: BLE001  the tables are being made
        return False
    finally:
        store.close()


async def events(lab: libvirt.virConnect, box: Box, rounds: int) -> Sequence[float]:
    """Crash one guest after the other; from the call to the moment the box accepted the message."""
    times = []
    for number in range(rounds):
        before = box.calls.counts["chat.postMessage"]
        domain = lab.lookupByName(f"guest{number}")
        began = time.time()
        domain.coreDump("/dev/null", libvirt.VIR_DUMP_CRASH)
        await until(lambda before=before: box.calls.counts["chat.postMessage"] > before)
        times.append(next(c.at for c in reversed(box.calls.all) if c.method == "chat.postMessage") - began)
    return times


async def clicks(box: Box, rounds: int) -> Sequence[float]:
    """Acknowledge one incident after the other; from the click to the bot's acknowledgement of it."""
    times = []
    for message in box.workspace.messages.history(box.workspace.channel("homelab").id)[:rounds]:
        button = next(
            element
            for block in message["blocks"]
            if block["type"] == "actions"
            for element in block["elements"]
            if element["type"] == "button"
        )
        began = time.monotonic()
        problem = await box.workspace.click(ALEX.id, message["ts"], button)
        times.append(time.monotonic() - began)
        assert not problem, problem
    return times


async def storm(lab: libvirt.virConnect, box: Box) -> str:
    """Fifty guests crash at one instant; what that makes of messages and of calls, once it is quiet again."""
    box.calls.all.clear()
    domains = lab.listAllDomains()
    await asyncio.to_thread(lambda: [d.coreDump("/dev/null", libvirt.VIR_DUMP_CRASH) for d in domains])
    await until(lambda: box.calls.counts["chat.postMessage"])
    quiet = len(box.calls.all)
    while True:  # until nothing was called for the time a card's counters may wait, twice
        await asyncio.sleep(5)
        if len(box.calls.all) == quiet:
            return f"{box.calls.counts['chat.postMessage']}, {quiet}"
        quiet = len(box.calls.all)


def memory(pid: int) -> float:
    """Proportional memory of a process, MB."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.partition("Pss:")[2].split()[0]) / 1024


def row(what: str, seconds: Sequence[float], wanted: str) -> None:
    """One line of the table: times in milliseconds."""
    ordered = sorted(seconds)
    last = ordered[math.ceil(0.99 * len(ordered)) - 1]
    p99 = f"{last * 1000:.0f} ms" if len(ordered) > 1 else ""
    print(f"{what:<46} {statistics.median(ordered) * 1000:>7.0f} ms {p99:>10}   {wanted}", flush=True)


async def until(condition: Callable[[], object], every: float = 0.002) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("cannot measure: because what was to happen did not happen")
        await asyncio.sleep(every)


if __name__ == "__main__":
    main()
