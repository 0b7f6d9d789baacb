"""Deleted on purpose…, on an incident's card: of machines that are missing."""

from bot.core.permit import Act
from bot.views import incident, machines
from handlers.click import Pressable
from handlers.machines import ask_which

BUTTON = Pressable(incident.LET_GO, ask_which(machines.LET_GO, Act.LET_GO, lambda one: one.missing))
