"""`run`: the bot, until it is told to stop. And what every long run needs: signals, and a log without secrets."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterable

from bot.app import Caretaker
from bot.clock import Clock
from bot.config import Config, Secrets, load, take_secrets
from bot.core.permit import Person
from bot.domain_log import DomainFormatter
from bot.redact import RedactedLog, Redactor, redactor_of
from bot.store import StoreFailed, StoreInUse
from bot.terminal import UserMistake
from bot.vocabulary import probe_params

EXIT_AGAIN = 75  # EX_TEMPFAIL: whoever supervises the bot should start it again

log = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> int:
    """Run the bot until it is told to stop."""
    config = load(options.config, probes=probe_params())
    secrets = take_secrets(os.environ)
    level = logging.DEBUG if options.verbose else logging.INFO
    log_to_stderr(level, redactor_of(config, secrets), config.people)
    for warning in secrets.warnings:
        log.warning(warning)
    try:
        return asyncio.run(serve(config, secrets))
    except StoreInUse as why:
        raise UserMistake(f"{why}; stop that one, or give this one another `data` in {config.path}") from why
    except StoreFailed as why:
        raise UserMistake(str(why)) from why


async def serve(config: Config, secrets: Secrets) -> int:
    """Run the bot until SIGTERM or SIGINT (0), or until only a new process may help (75)."""
    told = told_to_stop()
    bot = Caretaker(config, secrets)
    try:
        await bot.start()
    except StoreFailed as why:
        await _tell(config, secrets, why)
        raise
    try:
        log.info("watching %s; posting to #%s", _what(config), config.slack.channel)
        await first_of(told, bot.hopeless)
        log.info("stopping, as told" if told.is_set() else "stopping, to be started again")
    finally:
        await bot.stop()
    return 0 if told.is_set() else EXIT_AGAIN


async def _tell(config: Config, secrets: Secrets, why: StoreFailed) -> None:
    """What a bot can't tell that does not start. Where another one watches, there is nothing to tell."""
    if not isinstance(why, StoreInUse):
        from bot.talking import cannot_start  # noqa: PLC0415  Slack's libraries take their time

        await cannot_start(secrets, config, str(why), Clock().now())


def told_to_stop() -> asyncio.Event:
    """Is set by SIGTERM and SIGINT."""
    told = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, told.set)
    return told


async def first_of(*events: asyncio.Event) -> None:
    """Wait for any of the events."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def log_to_stderr(level: int, redactor: Redactor | None = None, people: Iterable[Person] = ()) -> None:
    """Log to stderr, without a secret in it: the bot's own from `level` on, of libraries only warnings.

    Of APScheduler not even errors: a job that fails is told by app.py.
    """
    handler = logging.StreamHandler(sys.stderr)
    plain = DomainFormatter({one.slack: one.name for one in people})
    handler.setFormatter(RedactedLog(redactor or Redactor(), plain))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for own in ("bot", "handlers"):
        logging.getLogger(own).setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def _what(config: Config) -> str:
    """E.g. `3 hosts, 1 UPS, 2 services`."""
    kinds = (("host", config.hosts), ("UPS", config.ups), ("service", config.services))
    return ", ".join(f"{len(all_)} {kind}{'s' * (len(all_) > 1)}" for kind, all_ in kinds if all_) or "nothing yet"
