"""What a person may have to be told elsewhere is noted in the transaction that decides it."""

from datetime import datetime

from bot.core.incident import Incident, Tell
from bot.core.incidents.draft import Decision
from bot.core.incidents.elsewhere import What
from bot.core.incidents.situation import Situation
from bot.store import Store


def note(store: Store, now: datetime, before: Situation, decision: Decision) -> None:
    """Note what a person may have to be told elsewhere, in the transaction that decides it."""
    loud = {notice.incident for notice in decision.notices if notice.tell is Tell.BROADCAST}
    for incident in decision.incidents:
        for what in _news(before.incidents.get(incident.id), incident, loud=incident.id in loud):
            if what is not What.OVER or store.second_channel.concerns(incident.id):
                store.second_channel.add(incident.id, what, now)


def _news(was: Incident | None, incident: Incident, *, loud: bool) -> list[What]:
    if incident.ended:
        return [What.OVER] if was is None or not was.ended else []
    if was is None or was.ended:
        return [What.OPENED, *([What.WORSE] if loud else []), What.UNACKNOWLEDGED]
    let_go = was.acknowledged_by is not None and incident.acknowledged_by is None
    return [*([What.WORSE] if loud else []), *([What.UNACKNOWLEDGED] if let_go else [])]
