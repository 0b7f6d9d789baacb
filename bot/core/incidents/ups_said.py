"""What the UPS that told of a power failure said last of its battery: data beside the words of the card."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FEW: Final = 5
"""Minutes; with less on its battery, machines have to be shut down now."""


@dataclass(frozen=True, slots=True)
class UpsSaid:
    """Its last words on battery. `low`, `few`: what they told; `silent`: it can't be asked, as the card says."""

    words: str
    low: bool = False
    few: bool = False
    silent: bool = False


def ups_said(words: str, facts: Mapping[str, str]) -> UpsSaid:
    """What it says now, in words and as ups_status.Status.facts tells it."""
    runtime = facts.get("runtime")
    few = runtime is not None and round(float(runtime) / 60) <= FEW
    return UpsSaid(words, low=facts.get("battery") == "low", few=few)
