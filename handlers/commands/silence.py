"""`/lab silence web1 2h reason`."""

import re
from contextlib import suppress
from dataclasses import replace
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
_SPELT = re.compile(r"\b(\d+(?:\.\d+)?) ?(minutes?|mins?|hours?|hrs?|days?|(?<= )[mhd])\b", re.IGNORECASE)


async def answer(desk: Desk, asked: Asked) -> Card:
    """Do not hear of a target for a while."""
    asked = replace(asked, text=_joined(asked.text))
    name, words = asked.name_before(_is_length)
    length = _length(name, asked.word(words))
    if len(asked.words) == words + 1:
        raise Mistake(f"Why? Please add the reason, as in `/lab {asked.usage}`")
    reason = asked.rest(words + 1)
    made = await desk.writer.do(incidents.silence, desk.config, name, length, asked.by, reason)
    return silenced_card(name, when(made.until), reason)


def _joined(text: str) -> str:
    """What was typed with `2 hours` as `2h`, where no length stands before it."""
    found = _SPELT.search(text)
    if found is None or any(map(_is_length, text[: found.start()].split())):
        return text
    return f"{text[: found.start()]}{found[1]}{found[2][0].lower()}{text[found.end() :]}"


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
