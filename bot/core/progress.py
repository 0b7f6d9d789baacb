"""How far a running step has come, as far as its output or the size of what it writes tells."""

import re
from dataclasses import dataclass

_JSON = re.compile(r'"percent_done"\s*:\s*([01](?:\.\d+)?)(?=[\s,}])')  # whole: 1e-07 is not 1
_OF_HUNDRED = re.compile(r"(\d{1,3}(?:\.\d+)?)/100\s*%")  # qemu-img's (42.00/100%)
_PERCENT = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d+)?)\s?%")


_OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\n])")


@dataclass(frozen=True, slots=True)
class Progress:
    """`percent`: 0 to 100, None where only `text` is known (e.g. `12.4 MB written`)."""

    percent: int | None
    text: str = ""


def percent_in(output: str) -> int | None:
    """The last percentage a tool printed, 0 to 100; None if it printed none."""
    for pattern, scale in ((_JSON, 100), (_OF_HUNDRED, 1), (_PERCENT, 1)):
        found = pattern.findall(output)
        if found and float(found[-1]) * scale <= 100:
            return int(float(found[-1]) * scale)
    return None


def on_screen(output: str) -> str:
    """What a terminal shows in the end: a line that a carriage return began anew is only what it became."""
    return _OVERWRITTEN.sub("", output)


def of_size(written: int, whole: int | None) -> Progress:
    """Progress by the bytes written so far, of `whole` where that is known."""
    if not whole:
        return Progress(None, f"{in_bytes(written)} written")
    return Progress(min(100, written * 100 // whole), f"{in_bytes(written)} of {in_bytes(whole)}")


def in_bytes(size: int) -> str:
    """A size for people: `12.4 MB`, in powers of ten as drives are sold."""
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
