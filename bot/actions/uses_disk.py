"""`uses disk GUEST PATH`: whether a guest's definition still names that disk. For a **Before**."""

from bot.actions import ActionType, Context, Outcome
from bot.core.lab import LabCall, LabVerb
from bot.hypervisor.machine import Machine


async def run(call: LabCall, context: Context) -> Outcome:
    """A disk that was moved, or a guest made anew with another one, is not the disk that was looked at."""
    guest, disk = call.arguments
    return await uses(context.machine(guest), disk)


async def uses(machine: Machine, disk: str) -> Outcome:
    """What its hypervisor says now."""
    disks = (await machine.hypervisor.definition(machine.uuid)).disks
    if disk in disks:
        return Outcome(ok=True, text=f"its disk is {disk}")
    return Outcome(ok=False, text=f"its disk is not {disk}, but {', '.join(disks) or 'none'}")


ACTION = ActionType(LabVerb("uses disk", ("guest", "path")), run)
