"""`start unproven INCIDENT`: start every guest the incident still waits for and that is off."""

from bot.actions import FAILURES, ActionType, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import Effect, LabCall, LabVerb


async def run(call: LabCall, context: Context) -> Outcome:
    """One that can't be started does not keep the others from it; it is named, and the action has failed."""
    (incident,) = call.arguments
    started, failed = [], []
    for name, machine in sorted((await context.unproven(incident)).items()):
        try:
            if machine is not None and await machine.power() is Power.OFF:
                await machine.start()
                started.append(name)
        except FAILURES as why:
            failed.append(str(why))
    words = f"started: {', '.join(started)}" if started else "none of them was off"
    return Outcome(ok=not failed, text="; ".join([words, *failed]))


ACTION = ActionType(LabVerb("start unproven", ("incident",), effect=Effect.STARTS), run)
