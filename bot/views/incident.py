"""The card of an incident: the one message that is edited as the incident goes on."""

import json
from dataclasses import dataclass
from typing import Final

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, Option, OverflowMenuElement

from bot.core.health import Kind
from bot.core.incident import TRANSITIONS, Incident, Move, Status
from bot.core.names import UNTOLD, Names
from bot.core.run import Run, RunStatus
from bot.core.runbook import Runbook
from bot.views import Card
from bot.views.limits import BUTTON, NAME, OPTION, context, cut, plain, safe, section
from bot.views.run import place
from bot.views.times import lasted, when
from bot.views.words import MARKS, bar, names, title

ACKNOWLEDGE: Final = "incident_acknowledge"
REOPEN: Final = "incident_reopen"
START: Final = "incident_start"
PICK: Final = "incident_pick_runbook"
MORE: Final = "incident_more"

TAKE_BACK: Final = "take back"
RESOLVE: Final = "resolve"
SILENCE: Final = "silence"
TIMELINE: Final = "timeline"
OTHERS: Final = "runbooks"


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """What a card shows. `owner`: a Slack id. `run`: the latest run; `book`: its runbook, where it can be read.

    `fitting`: the runbooks meant for such an incident. `name`: what people call a target.
    """

    incident: Incident
    owner: str
    fitting: tuple[Runbook, ...] = ()
    run: Run | None = None
    book: Runbook | None = None
    name: Names = UNTOLD


def incident_card(facts: IncidentFacts) -> Card:
    """The incident as it stands."""
    incident = facts.incident
    said = [_why(incident), _counters(facts), _runbook(facts)]
    blocks: list[Block] = [section(_headline(facts)), *(section(text) for text in said if text)]
    blocks.append(ActionsBlock(block_id="incident", elements=_buttons(facts)))
    blocks.append(context(f"Incident {incident.id} · details in the thread"))
    head = f"{MARKS[incident.status]} {incident.status.capitalize()}: {title(incident, facts.name)}"
    text = f"{head}. {safe(incident.why, 300)}"
    return Card(text, tuple(blocks))


def _headline(facts: IncidentFacts) -> str:
    incident = facts.incident
    parts = [f"{MARKS[incident.status]} *{incident.status.capitalize()}*", f"*{title(incident, facts.name)}*"]
    if incident.resolved_at is not None:
        return " · ".join([*parts, f"lasted {lasted(incident.resolved_at - incident.opened_at)}"])
    return " · ".join([*parts, f"since {when(incident.opened_at)}", _who(facts)])


def _who(facts: IncidentFacts) -> str:
    """The owner is mentioned as long as nobody has taken it on: an edit that kept silent would unsay it."""
    taken_by = facts.incident.acknowledged_by
    return f"<@{taken_by}> is on it" if taken_by else f"<@{facts.owner}>"


def _why(incident: Incident) -> str:
    seen = safe(incident.why[:1].upper() + incident.why[1:], 1_500)
    if incident.kind is Kind.POWER_LOSS and incident.recovering_since is not None:
        seen += f"\nThe power was gone for {lasted(incident.recovering_since - incident.opened_at)}."
    if incident.status is not Status.RESOLVED:
        return seen
    by = f" by <@{incident.resolved_by}>" if incident.resolved_by else ""
    ended = f"Resolved{by}: {safe(incident.resolution, 600)}" if incident.resolution else f"Resolved{by}"
    return f"{seen}\n{ended}"


def _counters(facts: IncidentFacts) -> str:
    """How many of those it took along are well, and which are not."""
    incident = facts.incident
    whole, left = len(incident.members), incident.unproven
    if incident.members.keys() <= {incident.subject}:
        return (
            "It runs again, and was not seen well from inside yet." if incident.status is Status.RECOVERING else ""
        )
    word = "well" if incident.failing else "back"
    counted = f"{bar(whole - len(left), whole)}  *{whole - len(left)} of {whole}* {word}"
    if left and incident.status is not Status.RESOLVED:
        return f"{counted} · {len(left)} to go: {names(left, facts.name)}"
    return f"{counted} · never seen well: {names(left, facts.name)}" if left else counted


def _runbook(facts: IncidentFacts) -> str:
    run = facts.run
    if run is None:
        return ""
    called = f"📖 *{safe(run.title, NAME)}*"
    if run.status is RunStatus.UNDER_WAY:
        return f"{called}: {place(run, facts.book)}" if facts.book else f"{called}: under way"
    return f"{called}: {run.status}"


def _may(incident: Incident, move: Move) -> bool:
    return (incident.status, move) in TRANSITIONS


def _buttons(facts: IncidentFacts) -> list[ButtonElement | OverflowMenuElement]:
    """At most three buttons and an overflow; Reopen alone on what is resolved."""
    incident = facts.incident
    value = _value(incident)
    if incident.status is Status.RESOLVED:
        return [ButtonElement(text="Reopen", action_id=REOPEN, value=value)]
    buttons: list[ButtonElement | OverflowMenuElement] = []
    if _may(incident, Move.ACKNOWLEDGE) and not incident.acknowledged_by:
        buttons.append(ButtonElement(text="Acknowledge", action_id=ACKNOWLEDGE, value=value, style="primary"))
    if not _busy(facts) and facts.fitting:
        buttons.append(_start(facts))
    return [*buttons, _overflow(facts)]


def _busy(facts: IncidentFacts) -> bool:
    return facts.run is not None and facts.run.status is RunStatus.UNDER_WAY


def _start(facts: IncidentFacts) -> ButtonElement:
    """Named for the runbook where one fits, a choice where several do."""
    if len(facts.fitting) > 1:
        return ButtonElement(text="Start a runbook…", action_id=PICK, value=_value(facts.incident))
    book = facts.fitting[0]
    value = _value(facts.incident, runbook=book.name)
    return ButtonElement(text=cut(f"Start: {book.title}", BUTTON), action_id=START, value=value)


def _overflow(facts: IncidentFacts) -> OverflowMenuElement:
    incident = facts.incident
    offered = [("Take back", TAKE_BACK)] if _may(incident, Move.TAKE_BACK) else []
    offered += [("Resolve…", RESOLVE), ("Silence…", SILENCE), ("Timeline", TIMELINE)]
    if not _busy(facts):
        offered.append(("Other runbooks…" if facts.fitting else "Start a runbook…", OTHERS))
    options = [Option(text=plain(words, OPTION), value=_value(incident, do=do)) for words, do in offered]
    return OverflowMenuElement(action_id=MORE, options=options)


def _value(incident: Incident, **more: str) -> str:
    """What a click carries. The subject's name may be long, so only the number goes along."""
    return json.dumps({"incident": incident.id, **more})
