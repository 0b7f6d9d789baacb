"""`start unproven INCIDENT`: start every guest the incident still waits for and that is off."""

from bot.actions import FAILURES, ActionType, Arguments, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import LabVerb


async def run(arguments: Arguments, context: Context) -> Outcome:
    """One that can't be started does not keep the others from it; it is named, and the action has failed."""
    (incident,) = arguments
    started, failed = [], []
    for guest in sorted(name for name, is_guest in (await context.unproven(incident)).items() if is_guest):
        try:
            hypervisor = context.hypervisor_of(guest)
            if (await hypervisor.states())[guest].power is Power.OFF:
                await hypervisor.start_guest(guest)
                started.append(guest)
        except FAILURES as why:
            failed.append(str(why))
    words = f"started: {', '.join(started)}" if started else "none of them was off"
    return Outcome(ok=not failed, text="; ".join([words, *failed]))


ACTION = ActionType(LabVerb("start unproven", ("incident",)), run)
