"""The bot in a network whose cables are pulled: what it can't see is unknown, and that is told once."""

import re
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from bot import queries
from bot.config import Check, Config, Guest, Host, Service, SlackConfig, Timing, Ups, Witnesses
from bot.core.health import Health, Kind, TargetId
from bot.core.incident import Status, Way
from bot.monitoring.sight import BOT
from bot.probes.tcp import Params
from bot.usecases import persons_word
from tests.guests import URI, guest, owned_guests
from tests.monitoring.looking import looking
from tests.real.bad_line import bad_line
from tests.real.network import cable, lan, needs_networks, network
from tests.real.upsd import running_upsd
from tests.waiting import until
from tests.walking import PEOPLE

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.long, needs_networks]

SECOND = timedelta(seconds=1)
QUICK = Timing(
    check_every=SECOND, retry_every=SECOND / 2, failures=3, grace=timedelta(), on_battery=SECOND, steady=SECOND
)
ASKED_OFTEN = Witnesses(every=SECOND, steady=SECOND)
NAMES = ("atlas", "borea", "nas")
HOSTS = tuple(TargetId(f"host:{name}") for name in NAMES)
GATEWAY, SITE, SWITCH = (TargetId(f"service:{name}") for name in ("gateway", "site", "switch"))
ALL = frozenset(Health)


@pytest.fixture
def home():
    """Three machines on the bot's link, with doors at 22 and 8006; a gateway with one at 53; a site beyond."""
    with ExitStack() as opened:
        home = opened.enter_context(lan())
        for number, name in enumerate(NAMES, 10):
            machine = home.plug(name, f"10.9.0.{number}")
            for port in (22, 8006):
                opened.enter_context(machine.listen(port))
        opened.enter_context(home.gateway.listen(53))
        opened.enter_context(home.beyond.listen(443))
        opened.enter_context(home.here.inside())
        home.here.allow_pings()
        yield home


def door(port: int) -> dict[str, Check]:
    return {"door": Check("door", "tcp", Params(port, timeout=SECOND))}


def machines(port: int = 22, **more) -> dict[str, Host]:
    checks = door(port)
    return {name: Host(name, f"10.9.0.{number}", checks=checks, **more) for number, name in enumerate(NAMES, 10)}


def lab(folder: Path, **more) -> Config:
    more = {"timing": QUICK, "witnesses": ASKED_OFTEN, "hosts": machines()} | more
    return Config(folder / "lab.yaml", SlackConfig("homelab"), PEOPLE, data=folder, **more)


async def test_over_a_bad_line_no_machine_is_down_and_once_it_is_good_a_dead_one_is(home, tmp_path) -> None:
    with bad_line(home, "here") as line:
        async with looking(lab(tmp_path)) as bot:
            await bot.all_are(Health.OK, *HOSTS, BOT.id)
            line.delay = 0.6  # each connection takes longer than its second
            network = await bot.incident(kind=Kind.NETWORK_DOWN)
            assert re.fullmatch(
                r"I can't see atlas, borea, nas: 10\.9\.0\.254 (takes|does not answer) .*", network.why
            )
            home.pull("atlas")
            line.mend()
            down = await bot.incident(kind=Kind.HOST_DOWN)
            assert down.subject == HOSTS[0]
            await bot.incident(id=network.id, status=Status.RESOLVED)
            assert len(await bot.incidents()) == 2


async def test_a_gateway_that_answers_only_so_many_pings_says_nothing_of_the_line(home, tmp_path) -> None:
    limits = "echo 6169 > icmp_ratemask; echo 200 > icmp_ratelimit"  # five a second, as many routers do
    home.gateway.run("sh", "-c", f"cd /proc/sys/net/ipv4; {limits}")
    async with looking(lab(tmp_path)) as bot:
        await bot.all_are(Health.OK, *HOSTS, BOT.id)
        home.pull("atlas")
        assert (await bot.incident(kind=Kind.HOST_DOWN)).subject == HOSTS[0]
        assert len(await bot.incidents()) == 1


BEYOND = {"site": Service("site", "10.8.0.7", checks=door(443))}


async def test_the_bots_own_cable_is_no_power_failure(home, tmp_path) -> None:
    async with looking(lab(tmp_path)) as bot:
        await bot.all_are(Health.OK, *HOSTS, BOT.id)
        home.pull("here")
        network = await bot.incident(kind=Kind.NETWORK_DOWN)
        assert (network.subject, network.why) == (BOT.id, "I can't see atlas, borea, nas: eth0 has no carrier")
        await bot.all_are(Health.UNKNOWN, *HOSTS)
        assert await bot.why(HOSTS[0]) == (
            "can't be seen: eth0 has no carrier (cannot connect to 10.9.0.10:22: because No route to host)"
        ) or "no answer from" in await bot.why(HOSTS[0])
        home.put_back("here")
        await bot.incident(id=network.id, status=Status.RESOLVED)
        await bot.all_are(Health.OK, *HOSTS, BOT.id)
        assert [one.kind for one in await bot.incidents()] == [Kind.NETWORK_DOWN]
        assert "resolved: the network is back" in await bot.history(network)


@pytest.fixture
def wlan0(home):
    """The bot has another link, over which it reaches the internet and not the lab: its default route."""
    with network() as outside:
        cable(outside, home.here, ends=("lan", "wlan0"), addresses=("10.6.0.254/24", "10.6.0.1/24"))
        outside.ip("address", "add", "10.5.0.1/32", "dev", "lo")
        home.here.ip("route", "replace", "default", "via", "10.6.0.254")
        with outside.listen(443):
            yield


async def told(bot, words: str) -> None:
    """Until the bot says this of its own sight."""

    async def says() -> bool:
        return words in (await bot.watch.sight.look()).why

    await until(says, 20)


@pytest.mark.usefixtures("wlan0")
async def test_the_bots_own_cable_is_no_power_failure_either_once_another_way_is_tried(home, tmp_path) -> None:
    internet = TargetId("service:internet")
    async with looking(
        lab(tmp_path, services={"internet": Service("internet", "10.5.0.1", checks=door(443))})
    ) as bot:
        await bot.all_are(Health.OK, *HOSTS, internet, BOT.id)
        home.pull("here")
        blind = await bot.incident(kind=Kind.NETWORK_DOWN)
        home.here.ip("address", "flush", "dev", "eth0")  # as DHCP's clients do after a while
        await told(bot, "eth0 has no carrier, and there was no answer over wlan0 yet")
        home.put_back("here")  # and its address comes a while later
        await told(bot, "the way there no longer leads over eth0, and there was no answer over wlan0 yet")
        home.here.ip("address", "add", "10.9.0.1/24", "dev", "eth0")
        await bot.incident(id=blind.id, status=Status.RESOLVED)
        await bot.all_are(Health.OK, *HOSTS, internet, BOT.id)
        assert [one.kind for one in await bot.incidents()] == [Kind.NETWORK_DOWN]


async def test_what_falls_silent_once_it_has_answered_over_the_other_way_is_down(home, tmp_path) -> None:
    cable(home.gateway, home.here, ends=("lan2", "wlan0"), addresses=("10.6.0.254/24", "10.6.0.1/24"))
    silent = ("blackhole", "10.8.0.7", "table", "local")
    async with looking(lab(tmp_path, services=BEYOND)) as bot:
        await bot.all_are(Health.OK, *HOSTS, SITE, BOT.id)
        home.here.ip("route", "add", "10.8.0.0/24", "via", "10.6.0.254")
        home.beyond.ip("route", "add", *silent)
        blind = await bot.incident(kind=Kind.NETWORK_DOWN)
        moved = "the way there no longer leads over eth0, and there was no answer over wlan0 yet"
        assert blind.why == f"I can't see site: {moved}"
        home.beyond.ip("route", "del", *silent)
        await bot.incident(id=blind.id, status=Status.RESOLVED)
        home.beyond.ip("route", "add", *silent)
        assert (await bot.incident(kind=Kind.SERVICE_DOWN)).subject == SITE


async def test_a_blip_of_the_bots_own_cable_is_nothing(home, tmp_path) -> None:
    async with looking(lab(tmp_path, witnesses=Witnesses(every=SECOND, steady=60 * SECOND))) as bot:
        await bot.all_are(Health.OK, *HOSTS, BOT.id)
        home.pull("here")
        await bot.all_are(Health.UNKNOWN, *HOSTS)
        home.put_back("here")
        await bot.all_are(Health.OK, *HOSTS, BOT.id)
        assert await bot.incidents() == []


async def test_what_is_still_gone_when_the_cable_is_back_is_told_then(home, tmp_path) -> None:
    async with looking(lab(tmp_path)) as bot:
        await bot.all_are(Health.OK, *HOSTS)
        home.pull("here")
        home.pull("atlas")
        await bot.incident(kind=Kind.NETWORK_DOWN)
        home.put_back("here")
        down = await bot.incident(kind=Kind.HOST_DOWN)
        assert down.subject == HOSTS[0]
        network = await bot.incident(kind=Kind.NETWORK_DOWN, status=Status.RESOLVED)
        assert network.resolved_at >= down.opened_at, "the network is back once what was behind it was looked at"
        assert len(await bot.incidents()) == 2


async def test_a_restart_does_not_end_what_the_bot_could_not_see_before_it_has_seen_it(home, tmp_path) -> None:
    async with looking(lab(tmp_path)) as bot:
        await bot.all_are(Health.OK, *HOSTS)
        home.pull("here")
        home.pull("atlas")
        network = await bot.incident(kind=Kind.NETWORK_DOWN)
    home.put_back("here")
    async with looking(lab(tmp_path)) as bot:
        down = await bot.incident(kind=Kind.HOST_DOWN)
        assert down.subject == HOSTS[0]
        network = await bot.incident(id=network.id, status=Status.RESOLVED)
        assert network.resolved_at >= down.opened_at


async def test_machines_that_are_gone_while_the_gateway_answers_are_gone(home, tmp_path) -> None:
    async with looking(lab(tmp_path)) as bot:
        await bot.all_are(Health.OK, *HOSTS)
        for name in NAMES:
            home.pull(name)
        power = await bot.incident(kind=Kind.POWER_LOSS)
        assert "My own sight: eth0 is up; 10.9.0.254 answers pings" in await bot.history(power)
        assert [one.kind for one in await bot.incidents()] == [Kind.POWER_LOSS]


async def test_when_nothing_on_the_link_answers_any_more_it_is_the_network(home, tmp_path) -> None:
    async with looking(lab(tmp_path)) as bot:
        await bot.all_are(Health.OK, *HOSTS, BOT.id)
        for name in (*NAMES, "gateway"):
            home.pull(name)  # as when the switch dies that is not the bot's own
        network = await bot.incident(kind=Kind.NETWORK_DOWN)
        assert network.why == "I can't see atlas, borea, nas: 10.9.0.254 no longer answers"
        await bot.all_are(Health.UNKNOWN, *HOSTS)
        for name in (*NAMES, "gateway"):
            home.put_back(name)
        await bot.incident(id=network.id, status=Status.RESOLVED)
        assert len(await bot.incidents()) == 1


async def test_a_gateway_that_goes_hides_what_is_beyond_it_and_nothing_on_the_link(home, tmp_path) -> None:
    async with looking(lab(tmp_path, services=BEYOND)) as bot:
        await bot.all_are(Health.OK, *HOSTS, SITE, BOT.id)
        home.pull("gateway")
        network = await bot.incident(kind=Kind.NETWORK_DOWN)
        assert network.why == "I can't see site: 10.9.0.254 no longer answers"
        await bot.all_are(Health.UNKNOWN, SITE)
        await bot.all_are(Health.OK, *HOSTS)
        home.put_back("gateway")
        await bot.incident(id=network.id, status=Status.RESOLVED)
        await bot.all_are(Health.OK, SITE)
        assert len(await bot.incidents()) == 1


async def test_without_a_gateway_that_ever_answered_there_is_no_witness_and_no_blindness(home, tmp_path) -> None:
    home.pull("gateway")
    async with looking(lab(tmp_path)) as bot:
        await bot.all_are(Health.OK, *HOSTS, BOT.id)
        home.pull("atlas")
        assert (await bot.incident(kind=Kind.HOST_DOWN)).subject == HOSTS[0]


async def test_a_further_witness_shows_that_the_link_works_when_the_gateway_is_gone(home, tmp_path) -> None:
    home.plug("switch", "10.9.0.2")
    witnesses = Witnesses(every=SECOND, steady=SECOND, also=("10.9.0.2",))
    async with looking(lab(tmp_path, witnesses=witnesses)) as bot:
        await bot.all_are(Health.OK, *HOSTS, BOT.id)
        for name in ("gateway", *NAMES):
            home.pull(name)
        await bot.incident(kind=Kind.POWER_LOSS)


async def test_where_the_next_gateway_always_answers_the_homes_own_can_be_named(home, tmp_path) -> None:
    """As in a container, whose gateway is the machine it runs on: here the gateway, with the home beyond it."""
    witnesses = Witnesses(every=SECOND, steady=SECOND, gateway="10.8.0.254")
    async with looking(lab(tmp_path, hosts={}, services=BEYOND, witnesses=witnesses)) as bot:
        await bot.all_are(Health.OK, SITE, BOT.id)
        home.gateway.ip("link", "set", "wan", "down")
        network = await bot.incident(kind=Kind.NETWORK_DOWN)
        assert network.why == "I can't see site: 10.8.0.254 no longer answers"
        await bot.all_are(Health.UNKNOWN, SITE)


async def test_who_wants_no_witnesses_is_told_what_does_not_answer(home, tmp_path) -> None:
    async with looking(lab(tmp_path, witnesses=Witnesses(ask=False))) as bot:
        await bot.all_are(Health.OK, *HOSTS)
        assert BOT.id not in await bot.ask(lambda store: store.targets.inventory())
        home.pull("here")
        await bot.incident(kind=Kind.POWER_LOSS)


# --- behind a gateway --------------------------------------------------------------------------------------------


async def test_a_blip_of_the_gateway_with_fifty_guests_behind_it_is_no_storm_of_guests(home, tmp_path) -> None:
    names = [f"vm{number:02}" for number in range(50)]
    said = {name: Guest(name, f"10.8.0.{number}", checks=door(443)) for number, name in enumerate(names, 1)}
    gateway = {"gateway": Service("gateway", "10.9.0.254", checks=door(53))}
    atlas = {"atlas": Host("atlas", "10.9.0.10", hypervisor=URI, behind="gateway")}
    guests = [guest(name) for name in names]
    (tmp_path / "console.log").write_text("Debian GNU/Linux 12\n\nvm login: ")
    with owned_guests(tmp_path / "console.log") as owned:
        for name in names:
            owned.add(name)
        for witnesses in (Witnesses(ask=False), ASKED_OFTEN):
            config = lab(
                tmp_path / str(witnesses.ask), hosts=atlas, guests=said, services=gateway, witnesses=witnesses
            )
            async with looking(config) as bot:

                async def doors_are(health: Health, bot=bot) -> bool:
                    known = await bot.ask(lambda store: store.targets.health())
                    return [
                        k.health for k in known if k.fingerprint.check == "door" and k.fingerprint.target in guests
                    ] == [health] * 50

                await until(lambda: doors_are(Health.OK), 30)
                await bot.all_are(Health.OK, GATEWAY)
                home.pull("gateway")
                await until(lambda: doors_are(Health.UNKNOWN), 30)
                home.put_back("gateway")
                await until(lambda: doors_are(Health.OK), 30)
                for incident in await bot.incidents():
                    assert incident.kind in {Kind.SERVICE_DOWN, Kind.NETWORK_DOWN}
                    assert incident.subject in {GATEWAY, BOT.id}


def behind_a_switch(folder: Path) -> Config:
    switch = {"switch": Service("switch", "10.9.0.6", checks=door(80))}
    return lab(folder, hosts=machines(behind="switch"), services=switch)


async def test_a_machine_that_dies_behind_a_switch_whose_own_page_refuses_or_is_silent_is_down(
    home, tmp_path
) -> None:
    switch = home.plug("switch", "10.9.0.6")
    async with looking(behind_a_switch(tmp_path)) as bot:
        with switch.listen(80):
            await bot.all_are(Health.OK, *HOSTS, SWITCH, BOT.id)
        await bot.incident(subject=SWITCH)
        home.pull("atlas")
        assert (await bot.incident(kind=Kind.HOST_DOWN)).subject == HOSTS[0]
        switch.ip("address", "flush", "dev", "eth0")
        home.pull("borea")
        await bot.incident(kind=Kind.HOST_DOWN, subject=HOSTS[1])
        assert len(await bot.incidents()) == 3


async def test_behind_a_switch_that_is_dead_nothing_is_seen_and_no_machine_is_down(home, tmp_path) -> None:
    switch = home.plug("switch", "10.9.0.6")
    with switch.listen(80):
        async with looking(behind_a_switch(tmp_path)) as bot:
            await bot.all_are(Health.OK, *HOSTS, SWITCH, BOT.id)
            for name in ("switch", *NAMES):
                home.pull(name)
            await bot.incident(subject=SWITCH)
            await bot.all_are(Health.UNKNOWN, *HOSTS)
            for name in ("switch", *NAMES):
                home.put_back(name)
            await bot.all_are(Health.OK, *HOSTS, SWITCH)
            assert [one.subject for one in await bot.incidents()] == [SWITCH]


# --- the power ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["network", "power"])
async def test_a_power_failure_that_takes_the_switch_along_is_one_incident(home, tmp_path, first) -> None:
    with running_upsd(tmp_path / "nut", {"rack": "OL"}) as upsd:
        ups = {"rack": Ups("rack", port=upsd.port)}
        async with looking(lab(tmp_path, hosts=machines(8006, powered_by="rack"), ups=ups)) as bot:
            await bot.all_are(Health.OK, *HOSTS, BOT.id, TargetId("ups:rack"))
            if first == "power":
                upsd.say("rack", "OB DISCHRG")
                await bot.incident(kind=Kind.POWER_LOSS)
                home.pull("here")
                await bot.all_are(Health.UNKNOWN, *HOSTS)
            else:
                home.pull("here")
                await bot.incident(kind=Kind.NETWORK_DOWN)
                upsd.say("rack", "OB DISCHRG")
            power = await bot.incident(kind=Kind.POWER_LOSS, subject=TargetId("ups:rack"))
            await until(lambda: blind_within(bot, power.id), 20)
            assert len(await bot.incidents()) == 1
            upsd.say("rack", "OL CHRG")
            home.put_back("here")
            await bot.incident(id=power.id, status=Status.RESOLVED)


async def test_an_open_ssh_port_ends_no_power_failure_until_someone_says_that_it_is_well(home, tmp_path) -> None:
    async with looking(lab(tmp_path)) as bot:
        await bot.all_are(Health.OK, *HOSTS)
        for name in NAMES:
            home.pull(name)
        power = await bot.incident(kind=Kind.POWER_LOSS)
        for name in NAMES:
            home.put_back(name)
        await bot.all_are(Health.OK, *HOSTS)
        held = await bot.incident(id=power.id, status=Status.RECOVERING)
        assert set(held.unproven) == set(HOSTS)
        lacking = await bot.ask(lambda store: queries.lacking(store, bot.config, held))
        assert lacking[HOSTS[0]].startswith("an answer from inside: SSH with its known host key")
        assert lacking[HOSTS[0]].endswith(
            "10.9.0.10:22 answers, as that of an initramfs does; no host key is known for it"
        )
        await bot.writer.do(persons_word.vouch, bot.config, power.id, held.unproven, "U0ALEX")
        closed = await bot.incident(id=power.id, status=Status.RESOLVED)
        assert (closed.end.way, closed.resolution) == (Way.CLOSED, "3 on someone's word")


async def blind_within(bot, number) -> bool:
    """Whether that the bot can't see is part of an incident."""
    incident = await bot.ask(lambda store: store.incidents.get(number))
    return BOT.id in incident.members


# --- names -------------------------------------------------------------------------------------------------------
