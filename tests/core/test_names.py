"""What people call targets, and what they mean by it."""

import pytest

from bot.core.health import Target, TargetId, guest_id
from bot.core.names import UNTOLD, meant_by, names_of

ATLAS, BOREA = TargetId("host:atlas"), TargetId("host:borea")
HERE = Target(guest_id("1"), runs_on=ATLAS, name="web1")
THERE = Target(guest_id("2"), runs_on=BOREA, name="web1")
ADRIFT = Target(guest_id("3"), name="web1")
ALONE = Target(guest_id("4"), runs_on=ATLAS, name="db 1")
LAB = (Target(ATLAS), Target(BOREA), HERE, THERE, ALONE)


def test_a_guest_is_called_by_its_name_and_by_its_host_too_where_two_have_it() -> None:
    name = names_of((*LAB, ADRIFT))
    assert [name(one.id) for one in (HERE, THERE, ALONE, ADRIFT)] == ["web1@atlas", "web1@borea", "db 1", "web1#3"]
    assert name(ATLAS) == "atlas"


@pytest.mark.parametrize("others", [(HERE,), (HERE, THERE), (HERE, THERE, ADRIFT)])
def test_a_guest_that_is_called_like_anothers_place_is_told_from_it(others) -> None:
    named = Target(guest_id("5"), runs_on=BOREA, name="web1@atlas")
    lab = (*others, named)
    assert meant_by("web1@atlas", lab) == (HERE, named), "which is meant has to be asked"
    name = names_of(lab)
    assert {one.id: meant_by(name(one.id), lab) for one in lab} == {one.id: (one,) for one in lab}
    assert name(named.id) == "web1@atlas@borea"


def test_what_is_not_known_is_called_by_its_ids_own_words() -> None:
    assert UNTOLD(TargetId("service:gate")) == "gate"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("web1", (HERE, THERE)),
        ("web1@borea", (THERE,)),
        ("db 1", (ALONE,)),
        ("db 1@atlas", (ALONE,)),
        ("guest:2", (THERE,)),
        ("atlas", (Target(ATLAS),)),
        ("web1@nowhere", ()),
        ("1", ()),
    ],
)
def test_a_name_means_every_machine_that_has_it(said, meant) -> None:
    assert meant_by(said, LAB) == meant


def test_a_host_comes_before_a_service_of_its_name() -> None:
    nas = Target(TargetId("host:nas"))
    assert meant_by("nas", (Target(TargetId("service:nas")), nas)) == (nas,)
