"""Who may do what, and what a refusal says."""

import pytest

from bot.core.permit import Act, NotAllowed, Person, demand, may, person_of

ALEX = Person("alex", "U0ALEX", ("admin",), owner=True)
ROBIN = Person("robin", "U0ROBIN", ("hands",))
KIM = Person("kim", "U0KIM", ("hands at home",))
LEE = Person("lee", "U0LEE")
PEOPLE = (ALEX, ROBIN, KIM, LEE)
FOR_HANDS = [Act.ACKNOWLEDGE, Act.TAKE_BACK, Act.SILENCE, Act.UNSILENCE]
FOR_ADMINS = [Act.RESOLVE, Act.REOPEN, Act.START_RUNBOOK, Act.PRESS_STEP]


@pytest.mark.parametrize("who", [*PEOPLE, None])
def test_anyone_in_the_channel_may_read(who):
    assert may(who, Act.READ, PEOPLE).allowed


@pytest.mark.parametrize("act", Act)
def test_an_admin_may_do_everything_also_press_a_step_given_to_others(act):
    assert may(ALEX, act, PEOPLE).allowed
    assert may(ALEX, act, PEOPLE, needs="hands at home").allowed


@pytest.mark.parametrize("act", FOR_HANDS)
def test_hands_may_acknowledge_and_silence(act):
    assert may(ROBIN, act, PEOPLE).allowed


@pytest.mark.parametrize("act", FOR_ADMINS)
def test_hands_may_not_do_what_is_for_admins(act):
    assert not may(ROBIN, act, PEOPLE).allowed
    assert not may(ROBIN, act, PEOPLE, needs="admin").allowed


@pytest.mark.parametrize("act", [*FOR_HANDS, *FOR_ADMINS])
@pytest.mark.parametrize("who", [LEE, KIM, None])
def test_without_admin_or_hands_nobody_changes_anything(who, act):
    assert not may(who, act, PEOPLE).allowed


def test_a_step_is_pressed_by_those_who_hold_the_role_it_is_given_to():
    assert may(ROBIN, Act.PRESS_STEP, PEOPLE, needs="hands").allowed
    assert may(KIM, Act.PRESS_STEP, PEOPLE, needs="hands at home").allowed
    assert not may(ROBIN, Act.PRESS_STEP, PEOPLE, needs="hands at home").allowed
    assert not may(KIM, Act.PRESS_STEP, PEOPLE, needs="hands").allowed


def test_what_a_step_needs_opens_nothing_but_that_step():
    assert not may(KIM, Act.RESOLVE, PEOPLE, needs="hands at home").allowed


def test_a_yes_says_on_what_ground():
    assert may(ROBIN, Act.ACKNOWLEDGE, PEOPLE).why == "hands may acknowledge"
    assert may(ALEX, Act.ACKNOWLEDGE, PEOPLE).why == "an admin may acknowledge"


def test_a_refusal_names_who_may_and_who_asked():
    assert may(ROBIN, Act.RESOLVE, PEOPLE).why == "only alex can resolve"
    assert may(None, Act.SILENCE, PEOPLE).why == ("only alex or robin can silence")
    assert may(LEE, Act.PRESS_STEP, PEOPLE, needs="hands at home").why == ("only alex or kim can press this step")


def test_a_refusal_admits_that_nobody_may():
    assert may(ROBIN, Act.REOPEN, [ROBIN]).why == "only an admin may reopen, and lab.yaml names none"


def test_people_are_known_by_their_slack_id():
    assert person_of(PEOPLE, "U0KIM") is KIM
    assert person_of(PEOPLE, "kim") is None


def test_a_demand_passes_for_who_may_and_is_refused_with_the_reason_for_who_may_not():
    demand(PEOPLE, "U0ROBIN", Act.SILENCE)
    demand(PEOPLE, "U0KIM", Act.PRESS_STEP, needs="hands at home")
    with pytest.raises(NotAllowed, match=r"^only alex can resolve$"):
        demand(PEOPLE, "U0ROBIN", Act.RESOLVE)
    with pytest.raises(NotAllowed, match=r"^only "):
        demand(PEOPLE, "U0STRANGER", Act.SILENCE)
