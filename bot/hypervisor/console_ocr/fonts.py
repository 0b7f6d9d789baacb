"""What console fonts look like: for each cell size the checksums of their glyphs, out of console_fonts.bin.

Checksums are enough to recognise a glyph and not enough to draw it, so no font is copied here. A glyph's checksum
is the CRC-32 of its bitmap: the rows from the top, each padded to whole bytes, the highest bit leftmost.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import compress
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).with_name("console_fonts.bin")
INDEX = DATA.with_suffix(".txt")  # what is in it, for people

Size = tuple[int, int]
"""The width and height of a cell, in pixels."""

_BITS = bytes(digit == ord("1") for digit in range(256))  # digits of a binary number as numbers
_HEADER = struct.Struct("<BBHI")  # width, height, number of fonts, number of shapes


class Font(NamedTuple):
    """The shapes of one font: which character, or which several, each may be."""

    shapes: Mapping[int, str]


@cache
def _blocks() -> Mapping[Size, bytes]:
    data, at = zlib.decompress(DATA.read_bytes()), 0
    blocks = {}
    while at < len(data):
        width, height, fonts, shapes = _HEADER.unpack_from(data, at)
        end = at + _HEADER.size + 6 * shapes + fonts * ((shapes + 7) // 8)
        blocks[width, height] = data[at:end]
        at = end
    return blocks


def sizes() -> Sequence[Size]:
    """The sizes of cell that any font has."""
    return list(_blocks())


@cache
def known(size: Size) -> frozenset[int]:
    """The checksums of all glyphs of a size."""
    return frozenset(_shapes(size)[0])


@cache
def fonts(size: Size) -> Sequence[Font]:
    """The fonts of a size."""
    checksums, characters, at = _shapes(size)
    block, pairs = _blocks()[size], list(zip(checksums, characters, strict=True))
    length = (len(pairs) + 7) // 8
    found = []
    while at < len(block):
        bits = f"{int.from_bytes(block[at : at + length], 'little'):b}"[::-1].encode().translate(_BITS)
        shapes: dict[int, str] = {}
        for checksum, character in compress(pairs, bits):
            shapes[checksum] = shapes.get(checksum, "") + character
        found.append(Font(shapes))
        at += length
    return found


def _shapes(size: Size) -> tuple[Sequence[int], str, int]:
    """The checksums of a block, their characters, and where its fonts begin."""
    block = _blocks()[size]
    count, at = _HEADER.unpack_from(block)[3], _HEADER.size
    checksums = struct.unpack_from(f"<{count}I", block, at)
    characters = block[at + 4 * count : at + 6 * count].decode("utf-16-le")
    return checksums, characters, at + 6 * count


def packed(size: Size, shapes: Sequence[tuple[int, str]], fonts: Sequence[int]) -> bytes:
    """A block of the data file. `fonts`: for each a number whose bits say which of the shapes it has."""
    length = (len(shapes) + 7) // 8
    return b"".join(
        (
            _HEADER.pack(*size, len(fonts), len(shapes)),
            struct.pack(f"<{len(shapes)}I", *(checksum for checksum, _ in shapes)),
            "".join(character for _, character in shapes).encode("utf-16-le"),
            *(bits.to_bytes(length, "little") for bits in fonts),
        )
    )
