"""A run is written down whole, and what is no run is not taken for one."""

import json
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.guest import StartsFrom
from bot.core.health import TargetId
from bot.core.run import Choice, Run, RunId, RunStatus, State, StepState
from bot.core.run_json import run_from_json, run_to_json
from bot.core.runs.deed import Deed

moments = st.datetimes(timezones=st.just(UTC))
texts = st.text(max_size=12)
few = settings(max_examples=50)
names = st.lists(texts, max_size=2).map(tuple)
step_states = st.builds(
    StepState,
    state=st.sampled_from(State),
    attempt=st.integers(0),
    summary=texts,
    choices=st.lists(st.builds(Choice, texts, texts), max_size=2).map(tuple),
    ticked=st.lists(st.integers(0), max_size=3).map(tuple),
    by=st.none() | texts,
    since=st.none() | moments,
)
runs = st.builds(
    Run,
    id=st.integers(1).map(RunId),
    runbook=texts,
    title=texts,
    text_hash=texts,
    incident=st.none() | st.integers(1),
    started_by=texts,
    started_at=moments,
    values=st.dictionaries(texts, texts, max_size=3).map(MappingProxyType),
    steps=st.lists(step_states, max_size=3).map(tuple),
    current=st.integers(0),
    status=st.sampled_from(RunStatus),
    version=st.integers(0),
    back_to=st.none() | st.integers(0),
    ended_at=st.none() | moments,
    target=st.none() | texts.map(TargetId),
    deed=st.none() | st.builds(Deed, st.none() | st.booleans(), st.none() | moments, st.booleans()),
    pause=texts,
    began_with=st.none() | st.builds(StartsFrom, names, names),
)


@pytest.mark.slow
@few
@given(runs)
def test_a_run_comes_back_as_it_was(run):
    assert run_from_json(run_to_json(run)) == run


@few
@given(runs)
def test_nobody_can_change_the_values_of_a_run_that_was_read(run):
    with pytest.raises(TypeError):
        run_from_json(run_to_json(run)).values["guest"] = "another"


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"id": 1}'])
def test_what_is_no_run_is_refused(text):
    with pytest.raises(ValueError, match="cannot read a run: because of"):
        run_from_json(text)


def test_a_state_of_another_version_is_refused_by_its_name():
    run = Run(RunId(1), "r", "R", "h", None, "ada", datetime(2026, 3, 1, tzinfo=UTC), {}, (StepState(),))
    with pytest.raises(ValueError, match="hovering"):
        run_from_json(run_to_json(run).replace("waiting", "hovering"))


def test_a_run_of_the_first_version_knew_no_target_and_was_never_paused():
    run = Run(RunId(1), "r", "R", "h", None, "ada", datetime(2026, 3, 1, tzinfo=UTC), {}, (StepState(),))
    row = json.loads(run_to_json(run))
    for name in ("target", "deed", "pause", "began_with"):
        del row[name]
    assert run_from_json(json.dumps(row)) == run
