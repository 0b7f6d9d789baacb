"""What `doctor` says of heartbeat and second channel: that they work, or why a bot at home needs them."""

import asyncio
import os
from collections.abc import Mapping, Sequence

from bot.config import Config, ConfigError, Heartbeat, load_outward
from bot.config.secrets import HEARTBEAT, SECOND_CHANNEL
from bot.heartbeat.ping import PingFailed, ping
from bot.outward import sender_of
from bot.second_channel.sender import Result, Sender
from bot.views.elsewhere import trial

Said = tuple[str, str | None, bool]
"""What was found; what mends it, None if it is well; whether it is only good to know."""

SECTION = "see 'When the house is dark' in the README"


async def outward(config: Config, *, send_test: bool, env: Mapping[str, str] = os.environ) -> Sequence[Said]:
    """Send one heartbeat, and see whether Apprise knows the second channel, or send a test over it."""
    try:
        url, urls = load_outward(env, [])
    except ConfigError:
        return []  # it is told with the tokens
    sender = sender_of(urls, config)
    told = (
        _second_channel(sender, send_test=send_test) if urls else _no_second_channel(config, send_test=send_test)
    )
    return await asyncio.gather(_heartbeat(url, config) if url else _no_heartbeat(config), told)


async def _heartbeat(url: str, config: Config) -> Said:
    settings = config.heartbeat or Heartbeat()
    try:
        await ping(url, settings.method, "", settings.timeout)
    except PingFailed as why:
        return f"the heartbeat is not taken: {why}", f"look at {HEARTBEAT}, and at what it leads to", False
    return "the heartbeat is taken: somebody outside will miss this bot", None, False


async def _no_heartbeat(config: Config) -> Said:
    if config.heartbeat:
        return f"lab.yaml has `heartbeat`, and {HEARTBEAT} is not set", SECTION, False
    what = "nobody is told when the house is dark: power, line, this bot and what it would say go together"
    return what, f"let somebody outside the house miss it: {HEARTBEAT}; {SECTION}", True


async def _second_channel(sender: Sender, *, send_test: bool) -> Said:
    result = await (sender.send(trial()) if send_test else sender.examine())
    if result.state == "known" and not result.unknown:
        return (
            f"Apprise knows the {_services(sender)} of the second channel; --send-test sends a test",
            None,
            False,
        )
    if result.state == "sent":
        return f"a test went over the second channel, by {_services(sender)}", None, False
    return _failed(result), f"look at {SECOND_CHANNEL}; {SECTION}", False


def _services(sender: Sender) -> str:
    number = len(sender.urls)
    return f"{number} service{'s' * (number != 1)}"


def _failed(result: Result) -> str:
    if result.unknown:
        numbers = ", ".join(map(str, result.unknown))
        return f"Apprise knows no service by address {numbers} of the second channel"
    how = {"partial": "only a part of the second channel took a test"}
    return f"{how.get(result.state, 'the second channel did not take a test')} ({result.state}): {result.why}"


async def _no_second_channel(config: Config, *, send_test: bool) -> Said:
    if send_test:
        return f"cannot send a test: because {SECOND_CHANNEL} is not set", SECTION, False
    if config.second_channel:
        return f"lab.yaml has `second_channel`, and {SECOND_CHANNEL} is not set", SECTION, False
    what = "nobody is told while Slack is out of reach, or when nobody reads it"
    return what, f"name a second way to reach you: {SECOND_CHANNEL}; {SECTION}", True
