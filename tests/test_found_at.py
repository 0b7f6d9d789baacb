"""What answers at an address at which a hypervisor finds another guest is that one."""

import time
from contextlib import asynccontextmanager
from dataclasses import replace

import libvirt
import pytest

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Observation, Target, TargetId, guest_id
from bot.hypervisor import Hypervisor
from bot.names import Names
from bot.rounds.found_at import FRESH, FoundAt
from tests.core.labs import NOON
from tests.waiting import until

URI = "test:///default"
ATLAS = Target(TargetId("host:atlas"), name="atlas")
_WITH_NETWORK = """<domain type='test'><name>{}</name><memory>1</memory><os><type>hvm</type></os>
<devices><interface type='network'><source network='default'/></interface></devices></domain>"""


@pytest.fixture
def guests():
    """Two guests of one host, and where that finds them."""
    lab = libvirt.open(URI)
    made = [lab.defineXML(_WITH_NETWORK.format(name)) for name in ("web1", "db1")]
    found = {}
    for one in made:
        one.create()
        (interface,) = one.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE).values()
        target = Target(guest_id(one.UUIDString()), ATLAS.id, name=one.name())
        found[target] = interface["addrs"][0]["addr"]
    yield found
    for one in made:
        one.destroy()
        one.undefine()
    lab.close()


@asynccontextmanager
async def asked(known, uri=URI):
    atlas = Hypervisor("atlas", uri, on_event=lambda _event: None)
    yield FoundAt({"atlas": atlas}, Names(), lambda: [ATLAS, *known])
    await atlas.close()


def passes(target: Target) -> Observation:
    return Observation(Fingerprint(CheckName("web"), target.id), Health.OK, NOON, "it answers")


async def test_a_look_that_passes_where_another_guest_is_found_shows_nothing_of_its_own(guests) -> None:
    (web1, its_address), (db1, other_address) = guests.items()
    async with asked(guests) as found:
        (seen,) = await found.judged(web1, other_address, [passes(web1)])
        assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)
        said = f"it answers; but its hypervisor finds {db1.name} at {other_address}."
        assert seen.why == f"{said} Correct its address in lab.yaml"
        for where in (its_address, "192.0.2.7", ""):
            assert await found.judged(web1, where, [passes(web1)]) == [passes(web1)]
        assert await found.judged(ATLAS, other_address, [passes(ATLAS)]) == [passes(ATLAS)]


async def test_a_host_that_cant_be_asked_says_nothing_against_a_guest(guests) -> None:
    (web1, _), (_, other_address) = guests.items()
    async with asked(guests, "test:///nowhere/node.xml") as found:
        assert await found.judged(web1, other_address, [passes(web1)]) == [passes(web1)]


async def test_what_passes_anew_is_held_against_what_is_found_then(guests) -> None:
    (web1, _), (db1, other_address) = guests.items()
    known = [web1]
    async with asked(known) as found:
        found.known = lambda: known
        assert await found.judged(web1, other_address, [passes(web1)]) == [passes(web1)]
        known.append(db1)
        assert await found.judged(web1, other_address, [passes(web1)]) == [passes(web1)], "it was so, and is so on"
        fails = replace(passes(web1), health=Health.FAIL)
        assert await found.judged(web1, other_address, [fails]) == [fails]
        await until(lambda: time.monotonic() - found._learnt > FRESH)
        (seen,) = await found.judged(web1, other_address, [passes(web1)])
        assert seen.health is Health.UNKNOWN
