"""The line in a `lab` fence: a verb, its arguments and options, which a built-in action carries out.

A line is taken apart once, before any value is put in; a value takes the place of one whole word and is data
from then on, whatever it holds.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.core.nearest import did_you_mean
from bot.core.quotes import straight
from bot.core.values import shown_in

_OPTION = re.compile(r"([a-z][a-z0-9_]*)=(.*)", re.DOTALL)
_ODD_QUOTES = {
    "No closing quotation": "a quotation mark in it is not closed",
    "No escaped character": "nothing stands behind its last \\",
}
_WHOLE = re.compile(r"\$([a-z][a-z0-9_]*)")


class LabMistake(Exception):
    """A `lab` line that no built-in action understands: the author's mistake. Its text is the reason alone."""


class Effect(StrEnum):
    """What carrying something out does to the machine it is about."""

    LOOKS = "looks"  # nothing
    STARTS = "starts"
    STOPS = "stops"
    CHANGES = "changes"  # nobody can tell from outside what


@dataclass(frozen=True, slots=True)
class LabVerb:
    """What a built-in action answers to: a verb of one or two words, its arguments' and options' names.

    `LabVerb("shut down", ("guest",), ("patience",), Effect.STOPS)` is written `shut down web1 patience=60`.
    """

    name: str
    arguments: tuple[str, ...]
    options: tuple[str, ...] = ()
    effect: Effect = Effect.LOOKS


@dataclass(frozen=True, slots=True)
class LabCall:
    """One line, taken apart. Words that are a value's name (`$guest`) are filled in later, as whole words."""

    verb: str
    arguments: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    @property
    def uses(self) -> frozenset[str]:
        """The values its words name."""
        words = [*self.arguments, *(value for _, value in self.options)]
        return frozenset(found[1] for found in map(_WHOLE.fullmatch, words) if found)

    def filled(self, values: Mapping[str, str]) -> "LabCall":
        """The same call with each value in its place. Raises KeyError where one is not set."""
        arguments = tuple(_filled(word, values) for word in self.arguments)
        return replace(self, arguments=arguments, options=tuple((n, _filled(v, values)) for n, v in self.options))

    def __str__(self) -> str:
        options = (f"{name}={_quoted(value)}" for name, value in self.options)
        return " ".join([self.verb, *map(_quoted, self.arguments), *options])


def _quoted(word: str) -> str:
    return word if _WHOLE.fullmatch(word) else shlex.quote(word)


def _filled(word: str, values: Mapping[str, str]) -> str:
    found = _WHOLE.fullmatch(word)
    return values[found[1]] if found else word


def take_apart(line: str, verbs: Sequence[LabVerb]) -> LabCall:
    """Read one line by the verbs there are. Raises LabMistake."""
    verb, rest = _verb(_words(line), verbs)
    arguments = tuple(word for word in rest if not _OPTION.fullmatch(word))
    if len(arguments) != len(verb.arguments):
        wanted = " ".join([verb.name, *(name.upper() for name in verb.arguments)])
        raise LabMistake(f"it is written `{wanted}`, and here it has {len(arguments)} arguments")
    options = tuple((found[1], found[2]) for found in map(_OPTION.fullmatch, rest) if found)
    for name, _ in options:
        if name not in verb.options:
            raise LabMistake(f"`{verb.name}` has no option {name!r}{did_you_mean(name, verb.options)}")
    return LabCall(verb.name, arguments, options)


def _words(line: str) -> list[str]:
    if "\n" in line.strip():
        raise LabMistake("a `lab` fence holds one line; what comes next is a step of its own")
    if not line.strip():
        raise LabMistake("the fence is empty")
    try:
        words = shlex.split(straight(line))
    except ValueError as error:
        raise LabMistake(f"{_ODD_QUOTES.get(str(error), error)}") from error
    for word in words:
        value = found[2] if (found := _OPTION.fullmatch(word)) else word
        if shown_in(value) and not _WHOLE.fullmatch(value):
            raise LabMistake(f"a value stands as a word of its own, and {word!r} is more than that")
    return words


def _verb(words: Sequence[str], verbs: Sequence[LabVerb]) -> tuple[LabVerb, Sequence[str]]:
    """The verb the line begins with, two words before one (`start unproven` is not `start`), and what follows."""
    by_name = {verb.name: verb for verb in verbs}
    for length in (2, 1):
        name = " ".join(words[:length])
        if len(words) >= length and name in by_name:
            return by_name[name], words[length:]
    one, two = words[0], " ".join(words[:2])
    for said, known in ((one, [name for name in by_name if " " not in name]), (two, list(by_name))):
        if meant := did_you_mean(said, known):
            raise LabMistake(f"there is no verb {said!r}{meant}")
    raise LabMistake(f"there is no verb {one!r} (known here: {', '.join(sorted(by_name))})")
