"""Whether a run makes sense where it is to begin, and what is missing: one rule for buttons, `/lab run`, terminal.

Nothing is asked of any machine here: the values are what is known.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.incident import Incident
from bot.core.kinds import KINDS, TargetKind
from bot.core.runbook import Runbook
from bot.core.values import BUILT_IN

_OF_BACKUPS = {"backup_repository": "repository", "backup_password_file": "password_file"}


@dataclass(frozen=True, slots=True)
class About:
    """What a run is to be for: a target, by its kind and what people call it."""

    kind: TargetKind
    name: str


def why_over(incident: Incident) -> str | None:
    """Why nothing is started for an incident that has ended, and what to do instead."""
    end = incident.end
    if end is None:
        return None
    was = f"incident {incident.id} was {end} ({incident.resolution})"
    if end.into is not None:
        return f"{was}; what is left to do is followed there (/lab incident {end.into})"
    return f"{was}; if it is not over, reopen it first (/lab reopen {incident.id})" if end.may_reopen else was


def why_not_here(runbook: Runbook, about: About | None, incident: Incident | None) -> str | None:
    """Why a runbook is not for such a target. One for other incidents may be started for it all the same."""
    if about is None or not runbook.use_for or (incident and incident.kind in runbook.use_for):
        return None
    fits = {kind for one in runbook.use_for for kind in KINDS[one].about}
    if about.kind in fits:
        return None
    kind = "UPS" if about.kind is TargetKind.UPS else about.kind
    return f"it is for {', '.join(runbook.use_for)}, and {about.name} is a {kind}"


def needed(runbook: Runbook) -> frozenset[str]:
    """The values without which its normal way can't be walked; what a step asks for is not among them."""
    steps = [step for step in runbook.steps if not (step.on_request or step.optional)]
    return frozenset().union(*(step.uses for step in steps)).intersection(BUILT_IN)


def why_unknown(runbook: Runbook, values: Mapping[str, str], about: About | None) -> str | None:
    """Which values the runbook needs and nobody knows, and where each is said; if all come with a guest, that."""
    unknown = needed(runbook) - values.keys()
    if about is None and "guest" in unknown:
        return f"it is for a guest; say which, for example `/lab run {runbook.name} web1`"
    by_reason: dict[str, list[str]] = defaultdict(list)
    for name in sorted(unknown):
        by_reason[_where(name, runbook, values, about)].append(f"${name}")
    said = (f"{_all(names)} not known: {reason}" for reason, names in by_reason.items())
    return "; ".join(said) or None


def _all(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _where(name: str, runbook: Runbook, values: Mapping[str, str], about: About | None) -> str:
    """Where a value comes from, so that whoever reads this can see to it."""
    if name == "incident":
        return "start it from the incident's card, or name a machine that has an open incident"
    if name == "host":
        return _of_host(runbook, about)
    host = values.get("hypervisor") or values.get("host")
    if name in _OF_BACKUPS and host:
        return f"hosts.{host}.backup.{_OF_BACKUPS[name]} in lab.yaml says it"
    guest = values.get("guest")
    if guest and name == "disk":
        known = f"guests.{guest}.disk in lab.yaml can say it"
        return f"the first disk of {guest} is no file or device of its host; {known}"
    if guest and name == "bytes":
        return f"the size of the disk can't be told; hosts.{host}.ssh in lab.yaml is the way there"
    return _of_guest(runbook, about)


def _of_host(runbook: Runbook, about: About | None) -> str:
    if about and about.kind is TargetKind.HOST:
        return f"lab.yaml has no hosts.{about.name}; put it back and restart Caretaker"
    return f"it is for a host; say which, for example `/lab run {runbook.name} atlas`"


def _of_guest(runbook: Runbook, about: About | None) -> str:
    if about and about.kind is TargetKind.GUEST:
        return f"no hypervisor that answers has {about.name}"
    return f"it is for a guest; say which, for example `/lab run {runbook.name} web1`"
