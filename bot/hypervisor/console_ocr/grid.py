"""How the characters of a screen stand: the size of a cell, and where the first one begins.

The picture doesn't tell: firmware centres its text, boot loaders leave margins, kernels begin at the corner. So
cells of every known size are laid around a few spots of ink, in every way that covers the spot; where the glyph in
such a cell is known, the grid that the cell belongs to gets a vote. The right grid explains nearly all spots.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from . import fonts
from .picture import Picture, ink_bits
from .spots import Spot

VOTERS = 4  # spots around which every way to lay a cell is tried
WIDEST, HIGHEST = 16, 32
FEWEST = 0.5  # the share of the spots that a grid has to explain


class Grid(NamedTuple):
    """Cells of `width` × `height` pixels; the corner of one of them."""

    width: int
    height: int
    left: int
    top: int

    @property
    def font(self) -> fonts.Size:
        """The size of the glyphs: VGA's text modes add a ninth column to glyphs of eight."""
        return (8 if self.width == 9 else self.width, self.height)


class _Neighbourhood:
    """The pixels around a spot, a bit each: ink or not."""

    def __init__(self, picture: Picture, spot: Spot) -> None:
        self.spot, self.picture = spot, picture
        self.left, self.top = max(0, spot.x - WIDEST + 1), max(0, spot.y - HIGHEST + 1)
        self.right = min(picture.width, spot.x + WIDEST)
        bottom = min(picture.height, spot.y + HIGHEST)
        bits = ink_bits(spot.ink)
        self.rows = [
            int(picture.row(y)[self.left : self.right].translate(bits), 2) for y in range(self.top, bottom)
        ]

    def column(self, left: int, width: int) -> bytes:
        """The bits from `left` on, each row padded to whole bytes."""
        shift, mask, pad = self.right - left - width, (1 << width) - 1, -width % 8
        bits = [(row >> shift & mask) << pad for row in self.rows]
        if width <= 8:
            return bytes(bits)
        both = bytearray(2 * len(bits))
        both[::2], both[1::2] = bytes(row >> 8 for row in bits), bytes(row & 255 for row in bits)
        return bytes(both)

    def knows(self, grid: Grid) -> bool | None:
        """Whether the cell of this grid around the spot shows a known glyph. None: it is cut off."""
        left = self.spot.x - (self.spot.x - grid.left) % grid.width
        top = self.spot.y - (self.spot.y - grid.top) % grid.height
        width, height = grid.font
        if left < 0 or top < 0 or left + grid.width > self.picture.width or top + height > self.picture.height:
            return None
        column, size = self.column(left, width), (width + 7) // 8
        glyph = column[(top - self.top) * size :][: height * size]
        return zlib.crc32(glyph) in fonts.known(grid.font)

    def grids(self, size: fonts.Size, pitch: int) -> Iterator[Grid]:
        """The grids whose cell around the spot shows a known glyph of this size."""
        (width, height), known = size, fonts.known(size)
        bytes_a_row = (width + 7) // 8
        for left in range(max(self.left, self.spot.x - width + 1), min(self.spot.x, self.right - pitch) + 1):
            column = self.column(left, width)
            highest = min(self.spot.y - self.top, len(self.rows) - height)
            for y in range(max(0, self.spot.y - self.top - height + 1), highest + 1):
                at = y * bytes_a_row
                if zlib.crc32(column[at : at + height * bytes_a_row]) in known:
                    yield Grid(pitch, height, left % pitch, (self.top + y) % height)


def fit(picture: Picture, found: Sequence[Spot]) -> Iterator[Grid]:
    """The grids that explain all the spots; else the one that explains most of them, if any does."""
    around = [_Neighbourhood(picture, spot) for spot in found]
    best, most = None, FEWEST
    for size, pitch in _cells():
        votes = Counter(grid for place in around[:VOTERS] for grid in set(place.grids(size, pitch)))
        for grid, _ in votes.most_common(VOTERS):
            share = _explained(around, grid)
            if share > most or share == 1:
                best, most = grid, share
            if share == 1:
                yield grid
    if best is not None and most < 1:
        yield best


def _cells() -> Iterator[tuple[fonts.Size, int]]:
    """Sizes of glyphs and how far apart they stand, the usual ones first."""
    usual = [(8, 16), (8, 19), (16, 32)]
    yield from ((size, size[0]) for size in usual)
    yield from ((size, 9) for size in ((8, 16), (8, 14), (8, 8)))
    yield from ((size, size[0]) for size in fonts.sizes() if size not in usual)


def _explained(around: Sequence[_Neighbourhood], grid: Grid) -> float:
    answers = [known for place in around if (known := place.knows(grid)) is not None]
    return sum(answers) / len(answers) if answers else 0.0
