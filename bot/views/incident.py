"""The card of an incident: the one message that is edited as the incident goes on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, Option, OverflowMenuElement

from bot.core.health import TargetId
from bot.core.incident import TRANSITIONS, Incident, Move, Status, Way
from bot.core.incidents.asked import may_be_well, may_stay_off
from bot.core.names import UNTOLD, Names
from bot.core.run import Run
from bot.core.runbook import Runbook
from bot.views import Card
from bot.views.limits import BUTTON, NAME, OPTION, context, cut, plain, section
from bot.views.outside import bold, safe
from bot.views.run import place
from bot.views.spans import first_seen, spans_told
from bot.views.standing import counted
from bot.views.times import clock, lasted, when
from bot.views.words import has_length, length, mark, state, title

ACKNOWLEDGE: Final = "incident_acknowledge"
REOPEN: Final = "incident_reopen"
START: Final = "incident_start"
PICK: Final = "incident_pick_runbook"
MORE: Final = "incident_more"
VOUCH: Final = "incident_vouch"
LET_GO: Final = "incident_let_go"
MUST_RETURN: Final = "incident_must_return"
STAY_OFF: Final = "incident_stay_off"

TAKE_BACK: Final = "take back"
TAKE_OVER: Final = "take over"
RESOLVE: Final = "resolve"
SILENCE: Final = "silence"
TIMELINE: Final = "timeline"
OTHERS: Final = "runbooks"

MOST_BUTTONS: Final = 3


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """What a card shows. `owner`: a Slack id. `run`: the latest run; `book`: its runbook, where it can be read.

    `fitting`: the runbooks meant for such an incident. `name`: what people call a target.
    `lacking`: what is missing before each unproven member is proven, in words. `anew`: the missing members whose
    host has another one of their name.
    """

    incident: Incident
    owner: str
    fitting: tuple[Runbook, ...] = ()
    run: Run | None = None
    book: Runbook | None = None
    name: Names = UNTOLD
    lacking: Mapping[TargetId, str] = field(default_factory=lambda: MappingProxyType({}))
    anew: frozenset[TargetId] = frozenset()


def incident_card(facts: IncidentFacts) -> Card:
    """The incident as it stands."""
    incident = facts.incident
    said = [_why(incident), counted(incident, facts.name, facts.lacking), _runbook(facts)]
    blocks: list[Block] = [section(_headline(facts)), *(section(text) for text in said if text)]
    if buttons := _buttons(facts):
        blocks.append(ActionsBlock(block_id="incident", elements=buttons))
    blocks.append(context(f"Incident {incident.id} · details in the thread"))
    head = f"{mark(incident)} {state(incident)}: {title(incident, facts.name)}"
    return Card(f"{head}. {_in_short(incident)}", tuple(blocks))


def _in_short(incident: Incident) -> str:
    """What is so now, in one line: what fails, or how it ended."""
    if incident.ended and incident.resolution:
        return safe(incident.resolution[:1].upper() + incident.resolution[1:], 300)
    if said := _reopened(incident):
        return said
    return _first_seen(incident) if incident.failing else next(spans_told(incident), _first_seen(incident))


def _headline(facts: IncidentFacts) -> str:
    incident = facts.incident
    parts = [f"{mark(incident)} *{state(incident)}*", f"{bold(title(incident, facts.name))}"]
    if incident.resolved_at is not None:
        if has_length(incident):
            parts.append(length(incident))
        return " · ".join(parts)
    began = "began" if incident.status is Status.RECOVERING else "since"
    return " · ".join([*parts, f"{began} {when(incident.since)}", _who(facts)])


def _who(facts: IncidentFacts) -> str:
    """The owner is mentioned as long as nobody has taken it on: an edit that kept silent would unsay it."""
    taken_by = facts.incident.acknowledged_by
    return f"<@{taken_by}> is on it" if taken_by else f"<@{facts.owner}>"


def _why(incident: Incident) -> str:
    now, then = [_first_seen(incident)], list(spans_told(incident))
    said = [_reopened(incident), *(now + then if incident.failing else then + now), _earlier(incident)]
    seen = "\n".join(filter(None, said))
    if incident.status is not Status.RESOLVED:
        return seen
    if incident.end is not None and incident.end.way is Way.MOVED:
        return f"{seen}\n{safe(incident.resolution, 600)}"
    by = f" by <@{incident.resolved_by}>" if incident.resolved_by else ""
    ended = f"{state(incident)}{by}"
    return f"{seen}\n{ended}: {safe(incident.resolution, 600)}" if incident.resolution else f"{seen}\n{ended}"


def _first_seen(incident: Incident) -> str:
    seen = safe(first_seen(incident), 1_500)
    return seen[:1].upper() + seen[1:]


def _earlier(incident: Incident) -> str:
    """The last one of the same, where it was too long ago to go on."""
    if incident.earlier is None:
        return ""
    before = lasted(incident.opened_at - incident.earlier.ended_at)
    return f"Incident {incident.earlier.id} was the same; it ended {before} before this."


def _reopened(incident: Incident) -> str:
    """Who says that it is not over, and what the checks say to that."""
    if incident.reopened_by is None or incident.reopened_at is None or incident.ended:
        return ""
    said = f"Reopened by <@{incident.reopened_by}> at {clock(incident.reopened_at)}."
    if incident.failing or incident.unproven:
        return said
    return f"{said} Nothing fails now, as far as I can see. Close it when you are done."


def _runbook(facts: IncidentFacts) -> str:
    run = facts.run
    if run is None:
        return ""
    called = f"📖 {bold(safe(run.title, NAME))}"
    if not run.ended:
        return f"{called}: {place(run, facts.book)}" if facts.book else f"{called}: {run.status}"
    return f"{called}: {run.status}"


def _may(incident: Incident, move: Move) -> bool:
    return (incident.status, move) in TRANSITIONS


def _buttons(facts: IncidentFacts) -> list[ButtonElement | OverflowMenuElement]:
    """At most three buttons and an overflow; Reopen alone on what is over, and nothing on what can't reopen."""
    incident = facts.incident
    value = _value(incident)
    if incident.ended:
        may = incident.end is None or incident.end.may_reopen
        return [ButtonElement(text="Reopen", action_id=REOPEN, value=value)] if may else []
    special = _about_machines(facts)
    room = MOST_BUTTONS - len(special)
    usual = [_acknowledge(incident)] if _may_acknowledge(incident) else []
    usual += [_start(facts)] if not _busy(facts) and facts.fitting else []
    usual += [_others(facts)] if incident.acknowledged_by and not _busy(facts) and len(facts.fitting) <= 1 else []
    first = usual[: min(room, 1)] if _may_acknowledge(incident) else []
    rest = usual[len(first) : room]
    return [*first, *special, *rest, _overflow(facts, acknowledge=_may_acknowledge(incident) and not first)]


def _may_acknowledge(incident: Incident) -> bool:
    return _may(incident, Move.ACKNOWLEDGE) and not incident.acknowledged_by


def _acknowledge(incident: Incident) -> ButtonElement:
    return ButtonElement(text="Acknowledge", action_id=ACKNOWLEDGE, value=_value(incident), style="primary")


def _about_machines(facts: IncidentFacts) -> list[ButtonElement]:
    """What a person may say of machines that are missing or unproven: one button each for all of them."""
    incident, value = facts.incident, _value(facts.incident)
    asked = {one.target for one in incident.members.values() if one.asked_about}
    anew = {one.target for one in incident.members.values() if one.missing} & facts.anew
    buttons = []
    if asked or anew:  # what had to come back and was made anew instead is a question again
        label = "Rebuilt…" if asked <= anew else "Deleted or rebuilt…" if anew else "Deleted on purpose…"
        buttons.append(ButtonElement(text=label, action_id=LET_GO, value=value))
    if asked:
        buttons.append(ButtonElement(text="It must come back…", action_id=MUST_RETURN, value=value))
    if not incident.failing:
        buttons += _words(incident, value)
    return buttons[:MOST_BUTTONS]  # the others' turn comes once these are answered


def _words(incident: Incident, value: str) -> list[ButtonElement]:
    """A person's word: of what runs, that it is well; of what is off, that it may stay so."""
    members = incident.members.values()
    said = ((may_stay_off, "May stay off…", STAY_OFF), (may_be_well, "It is well…", VOUCH))
    return [
        ButtonElement(text=text, action_id=action, value=value)
        for fits, text, action in said
        if any(map(fits, members))
    ]


def _busy(facts: IncidentFacts) -> bool:
    return facts.run is not None and not facts.run.ended


def _start(facts: IncidentFacts) -> ButtonElement:
    """Named for the runbook where one fits, a choice where several do."""
    if len(facts.fitting) > 1:
        return ButtonElement(text="Start a runbook…", action_id=PICK, value=_value(facts.incident))
    book = facts.fitting[0]
    value = _value(facts.incident, runbook=book.name)
    return ButtonElement(text=cut(f"Start: {book.title}", BUTTON), action_id=START, value=value)


def _others(facts: IncidentFacts) -> ButtonElement:
    """A choice of all; once someone is on it, the overflow has no room for it."""
    text = "Other runbooks…" if facts.fitting else "Start a runbook…"
    return ButtonElement(text=text, action_id=PICK, value=_value(facts.incident))


def _overflow(facts: IncidentFacts, *, acknowledge: bool) -> OverflowMenuElement:
    """`acknowledge`: there was no room for that among the buttons."""
    incident = facts.incident
    offered = [("Acknowledge", ACKNOWLEDGE)] if acknowledge else []
    if incident.acknowledged_by:
        offered += [("Hand back", TAKE_BACK), ("Take over", TAKE_OVER)]
    offered += [("Resolve…", RESOLVE), ("Silence…", SILENCE), ("Timeline", TIMELINE)]
    if not _busy(facts) and not incident.acknowledged_by:
        offered.append(("Other runbooks…" if facts.fitting else "Start a runbook…", OTHERS))
    options = [Option(text=plain(words, OPTION), value=_value(incident, do=do)) for words, do in offered]
    return OverflowMenuElement(action_id=MORE, options=options)


def _value(incident: Incident, **more: str) -> str:
    """What a click carries. The subject's name may be long, so only the number goes along."""
    return json.dumps({"incident": incident.id, **more})
