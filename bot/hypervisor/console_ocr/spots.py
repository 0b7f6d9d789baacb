"""Places on a picture where two colours meet as in text.

A few of them tell text from graphics, and are where grid.py looks for glyphs.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .picture import Picture

REACH = 8  # pixels around a spot that are looked at
ROWS, IN_A_ROW = 120, 6  # about how many rows are searched at first, and how many places of each are looked at
MOST, ENOUGH = 1200, 32  # places looked at in all, and spots that do
CURVED = 4  # rows around a spot that differ: a letter has more, a frame or a bar fewer
_SPREAD = 0.618  # the golden ratio: starts of searches lie far from each other


class Spot(NamedTuple):
    """A pixel of ink: of the rarer of the two colours around it."""

    x: int
    y: int
    ink: int


def spots(picture: Picture) -> Sequence[Spot]:
    """Places that look like text, no two alike, from all over the picture; none if it is a graphic."""
    found: dict[tuple[bytes, ...], Spot] = {}
    seen: set[tuple[bytes, ...]] = set()
    graphic = 0
    for x, y in _edges(picture):
        around = _around(picture, x, y)
        if around in seen or len(set(around)) < CURVED:
            continue
        seen.add(around)
        pixels = b"".join(around)
        colours = set(pixels)
        if len(colours) > 2:
            graphic += 1
        else:
            ink = min(colours, key=pixels.count)
            found[around] = Spot(x if picture.pixels[y * picture.width + x] == ink else x - 1, y, ink)
        if len(found) >= ENOUGH or graphic > ENOUGH + 2 * len(found):
            break
    return [] if graphic > 2 * len(found) else list(found.values())


def _edges(picture: Picture) -> Iterator[tuple[int, int]]:
    """Pixels that differ from their left neighbour, from rows all over the picture."""
    rows = [y for y in range(picture.height) if _mixed(picture.row(y))]
    step = max(1, len(rows) // ROWS)
    order = sorted(range(len(rows)), key=lambda i: (i % step, i * _SPREAD % 1))
    for i in order[: MOST // IN_A_ROW]:
        row = picture.row(rows[i])
        at = int(i * _SPREAD % 1 * picture.width)
        for _ in range(IN_A_ROW):
            edge = _next_edge(row, at) or _next_edge(row, 0)
            yield edge, rows[i]
            at = edge + REACH


def _mixed(row: bytes) -> bool:
    return row.count(row[:1]) < len(row)


def _next_edge(row: bytes, start: int) -> int:
    """The first pixel after `start` that differs from the one before it; 0 if none does."""
    rest = row[start:]
    run = len(rest) - len(rest.lstrip(rest[:1]))
    return start + run if 0 < run < len(rest) else 0


def _around(picture: Picture, x: int, y: int) -> tuple[bytes, ...]:
    left, right = max(0, x - REACH), x + REACH + 1
    lines = range(max(0, y - REACH), min(picture.height, y + REACH + 1))
    return tuple(picture.row(line)[left:right] for line in lines)
