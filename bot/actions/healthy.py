"""`healthy TARGET`: look at a host, guest, UPS or service now; done only if it is proven healthy."""

from bot.actions import ActionType, Context, Outcome
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """A guest must run and have come up; it and anything else must pass its checks."""
    (target,) = call.arguments
    return await context.healthy(target)


ACTION = ActionType(LabVerb("healthy", ("target",)), run)
