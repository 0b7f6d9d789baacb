"""What was left in Slack before: by a try whose answer was lost, or by a card that stands in a newer message."""

import logging
from contextlib import suppress

from bot.slack import Slack
from bot.slack_errors import Rejected
from bot.slack_refusals import Remedy
from bot.store.outbox import Post, Waiting
from bot.views.line import line

log = logging.getLogger(__name__)

GONE = frozenset({"message_not_found", "thread_not_found", "channel_not_found", "not_found"})
"""Codes that say that the message is not there any more."""

_PASSES = frozenset({Remedy.LATER, Remedy.TOKEN})
"""What says nothing of the message itself."""


async def find(slack: Slack, waiting: Waiting, channel: str, thread: str | None) -> str | None:
    """What an earlier, doubtful try has left in Slack, also outside its thread if that is gone."""
    parcel, since = waiting.parcel, waiting.created_at
    if parcel.is_file:
        return await slack.find_upload(channel, parcel.name or "file", since=since, thread=thread)
    try:
        return await slack.find(channel, waiting.key, since=since, thread=thread)
    except Rejected as why:
        astray = None
        if thread is not None and why.remedy is Remedy.ANEW:
            astray = await slack.find(channel, waiting.key, since=since)
        if astray is None:
            raise
        return astray


async def replace(slack: Slack, waiting: Waiting, old: Post, new: Post) -> None:
    """Let a card's old message say where it goes on, for its state is old. If it can't be changed, it is deleted.

    Raises SlackError. If it can't be deleted either, that is in the log, for no later try would change it.
    """
    words = await _pointing(slack, waiting, new)
    said = {"type": "section", "text": {"type": "mrkdwn", "text": words, "verbatim": True}}
    try:
        await slack.update(old.channel, old.ts, words, [said], key=waiting.key)
    except Rejected as why:
        if why.error in GONE:
            return
        if why.remedy in _PASSES:
            raise
        await _delete(slack, waiting, old, why)


async def _pointing(slack: Slack, waiting: Waiting, new: Post) -> str:
    words = line(waiting.parcel.text).text
    with suppress(Rejected):
        return f"{words} <{await slack.permalink(new.channel, new.ts)}|Open it>"
    return words


async def _delete(slack: Slack, waiting: Waiting, old: Post, refused: Rejected) -> None:
    try:
        await slack.delete(old.channel, old.ts)
    except Rejected as why:
        if why.remedy in _PASSES:
            raise
        if why.error not in GONE:
            log.error("%s: its old message keeps its old state: %s; %s", waiting.parcel.subject, refused, why)
