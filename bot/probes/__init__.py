"""What looks: one file a probe. A module here with a `PROBE` is known to lab.yaml by the module's name.

A probe looks and says what it saw; what to believe of it and what follows is decided elsewhere. A probe that could
not look says UNKNOWN.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

from bot.core.health import CheckName, Observation, Target
from bot.hypervisor import Hypervisor
from bot.names import Names


@dataclass(frozen=True, slots=True)
class Parts:
    """What probes are given to look with.

    `now`: the clock, aware and in UTC. `hypervisors`: by their host's name. `read_end`: the last part of a text
    file on a host, by host and path; empty if it was last written longer ago than the time that is given. Raises
    bot.reach.Unreachable or bot.reach.Refused. `names`: looks host names up, for all of them.
    """

    now: Callable[[], datetime]
    hypervisors: Mapping[str, Hypervisor]
    read_end: Callable[[str, str, timedelta | None], Awaitable[str]]
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Watched:
    """What a check looks at: its name, its target, and where that is reached (a host name or IP address)."""

    check: CheckName
    target: Target
    address: str


class Probe(Protocol):
    """Looks at one thing. Made once for each check."""

    async def look(self) -> Sequence[Observation]:
        """Look once, within the probe's own deadline. Raises nothing for what it found or could not find."""
        ...

    async def close(self) -> None:
        """Let go of what is kept open."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeType:
    """What a probe's module offers. `params`: a frozen dataclass, its keys in lab.yaml; `make` takes one."""

    params: type[Any]
    make: Callable[[Watched, Any, Parts], Probe]


@cache
def discover() -> Mapping[str, ProbeType]:
    """The probes lab.yaml can use, by name: a module's name is its probe's."""
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    return {m.__name__.rpartition(".")[2]: m.PROBE for m in modules if hasattr(m, "PROBE")}
