"""`/lab silence web1 2h reason`."""

from contextlib import suppress
from datetime import timedelta

from bot import incidents
from bot.config.scalars import duration
from bot.views import Card
from bot.views.answers import silenced_card
from bot.views.times import when
from handlers.commands import Asked, Verb
from handlers.desk import Desk
from handlers.kindly import Mistake

SHORTEST = timedelta(minutes=1)


async def answer(desk: Desk, asked: Asked) -> Card:
    """Do not hear of a target for a while."""
    name, words = asked.name_before(_is_length)
    length, reason = _length(name, asked.word(words)), asked.rest(words + 1)
    made = await desk.writer.do(incidents.silence, desk.config, name, length, asked.by, reason)
    return silenced_card(name, when(made.until), reason)


def _is_length(word: str) -> bool:
    try:
        duration(word)
    except ValueError:
        return False
    return True


def _length(name: str, word: str) -> timedelta:
    """How long; shorter than a minute is over before it is read."""
    with suppress(ValueError):
        if SHORTEST <= (length := duration(word)) <= incidents.LONGEST_SILENCE:
            return length
    raise Mistake(
        f"cannot silence '{name}' for '{word}': because a silence lasts from 1m to 365d, such as 30m, 2h or 1d"
    )


VERB = Verb("silence", "silence web1 2h the reason", "mute alerts for a machine for a while", answer)
