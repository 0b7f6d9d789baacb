"""A hypervisor and its guests through libvirt: states, events, inventory, power, agent, picture of the screen.

The same code serves `qemu+ssh://user@host/system`, `qemu+unix://…` and libvirt's own test hypervisor `test:///…`.
It refuses to judge what it sees and to retry what it is asked: both are its callers'. link.py keeps connections,
events.py has the events, and libvirt's numbers in words; no libvirt type leaves this folder.

What concerns all guests (states, inventory, events) and what one hung guest can block (its power, agent, screen,
disks) go over separate connections, so that one guest never hides the others.
"""

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

import libvirt
import libvirt_qemu

from bot.core.guest import GuestEvent, GuestInfo, GuestState
from bot.core.incidents.inventory import HostFacts
from bot.hypervisor.addresses import addresses_of
from bot.hypervisor.definition import guest_info
from bot.hypervisor.events import states_of
from bot.hypervisor.identity import Identity
from bot.hypervisor.inventory import Inventory, defined
from bot.hypervisor.link import Link
from bot.hypervisor.obstacles import (
    CannotWatch,
    ConnectionLost,
    GuestRefused,
    HostSilent,
    HypervisorUnreachable,
    What,
    unreachable,
    watched_twice,
)
from bot.hypervisor.pictures import UnreadablePicture, picture_of
from bot.hypervisor.refusals import answered
from bot.hypervisor.why_off import WhyOff
from bot.names import Names

__all__ = [
    "AgentSilent",
    "CannotWatch",
    "GuestRefused",
    "HostSilent",
    "Hypervisor",
    "HypervisorUnreachable",
    "Unsupported",
    "guest_info",
    "watched_twice",
]

T = TypeVar("T")

AGENT_OVERHEAD = timedelta(seconds=5)  # libvirt greets the agent first (2 s), and answers late rather than never
OPERATION_DEADLINE = timedelta(seconds=60)  # QEMU gets up to 30 s to die, and a start may wait for storage

_NOT_THERE = {libvirt.VIR_ERR_NO_DOMAIN}
_BUSY = {libvirt.VIR_ERR_OPERATION_TIMEOUT}
_AGENT_COMMAND_TIMEOUT = 112  # libvirt's own name for it is newer than the libvirt of Debian 12
_SILENT = {libvirt.VIR_ERR_AGENT_UNRESPONSIVE, libvirt.VIR_ERR_AGENT_UNSYNCED, _AGENT_COMMAND_TIMEOUT}
_UNSUPPORTED = {
    libvirt.VIR_ERR_NO_SUPPORT,
    libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
    libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
    libvirt.VIR_ERR_INVALID_CONN,  # what a driver other than QEMU's answers to QEMU's own calls
}


class Unsupported(GuestRefused):
    """The guest or its driver lacks what was asked for, e.g. an agent channel."""


class AgentSilent(Exception):
    """The guest's agent did not answer: not started yet, dead, or the guest hangs. Transient."""


class Hypervisor:
    """One hypervisor, reached by its libvirt `uri`. Made and used on one asyncio loop.

    A guest is named by its UUID in every call: names can be given to another, or to two.

    `on_event` is called on that loop with what guests do, and with CONNECTED and LOST. `deadline` bounds the bulk
    calls; every method raises HypervisorUnreachable when its own is missed: HostSilent if the host itself is
    silent, CannotWatch if the watcher is refused. `names` looks its host up.
    """

    def __init__(
        self,
        name: str,
        uri: str,
        *,
        on_event: Callable[[GuestEvent], None],
        deadline: timedelta = timedelta(seconds=5),
        names: Names | None = None,
    ) -> None:
        self.name, self.uri = name, uri
        self._deadline = deadline
        names = names or Names()
        self._on_event = on_event
        self._all = Link(name, uri, names, self._heard)
        # A node file of the test driver is private to its connection, and none of its guests can hang.
        self._one = self._all if uri.startswith("test:") else Link(name, uri, names)
        self._keeper: asyncio.Task[None] | None = None
        self._inventory = Inventory(name, self._ask_all, self._ask_one)
        self.identity = Identity(self._ask_all)
        self.why_off = WhyOff()
        self._names: dict[str, str] = {}  # by UUID, as last told; for the words of errors only

    @property
    def connected(self) -> bool:
        """Whether events come in, as far as is known."""
        return self._all.connected

    def _heard(self, event: GuestEvent) -> None:
        self._inventory.heard(event)
        self.identity.heard(event)
        self._on_event(self.why_off.heard(event))

    async def start(self) -> None:
        """Connect in the background and stay connected. Never fails: a host that is away is tried again."""
        self._keeper = asyncio.create_task(self._all.keep(), name=f"stay connected to {self.name}")

    async def close(self) -> None:
        """Let go. What hangs is left behind after the deadline."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        for link in {self._all, self._one}:
            await link.close(self._deadline)

    async def states(self, *, now: bool = True) -> Mapping[str, GuestState]:
        """The state of every guest by its UUID, in one call that no hung guest can block.

        `now`: it is looked at after this call. Without, an answer that is on its way already will do: over a slow
        line, whoever looks again and again would never have one.
        """
        what, since = "list the guests' states", time.monotonic() if now else -math.inf
        try:
            async with asyncio.timeout(4 * self._deadline.total_seconds()):
                states = await self._ask_all(what, states_of, since=since)
        except TimeoutError:
            raise HypervisorUnreachable(f"cannot {what} on {self.name}: because it takes too long") from None
        self._names |= {uuid: state.name for uuid, state in states.items()}
        return self.why_off.explained(states)

    async def guests(self) -> Sequence[GuestInfo]:
        """Every guest, by name, with what was read of its making so far: see `read_definitions`."""
        return await self._inventory.guests()

    @property
    def known(self) -> Sequence[GuestInfo]:
        """The last list, with what was read by now."""
        return self._inventory.known

    async def read_definitions(self) -> Sequence[GuestInfo]:
        """Read what a few guests are made of, for about a second; those guests, none if there are none to read.

        Raises HypervisorUnreachable.
        """
        return await self._inventory.read_more()

    async def facts(self) -> HostFacts:
        """What the host has now, to be compared with what it had: see core/incidents/inventory.py."""
        return await self._inventory.facts()

    async def definition(self, uuid: str) -> GuestInfo:
        """What one guest is made of, read just now. GuestRefused where there is none."""
        return await self._ask_guest("read the definition of", uuid, defined)

    async def start_guest(self, uuid: str) -> None:
        """Start it; GuestRefused if it runs already (a crashed one that was kept counts as running)."""
        await self._ask_guest("start", uuid, lambda domain: domain.create())

    async def shut_down(self, uuid: str) -> None:
        """Ask the guest to shut down; done when it was asked, not when it is off."""
        await self._ask_guest("shut down", uuid, lambda domain: domain.shutdown())

    async def power_off(self, uuid: str) -> None:
        """Pull its plug."""
        await self._ask_guest("power off", uuid, lambda domain: domain.destroy())

    async def reset(self, uuid: str) -> None:
        """Press its reset button: no shutdown, no new process."""
        await self._ask_guest("reset", uuid, lambda domain: domain.reset())

    async def resume(self, uuid: str) -> None:
        """Let it go on after a pause, e.g. one on an I/O error."""
        await self._ask_guest("resume", uuid, lambda domain: domain.resume())

    async def agent_answers(self, uuid: str, deadline: timedelta) -> bool | None:
        """Whether the agent inside answers a ping; None where there is no agent channel.

        False for a guest that is off. Raises GuestRefused for an unknown one.
        """
        try:
            await self.agent(uuid, {"execute": "guest-ping"}, deadline)
        except Unsupported:
            return None
        except AgentSilent:
            return False
        return True

    async def agent(self, uuid: str, command: Mapping[str, Any], deadline: timedelta) -> Any:
        """What the guest's agent returns to a command of its protocol, e.g. {"execute": "guest-get-osinfo"}.

        The deadline is rounded up to whole seconds. Raises AgentSilent, Unsupported without an agent channel, and
        GuestRefused when the agent itself answers with an error.
        """
        seconds = max(1, math.ceil(deadline.total_seconds()))

        def job(domain: Any) -> Any:
            try:
                answer = libvirt_qemu.qemuAgentCommand(domain, json.dumps(command), seconds, 0)
            except libvirt.libvirtError as error:
                if error.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID:
                    raise
                raise AgentSilent(
                    f"cannot ask the agent of '{self._called(uuid)}' on {self.name}: because it does not run"
                ) from error
            return json.loads(answer)["return"]

        return await self._ask_guest("ask the agent of", uuid, job, timedelta(seconds=seconds) + AGENT_OVERHEAD)

    async def ask_emulator(self, uuid: str) -> None:
        """Ask what its QEMU alone can tell, as long as it goes on: what its disks have done."""
        await self._ask_guest("ask the emulator of", uuid, lambda domain: domain.blockStats(""), self._deadline)

    async def screenshot(self, uuid: str) -> bytes:
        """A PNG of its first screen."""
        try:
            return await self._ask_guest("take a picture of", uuid, picture_of, self._deadline)
        except UnreadablePicture as why:
            what = f"cannot take a picture of '{self._called(uuid)}' on {self.name}"
            raise GuestRefused(f"{what}: because what came is none ({why})") from why

    async def addresses(self, uuid: str) -> Sequence[str]:
        """The IP addresses it may be found at; they prove nothing (see addresses.py). None for one that is off."""
        return await self._ask_guest("look for", uuid, addresses_of, self._deadline)

    def _called(self, uuid: str) -> str:
        return self._names.get(uuid, uuid)

    async def _ask_guest(
        self, verb: str, uuid: str, job: Callable[[Any], T], deadline: timedelta = OPERATION_DEADLINE
    ) -> T:
        def named(connection: Any) -> T:
            domain = connection.lookupByUUIDString(uuid)
            self._names[uuid] = domain.name()
            return job(domain)

        return await self._ask(lambda: f"{verb} '{self._called(uuid)}'", named, self._one, deadline)

    async def _ask_all(self, what: str, job: Callable[[Any], T], *, since: float = -math.inf) -> T:
        """Ask of all guests at once. A connection that broke says nothing of its host: opening it again does."""
        for again in (True, False):
            try:
                return await self._all.ask(what, job, self._deadline, since=since)
            except ConnectionLost as lost:
                if lost.obstacle.what is not What.BROKEN or not again:
                    raise unreachable(f"cannot {what} on {self.name}", lost.obstacle) from lost
            except libvirt.libvirtError as error:
                if error.get_error_code() in _BUSY:
                    raise _refusal(f"cannot {what} on {self.name}: because", error) from error
                raise unreachable(f"cannot {what} on {self.name}", answered(error, self._all.way)) from error
        raise AssertionError("the second try returns or raises")

    async def _ask_one(self, what: str, job: Callable[[Any], T], patience: timedelta) -> T:
        return await self._ask(lambda: what, job, self._one, self._deadline + patience)

    async def _ask(self, what: Callable[[], str], job: Callable[[Any], T], link: Link, deadline: timedelta) -> T:
        """`what`: the words for it, asked for when it failed."""
        try:
            return await link.call(job, deadline)
        except ConnectionLost as lost:
            raise unreachable(f"cannot {what()} on {self.name}", lost.obstacle, begun=lost.begun) from lost
        except libvirt.libvirtError as error:
            raise _refusal(f"cannot {what()} on {self.name}: because", error) from error


def _refusal(cannot: str, error: libvirt.libvirtError) -> Exception:
    """An error of libvirt as one of this module's."""
    code, message = error.get_error_code(), error.get_error_message()
    if code in _NOT_THERE:
        return GuestRefused(f"{cannot} there is no such guest")
    if code in _BUSY:
        return HypervisorUnreachable(f"{cannot} it is busy with something else ({message})")
    if code in _SILENT:
        return AgentSilent(f"{cannot} it does not answer ({message})")
    if code in _UNSUPPORTED:
        return Unsupported(f"{cannot} it has no means for that ({message})")
    return GuestRefused(f"{cannot} {message}")
