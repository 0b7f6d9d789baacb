"""The UPS probe against a real upsd and NUT's dummy driver, and against a server that says what the field says."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.health import Health, Kind
from bot.probes.ups import Params, UpsProbe
from tests.probes.parts import NOW, parts, watched
from tests.real.sshd import free_port
from tests.real.upsd import running_upsd
from tests.waiting import IN_TIME, until

pytestmark = [pytest.mark.real, pytest.mark.slow]

ON_BATTERY = {
    "battery": ("OB DISCHRG", "on battery, 80 % charged, 31 min left"),
    "low": ("OB DISCHRG LB", "on battery, battery low, 80 % charged, 31 min left"),
    "old": ("ONBATT SLAVE", "on battery, 80 % charged, 31 min left"),
    "cutting": ("FSD OB LB", "on battery, battery low, 80 % charged, 31 min left"),
}
ON_MAINS = {"boost": "OL BOOST", "trim": "OL TRIM RB", "online": "ONLINE"}
TESTS = {"calibrating": "OB DISCHRG CAL", "testing": "OB DISCHRG\nups.test.result: In progress"}
STATUSES = {
    "rack": "OL CHRG",
    "waiting": "WAIT",
    **{n: s for n, (s, _) in ON_BATTERY.items()},
    **ON_MAINS,
    **TESTS,
}

PROGRESS = "In progress"
FIELD = [  # status, test result, what it is, words that tell why
    ("OL", "Done and passed", "mains", ""),
    ("OL DISCHRG", PROGRESS, "mains", ""),
    ("OL CAL", None, "mains", ""),
    ("OL HE", None, "mains", ""),
    ("HB OL", None, "mains", ""),
    ("TRIM", None, "mains", ""),
    ("OL LB OVER RB BOOST", None, "mains", "battery to be replaced, overloaded, raising the voltage"),
    ("ALARM OL RB", None, "mains", "battery to be replaced"),
    ("OB", None, "battery", ""),
    ("OB", "Unknown", "battery", ""),
    ("OB DISCHRG", "No test initiated", "battery", ""),
    ("OB OFF", None, "battery", ""),
    ("FSD OB", None, "battery", ""),
    ("OB DISCHRG LB", "Done and passed", "low", "battery low"),
    ("LB OB", None, "low", "battery low"),
    ("OB DISCHRG", PROGRESS, "unknown", "on battery because it tests its battery"),
    ("OB", "Test in progress", "unknown", "on battery because it tests its battery"),
    ("OB TEST", None, "unknown", "on battery because it tests its battery"),
    ("OB CAL DISCHRG LB", None, "unknown", "on battery because it calibrates its battery"),
    ("OL OB", None, "unknown", "it says that it is on mains and on battery (OB OL)"),
    ("OL DISCHRG OB", "Unknown", "unknown", "it says that it is on mains and on battery (DISCHRG OB OL)"),
    ("OL OFF", None, "unknown", "its output is off"),
    ("OL CHRG TRIM OFF", None, "unknown", "its output is off"),
    ("OFF", None, "unknown", "its output is off"),
    ("OL BYPASS", None, "mains", "bypassed: what hangs on it is not protected"),
    ("BOOST BYPASS", None, "mains", "bypassed: what hangs on it is not protected"),
    ("OB BYPASS", None, "unknown", "it is bypassed"),
    ("FSD OL", None, "unknown", "it was told to cut off what hangs on it"),
    ("ALARM OL FSD", None, "unknown", "it was told to cut off what hangs on it"),
    ("", None, "unknown", "its status is not told"),
    ("WAIT", None, "unknown", "its status is WAIT"),
]
"""What UPSes of many makers said to NUT users, from the public collection of dumps (nut-ddl) and bug reports."""
MEANS = {  # health, kind, stated at once
    "mains": (Health.OK, None, False),
    "battery": (Health.FAIL, Kind.POWER_LOSS, False),
    "low": (Health.FAIL, Kind.POWER_LOSS, True),
    "unknown": (Health.UNKNOWN, None, False),
}


DUMPS = [
    (f"u{at}", *dump.split("]\n", 1))
    for at, dump in enumerate((Path(__file__).parent / "ups_dumps.txt").read_text().split("\n["))
    if at > 0
]
"""Name, meaning and variables of each."""

ITSELF = {  # power, kinds of what is wrong, words that tell
    "mains": (Health.OK, {None}, "on mains"),
    "battery": (Health.FAIL, {None}, "on battery"),
    "off": (Health.UNKNOWN, {Kind.UPS_OFF, None}, "its output is off"),
    "low": (Health.OK, {None, Kind.UPS_BATTERY}, "on mains"),
    "bypass": (Health.OK, {Kind.UPS_BYPASS}, "on mains, bypassed"),
    "fault": (Health.OK, {Kind.UPS_BATTERY, Kind.UPS_ALARM, Kind.UPS_OVERLOAD}, "on mains"),
    "shutdown": (Health.UNKNOWN, {Kind.UPS_FORCED_SHUTDOWN}, "it was told to cut off what hangs on it"),
    "contradiction": (Health.UNKNOWN, {None}, "it says that it is on mains and on battery"),
    "unknown": (Health.UNKNOWN, {None}, "its status is not told"),
}


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """A server that speaks for all of them."""
    statuses = {name: told.partition("ups.status:")[2].strip(" ") for name, _, told in DUMPS}
    with running_upsd(tmp_path_factory.mktemp("field"), {n: f"{s}\n" for n, s in statuses.items()}) as upsd:
        yield upsd


@pytest.mark.parametrize(("name", "means", "told"), DUMPS, ids=[f"{n}-{m}" for n, m, _ in DUMPS])
async def test_what_the_fields_upses_say_is_understood_as_nut_means_it(field, name, means, told) -> None:
    async with probing(field.port, name) as probe:
        seen, itself = await probe.look()
    health, kinds, words = ITSELF[means]
    assert seen.health is health
    assert itself.kind in kinds
    assert (itself.health is Health.FAIL) is (itself.kind is not None)
    assert words in seen.why or words in itself.why
    if means != "battery":
        assert "on battery" not in seen.why or means == "contradiction"
    if means == "low":
        assert "battery low" in f"{seen.why} {itself.why}" or "battery low" in told


@pytest.fixture(scope="module")
def upsd(tmp_path_factory):
    with running_upsd(tmp_path_factory.mktemp("ups"), STATUSES) as upsd:
        yield upsd


@asynccontextmanager
async def probing(port, ups="rack"):
    probe = UpsProbe(watched("ups:rack"), Params(port=port, ups=ups), parts())
    yield probe
    await probe.close()


@pytest.fixture
async def probe(upsd):
    async with probing(upsd.port) as probe:
        yield probe


async def look(probe):
    """What it says of the power."""
    return (await probe.look())[0]


async def condition(probe):
    """What it says of itself."""
    return (await probe.look())[1]


async def heard(probe):
    """What it says of the power once the driver has told lately: on a busy machine it may be late."""

    async def fresh():
        seen = await look(probe)
        return seen if seen.kind is not Kind.UPS_UNREACHABLE else None

    return await until(fresh)


async def looks(probe, health, words="", seconds=10.0):
    """The first look that shows this."""

    async def shows():
        seen = await look(probe)
        return seen if seen.health is health and words in seen.why else None

    return await until(shows, seconds)


async def test_on_mains_it_is_well_and_tells_its_reserve(probe) -> None:
    seen = await heard(probe)
    assert (seen.health, seen.why, seen.kind) == (Health.OK, "on mains, 80 % charged, 31 min left", None)


@pytest.mark.parametrize("ups", ON_BATTERY)
async def test_on_battery_is_a_power_loss_once_it_lasts_and_at_once_when_the_battery_is_low(upsd, ups) -> None:
    async with probing(upsd.port, ups) as probe:
        seen = await heard(probe)
    low = "battery low" in seen.why
    assert (seen.health, seen.kind, seen.stated) == (Health.FAIL, Kind.POWER_LOSS, low)
    assert seen.steady == timedelta(seconds=0 if low else 5)
    assert seen.why == ON_BATTERY[ups][1]


@pytest.mark.parametrize("ups", TESTS)
async def test_a_test_of_its_battery_is_no_power_loss_and_proves_nothing(upsd, ups) -> None:
    async with probing(upsd.port, ups) as probe:
        seen = await heard(probe)
    assert (seen.health, seen.kind, seen.stated) == (Health.UNKNOWN, None, False)
    assert seen.why.startswith("on battery because it ")


@asynccontextmanager
async def saying(variables):
    """A server that speaks upsd's protocol and says just these variables of its one UPS."""

    async def serve(reader, writer):
        while await reader.readline():
            rows = "".join(f'VAR rack {name} "{value}"\n' for name, value in variables.items())
            writer.write(f"BEGIN LIST VAR rack\n{rows}END LIST VAR rack\n".encode())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


BEGIN, END, LOW = "BEGIN LIST VAR rack\n", "END LIST VAR rack\n", 'VAR rack ups.status "OB LB"\n'


@pytest.mark.parametrize(("begun", "rest"), [(BEGIN, LOW + END), ("", BEGIN + LOW + END)], ids=["half", "late"])
async def test_an_answer_that_came_half_or_too_late_is_not_taken_for_the_next(begun, rest) -> None:
    kept = iter([begun])

    async def serve(reader, writer):
        before = ""
        while await reader.readline():
            now = next(kept, None)
            writer.write((before + f'{BEGIN}VAR rack ups.status "OL"\n{END}' if now is None else now).encode())
            before = "" if now is None else rest
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening, probing(listening.sockets[0].getsockname()[1]) as probe:
        assert (await look(probe)).kind is Kind.UPS_UNREACHABLE
        assert (await look(probe)).health is Health.OK


@pytest.mark.parametrize(("status", "test", "means", "words"), FIELD)
async def test_what_the_fields_upses_say(status, test, means, words) -> None:
    variables = {"ups.status": status} | ({"ups.test.result": test} if test else {})
    async with saying(variables) as port, probing(port) as probe:
        seen = await look(probe)
    assert (seen.health, seen.kind, seen.stated) == MEANS[means]
    assert words in seen.why


async def test_a_server_whose_name_cannot_be_looked_up_is_not_called_unreachable() -> None:
    probe = UpsProbe(watched("ups:rack", "nowhere.invalid"), Params(), parts())
    seen = await look(probe)
    await probe.close()
    assert (seen.health, seen.kind) == (Health.UNKNOWN, None)
    assert seen.why.startswith("cannot look up nowhere.invalid: because ")


async def test_who_wants_no_patience_is_told_of_a_power_loss_at_once() -> None:
    async with saying({"ups.status": "OB"}) as port:
        probe = UpsProbe(watched("ups:rack"), Params(port=port, steady=timedelta(0)), parts())
        assert (await look(probe)).stated
        await probe.close()


@pytest.mark.parametrize(
    ("told", "longest"),
    [
        ({"ups.status": "OB DISCHRG TEST"}, timedelta(minutes=10)),
        ({"ups.status": "OB DISCHRG", "ups.test.result": PROGRESS}, timedelta(minutes=10)),
        ({"ups.status": "OB DISCHRG CAL"}, timedelta(hours=2)),
    ],
)
async def test_a_test_that_goes_on_and_on_is_not_why_it_is_on_battery(told, longest) -> None:
    clock = [NOW]
    async with saying(told) as port:
        probe = UpsProbe(watched("ups:rack"), Params(port=port), parts(now=lambda: clock[0]))
        assert (await look(probe)).health is Health.UNKNOWN
        clock[0] += longest
        assert (await look(probe)).health is Health.UNKNOWN
        clock[0] += timedelta(seconds=1)
        assert (await look(probe)).kind is Kind.POWER_LOSS
        told["ups.status"] = "OL"
        assert (await look(probe)).health is Health.OK
        told["ups.status"] = "OB TEST"
        assert (await look(probe)).health is Health.UNKNOWN, "another test"
        await probe.close()


@pytest.mark.parametrize("ups", ON_MAINS)
async def test_other_words_beside_on_mains_change_nothing(upsd, ups) -> None:
    async with probing(upsd.port, ups) as probe:
        await looks(probe, Health.OK)


async def test_a_status_without_a_word_of_the_power_tells_nothing(upsd) -> None:
    async with probing(upsd.port, "waiting") as probe:
        seen = await heard(probe)
    assert (seen.health, seen.why, seen.kind) == (Health.UNKNOWN, "its status is WAIT", None)


async def test_a_ups_nobody_knows_is_unreachable_and_not_a_power_loss(upsd) -> None:
    async with probing(upsd.port, "shed") as probe:
        seen = await look(probe)
    assert (seen.health, seen.kind, seen.stated) == (Health.FAIL, Kind.UPS_UNREACHABLE, False)
    assert seen.why == f"cannot ask 127.0.0.1:{upsd.port} for 'shed': because unknown ups"


async def test_where_nobody_listens_the_system_says_why() -> None:
    port = free_port()
    async with probing(port) as probe:
        assert (await look(probe)).why == f"cannot ask 127.0.0.1:{port} for 'rack': because Connection refused"


async def test_the_kept_connection_tells_what_changes(probe, upsd) -> None:
    await looks(probe, Health.OK)
    upsd.say("rack", "OB DISCHRG")
    assert (await look(probe)).kind is Kind.POWER_LOSS
    upsd.say("rack", "OL CHRG")
    await looks(probe, Health.OK)


@pytest.mark.slow
async def test_a_driver_that_hangs_makes_the_data_stale_until_it_goes_on(probe, upsd) -> None:
    await looks(probe, Health.OK)
    upsd.freeze("rack")
    try:
        seen = await looks(probe, Health.FAIL)
        assert seen.why.endswith("because data stale")
        assert seen.kind is Kind.UPS_UNREACHABLE
    finally:
        upsd.thaw("rack")
    await looks(probe, Health.OK)


@pytest.mark.slow
async def test_a_driver_that_died_is_no_power_loss(probe, upsd) -> None:
    upsd.end("rack")
    seen = await looks(probe, Health.FAIL)
    assert (seen.kind, seen.why.rpartition(" because ")[2]) == (Kind.UPS_UNREACHABLE, "driver not connected")
    upsd.start("rack")
    await looks(probe, Health.OK)


@pytest.mark.slow
async def test_the_same_probe_asks_again_when_the_server_is_back(probe, upsd) -> None:
    await looks(probe, Health.OK)
    upsd.end("upsd")
    seen = await look(probe)
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.UPS_UNREACHABLE)
    assert seen.why.endswith("because Connection refused")
    upsd.start("upsd")
    await looks(probe, Health.OK)


@pytest.mark.slow
async def test_a_server_that_hangs_is_waited_for_no_longer_than_the_deadline(probe, upsd) -> None:
    await looks(probe, Health.OK)
    upsd.freeze("upsd")
    try:
        began = time.monotonic()
        seen = await look(probe)
        assert time.monotonic() - began < IN_TIME
        assert (seen.kind, seen.why.rpartition(" because ")[2]) == (Kind.UPS_UNREACHABLE, "it does not answer")
    finally:
        upsd.thaw("upsd")
    await looks(probe, Health.OK)
