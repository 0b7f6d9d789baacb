"""`shut down GUEST [patience="5 minutes"]`: ask a guest to shut down, and wait until it is off."""

import asyncio
import time
from datetime import timedelta

from bot.actions import ActionType, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import Effect, LabCall, LabVerb
from bot.core.settings import duration

PATIENCE = timedelta(minutes=2)  # a database takes its time
LOOK_EVERY = timedelta(seconds=1)


async def run(call: LabCall, context: Context) -> Outcome:
    """A guest that does not listen is left running: powering it off is a decision of its own."""
    (guest,) = call.arguments
    said = dict(call.options).get("patience")
    patience = PATIENCE if said is None else duration(said)
    if patience is None:
        return Outcome(ok=False, text=f"cannot use patience='{said}': because a time is written `5 minutes`")
    machine = context.machine(guest)
    if await machine.power() is Power.OFF:
        return Outcome(ok=True, text=f"{guest} is off already")
    await machine.hypervisor.shut_down(machine.uuid)
    deadline = time.monotonic() + patience.total_seconds()
    while await machine.power() is not Power.OFF:
        if time.monotonic() > deadline:
            waited = f"{patience.total_seconds():g} s"
            return Outcome(ok=False, text=f"{guest} was asked to shut down, but still runs after {waited}")
        await asyncio.sleep(LOOK_EVERY.total_seconds())
    return Outcome(ok=True, text=f"{guest} is off")


ACTION = ActionType(LabVerb("shut down", ("guest",), ("patience",), effect=Effect.STOPS), run)
