"""Makes the font data of the screen reader anew: `python -m tests.hypervisor.make_console_fonts FOLDER`.

FOLDER holds what no installed package brings: `linux/` (the kernel's lib/fonts), `edk2/` (LaffStd.c and
SimpleTextOut.h), `gallant/gallant.hex`, `kbd/` (its data/consolefonts), `terminus/` and `spleen/` (unpacked from
Debian's xfonts-terminus and fonts-spleen). A font whose files are missing is kept as it is in the data.
"""

import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.hypervisor.console_ocr import fonts as data
from tests.hypervisor.font_files import FontFile, c_array, edk2, hex_lines, pcf, pf2, psf, vga_rom

Size = tuple[int, int]
Shapes = dict[int, set[str]]  # checksums of bitmaps, and for which characters a font has each
Told = dict[tuple[Size, str], tuple[str, Shapes]]  # by size and name: its licence, and its shapes
Pairs = set[tuple[int, str]]  # checksums of bitmaps, and which character each is, or may be
Fonts = dict[tuple[Size, str], tuple[str, Pairs]]  # by size and name: its licence, and its shapes

HEADER = """\
# The fonts whose glyphs the screen reader knows, in the order of console_fonts.bin: the size of a cell, where the
# font comes from, how many of its characters are known, its licence. The .bin has checksums only: no glyph can be
# drawn from it. tests/hypervisor/make_console_fonts.py makes both, and says where each font is to be had."""

# What a boot writes: Latin, Greek, Cyrillic, punctuation, symbols, lines and blocks.
WANTED = ((0x21, 0x7E), (0xA1, 0x17F), (0x192, 0x192), (0x218, 0x21B), (0x370, 0x481), (0x48A, 0x52F),
          (0x2010, 0x2027), (0x2030, 0x205E), (0x2070, 0x20BF), (0x2100, 0x23FF), (0x2500, 0x26FF))  # fmt: skip
# Characters that fonts draw alike, the one that is told first. Letters of different alphabets need no mention.
ALIKE = ("←◀◄", "→▶►", "↑▲", "↓▼", "•●∙·", "◆◈♦", "─—―⎯⎼━⎽⎺", "-\u00ad‐‑‒–—―−─", "|│┃⎪¦Ӏ", "_⎽", "¯‾⎺", "═━", "║┃",
         "╔┏", "╗┓", "╚┗", "╝┛", "╠┣", "╣┫", "╦┳", "╩┻", "╬╋", "Δ∆", "ΩΩ", "ÐĐ", "ðđ", "µμ", "υ∪", "®™", "´΄",
         "x×χ", "fƒ", "'’′‘", "`‘‛", '"”″“', ",‚", "<‹", ">›", "`´", "3З", "IΙІӀ", "∅⌀", "‖∥", "ħћℏ", "U⋃", "ĚĔӖ",
         "ěĕӗ", "ȚŢ", "țţ", "ŞȘ", "şș")  # fmt: skip
# Console fonts of whose characters only ASCII is taken: their tables name lines as letters, or letters as others.
WRONG = r"^(Lat2-VGA(14|28x16)|(Greek|Lat38|CyrKoi)-VGA8|(Arabic|Hebrew)-VGA)"


@dataclass(frozen=True, slots=True)
class Source:
    """Where fonts come from: `read` makes one of each file that is found."""

    name: str
    licence: str
    pattern: str
    read: Callable[[Path], FontFile]
    family: str = ""  # a pattern whose first group in the file's name is the family's; one family else
    besides: str = "^$"  # files left out


def kernel(path: Path) -> FontFile:
    width, height = map(int, re.findall(r"(\d+)x(\d+)", path.name)[0])
    return c_array(path, width, height)


def sources(folder: Path) -> Iterator[Source]:
    console = "/usr/share/consolefonts/*-%s*.psf.gz"
    for face, licence in (("VGA", "MIT"), ("Terminus", "OFL-1.1"), ("Fixed", "public domain and MIT")):
        yield Source("console-setup", licence, console % face, psf, r"-(\w+?)\.")
    for height in (8, 14, 16):
        yield Source(
            "SeaVGABIOS", "public domain", "/usr/share/seabios/vgabios-stdvga.bin", partial(vga_rom, height=height)
        )
    yield Source("Linux", "GPL-2.0", f"{folder}/linux/font_*x*.c", kernel, r"font_([\w]+)\.c")
    header = folder / "edk2" / "SimpleTextOut.h"
    yield Source("EDK II", "BSD-2-Clause-Patent", f"{folder}/edk2/LaffStd.c", partial(edk2, names=header))
    yield Source("GRUB unicode.pf2 (GNU Unifont)", "GPL-2.0+ or OFL-1.1", "/usr/share/grub/unicode.pf2", pf2)
    yield Source(
        "FreeBSD gallant", "BSD-2-Clause", f"{folder}/gallant/gallant.hex", partial(hex_lines, width=12, height=22)
    )
    yield Source("Terminus", "OFL-1.1", f"{folder}/terminus/ter-u*n_unicode.pcf.gz", pcf)
    yield Source("Terminus Bold", "OFL-1.1", f"{folder}/terminus/ter-u*b_unicode.pcf.gz", pcf)
    yield Source("Spleen", "BSD-2-Clause", f"{folder}/spleen/spleen-*.psfu.gz", psf, besides="32x64")
    for name in (
        "default8x16",
        "eurlatgr",
        "latarcyrheb-sun*",
        "LatArCyrHeb-??",
        "LatGrkCyr-*",
        "Lat2-Terminus16",
    ):
        yield Source("kbd", "GPL-2.0+", f"{folder}/kbd/{name}.psfu", psf, r"^([-\w]+?)\.")
    for name in ("lat0-??", "lat1-??", "lat9w-??", "lat0-sun16", "cp850-*", "sun12x22", "iso01-12x22"):
        yield Source("kbd", "GPL-2.0+", f"{folder}/kbd/{name}.psfu", psf, r"^([-a-z]+[0-9]*[a-z]*)")


def wanted(character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in WANTED)


def learned(folder: Path) -> Fonts:
    """The fonts whose files are there."""
    told: Told = {}
    for source in sources(folder):
        for path in sorted(Path("/").glob(source.pattern.lstrip("/"))):
            if re.search(source.besides, path.name):
                continue
            file, right = source.read(path), not re.search(WRONG, path.name)
            if file.width > 16:
                continue
            family = re.search(source.family, path.name) if source.family else None
            name = f"{source.name} {family[1]}" if family else source.name
            _, shapes = told.setdefault(((file.width, file.height), name), (source.licence, defaultdict(set)))
            for bitmap, drawn in file.glyphs:
                characters = [each for each in drawn if wanted(each) and (right or each < "\x7f")]
                if characters and any(bitmap) and not full(file, bitmap):
                    shapes[zlib.crc32(bitmap)].add(min(characters, key=rank))
    return {key: (licence, each_settled(told, key[0], shapes)) for key, (licence, shapes) in told.items()}


def full(file: FontFile, bitmap: bytes) -> bool:
    """Whether a glyph is all ink: on a picture that is a blank of another colour."""
    size = (file.width + 7) // 8
    row = ((1 << file.width) - 1 << 8 * size - file.width).to_bytes(size, "big")
    return bitmap == row * file.height


def rank(character: str) -> tuple[int, int]:
    """Which character to tell of several that one glyph is for: ASCII, then Latin-1, then lines and blocks."""
    code = ord(character)
    order = (code < 0x80, code < 0x100, 0x2500 <= code < 0x25A0, code < 0x530, True)
    return order.index(True), code


def alphabet(character: str) -> str:
    code = ord(character)
    return "Latin" if code < 0x250 or 0x1E00 <= code < 0x1F00 else "Greek" if code < 0x400 else "Cyrillic"


def each_settled(told: Told, size: Size, shapes: Shapes) -> Pairs:
    """The shapes of one font: what it says, but the same character as other fonts where all draw it alike."""
    pairs: Pairs = set()
    others = [other for (each, _), (_, other) in told.items() if each == size]
    for checksum, characters in shapes.items():
        every = set().union(*(other.get(checksum, ()) for other in others))
        one = alike(every) or alike(characters)
        pairs |= {(checksum, one)} if one else {(checksum, character) for character in characters}
    return pairs


def alike(characters: set[str]) -> str:
    """The one character to tell for several that look alike; "" if they don't, or shouldn't."""
    alphabets = {alphabet(character) for character in characters if character.isalpha()}
    lines = all("\u2500" <= character <= "\u257f" for character in characters)
    if len(characters) == 1 or len(alphabets) == len(characters) or lines:
        return min(characters, key=rank)
    groups = [group for group in ALIKE if characters <= set(group)]
    return min(characters, key=groups[0].index) if groups else ""


def kept() -> Fonts:
    """The fonts that the data has now."""
    fonts: Fonts = {}
    at: Counter[Size] = Counter()
    for line in data.INDEX.read_text().splitlines() if data.INDEX.exists() else ():
        if not line.startswith("#"):
            dimensions, name, _, licence = line.split(" | ")
            width, height = map(int, dimensions.split("x"))
            shapes = data.fonts((width, height))[at[width, height]].shapes
            at[width, height] += 1
            pairs = {(checksum, character) for checksum, told in shapes.items() for character in told}
            fonts[(width, height), name] = licence, pairs
    return fonts


def main() -> None:
    fonts = kept() | learned(Path(sys.argv[1]).resolve())
    blocks, index = [], [HEADER]
    for size in sorted({size for size, _ in fonts}):
        told = {name: pairs for (dimensions, name), (_, pairs) in fonts.items() if dimensions == size}
        shapes = sorted(set().union(*told.values()), key=lambda pair: (pair[1], pair[0]))
        for name, pairs in told.items():
            count = len({character for _, character in pairs})
            index.append(f"{size[0]}x{size[1]} | {name} | {count} characters | {fonts[size, name][0]}")
        bits = [sum(1 << i for i, pair in enumerate(shapes) if pair in pairs) for pairs in told.values()]
        blocks.append(data.packed(size, shapes, bits))
    data.DATA.write_bytes(zlib.compress(b"".join(blocks), 9))
    data.INDEX.write_text("\n".join(index) + "\n")


if __name__ == "__main__":
    main()
