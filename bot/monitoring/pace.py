"""How often a check looks."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a check looks, how soon again while in doubt, and after how many failures it is believed."""

    every: timedelta
    retry_every: timedelta
    failures: int
