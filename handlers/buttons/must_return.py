"""It must come back…, on an incident's card: of machines that are missing."""

from bot.core.permit import Act
from bot.views import incident, machines
from handlers.click import Pressable
from handlers.machines import ask_which

BUTTON = Pressable(incident.MUST_RETURN, ask_which(machines.MUST_RETURN, Act.LET_GO, lambda one: one.asked_about))
