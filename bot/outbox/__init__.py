"""Effectively-once telling: what waits is delivered; what Slack refuses is said otherwise, later or elsewhere."""

from bot.outbox.delivery import Courier
from bot.outbox.pace import Pace
from bot.outbox.voice import Voice

__all__ = ["Courier", "Pace", "Voice"]
