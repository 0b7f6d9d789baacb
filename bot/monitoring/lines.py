"""How well each gateway is heard, and whether that counts. Many routers answer only so many pings.

A bad line counts only of a gateway that has answered a whole burst before, and no longer once it has been bad for
long while nothing was wrong: then pings tell nothing there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.health import Health
from bot.core.incidents.visibility import Finding

FRESH = timedelta(seconds=3)  # of what was measured, while it is bad or something does not answer
USUAL = timedelta(minutes=5)  # and while all is well

Gateway = tuple[str, str, str | None]
"""Its address, the interface it is reached over, and the gateway before it, if any."""


@dataclass(slots=True)
class Lines:
    """What was measured last of each gateway's line."""

    _found: dict[Gateway, Finding] = field(default_factory=dict)
    _good: set[Gateway] = field(default_factory=set)
    _bad_since: dict[Gateway, datetime] = field(default_factory=dict)  # while all was well

    def due(self, gateways: Collection[Gateway], now: datetime, *, trouble: bool) -> Sequence[Gateway]:
        """Those to measure now. `trouble`: whether something does not answer."""
        return [one for one in gateways if self._is_due(self._found.get(one), now, trouble=trouble)]

    def _is_due(self, line: Finding | None, now: datetime, *, trouble: bool) -> bool:
        if line is None:
            return True
        return now - line.at >= (FRESH if trouble or line.health is Health.FAIL else USUAL)

    def keep(self, found: Mapping[Gateway, Finding], *, trouble: bool) -> None:
        """Take in what was measured just now."""
        self._found |= found
        for gateway, line in found.items():
            if line.health is Health.OK:
                self._good.add(gateway)
            if trouble or line.health is not Health.FAIL:
                self._bad_since.pop(gateway, None)
            elif line.at - self._bad_since.setdefault(gateway, line.at) >= USUAL:
                self._good.discard(gateway)

    def of(self, gateways: Collection[Gateway]) -> Mapping[Gateway, Finding]:
        """What was found of these."""
        return {one: self._found[one] for one in gateways if one in self._found}

    def that_count(self, gateways: Collection[Gateway]) -> Sequence[Finding]:
        """What is found of these, as far as it tells anything."""
        return [line for one, line in self.of(gateways).items() if one in self._good]

    def forget(self) -> None:
        """The clock was stepped: when anything was measured can't be told."""
        self._found.clear()
        self._bad_since.clear()
