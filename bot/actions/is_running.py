"""`is running GUEST`: whether a guest runs now. For a **Before**; whether it is well inside, `healthy` says."""

from bot.actions import ActionType, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """Only what its hypervisor says now counts."""
    (guest,) = call.arguments
    power = await context.machine(guest).power()
    return Outcome(ok=power is Power.RUNNING, text=f"{guest} is {power}")


ACTION = ActionType(LabVerb("is running", ("guest",)), run)
