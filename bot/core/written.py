"""A runbook's file as it was written: sections, and in them lists, boxes, fences, directives. Not yet understood.

markdown.py finds these in the text; reading.py makes steps of them. Lines count from 1, as an editor shows them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.lab import LabVerb
from bot.core.runbooks.directives import Word

Span = tuple[int, int]
"""The first line of something, and the first line after it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a section's first list. `alone`: it holds nothing but its one paragraph."""

    text: str
    span: Span
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A `- [ ]`, wherever it stands."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block outside of lists and quotes. `language`: the word behind the backticks, or empty."""

    language: str
    text: str
    span: Span

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.span[0]


@dataclass(frozen=True, slots=True)
class Directive:
    """A paragraph that begins as a **Check** or a **Before** does, and the fence right behind it, if any."""

    word: Word
    text: str
    span: Span
    fence: Fence | None


@dataclass(frozen=True, slots=True)
class Warned:
    """A `> [!WARNING]` without its marks."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading, or before the first. `lines`: all of it, the first being line `first`."""

    heading: str
    line: int
    first: int = 1
    lines: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    boxes: tuple[Box, ...] = ()
    fences: tuple[Fence, ...] = ()
    directives: tuple[Directive, ...] = ()
    warnings: tuple[Warned, ...] = ()

    def said(self, word: Word) -> tuple[Directive, ...]:
        """Its directives of one sort."""
        return tuple(one for one in self.directives if one.word is word)

    def without(self, spans: list[Span]) -> str:
        """Its text, except for what stands in `spans`."""
        cut = {line for span in spans for line in range(*span)}
        chunks: list[list[str]] = [[]]
        for number, text in enumerate(self.lines, self.first):
            if number in cut:
                chunks.append([])
            else:
                chunks[-1].append(text)
        texts = ("\n".join(chunk).strip("\n") for chunk in chunks)
        return "\n\n".join(text for text in texts if text.strip())


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a runbook may refer to. `hosts` and `roles`: None where they are not known, so that any will do.

    `verbs`: what a `lab` fence can say. `bot`: whether a script may run on the bot's own machine.
    """

    verbs: tuple[LabVerb, ...]
    hosts: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    bot: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong in a file, and where: `12: cannot use “Runs on”: because …`. A file's name goes before it."""

    line: int
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.line}: cannot {self.what}: because {self.why}"


@dataclass(frozen=True, slots=True, order=True)
class Hint:
    """What is no mistake, but would be better otherwise, and where: `12: “Wipe it” …`."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.line}: hint: {self.text}"


class Problems:
    """The problems found so far: reading goes on after one, so that an author sees them all at once."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, line: int, what: str, why: str) -> None:
        """Remember one."""
        self._found.append(Problem(line, what, why))

    def take(self, found: Iterable[Problem]) -> None:
        """Remember these."""
        self._found += found

    def all(self) -> tuple[Problem, ...]:
        """All of them, from the top of the file."""
        return tuple(sorted(self._found))
