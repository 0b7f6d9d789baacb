"""`resume GUEST`: let a paused guest go on, e.g. once there is room on its disk again."""

from bot.actions import ActionType, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import Effect, LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """If the trouble is still there it pauses again at once; `healthy` says so."""
    (guest,) = call.arguments
    machine = context.machine(guest)
    if await machine.power() is Power.RUNNING:
        return Outcome(ok=True, text=f"{guest} runs already")
    await machine.resume()
    return Outcome(ok=True, text=f"{guest} goes on")


ACTION = ActionType(LabVerb("resume", ("guest",), effect=Effect.STARTS), run)
