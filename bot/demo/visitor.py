"""Someone who presses Enter on all consoles now and then, so that each asks for a login anew.

A bot that has just come to a lab can't tell how old a prompt is that was there before; it believes a new one.
"""

import asyncio
from itertools import chain, repeat
from typing import Final

from bot.demo.guests import Guests

PAUSES: Final = (2, 3, 5, 10)
"""Seconds before each time; the last one for ever."""


async def visit(guests: Guests) -> None:
    """Go round until cancelled."""
    for pause in chain(PAUSES, repeat(PAUSES[-1])):
        await asyncio.sleep(pause)
        await asyncio.to_thread(guests.prompt)
