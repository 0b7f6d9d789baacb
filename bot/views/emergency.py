"""What is said in Slack when the bot can't write its database, and when it can again. It comes from no row."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from bot.core.health import Observation, TargetId
from bot.core.lengths import clock_time
from bot.core.picture import Trouble
from bot.views import Card
from bot.views.limits import TEXT, cut, section
from bot.views.outside import bold, safe
from bot.views.times import clock, lasted, when

_SHOWN = 10
_FEW = 3


def cannot_write_line(trouble: Trouble) -> str:
    """What is wrong, for whoever asks for the lab's status, too."""
    since = when(trouble.since)
    if trouble.unsafe:
        return f"⛔ My database is not safe since {since}: {safe(trouble.why, 500)}."
    return f"⛔ I cannot write my database since {since}: {safe(trouble.why, 200)}. What I say may be old."


def cannot_write_card(
    trouble: Trouble, owner: str, noticed: Sequence[Observation], names: Callable[[TargetId], str]
) -> Card:
    """The message that goes past the outbox. `noticed`: what fails now and has no incident for that reason."""
    lines = [f"{cannot_write_line(trouble)} <@{owner}>"]
    return _card("\n".join([*lines, *noticed_lines(noticed, names)]))


def cannot_write_words(
    trouble: Trouble, noticed: Sequence[Observation], names: Callable[[TargetId], str], zone: tzinfo
) -> str:
    """The same in plain text, for where there is no Slack; its time is in that zone."""
    words = "My database is not safe" if trouble.unsafe else "I cannot write my database"
    said = [f"{names(one.target)}: {one.why}" for one in noticed[:_FEW]]
    more = [f"and {len(noticed) - _FEW} more"] if len(noticed) > _FEW else []
    meanwhile = f" Noticed since: {'; '.join([*said, *more])}." if said else ""
    return f"{words} since {clock_time(trouble.since, zone)}: {trouble.why}.{meanwhile}"


def noticed_lines(noticed: Sequence[Observation], names: Callable[[TargetId], str]) -> Sequence[str]:
    """What fails now and has no incident because that can't be written."""
    if not noticed:
        return []
    lines = [f"• {bold(safe(names(s.target), 60))}: {safe(s.why, 150)} ({clock(s.at)})" for s in noticed[:_SHOWN]]
    left = len(noticed) - _SHOWN
    more = [f"… and {left} more"] if left > 0 else []
    return ["Noticed since, and not recorded yet:", *lines, *more]


def can_write_card(trouble: Trouble, until: datetime) -> Card:
    """What becomes of that message afterwards."""
    length = lasted(until - trouble.since)
    if trouble.unsafe:
        return _card(f"🟢 My database is safe again. It was not for {length}: {safe(trouble.why, 500)}.")
    words = f"🟢 I can write my database again. I could not for {length}: {safe(trouble.why, 200)}."
    return _card(f"{words} What I noticed meanwhile is recorded now.")


def cannot_start_card(why: str, owner: str) -> Card:
    """The one message of a bot that can't start because it can't use its database."""
    return _card(f"⛔ I cannot start: {safe(why, 300)}. I watch nothing until that is mended. <@{owner}>")


def _card(text: str) -> Card:
    return Card(cut(text, TEXT), (section(text),))
