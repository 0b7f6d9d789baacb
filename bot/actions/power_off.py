"""`power off GUEST`: pull a guest's plug. One that is off already is as wanted."""

from bot.actions import ActionType, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import Effect, LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """What was not written to its disks is lost."""
    (guest,) = call.arguments
    machine = context.machine(guest)
    if await machine.power() is Power.OFF:
        return Outcome(ok=True, text=f"{guest} is off already")
    await machine.hypervisor.power_off(machine.uuid)
    return Outcome(ok=True, text=f"{guest} was powered off")


ACTION = ActionType(LabVerb("power off", ("guest",), effect=Effect.STOPS), run)
