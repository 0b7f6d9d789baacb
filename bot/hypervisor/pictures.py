"""Screenshots as hypervisors send them, made PNG. It refuses to look at what they show: console_ocr does."""

import re
import struct
import zlib
from typing import Any

LARGEST = 200_000_000
"""Bytes of a picture that are taken: as PPM, 64 megapixels."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PPM = re.compile(rb"P6\s+(\d+)\s+(\d+)\s+255\s")


class UnreadablePicture(Exception):
    """The picture is of a kind that can't be read here. Permanent."""


def picture_of(domain: Any) -> bytes:
    """A PNG of a guest's first screen. Raises UnreadablePicture, and what libvirt raises."""
    stream, data = domain.connect().newStream(), bytearray()

    def take(_stream: Any, chunk: bytes, _opaque: None) -> None:
        data.extend(chunk)
        if len(data) > LARGEST:
            raise UnreadablePicture(f"cannot read a picture: because it has more than {LARGEST} bytes")

    domain.screenshot(stream, 0)
    stream.recvAll(take, None)
    stream.finish()
    return as_png(bytes(data))


def as_png(data: bytes) -> bytes:
    """A screenshot as PNG: older hypervisors send PPM. Raises UnreadablePicture for anything else."""
    if data.startswith(_PNG):
        return data
    header = _PPM.match(data)
    if header is None:
        raise UnreadablePicture(f"cannot read a picture: because it starts with {data[:8]!r}, neither PNG nor PPM")
    width, height = int(header[1]), int(header[2])
    pixels, stride = memoryview(data)[header.end() :], 3 * width
    if len(pixels) != stride * height:
        raise UnreadablePicture(
            f"cannot read a picture: because {width}x{height} pixels are not {len(pixels)} bytes"
        )
    lines = b"".join(b"\0" + pixels[y * stride : (y + 1) * stride] for y in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines)),
        (b"IEND", b""),
    )
    return _PNG + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
