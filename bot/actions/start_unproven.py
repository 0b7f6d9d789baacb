"""`start unproven INCIDENT`: start every guest the incident still waits for and that is off."""

from bot.actions import FAILURES, ActionType, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """One that can't be started does not keep the others from it; it is named, and the action has failed."""
    (incident,) = call.arguments
    started, failed = [], []
    for guest in sorted(name for name, is_guest in (await context.unproven(incident)).items() if is_guest):
        try:
            if await context.power(guest) is Power.OFF:
                await context.hypervisor_of(guest).start_guest(guest)
                started.append(guest)
        except FAILURES as why:
            failed.append(str(why))
    words = f"started: {', '.join(started)}" if started else "none of them was off"
    return Outcome(ok=not failed, text="; ".join([words, *failed]))


ACTION = ActionType(LabVerb("start unproven", ("incident",)), run)
