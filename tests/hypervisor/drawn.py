"""Screens as firmware and kernels draw them, out of a font's own file: a stand-in for a screenshot."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from tests.hypervisor.font_files import FontFile, vga_rom

ROM = Path("/usr/share/seabios/vgabios-stdvga.bin")
VGA = (720, 400)

GREY, BLACK, BLUE, WHITE = (170, 170, 170), (0, 0, 0), (0, 0, 170), (255, 255, 255)
Colour = tuple[int, int, int]


def screen(
    font: FontFile,
    lines: Sequence[str],
    *,
    size: tuple[int, int] = (1024, 768),
    corner: tuple[int, int] = (0, 0),
    ink: Colour = GREY,
    paper: Colour = BLACK,
    pitch: int = 0,
) -> Image.Image:
    """`corner`: where the first cell begins. `pitch`: how far apart cells begin, if not as wide as the font."""
    image = Image.new("RGB", size, paper)
    for y, line in enumerate(lines):
        for x, character in enumerate(line):
            bitmap = font.glyph(character)
            assert bitmap or character == " ", f"the font lacks {character}"
            if bitmap:
                place = (corner[0] + x * (pitch or font.width), corner[1] + y * font.height)
                image.paste(ink, place, mask(font, bitmap))
    return image


def mask(font: FontFile, bitmap: bytes) -> Image.Image:
    """A glyph as ink and paper."""
    padded = Image.frombytes("1", ((font.width + 7) // 8 * 8, font.height), bitmap)
    return padded.crop((0, 0, font.width, font.height))


def saved(image: Image.Image, kind: str = "PNG") -> bytes:
    """A picture's file."""
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def vga_font() -> FontFile:
    """What QEMU's VGA draws with in text mode."""
    if not ROM.exists():
        pytest.skip("seabios is not installed")
    return vga_rom(ROM, 16)


def vga_screen(lines: Sequence[str]) -> bytes:
    """A screenshot of VGA's text mode. For within a test, which it skips where there is no font."""
    return saved(screen(vga_font(), lines, size=VGA, pitch=9))


BLANK = saved(Image.new("RGB", VGA, BLACK))
"""One with nothing on it, which takes no font."""
