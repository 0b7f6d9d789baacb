"""`run` and `demo`: what goes on until it is stopped; and `health`, which asks from outside whether it does."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.app import DATABASE, Caretaker, probe_params
from bot.config import load, load_secrets
from bot.redact import Redactor
from bot.store import Store, StoreFailed
from bot.terminal import UserMistake

EXIT_AGAIN = 75  # EX_TEMPFAIL: whoever supervises the bot should start it again
MISSED = 4  # signs of life that may be missing before the bot counts as dead

log = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> int:
    """Run the bot until it is told to stop."""
    config = load(options.config, probes=probe_params())
    secrets = load_secrets(os.environ)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        os.environ.pop(name, None)  # what this process starts has no business with them
    log_to_stderr(options.verbose, secrets.bot_token, secrets.app_token)
    for warning in secrets.warnings:
        log.warning(warning)

    async def serve() -> int:
        bot = Caretaker(config, secrets)
        await bot.start()
        log.info("watching %d hosts; posting to #%s", len(config.hosts), config.slack.channel)
        try:
            return await until_told(bot.hopeless)
        finally:
            await bot.stop()

    try:
        return asyncio.run(serve())
    except StoreFailed as why:
        raise UserMistake(str(why)) from why


async def until_told(hopeless: asyncio.Event) -> int:
    """Wait for SIGTERM or SIGINT (0), or for `hopeless` (start me again)."""
    told = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, told.set)
    waits = [asyncio.create_task(told.wait()), asyncio.create_task(hopeless.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return 0 if told.is_set() else EXIT_AGAIN


def demo(options: argparse.Namespace) -> int:
    """Run the demo until Ctrl-C."""
    from bot.demonstration import run_demo  # noqa: PLC0415  the bot itself has no need of a lab and a workspace

    log_to_stderr(options.verbose)

    async def play(folder: Path) -> None:
        demo = run_demo(folder, datetime.now(UTC), options.port, _say, real=options.real)
        playing = asyncio.create_task(demo)
        stop = asyncio.create_task(until_told(asyncio.Event()))
        await asyncio.wait({playing, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing

    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(play(options.folder.resolve()))
    else:
        with tempfile.TemporaryDirectory(prefix="caretaker-demo-") as folder:
            asyncio.run(play(Path(folder)))
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def health(options: argparse.Namespace) -> int:
    """0 if the bot's last sign of life is fresh."""
    config = load(options.config, probes=probe_params())
    try:
        store = Store(config.data / DATABASE, read_only=True)
    except StoreFailed as why:
        raise UserMistake(str(why)) from why
    last = store.alive.last()
    store.close()
    age = datetime.now(UTC) - last.at if last else None
    if age is None or last is None or last.stopped_at or age > MISSED * config.timing.alive_every:
        _say("not alive: " + (f"last seen {last.at:%Y-%m-%d %H:%M:%S} UTC" if last else "never started"))
        return 1
    _say(f"alive: seen {age.total_seconds():.0f} s ago")
    return 0


def log_to_stderr(verbose: bool, *secrets: str) -> None:  # noqa: FBT001  a switch of the command line
    """Log to stderr, without a secret in it."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
    handler.setFormatter(Redactor(secrets, plain))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    if not verbose:
        for noisy in ("apscheduler", "asyncssh", "slack_bolt", "slack_sdk", "aionut"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
