"""One guest in one place, for whoever is about to do something to it.

It looks before it acts: at the very host and UUID it is for, and at the other hosts that define the same guest.
Where what it finds differs, it refuses and says what it found.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.core.guest import Power, StartsFrom
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable


@dataclass(frozen=True, slots=True)
class Machine:
    """One guest on one host: what an action acts on. Each deed names the guest by its UUID, on that host alone.

    `others`: all other hosts that may have it, too. `began_with`: what it started from when whoever acts began.
    `called`: what it was called then, for a script knows it by that name alone; "" where nobody minds.
    Every method raises what the hypervisor does (FAILURES).
    """

    name: str
    uuid: str
    hypervisor: Hypervisor
    others: Sequence[Hypervisor] = ()
    began_with: StartsFrom | None = None
    called: str = ""

    async def power(self) -> Power:
        """Its power now. Raises GuestRefused where that host has it no longer, with where it was found instead."""
        state = (await self.hypervisor.states()).get(self.uuid)
        if state is None:
            found = await self._elsewhere()
            raise GuestRefused(f"cannot find '{self.name}' on {self.hypervisor.name}: because {found}")
        if why := self._renamed(state.name):
            raise GuestRefused(f"cannot act on '{self.name}' on {self.hypervisor.name}: because {why}")
        return state.power

    def _renamed(self, name: str) -> str | None:
        """That it is called otherwise now, in words, and what to do; None where it is not."""
        if self.called in {"", name}:
            return None
        return f"it is called {name} now; stop this run, and start it anew for {name}"

    async def keeps_its_name(self) -> None:
        """Raises GuestRefused where another guest of its host has its name: a script would mean that one."""
        states = await self.hypervisor.states()
        other = next((uuid for uuid in states.keys() - {self.uuid} if states[uuid].name == self.called), None)
        if other is not None:
            why = f"that is another guest now ({other}, not {self.uuid}); stop this run, and start one for that"
            raise GuestRefused(f"cannot act on '{self.name}' on {self.hypervisor.name}: because {why}")

    async def start(self) -> None:
        """Start it, unless it is active on another host: a second copy would destroy the disk they share.

        Nor where its definition names other disks than at first: what would come up is another system.
        """
        why = await self._defined_anew() or await self._active_here() or await self.active_elsewhere()
        if why:
            raise GuestRefused(f"cannot start '{self.name}' on {self.hypervisor.name}: because {why}")
        await self.hypervisor.start_guest(self.uuid)

    async def resume(self) -> None:
        """Let it go on after a pause, unless it runs on another host by now, as after a migration."""
        if why := await self.active_elsewhere(harmless={Power.OFF, Power.PAUSED}):
            raise GuestRefused(f"cannot resume '{self.name}' on {self.hypervisor.name}: because {why}")
        await self.hypervisor.resume(self.uuid)

    async def _active_here(self) -> str | None:
        state = (await self.hypervisor.states()).get(self.uuid)
        return None if state is None or state.power is Power.OFF else f"it is {state.power} already"

    async def _defined_anew(self) -> str | None:
        """How its definition differs from what it was, in words, and what to do; None where it does not."""
        if self.began_with is None and not self.called:
            return None
        now = await self.hypervisor.definition(self.uuid)
        if why := self._renamed(now.name):
            return why
        differs = now.starts_from.differs_from(self.began_with) if self.began_with else None
        return differs and f"{differs} when this run began; put that back, or stop this run and start it anew"

    async def active_elsewhere(self, harmless: Collection[Power] = (Power.OFF,)) -> str | None:
        """Where else it is active, or may be, in words; None where it surely is not.

        `harmless`: the states that are none of that. One machine by two names tells each state twice.
        """
        for other in self.others:
            try:
                state = (await other.states()).get(self.uuid)
            except HypervisorUnreachable as why:
                return (
                    f"{other.name} may be running it, and {other.name} can't be asked ({why}); if {other.name} is "
                    f"gone for good, take hosts.{other.name} out of lab.yaml and restart Caretaker"
                )
            if state is not None and state.power not in harmless:
                return (
                    f"it is {state.power} on {other.name}, and two copies would destroy the disk they share; "
                    f"shut it down there first, or leave it there"
                )
        return None

    async def also_on(self, disk: str) -> str | None:
        """Another guest of its host that has that disk, and is not off; by its name.

        Each is read now: it may have been given that disk since it was read last, or was never read at all.
        """
        states = await self.hypervisor.states()
        for uuid in states.keys() - {self.uuid}:
            is_off = states[uuid].power is Power.OFF
            if not is_off and disk in (await self.hypervisor.definition(uuid)).disks:
                return states[uuid].name
        return None

    async def _elsewhere(self) -> str:
        unasked = []
        for other in self.others:
            try:
                if (await other.states()).get(self.uuid) is not None:
                    return f"it is on {other.name} now; stop this run, and start the runbook anew for it there"
            except HypervisorUnreachable:
                unasked.append(other.name)
        if not unasked:
            return "there is no such guest any more"
        names = " and ".join(unasked)
        return f"it is not there any more, and {names} can't be asked whether it is there; try again once it can"
