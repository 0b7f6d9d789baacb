"""What becomes of what hosts tell from inside: incidents, proof, memory. Against a real sshd and database."""

import asyncio
import re
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from bot.clock import Clock
from bot.config import Config, Host, SlackConfig, Timing, Witnesses
from bot.core.health import INSIDE, ROOT, Health, Kind, TargetId
from bot.core.incident import Status
from bot.store.writer import Writer
from tests.monitoring.looking import looking
from tests.real.machine import BOOTS, Machine, running_machine
from tests.real.sshd import free_port
from tests.waiting import until
from tests.walking import PEOPLE

pytestmark = [pytest.mark.real, pytest.mark.slow]

MS = timedelta(milliseconds=1)
QUICK = Timing(check_every=500 * MS, retry_every=300 * MS, failures=2, grace=timedelta(), alive_every=500 * MS)
ATLAS, BOREA = TargetId("host:atlas"), TargetId("host:borea")


class Power:
    """The plug of one machine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self._on = folder, free_port(), ExitStack()

    def on(self) -> Machine:
        self.machine = self._on.enter_context(running_machine(self.folder, self.port))
        return self.machine

    def off(self) -> None:
        self._on.close()


@pytest.fixture
def power(tmp_path):
    power = Power(tmp_path / "atlas")
    power.on().well()
    yield power
    power.off()


def lab(tmp_path: Path, *hosts: Host) -> Config:
    by_name = {host.name: host for host in hosts}
    asks = Witnesses(ask=False)
    path = tmp_path / "lab.yaml"
    return Config(path, SlackConfig("homelab"), PEOPLE, data=tmp_path, hosts=by_name, timing=QUICK, witnesses=asks)


async def shows(bot, check: str, health: Health, words: str = "") -> None:
    """Wait until a check of the host is believed to show that."""

    async def there() -> bool:
        known = await bot.ask(lambda store: store.targets.health())
        found = [k for k in known if (k.fingerprint.check, k.fingerprint.target) == (check, ATLAS)]
        return bool(found) and found[0].health is health and words in found[0].why

    await until(there, 20)


async def test_a_host_that_lost_its_power_is_down_and_its_new_boot_proves_it_back(power, tmp_path) -> None:
    async with looking(lab(tmp_path, power.machine.host)) as bot:
        await shows(bot, INSIDE, Health.OK)
        await shows(bot, ROOT, Health.OK)
        power.off()
        down = await bot.incident(kind=Kind.HOST_DOWN, subject=ATLAS)
        power.machine.boot(1, uptime=5)
        power.on()
        await bot.incident(id=down.id, status=Status.RESOLVED)
        assert any("booted anew at" in line for line in await bot.history(down))
        assert any("atlas booted anew" in line for _, line in await bot.journal())
        assert [one.kind for one in await bot.incidents()] == [Kind.HOST_DOWN]


async def test_a_host_that_was_only_cut_off_never_went_off(power, tmp_path) -> None:
    async with looking(lab(tmp_path, power.machine.host)) as bot:
        await shows(bot, INSIDE, Health.OK)
        power.off()
        down = await bot.incident(kind=Kind.HOST_DOWN, subject=ATLAS)
        power.on()
        over = await bot.incident(id=down.id, status=Status.RESOLVED)
        assert over.resolution == "all proven healthy; atlas never went off"
        assert any("it never went off" in line for line in await bot.history(down))
        assert not any("booted anew" in line for _, line in await bot.journal())


async def test_what_a_host_told_is_remembered_over_the_bots_own_restart(power, tmp_path) -> None:
    config = lab(tmp_path, power.machine.host)
    async with looking(config) as bot:
        await shows(bot, INSIDE, Health.OK, "up since")
    power.machine.boot(1)
    async with looking(config) as bot:
        await shows(bot, INSIDE, Health.OK, "booted anew")
        known = await bot.ask(lambda store: store.targets.health())
        facts = next(k.facts for k in known if k.fingerprint.check == INSIDE)
        assert facts.pop("up_since")
        assert facts == {"boot_id": BOOTS[1], "root": "writable"}
        assert [line for _, line in await bot.journal() if "atlas booted anew" in line]


@asynccontextmanager
async def cut_off(config: Config):
    """The bot, which is then gone for some seconds without having been told to."""
    async with looking(config) as bot:
        yield bot
    writer = Writer(Clock().now)
    await writer.open(config.database)
    await writer.do(lambda store, now: store.alive.start(now))
    await writer.close()
    await asyncio.sleep(2.5)  # it is the length that tells a gap from a restart


async def test_two_hosts_that_booted_while_the_bot_was_cut_off_are_one_suspected_power_failure(
    power, tmp_path
) -> None:
    other = Power(tmp_path / "borea")
    other.on().well()
    try:
        config = replace(
            lab(tmp_path, power.machine.host, replace(other.machine.host, name="borea")),
            timing=replace(QUICK, grace=timedelta(seconds=5)),
        )
        async with cut_off(config) as bot:
            await bot.all_are(Health.OK, ATLAS, BOREA)
        power.machine.boot(1, uptime=1)
        other.machine.boot(2, uptime=0.5)
        async with looking(config) as bot:
            failure = await bot.incident(kind=Kind.POWER_LOSS)
            assert (failure.subject, failure.suspected) == (ATLAS, True)
            assert re.match(
                "the lab seems to have lost its power while I was off, or .* it, (between|before|at) ",
                failure.why,
            )
            assert set(failure.members) == {ATLAS, BOREA}
            await bot.incident(id=failure.id, status=Status.RESOLVED)
            assert len(await bot.incidents()) == 1
    finally:
        other.off()


async def test_two_hosts_that_booted_between_two_looks_are_one_suspected_power_failure(power, tmp_path) -> None:
    other = Power(tmp_path / "borea")
    other.on().well()
    try:
        config = lab(tmp_path, power.machine.host, replace(other.machine.host, name="borea"))
        async with looking(config) as bot:
            await bot.all_are(Health.OK, ATLAS, BOREA)
            power.machine.boot(1, uptime=1)
            other.machine.boot(2, uptime=0.5)
            failure = await bot.incident(kind=Kind.POWER_LOSS)
            assert re.match(
                "the lab seems to have lost its power, or someone restarted it, (between|before|at) ",
                failure.why,
            )
            assert set(failure.members) == {ATLAS, BOREA}
            await bot.incident(id=failure.id, status=Status.RESOLVED)
    finally:
        other.off()


async def test_a_copy_that_answers_for_a_dead_host_does_not_prove_it(power, tmp_path) -> None:
    """Both have one host key; what answers at atlas's address tells the boot of borea, as borea would."""
    copied = Power(tmp_path / "borea")
    (copied.folder / "sshd").mkdir(parents=True)
    (copied.folder / "sshd/host_key").write_bytes((power.folder / "sshd/host_key").read_bytes())
    (copied.folder / "sshd/host_key").chmod(0o600)
    copied.on().well()
    copied.machine.boot(2)
    try:
        config = lab(tmp_path, power.machine.host, replace(copied.machine.host, name="borea"))
        async with looking(config) as bot:
            await bot.all_are(Health.OK, ATLAS, BOREA)
            power.machine.boot(2)
            trouble = await bot.incident(kind=Kind.CANNOT_WATCH)
            assert trouble.subject == ATLAS
            assert "it may be borea that answers" in trouble.why
            assert bot.rounds.who_answers("atlas") != "" == bot.rounds.who_answers("borea")
            power.machine.boot(1)
            await bot.incident(id=trouble.id, status=Status.RESOLVED)
            assert len(await bot.incidents()) == 1
            assert bot.rounds.who_answers("atlas") == ""
    finally:
        copied.off()


async def test_a_host_that_booted_alone_while_the_bot_was_cut_off_is_a_line_in_the_journal(
    power, tmp_path
) -> None:
    config = lab(tmp_path, power.machine.host)
    async with cut_off(config) as bot:
        await shows(bot, INSIDE, Health.OK, "up since")
    power.machine.boot(1, uptime=1)
    async with looking(config) as bot:
        await shows(bot, INSIDE, Health.OK, "booted anew")
        await until(lambda: bot.scheduler._scheduler.get_job("look back") is None, 20)
        assert await bot.incidents() == []
        assert [line for _, line in await bot.journal() if "atlas booted anew" in line]


async def test_a_host_that_comes_back_with_a_read_only_root_is_not_well(power, tmp_path) -> None:
    async with looking(lab(tmp_path, power.machine.host)) as bot:
        await shows(bot, INSIDE, Health.OK)
        power.off()
        down = await bot.incident(kind=Kind.HOST_DOWN, subject=ATLAS)
        power.machine.boot(1)
        power.machine.mount("ro,relatime", "ro")
        power.on()
        await shows(bot, INSIDE, Health.OK, "root file system read-only")
        await shows(bot, ROOT, Health.FAIL)
        held = await bot.incident(id=down.id)
        assert held.status is not Status.RESOLVED, "it is up, and not well"
        history = await bot.history(held)
        assert "root file system read-only" in history
        assert not [line for line in history if line.startswith("resolved")], "nor was it said to be, for a moment"
        power.machine.mount()
        await bot.incident(id=down.id, status=Status.RESOLVED)


async def test_a_root_that_becomes_read_only_is_an_incident_of_its_own(power, tmp_path) -> None:
    async with looking(lab(tmp_path, power.machine.host)) as bot:
        await shows(bot, ROOT, Health.OK)
        power.machine.mount("rw,relatime", "rw,emergency_ro")
        damaged = await bot.incident(kind=Kind.FILESYSTEM_READONLY, subject=ATLAS)
        assert damaged.why == "root file system read-only"
        power.machine.mount()
        await bot.incident(id=damaged.id, status=Status.RESOLVED)


async def test_a_refused_key_and_a_changed_host_key_say_nothing_of_the_host(power, tmp_path) -> None:
    sshd = power.machine.sshd
    async with looking(lab(tmp_path, power.machine.host)) as bot:
        await shows(bot, INSIDE, Health.OK)
        power.off()
        (sshd.folder / "host_key").unlink()
        power.on()
        refused = await bot.incident(kind=Kind.CANNOT_WATCH, subject=ATLAS)
        assert "another host key" in refused.why
        assert "ssh-keyscan" in refused.why
        await shows(bot, INSIDE, Health.UNKNOWN)
        new = asyncssh.read_private_key(sshd.folder / "host_key").export_public_key().decode()
        sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {new}")
        await bot.incident(id=refused.id, status=Status.RESOLVED)
        kinds = {one.kind for one in await bot.incidents()}
        assert kinds <= {Kind.CANNOT_WATCH, Kind.HOST_DOWN}, "down at most while it was off"


async def test_a_key_that_is_refused_from_the_start_is_told_once(power, tmp_path) -> None:
    (power.machine.sshd.folder / "authorized_keys").write_text("")
    async with looking(lab(tmp_path, power.machine.host)) as bot:
        refused = await bot.incident(kind=Kind.CANNOT_WATCH, subject=ATLAS)
        assert refused.why.startswith("atlas refuses the bot's key. ")
        await shows(bot, INSIDE, Health.UNKNOWN)
        assert [one.kind for one in await bot.incidents()] == [Kind.CANNOT_WATCH]
