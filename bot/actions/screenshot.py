"""`screenshot GUEST`: put a picture of a guest's screen into the thread."""

from bot.actions import ActionType, Context, Outcome
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """The first screen, as it is now."""
    (guest,) = call.arguments
    machine = context.machine(guest)
    picture = await machine.hypervisor.screenshot(machine.uuid)
    await context.show(f"{guest}-screen", f"The screen of {guest}", picture)
    return Outcome(ok=True, text=f"the screen of {guest} is in the thread")


ACTION = ActionType(LabVerb("screenshot", ("guest",)), run)
