"""What markdown takes for something else than was meant: fences without an end, near headings and settings.

A slip is told where it stands and with what to write instead. What it leads to further down is not told.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.core.written import Fence, Problem, Span

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NESTED_FENCE = re.compile(r"(?: {4,}|\t| {1,3})(?:`{3,}|~{3,})\s*\S")
_NO_BLANK = re.compile(r"(#{1,2})(?=[^\s#!])(.+)")
_SETTING = re.compile(
    r"(?:\d+[.)]|[-*+–—•])?[\s\xa0]*[*_]*"
    r"(?P<key>use for|run on|confirm by typing|only on request|time limit|watch the size of)[*_]*"
    r"(?:\s*:[*_]*\s*|\s+(?=\$))(?P<value>\S+(?: \S+){0,2})\s*",
    re.IGNORECASE,
)
_DASHED = re.compile(r"[-*+] +[^:]+:\s")
_RUNS = ("sh", "bash")


def slips(lines: Sequence[str], fences: Iterable[Span]) -> tuple[Problem, ...]:
    """What makes a file be cut into other parts than it was meant to have."""
    if lines and lines[0].strip() == "---":
        return (
            Problem(1, "read this", "front matter means nothing here: a runbook begins with its title, `# …`"),
        )
    spans = list(fences)
    open_ones = [problem for span in spans if (problem := _unclosed(lines, span))]
    return (*open_ones[:1],) or tuple(_headings(lines, spans))


def _unclosed(lines: Sequence[str], span: Span) -> Problem | None:
    """A fence without an end, or with the end of the next one."""
    first, last = span[0], span[1] - 1
    opening = _FENCE.match(lines[first - 1])
    assert opening is not None, "markdown found a fence here"
    mark = opening[1]
    own = rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}"
    next_one = next((at for at in range(first + 1, last) if re.match(rf"{own}\s*\w", lines[at - 1])), None)
    if next_one is not None:
        why = f"it is not closed when the next one begins in line {next_one}; close it with a line of {mark}"
        return Problem(first, f"read the fence “{lines[first - 1].strip()}”", why)
    if last == first or not re.fullmatch(rf"{own}\s*", lines[last - 1]):
        why = f"it is never closed; close it with a line of {mark}"
        return Problem(first, f"read the fence “{lines[first - 1].strip()}”", why)
    return None


def _headings(lines: Sequence[str], fences: Sequence[Span]) -> Iterator[Problem]:
    inside = {line for span in fences for line in range(*span)}
    for number, line in enumerate(lines, 1):
        found = _NO_BLANK.fullmatch(line.rstrip())
        if found and number not in inside:
            yield Problem(number, f"use “{line.strip()}”", f"a heading has a blank: `{found[1]} {found[2]}`")


def stray_settings(lines: Sequence[str], first: int, known: Iterable[Span]) -> Iterator[Problem]:
    """Lines ahead of a section's first fence that read like a setting and are none: no dash, no colon.

    `lines`: the section's own, the first of them being line `first`; `known`: the settings that were found.
    """
    taken = {line for span in known for line in range(*span)}
    for number, line in enumerate(lines, first):
        if _FENCE.match(line):
            return
        found = _SETTING.fullmatch(line)
        if found and number not in taken and not _DASHED.match(line):
            right = f"- {found['key'].capitalize()}: {found['value'].rstrip('*_')}"
            yield Problem(number, f"use “{line.strip()}”", f"a setting is written `{right}`")


def why_no_script(fences: Sequence[Fence], lines: Sequence[str], first: int) -> str:
    """Why a section that says `Run on` runs nothing there, and what to write instead."""
    shown = next((one for one in fences if one.language != "lab"), None)
    if shown and shown.language:
        return f"a `{shown.language}` fence (line {shown.line}) is only shown; {' and '.join(_RUNS)} can be run"
    if shown:
        return f"the fence in line {shown.line} names no language; begin it with ```sh"
    nested = next((number for number, line in enumerate(lines, first) if _NESTED_FENCE.match(line)), None)
    if nested:
        return f"the fence in line {nested} is indented and so part of a list; begin it in the first column"
    return "no script stands here for it: a fence that begins with ```sh or ```bash"
