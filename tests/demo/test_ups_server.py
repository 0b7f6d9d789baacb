"""The lab's UPS, as real NUT clients see it."""

import asyncio
import subprocess
from dataclasses import dataclass

import aionut
import pytest

from bot.demo.battery import LOW, Battery
from bot.demo.ups_server import UpsServer
from tests.real.processes import installed


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def ups(clock):
    server = UpsServer("rack", "Eaton in the rack", clock)
    await server.start()
    yield server
    await server.close()


@pytest.fixture
def client(ups):
    client = aionut.AIONUTClient("127.0.0.1", ups.port, "monitor", "secret")
    yield client
    client.shutdown()


async def upsc(*arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(subprocess.run, [installed("upsc"), *arguments], capture_output=True, text=True)


@pytest.mark.real
async def test_upsc_reads_it(ups):
    assert (await upsc("-l", f"127.0.0.1:{ups.port}")).stdout == "rack\n"
    assert (await upsc("-L", f"127.0.0.1:{ups.port}")).stdout == "rack: Eaton in the rack\n"
    told = (await upsc(f"rack@127.0.0.1:{ups.port}")).stdout.splitlines()
    assert {"ups.status: OL", "battery.charge: 100", "battery.runtime: 540"} <= set(told)
    assert (await upsc(f"rack@127.0.0.1:{ups.port}", "ups.status")).stdout == "OL\n"


@pytest.mark.real
async def test_upsc_is_told_what_is_wrong(ups):
    assert "Unknown UPS" in (await upsc(f"attic@127.0.0.1:{ups.port}")).stderr
    assert "Variable not supported" in (await upsc(f"rack@127.0.0.1:{ups.port}", "ups.colour")).stderr


async def test_aionut_reads_it(ups, client):
    assert await client.list_ups() == {"rack": "Eaton in the rack"}
    assert await client.description("rack") == "Eaton in the rack"
    assert await client.list_vars("rack") == ups.variables
    assert await client.list_commands("rack") == set()
    with pytest.raises(aionut.NUTCommandError, match="UNKNOWN-UPS"):
        await client.list_vars("attic")
    with pytest.raises(aionut.NUTLoginError, match="ACCESS-DENIED"):
        await client.run_command("rack", "load.off")


async def test_a_power_failure_seen_through_one_kept_connection(ups, client, clock):
    async def seen() -> tuple[str, float]:
        told = await client.list_vars("rack")
        return told["ups.status"], float(told["battery.charge"])

    assert await seen() == ("OL", 100)
    ups.set_mains(on=False)
    assert await seen() == ("OB DISCHRG", 100)
    clock.now += 0.5
    assert await seen() == ("OB DISCHRG", 60)
    clock.now += 0.5
    assert await seen() == ("OB DISCHRG LB", 20)
    ups.set_load(on=False)
    clock.now += 100
    assert await seen() == ("OB DISCHRG LB", 15)
    ups.set_mains(on=True)
    clock.now += 10
    assert await seen() == ("OL CHRG", 35)
    clock.now += 100
    assert await seen() == ("OL", 100)


async def ask(ups: UpsServer, *lines: str) -> list[str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", ups.port)
    writer.write("".join(f"{line}\n" for line in lines).encode())
    writer.write_eof()
    answer = (await reader.read()).decode().splitlines()
    writer.close()
    return answer


async def test_the_protocol_answers_each_line(ups):
    assert (await ask(ups, "VER"))[0].startswith("Network UPS Tools upsd")
    assert await ask(ups, "NETVER", "USERNAME a", "PASSWORD b", "LOGIN rack") == ["1.3", "OK", "OK", "OK"]
    assert await ask(ups, "GET VAR rack ups.status", "LOGOUT", "VER") == ['VAR rack ups.status "OL"', "OK Goodbye"]
    assert await ask(ups, "GET NUMLOGINS rack", "LIST CMD rack") == [
        "NUMLOGINS rack 0",
        "BEGIN LIST CMD rack",
        "END LIST CMD rack",
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", "UNKNOWN-COMMAND"),
        ("MAKE COFFEE", "UNKNOWN-COMMAND"),
        ("LIST", "INVALID-ARGUMENT"),
        ("GET VAR rack", "INVALID-ARGUMENT"),
        ("GET VAR rack nothing", "VAR-NOT-SUPPORTED"),
        ("GET VAR attic ups.status", "UNKNOWN-UPS"),
        ("LOGIN attic", "UNKNOWN-UPS"),
        ("SET VAR rack ups.id x", "ACCESS-DENIED"),
        ("STARTTLS", "FEATURE-NOT-CONFIGURED"),
        ("\x00\xff", "UNKNOWN-COMMAND"),
    ],
)
async def test_a_wrong_line_is_answered_with_the_protocols_error(ups, line, error):
    assert await ask(ups, line) == [f"ERR {error}"]


def test_a_loaded_battery_is_low_within_a_second_and_never_below_its_floor():
    battery = Battery(0.0).with_mains(0.0, mains=False)
    assert battery.charge(0.9) > LOW >= battery.charge(1.0)
    assert battery.charge(60.0) == 5
    assert float(battery.variables(1.0)["battery.runtime"]) == 108
