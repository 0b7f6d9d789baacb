"""`healthy TARGET`: look at a host, guest, UPS or service now; done only if it is proven healthy."""

from bot.actions import ActionType, Arguments, Context, Outcome
from bot.core.lab import LabVerb


async def run(arguments: Arguments, context: Context) -> Outcome:
    """A guest must run and have come up; anything else must pass its checks."""
    (target,) = arguments
    return await context.healthy(target)


ACTION = ActionType(LabVerb("healthy", ("target",)), run)
