"""`power off GUEST`: pull a guest's plug. One that is off already is as wanted."""

from bot.actions import ActionType, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """What was not written to its disks is lost."""
    (guest,) = call.arguments
    if await context.power(guest) is Power.OFF:
        return Outcome(ok=True, text=f"{guest} is off already")
    await context.hypervisor_of(guest).power_off(guest)
    return Outcome(ok=True, text=f"{guest} was powered off")


ACTION = ActionType(LabVerb("power off", ("guest",)), run)
