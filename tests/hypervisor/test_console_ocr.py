"""Text off screenshots, drawn here with the very font that QEMU's VGA shows."""

import io
import random
import string
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bot.hypervisor import console_ocr
from bot.hypervisor.console_ocr import UNKNOWN, UnreadablePicture, as_png, read_png, text_of

BIOS = next((path for path in map(Path, ("/usr/share/seabios/vgabios-stdvga.bin",)) if path.exists()), None)
LETTER_A = bytes.fromhex("000010386cc6c6fec6c6c6c600000000")
GREY, BLACK, BLUE, WHITE = (170, 170, 170), (0, 0, 0), (0, 0, 170), (255, 255, 255)


@pytest.fixture(scope="module")
def font() -> dict[str, bytes]:
    """The sixteen rows of each character, out of SeaVGABIOS."""
    if BIOS is None:
        pytest.skip("seabios is not installed")
    rom = BIOS.read_bytes()
    start = rom.index(LETTER_A) - 16 * ord("A")
    return {chr(code): rom[start + 16 * code : start + 16 * code + 16] for code in range(128)}


def draw(font, lines, *, cell=9, size=(720, 400), ink=GREY, paper=BLACK) -> Image.Image:
    screen = Image.new("RGB", size, BLACK)
    for y, line in enumerate(lines):
        for x, character in enumerate(line):
            put(screen, font[character], x * cell, y * 16, cell, ink, paper)
    return screen


def put(screen, glyph, left, top, cell, ink, paper) -> None:
    for y, row in enumerate(glyph):
        for x in range(cell):
            screen.putpixel((left + x, top + y), ink if x < 8 and row & (128 >> x) else paper)


def saved(picture: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


FAILURE = ["SeaBIOS (version 1.16.2)", "", "Booting from Hard Disk...", "  No bootable device."]


def test_a_text_screen_reads_as_it_was_written(font) -> None:
    assert text_of(saved(draw(font, FAILURE))) == "\n".join(FAILURE)


def test_every_printable_character_is_known(font) -> None:
    everything = string.digits + string.ascii_letters + string.punctuation
    lines = [everything[:80], everything[80:]]
    assert text_of(saved(draw(font, lines))) == "\n".join(lines)


def test_eight_pixel_cells_of_a_framebuffer_are_read_too(font) -> None:
    screen = draw(font, FAILURE, cell=8, size=(1024, 768))
    assert text_of(saved(screen)) == "\n".join(FAILURE)


def test_eight_pixel_cells_are_tried_where_nine_fit_as_well(font) -> None:
    screen = draw(font, FAILURE, cell=8, size=(720, 400))
    assert text_of(saved(screen)) == "\n".join(FAILURE)


@pytest.mark.parametrize(("ink", "paper"), [(BLACK, GREY), (WHITE, BLUE), (BLUE, BLACK)])
def test_colours_and_inverse_video_do_not_matter(font, ink, paper) -> None:
    assert text_of(saved(draw(font, FAILURE, ink=ink, paper=paper))) == "\n".join(FAILURE)


def test_the_cursor_is_no_character(font) -> None:
    cursor = bytes(13) + b"\xff\xff\0"
    assert text_of(saved(draw(font | {"|": cursor}, ["grub rescue> |"]))) == "grub rescue>"


def test_what_is_in_no_font_stays_unknown(font) -> None:
    smiley = font["\x01"]
    assert text_of(saved(draw(font | {"*": smiley}, ["ab*c"]))) == f"ab{UNKNOWN}c"


def test_a_picture_that_is_no_text_screen_has_no_text() -> None:
    noise = random.Random(7).randbytes(3 * 320 * 200)
    assert text_of(saved(Image.frombytes("RGB", (320, 200), noise))) == ""


def test_a_dark_screen_has_no_text() -> None:
    assert text_of(saved(Image.new("RGB", (720, 400)))) == ""


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_pixels_are_read_as_another_reader_reads_them(mode) -> None:
    source = Image.radial_gradient("L").resize((90, 70)).convert(mode)
    source.paste(Image.frombytes("L", (30, 20), random.Random(1).randbytes(600)).convert(mode), (5, 5))
    picture = read_png(saved(source))
    assert (picture.width, len(picture.lines)) == (90, 70)
    assert b"".join(picture.lines) == source.tobytes()


def filtered(kind: int, line: bytes, above: bytes) -> bytes:
    """A line of one-byte pixels as PNG's specification has it filtered."""
    told = bytearray([kind])
    for i, pixel in enumerate(line):
        left, up, corner = (line[i - 1] if i else 0), above[i], (above[i - 1] if i else 0)
        nearest = min((left, up, corner), key=lambda near: abs(left + up - corner - near))
        told.append((pixel - [0, left, up, (left + up) // 2, nearest][kind]) % 256)
    return bytes(told)


@pytest.mark.parametrize("kind", range(5))
def test_each_of_the_filters_of_png_is_undone(kind) -> None:
    lines = [random.Random(y).randbytes(16) for y in range(8)] + [bytes(16)] * 2
    raw = b"".join(filtered(kind, line, above) for line, above in zip(lines, [bytes(16), *lines], strict=False))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 16, 10, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw)),
        (b"IEND", b""),
    )
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    assert Image.open(io.BytesIO(png)).tobytes() == b"".join(lines), "the test's own filter is wrong"
    assert list(read_png(png).lines) == lines


def test_a_grey_picture_reads_like_a_coloured_one(font) -> None:
    assert text_of(saved(draw(font, FAILURE).convert("L"))) == "\n".join(FAILURE)


def test_a_ppm_of_an_older_hypervisor_becomes_a_png(font) -> None:
    screen = draw(font, FAILURE)
    png = as_png(saved(screen, "PPM"))
    assert Image.open(io.BytesIO(png)).tobytes() == screen.tobytes()
    assert as_png(png) is png


@pytest.mark.parametrize("data", [b"", b"GIF89a...", b"P6", b"P6 2 2 65535\n0000", b"P6 2 2 255\n0000"])
def test_other_pictures_are_refused(data) -> None:
    with pytest.raises(UnreadablePicture, match="cannot read a picture: because"):
        as_png(data)


def test_a_png_of_another_kind_is_refused() -> None:
    with pytest.raises(UnreadablePicture, match="colour type 3"):
        read_png(saved(Image.new("P", (8, 8))))


@pytest.mark.parametrize("keep", [0, 10, 40, -30])
def test_a_png_cut_short_is_refused(font, keep) -> None:
    with pytest.raises(UnreadablePicture, match="no whole PNG"):
        text_of(saved(draw(font, FAILURE))[:keep])


def as_a_program(picture: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-I", console_ocr.__file__], input=picture, capture_output=True, check=False
    )


def test_as_a_program_it_reads_what_it_is_given(font) -> None:
    done = as_a_program(saved(draw(font, FAILURE)))
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "\n".join(FAILURE), b"")


def test_as_a_program_it_says_what_it_cannot_read() -> None:
    done = as_a_program(b"GIF89a")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"cannot read a picture: because ")
