"""The text on a picture of a screen in text mode: a boot failure as firmware and kernels show it.

It knows characters by the exact shape of their glyphs in the fonts that PC firmware and Linux consoles draw, so
what it reads is certain and what it doesn't know stays unknown. It refuses to guess: anti-aliased text, graphical
boot screens and desktops read as no text at all.
"""

import os
import re
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NewType

Row = NewType("Row", bytes)
"""One row of pixels, a byte of brightness each."""

UNKNOWN = "\N{REPLACEMENT CHARACTER}"

_PNG = b"\x89PNG\r\n\x1a\n"
_PPM = re.compile(rb"P6\s+(\d+)\s+(\d+)\s+255\s")
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}  # PNG's colour types: grey, RGB, grey + alpha, RGBA
_GLYPH_WIDTH, _GLYPH_HEIGHT = 8, 16

# For each font the CRC-32 of the 16 bytes of every glyph from "!" to "~" (a byte a row, the highest bit leftmost):
# enough to recognise a glyph, not to draw it. SeaVGABIOS is what QEMU's VGA shows in text mode, Linux 8x16 the
# kernel's own on a framebuffer, the others what Debian's and Ubuntu's console-setup load.
_FONTS = {
    "SeaVGABIOS": (
        "24eac8db4d41fbdf6f6272405c072db6e3704c0d60e4d277a4e12f1755100be584daf1c1555e463e0ff94fb7f7b43de8b28f535d"
        "53ae17e04b64aed05efc0c86a33082d3420f1810c952ba19a7b4daa78590dbe9a2f03d5a71670f53a899922de7e302f6492ea786"
        "e80f1f00408f4b14f935b10215a4ac83178aba35f5532edd2a42ecfc10cd0a0f85988c0c57a977b5291adbc7d7ec97925cfacddb"
        "ea8c2a69cee759c4a10c85d8909e1e0e9b3d4d44bb761da32bf75c09314d89ddd5c14124f95e0757afb30fb2714f8b1d2b039ff1"
        "cbdff810c0e946cfe908cae8378e5e55788a57ed0b2fbd6d5d65e8148f521de38726012c12986df852237fb884ef8d3d92fd448b"
        "799a03c498cdde14be18b3307e3ec554cc4f0d598f659a72cc8f9a1d96a7bad245acb147b7ef360cd74bd6df2041b5102c430379"
        "4e689b23615e51c42d6dc013264d8f815b5aa6f806df734f4d7487b6f955a995c6379fdf7089dd21799823497c5b05749d8e76bf"
        "1a17e6df12187bffcd4c183b"
    ),
    "Linux 8x16": (
        "24eac8db4d41fbdf6f6272405c072db6e3704c0d60e4d277a4e12f1755100be584daf1c1555e463e0ff94fb7f7b43de8b28f535d"
        "53ae17e04b64aed0de89f66ba33082d3420f1810c952ba19a7b4daa78590dbe9a2f03d5a71670f53a899922de7e302f6492ea786"
        "e80f1f00408f4b14f935b10215a4ac83178aba35f5532edd2a42ecfc10cd0a0f85988c0c57a977b5291adbc7d7ec97925cfacddb"
        "ea8c2a69cee759c4a10c85d8909e1e0e9b3d4d44dff71b762bf75c09314d89ddd5c14124f95e0757afb30fb2714f8b1d1c7e4674"
        "cbdff8105b5e96152c99f14e4a1170b65c50b043d74a4d965d65e8148f521de38726012c12986df852237fb8ef4d712592fd448b"
        "799a03c498cdde14be18b3307e3ec554fcc168538f659a72cc8f9a1d96a7bad245acb147b7ef360cd74bd6df025f55012c430379"
        "4e689b23615e51c42d6dc013264d8f815b5aa6f806df734f4d7487b6e6b87125cc2040f22f525af5799823497c5b05749d8e76bf"
        "2e6e27c312187bff4690f059"
    ),
    "console-setup Fixed16": (
        "3f8590ea39697aefde74ae1efd52568bfdec9e059cc50277392e11b5cc3bf14eb0b6874873f5025e94e6f38da26bfff183788473"
        "6b23c6ed777d1170b150c870ceb885126d50a67c08197cc845af7857f0a4ef2877b9acdb4734bb5d64ae628c8c5ded900ae7c913"
        "1e2fdd650aa2f22292380dbca2df1bac5754d44200cf101e9377a3990dca9a516bf07ef7545cdd229a84ba13b4717289fde84f44"
        "9c02b0acd407d1ed0e005618f1756f90b5fe193b2ca47eacf284f45edd74e12e2a25ad6c899956c7de561b38069b5b0d5f27b350"
        "100fb3c4a835f5581d73c04d367c4dda6b8ece600eaae62c6b90fa151607e3ef649c689a16cf6103441c2e6c58cf9aca23491cf9"
        "4aa652d748416b91a5e5d715f238b2e3d1baa6a358c0ca60fc2c7393e87df1c9e0d2af2b98f340bcc11737be667f22dea78a4c27"
        "aaf38fae97a563f6add646aeae90b380fe807a845e3c454cc99cd160f93e2c0ab3fd94f2365ac96613d41ada9a04a69d66a6ad7d"
        "a0ad144ac7706492a5632132"
    ),
    "console-setup VGA16": (
        "24eac8db4d41fbdf6f6272405c072db6e3704c0d60e4d277948298e755100be584daf1c1555e463e0ff94fb7f7b43de8b28f535d"
        "53ae17e04b64aed0de89f66ba33082d3420f1810c952ba19a7b4daa78590dbe9a2f03d5a71670f53a899922de7e302f6492ea786"
        "e80f1f00408f4b14f935b10215a4ac83178aba35f5532edd2a42ecfc10cd0a0f85988c0c57a977b5291adbc7d7ec97925cfacddb"
        "ea8c2a69cee759c4a10c85d8909e1e0e9b3d4d44dff71b762bf75c09314d89ddd5c14124f95e0757afb30fb2714f8b1d1c7e4674"
        "cbdff8105b5e96152c99f14e4a1170b65c50b043d74a4d965d65e8148f521de38726012c12986df852237fb884ef8d3d92fd448b"
        "799a03c498cdde14be18b3307e3ec554cc4f0d598f659a72cc8f9a1d96a7bad245acb147b7ef360cd74bd6df025f55012c430379"
        "4e689b23615e51c42d6dc013264d8f815b5aa6f806df734f4d7487b67a905041cc2040f22f525af5799823497c5b05749d8e76bf"
        "2e6e27c312187bffcd4c183b"
    ),
    "console-setup Terminus16": (
        "08039f7f490dc6084f28244b8e868d2e9fc3b71c8411f3e47a6c4eac3d893475a305984d424a594a681193522fbf7172d4da5312"
        "8f8dde4c636ff315e0cb83002f5f5f237cf2749590e9feaf131c5dc2a791370077d5124994cfe5c6fef3257a41f358b506d59b6f"
        "a6e73451924c4914f935b10242ae0e315fc0e316d8df56639894fd3979038d622639d65695a92af289c9b71997d8b1feacde0ab9"
        "03aa4a8c6051019a31d729656635914192a064e13b2a40d7efc58ae7167390511569c6715029dab7bb6ca84bbdabc3ceabe836fa"
        "378776947f48fc0c699b1f14b9c3b023937d2f0dba21b4ae347d22c58b570bbda7ff93152bd049c9b2d40e0fc515b94cc86055b3"
        "7861a1bec1c10f607528346a32b8c7a2983a6ea2c25fbe096670a75914e8055f01dd55db319dd5c953081faca0c59b33aa2776f3"
        "3a8d31b2afc1eaec839aa574f33b5fb1e298d436eac32eadec191b27f16f3af1bcdb1a90d3c2781636677e3d08606cb7ee79564b"
        "6fdd03b1beea266cd95e6535"
    ),
    "console-setup TerminusBold16": (
        "7a5ff56a56761b58dcb8b8dd11dd7d7dafbd6e2b6332d0ecdcbf4f7055100be584daf1c1895bfb370ff94fb7a385ef41b28f535d"
        "53ae17e02485af3568b00b00a33082d323bc5a1855ebfd820c6598e48590dbe9bb5cb241a4bc9a88a899922d31b9a8f673e2f372"
        "83c90bd3408f4b14ddef014715a4ac837ac9ef53f1143740fed3fba27c09c45c619343d47430ba3649dde5bf57cce358c3fed3b0"
        "ea8c2a69cee759c4dbaac2ef7298d87952b43647628716f8bb3a1e96314d89ddaff016c6fba356f7868ea2c96d70b9f1440dedc8"
        "cbdff810e0e801e63a616b6e985c8556ac9e1d21ebac64fe5d65e814b8a12bc98726012c4865c88753e1158f96485d7ebfaba467"
        "07e66a9198cdde14dbde4009adc905cc1f2c07d7cea86416ec77cab696a7bad245acb147804a4e0bd74bd6df90c3456c63febe09"
        "4e689b23a477b1261b78f56ad5aeab494325d0ed6722bbea898cee44a9f14ca0473f502bd18b2fbb2be0fbd0d2bde8c8e8d43980"
        "2e6e27c316edabc208bbff2f"
    ),
}


def _known_glyphs() -> dict[int, str]:
    return {int(crcs[8 * i : 8 * i + 8], 16): chr(0x21 + i) for crcs in _FONTS.values() for i in range(94)}


_GLYPHS = _known_glyphs()


class UnreadablePicture(Exception):
    """The picture is of a kind that can't be read here. Permanent."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels: `lines` of `width` × `channels` bytes each, as a PNG or PPM stores them."""

    width: int
    channels: int
    lines: Sequence[bytes]


def text_of(png: bytes) -> str:
    """The text on a screenshot, a line each, blanks at the ends left out; "" if it is no text screen.

    A character in no known font reads as U+FFFD. Raises UnreadablePicture. Takes 0.1 to 2 s for a full screen.
    """
    picture = read_png(png)
    rows = _brightness(picture)
    # VGA's text cells are nine pixels wide, the ninth blank; a framebuffer console's are eight.
    for width in (9, 8) if picture.width % 9 == 0 else (8,):
        lines = [_line(rows[top : top + _GLYPH_HEIGHT], width) for top in range(0, len(rows) - 15, _GLYPH_HEIGHT)]
        text = "\n".join(lines).strip("\n")
        shapes = len("".join(text.split()))
        if text.count(UNKNOWN) < shapes / 2:
            return text
    return ""


def as_png(data: bytes) -> bytes:
    """A screenshot as PNG: older hypervisors send PPM. Raises UnreadablePicture for anything else."""
    if data.startswith(_PNG):
        return data
    header = _PPM.match(data)
    if header is None:
        raise UnreadablePicture(f"cannot read a picture: because it starts with {data[:8]!r}, neither PNG nor PPM")
    width, height = int(header[1]), int(header[2])
    pixels, stride = data[header.end() :], 3 * width
    if len(pixels) != stride * height:
        raise UnreadablePicture(
            f"cannot read a picture: because {width}x{height} pixels are not {len(pixels)} bytes"
        )
    return write_png(Picture(width, 3, [pixels[y * stride : (y + 1) * stride] for y in range(height)]))


def write_png(picture: Picture) -> bytes:
    """A PNG, eight bits a channel."""
    colour = {channels: kind for kind, channels in _CHANNELS.items()}[picture.channels]
    header = struct.pack(">IIBBBBB", picture.width, len(picture.lines), 8, colour, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + line for line in picture.lines))
    chunks = ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    return _PNG + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def read_png(png: bytes) -> Picture:
    """The pixels of a PNG as hypervisors write them: eight bits a channel, no palette, not interlaced."""
    chunks = dict.fromkeys((b"IHDR", b"IDAT"), b"")
    for kind, data in _chunks(png):
        chunks[kind] = chunks.get(kind, b"") + data
    try:
        width, _height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        if depth != 8 or colour not in _CHANNELS or interlaced:
            raise UnreadablePicture(
                f"cannot read a picture: because it is PNG of depth {depth}, colour type {colour}"
            )
        raw = zlib.decompress(chunks[b"IDAT"])
    except (struct.error, zlib.error) as error:
        raise UnreadablePicture(f"cannot read a picture: because it is no whole PNG ({error})") from error
    channels = _CHANNELS[colour]
    return Picture(width, channels, list(_unfiltered(raw, width * channels, channels)))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG) if png.startswith(_PNG) else len(png)
    while at + 8 <= len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind, png[at + 8 : at + 8 + size]
        at += 12 + size


def _unfiltered(raw: bytes, stride: int, step: int) -> Iterator[bytes]:
    """Undo PNG's filters: each line is told as a difference to its left or upper neighbours (RFC 2083, 6)."""
    above = bytes(stride)
    for at in range(0, len(raw), stride + 1):
        kind, line = raw[at], bytearray(raw[at + 1 : at + 1 + stride])
        if kind == 1:
            for channel in range(step):
                line[channel::step] = bytes(x & 255 for x in accumulate(line[channel::step]))
        elif kind == 2:
            line = (
                bytearray((x + up) & 255 for x, up in zip(line, above, strict=True))
                if any(line)
                else bytearray(above)
            )
        elif kind:
            _undo_mixed(line, above, step, kind)
        above = bytes(line)
        yield above


def _undo_mixed(line: bytearray, above: bytes, step: int, kind: int) -> None:
    """Filters 3 (average of left and upper) and 4 (Paeth: the one of three nearest to left + upper - corner)."""
    for i, up in enumerate(above):
        left, corner = (line[i - step], above[i - step]) if i >= step else (0, 0)
        if kind == 3:
            near = (left + up) >> 1
        else:
            guess = left + up - corner
            near = min((left, up, corner), key=lambda x: abs(guess - x))
        line[i] = (line[i] + near) & 255


def _brightness(picture: Picture) -> list[Row]:
    """One byte a pixel, so that the colours of a text mode stay apart."""
    rows: list[Row] = []
    last = None
    for line in picture.lines:
        if line != last:
            rows.append(_bright(line, picture.channels))
        else:
            rows.append(rows[-1])
        last = line
    return rows


def _bright(line: bytes, channels: int) -> Row:
    if channels < 3:
        return Row(line[::channels])
    colours = zip(line[0::channels], line[1::channels], line[2::channels], strict=True)
    return Row(bytes((2 * red + 5 * green + blue) >> 3 for red, green, blue in colours))


def _line(rows: Sequence[Row], width: int) -> str:
    """One line of text out of sixteen rows of pixels."""
    if all(row == rows[0] for row in rows) and len(set(rows[0])) == 1:
        return ""
    cells = range(0, len(rows[0]) - _GLYPH_WIDTH + 1, width)
    return "".join(_character([row[x : x + _GLYPH_WIDTH] for row in rows]) for x in cells).rstrip()


def _character(cell: Sequence[bytes]) -> str:
    """The character whose glyph fills this cell in one colour on another; inverse video too."""
    colours = set(b"".join(cell))
    if len(colours) == 1:
        return " "
    if len(colours) > 2:
        return UNKNOWN
    for ink in colours:
        bits = bytes(sum(128 >> x for x, pixel in enumerate(row) if pixel == ink) for row in cell)
        if (found := _GLYPHS.get(zlib.crc32(bits))) is not None:
            return found
    across = all(len(set(row)) == 1 for row in cell)  # the cursor in an empty cell, or a ruled line
    return " " if across else UNKNOWN


def main() -> int:
    """Read a picture on stdin to text on stdout, politely: nobody waits for it so much as for the bot."""
    os.nice(10)
    try:
        sys.stdout.buffer.write(text_of(sys.stdin.buffer.read()).encode())
    except UnreadablePicture as why:
        print(why, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
