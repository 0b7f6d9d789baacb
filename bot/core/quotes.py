"""Words as people type them: a name with blanks stands in quotes, straight ones or those a phone puts there."""

import re
from dataclasses import dataclass

_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟″", '"'))
_WORD = re.compile(r'"([^"]*)(?:"(?=\s|$)|$)|(\S+)')


def straight(text: str) -> str:
    """The text with typographic double quotes as straight ones. Single ones stay: they are apostrophes, too."""
    return text.translate(_STRAIGHT)


@dataclass(frozen=True, slots=True)
class Typed:
    """One word, or all between two quotes. `start`, `end`: where it stands in the text, its quotes included."""

    text: str
    quoted: bool
    start: int
    end: int


def quoted(name: str) -> str:
    """A name as it is typed: in quotes where it holds blanks."""
    return f'"{name}"' if " " in name else name


def typed(text: str) -> tuple[Typed, ...]:
    """The words of a text. A quote that is never closed lasts to the end; one within a word is part of it."""
    found = _WORD.finditer(straight(text))
    return tuple(Typed(one[2] or one[1].strip(), one[2] is None, *one.span()) for one in found)
