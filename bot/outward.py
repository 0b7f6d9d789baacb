"""What tells people by other ways than Slack, put together: heartbeat and second channel, if they are set up."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.config import Config, Heartbeat, SecondChannel, Secrets
from bot.config.secrets import HEARTBEAT, SECOND_CHANNEL
from bot.heartbeat import Heart
from bot.second_channel import Messenger
from bot.second_channel.sender import Sender
from bot.store.reader import Reader
from bot.store.writer import Writer

log = logging.getLogger(__name__)


def messenger_of(
    secrets: Secrets, config: Config, writer: Writer, now: Callable[[], datetime]
) -> Messenger | None:
    """What tells over the second channel, if there is one."""
    if secrets.second_channel:
        settings = config.second_channel or SecondChannel()
        return Messenger(config, settings, writer, sender_of(secrets.second_channel, config), now)
    if config.second_channel:
        log.warning("no second channel: lab.yaml has one, but %s is not set", SECOND_CHANNEL)
    return None


def sender_of(urls: Sequence[str], config: Config) -> Sender:
    """What sends to these addresses."""
    settings = config.second_channel or SecondChannel()
    return Sender(urls, config.data / "second-channel", settings.timeout)


def heart_of(
    secrets: Secrets,
    config: Config,
    writer: Writer,
    reader: Reader,
    stalled: Callable[[timedelta], Sequence[str]],
) -> Heart | None:
    """The heartbeat, if there is one. `stalled`: the names of jobs that are late by more than that."""
    if secrets.heartbeat:
        return Heart(secrets.heartbeat, config.heartbeat or Heartbeat(), writer, reader, stalled)
    if config.heartbeat:
        log.warning("no heartbeat: lab.yaml has one, but %s is not set", HEARTBEAT)
    return None


def begun(messenger: Messenger | None, heart: Heart | None) -> Sequence[asyncio.Task[None]]:
    """Both, begun: tasks without an end of their own."""
    tasks = [asyncio.create_task(messenger.run(), name="the second channel")] if messenger else []
    return [*tasks, *([asyncio.create_task(heart.run(), name="the heartbeat")] if heart else [])]
