"""Whose doing a change of a run's machine is: the run's own last step's, or another hand's."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.lab import Effect
from bot.core.runs.deed import SETTLING, Deed, begun, ended

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_step_that_only_looks_is_no_deed():
    assert begun(None, Effect.LOOKS) is None
    assert begun(Deed(running=False, ended=NOW), Effect.LOOKS) == Deed(running=False, ended=NOW)


def test_a_lab_line_aims_at_something_and_a_script_keeps_the_last_aim():
    assert begun(None, Effect.STARTS) == Deed(running=True)
    assert begun(None, Effect.STOPS) == Deed(running=False)
    assert begun(None, Effect.CHANGES) == Deed(running=None, script=True)
    assert begun(Deed(running=False, ended=NOW), Effect.CHANGES) == Deed(running=False, script=True)


def test_a_deed_ends_once():
    assert ended(None, NOW) is None
    assert ended(Deed(None), NOW) == Deed(None, NOW)
    assert ended(Deed(None, NOW), NOW + SETTLING) == Deed(None, NOW)


@pytest.mark.parametrize("running", [True, False, None])
def test_while_it_lasts_every_change_is_its_own(running):
    assert Deed(running=False).explains(running=running, now=NOW)


def test_what_a_run_has_powered_off_is_not_started_by_a_script_of_it():
    script = Deed(running=False, script=True)
    assert not script.explains(running=True, now=NOW)
    assert script.explains(running=False, now=NOW)
    assert script.explains(running=None, now=NOW)
    assert Deed(running=None, script=True).explains(running=True, now=NOW)


@pytest.mark.parametrize(
    ("aim", "running", "own"),
    [
        (False, False, True),
        (False, True, False),
        (True, True, True),
        (True, False, False),
        (None, True, True),
        (None, False, True),
        (False, None, True),
    ],
)
def test_for_a_moment_after_it_only_what_it_aimed_at_is_its_own(aim, running, own):
    deed = Deed(aim, NOW)
    assert deed.explains(running=running, now=NOW + SETTLING) is own
    assert not deed.explains(running=running, now=NOW + SETTLING + timedelta(seconds=1))


def test_only_a_script_may_have_defined_the_machine_anew_and_only_for_a_moment():
    script = Deed(None, NOW, script=True)
    assert script.may_define(NOW + SETTLING)
    assert not script.may_define(NOW + SETTLING + timedelta(seconds=1))
    assert not Deed(running=False).may_define(NOW)


def test_what_was_powered_off_was_not_mended_by_that():
    assert Deed(running=False).may_mend
    assert not Deed(running=False, ended=NOW).may_mend
    assert Deed(running=False, ended=NOW).came_to(running=True).may_mend
    assert Deed(running=None, ended=NOW).may_mend
