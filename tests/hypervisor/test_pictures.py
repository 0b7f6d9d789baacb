"""Screenshots of older hypervisors become PNG."""

import io

import pytest
from PIL import Image

from bot.hypervisor.pictures import UnreadablePicture, as_png
from tests.hypervisor.drawn import saved


def test_a_ppm_of_an_older_hypervisor_becomes_a_png() -> None:
    image = Image.radial_gradient("L").resize((90, 70)).convert("RGB")
    png = as_png(saved(image, "PPM"))
    assert Image.open(io.BytesIO(png)).tobytes() == image.tobytes()
    assert as_png(png) is png


@pytest.mark.parametrize("data", [b"", b"GIF89a...", b"P6", b"P6 2 2 65535\n0000", b"P6 2 2 255\n0000"])
def test_other_pictures_are_refused(data) -> None:
    with pytest.raises(UnreadablePicture, match="cannot read a picture: because"):
        as_png(data)
