"""`all proven INCIDENT`: done once everything the incident has adopted is proven healthy."""

from bot.actions import ActionType, Context, Outcome
from bot.core.lab import LabCall, LabVerb

NAMED = 10


async def run(call: LabCall, context: Context) -> Outcome:
    """Names what is missing."""
    (incident,) = call.arguments
    missing = sorted(await context.unproven(incident))
    if not missing:
        return Outcome(ok=True, text="everything is proven healthy")
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return Outcome(ok=False, text=f"not proven yet: {', '.join(missing[:NAMED])}{more}")


ACTION = ActionType(LabVerb("all proven", ("incident",)), run)
