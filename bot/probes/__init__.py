"""What looks: one file a probe. A module here with a `PROBE` is known to lab.yaml by the module's name.

A probe looks and says what it saw; what to believe of it and what follows is decided elsewhere. A probe that could
not look says UNKNOWN.
"""

import asyncio
import importlib
import os
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from bot.core.health import CheckName, Fingerprint, Observation, Target, TargetKind
from bot.core.incidents.console_log import LogEnd
from bot.hypervisor import Hypervisor
from bot.hypervisor.screen_text import AT_ONCE
from bot.names import Names
from bot.probes.twins import Twins
from bot.reach import Reach, Refusal, Refused
from bot.reach.ssh_answer import Answer, Door, SshAnswer


def _no_way(host: str) -> Reach:
    raise Refused(f"cannot log in to {host}: because nothing here is reached by SSH", Refusal.OURS)


def _unknown(_target: Target, address: str) -> Door:
    return Door(address, 22, Path(os.devnull))


async def _not_known(_door: Door) -> bool:
    return False


async def _nothing(_guest: Target) -> SshAnswer | None:
    return None


async def _no_process(_host: str, _uuid: str) -> str:
    return ""


def _no_others(_guest: Target) -> Iterable[str]:
    return ()


async def _not_shared(_one: Door, _other: Door) -> bool:
    return False


async def _not_asked(door: Door, _deadline: timedelta) -> SshAnswer:
    return SshAnswer(Answer.CANNOT_LOOK, f"nobody asks for the host key of {door.name}")


@dataclass(frozen=True, slots=True)
class SshWays:
    """How machines are reached by SSH; by default none is.

    `to_host`: the way to a host, by its name; raises bot.reach.Refused. `door`: where the SSH server of a target
    at an address is, and where its key is known. `knows`: whether any is. `proof`: what answers there, within a
    deadline; it never logs in. `others`: by what names the keys of all machines but that guest may be known.
    `twins`: tells hosts apart that have one key.
    """

    to_host: Callable[[str], Reach] = _no_way
    door: Callable[[Target, str], Door] = _unknown
    knows: Callable[[Door], Awaitable[bool]] = _not_known
    proof: Callable[[Door, timedelta], Awaitable[SshAnswer]] = _not_asked
    others: Callable[[Target], Iterable[str]] = _no_others
    twins: Twins = field(default_factory=lambda: Twins(_not_shared))

    def beside_others(self, door: Door, target: Target) -> Door:
        """That door; a key that another machine has, too, does not tell a guest from it."""
        guest = target.kind is TargetKind.GUEST
        return replace(door, others=tuple(self.others(target))) if guest else door


@dataclass(frozen=True, slots=True)
class Parts:
    """What probes are given to look with.

    `now`: the clock, aware and in UTC. `hypervisors`: by their host's name. `read_end`: the last part of a file on
    a host, and what stands before a place in it, by host, path and place; `process_of`: which process there runs
    the guest of that UUID, "" where that can't be told; both raise bot.reach.Unreachable or bot.reach.Refused.
    `screens`: one slot for each picture that is read at the same time. `names`: looks host names up, for all of
    them. `ssh`: the ways to machines by SSH. `remembered`: the facts of a check when they were last believed.
    `ssh_answers`: what a guest's SSH server shows; None where its address or its host key is not known. `zone`: in
    which people are told times.
    """

    now: Callable[[], datetime]
    hypervisors: Mapping[str, Hypervisor]
    read_end: Callable[[str, str, int], Awaitable[LogEnd]]
    names: Names = field(default_factory=Names)
    ssh: SshWays = field(default_factory=SshWays)
    remembered: Callable[[Fingerprint], Mapping[str, str]] = lambda _check: {}
    process_of: Callable[[str, str], Awaitable[str]] = _no_process
    ssh_answers: Callable[[Target], Awaitable[SshAnswer | None]] = _nothing
    screens: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    zone: tzinfo = UTC


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
