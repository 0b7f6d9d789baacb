"""A step of the clock shifts every moment of what is kept, also of a field that is added later."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, get_type_hints

import pytest

from bot.core.clock_step import shifted
from bot.core.health import CheckName, Fingerprint, Health, Kind, Observation, TargetId
from bot.core.incident import Earlier, Incident, IncidentId, Member
from bot.core.incidents.console_log import BootRecord, Mark
from bot.core.incidents.guest_boot import GuestBoot
from bot.core.incidents.left_off import LeftOff
from bot.core.incidents.member import Ground, Standing
from bot.core.incidents.spans import Span, Spans
from bot.core.mute import Silence
from bot.core.run import Run, RunId, StepState
from bot.core.runs.deed import Deed
from bot.core.streak import Streak
from tests.core.labs import NOON

WEB1 = TargetId("guest:web1")
STEP = timedelta(hours=26)


def whole(made: Any, **others: Any) -> Any:
    """`made(**others)` with a moment in every field that can hold one."""
    hints = get_type_hints(made)
    moments = {one.name: NOON for one in fields(made) if _holds_moment(hints[one.name])}
    return made(**(moments | others))


def _holds_moment(hint: Any) -> bool:
    return hint is datetime or datetime in getattr(hint, "__args__", ())


def moments(value: Any) -> Iterator[datetime]:
    """All moments in a value, however deep."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from moments(one)
    elif isinstance(value, tuple | frozenset | list):
        for one in value:
            yield from moments(one)
    elif is_dataclass(value):
        for one in fields(value):
            yield from moments(getattr(value, one.name))
    elif isinstance(value, str) and value.startswith("20"):
        yield datetime.fromisoformat(value)


GROUND = whole(Ground, standing=Standing.PROVEN, why="its agent answers")
MEMBER = whole(Member, target=WEB1, was_running=True, ground=GROUND, shown=GROUND)
INCIDENT = whole(
    Incident,
    id=IncidentId(1),
    kind=Kind.GUEST_DOWN,
    subject=WEB1,
    why="crashed",
    members=MappingProxyType({WEB1: MEMBER}),
    spans=Spans(latest=(whole(Span),)),
    earlier=whole(Earlier, id=IncidentId(1)),
)
SEEN = whole(
    Observation,
    fingerprint=Fingerprint(CheckName("state"), WEB1),
    health=Health.OK,
    why="runs",
    facts={"booted": NOON.isoformat(), "answered": NOON.isoformat(), "boot_id": "b"},
)
RUN = whole(
    Run,
    id=RunId(1),
    runbook="mend",
    title="Mend",
    text_hash="",
    incident=1,
    started_by="alex",
    values={},
    steps=(whole(StepState), StepState()),
    deed=whole(Deed, running=True),
)


KEPT = (
    INCIDENT,
    whole(LeftOff, member=MEMBER, incident=IncidentId(1)),
    SEEN,
    RUN,
    whole(Streak),
    whole(GuestBoot),
    whole(Silence, target=WEB1, by="U1", reason="new disk"),
)


def kinds_with_moments(hint: Any) -> set[type]:
    """The dataclasses with moments that a type can hold, itself among them."""
    found: set[type] = set()
    for one in getattr(hint, "__args__", ()):
        found |= kinds_with_moments(one)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        if any(map(_holds_moment, hints.values())):
            found.add(hint)
        for one in fields(hint):
            found |= kinds_with_moments(hints[one.name])
    return found


def kinds(value: Any) -> set[type]:
    """The dataclasses that are in a value, however deep."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple):
        return set().union(*map(kinds, value))
    if not is_dataclass(value):
        return set()
    return {type(value)}.union(*(kinds(getattr(value, one.name)) for one in fields(value)))


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: type(kept).__name__)
def test_what_is_looked_at_here_has_every_kind_of_moment(kept) -> None:
    assert kinds_with_moments(type(kept)) <= kinds(kept)


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: type(kept).__name__)
@pytest.mark.parametrize("step", [STEP, -STEP])
def test_every_moment_shifts_with_the_clock(kept, step) -> None:
    before, after = list(moments(kept)), list(moments(kept.shifted(step)))
    assert before
    assert set(before) == {NOON}
    assert after == [NOON + step] * len(before)


def test_what_has_no_moment_stays_as_it_is() -> None:
    record = BootRecord("17", Mark(0, ""), NOON)
    assert shifted(record, STEP) == BootRecord("17", Mark(0, ""), NOON + STEP)
    bare = Run(RunId(1), "mend", "Mend", "", None, "alex", NOON, {}, (StepState(),))
    assert list(moments(bare.shifted(STEP))) == [NOON + STEP]
