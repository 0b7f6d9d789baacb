"""The witnesses asked in networks of their own, whose cables are pulled and whose gateways fall silent."""

import asyncio
import re
import socket
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from bot.core.health import Health
from bot.core.incidents.visibility import LOCAL, Finding, Path
from bot.monitoring.witnesses import Witnesses
from bot.names import Names
from tests.real.bad_line import bad_line
from tests.real.network import Lan, lan, needs_networks
from tests.waiting import until

pytestmark = [pytest.mark.real, needs_networks]

GATEWAY = "10.9.0.254"


@pytest.fixture
def home():
    with lan() as home, home.here.inside():
        yield home


@contextmanager
def asked():
    witnesses = Witnesses(lambda: datetime.now(UTC), Names())
    try:
        yield witnesses
    finally:
        witnesses.close()


@pytest.fixture
def witnesses(home):
    with asked() as witnesses:
        yield witnesses


def link(witnesses: Witnesses, name: str = "eth0") -> Finding:
    (found,) = (one for one in witnesses.links() if one.about == name)
    return found


def says(found: Finding) -> tuple[Health, str]:
    return found.health, found.why


# --- ways and links ----------------------------------------------------------------------------------------------


def test_the_kernel_tells_the_way_to_an_address(home, witnesses) -> None:
    assert witnesses.path("10.9.0.10") == Path(address="10.9.0.10", link="eth0")
    assert witnesses.path("10.8.0.1") == Path(address="10.8.0.1", link="eth0", gateway=GATEWAY)
    assert witnesses.path("127.0.0.1") == witnesses.path("10.9.0.1") == witnesses.path("::1") == LOCAL
    assert witnesses.path("2001:db8::1") == Path(address="2001:db8::1"), "there is no way, and never was"
    assert witnesses.path("atlas") == Path(name="atlas"), "nobody has looked it up yet"
    assert witnesses.gateways() == [(GATEWAY, "eth0")]


def test_a_route_over_ipv6_and_one_over_a_gateway_of_the_other_family_are_understood(home, witnesses) -> None:
    home.here.ip("address", "add", "fd00:9::1/64", "dev", "eth0", "nodad")
    home.here.ip("route", "add", "default", "via", "fd00:9::254")
    home.here.ip("route", "add", "10.6.0.0/24", "via", "inet6", "fe80::1", "dev", "eth0")
    assert witnesses.path("2001:db8::1") == Path(address="2001:db8::1", link="eth0", gateway="fd00:9::254")
    assert witnesses.path("10.6.0.1") == Path(address="10.6.0.1", link="eth0", gateway="fe80::1")
    assert (GATEWAY, "eth0") in witnesses.gateways()
    assert ("fd00:9::254", "eth0") in witnesses.gateways()


async def test_a_cable_that_is_pulled_and_put_back_is_seen_at_once_and_told_by_itself(home, witnesses) -> None:
    changes = witnesses.changes()
    assert changes is not None
    told = asyncio.Event()
    asyncio.get_running_loop().add_reader(changes, told.set)
    assert says(link(witnesses)) == (Health.OK, "eth0 is up")
    home.pull("here")
    async with asyncio.timeout(5):
        await told.wait()
    assert says(link(witnesses)) == (Health.FAIL, "eth0 has no carrier")
    home.put_back("here")
    await until(lambda: says(link(witnesses)) == (Health.OK, "eth0 is up"))
    home.here.ip("link", "set", "eth0", "down")
    assert says(link(witnesses)) == (Health.FAIL, "eth0 is switched off")
    asyncio.get_running_loop().remove_reader(changes)
    changes.close()


def test_a_route_that_went_is_missed_and_one_that_never_was_is_not(home, witnesses) -> None:
    witnesses.path("10.8.0.1")
    witnesses.path("10.9.0.10")
    home.here.ip("route", "del", "default")
    assert witnesses.path("10.8.0.1") == Path(address="10.8.0.1", link="eth0", gateway=GATEWAY), "as it was"
    gone = witnesses.no_route("10.8.0.1")
    assert gone is not None
    assert says(gone) == (Health.FAIL, "there is no route to 10.8.0.1 any more (Network is unreachable)")
    witnesses.path("10.6.0.1")
    assert witnesses.no_route("10.6.0.1") is witnesses.no_route("10.9.0.10") is None
    home.here.ip("route", "add", "default", "via", GATEWAY)
    witnesses.path("10.8.0.1")
    assert witnesses.no_route("10.8.0.1") is None


# --- the gateway -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", ["pings", "at a port", "on its link"])
@pytest.mark.slow
async def test_a_gateway_answers_in_whatever_way_it_does_and_is_missed_when_it_does_not(
    home, witnesses, answers
) -> None:
    if answers == "pings":
        home.here.allow_pings()
    if answers == "on its link":
        swallow(home)
    assert says(await witnesses.gateway(GATEWAY, "eth0")) == (Health.OK, f"{GATEWAY} answers {answers}")
    assert says(await witnesses.gateway(GATEWAY, "eth0")) == (Health.OK, f"{GATEWAY} answers {answers}"), "again"
    home.pull("gateway")
    home.here.ip("neighbour", "flush", "dev", "eth0")
    assert says(await witnesses.gateway(GATEWAY, "eth0")) == (Health.FAIL, f"{GATEWAY} no longer answers")
    home.put_back("gateway")

    async def answers_again() -> bool:
        return (await witnesses.gateway(GATEWAY, "eth0")).health is Health.OK

    await until(answers_again)


@pytest.mark.slow
async def test_a_gateway_known_by_its_link_alone_is_not_missed_while_the_kernel_has_yet_to_ask(
    home, witnesses
) -> None:
    swallow(home)
    assert (await witnesses.gateway(GATEWAY, "eth0")).health is Health.OK
    home.here.ip("neighbour", "change", GATEWAY, "dev", "eth0", "nud", "stale")
    assert says(await witnesses.gateway(GATEWAY, "eth0")) == (
        Health.UNKNOWN,
        f"{GATEWAY} may answer: the kernel is still asking",
    )


def swallow(home: Lan) -> None:
    """Let the gateway answer nothing at all but the question who has its address."""
    home.gateway.ip("route", "add", "blackhole", "10.9.0.1")


async def test_a_gateway_that_pings_are_kept_from_is_asked_by_ping_again_once_its_doors_are_shut(
    home, witnesses
) -> None:
    assert says(await witnesses.gateway(GATEWAY, "eth0"))[1].endswith("at a port")
    home.here.allow_pings()
    assert says(await witnesses.gateway(GATEWAY, "eth0"))[1].endswith("at a port"), "what worked is tried first"


@pytest.mark.slow
async def test_a_gateway_that_never_answered_is_no_witness(home, witnesses) -> None:
    home.here.allow_pings()
    assert says(await witnesses.gateway("10.9.0.77", "eth0")) == (Health.UNKNOWN, "10.9.0.77 never answered")
    assert says(await witnesses.gateway("10.9.0.77", "eth7")) == (Health.UNKNOWN, "10.9.0.77 never answered")


async def test_a_gateway_is_asked_over_ipv6_too(home, witnesses) -> None:
    for machine, address in ((home.here, "fd00:9::1/64"), (home.gateway, "fd00:9::254/64")):
        machine.ip("address", "add", address, "dev", "eth0", "nodad")
    home.here.allow_pings()
    seen = await witnesses.gateway("fd00:9::254", "eth0")
    assert seen.health is Health.OK, seen
    assert seen.why in {"fd00:9::254 answers pings", "fd00:9::254 answers at a port"}, "that on a busy machine"


# --- the line ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_how_well_a_gateway_is_heard_is_told_by_a_burst_of_pings(home, witnesses) -> None:
    home.here.allow_pings()
    with bad_line(home, "here") as line:
        await witnesses.gateway(GATEWAY, "eth0")
        assert says(await witnesses.line(GATEWAY, "eth0")) == (Health.OK, f"{GATEWAY} is heard well")
        line.delay = 0.6
        slow = await witnesses.line(GATEWAY, "eth0")
        assert slow.health is Health.FAIL
        assert re.search("takes 1\\.[2-9] s to answer a ping|does not answer .* of 20 pings", slow.why), slow.why
        line.delay, line.loss = 0.0, 0.4
        lossy = await witnesses.line(GATEWAY, "eth0", "10.9.0.253")
        assert lossy.health is Health.FAIL
        assert re.search("does not answer [0-9]+ of 20 pings", lossy.why), lossy.why
        assert (lossy.about, lossy.link, lossy.via) == (GATEWAY, "eth0", "10.9.0.253")
        line.mend()
        assert (await witnesses.line(GATEWAY, "eth0")).health is Health.OK


async def test_of_the_line_to_what_answers_no_pings_nobody_can_tell(home, witnesses) -> None:
    await witnesses.gateway(GATEWAY, "eth0")  # it answers at a port
    assert says(await witnesses.line(GATEWAY, "eth0")) == (Health.UNKNOWN, "nobody can tell")


async def test_the_line_of_an_interface_that_is_gone_is_not_known(home, witnesses) -> None:
    home.here.allow_pings()
    await witnesses.gateway(GATEWAY, "eth0")
    assert (await witnesses.line(GATEWAY, "eth7")).health is Health.UNKNOWN


# --- names -------------------------------------------------------------------------------------------------------


async def test_a_name_is_looked_up_as_a_witness_and_that_there_is_none_is_an_answer(witnesses) -> None:
    assert says(await witnesses.name("localhost")) == (Health.OK, "localhost can be looked up")
    gone = await witnesses.name("no..where")
    assert (gone.health, gone.about) == (Health.UNKNOWN, "no..where")
    assert not witnesses.unresolved("no..where")
    assert not witnesses.unresolved("localhost")


# --- where nothing can be asked ----------------------------------------------------------------------------------


async def test_where_the_kernel_tells_nothing_every_witness_is_silent() -> None:
    family = socket.AF_NETLINK
    del socket.AF_NETLINK  # a system that has none
    try:
        with asked() as witnesses:
            assert witnesses.path("10.0.0.1") == Path(address="10.0.0.1")
            assert (witnesses.links(), witnesses.gateways(), witnesses.changes()) == ((), [], None)
            assert witnesses.no_route("10.0.0.1") is None
    finally:
        socket.AF_NETLINK = family
