"""`is open INCIDENT`: whether an incident is not over yet. For a **Before**."""

from bot.actions import ActionType, Context, Outcome
from bot.core.incident import Status
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """Acknowledged and recovering are not over."""
    (incident,) = call.arguments
    status = await context.status(incident)
    if status is None:
        return Outcome(ok=False, text=f"there is no incident {incident}")
    return Outcome(ok=status != Status.RESOLVED, text=f"incident {incident} is {status}")


ACTION = ActionType(LabVerb("is open", ("incident",)), run)
