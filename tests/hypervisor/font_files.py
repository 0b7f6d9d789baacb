"""Fonts as the programs that draw consoles bring them: for each glyph its bitmap and the characters it is for.

A bitmap is as PSF has it: the rows from the top, each padded to whole bytes, the highest bit leftmost.
"""

import gzip
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CP437 = (
    "\0☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
    + bytes(range(32, 127)).decode("ascii")
    + "⌂"
    + bytes(range(128, 256)).decode("cp437")
)
LETTER_A = {  # as a VGA's ROM draws it, in rows of eight pixels: by it the font is found there
    8: bytes.fromhex("3078ccccfccccc00"),
    14: bytes.fromhex("000010386cc6c6fec6c6c6000000"),
    16: bytes.fromhex("000010386cc6c6fec6c6c6c600000000"),
}


@dataclass(frozen=True, slots=True)
class FontFile:
    width: int
    height: int
    glyphs: list[tuple[bytes, list[str]]]

    def glyph(self, character: str) -> bytes | None:
        return next((bitmap for bitmap, drawn in self.glyphs if character in drawn), None)


def contents(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def psf(path: Path) -> FontFile:
    """A console font of Linux, of either version. Only one that says which characters it has."""
    data = contents(path)
    if data.startswith(b"\x36\x04"):
        mode, height = data[2:4]
        count, start, size, width = 512 if mode & 1 else 256, 4, height, 8
        table = data[start + count * size :].decode("utf-16-le", "surrogatepass")
        drawn = [list(entry.partition("\ufffe")[0]) for entry in table.split("\uffff")[:count]] if mode & 6 else []
    else:
        assert data.startswith(b"\x72\xb5\x4a\x86"), path
        _, start, flags, count, size, height, width = struct.unpack_from("<7I", data, 4)
        entries = data[start + count * size :].split(b"\xff")[:count]
        drawn = [list(entry.partition(b"\xfe")[0].decode()) for entry in entries] if flags & 1 else []
    bitmaps = [data[start + i * size : start + (i + 1) * size] for i in range(count)]
    assert len(drawn) == count, f"{path} does not say which characters it has"
    return FontFile(width, height, list(zip(bitmaps, drawn, strict=True)))


def code_page(width: int, height: int, data: bytes) -> FontFile:
    """256 glyphs in the order of code page 437."""
    size = (width + 7) // 8 * height
    bitmaps = [data[i * size : (i + 1) * size] for i in range(256)]
    return FontFile(width, height, [(bitmap, [drawn]) for bitmap, drawn in zip(bitmaps, CP437, strict=True)])


def vga_rom(path: Path, height: int) -> FontFile:
    """One of the fonts in a VGA's ROM."""
    rom = path.read_bytes()
    start = rom.index(LETTER_A[height]) - ord("A") * height
    return code_page(8, height, rom[start : start + 256 * height])


def c_array(path: Path, width: int, height: int) -> FontFile:
    """A font of the kernel's lib/fonts."""
    source = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    array = re.search(r"FONTDATAMAX, 0 *\}, *\{(.*?)\};", source, re.DOTALL)
    assert array, path
    return code_page(width, height, bytes(int(byte, 16) for byte in re.findall(r"0x[0-9a-fA-F]{1,2}\b", array[1])))


def edk2(path: Path, names: Path) -> FontFile:
    """The font of EDK II's graphics console; `names`: the header that names its line-drawing characters."""
    numbers = dict(re.findall(r"#define (\w+) +(0x2[0-9a-fA-F]{3})", names.read_text()))
    entry = r"\{\s*(?:\(CHAR16\)\s*)?(\w+),\s*0x00,\s*\{([^}]*)\}"
    glyphs = [
        (bytes(int(row, 16) for row in rows.split(",")), [chr(int(numbers.get(code, code), 16))])
        for code, rows in re.findall(entry, path.read_text())
    ]
    return FontFile(8, 19, glyphs)


def hex_lines(path: Path, width: int, height: int) -> FontFile:
    """Lines of `code:bitmap`, as FreeBSD keeps its fonts."""
    lines = re.findall(r"^([0-9a-fA-F]{4,6}):([0-9a-fA-F]+)$", path.read_text(), re.MULTILINE)
    size = 2 * height * ((width + 7) // 8)
    return FontFile(
        width, height, [(bytes.fromhex(row), [chr(int(code, 16))]) for code, row in lines if len(row) == size]
    )


def pf2(path: Path) -> FontFile:
    """A font of GRUB's: each glyph is a box somewhere in its cell. Wide ones are left out."""
    data, sections, at = contents(path), {}, 0
    while data[at : at + 4] != b"DATA":
        name, size = struct.unpack_from(">4sI", data, at)
        sections[name] = data[at + 8 : at + 8 + size]
        at += 8 + size
    (ascent,), (descent,) = (struct.unpack(">H", sections[name]) for name in (b"ASCE", b"DESC"))
    glyphs = []
    for code, _, offset in struct.iter_unpack(">IBI", sections[b"CHIX"]):
        if code > 0x10FFFF:
            continue
        width, height, left, bottom, advance = struct.unpack_from(">HHhhh", data, offset)
        if advance == 8 and left + width <= 8 and ascent - height - bottom >= 0:
            bits = data[offset + 10 : offset + 10 + (width * height + 7) // 8]
            rows = list(boxed(bits, width, height, left))
            above = ascent - height - bottom
            bitmap = bytes(above) + bytes(rows)
            glyphs.append((bitmap + bytes(ascent + descent - len(bitmap)), [chr(code)]))
    return FontFile(8, ascent + descent, glyphs)


def boxed(bits: bytes, width: int, height: int, left: int) -> Iterator[int]:
    whole, length = int.from_bytes(bits, "big"), 8 * len(bits)
    for row in range(height):
        yield (whole >> (length - (row + 1) * width) & ((1 << width) - 1)) << (8 - left - width)


def pcf(path: Path) -> FontFile:
    """A bitmap font of X11, most significant byte and bit first or last, as its tables say."""
    data = contents(path)
    tables = {}
    for i in range(struct.unpack_from("<I", data, 4)[0]):
        kind, form, _, offset = struct.unpack_from("<4I", data, 8 + 16 * i)
        tables[kind] = (form, ">" if form & 4 else "<", offset + 4)
    form, order, at = tables[2]
    ascent, descent = struct.unpack_from(f"{order}2i", data, at + 8)
    metrics = pcf_metrics(data, *tables[4])
    width = max(metric[2] for metric in metrics)
    form, order, at = tables[8]
    count = struct.unpack_from(f"{order}I", data, at)[0]
    offsets = struct.unpack_from(f"{order}{count}I", data, at + 4)
    start, pad = at + 4 + 4 * count + 16, 1 << (form & 3)
    bitmaps = []
    for (left, right, _, above, below), offset in zip(metrics, offsets, strict=True):
        stride = ((right - left + 7) // 8 + pad - 1) // pad * pad
        rows = [int.from_bytes(data[start + offset + y * stride :][:stride], "big") for y in range(above + below)]
        size = (width + 7) // 8
        shifted = [
            (row >> 8 * (stride - size) if stride >= size else row << 8 * (size - stride)) >> left for row in rows
        ]
        lines = [0] * (ascent - above) + shifted + [0] * (descent - below)
        bitmaps.append(b"".join(line.to_bytes(size, "big") for line in lines))
    form, order, at = tables[32]
    low, high, first, last, _ = struct.unpack_from(f"{order}5H", data, at)
    places = struct.unpack_from(f"{order}{(high - low + 1) * (last - first + 1)}H", data, at + 10)
    codes = [256 * row + column for row in range(first, last + 1) for column in range(low, high + 1)]
    return FontFile(
        width,
        ascent + descent,
        [(bitmaps[place], [chr(code)]) for place, code in zip(places, codes, strict=True) if place != 0xFFFF],
    )


def pcf_metrics(data: bytes, form: int, order: str, at: int) -> list[tuple[int, ...]]:
    if form & 0x100:
        count = struct.unpack_from(f"{order}H", data, at)[0]
        return [tuple(byte - 0x80 for byte in data[at + 2 + 5 * i :][:5]) for i in range(count)]
    count = struct.unpack_from(f"{order}I", data, at)[0]
    return [struct.unpack_from(f"{order}5h", data, at + 4 + 12 * i) for i in range(count)]
