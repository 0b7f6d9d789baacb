"""Text off screenshots: of real machines under QEMU (screens/), and drawn with the fonts that Debian ships."""

import random
import re
import string
import subprocess
import sys
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bot.hypervisor.console_ocr import fonts, spots
from bot.hypervisor.console_ocr.cells import UNKNOWN, character
from bot.hypervisor.console_ocr.picture import Picture, UnreadablePicture, decode
from bot.hypervisor.console_ocr.reading import text_of
from bot.hypervisor.screen_text import PROGRAM
from tests.hypervisor.drawn import BLACK, BLUE, GREY, WHITE, saved, screen, vga_font
from tests.hypervisor.font_files import FontFile, psf

SCREENS = Path(__file__).with_name("screens")
CONSOLE_FONTS = Path("/usr/share/consolefonts")
FAILURE = ["SeaBIOS (version 1.16.2)", "", "Booting from Hard Disk...", "  No bootable device."]
EVERYTHING = [string.digits + string.punctuation, string.ascii_lowercase, string.ascii_uppercase]
FACES = ["Fixed13", "Fixed14", "Fixed15", "Fixed16", "Fixed18", "VGA8", "VGA14", "VGA16", "VGA28x16", "VGA32x16",
         "Terminus12x6", "TerminusBoldVGA14", "TerminusBoldVGA16",
         *(f"Terminus{bold}{size}" for bold in ("", "Bold")
           for size in ("14", "16", "18x10", "20x10", "22x11", "24x12", "28x14", "32x16"))]  # fmt: skip


def console_font(name: str) -> FontFile:
    path = CONSOLE_FONTS / f"{name}.psf.gz"
    if not path.exists():
        pytest.skip("console-setup-linux is not installed")
    return psf(path)


@pytest.fixture(scope="module")
def vga() -> FontFile:
    return vga_font()


@pytest.mark.parametrize("path", sorted(SCREENS.glob("*.png")), ids=lambda path: path.stem)
def test_a_real_screen_reads_as_what_it_shows(path) -> None:
    assert text_of(path.read_bytes()) == path.with_suffix(".txt").read_text().removesuffix("\n")


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("grub-menu", "│*Advanced options for Debian GNU/Linux "),
        ("grub-gfxterm", "│*Advanced options for Debian GNU/Linux — é ä ß "),
        ("grub-efi", "│*Advanced options for Debian GNU/Linux "),
        ("ovmf-menu", "► Boot Maintenance Manager"),
        ("ovmf-shell", "Shell>"),
    ],
)
def test_what_is_chosen_and_what_waits_can_be_read(name, entry) -> None:
    lines = text_of((SCREENS / f"{name}.png").read_bytes()).splitlines()
    assert [line for line in lines if line.startswith(entry)]


def drawn_anywhere(font: FontFile, lines, seed: str) -> bytes:
    """On a screen somewhat larger than the text, at any pixel of it, in some colours."""
    chance = random.Random(seed)
    width, height = font.width * max(map(len, lines)), font.height * len(lines)
    size = (width + chance.randrange(300), height + chance.randrange(200))
    corner = (chance.randint(0, size[0] - width), chance.randint(0, size[1] - height))
    ink, paper = chance.choice([(GREY, BLACK), (BLACK, GREY), (WHITE, BLUE), ((12, 34, 56), (57, 34, 12))])
    return saved(screen(font, lines, size=size, corner=corner, ink=ink, paper=paper))


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("lines", [[*EVERYTHING, "é ä ß ö ü ñ Ç Ø"], FAILURE, ["web1 login:"]], ids=len)
def test_a_console_font_is_read_wherever_it_stands(face, lines) -> None:
    png = drawn_anywhere(console_font(f"Lat15-{face}"), lines, face)
    assert text_of(png) == "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    sorted(CONSOLE_FONTS.glob("*-[!G]*.psf.gz")),
    ids=lambda path: path.stem,  # Goha is Ethiopian alone
)
def test_every_console_font_of_debian_is_read(path) -> None:
    assert text_of(drawn_anywhere(psf(path), EVERYTHING, path.name)) == "\n".join(EVERYTHING)


@pytest.mark.parametrize(
    "words", ["Добро пожаловать в аварийный режим", "Вход: администратор", "Αδυναμία εκκίνησης", "Unable to mount"]
)
def test_words_of_an_alphabet_are_all_of_that_alphabet(words) -> None:
    font = console_font("Uni2-Terminus16" if words.isascii() or ord(words[0]) >= 0x400 else "FullGreek-Terminus16")
    assert text_of(saved(screen(font, [words]))) == words


def test_text_modes_of_vga_have_a_ninth_column(vga) -> None:
    assert text_of(saved(screen(vga, FAILURE, size=(720, 400), pitch=9))) == "\n".join(FAILURE)


def test_eight_pixel_cells_are_told_from_nine(vga) -> None:
    assert text_of(saved(screen(vga, FAILURE, size=(720, 400)))) == "\n".join(FAILURE)


@pytest.mark.parametrize(("ink", "paper"), [(BLACK, GREY), (WHITE, BLUE), (BLUE, BLACK)])
def test_colours_and_inverse_video_do_not_matter(vga, ink, paper) -> None:
    assert text_of(saved(screen(vga, FAILURE, ink=ink, paper=paper))) == "\n".join(FAILURE)


@pytest.mark.parametrize("rows", [range(13, 15), range(14, 16), range(16)])
def test_the_cursor_is_blank(vga, rows) -> None:
    image = screen(vga, ["grub rescue>"])
    for row in rows:
        image.paste(GREY, (13 * 8, row, 14 * 8, row + 1))
    assert text_of(saved(image)) == "grub rescue>"


def test_lines_and_blocks_are_read_as_such(vga) -> None:
    lines = ["┌──╥─┐", "│ab║c│", "╞══╬═╡", "└▄▀░─┘"]
    assert text_of(saved(screen(vga, lines))) == "\n".join(lines)


def test_a_margin_that_all_lines_share_is_left_out(vga) -> None:
    image = screen(vga, ["  one", "", "    two"], size=(1280, 800), corner=(240, 105))
    assert text_of(saved(image)) == "one\n\n  two"


def test_what_is_in_no_font_stays_unknown(vga) -> None:
    image = screen(vga, ["ab cd"])
    image.paste(screen(vga, ["e"], size=(8, 16)).transpose(Image.Transpose.ROTATE_180), (16, 0))
    assert text_of(saved(image)) == f"ab{UNKNOWN}cd"


def test_a_shape_that_fonts_draw_for_different_characters_is_never_guessed() -> None:
    several = 0
    for size in fonts.sizes():
        every = fonts.fonts(size)
        for checksum in fonts.known(size):
            told = {each for font in every for each in font.shapes.get(checksum, "")}
            if len(told) > 1:
                several += 1
                ascii_one = [each for each in told if each < "\x7f"]
                assert character([checksum], every, every) in (*ascii_one, "")
                for font in every:
                    own = font.shapes.get(checksum, "")
                    if len(own) == 1:
                        assert character([checksum], [font], every) in (own, ""), "the font of the screen decides"
    assert several, "fonts are known to disagree"


def test_the_fonts_are_named_with_their_licences() -> None:
    listed = [line.split(" | ") for line in fonts.INDEX.read_text().splitlines() if not line.startswith("#")]
    for size in fonts.sizes():
        named = [entry for entry in listed if entry[0] == f"{size[0]}x{size[1]}"]
        counts = [len(set("".join(font.shapes.values()))) for font in fonts.fonts(size)]
        assert [entry[2] for entry in named] == [f"{count} characters" for count in counts]
        assert all(entry[1] and entry[3] for entry in named)
    assert fonts.DATA.stat().st_size < 200_000


@cache
def photo() -> Image.Image:
    bands = [Image.effect_noise((1280, 800), sigma).filter(ImageFilter.GaussianBlur(2)) for sigma in (20, 40, 60)]
    return Image.merge("RGB", bands)


def gradient() -> Image.Image:
    return Image.linear_gradient("L").resize((1280, 800)).convert("RGB")


def desktop() -> Image.Image:
    image = Image.new("RGB", (1280, 800), (58, 110, 165))
    draw = ImageDraw.Draw(image)
    draw.rectangle((200, 100, 900, 600), fill=(240, 240, 240), outline=(90, 90, 90))
    for line in range(15):
        draw.text(
            (220, 130 + 30 * line),
            "The quick brown fox is at the login: 0123",
            (20, 20, 20),
            ImageFont.load_default(18),
        )
    return image


def splash() -> Image.Image:
    image = Image.new("RGB", (1024, 768), BLACK)
    ImageDraw.Draw(image).text((400, 300), "debian 12", WHITE, ImageFont.load_default(64))
    ImageDraw.Draw(image).ellipse((480, 500, 500, 520), outline=WHITE)
    return image


def bars() -> Image.Image:
    image = Image.new("RGB", (1024, 768), BLUE)
    for x in range(0, 1024, 24):
        image.paste(GREY, (x, 100, x + 9, 700))
    return image


GRAPHICS = [photo, gradient, desktop, splash, bars]


@pytest.mark.slow
@pytest.mark.parametrize("make", GRAPHICS, ids=lambda make: make.__name__)
def test_a_graphic_screen_has_no_text(make) -> None:
    assert text_of(saved(make())) == ""


class Counted(Picture):
    """Counts the rows of pixels that are looked at."""

    rows = 0

    def row(self, y: int) -> bytes:
        Counted.rows += 1
        return super().row(y)


@pytest.mark.slow
@pytest.mark.parametrize("make", GRAPHICS, ids=lambda make: make.__name__)
def test_a_graphic_screen_is_known_for_one_by_a_few_places_of_it(make) -> None:
    picture = decode(saved(make()))
    if picture is not None:  # else its colours alone told it
        Counted.rows = 0
        assert not spots.spots(Counted(picture.width, picture.height, picture.pixels, picture.paper))
        places = (Counted.rows - picture.height) / (2 * spots.REACH + 1)
        assert places <= spots.MOST + spots.IN_A_ROW * 3


@pytest.mark.parametrize("size", [(720, 400), (1, 1), (7, 3)])
def test_a_screen_of_one_colour_has_no_text(size) -> None:
    assert text_of(saved(Image.new("RGB", size))) == ""


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1"])
def test_other_kinds_of_png_read_the_same(vga, mode) -> None:
    assert text_of(saved(screen(vga, FAILURE, ink=WHITE).convert(mode))) == "\n".join(FAILURE)


def test_a_ppm_reads_like_a_png(vga) -> None:
    assert text_of(saved(screen(vga, FAILURE), "PPM")) == "\n".join(FAILURE)


def test_equal_bytes_are_equal_colours_even_among_many() -> None:
    image = Image.new("RGB", (256, 3))
    chance = random.Random(3)
    for x in range(40):
        image.putpixel((x, 1), tuple(chance.randrange(256) for _ in range(3)))
    picture = decode(saved(image))
    told = dict(zip(picture.pixels, image.get_flattened_data(), strict=True))
    assert [told[number] for number in picture.pixels] == list(image.get_flattened_data())
    assert told[picture.paper] == BLACK


@pytest.mark.parametrize("data", [b"", b"GIF89a...", b"P6", b"P6 2 2 255\n00", b"\x89PNG\r\n\x1a\n"])
def test_other_data_is_refused(data) -> None:
    with pytest.raises(UnreadablePicture, match="cannot read a picture: because"):
        text_of(data)


@pytest.mark.parametrize("keep", [10, 40, -400])
def test_a_png_cut_short_is_refused(vga, keep) -> None:
    with pytest.raises(UnreadablePicture, match="no whole picture"):
        text_of(saved(screen(vga, FAILURE))[:keep])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_damaged_picture_is_read_or_refused(vga, seed) -> None:
    chance = random.Random(seed)
    png = saved(screen(vga, FAILURE, size=(720, 400)))
    for _ in range(100):
        damaged = bytearray(png)
        for _ in range(chance.randint(1, 5)):
            damaged[chance.randrange(8, len(damaged))] = chance.randrange(256)
        with suppress(UnreadablePicture):
            text_of(bytes(damaged))


def claimed(width: int, height: int) -> bytes:
    """A PNG that claims to be of this size."""
    png = bytearray(saved(Image.new("RGB", (8, 8))))
    png[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
    return bytes(png)


@pytest.mark.parametrize("size", [(100_000, 100_000), (64_000_001, 1)])
def test_a_picture_that_would_fill_the_memory_is_refused(size) -> None:
    with pytest.raises(UnreadablePicture, match=re.escape(f"{size[0]}x{size[1]} is more than 64000000 pixels")):
        text_of(claimed(*size))


def as_a_program(picture: bytes, **options) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-I", PROGRAM], input=picture, capture_output=True, check=False, env={}, **options
    )


def test_as_a_program_it_reads_what_it_is_given(vga) -> None:
    done = as_a_program(saved(screen(vga, FAILURE)), cwd="/")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "\n".join(FAILURE), b"")


def test_as_a_program_it_says_what_it_cannot_read() -> None:
    done = as_a_program(b"GIF89a")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"cannot read a picture: because ")


@pytest.mark.slow
@pytest.mark.long
def test_the_largest_picture_is_read_or_refused_within_bounds() -> None:
    done = as_a_program(saved(Image.effect_noise((8000, 8000), 99).quantize(8).convert("RGB")))
    assert (done.returncode, done.stdout) in ((0, b""), (1, b""))
