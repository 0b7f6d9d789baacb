"""`start GUEST`: start a guest. One that runs already is as wanted."""

from bot.actions import ActionType, Arguments, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import LabVerb


async def run(arguments: Arguments, context: Context) -> Outcome:
    """Started means: its hypervisor runs it. Whether it came up, `healthy` says."""
    (guest,) = arguments
    hypervisor = context.hypervisor_of(guest)
    if (await hypervisor.states())[guest].power is Power.RUNNING:
        return Outcome(ok=True, text=f"{guest} runs already")
    await hypervisor.start_guest(guest)
    return Outcome(ok=True, text=f"{guest} was started")


ACTION = ActionType(LabVerb("start", ("guest",)), run)
