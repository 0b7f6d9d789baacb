"""A look at where one guest stands at its boot: what is asked of it in which order, and what outweighs what.

What holds only as long as it answers is asked again, and each time something of it must answer: an agent, an SSH
server, or else the emulator that runs it.
"""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from bot.core.incidents.boot_place import Source
from bot.core.incidents.boot_reading import UNKNOWN, Reading, own
from bot.core.incidents.boot_screen import read_screen
from bot.core.incidents.boot_signs import Part, Stage
from bot.core.incidents.guest_boot import GuestBoot
from bot.core.incidents.guest_system import System
from bot.hypervisor import AgentSilent, HypervisorUnreachable
from bot.monitoring.console import render
from bot.probes.guest import Agent, GuestProbe

_DECIDED = frozenset({Stage.FAILED, Stage.WAITING})
_HARM = frozenset({Part.DISK, Part.FILES})
_CRASHES = frozenset({Part.KERNEL, Part.WINDOWS})
_KERNELS = re.compile(r"^\[ *\d+\.\d{6}\] ", re.MULTILINE)
"""A line of a kernel's: where it writes others, it writes its panic."""

REDRAWN = timedelta(seconds=10)
"""So long after a start a screen surely shows something of it, also on a busy host."""

_UNNAMED = "it has come up, and its agent has not said yet as which system"

Clock = Callable[[], datetime]


async def look(probe: GuestProbe, boot: GuestBoot, now: Clock, patience: timedelta) -> GuestBoot:
    """The tracker after a look at its guest: the agent, then the console, then the screen, until one proves it up.

    `patience`: how long an agent that named its system before is waited for once there is a login: it may be
    another's. Raises HypervisorUnreachable.
    """
    of = boot.starts
    agent, system = await _ask_agent(probe)
    if agent is Agent.SILENT and boot.frozen:
        agent = Agent.FROZEN  # it would say that it was thawed
    boot, console, fresh, tells_panics = await _console(probe, boot, now)
    if agent is not Agent.SILENT or boot.whose.other is not None:  # another's login is not its own
        return await _answered(probe, boot, console if fresh else UNKNOWN, now, agent, system)
    if probe.info.has_agent:
        boot = boot.fell_silent(now(), of)
    if probe.shares_log:
        boot = boot.disowned(now())
    unnamed = probe.info.has_agent and _is_unnamed(boot, now(), patience)
    console = _as_known(console, unnamed=unnamed and fresh)
    if fresh and console.stage is Stage.UP and boot.console.unwatched is None:
        if boot.source is Source.CONSOLE:
            await probe.responds()
        shown = UNKNOWN if tells_panics else _read_screen(await probe.screen(), probe)
        if _crashed(shown):
            return boot.read(shown, now(), of, Source.SCREEN, fresh=True)
        return boot.read(console, now(), of, Source.CONSOLE, fresh=True)
    return await _by_screen(probe, boot, console, now, fresh=fresh, unnamed=unnamed)


def _is_unnamed(boot: GuestBoot, now: datetime, patience: timedelta) -> bool:
    """Whether its agent has named its system before, and may do so again after the latest start."""
    named = boot.whose.own is not None and not boot.whose.here
    waited = boot.seen.why == _UNNAMED and boot.where(now, patience).overdue
    return named and not waited and not boot.proof


def _as_known(shown: Reading, *, unnamed: bool) -> Reading:
    """What is read, as long as nobody knows of which system."""
    return replace(shown, stage=Stage.USERSPACE, why=_UNNAMED) if unnamed and shown.stage is Stage.UP else shown


async def _ask_agent(probe: GuestProbe) -> tuple[Agent, System | None]:
    """How its agent answers, and for which system."""
    agent = await probe.agent()
    try:
        return agent, await probe.system() if agent is Agent.ANSWERS else None
    except AgentSilent:
        return Agent.SILENT, None


async def _answered(
    probe: GuestProbe, boot: GuestBoot, console: Reading, now: Clock, agent: Agent, system: System | None
) -> GuestBoot:
    """The tracker once the agent answers: a system that is damaged, or not the machine's own, may have one, too.

    `console`: what is surely of the present boot. The screen is looked at until it has answered twice: a login may
    come after it.
    """
    of = boot.starts
    if _denies(console):
        return boot.read(console, now(), of, Source.CONSOLE, fresh=True)
    again = boot.source is Source.AGENT
    if not (again and boot.glanced):
        with suppress(HypervisorUnreachable):  # it answers, and nothing denies it
            shown = _read_screen(await probe.screen(), probe)
            if _denies(shown):
                return boot.read(shown, now(), of, Source.SCREEN, fresh=True)
            boot = replace(boot, glanced=again)
    return boot.froze(now(), of) if agent is Agent.FROZEN else boot.answered(now(), of, system)


def _denies(shown: Reading) -> bool:
    """Whether it tells more than that an agent answers."""
    return shown.elsewhere or shown.part in _HARM


def _crashed(shown: Reading) -> bool:
    """Whether its kernel has ended, be what it will on another console: that stands still from then on."""
    return shown.stage is Stage.FAILED and (shown.part in _CRASHES or "panic" in shown.line.casefold())


async def _by_screen(
    probe: GuestProbe, boot: GuestBoot, console: Reading, now: Clock, *, fresh: bool, unnamed: bool
) -> GuestBoot:
    """The tracker once its screen was looked at, where nothing has proven it up."""
    of = boot.starts
    shown = _as_known(_read_screen(await probe.screen(), probe), unnamed=unnamed)
    if shown.stage is Stage.UP and _may_be_older(boot, now()):
        shown = UNKNOWN
    if fresh and _crashed(console):
        return boot.read(console, now(), of, Source.CONSOLE, fresh=True)
    if fresh and console.stage is Stage.UP and shown.stage not in _DECIDED:
        # Nobody watched, and it has written nothing since: that may be from before a reset that its log lacks.
        return boot.read(console, now(), of, Source.CONSOLE, fresh=shown.stage is Stage.UP)
    if boot.source is Source.CONSOLE and console.stage is Stage.UNKNOWN:  # up, unless it shows that it crashed
        looked = boot.read(console, now(), of, Source.CONSOLE, fresh=True)
        return boot.read(shown, now(), of, Source.SCREEN, fresh=True) if _crashed(shown) else looked
    if shown.stage is Stage.UP or (shown.stage in _DECIDED and not (fresh and console.stage in _DECIDED)):
        return boot.read(shown, now(), of, Source.SCREEN, fresh=True)
    if not fresh or console.stage is Stage.UNKNOWN:
        boot = boot.read(shown, now(), of, Source.SCREEN, fresh=True)
    return boot.read(console, now(), of, Source.CONSOLE, fresh=fresh)


def _may_be_older(boot: GuestBoot, now: datetime) -> bool:
    """Whether a picture may show what stood there before the start: firmware takes a while to draw another."""
    return boot.seen is UNKNOWN and boot.started is not None and now - boot.started < REDRAWN


def _read_screen(text: str | None, probe: GuestProbe) -> Reading:
    return own(read_screen((text or "").splitlines()), probe.guest.name)


async def _console(probe: GuestProbe, boot: GuestBoot, now: Clock) -> tuple[GuestBoot, Reading, bool, bool]:
    """The tracker with its console's log read, and what that shows.

    Besides: whether it is surely of the present boot, and whether its kernel writes there in this boot.
    """
    log = await probe.console(boot.console.known)
    if log is None:
        return boot, UNKNOWN, False, False
    if boot.console.is_another(log):
        boot = replace(boot, console=boot.console.rotated(await probe.rotated(boot.console.known)))
    log = boot.console.joined(log)
    if boot.console.quiet:
        boot = boot.marked(log, boot.starts, truncated=not probe.info.console_appended)
    another, boot = boot.console.is_another(log), boot.read_to(log)

    def read(text: str) -> Reading:
        return own(_read_log(text), probe.guest.name)

    if another and await asyncio.to_thread(boot.seen.is_denied_by, log.text, read):
        boot = boot.disowned(now())
    shown, fresh = await asyncio.to_thread(boot.shown, log, read)
    return boot.shows(shown, log, fresh=fresh), shown, fresh, bool(_KERNELS.search(boot.console.present(log)))


@lru_cache(maxsize=128)  # many consoles stand still
def _read_log(text: str) -> Reading:
    """What the end of a console's log shows. Computes for tens of milliseconds."""
    return read_screen(render(text))


async def ask_ssh(probe: GuestProbe, boot: GuestBoot, now: Clock, patience: timedelta) -> tuple[GuestBoot, str]:
    """The tracker after its guest's SSH server was asked, where nothing else tells; and what it said instead."""
    place, renewed = boot.where(now(), patience), boot.source is Source.SSH
    if (place.proven and not renewed) or place.stage in _DECIDED or boot.frozen:
        return boot, ""
    answer = await probe.ssh()
    if answer is None or not answer.proves:
        return boot.fell_silent(now(), boot.starts, Source.SSH), answer.why if answer else ""
    boot = replace(boot, whose=boot.whose.accepted())  # by whatever name: no other has that key
    return boot.read(Reading(Stage.UP, answer.why), now(), boot.starts, Source.SSH, fresh=True), ""
