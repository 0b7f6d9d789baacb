"""`power off GUEST`: pull a guest's plug. One that is off already is as wanted."""

from bot.actions import ActionType, Arguments, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import LabVerb


async def run(arguments: Arguments, context: Context) -> Outcome:
    """What was not written to its disks is lost."""
    (guest,) = arguments
    hypervisor = context.hypervisor_of(guest)
    if (await hypervisor.states())[guest].power is Power.OFF:
        return Outcome(ok=True, text=f"{guest} is off already")
    await hypervisor.power_off(guest)
    return Outcome(ok=True, text=f"{guest} was powered off")


ACTION = ActionType(LabVerb("power off", ("guest",)), run)
