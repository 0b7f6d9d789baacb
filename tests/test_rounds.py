"""The rounds on libvirt's test hypervisor and real sockets: what they make of it stands in a real database."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import libvirt
import pytest

from bot import queries
from bot.clock import Clock
from bot.config import Check, Config, Expect, Guest, Host, Service, SlackConfig, Timing
from bot.core.guest import GuestEvent, GuestEventKind
from bot.core.health import Health, Kind, TargetId, TargetKind
from bot.core.incident import End, Incident, IncidentId, Status, Way
from bot.core.incidents.blind_spots import WAYS_OUT
from bot.core.incidents.condition import Condition
from bot.hypervisor import GuestRefused, Hypervisor
from bot.probes import Parts, SshWays
from bot.probes.ssh import Params as SshParams
from bot.probes.tcp import Params
from bot.rounds import Rounds
from bot.rounds.guests import GuestRounds
from bot.scheduler import Scheduler
from bot.store.writer import Writer
from bot.usecases import missing, target_picture
from bot.watching import Watch
from bot.ways import Ways
from tests.guests import URI, guest, owned_guests, uuid
from tests.real.guest import running_host
from tests.real.libvirt_over_ssh import libvirt_over_ssh
from tests.real.sshd import free_port, running_sshd
from tests.waiting import IN_TIME, until
from tests.walking import ALEX, PEOPLE, parcels

MS = timedelta(milliseconds=1)
QUICK = Timing(
    check_every=500 * MS, retry_every=500 * MS, grace=timedelta(), alive_every=500 * MS, boot_look=2_000 * MS
)
SELDOM = replace(QUICK, check_every=timedelta(minutes=10), retry_every=300 * MS)
BOOTS = "SeaBIOS (version 1.16.2)\n\nBooting from Hard Disk...\n"
BROKEN, WELL = f"{BOOTS}No bootable device.\n", f"{BOOTS}Debian GNU/Linux 12\n\nweb1 login: "
LOGIN = f"\n{WELL}"


@pytest.fixture
def guests(tmp_path):
    """Guests whose consoles ask for a login, but for those that are given another."""
    (tmp_path / "well.log").write_text(WELL)
    with owned_guests(tmp_path / "well.log") as guests:
        yield guests


@pytest.fixture
def daemon():
    with running_host() as host:
        yield host


@pytest.fixture
def far(tmp_path):
    with libvirt_over_ssh(tmp_path) as far:
        yield far


AFAR = "10.0.0.5"  # a host is not where its guests are looked at


def lab_yaml(folder: Path, *, uri=URI, checks=None, address="127.0.0.1", **more) -> Config:
    more.setdefault("timing", QUICK)
    atlas = Host("atlas", address=address, hypervisor=uri, checks=checks or {})
    return Config(folder / "lab.yaml", SlackConfig("homelab"), PEOPLE, data=folder, hosts={"atlas": atlas}, **more)


class Bot:
    """The looking half of the bot, and what it has written down."""

    def __init__(self, config: Config) -> None:
        self.config = config
        clock = Clock()
        self.writer = Writer(clock.now)
        self.jobs_failed: list[str] = []
        self.hears = True
        self.scheduler = Scheduler(lambda job, why: self.jobs_failed.append(f"{job}: {why!r}"))
        watch = Watch(config, self.writer, clock.now)
        atlas = config.hosts["atlas"]
        self.hypervisor = Hypervisor("atlas", atlas.hypervisor, on_event=self.heard, deadline=timedelta(seconds=2))
        self.ways = Ways(config)
        ssh = SshWays(self.ways.to_host, self.ways.door, self.ways.knows, self.ways.ssh_proof)
        looks = {"ssh": ssh, "process_of": self.ways.process_of}
        parts = Parts(clock.now, {"atlas": self.hypervisor}, self.ways.read_end, **looks)
        self.rounds = Rounds(config, watch, self.writer, self.scheduler, parts, clock)

    def heard(self, event: GuestEvent) -> None:
        """What the hypervisor tells, unless it gets lost."""
        if self.hears:
            self.rounds.heard(event)

    async def ask(self, question):
        return await self.writer.do(lambda store, _now: question(store))

    async def incidents(self) -> list[Incident]:
        """All there ever were, oldest first."""
        return await self.ask(lambda store: store.incidents.latest(100)[::-1])

    async def incident(self, **wanted) -> Incident:
        """The first incident of which all this is true, once there is one."""

        async def there():
            found = await self.incidents()
            return next((i for i in found if all(getattr(i, name) == is_ for name, is_ in wanted.items())), None)

        return await until(there, 15)

    async def health(self, fingerprint: str) -> Health | None:
        known = await self.ask(lambda store: store.targets.health())
        return next((one.health for one in known if str(one.fingerprint) == fingerprint), None)

    async def comes_to(self, fingerprint: str, health: Health) -> None:
        async def there() -> bool:
            return await self.health(fingerprint) is health

        await until(there, 15)

    async def inventory(self) -> set[str]:
        found = await self.ask(lambda store: store.targets.inventory())
        return {target.name for target in found.values() if target.runs_on}

    async def runs(self, name: str, running: bool | None = True) -> None:
        """Wait until a guest is known to run, or not to."""

        async def there() -> bool:
            presences = await self.ask(lambda store: store.targets.presences())
            presence = presences.get(guest(name))
            return presence is not None and presence.running is running

        await until(there, 15)

    async def writes(self, name: str, log: Path, text: str = LOGIN, *, running: bool = True) -> None:
        """A guest writes on its console, after the bot has noticed that it started."""
        boots = self.rounds._guests["atlas"]._boots
        await until(lambda: boots.of(guest(name)).running is running and not boots.to_mark(guest(name)), 15)
        with log.open("a") as console:
            console.write(text)

    async def has_kept_inventory(self) -> None:
        """Wait until the host's inventory is known well enough to compare with it later."""

        async def kept() -> bool:
            return await self.ask(lambda store: store.inventory.good(TargetId("host:atlas"))) is not None

        await until(kept, 20)

    async def cards(self) -> list[str]:
        return [p.subject for p in await self.ask(parcels) if p.tell == "card"]


@asynccontextmanager
async def living(config: Config):
    bot = Bot(config)
    await bot.writer.open(config.data / "caretaker.db")
    await bot.hypervisor.start()
    await bot.rounds.start()
    bot.scheduler.start()
    try:
        yield bot
    finally:
        bot.scheduler.stop()
        await bot.scheduler.ended()
        await bot.rounds.close()
        await bot.hypervisor.close()
        await bot.ways.close()
        await bot.writer.close()
    assert bot.jobs_failed == []


# --- what guests are made of -------------------------------------------------------------------------------------


async def test_what_is_read_of_a_guest_while_its_host_s_list_is_being_written_is_known(guests, tmp_path) -> None:
    guests.add("web1")
    go_on = threading.Event()
    async with living(lab_yaml(tmp_path)) as bot:
        busy = asyncio.create_task(bot.writer.do(lambda _store, _now: go_on.wait(IN_TIME)))
        await until(lambda: bot.hypervisor.known and all(info.known for info in bot.hypervisor.known))
        assert bot.rounds.guest(guest("web1")) is None, "the list is not written yet"
        go_on.set()
        assert await busy
        probe = await until(lambda: bot.rounds.guest(guest("web1")))
        assert probe.info.known


# --- guests that stop --------------------------------------------------------------------------------------------


async def test_a_crash_is_one_incident_with_one_card(guests, tmp_path) -> None:
    guests.add("web1")
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1")
        guests.crash("web1")
        incident = await bot.incident(kind=Kind.GUEST_DOWN)
        assert (incident.subject, incident.status) == (guest("web1"), Status.OPEN)
        assert await bot.cards() == ["incident:1"]
        await bot.runs("web1", running=False)
        guests.domain("web1").create()
        await bot.writes("web1", guests.log)
        await bot.incident(id=1, status=Status.RESOLVED)
        assert len(await bot.incidents()) == 1


async def test_ten_guests_lost_together_are_one_incident_of_their_host(guests, tmp_path) -> None:
    names = [f"vm{number:02}" for number in range(10)]
    for name in names:
        guests.add(name)
    async with living(lab_yaml(tmp_path)) as bot:
        for name in names:
            await bot.runs(name)
        for name in names:
            guests.domain(name).destroy()
        incident = await bot.incident(kind=Kind.GUESTS_DOWN)
        assert incident.subject == "host:atlas"
        assert set(incident.unproven) == {guest(name) for name in names}
        assert await bot.cards() == ["incident:1"]


async def test_a_guest_someone_shut_down_is_none(guests, tmp_path) -> None:
    guests.add("web1")
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1")
        guests.domain("web1").shutdown()
        await bot.runs("web1", running=False)
        assert await bot.health(f"state@{guest('web1')}") is Health.OK
        assert await bot.incidents() == []


async def test_a_guest_that_starts_and_stops_quickly_ends_as_it_is(guests, tmp_path) -> None:
    guests.add("web1", start=False)
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1", running=False)
        for _ in range(5):
            guests.domain("web1").create()
            guests.domain("web1").shutdown()
        guests.domain("web1").create()
        await bot.runs("web1")
        await bot.comes_to(f"state@{guest('web1')}", Health.OK)
        assert [i.kind for i in await bot.incidents() if not i.ended] == []


async def test_ephemeral_guests_come_and_go_unmentioned(guests, tmp_path) -> None:
    guests.add("ci-1")
    guests.add("web1")
    async with living(lab_yaml(tmp_path, ephemeral=("ci-*",))) as bot:
        await bot.runs("ci-1")
        guests.crash("ci-1")
        guests.crash("web1")
        await bot.incident(subject=guest("web1"))
        await bot.comes_to(f"state@{guest('ci-1')}", Health.FAIL)
        assert [i.subject for i in await bot.incidents()] == [guest("web1")]


async def test_what_is_expected_to_run_fails_without_autostart_and_what_may_be_off_does_not(
    guests, tmp_path
) -> None:
    guests.add("web1", autostart=False)
    guests.add("lab1", autostart=False)
    said = {"web1": Guest("web1", expect=Expect.RUNNING)}
    async with living(lab_yaml(tmp_path, guests=said)) as bot:
        await bot.runs("web1")
        await bot.runs("lab1")
        guests.domain("lab1").destroy()
        guests.domain("web1").destroy()
        await bot.incident(subject=guest("web1"))
        await bot.comes_to(f"state@{guest('lab1')}", Health.OK)
        assert [i.subject for i in await bot.incidents()] == [guest("web1")]


# --- the inventory -----------------------------------------------------------------------------------------------


async def test_a_guest_made_meanwhile_is_taken_in_and_watched(guests, tmp_path) -> None:
    async with living(lab_yaml(tmp_path)) as bot:
        await until(lambda: bot.hypervisor.connected)
        guests.add("new")
        await bot.runs("new")
        assert bot.rounds.guest(guest("new")).host == "atlas"
        guests.crash("new")
        await bot.incident(subject=guest("new"))


async def test_a_guest_that_crashed_and_vanished_is_missing_until_someone_says_what_became_of_it(
    guests, tmp_path
) -> None:
    guests.add("web1")
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1")
        guests.crash("web1")
        await bot.incident(subject=guest("web1"), status=Status.OPEN)
        guests.remove("web1")
        await bot.incident(id=1, kind=Kind.GUEST_MISSING, status=Status.OPEN)
        assert await bot.inventory() == {"web1"}
        assert bot.rounds.guest(guest("web1")) is None
        await bot.writer.do(missing.let_go, bot.config, IncidentId(1), [guest("web1")], ALEX)
        assert (await bot.incident(id=1)).end == End(Way.CLOSED)
        assert await bot.inventory() == set()


async def test_the_checks_of_one_that_was_rebuilt_are_the_new_ones_from_then_on(guests, tmp_path) -> None:
    guests.add("web1")
    port = free_port()
    async with living(lab_yaml(tmp_path, guests=own_key(tmp_path, port))) as bot:
        await bot.runs("web1")
        guests.remove("web1")
        await bot.incident(id=1, kind=Kind.GUEST_MISSING, status=Status.OPEN)
        guests.add("web1", made_as="another")
        await bot.comes_to(f"state@{guest('another')}", Health.OK)
        await bot.writer.do(missing.let_go, bot.config, IncidentId(1), [guest("web1")], ALEX)
        with its_server(tmp_path, port):
            await bot.comes_to(f"door@{guest('another')}", Health.OK)


async def test_a_transient_guest_that_crashes_stays_open(guests, tmp_path) -> None:
    guests.add("web1")
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1")
        guests.domain("web1").undefine()
        guests.crash("web1")
        gone = await bot.incident(id=1, kind=Kind.GUEST_MISSING)
        assert (gone.status, gone.unproven) == (Status.OPEN, (guest("web1"),))


async def test_a_guest_that_is_back_has_to_be_proven_well(guests, tmp_path) -> None:
    guests.add("web1")
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1")
        await bot.comes_to(f"boot@{guest('web1')}", Health.OK)
        guests.remove("web1")
        await bot.incident(id=1, kind=Kind.GUEST_MISSING, status=Status.OPEN)
        guests.add("web1")
        await bot.writes("web1", guests.log)
        assert (await bot.incident(id=1, status=Status.RESOLVED)).end == End(Way.PROVEN)


async def test_a_guest_that_ran_until_its_host_was_lost_and_is_off_then_is_down(guests, tmp_path) -> None:
    guests.add("lab1", autostart=False)
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("lab1")
        bot.rounds.heard(GuestEvent("atlas", "", GuestEventKind.LOST))
        guests.domain("lab1").destroy()
        down = await bot.incident(id=1, kind=Kind.GUEST_DOWN)
        assert down.why.startswith("it ran until atlas was out of reach, and is off")
        assert down.unproven == (guest("lab1"),)


async def test_a_guest_that_ran_before_the_bot_was_off_and_is_off_now_is_down(guests, tmp_path) -> None:
    guests.add("lab1", autostart=False)
    config = lab_yaml(tmp_path)
    async with living(config) as bot:
        await bot.runs("lab1")
    guests.domain("lab1").destroy()
    async with living(config) as bot:
        down = await bot.incident(id=1, kind=Kind.GUEST_DOWN)
        assert down.why.startswith("it ran before I was off, and is off")
        assert down.unproven == (guest("lab1"),)


async def test_a_guest_that_is_paused_is_known_to_be_at_once_and_shown_so(guests, tmp_path) -> None:
    guests.add("lab1", autostart=False)
    config = lab_yaml(tmp_path, timing=SELDOM)
    async with living(config) as bot:
        await bot.runs("lab1")

        async def are_paused(count: int) -> bool:
            lab = await bot.ask(lambda store: queries.status(store, Clock().now(), config))
            return lab.tallies[TargetKind.GUEST].paused == count

        guests.domain("lab1").suspend()
        await until(lambda: are_paused(1), 15)
        why = await bot.ask(lambda store: target_picture.why(store, Clock().now(), config, "lab1"))
        assert (why.condition, why.paused) == (Condition.PAUSED, True)
        assert bot.rounds._knows(GuestRounds.knows_paused, guest("lab1"))
        guests.domain("lab1").resume()
        await until(lambda: are_paused(0), 15)
        assert not bot.rounds._knows(GuestRounds.knows_paused, guest("lab1"))
        assert await bot.incidents() == []


async def test_a_guest_that_someone_may_have_shut_down_while_the_bot_was_off_is_asked_about_once(
    guests, tmp_path
) -> None:
    guests.add("lab1", autostart=False)
    config = lab_yaml(tmp_path)

    async def asked(bot) -> list[str]:
        return [p.text for p in await bot.ask(parcels) if p.subject == "ran before"]

    async with living(config) as bot:
        await bot.runs("lab1")
    guests.domain("lab1").shutdown()
    async with living(config) as bot:
        await until(lambda: asked(bot), 15)
        lab = await bot.ask(lambda store: queries.status(store, Clock().now(), config))
        assert lab.left_off.keys() == {guest("lab1")}
    async with living(config) as bot:
        await until(lambda: bot.rounds.guest(guest("lab1")))
        guests.add("other")
        await bot.runs("other")
        assert len(await asked(bot)) == 1
        assert await bot.incidents() == []


async def test_what_can_not_be_proven_is_said_once_in_the_channel(guests, tmp_path) -> None:
    guests.add("web1")
    said = {"vm000": Guest("vm000")}
    async with living(lab_yaml(tmp_path, guests=said)) as bot:
        await bot.runs("web1")
        await bot.comes_to(f"boot@{guest('web1')}", Health.OK)
        for _ in range(2):
            await bot.rounds.blind_spots.tell()
        told = [p.text for p in await bot.ask(parcels) if p.subject == "blind spots"]
        assert [text.partition(",")[0] for text in told] == ["🔎 lab.yaml lists guests that no hypervisor has"]
        assert bot.rounds.outlook().nowhere == {"vm000"}


@pytest.mark.slow
async def test_a_guest_has_time_to_show_itself_before_it_is_said_that_it_can_not_be_proven(
    guests, tmp_path
) -> None:
    (tmp_path / "empty.log").touch()
    guests.add("silent", log=tmp_path / "empty.log")
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("silent")

        async def told() -> list[str]:
            return [p.text for p in await bot.ask(parcels) if p.subject == "blind spots"]

        await bot.rounds.blind_spots.tell()
        assert await told() == [], "it may come up yet"
        [text] = await until(told, 15)  # by itself, when its time is over
        assert text.startswith("🔎 1 guest has an agent or a console, and neither shows that it is up: silent")


async def test_all_guests_of_a_host_missing_at_once_are_one_incident(guests, tmp_path) -> None:
    names = [f"vm{number:02}" for number in range(10)]
    for name in names:
        guests.add(name)
    async with living(lab_yaml(tmp_path)) as bot:
        for name in names:
            await bot.runs(name)
        for name in names:
            guests.remove(name)
        gone = await bot.incident(kind=Kind.GUESTS_DOWN)
        assert (gone.subject, len(gone.unproven)) == ("host:atlas", 10)
        assert len(await bot.inventory()) == 10


@pytest.mark.slow
async def test_a_guest_made_anew_under_its_old_name_is_no_trouble(guests, tmp_path) -> None:
    guests.add("web1")
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1")
        for _ in range(3):
            guests.remove("web1")
            guests.add("web1")
        await bot.runs("web1")
        await bot.writes("web1", guests.log)
        await bot.comes_to(f"boot@{guest('web1')}", Health.OK)
        assert await bot.incidents() == []
        assert await bot.inventory() == {"web1"}


async def test_a_guest_whose_making_nobody_told_is_found_by_the_poll(guests, tmp_path) -> None:
    guests.add("web1")
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1")
        bot.hears = False
        guests.add("new")
        await bot.runs("new")


# --- boots -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_boot_that_failed_is_a_boot_disk_incident_with_a_picture(guests, tmp_path) -> None:
    console = tmp_path / "console.log"
    console.write_text(BROKEN)
    guests.add("web1", log=console, autostart=False, start=False)
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1", running=False)
        guests.domain("web1").create()
        await bot.writes("web1", console, BROKEN)
        incident = await bot.incident(kind=Kind.BOOT_DISK)
        assert incident.subject == guest("web1")
        assert incident.why == "the firmware found nothing to boot: “No bootable device.”"

        async def pictures():
            return [p for p in await bot.ask(parcels) if p.tell == "file"]

        (picture,) = await until(pictures)
        assert (picture.thread, picture.text) == ("incident:1", "The screen of web1")
        assert picture.content.startswith(b"\x89PNG")

        guests.domain("web1").destroy()
        await bot.runs("web1", running=False)
        assert (await bot.incident(id=1)).status is not Status.RESOLVED, "off is no proof"
        guests.domain("web1").create()
        await bot.writes("web1", console)
        await bot.incident(id=1, status=Status.RESOLVED)
        assert len(await bot.incidents()) == 1


@pytest.mark.slow
async def test_a_guest_that_waits_for_a_person_is_an_incident_of_its_own_kind_with_a_picture(
    guests, tmp_path
) -> None:
    console = tmp_path / "console.log"
    console.write_text(WELL)
    guests.add("web1", log=console, start=False)
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1", running=False)
        guests.domain("web1").create()
        await bot.writes("web1", console, "\n[    0.0] Linux version 6.1\nPlease unlock disk vda3_crypt: ")
        incident = await bot.incident(kind=Kind.BOOT_WAITING)
        assert incident.why == "it asks for a disk's passphrase: “Please unlock disk vda3_crypt:”"

        async def pictured():
            return [p.thread for p in await bot.ask(parcels) if p.tell == "file"]

        assert await until(pictured) == ["incident:1"]
        await bot.writes("web1", console, "\nDebian GNU/Linux 12 web1 ttyS0\n\nweb1 login: ")
        await bot.incident(id=1, status=Status.RESOLVED)
        assert [i.kind for i in await bot.incidents()] == [Kind.BOOT_WAITING]


async def test_what_a_guest_writes_in_the_instant_of_its_start_is_of_that_start(guests, tmp_path) -> None:
    guests.add("web1", start=False)
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.writes("web1", guests.log, "", running=False)
        guests.domain("web1").create()
        with guests.log.open("a") as console:
            console.write("\nweb1 login: ")
        await bot.comes_to(f"boot@{guest('web1')}", Health.OK)
        assert (await bot.rounds.present.healthy(guest("web1"))).ok


@pytest.mark.slow
async def test_a_guest_that_hangs_at_its_boot_is_an_incident_if_it_came_up_before(guests, tmp_path) -> None:
    guests.add("web1", start=False)
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.writes("web1", guests.log, "", running=False)
        guests.domain("web1").create()
        await bot.writes("web1", guests.log)
        await bot.comes_to(f"boot@{guest('web1')}", Health.OK)
        guests.domain("web1").shutdown()
        await bot.writes("web1", guests.log, "", running=False)
        guests.domain("web1").create()
        await bot.writes("web1", guests.log, f"\n{BOOTS}")
        incident = await bot.incident(kind=Kind.BOOT_STUCK)
        assert (incident.subject, incident.status) == (guest("web1"), Status.OPEN)
        assert "last seen at: firmware" in incident.why
        await bot.writes("web1", guests.log)
        assert (await bot.incident(id=1, status=Status.RESOLVED)).end == End(Way.PROVEN)


async def late(bot: Bot) -> list[tuple[str | None, str]]:
    """What was told of guests that are late to come up, and where."""
    return [(p.thread, p.text.partition(" for ")[0]) for p in await bot.ask(parcels) if p.text.startswith("⏳")]


@pytest.mark.slow
async def test_a_guest_that_was_never_seen_up_and_stands_at_its_boot_is_told_once(guests, tmp_path) -> None:
    guests.add("web1")
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1")
        bot.rounds.heard(GuestEvent("atlas", "web1", GuestEventKind.REBOOTED, uuid=uuid("web1")))
        await bot.writes("web1", guests.log, f"\n{BOOTS}")
        await until(lambda: late(bot), 15)
        for _ in range(3):
            await bot.rounds.present.healthy(guest("web1"))
        assert await late(bot) == [(None, "⏳ web1 has not come up")]
        assert await bot.incidents() == []


@pytest.mark.slow
async def test_a_guest_that_an_incident_waits_for_is_told_there_when_it_is_late(guests, tmp_path) -> None:
    guests.add("web1", start=False)
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.incident(kind=Kind.GUEST_DOWN)
        await bot.writes("web1", guests.log, "", running=False)
        guests.domain("web1").create()
        await bot.writes("web1", guests.log, f"\n{BOOTS}")
        await until(lambda: late(bot), 15)
        ((thread, text),) = await late(bot)  # what its log shows by then is another matter
        assert thread == "incident:1"
        assert text.startswith("⏳ web1")


async def test_two_guests_with_one_console_log_do_not_prove_each_other(guests, tmp_path) -> None:
    log = tmp_path / "both.log"
    log.write_text(WELL)
    for name in ("web1", "web2"):
        guests.add(name, log=log, start=False)
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.runs("web1", running=False)
        await until(lambda: bot.rounds.guest(guest("web1")).shares_log == ("web2",))
        for name in ("web1", "web2"):
            guests.domain(name).create()
            await bot.runs(name)
        with log.open("a") as console:
            console.write(LOGIN)
        for _ in range(3):
            seen = await bot.rounds.present.healthy(guest("web1"))
            assert not seen.ok
            assert f"its console's log, {log}, is that of web2, too" in seen.text


@pytest.mark.slow
async def test_a_guest_that_was_reset_is_looked_into_again(guests, tmp_path) -> None:
    console = tmp_path / "console.log"
    console.write_text(WELL)
    guests.add("web1", log=console)
    async with living(lab_yaml(tmp_path)) as bot:
        await bot.comes_to(f"boot@{guest('web1')}", Health.OK)
        bot.rounds.heard(
            GuestEvent("atlas", "web1", GuestEventKind.REBOOTED, uuid=uuid("web1"))
        )  # the test hypervisor tells none
        await bot.writes("web1", console, f"\n{BROKEN}")
        assert (await bot.incident(kind=Kind.BOOT_DISK)).subject == guest("web1")


@pytest.mark.slow
async def test_guests_that_ran_before_the_bot_are_looked_into(guests, tmp_path) -> None:
    console = tmp_path / "console.log"
    console.write_text(BROKEN)
    guests.add("web1", log=console)
    guests.log = None
    guests.add("blank")
    async with living(lab_yaml(tmp_path)) as bot:
        assert (await bot.incident(kind=Kind.BOOT_DISK)).subject == guest("web1")
        await bot.comes_to(f"boot@{guest('blank')}", Health.UNKNOWN)


# --- the host ----------------------------------------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.slow
async def test_what_differs_after_a_host_is_back_holds_its_incident_open_until_it_is_mended(
    daemon, tmp_path
) -> None:
    uri, port = daemon.uri("test", "/default"), free_port()
    before = libvirt.open(uri)
    before.lookupByName("test").setAutostart(True)
    async with AsyncExitStack() as power, living(lab_yaml(tmp_path, uri=uri, checks=door(port))) as bot:
        await power.enter_async_context(listening(port))
        await bot.runs("test")
        await bot.comes_to("door@host:atlas", Health.OK)
        await bot.has_kept_inventory()
        await power.aclose()
        daemon.cut_power()
        await bot.incident(kind=Kind.HOST_DOWN)
        await power.enter_async_context(listening(port))
        await daemon.start()
        after = libvirt.open(uri)  # where its guest no longer starts with it
        await until(lambda: differs(bot, "it no longer starts with its host"), 20)
        after.lookupByName("test").setAutostart(True)
        await until(lambda: differs(bot), 20)
        after.close()


async def differs(bot: Bot, *words: str) -> bool:
    """Whether the guest is known to differ in this, and in nothing else."""
    [incident] = await bot.incidents()
    member = incident.members.get(guest("test"))
    return member is not None and tuple(one.words for one in member.changes) == words


@pytest.mark.real
@pytest.mark.slow
async def test_a_host_that_goes_takes_its_guests_along_and_they_are_looked_into_when_it_is_back(
    daemon, tmp_path
) -> None:
    patient = replace(QUICK, boot_look=timedelta(seconds=3))
    port = free_port()
    lab = lab_yaml(tmp_path, uri=daemon.uri("test", "/default"), checks=door(port), timing=patient)
    async with AsyncExitStack() as power, living(lab) as bot:
        await power.enter_async_context(listening(port))
        await bot.runs("test")
        await bot.comes_to(f"boot@{guest('test')}", Health.UNKNOWN)
        await bot.comes_to("door@host:atlas", Health.OK)
        await power.aclose()
        daemon.cut_power()
        incident = await bot.incident(kind=Kind.HOST_DOWN)
        assert (incident.subject, incident.unproven) == ("host:atlas", (guest("test"), "host:atlas"))
        await bot.comes_to(f"state@{guest('test')}", Health.UNKNOWN)
        await power.enter_async_context(listening(port))
        await daemon.start()
        await bot.incident(id=1, status=Status.RECOVERING)
        await bot.comes_to("hypervisor@host:atlas", Health.OK)
        await bot.runs("test")
        recovering = await bot.incident(id=1, unproven=(guest("test"),))
        assert recovering.status is Status.RECOVERING, "it has power, and nothing tells whether it has come up"
        assert len(await bot.incidents()) == 1


@pytest.mark.real
@pytest.mark.slow
async def test_a_libvirt_that_stops_while_its_host_answers_is_told_as_what_it_is_and_nothing_is_down(
    daemon, tmp_path
) -> None:
    port = free_port()
    lab = lab_yaml(tmp_path, uri=daemon.uri("test", "/default"), checks=door(port))
    async with listening(port), living(lab) as bot:
        await bot.runs("test")
        daemon.cut_power()
        incident = await bot.incident(kind=Kind.CANNOT_WATCH)
        assert incident.subject == "host:atlas"
        assert incident.why.startswith("the libvirt of atlas, on this machine, does not run (")
        assert "Start libvirt on atlas" in incident.why, "with what mends it"
        await bot.comes_to(f"state@{guest('test')}", Health.UNKNOWN)
        await bot.comes_to("hypervisor@host:atlas", Health.UNKNOWN)
        await daemon.start()
        await bot.incident(id=1, status=Status.RESOLVED)
        await bot.runs("test")
        assert [i.kind for i in await bot.incidents()] == [Kind.CANNOT_WATCH]


@pytest.mark.real
@pytest.mark.slow
async def test_a_libvirt_that_stops_is_asked_again_soon_however_seldom_it_is_else(daemon, tmp_path) -> None:
    async with living(lab_yaml(tmp_path, uri=daemon.uri("test", "/default"), timing=SELDOM)) as bot:
        await bot.runs("test")
        daemon.cut_power()
        await bot.incident(kind=Kind.CANNOT_WATCH)
    await daemon.start()


@pytest.mark.real
@pytest.mark.slow
async def test_a_key_that_is_refused_is_told_as_that_with_its_mend_and_no_machine_is_down(far, tmp_path) -> None:
    authorized, port = far.sshd.folder / "authorized_keys", free_port()
    keys = authorized.read_text()
    async with listening(port), living(lab_yaml(tmp_path, uri=far.uri(), checks=door(port))) as bot:
        await bot.runs("test")
        authorized.write_text("")
        far.sshd.drop()
        incident = await bot.incident(kind=Kind.CANNOT_WATCH)
        assert incident.why.startswith("atlas refuses the bot's key (")
        assert "authorized_keys on atlas" in incident.why
        await bot.comes_to(f"state@{guest('test')}", Health.UNKNOWN)
        authorized.write_text(keys)
        await bot.incident(id=1, status=Status.RESOLVED)
        await bot.runs("test")
        assert [i.kind for i in await bot.incidents()] == [Kind.CANNOT_WATCH]


# --- services ----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def listening(port: int):
    knocks: list[None] = []

    async def serve(_reader, writer):
        knocks.append(None)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", port, reuse_address=True):
        yield knocks


def own_key(folder: Path, port: int) -> dict[str, Guest]:
    """A guest whose SSH server is on a port of the bot's own machine, as if forwarded there, with its own key."""
    with its_server(folder, port):
        pass  # its key is made, and known from now on
    ssh = SshParams(port=port, known_hosts=folder / "known", known_as="web1")
    return {"web1": Guest("web1", "127.0.0.1", checks={"door": Check("door", "ssh", ssh)})}


@contextmanager
def its_server(folder: Path, port: int) -> Iterator[Path]:
    """That guest's SSH server, while it runs; what it logs."""
    with running_sshd(folder / "sshd", port=port) as sshd:
        key = sshd.known_hosts.read_text().partition(" ")[2]
        (folder / "known").write_text(f"web1 {key}")
        yield sshd.folder / "log"


def door(port: int) -> dict[str, Check]:
    return {"door": Check("door", "tcp", Params(port))}


@pytest.mark.slow
async def test_a_service_that_fails_and_comes_back(guests, tmp_path) -> None:
    port = free_port()
    services = {"web": Service("web", "127.0.0.1", checks=door(port))}
    async with living(lab_yaml(tmp_path, services=services)) as bot:
        incident = await bot.incident(kind=Kind.SERVICE_DOWN)
        assert incident.why == f"cannot connect to 127.0.0.1:{port}: because Connection refused"
        async with listening(port):
            await bot.incident(id=1, status=Status.RESOLVED)
            await bot.comes_to("door@service:web", Health.OK)


@pytest.mark.slow
async def test_what_fails_is_looked_at_again_soon_however_seldom_it_is_else(guests, tmp_path) -> None:
    services = {"web": Service("web", "127.0.0.1", checks=door(free_port()))}
    async with living(lab_yaml(tmp_path, services=services, timing=SELDOM)) as bot:
        await bot.incident(kind=Kind.SERVICE_DOWN)


@pytest.mark.slow
async def test_what_answers_while_its_guest_is_off_proves_nothing_once_it_runs(guests, tmp_path) -> None:
    port = free_port()
    guests.add("web1", autostart=False)
    check, config = f"door@{guest('web1')}", lab_yaml(tmp_path, guests=own_key(tmp_path, port), address=AFAR)

    def knocks() -> int:
        return log.read_text().count("\n")

    with its_server(tmp_path, port) as log:
        async with living(config) as bot:
            await bot.runs("web1")
            await bot.comes_to(check, Health.OK)
            guests.domain("web1").shutdown()
            await bot.runs("web1", running=False)
            before = knocks()
            await until(lambda: knocks() > before + 2)  # the first may have been under way as it went off
            guests.domain("web1").create()
            await bot.runs("web1")
            await bot.comes_to(check, Health.UNKNOWN)
            assert await bot.ask(lambda store: store.incidents.latest(5)) == []
            asked = await bot.rounds.present.healthy(guest("web1"))
            assert (asked.ok, asked.known) == (False, False), "nor for whoever asks"
            assert "another machine answers there" in asked.text


# --- who asks now ------------------------------------------------------------------------------------------------


async def test_healthy_looks_at_once_at_whatever_goes_by_that_name(guests, tmp_path) -> None:
    port, console = free_port(), tmp_path / "console.log"
    console.write_text(WELL)
    guests.add("web1", log=console)
    guests.add("off1", start=False)
    config = lab_yaml(
        tmp_path,
        guests=own_key(tmp_path, port),
        timing=replace(QUICK, check_every=timedelta(hours=1)),
        address=AFAR,
    )
    async with living(config) as bot:

        def healthy(name):
            return bot.rounds.present.healthy(bot.rounds.meant(name))

        await bot.runs("web1")
        assert (await healthy("off1")).text == "off1: it is off (unknown)"
        assert not (await healthy("web1")).ok
        assert f"cannot connect to 127.0.0.1:{port}" in (await healthy("web1")).text
        with its_server(tmp_path, port):
            web1 = await healthy("web1")
            old = "its console asks for a login, which may be from before its latest start"
            assert (web1.ok, web1.text.partition(" (")[0]) == (True, "web1: its SSH server")
            assert web1.text.endswith(f") answers with the host key known for it; {old}")
        guests.add("dark")
        await bot.runs("dark")
        dark = await healthy("dark")
        assert (dark.ok, dark.known) == (False, False)
        assert dark.text.endswith(f". {WAYS_OUT}"), "a step that waits for proof is no dead end"
        atlas = await healthy("atlas")
        assert (atlas.ok, atlas.text) == (True, "atlas: libvirt answers: 3 guests")
        with pytest.raises(GuestRefused, match="cannot find 'nobody': because nothing here is called that"):
            bot.rounds.meant("nobody")


@pytest.mark.slow
async def test_a_guest_started_this_instant_is_not_healthy_yet(guests, tmp_path) -> None:
    guests.log = None
    guests.add("web1", start=False)
    async with living(lab_yaml(tmp_path, timing=replace(QUICK, boot_look=timedelta(hours=1)))) as bot:
        await bot.runs("web1", running=False)
        guests.domain("web1").create()
        seen = await bot.rounds.present.healthy(guest("web1"))
        assert (seen.ok, seen.text) == (False, "web1: it is starting and shows nothing yet")


# --- the bot itself ----------------------------------------------------------------------------------------------


async def test_a_restart_announces_nothing_again(guests, tmp_path) -> None:
    guests.add("web1")
    config = lab_yaml(tmp_path)
    async with living(config) as bot:
        await bot.runs("web1")
        guests.crash("web1")
        await bot.incident(subject=guest("web1"))
        told = await bot.ask(parcels)
    async with living(config) as bot:
        await until(lambda: bot.rounds.guest(guest("web1")))
        guests.add("other")
        await bot.runs("other")
        assert [i.id for i in await bot.incidents()] == [1]
        assert await bot.ask(parcels) == told
