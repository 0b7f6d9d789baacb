"""The characters in the cells of a grid, by the shapes of their glyphs."""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from . import fonts
from .grid import Grid
from .picture import Picture, ink_bits

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_CURSORS = dict.fromkeys(map(ord, "⎽▁▂"))  # drawn at the foot of a cell, as some fonts draw these
_LETTER = re.compile(r"[^\W_]")

Cell = tuple[bytes, ...]
"""The rows of pixels of one cell."""


def lines(picture: Picture, grid: Grid) -> Sequence[str]:
    """Each line of the grid, a character for each cell; none if the picture is no text after all."""
    rows = [
        list(_cells(picture, grid, top)) for top in range(grid.top, picture.height - grid.height + 1, grid.height)
    ]
    shapes = {cell: _shapes(cell, grid, picture.paper) for cell in set().union(*rows)}
    read = _read(shapes, grid)
    text = ["".join(read[cell] for cell in row) for row in rows]
    written = "".join("".join(text).split())
    if 2 * written.count(UNKNOWN) > len(written) or not _LETTER.search(written):
        return []
    return text


def _cells(picture: Picture, grid: Grid, top: int) -> Iterator[Cell]:
    columns = (picture.width - grid.left) // grid.width
    split = struct.Struct(f"{grid.left}x" + f"{grid.width}s" * columns).unpack_from
    return zip(*(split(picture.row(y)) for y in range(top, top + grid.height)), strict=True)


def _shapes(cell: Cell, grid: Grid, paper: int) -> Sequence[int]:
    """The checksums that its glyph may have: ink on paper, or the other way round. None: it is blank."""
    colours = set(b"".join(cell))
    if len(colours) == 1:
        return ()
    if len(colours) > 2:
        return (0,)
    first, second = sorted(colours, key=lambda colour: (colour != paper, -sum(row.count(colour) for row in cell)))
    return [_checksum(cell, ink, grid) for ink in (second, first)]


def _checksum(cell: Cell, ink: int, grid: Grid) -> int:
    """The checksum of a glyph drawn in this colour; 0 for what no glyph is."""
    width, _ = grid.font
    rows = [row.translate(ink_bits(ink)) for row in cell]
    if grid.width > width and any(row[8] == 49 != row[7] for row in rows):
        return 0  # VGA leaves the ninth column blank, or repeats the eighth
    padded = -(-width // 8) * 8
    return zlib.crc32(
        b"".join(int(row[:width].ljust(padded, b"0"), 2).to_bytes(padded // 8, "big") for row in rows)
    )


def _read(shapes: Mapping[Cell, Sequence[int]], grid: Grid) -> Mapping[Cell, str]:
    """What each cell shows. The font that knows most of the cells decides where fonts differ."""
    every = fonts.fonts(grid.font)
    seen = [set(checksums) for checksums in shapes.values() if checksums]
    known = [sum(not checksums.isdisjoint(font.shapes) for checksums in seen) for font in every]
    best = [font for font, count in zip(every, known, strict=True) if count == max(known)]
    return {
        cell: " " if not checksums else character(checksums, best, every) or _ruled(cell)
        for cell, checksums in shapes.items()
    }


def character(checksums: Iterable[int], best: Sequence[fonts.Font], every: Sequence[fonts.Font]) -> str:
    """The character of the first known shape; "" if none is known, if it may be several, or is but a cursor."""
    for checksum in checksums:
        for some in (best, every):
            told = {character for font in some for character in font.shapes.get(checksum, "")}
            if len(told) == 1 or (told and min(told) < "\x7f"):
                return min(told).translate(_CURSORS)
            if told:
                return ""
    return ""


def _ruled(cell: Cell) -> str:
    """An unknown shape: a cursor or a line across is blank, one from top to bottom is told as such."""
    if all(len(set(row)) == 1 for row in cell):
        return " "
    return "│" if len(set(cell)) == 1 else UNKNOWN
