"""What may come from outside: names, texts, incidents and runs of every shape; and Slack's verdict on a card."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from hypothesis import strategies as st

from bot.core.health import CheckName, Fingerprint, Kind, TargetId, TargetKind
from bot.core.incident import End, Event, EventKind, Incident, IncidentId, Member, Status, Way
from bot.core.incidents.member import SETTLED, Ground
from bot.core.run import Choice, Run, RunId, RunStatus, State, StepState
from bot.core.runbook import Before, Language, Question, Runbook, ScriptAction, Step, Verification
from bot.views import Card
from bot.workspace.limits import MOST_TEXT_OF_UPDATE, check_message, check_view

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
HOSTILE = (
    "<!channel> & <https://evil.example|click> ``` `x` *b* &amp;",
    "x" * 4_000,
    "&" * 1_000,
    "<" * 3_500,
    "a\nb\r\n\n```\nrm -rf /\n```" * 50,
    "🐢" * 300,
    "`" * 40,
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200))
words = texts.map(lambda text: text.strip() or "x")
moments = st.integers(0, 10**7).map(lambda seconds: NOW + timedelta(seconds=seconds))
people = st.sampled_from(["U0000000ALEX", "U000000ROBIN"])
targets = st.builds(lambda kind, name: TargetId(f"{kind}:{name}"), st.sampled_from(list(TargetKind)), words)
members = st.builds(
    Member,
    target=targets,
    was_running=st.booleans(),
    failing=st.sampled_from([frozenset(), frozenset({CheckName("guest")})]),
    running=st.sampled_from([True, False, None]),
    ground=st.none()
    | st.builds(Ground, st.sampled_from(sorted(SETTLED)), texts, st.just(NOW), by=st.none() | people),
    must_return=st.none() | people,
)


@st.composite
def incidents(draw) -> Incident:
    status = draw(st.sampled_from(list(Status)))
    mine = draw(st.lists(members, max_size=60))
    own = frozenset({Fingerprint(CheckName("guest"), draw(targets))})
    over = status is Status.RESOLVED
    return Incident(
        IncidentId(draw(st.integers(1, 10**6))),
        draw(st.sampled_from(list(Kind))),
        draw(targets),
        draw(texts),
        NOW,
        NOW,
        status,
        own=own,
        failing=draw(st.sampled_from([frozenset(), own])),
        members=MappingProxyType({one.target: one for one in mine}),
        acknowledged_by=draw(people) if status is Status.ACKNOWLEDGED else draw(st.none() | people),
        resolved_at=draw(moments) if over else None,
        resolved_by=draw(st.none() | people) if over else None,
        resolution=draw(texts) if over else "",
        end=End(draw(st.sampled_from(Way)), IncidentId(3)) if over else None,
    )


def events(incident: Incident) -> st.SearchStrategy[tuple[Event, ...]]:
    one = st.builds(
        Event, st.just(incident.id), moments, st.sampled_from(list(EventKind)), texts, st.none() | people
    )
    return st.lists(one, max_size=40).map(tuple)


actions = st.builds(
    ScriptAction,
    st.sampled_from(list(Language)),
    words,
    st.sampled_from(["atlas", "$host", "guest", "bot"]),
    st.just(9),
)
questions = st.builds(
    Question, st.just("snapshot"), st.booleans(), st.lists(words, max_size=100).map(tuple), st.none() | words
)
steps = st.builds(
    Step,
    heading=words,
    line=st.just(3),
    prose=texts,
    warnings=st.lists(words, max_size=4).map(tuple),
    boxes=st.lists(words, max_size=40).map(tuple),
    before=st.none() | st.builds(Before, actions, texts),
    action=st.none() | actions,
    check=st.none()
    | st.builds(Verification, actions, st.just(timedelta(seconds=5)), st.just(timedelta(minutes=1))),
    question=st.none() | questions,
    confirm=st.none() | words,
    confirm_typed=st.sampled_from([None, "guest"]),
    optional=st.booleans(),
    who=st.sampled_from([None, "hands"]),
)
states = st.builds(
    StepState,
    state=st.sampled_from(list(State)),
    attempt=st.integers(0, 3),
    summary=texts,
    choices=st.lists(st.builds(Choice, words, words), min_size=1, max_size=100).map(tuple),
    ticked=st.lists(st.integers(0, 39), max_size=5, unique=True).map(tuple),
    by=st.none() | words,
    since=st.none() | moments,
)


@st.composite
def runs(draw) -> tuple[Run, Runbook]:
    """A run of any runbook, at a step whose state can be offered something."""
    made = [
        replace(step, on_request=False) if at == 0 else step
        for at, step in enumerate(draw(st.lists(steps, min_size=1, max_size=12)))
    ]
    book = Runbook("mend", draw(words), draw(texts), (), None, tuple(made), "", "hash")
    current = draw(st.integers(0, len(made) - 1))
    step, now = made[current], draw(states)
    if now.state not in OFFERABLE or (now.state is State.ASKING and not step.question):
        now = replace(now, state=State.READY)
    held = tuple(now if at == current else draw(states) for at in range(len(made)))
    if not step.before and now.state in {State.HELD, State.LOOKING, State.CLEARED, State.MAKING_SURE}:
        held = (*held[:current], replace(now, state=State.READY), *held[current + 1 :])
    status = draw(st.sampled_from(list(RunStatus)))
    run = Run(
        id=RunId(draw(st.integers(1, 10**6))),
        runbook="mend",
        title=book.title,
        text_hash="hash",
        incident=None,
        started_by=draw(words),
        started_at=NOW,
        values=MappingProxyType({"guest": draw(words), "snapshot": draw(texts)}),
        steps=held,
        current=current,
        status=status,
        version=draw(st.integers(0, 10**6)),
        ended_at=NOW if status in {RunStatus.DONE, RunStatus.STOPPED} else None,
        pause=draw(texts) if status is RunStatus.PAUSED else "",
    )
    return run, book


OFFERABLE = {
    State.ASKING,
    State.LISTING,
    State.CHOOSING,
    State.READY,
    State.MAKING_SURE,
    State.LOOKING,
    State.CLEARED,
    State.HELD,
    State.RUNNING,
    State.SEEKING,
    State.LOST,
    State.UNENDED,
    State.VERIFYING,
    State.FAILED,
    State.UNPROVEN,
    State.UNKNOWN,
    State.CANNOT,
}


def slack_takes(card: Card) -> None:
    """Raises Refusal where Slack would refuse to post or update it."""
    check_message(card.text, [block.to_dict() for block in card.blocks], most_text=MOST_TEXT_OF_UPDATE)


def slack_opens(view) -> None:
    """Raises Refusal where Slack would refuse to open it."""
    check_view(view.to_dict())


def living(value: object) -> str:
    """All texts in which Slack would see mentions and links; labels (plain_text) and code are dead letters."""
    if isinstance(value, Card):
        return f"{value.text}\n{living([block.to_dict() for block in value.blocks])}"
    if isinstance(value, list):
        return "\n".join(map(living, value))
    if not isinstance(value, dict):
        return ""
    own = value["text"] if value.get("type") == "mrkdwn" else ""
    return own + "".join(living(part) for part in value.values())


def shown(card: Card) -> str:
    """All that a card says, as one text."""
    return str([block.to_dict() for block in card.blocks])
