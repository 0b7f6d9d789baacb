"""Which hosts of lab.yaml are one machine."""

import pytest

from bot.core.guest import Power
from bot.core.one_machine import Answer, Sign, are_two, doubles, same_uris, same_way, words

ATLAS, LOCAL = "qemu+ssh://root@atlas/system", "qemu:///system"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("qemu:///system", "qemu+unix:///system"),
        ("qemu:///system", "qemu:///system/"),
        ("qemu+ssh://root@atlas/system", "QEMU+SSH://admin@Atlas:22/system?no_tty=1"),
        ("qemu+ssh://root@[fe80::1]/system", "qemu+ssh://root@[FE80::1]:22/system"),
        ("qemu://atlas/system", "qemu+tls://atlas:16514/system"),
        ("qemu+unix:///session?socket=/run/a/sock", "qemu:///session?socket=/run/./a//sock"),
    ],
)
def test_one_uri_in_other_words_is_the_same(one, other):
    assert same_way(one) == same_way(other)


@pytest.mark.parametrize(
    "other",
    [
        "qemu:///session",
        "lxc:///system",
        "qemu+ssh://root@borea/system",
        "qemu+ssh://root@atlas:2222/system",
        "qemu+tcp://atlas/system",
        "qemu:///system?socket=/run/other",
        "qemu+ssh://sam@atlas/session",
        "qemu+ssh://alex@atlas/session",
    ],
)
def test_other_ways_are_told_apart(other):
    ways = [LOCAL, ATLAS, "qemu+ssh://kim@atlas/session"]
    assert same_way(other) not in map(same_way, ways)


def test_each_host_with_an_earlier_ones_uri_is_named_with_the_first():
    uris = [("a", LOCAL), ("b", ATLAS), ("c", "qemu+unix:///system"), ("d", LOCAL)]
    assert same_uris(uris) == {"c": "a", "d": "a"}


def answer(uri: str = LOCAL, identity: str = "u1 atlas qemu/system", *guests: str) -> Answer:
    return Answer(uri, identity, frozenset(guests))


def test_hosts_that_say_they_are_the_same_and_have_the_same_guests_are_one():
    answers = {
        "a": answer(ATLAS, "u", "1", "2"),
        "b": answer(LOCAL, "u", "1", "2"),
        "c": answer("x:///", "u", "1", "2"),
    }
    assert doubles(answers, {}) == {"b": "a", "c": "a"}


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (answer(ATLAS, "u", "1"), answer(LOCAL, "v", "1")),
        (answer(ATLAS, "u", "1"), answer(LOCAL, "u", "2")),
        (answer(ATLAS, "u"), answer(LOCAL, "u")),
        (answer(ATLAS, "", "1"), answer(LOCAL, "", "1")),
    ],
    ids=["another identity", "the same board, other guests", "no guests", "no identity"],
)
def test_what_may_be_two_machines_is_two(first, other):
    assert doubles({"a": first, "b": other}, {}) == {}


def test_the_same_uri_needs_no_proof():
    assert doubles({"a": answer(LOCAL, "", "1"), "b": answer("qemu+unix:///system", "", "2")}, {}) == {"b": "a"}


def test_what_was_found_to_be_one_stays_so_while_a_guest_is_made_and_no_longer_than_it_says_so():
    made = {"a": answer(ATLAS, "u", "1", "2"), "b": answer(LOCAL, "u", "1")}
    assert doubles(made, {"b": "a"}) == {"b": "a"}
    assert doubles({**made, "b": answer(LOCAL, "v", "1")}, {"b": "a"}) == {}


def test_what_was_shown_to_be_two_is_two_whatever_it_says_and_may_be_one_with_a_third():
    answers = {"a": answer(ATLAS, "u", "1"), "b": answer(LOCAL, "u", "1"), "c": answer("x:///", "u", "1")}
    assert doubles(answers, {"b": "a"}, [{"a", "b"}]) == {"c": "a"}
    assert doubles(answers, {}, [{"a", "b"}, {"c", "a"}]) == {"c": "b"}


def told(power: Power | None, worked: int | None = None) -> dict[str, Sign]:
    return {} if power is None else {"1": Sign(power, worked)}


OFF, RUNS, NONE = told(Power.OFF), told(Power.RUNNING), told(None)


@pytest.mark.parametrize(
    "turns",
    [
        (OFF, RUNS, OFF, RUNS),
        (NONE, OFF, NONE, OFF),
        (told(Power.PAUSED, 5), told(Power.RUNNING, 5), told(Power.PAUSED, 5), told(Power.RUNNING, 6)),
        *((told(Power.RUNNING, at) for at in worked) for worked in ((9, 2, 10, 3), (2, 9, 3, 10), (9, 2, 9, 2))),
    ],
    ids=["runs on one", "is on one", "is paused on one", "worked less", "worked more", "both rest"],
)
def test_what_says_twice_what_the_other_does_not_is_another_machine(turns):
    assert are_two(list(turns))


@pytest.mark.parametrize(
    "turns",
    [
        (OFF, OFF, OFF, OFF),
        (NONE, NONE, NONE, NONE),
        (RUNS, RUNS, RUNS, RUNS),
        (OFF, RUNS, RUNS, RUNS),
        (OFF, OFF, RUNS, RUNS),
        (OFF, OFF, OFF, RUNS),
        (OFF, RUNS, RUNS, OFF),
        (NONE, OFF, OFF, OFF),
        (OFF, told(Power.RUNNING, 1), told(Power.RUNNING, 2), told(Power.RUNNING, 2)),
        *((told(Power.RUNNING, at) for at in worked) for worked in ((1, 2, 3, 4), (7, 7, 7, 7), (9, 0, 1, 2))),
        (told(Power.RUNNING, 9), told(Power.RUNNING, 9), told(Power.RUNNING, 9), told(Power.RUNNING, 0)),
    ],
)
def test_one_machine_of_which_a_guest_is_made_or_started_between_answers_may_be_one(turns):
    assert not are_two(list(turns))


def test_that_two_hosts_are_one_machine_is_said_of_both():
    assert words("atlas", "borea") == (
        "atlas and borea in lab.yaml are one machine: both URIs lead to the same libvirt"
    )
