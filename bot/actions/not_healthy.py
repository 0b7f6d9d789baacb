"""`not healthy TARGET`: whether it is still not proven healthy. For a **Before**: what is well is left alone."""

from contextlib import suppress

from bot.actions import ActionType, Context, Outcome
from bot.core.lab import LabCall, LabVerb
from bot.hypervisor import GuestRefused


async def run(call: LabCall, context: Context) -> Outcome:
    """A guest must be seen by its hypervisor, and a host or service fail: that it can't be seen says nothing.

    A guest that runs and shows no sign of life inside is not proven healthy.
    """
    (target,) = call.arguments
    seen = await context.healthy(target)
    if seen.ok:
        return Outcome(ok=False, text=f"it is well: {seen.text}")
    if not seen.known:
        with suppress(GuestRefused):  # it is no guest
            return Outcome(
                ok=True, text=f"{target} is {await context.machine(target).power()}, and not proven healthy"
            )
    return Outcome(ok=seen.known, text=seen.text)


ACTION = ActionType(LabVerb("not healthy", ("target",)), run)
