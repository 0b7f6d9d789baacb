"""What follows for a target from what a look at it showed: well, surely not, or nobody can tell."""

from dataclasses import replace

import pytest

from bot.actions import Outcome
from bot.core.health import BOOT, CheckName, Evidence, Fingerprint, Health, Kind, Observation, TargetId
from bot.monitoring.healthy import unwell
from tests.core.labs import NOON

WEB1 = TargetId("guest:web1")
WEB = Fingerprint(CheckName("web"), WEB1)
UP = Observation(WEB, Health.OK, NOON, "web1:80 answers")
SILENT = Observation(WEB, Health.FAIL, NOON, "no answer", Kind.SERVICE_DOWN)
HIDDEN = SILENT.unseen("eth0 has no carrier")
NO_NAME = Observation(WEB, Health.UNKNOWN, NOON, "cannot look up web1.lan")
NO_KEY = Observation(WEB, Health.FAIL, NOON, "its host key has changed", Kind.CANNOT_WATCH)
BROKEN = Observation(Fingerprint(BOOT, WEB1), Health.FAIL, NOON, "no boot device", Kind.BOOT_DISK, running=True)
DARK = replace(BROKEN, health=Health.UNKNOWN, why="its agent is silent", kind=None, evidence=Evidence.NONE)
NOT_ASKED = replace(DARK, why="atlas does not answer", running=None)


def test_what_is_well_is_not_unwell() -> None:
    text = "it is well: web1: web1:80 answers; its agent is silent"
    assert unwell("web1", [UP, DARK]) == Outcome(ok=False, text=text)


@pytest.mark.parametrize("beside", [[], [HIDDEN], [NO_NAME], [SILENT]])
def test_what_shows_its_damage_is_surely_unwell_whatever_else_cant_be_seen(beside) -> None:
    found = unwell("web1", [BROKEN, *beside])
    assert (found.ok, found.known) == (True, True)


@pytest.mark.parametrize("seen", [[SILENT], [SILENT, DARK], [DARK], [SILENT, NO_KEY]])
def test_that_nothing_is_heard_counts_once_it_is_sure_that_it_would_be(seen) -> None:
    found = unwell("web1", seen)
    assert (found.ok, found.known) == (True, False)


@pytest.mark.parametrize("also", [[], [DARK]])
@pytest.mark.parametrize("unseen", [HIDDEN, NO_NAME, NO_KEY, NOT_ASKED])
def test_of_what_could_not_be_looked_at_nobody_can_tell(unseen, also) -> None:
    found = unwell("web1", [unseen, *also])
    assert (found.ok, found.known) == (False, False)
    assert found.text.startswith("cannot tell whether web1 is well: ")


def test_of_what_nothing_looks_at_nobody_can_tell() -> None:
    assert not unwell("web1", []).ok


@pytest.mark.parametrize("failing", [[SILENT], [DARK], [HIDDEN]])
def test_a_host_that_answers_from_inside_is_up_whatever_else_is_silent(failing) -> None:
    inside = replace(UP, why="its own system answers", evidence=Evidence.INSIDE)
    outside = replace(inside, evidence=Evidence.OUTSIDE)
    found = unwell("atlas", failing, [*failing, inside])
    assert not found.ok
    assert found.text.startswith("atlas is up: its own system answers. What does not answer: ")
    assert unwell("atlas", [BROKEN, *failing], [inside]).ok, "damage is damage"
    assert "is up" not in unwell("atlas", failing, [outside]).text
