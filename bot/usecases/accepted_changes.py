"""What differs, and a person said is well as it is: remembered, so that nobody is asked about it again."""

from collections.abc import Mapping, Sequence

from bot.core.incident import Incident, IncidentId
from bot.core.incidents.aftermath import accepted
from bot.store import Store


def remember(store: Store, before: Mapping[IncidentId, Incident], changed: Sequence[Incident]) -> None:
    """Incidents have changed."""
    for incident in changed:
        if said := accepted(before.get(incident.id), incident):
            store.inventory.accept(said)
