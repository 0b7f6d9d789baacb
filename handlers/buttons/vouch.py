"""It is well…, on an incident's card: a person's word for what nothing proves."""

from bot.core.incidents.asked import may_be_well
from bot.core.permit import Act
from bot.views import incident, machines
from handlers.click import Pressable
from handlers.machines import ask_which

BUTTON = Pressable(incident.VOUCH, ask_which(machines.VOUCH, Act.VOUCH, may_be_well))
