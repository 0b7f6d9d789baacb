"""Directives: the paragraphs `**Check** …:` and `**Before**: …`, which say what the fence behind them is for.

A sentence that only begins like one (`**Check status:** …`) is prose. What is nearly one counts as one, so that
reading.py can say how it is written: a guard that is overlooked would be worse than an error.
"""

import re
from enum import StrEnum

_BOLD = re.compile(r"(\*\*|__)(.+?)\1(.*)", re.DOTALL)
_PLAIN = re.compile(r"[*_]?(check|before)[*_]?(?:\s*:|\s+(?:every|for)\b)", re.IGNORECASE)
_TIMES = re.compile(r"\s*(every|for)\b", re.IGNORECASE)
_RUNNABLE = frozenset({"lab", "sh", "bash", "powershell", "cmd", "console", "shell"})


class Word(StrEnum):
    """What a directive begins with."""

    CHECK = "check"
    BEFORE = "before"


def directive(text: str, behind: str | None, *, fences: bool) -> Word | None:
    """Which directive a paragraph is meant to be; None for prose.

    `behind`: the language of the fence right behind it, None where there is none. `fences`: whether any fence
    stands in the section.
    """
    found = _BOLD.match(text)
    if found is None:
        plain = _PLAIN.match(text) if behind in _RUNNABLE else None
        return Word(plain[1].casefold()) if plain else None
    bold, tail = " ".join(found[2].split()), found[3]
    first, _, more = bold.partition(" ")
    name = first.removesuffix(":").casefold()
    if name not in set(Word) or (more and not (name == Word.CHECK and _TIMES.match(more))):
        return None
    word = Word(name)
    if behind in _RUNNABLE or _exact(word, bold, tail):
        return word
    unclear = _unclear_check(bold, tail, more) if word is Word.CHECK else bold.endswith(":") and fences
    return word if unclear else None


def _exact(word: Word, bold: str, tail: str) -> bool:
    """Whether it is written as it should be, as far as its first line tells."""
    if bold.casefold() != word:
        return False
    return tail.startswith(":") if word is Word.BEFORE else tail.strip() == ":"


def _unclear_check(bold: str, tail: str, more: str) -> bool:
    """Whether a paragraph without a fence that runs is still no sentence: `**Check** every 5 s:`, `**Check:**`."""
    if more:
        return f"{bold}{tail.rstrip()}".endswith(":")
    return not tail.strip() or (not bold.endswith(":") and bool(_TIMES.match(tail)))
