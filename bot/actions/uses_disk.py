"""`uses disk GUEST PATH`: whether a guest's definition still names that disk. For a **Before**."""

from bot.actions import ActionType, Context, Outcome
from bot.core.guest import GuestInfo
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """A disk that was moved, or a guest made anew with another one, is not the disk that was looked at."""
    guest, disk = call.arguments
    machine = context.machine(guest)
    return uses(await machine.hypervisor.definition(machine.uuid), disk)


def uses(info: GuestInfo, disk: str) -> Outcome:
    """What its definition says."""
    if disk in info.disks:
        return Outcome(ok=True, text=f"its disk is {disk}")
    return Outcome(ok=False, text=f"its disk is not {disk}, but {', '.join(info.disks) or 'none'}")


ACTION = ActionType(LabVerb("uses disk", ("guest", "path")), run)
