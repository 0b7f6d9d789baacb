"""The pixels of a screenshot, a byte each. Decoding is Pillow's, within bounds: the picture is a guest's."""

import io
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, cast

from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile

MOST_PIXELS = 64_000_000
MOST_COLOURS = 256

Colour = tuple[int, int, int]

# Factors for red, green and blue: the first tell the sixteen colours of VGA apart, one of the others those of most
# screens with more.
_FIRST: Colour = (1, 4, 16)
_OTHERS = [(1 + 38 * i & 255, 4 + 91 * i & 255, 16 + 55 * i & 255) for i in range(1, 32)]


class UnreadablePicture(Exception):
    """The picture is of a kind that can't be read here. Permanent."""


class Picture(NamedTuple):
    """Pixels, row by row; equal bytes are equal colours. `paper`: the most frequent colour."""

    width: int
    height: int
    pixels: bytes
    paper: int

    def row(self, y: int) -> bytes:
        """One row of pixels."""
        return self.pixels[y * self.width : (y + 1) * self.width]


@cache
def ink_bits(ink: int) -> bytes:
    """To translate pixels with: "1" where they are of this colour, "0" where they are not."""
    return bytes(ord("1") if colour == ink else ord("0") for colour in range(256))


def decode(data: bytes) -> Picture | None:
    """A PNG or PPM. None: it has more colours than any text mode. Raises UnreadablePicture."""
    kinds = {b"\x89PNG": PngImageFile, b"P6": PpmImageFile}
    reader = next((kind for start, kind in kinds.items() if data.startswith(start)), None)
    if reader is None:
        raise UnreadablePicture(f"cannot read a picture: because it starts with {data[:8]!r}, neither PNG nor PPM")
    try:
        image = reader(io.BytesIO(data))
        if image.width * image.height > MOST_PIXELS:
            raise UnreadablePicture(
                f"cannot read a picture: because {image.width}x{image.height} is more than {MOST_PIXELS} pixels"
            )
        image.load()
        colours = image if image.mode == "RGB" else image.convert("RGB")
    except (UnreadablePicture, MemoryError):
        raise
    except Exception as error:  # the decoder raises all sorts for data that is damaged
        raise UnreadablePicture(f"cannot read a picture: because it is no whole picture ({error!r})") from error
    return _numbered(colours)


def _numbered(image: Image.Image) -> Picture | None:
    """Each colour as one number: a sum of its parts, whose factors are chosen so that no two colours share one."""
    counts = image.getcolors(MOST_COLOURS)
    if counts is None:
        return None
    colours = sorted(cast("list[tuple[int, Colour]]", counts), reverse=True)
    red, green, blue = min((_FIRST, *_OTHERS), key=lambda factors: _mistaken(colours, factors))
    tables = [value * factor & 255 for factor in (red, green, blue) for value in range(256)]
    parts = image.point(tables).split()
    pixels = ImageChops.add_modulo(ImageChops.add_modulo(parts[0], parts[1]), parts[2]).tobytes()
    return Picture(image.width, image.height, pixels, _number(colours[0][1], (red, green, blue)))


def _number(colour: Colour, factors: Colour) -> int:
    return sum(part * factor for part, factor in zip(colour, factors, strict=True)) & 255


def _mistaken(colours: Sequence[tuple[int, Colour]], factors: Colour) -> int:
    """How many pixels would be taken for another colour, that of more pixels."""
    numbers: set[int] = set()
    lost = 0
    for count, colour in colours:
        number = _number(colour, factors)
        if number in numbers:
            lost += count
        numbers.add(number)
    return lost
