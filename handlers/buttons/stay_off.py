"""May stay off…, on an incident's card: of machines that ran before and are off."""

from bot.core.incidents.asked import may_stay_off
from bot.core.permit import Act
from bot.views import incident, machines
from handlers.click import Pressable
from handlers.machines import ask_which

BUTTON = Pressable(incident.STAY_OFF, ask_which(machines.STAY_OFF, Act.STAY_OFF, may_stay_off))
