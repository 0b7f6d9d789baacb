"""What an outage changed of a host's inventory, told by comparing what it was with what it is."""

from dataclasses import replace

import pytest

from bot.core.health import TargetId
from bot.core.incidents.inventory import DiskFacts, GuestFacts, HostFacts, ThingFacts, ThingKind
from bot.core.incidents.inventory_changes import Change, compare, in_question

ATLAS, WEB1 = TargetId("host:atlas"), TargetId("guest:u1")
ROOT, DATA = DiskFacts("/img/root", present=True, capacity=100), DiskFacts("/img/data", present=True, capacity=50)
GUEST = GuestFacts(
    "u1", "web1", autostart=True, persistent=True, managed_save=True, nvram="/nv/web1", disks=(ROOT, DATA)
)
POOL = ThingFacts(ThingKind.POOL, "p1", "default", active=True, autostart=True, persistent=True)
NET = ThingFacts(ThingKind.NETWORK, "n1", "lan", active=True, autostart=True, persistent=True)
HOST = HostFacts("atlas", (GUEST,), (POOL,), (NET,), whole=True)


def with_guest(**parts) -> HostFacts:
    return replace(HOST, guests=(replace(GUEST, **parts),))


def words(
    after: HostFacts, target: TargetId = WEB1, *, running=(), booted=(), held=None, before: HostFacts = HOST
) -> list[str]:
    """How a target differs, in words."""
    return [one.words for one in compare(before, after, running, held or {}, booted).get(target, ())]


def test_what_is_as_it_was_differs_in_nothing():
    assert all(changes == () for changes in compare(HOST, HOST, (), {}).values())


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (with_guest(disks=(ROOT, replace(DATA, present=False))), "its disk /img/data is not there"),
        (with_guest(disks=(ROOT,)), "its disk /img/data is no longer part of it"),
        (
            with_guest(disks=(ROOT, replace(DATA, capacity=0))),
            "its disk /img/data is smaller than it was (0 of 50 bytes)",
        ),
        (with_guest(autostart=False), "it no longer starts with its host"),
        (with_guest(persistent=False), "it is defined no more, and gone once it stops"),
        (with_guest(managed_save=False), "its saved memory is gone"),
        (with_guest(nvram="/nv/new"), "its firmware's variables (NVRAM) are new"),
        (with_guest(nvram=""), "its firmware's variables (NVRAM) are new"),
    ],
)
def test_each_way_a_guest_can_differ_is_said(after, said):
    assert words(after) == [said]


def test_a_guest_that_starts_with_its_host_now_is_said_too():
    assert words(HOST, before=with_guest(autostart=False)) == ["it starts with its host now"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ((replace(POOL, active=False),), "the storage pool default is not started"),
        ((replace(POOL, autostart=False),), "the storage pool default no longer starts with its host"),
        (
            (replace(POOL, persistent=False),),
            "the storage pool default is defined no more, and gone at the next start",
        ),
        ((), "the storage pool default is gone"),
    ],
)
def test_each_way_a_pool_can_differ_is_said_of_its_host(changed, said):
    assert words(replace(HOST, pools=changed), ATLAS) == [said]


def test_that_one_which_was_not_defined_is_gone_with_its_start_is_no_news():
    transient = replace(HOST, pools=(replace(POOL, persistent=False),))
    assert words(replace(HOST, pools=()), ATLAS, before=transient) == []


def test_so_is_a_network():
    assert words(replace(HOST, networks=(replace(NET, active=False),)), ATLAS) == [
        "the network lan is not started"
    ]


def test_saved_memory_from_which_a_guest_has_gone_on_is_not_lost():
    assert words(with_guest(managed_save=False), running={"u1"}) == []


def test_a_guest_that_was_booted_anew_has_lost_its_saved_memory_whatever_is_there():
    for after in (with_guest(managed_save=False), HOST):
        assert words(after, running={"u1"}, booted={"u1"}) == [
            "its saved memory is gone: it was booted anew, and did not go on from there"
        ]


def test_a_guest_whose_disks_are_in_another_order_boots_from_another():
    assert words(with_guest(disks=(DATA, ROOT))) == [
        "its disks are in another order: /img/data, /img/root; they were /img/root, /img/data"
    ]
    more = with_guest(disks=(DiskFacts("/img/new"), ROOT, DATA))
    assert words(more, running={"u1"}) == []


def test_a_guest_that_had_no_disk_has_none_in_another_order():
    diskless = with_guest(disks=())
    assert words(with_guest(disks=(ROOT, DATA)), before=diskless) == []


def test_a_pool_or_network_that_was_made_anew_under_its_name_is_there():
    anew = replace(HOST, pools=(replace(POOL, uuid="p9"),), networks=(replace(NET, uuid="n9"),))
    assert words(anew, ATLAS) == []
    dead = replace(HOST, networks=(replace(NET, uuid="n9", active=False),))
    assert words(dead, ATLAS) == ["the network lan is not started"]


def test_a_pool_that_was_renamed_is_the_same_one():
    other = replace(POOL, uuid="p2", name="other")
    before = replace(HOST, pools=(POOL, other))
    renamed = replace(HOST, pools=(replace(POOL, name="images"), replace(other, name="default", active=False)))
    assert words(renamed, ATLAS, before=before) == ["the storage pool other is not started"]


@pytest.mark.parametrize(
    "blind",
    [
        with_guest(disks=None),
        with_guest(disks=(replace(ROOT, present=None), DATA)),
        with_guest(managed_save=None),
        with_guest(nvram=None),
        replace(HOST, pools=None),
        replace(HOST, networks=None),
    ],
)
def test_what_could_not_be_looked_at_has_not_changed(blind):
    assert all(changes == () for changes in compare(HOST, blind, (), {}).values())


@pytest.mark.parametrize(
    ("lost", "blind"),
    [
        (with_guest(disks=(ROOT, replace(DATA, present=False))), with_guest(disks=None)),
        (with_guest(managed_save=False), with_guest(managed_save=None)),
        (with_guest(nvram=""), with_guest(nvram=None)),
        (replace(HOST, pools=()), replace(HOST, pools=None)),
    ],
)
def test_what_was_lost_and_can_not_be_looked_at_now_is_still_lost(lost, blind):
    held = compare(HOST, lost, (), {})
    assert compare(HOST, blind, (), held) == held


def test_a_disk_of_a_guest_that_runs_is_there():
    held = compare(HOST, with_guest(disks=(ROOT, replace(DATA, present=False))), (), {})
    opened = with_guest(disks=(replace(ROOT, present=None), replace(DATA, present=None, capacity=None)))
    assert words(opened, held=held) == ["its disk /img/data is not there"]
    assert words(opened, held=held, running={"u1"}) == []


@pytest.mark.parametrize("lost", [with_guest(disks=(ROOT,)), with_guest(autostart=False)])
def test_what_is_there_again_is_held_no_longer(lost):
    assert words(HOST, held=compare(HOST, lost, (), {})) == []


def test_what_was_not_there_before_is_not_missed():
    before = with_guest(disks=(ROOT, replace(DATA, present=False)), managed_save=False, nvram="", persistent=False)
    after = with_guest(disks=(ROOT,), managed_save=False, nvram="/nv/web1", persistent=False)
    assert words(after, before=before) == []
    off = replace(HOST, pools=(replace(POOL, active=False, autostart=False, persistent=False),))
    assert words(off, ATLAS, before=off) == []


def test_a_disk_of_which_no_size_is_known_is_there():
    assert words(with_guest(disks=(ROOT, replace(DATA, capacity=None)))) == []
    unknown = with_guest(disks=(ROOT, replace(DATA, capacity=None)))
    assert words(HOST, before=unknown) == []


def test_of_a_guest_that_is_gone_altogether_nobody_knows():
    without, disk = replace(HOST, guests=()), Change("disk /img/data", "its disk /img/data is not there")
    assert compare(HOST, without, (), {})[WEB1] == ()
    assert compare(HOST, without, (), {WEB1: (disk,)})[WEB1] == (disk,), "not known to be mended"
    asked = {key for target, key in in_question(HOST, without, ()) if target == WEB1}
    assert {"autostart", "defined", disk.key} <= asked


def test_several_differences_are_told_in_one_order():
    after = with_guest(autostart=False, disks=(), nvram="")
    assert words(after) == [
        "it no longer starts with its host",
        "its disk /img/data is no longer part of it",
        "its disk /img/root is no longer part of it",
        "its firmware's variables (NVRAM) are new",
    ]
