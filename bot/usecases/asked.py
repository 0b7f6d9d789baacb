"""A person answers what they were asked of machines: whether they may, and whether it is still so."""

from datetime import datetime

from bot.config import Config
from bot.core.incident import IncidentId
from bot.core.incidents.asked import AsSeen, demand_unchanged
from bot.core.incidents.situation import Situation
from bot.core.permit import Act, demand
from bot.incidents import situation
from bot.store import Store


def as_asked(
    store: Store, now: datetime, config: Config, incident: IncidentId | None, as_seen: AsSeen, by: str, act: Act
) -> Situation:
    """The situation in which `by` answers. Raises NotAllowed or IllegalMove.

    `incident`: the one they were asked about, None where none was; `as_seen`: how its machines were then.
    """
    demand(config.people, by, act)
    present = situation(store, config, now)
    if incident is not None:
        demand_unchanged(present, incident, as_seen)
    return present
