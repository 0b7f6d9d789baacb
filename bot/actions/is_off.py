"""`is off GUEST [disk=PATH]`: whether a guest is surely off now, and still has that disk. For a **Before**."""

from bot.actions import ActionType, Context, Outcome
from bot.actions.uses_disk import uses
from bot.core.guest import Power
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """Off on its own host, and active on none of the others that define it: they may share its disk.

    Crashed, paused or saved to disk is not off. Where one of them can't be asked, it is not surely off.
    """
    (guest,) = call.arguments
    machine = context.machine(guest)
    power = await machine.power()
    if power is not Power.OFF:
        return Outcome(ok=False, text=f"{guest} is not off: it is {power}")
    if active := await machine.active_elsewhere():
        return Outcome(ok=False, text=f"{guest} is off on {machine.hypervisor.name}, but {active}")
    info, disk = await machine.hypervisor.definition(machine.uuid), dict(call.options).get("disk")
    if info.saved:
        return Outcome(ok=False, text=f"{guest} is saved to disk: {_SAVED} “virsh managedsave-remove {info.name}”")
    if disk is None:
        return Outcome(ok=True, text=f"{guest} is off")
    if user := await machine.also_on(disk):
        return Outcome(ok=False, text=f"{guest} is off, but {user} uses {disk}, and is not off")
    used = uses(info, disk)
    return Outcome(used.ok, f"{guest} is off; {used.text}")


_SAVED = "it would go on with what it remembers, whatever its disk holds by then. Start it and shut it down, or"


ACTION = ActionType(LabVerb("is off", ("guest",), ("disk",)), run)
