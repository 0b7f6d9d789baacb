"""`resume GUEST`: let a paused guest go on, e.g. once there is room on its disk again."""

from bot.actions import ActionType, Arguments, Context, Outcome
from bot.core.lab import LabVerb


async def run(arguments: Arguments, context: Context) -> Outcome:
    """If the trouble is still there it pauses again at once; `healthy` says so."""
    (guest,) = arguments
    await context.hypervisor_of(guest).resume(guest)
    return Outcome(ok=True, text=f"{guest} goes on")


ACTION = ActionType(LabVerb("resume", ("guest",)), run)
