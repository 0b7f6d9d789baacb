"""`not healthy TARGET`: whether it surely is not well. For a **Before**: what is well is left alone."""

from bot.actions import ActionType, Context, Outcome
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """A guest must be seen by its hypervisor, and a host or service fail: that it can't be seen says nothing.

    A guest that runs and shows no sign of life inside is not well, if it would be heard.
    """
    (target,) = call.arguments
    return await context.unwell(target)


ACTION = ActionType(LabVerb("not healthy", ("target",)), run)
