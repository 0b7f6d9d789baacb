"""What a `lab` fence can do: one file a verb. A module here with an `ACTION` is known to runbooks by its verb.

An action does one thing and says how it went. It asks nobody whether it may: who pressed was allowed to.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache

from bot.core.lab import LabCall, LabVerb
from bot.hypervisor import AgentSilent, GuestRefused, HypervisorUnreachable
from bot.hypervisor.machine import Machine

FAILURES = (HypervisorUnreachable, GuestRefused, AgentSilent)
"""What a hypervisor raises; the performer turns it into a failed action with its words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action went: whether as wanted, and a line for people. `known`: not ok is what was seen, no guess.

    `cut`: of what it printed, only the end is kept.
    """

    ok: bool
    text: str
    known: bool = True
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What the actions of one run work with.

    `machine`: the guest of that name; the run's own where the name is the run's. Raises GuestRefused for an
    unknown or an ambiguous name. `healthy`: looks at a target now, by name, and says whether it is proven well;
    `unwell`: whether it surely is not. `unproven`: what an incident still waits for, by its number: each target's
    name, and the machine if it is a guest that a hypervisor has. `show`: puts a picture (name, title, PNG) into
    the thread. `status`: where an incident stands, by its number; None where there is none. `all_proven`: whether
    every machine of an incident is proven well, and by what.
    """

    machine: Callable[[str], Machine]
    healthy: Callable[[str], Awaitable[Outcome]]
    unwell: Callable[[str], Awaitable[Outcome]]
    unproven: Callable[[str], Awaitable[Mapping[str, Machine | None]]]
    show: Callable[[str, str, bytes], Awaitable[None]]
    status: Callable[[str], Awaitable[str | None]]
    all_proven: Callable[[str], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class ActionType:
    """What an action's module offers: how it is written, and what does it when it is called so."""

    verb: LabVerb
    run: Callable[[LabCall, Context], Awaitable[Outcome]]


@cache
def discover() -> Mapping[str, ActionType]:
    """The actions runbooks can use, by verb."""
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    found = [m.ACTION for m in modules if hasattr(m, "ACTION")]
    return {action.verb.name: action for action in found}
