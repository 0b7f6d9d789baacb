"""What a host is to be like follows what people change there, and not what is asked about, missing or unseen."""

from dataclasses import replace

from bot.core.health import TargetId
from bot.core.incidents.good_inventory import renewed
from bot.core.incidents.inventory import DiskFacts, GuestFacts, HostFacts, ThingFacts, ThingKind

ATLAS, WEB1, DB = TargetId("host:atlas"), TargetId("guest:u1"), TargetId("guest:u2")
DISK = DiskFacts("/img/web1", present=True, capacity=100)
GUEST = GuestFacts("u1", "web1", True, True, managed_save=True, nvram="/nvram/web1", disks=(DISK,))
OTHER = GuestFacts("u2", "db", True, True)
POOL = ThingFacts(ThingKind.POOL, "p1", "default", active=True, autostart=True, persistent=True)
LAN = ThingFacts(ThingKind.NETWORK, "n1", "lan", active=True, autostart=True, persistent=True)
GOOD = HostFacts("atlas", (GUEST, OTHER), (POOL,), (LAN,), whole=True)


def anew(found, asked=frozenset(), its_own=frozenset({WEB1, DB})):
    return renewed(GOOD, found, asked, its_own)


def test_what_was_changed_is_what_it_is_to_be_like():
    edited = replace(GOOD, guests=(replace(GUEST, autostart=False),), pools=())
    assert anew(edited, its_own={WEB1}) == edited


def test_a_guest_that_is_asked_about_stays_as_it_was_and_the_others_follow():
    found = replace(GOOD, guests=(replace(GUEST, autostart=False), replace(OTHER, autostart=False)))
    after = anew(found, {(WEB1, "autostart")})
    assert {guest.name: guest.autostart for guest in after.guests} == {"web1": True, "db": False}


def test_a_guest_that_is_missing_stays_while_it_is_watched_there():
    without = replace(GOOD, guests=(OTHER,))
    assert GUEST in anew(without).guests
    assert GUEST not in anew(without, its_own={DB}).guests


def test_a_guest_that_is_new_is_part_of_it():
    new = replace(OTHER, uuid="u3", name="new")
    assert new in anew(replace(GOOD, guests=(GUEST, new))).guests


def test_what_could_not_be_looked_at_stays_as_it_was_known():
    blind = replace(GUEST, managed_save=None, nvram=None, disks=None)
    assert anew(replace(GOOD, guests=(blind, OTHER), pools=None, networks=None)) == GOOD


def test_of_pools_and_networks_each_that_is_asked_about_stays():
    off = replace(LAN, active=False)
    after = anew(replace(GOOD, pools=(), networks=(off,)), {(ATLAS, "storage pool default")})
    assert (after.pools, after.networks) == ((POOL,), (off,))
    assert anew(replace(GOOD, networks=(off,)), {(ATLAS, "network lan")}).networks == (LAN,)
