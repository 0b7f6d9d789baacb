"""Draws what the outbox delivers: a subject's rows read, its card as it now stands returned. It changes nothing.

`incident:7` is an incident, `run:3` a run, `run:3:step:2` a run's step (counted from 0).
"""

import re
from collections.abc import Mapping
from datetime import datetime

from bot import queries
from bot.config import Config
from bot.core.incident import Incident, IncidentId
from bot.core.permit import Role
from bot.core.progress import Progress
from bot.core.run import Run
from bot.core.run_json import run_from_json
from bot.core.runbook import Runbook, who_may
from bot.library import Library
from bot.runs import read_run
from bot.store import Store
from bot.usecases.rivals import run_for
from bot.usecases.run_context import House, NoSuchRun, PinnedTextBroken
from bot.views import Card
from bot.views.incident import IncidentFacts, incident_card
from bot.views.origin import marked
from bot.views.run import run_card, unreadable_card
from bot.views.step import StepFacts, step_card, unreadable_step_card

_SUBJECT = re.compile(r"incident:(\d+)|run:(\d+)(?::step:(\d+))?")


class Artist:
    """Draws cards. `progress`: how far steps that run now have come, by run and step; it changes meanwhile."""

    def __init__(
        self, config: Config, library: Library, progress: Mapping[tuple[int, int], Progress], house: House
    ) -> None:
        self._config = config
        self._library = library
        self._progress = progress
        self._house = house

    def draw(self, store: Store, subject: str, _now: datetime) -> Card | None:
        """The card of a subject; None if there is nothing (any more) to show."""
        found = _SUBJECT.fullmatch(subject)
        if found is None:
            return None
        incident, run, step = (None if number is None else int(number) for number in found.groups())
        card = self._incident(store, IncidentId(incident)) if incident is not None else None
        card = self._run(store, run, step) if run is not None else card
        if card is None:
            return None
        about = f"incident:{incident}" if incident is not None else f"run:{run}"
        return marked(card, f"{store.identity()}{store.card_marks.of(about)}")

    def _incident(self, store: Store, number: IncidentId) -> Card | None:
        incident = store.incidents.get(number)
        if incident is None:
            return None
        run = _run_of(store, incident)
        book = self._book(store, run) if run and not run.ended else None
        fitting = self._library.for_kind(incident.kind)
        name, owner = store.targets.names(), self._config.owner.slack
        lacking = queries.lacking(store, self._config, incident)
        anew = frozenset(target for target, lacks in lacking.items() if lacks == queries.ANEW)
        return incident_card(IncidentFacts(incident, owner, fitting, run, book, name, lacking, anew))

    def _book(self, store: Store, run: Run) -> Runbook | None:
        try:
            return read_run(store, self._house, run.id)[1]
        except PinnedTextBroken:
            return None

    def _run(self, store: Store, number: int, step: int | None) -> Card | None:
        try:
            run, book = read_run(store, self._house, number)
        except NoSuchRun:
            return None
        except PinnedTextBroken as broken:
            row = store.runs.get(number)
            return _unreadable(run_from_json(row.value), step, str(broken)) if row else None
        if step is None:
            return run_card(run, book)
        if step >= len(book.steps):
            return None
        role = who_may(book.steps[step], book)
        people = () if role == Role.ADMIN else self._holders(role)
        return step_card(StepFacts(run, book, step, self._progress.get((number, step)), people))

    def _holders(self, role: str) -> tuple[str, ...]:
        """Whom a step is given to, by Slack id: they are mentioned, or they would not know."""
        return tuple(person.slack for person in self._config.people if role in person.roles)


def _run_of(store: Store, incident: Incident) -> Run | None:
    """The latest run of an incident; while that is over, one that was started by hand for the same machine."""
    latest = next(iter(store.runs.of_incident(incident.id)), None)
    run = run_from_json(latest.value) if latest else None
    if incident.ended or (run and not run.ended):
        return run
    return run_for(store, incident.subject) or run


def _unreadable(run: Run, step: int | None, why: str) -> Card | None:
    if step is None:
        return unreadable_card(run, why)
    return unreadable_step_card(run, step, why) if step < len(run.steps) else None
