"""One line of a `lab` fence, carried out as a runbook has it."""

from collections.abc import Mapping, Sequence

from bot.actions import Context, Outcome, discover
from bot.core.lab import take_apart
from bot.hypervisor import GuestRefused, Hypervisor
from bot.hypervisor.machine import Machine
from tests.guests import uuid


class Shown(list):
    """The pictures that were put into the thread."""

    async def show(self, name: str, title: str, picture: bytes) -> None:
        self.append((name, title, picture[:4]))


def context(
    hypervisor: Hypervisor,
    *,
    unproven: Mapping[str, bool] | None = None,
    shown=None,
    others: Sequence[Hypervisor] = (),
) -> Context:
    """What actions work with. `others`: hosts that define the guests, too."""

    def machine(guest: str) -> Machine:
        if guest == "atlas":
            raise GuestRefused("cannot use 'atlas' here: because it is no guest")
        return Machine(guest, uuid(guest), hypervisor, others)

    async def healthy(name: str) -> Outcome:
        return Outcome(ok=name == "web1", text=f"looked at {name}")

    async def unwell(name: str) -> Outcome:
        return Outcome(ok=name != "web1", text=f"looked at {name}")

    async def status(incident: str) -> str | None:
        return {"7": "recovering", "8": "resolved"}.get(incident)

    async def waiting_for(incident: str) -> Mapping[str, Machine | None]:
        assert incident == "7"
        return {name: machine(name) if is_guest else None for name, is_guest in (unproven or {}).items()}

    async def all_proven(incident: str) -> Outcome:
        return Outcome(ok=incident == "7", text=f"asked of incident {incident}")

    show = (shown if shown is not None else Shown()).show
    return Context(machine, healthy, unwell, waiting_for, show, status, all_proven)


async def run(line: str, context: Context) -> Outcome:
    """Carry out one line, as a runbook has it."""
    actions = discover()
    call = take_apart(line, [action.verb for action in actions.values()])
    return await actions[call.verb].run(call, context)
