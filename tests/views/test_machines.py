"""The dialogs that ask about machines: of one alone they speak as of one."""

import json

import pytest

from bot.core.health import TargetId
from bot.core.incident import Member
from bot.core.incidents.inventory_changes import Change
from bot.core.names import UNTOLD
from bot.views.machines import LET_GO, MUST_RETURN, STAY_OFF, VOUCH, machines_view


def told(what, *names, changes=()):
    members = [Member(TargetId(f"guest:{name}"), True, changes=changes) for name in names]
    return machines_view(what, members, UNTOLD, {}, {}).blocks[0].text.text


@pytest.mark.parametrize("what", [VOUCH, STAY_OFF, LET_GO, MUST_RETURN])
def test_one_machine_is_named_and_several_are_ticked(what):
    assert "*web1*" in told(what, "web1")
    assert "those" not in told(what, "web1")
    assert "those" in told(what, "web1", "web2").casefold()
    assert told(what) == "There is none any more."


def test_of_what_differs_from_before_a_person_says_that_it_is_meant_so():
    differs = (Change("autostart", "it no longer starts with its host"),)
    assert told(VOUCH, "web1", changes=differs).startswith("*web1* is not as it was. Say so only if it is meant")
    assert "Tick those that are meant to be as they are now." in told(VOUCH, "web1", "web2", changes=differs)
    assert "not as" not in told(LET_GO, "web1", changes=differs)


def test_which_is_asked_of_several_and_is_not_optional():
    members = [Member(TargetId(f"guest:{name}"), True) for name in ("web1", "web2")]
    asked = json.loads(json.dumps(machines_view(VOUCH, members, UNTOLD, {}, {}).to_dict()))["blocks"][1]
    assert (asked["label"]["text"], asked.get("optional", False)) == ("Which?", False)
