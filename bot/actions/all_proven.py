"""`all proven INCIDENT`: done once every machine of the incident is proven healthy, or vouched for by a person."""

from bot.actions import ActionType, Context, Outcome
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """Names what is missing; where a person's word counts for some, it says so."""
    (incident,) = call.arguments
    return await context.all_proven(incident)


ACTION = ActionType(LabVerb("all proven", ("incident",)), run)
