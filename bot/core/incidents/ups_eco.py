"""The ECO mode of a UPS: its owner has it save energy, so the mains go round its converter while they are good.

It stands by and takes over when they are not: that is neither a fault nor a bypass. NUT's drivers tell it each in
their own way: by a word of the status, by a word of another variable (both: issue 2495), or as an alarm (2494).
"""

import re
from collections.abc import Mapping
from typing import Final

_WORDS: Final = frozenset({"ECO", "ESS", "HE"})
_ALARM: Final = re.compile(r"(UPS is in )?\bECO(\(HE\))? mode([.!]|$)", re.IGNORECASE)
_FOLLOWS: Final = re.compile(r"\bautomatic bypass mode([.!]|$)", re.IGNORECASE)
"""What is an alarm in any other mode."""


def in_eco_mode(told: Mapping[str, str]) -> bool:
    """Whether a UPS says that it is in that mode. `told`: NUT's variables."""
    modes = told.get("experimental.ups.mode.buzzwords", "").replace(":", " ")  # such as vendor:apc:HE
    words = f"{told.get('ups.status', '')} {modes}".split()
    return not _WORDS.isdisjoint(words) or _ALARM.search(told.get("ups.alarm", "")) is not None


def other_alarms(told: Mapping[str, str]) -> str:
    """What its alarm says but for that mode."""
    alarm = told.get("ups.alarm", "")
    return " ".join((_FOLLOWS.sub(" ", _ALARM.sub(" ", alarm)) if in_eco_mode(told) else alarm).split())
