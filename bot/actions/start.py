"""`start GUEST`: start a guest. One that runs already is as wanted."""

from bot.actions import ActionType, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import Effect, LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """Started means: its hypervisor runs it. Whether it came up, `healthy` says."""
    (guest,) = call.arguments
    machine = context.machine(guest)
    if await machine.power() is Power.RUNNING:
        return Outcome(ok=True, text=f"{guest} runs already")
    await machine.start()
    return Outcome(ok=True, text=f"{guest} was started")


ACTION = ActionType(LabVerb("start", ("guest",), effect=Effect.STARTS), run)
