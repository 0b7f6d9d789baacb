"""A runbook's markdown → core.runbook, or what is wrong with it, with lines. The only import of markdown-it.

Finds a file's parts and where they stand; what they mean is core/reading.py's. Keeps no trees: a file is parsed
when it has changed.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.core.reading import Reading, read
from bot.core.runbooks.directives import directive
from bot.core.runbooks.slips import slips
from bot.core.written import Box, Directive, Fence, Item, Knowledge, Problem, Section, Span, Warned

_LINE_END = re.compile(r"\r\n?|\n")  # markdown-it's own: str.splitlines knows more line ends, and would miscount
_BOX = re.compile(r"\[[ xX]\]\s+(.+)", re.DOTALL)
_QUOTE = re.compile(r"\s*>\s?")
_PARSER = MarkdownIt("commonmark")

Block = Sequence[Token]
"""One top-level block: its opening token, all within, its closing token."""


def parse(name: str, source: str, knowledge: Knowledge) -> Reading:
    """Read a runbook's text. `name`: the file's name without `.md`."""
    lines = tuple(_LINE_END.split(source.removeprefix("\ufeff")))
    blocks = list(_blocks(_PARSER.parse("\n".join(lines))))
    heads = [at for at, block in enumerate(blocks) if _level(block) in {1, 2}]
    fences = [_span(block) for block in blocks if block[0].type == "fence"]
    if problems := slips(lines, fences) or _misplaced(blocks, heads):
        return Reading(None, problems)
    bounds = [*heads, len(blocks)]
    sections = [_section(blocks[start], blocks[start + 1 : end], lines) for start, end in pairwise(bounds)]
    return read(name, source, sections[0], tuple(sections[1:]), knowledge)


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    """The tokens by top-level block: what is nested in a list or a quote stays within it."""
    start = 0
    for at, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            yield tokens[start : at + 1]
            start = at + 1


def _level(block: Block) -> int:
    """1 for a title, 2 for a step's heading, 0 for all else."""
    return {"h1": 1, "h2": 2}.get(block[0].tag, 0)


def _misplaced(blocks: Sequence[Block], heads: Sequence[int]) -> tuple[Problem, ...]:
    """What keeps a file from being cut into a title and steps."""
    if not blocks:
        return (Problem(1, "read this", "it is empty; a runbook begins with its title: `# What it mends`"),)
    found = []
    levels = [_level(blocks[at]) for at in heads]
    if levels[:1] != [1] or heads[0] != 0:
        found.append(Problem(1, "read this", "a runbook begins with its title: `# What it mends`"))
    for at, level in list(zip(heads, levels, strict=True))[1:]:
        if level == 1:
            found.append(Problem(_span(blocks[at])[0], "have a second title", "a step's heading is `## …`"))
    if 2 not in levels:
        third = next((block for block in blocks if block[0].tag == "h3"), None)
        why = f"a step's heading is `## {_text(third)}`" if third else "it has no step: `## What to do first`"
        found.append(Problem(_span(third)[0] if third else 1, "read this", why))
    found += [
        Problem(_span(blocks[at])[0], "use this heading", "it is empty") for at in heads if not _text(blocks[at])
    ]
    return tuple(sorted(found))


def _section(head: Block, blocks: Sequence[Block], lines: tuple[str, ...]) -> Section:
    """What stands below one heading."""
    first = _span(head)[1]
    past = _span(blocks[-1])[1] if blocks else first
    lists = [block for block in blocks if block[0].type in {"bullet_list_open", "ordered_list_open"}]
    fences = [_fence(block) for block in blocks]
    behind = zip(blocks, [*fences[1:], None], strict=False)
    said = [one for block, fence in behind if (one := _directive(block, fence, fences=any(fences)))]
    of_directives = [one.fence for one in said if one.fence]
    return Section(
        heading=_text(head),
        line=_span(head)[0],
        first=first,
        lines=lines[first - 1 : past - 1],
        items=tuple(_items(lists[0])) if lists and lists[0][0].type == "bullet_list_open" else (),
        boxes=tuple(box for block in lists for box in _boxes(block)),
        fences=tuple(fence for fence in fences if fence and fence not in of_directives),
        directives=tuple(said),
        warnings=tuple(warned for block in blocks for warned in _warnings(block, lines)),
    )


def _span(block: Block) -> Span:
    """A block's lines, counted from 1."""
    start, past = block[0].map or (0, 0)
    return start + 1, past + 1


def _text(block: Block) -> str:
    """The block's own words, in one line."""
    return " ".join(block[1].content.split())


def _fence(block: Block) -> Fence | None:
    if block[0].type != "fence":
        return None
    language = (block[0].info.split() or [""])[0]
    return Fence(language.lower(), block[0].content, _span(block))


def _directive(block: Block, following: Fence | None, *, fences: bool) -> Directive | None:
    if block[0].type != "paragraph_open":
        return None
    word = directive(block[1].content, following.language if following else None, fences=fences)
    return Directive(word, _text(block), _span(block), following) if word else None


def _items(block: Block) -> Iterator[Item]:
    """A list's own items; what a nested one holds is not theirs."""
    for at, token in enumerate(block):
        if token.type == "list_item_open" and token.level == 1:
            end = next(
                past
                for past in range(at, len(block))
                if block[past].type == "list_item_close" and block[past].level == 1
            )
            within = block[at + 1 : end]
            own = [one for one in within if one.level == 2 and one.nesting >= 0]
            alone = [one.type for one in own] == ["paragraph_open"]
            yield Item(within[1].content if own and own[0].type == "paragraph_open" else "", _span([token]), alone)


def _boxes(block: Block) -> Iterator[Box]:
    """The boxes of a list and of the lists within it, but not of quotes."""
    quotes = 0
    for at, token in enumerate(block):
        quotes += token.nesting if token.type.startswith("blockquote") else 0
        found = (
            _BOX.fullmatch(token.content)
            if token.type == "inline" and block[at - 2].type == "list_item_open"
            else None
        )
        if found and not quotes:
            yield Box(" ".join(found[1].split()), _span([token]))


def _warnings(block: Block, lines: tuple[str, ...]) -> Iterator[Warned]:
    """A quote that begins with `[!WARNING]`, without that mark, on one line: it is shown in bold."""
    if block[0].type != "blockquote_open":
        return
    span = _span(block)
    quoted = [_QUOTE.sub("", line, count=1) for line in lines[span[0] - 1 : span[1] - 1]]
    if quoted[0].strip() == "[!WARNING]":
        yield Warned(" ".join(" ".join(quoted[1:]).split()), span)
