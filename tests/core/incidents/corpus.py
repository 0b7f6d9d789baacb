"""The texts of boots/: what screens and consoles showed, and where each machine stands by it.

A file holds sections, each with a head of three parts: `#### name | where it stands | where it comes from`. Where
there are two right answers, " or " stands between. Control characters are written as their pictures: ␛ ␍ ␈.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.incidents.boot_reading import Reading
from bot.core.incidents.boot_screen import read_screen
from bot.core.incidents.boot_signs import Stage
from bot.monitoring.console import render

BOOTS = Path(__file__).parent / "boots"
_PICTURES = {"␛": "\x1b", "␍": "\r", "␈": "\b"}
_HEAD = "#### "


@dataclass(frozen=True)
class Text:
    """One text. `wanted`: what it may be read as."""

    name: str
    wanted: tuple[str, ...]
    source: str
    log: str

    @property
    def stages(self) -> set[str]:
        return {wanted.partition(":")[0] for wanted in self.wanted}


def told(reading: Reading) -> str:
    """A reading as the corpus writes it."""
    if reading.stage is Stage.WAITING:
        return f"waiting: {reading.wait}"
    return f"failed: {reading.part}" if reading.stage is Stage.FAILED else str(reading.stage)


def stage_of(log: str) -> str:
    """Where the machine stands whose console wrote this."""
    return told(read_screen(render(log))).partition(":")[0]


def read(log: str) -> str:
    return told(read_screen(render(log)))


def _texts(path: Path) -> Iterator[Text]:
    for section in path.read_text().split(f"\n{_HEAD}"):
        head, _, log = section.removeprefix(_HEAD).partition("\n")
        name, wanted, source = (part.strip() for part in head.split("|", 2))
        for picture, control in _PICTURES.items():
            log = log.replace(picture, control)
        yield Text(name, tuple(wanted.split(" or ")), source, log.rstrip("\n"))


def texts() -> Sequence[Text]:
    """All of them."""
    return [text for path in sorted(BOOTS.glob("*.txt")) for text in _texts(path)]
