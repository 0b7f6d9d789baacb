"""What an answer has to match, tried at a price that is known when the runbook is read.

Python's `re` tries one way after another in which a pattern could match, and nothing else of the bot runs
meanwhile: `([0-9a-f]+:?)+` has more than a billion ways to fail at one mistyped MAC address. So a pattern's ways
are counted beforehand, at the worst answer there could be, and one that takes too many steps is refused.
"""

import re
from collections.abc import Iterable, Sequence
from re import _parser  # type: ignore[attr-defined]  # private, and the one exact account of what `re` will do
from typing import Any, Final

LONGEST: Final = 100
"""Characters of an answer that is matched; a longer one never matches."""

_MOST_STEPS: Final = 20_000_000
"""Enough for four parts of any length, one after another; no answer takes longer than a second or two."""

_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})

_Reached = Sequence[int]
"""In how many ways the first n characters can have been matched, by n."""


class _TooMany(Exception):
    """The pattern has so many ways that trying them all takes too long, or nobody has counted them."""


def why_not_a_pattern(pattern: str) -> str | None:
    """Why an answer can't be matched with it; None where it can."""
    try:
        parsed = _parser.parse(pattern)
        if parsed.getwidth()[0] > LONGEST:
            return f"an answer to it may have {LONGEST} characters, and it matches none that is so short"
        _Count().after(parsed, (1, *[0] * LONGEST))
    except (re.error, OverflowError, RecursionError) as why:
        return f"it is no regular expression: {why}"
    except _TooMany:
        return (
            "it could take hours to find that an answer does not match: it repeats what itself varies, as in "
            "([a-z]+-?)+, has too many parts of any length, or refers to other parts; repeat single characters, "
            "as in [a-z-]+, or so many times at most, as in [0-9]{1,3}"
        )
    return None


def why_no_match(pattern: str, answer: str) -> str | None:
    """Why that answer is not taken; None where it is. `pattern` is one of a runbook that was read."""
    if len(answer) > LONGEST:
        return f"it has {len(answer)} characters, and may have {LONGEST}"
    return None if re.fullmatch(pattern, answer) else f"“{answer}” does not match {pattern}"


class _Count:
    """Goes all ways at once, as if each character fitted everywhere, and counts the steps."""

    def __init__(self) -> None:
        self._steps = 0

    def after(self, parsed: Sequence[tuple[Any, Any]], reached: _Reached) -> _Reached:
        """Where one can be after `parsed`, from where one was before. Raises _TooMany."""
        for part, told in parsed:
            reached = self._after_part(str(part), told, reached)
            self._steps += sum(reached)
            if self._steps > _MOST_STEPS:
                raise _TooMany
        return reached

    def _after_part(self, part: str, told: Any, reached: _Reached) -> _Reached:
        match part:
            case "LITERAL" | "NOT_LITERAL" | "IN" | "ANY":
                return (0, *reached[:-1])
            case "AT":
                return reached
            case "SUBPATTERN":
                return self.after(told[-1], reached)
            case "BRANCH":
                return _together(self.after(one, reached) for one in told[1])
            case _ if part in _REPEATS:
                return self._repeated(told, reached)
        raise _TooMany

    def _repeated(self, told: tuple[int, int, Any], reached: _Reached) -> _Reached:
        least, most, what = told
        if what.getwidth()[0] == 0:  # nothing stands any number of times in every answer
            raise _TooMany
        ways = [reached]
        for _ in range(min(int(most), LONGEST)):
            ways.append(self.after(what, ways[-1]))
        return _together(ways[int(least) :])


def _together(ways: Iterable[_Reached]) -> _Reached:
    return [sum(column) for column in zip(*ways, strict=True)] or [0] * (LONGEST + 1)
