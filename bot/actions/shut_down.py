"""`shut down GUEST`: ask a guest to shut down, and wait until it is off."""

import asyncio
import time

from bot.actions import ActionType, Arguments, Context, Outcome
from bot.core.guest import Power
from bot.core.lab import LabVerb

PATIENCE = 120  # seconds; a database takes its time, and the step's own time limit ends it anyway
LOOK_EVERY = 1  # second


async def run(arguments: Arguments, context: Context) -> Outcome:
    """A guest that does not listen is left running: powering it off is a decision of its own."""
    (guest,) = arguments
    hypervisor = context.hypervisor_of(guest)
    deadline = time.monotonic() + PATIENCE
    asked = False
    while (await hypervisor.states())[guest].power is not Power.OFF:
        if not asked:
            await hypervisor.shut_down(guest)
            asked = True
        if time.monotonic() > deadline:
            return Outcome(ok=False, text=f"{guest} was asked to shut down, but still runs after {PATIENCE} s")
        await asyncio.sleep(LOOK_EVERY)
    return Outcome(ok=True, text=f"{guest} is off")


ACTION = ActionType(LabVerb("shut down", ("guest",)), run)
