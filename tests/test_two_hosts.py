"""Two hosts, one name or one UUID: which machine is meant, followed, and acted on. Two real libvirt daemons."""

from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import libvirt
import pytest

from bot.clock import Clock
from bot.config import Config, Host, SlackConfig, Timing
from bot.core.guest import GuestEvent, GuestEventKind, Power
from bot.core.health import STATE, Fingerprint, Health, Kind, TargetId, guest_id
from bot.core.incident import Incident, Status, Way
from bot.core.placements import Found
from bot.demo.real import RealHost
from bot.hypervisor import GuestRefused, Hypervisor
from bot.hypervisor.events import lifecycle_event
from bot.hypervisor.machine import Machine
from bot.incidents import UnknownName, find_target
from bot.probes import Parts
from bot.rounds import Rounds
from bot.scheduler import Scheduler
from bot.store.writer import Writer
from bot.usecases import target_picture
from bot.watching import Watch
from bot.ways import Ways
from tests.actions.lines import context, run
from tests.real.guest import running_host
from tests.test_rounds import QUICK
from tests.waiting import until
from tests.walking import PEOPLE

pytestmark = [pytest.mark.slow, pytest.mark.real]

ONE, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
XML = (
    "<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><memory>1024</memory>"
    "<os><type>hvm</type></os></domain>"
)


class Owner:
    """The owner's hand on one host, and on its guests."""

    def __init__(self, host: RealHost) -> None:
        self.host, self.uri = host, host.uri("test", "/default")
        self.take_hold()

    def take_hold(self) -> None:
        self.connection = libvirt.open(self.uri)
        self.connection.lookupByName("test").destroy()
        self.connection.lookupByName("test").undefine()

    async def boot(self) -> None:
        """Its power is back; it has none of the guests that it had."""
        await self.host.start()
        self.take_hold()

    def define(self, name: str, uuid: str, *, start: bool) -> None:
        domain = self.connection.defineXML(XML.format(name=name, uuid=uuid))
        if start:
            domain.create()

    def receive(self, name: str, uuid: str) -> None:
        """Have a guest that is on its way here: it waits, paused."""
        domain = self.connection.defineXML(XML.format(name=name, uuid=uuid))
        domain.create()  # the test driver starts none paused
        domain.suspend()

    def guest(self, uuid: str) -> libvirt.virDomain:
        return self.connection.lookupByUUIDString(uuid)

    def remove(self, uuid: str) -> None:
        if self.guest(uuid).isActive():
            self.guest(uuid).destroy()
        self.guest(uuid).undefine()


@contextmanager
def owned_host():
    with running_host() as host:
        owner = Owner(host)
        yield owner
        owner.connection.close()


@pytest.fixture
def atlas():
    with owned_host() as owner:
        yield owner


@pytest.fixture
def borea():
    with owned_host() as owner:
        yield owner


class HasUri(Protocol):
    """Where a hypervisor is."""

    uri: str


class Bot:
    """The looking half of the bot, on both hosts."""

    def __init__(self, folder: Path, atlas: "HasUri", borea: "HasUri", timing: Timing) -> None:
        hosts = {"atlas": Host("atlas", hypervisor=atlas.uri), "borea": Host("borea", hypervisor=borea.uri)}
        config = Config(
            folder / "lab.yaml", SlackConfig("homelab"), PEOPLE, data=folder, timing=timing, hosts=hosts
        )
        self.config, clock = config, Clock()
        self.writer = Writer(clock.now)
        self.scheduler = Scheduler(lambda _job, _why: None)
        self.hypervisors = {
            name: Hypervisor(name, host.hypervisor or "", on_event=self.heard) for name, host in hosts.items()
        }
        parts = Parts(clock.now, self.hypervisors, Ways(config).read_end)
        watch = Watch(config, self.writer, clock.now)
        self.rounds = Rounds(config, watch, self.writer, self.scheduler, parts, clock)

        self.migrates = False

    def heard(self, event: GuestEvent) -> None:
        """The test driver moves no running guest: the end of one that is to move is told as QEMU's host does."""
        if self.migrates and event.what is GuestEventKind.STOPPED:
            moved = (libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_MIGRATED)
            event = lifecycle_event(event.host, event.guest, *moved, event.uuid) or event
        self.rounds.heard(event)

    async def ask(self, question):
        return await self.writer.do(lambda store, _now: question(store))

    async def incident(self, **wanted) -> Incident:
        async def there():
            found = await self.ask(lambda store: store.incidents.latest(100)[::-1])
            return next((i for i in found if all(getattr(i, name) == is_ for name, is_ in wanted.items())), None)

        return await until(there, 20)

    async def journal(self) -> list[str]:
        return [text for _, text in await self.ask(lambda store: store.alive.journal(50))]

    async def home(self, uuid: str) -> TargetId | None:
        """The host that guest is known to live on."""
        return (await self.ask(lambda store: store.targets.inventory()))[guest_id(uuid)].runs_on

    async def states_are(self, health: Health, *uuids: str) -> None:
        """Wait until this is what is known of the power of these guests."""
        wanted = {Fingerprint(STATE, guest_id(uuid)) for uuid in uuids}

        async def are() -> bool:
            known = await self.ask(lambda store: store.targets.health())
            return wanted <= {one.fingerprint for one in known if one.health is health}

        await until(are, 20)

    async def runs_on(self, uuid: str, host: str) -> None:
        """Wait until that guest is known to run there."""

        async def there() -> bool:
            target = await self.ask(lambda store: store.targets.inventory().get(guest_id(uuid)))
            presence = (await self.ask(lambda store: store.targets.presences())).get(guest_id(uuid))
            return bool(target and presence and presence.running and target.runs_on == TargetId(f"host:{host}"))

        await until(there, 20)


@asynccontextmanager
async def living(folder: Path, atlas: HasUri, borea: HasUri, timing: Timing = QUICK):
    bot = Bot(folder, atlas, borea, timing)
    await bot.writer.open(bot.config.database)
    for hypervisor in bot.hypervisors.values():
        await hypervisor.start()
    await bot.rounds.start()
    bot.scheduler.start()
    try:
        yield bot
    finally:
        bot.scheduler.stop()
        await bot.scheduler.ended()
        await bot.rounds.close()
        for hypervisor in bot.hypervisors.values():
            await hypervisor.close()
        await bot.writer.close()


async def test_two_guests_of_one_name_are_two_machines(tmp_path, atlas, borea) -> None:
    atlas.define("web1", ONE, start=True)
    borea.define("web1", OTHER, start=True)
    async with living(tmp_path, atlas, borea) as bot:
        await bot.runs_on(ONE, "atlas")
        await bot.runs_on(OTHER, "borea")
        borea.guest(OTHER).coreDump("/dev/null", libvirt.VIR_DUMP_CRASH)
        incident = await bot.incident(subject=guest_id(OTHER))
        assert (incident.kind, incident.status) == (Kind.GUEST_DOWN, Status.OPEN)
        assert await bot.ask(lambda store: store.targets.names()(incident.subject)) == "web1@borea"
        with pytest.raises(UnknownName, match=r"there are 2; say web1@atlas or web1@borea"):
            await bot.ask(lambda store: find_target(store, "web1"))
        assert await bot.ask(lambda store: find_target(store, "web1@borea")) == guest_id(OTHER)
        with pytest.raises(GuestRefused, match="say web1@atlas or web1@borea"):
            bot.rounds.meant("web1")
        await bot.rounds.machine(OTHER, "borea", "web1").start()
        assert borea.guest(OTHER).isActive()
        assert atlas.guest(ONE).isActive()


@pytest.mark.parametrize("line", ["power off web1", "shut down web1"])
async def test_what_stops_a_guest_stops_the_runs_own_and_not_its_namesake(tmp_path, atlas, borea, line) -> None:
    atlas.define("web1", ONE, start=True)
    borea.define("web1", OTHER, start=True)
    async with living(tmp_path, atlas, borea) as bot:
        await bot.runs_on(ONE, "atlas")
        await bot.runs_on(OTHER, "borea")
        means = context(bot.hypervisors["borea"])
        own = replace(means, machine=lambda name: bot.rounds.machine(OTHER, "borea", name))
        assert (await run(line, own)).ok
        assert not borea.guest(OTHER).isActive()
        assert atlas.guest(ONE).isActive()
        by_name = replace(means, machine=lambda name: bot.rounds.machine(bot.rounds.meant(name), "atlas", name))
        with pytest.raises(GuestRefused, match="say web1@atlas or web1@borea"):
            await run(line, by_name)
        assert atlas.guest(ONE).isActive()


async def test_a_guest_that_moves_is_followed_and_its_old_definition_is_left_alone(tmp_path, atlas, borea) -> None:
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea) as bot:
        await bot.runs_on(ONE, "atlas")
        borea.define("web1", ONE, start=True)
        atlas.guest(ONE).shutdown()
        await bot.runs_on(ONE, "borea")
        journal = await bot.ask(lambda store: [row["text"] for row in store._db.query("select text from journal")])
        assert "web1 moved from atlas to borea." in journal
        with pytest.raises(GuestRefused, match="cannot start 'web1' on atlas: because it is running on borea"):
            await bot.rounds.machine(ONE, "atlas", "web1").start()
        assert not atlas.guest(ONE).isActive()
        assert [i for i in await bot.ask(lambda store: store.incidents.live()) if i.subject == guest_id(ONE)] == []


async def test_a_paused_copy_goes_on_only_where_no_other_runs(tmp_path, atlas, borea) -> None:
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea) as bot:
        await bot.runs_on(ONE, "atlas")
        atlas.guest(ONE).suspend()
        borea.define("web1", ONE, start=True)
        with pytest.raises(GuestRefused, match="cannot resume 'web1' on atlas: because it is running on borea"):
            await bot.rounds.machine(ONE, "atlas", "web1").resume()
        assert atlas.guest(ONE).state()[0] == libvirt.VIR_DOMAIN_PAUSED
        borea.guest(ONE).destroy()
        await bot.rounds.machine(ONE, "atlas", "web1").resume()
        assert atlas.guest(ONE).state()[0] == libvirt.VIR_DOMAIN_RUNNING


async def test_nothing_is_started_that_a_host_which_was_never_heard_may_run(tmp_path, atlas, borea) -> None:
    atlas.define("web1", ONE, start=False)
    borea.uri = f"test+unix:///default?socket={tmp_path}/none"
    async with living(tmp_path, atlas, borea) as bot:
        await until(lambda: bot.rounds.guest(guest_id(ONE)), 20)
        way_out = "if borea is gone for good, take hosts.borea out of lab.yaml"
        with pytest.raises(
            GuestRefused, match=f"because borea may be running it, and borea can't be asked .*{way_out}"
        ):
            await bot.rounds.machine(ONE, "atlas", "web1").start()
        assert not atlas.guest(ONE).isActive()


async def test_one_guest_that_runs_twice_is_an_incident_until_it_runs_once(tmp_path, atlas, borea) -> None:
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea) as bot:
        await until(lambda: guest_id(ONE) in bot.rounds._shared.alone, 20)
        borea.define("web1", ONE, start=True)
        incident = await bot.incident(kind=Kind.GUEST_TWICE)
        assert "it runs on atlas and borea at once" in incident.why
        assert incident.why.endswith("Shut it down on one of them; it ran on atlas alone before")
        asked = await bot.writer.do(target_picture.why, bot.config, "web1")
        assert incident.why in [belief.why for belief in asked.beliefs]
        borea.guest(ONE).destroy()

        async def recovered() -> bool:
            now = await bot.ask(lambda store: store.incidents.get(incident.id))
            return not now.failing

        await until(recovered, 20)


async def test_where_a_guest_ran_first_makes_no_difference_to_the_end_of_its_running_twice(tmp_path, atlas, borea):
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea) as bot:
        await bot.runs_on(ONE, "atlas")
        borea.define("web1", ONE, start=True)
        incident = await bot.incident(kind=Kind.GUEST_TWICE)
        atlas.remove(ONE)
        await bot.runs_on(ONE, "borea")

        async def recovered() -> bool:
            now = await bot.ask(lambda store: store.incidents.get(incident.id))
            return not now.failing

        await until(recovered, 20)


DOUBTFUL = "it is no longer on atlas; borea can't be asked whether it moved there"


async def test_a_guest_that_went_to_a_host_that_cant_be_asked_is_told_as_that_and_was_never_missing(
    tmp_path, atlas, borea
) -> None:
    atlas.define("web1", ONE, start=True)
    # Told after a second; that borea has not got it yet when it is back is not believed for ten.
    timing = replace(QUICK, grace=timedelta(seconds=1), failures=20)
    async with living(tmp_path, atlas, borea, timing) as bot:
        await bot.runs_on(ONE, "atlas")
        await until(lambda: "borea" in bot.rounds._shared.places.told, 20)
        borea.host.cut_power()
        await until(lambda: "borea" in bot.rounds._shared.places.away, 20)
        atlas.remove(ONE)
        incident = await bot.incident(kind=Kind.GUEST_MISSING)
        assert (incident.subject, incident.why) == (guest_id(ONE), DOUBTFUL)
        assert await bot.rounds.search([guest_id(ONE)]) == Found(unasked=("borea",))
        with pytest.raises(GuestRefused, match="because borea may be running it, and borea can't be asked"):
            await bot.rounds.machine(ONE, "atlas", "web1").start()
        await borea.boot()
        borea.define("web1", ONE, start=True)
        await bot.runs_on(ONE, "borea")
        assert await bot.rounds.search([guest_id(ONE), guest_id(OTHER)]) == Found({guest_id(ONE): "borea"})
        over = await bot.incident(id=incident.id, status=Status.RESOLVED)
        assert (over.end.way, over.resolution) == (Way.WITHDRAWN, "web1 moved from atlas to borea")


async def test_a_guest_that_the_other_host_has_not_got_either_is_missing_once_that_is_known(
    tmp_path, atlas, borea
) -> None:
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea) as bot:
        await bot.runs_on(ONE, "atlas")
        borea.host.cut_power()
        await until(lambda: "borea" in bot.rounds._shared.places.away, 20)
        atlas.remove(ONE)
        incident = await bot.incident(kind=Kind.GUEST_MISSING, why=DOUBTFUL)
        await borea.boot()
        await bot.incident(id=incident.id, why="its host no longer knows it", status=Status.OPEN)


async def test_a_guest_that_is_rebuilt_now_and_then_is_let_go_of_once_it_is_known_to_be_nowhere_else(
    tmp_path, atlas, borea
) -> None:
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea) as bot:
        await bot.runs_on(ONE, "atlas")
        await bot.writer.do(lambda store, now: store.inventory.keep_rebuilt("host:atlas", "web1", "U0ALEX", now))
        borea.host.cut_power()
        await until(lambda: "borea" in bot.rounds._shared.places.away, 20)
        atlas.remove(ONE)
        atlas.define("web1", OTHER, start=True)
        await bot.incident(kind=Kind.GUEST_MISSING, why=DOUBTFUL)
        await bot.runs_on(OTHER, "atlas")
        assert guest_id(ONE) in await bot.ask(lambda store: store.targets.inventory())
        await borea.boot()

        async def gone() -> bool:
            return guest_id(ONE) not in await bot.ask(lambda store: store.targets.inventory())

        await until(gone, 20)


PATIENT = replace(QUICK, failures=20)
"""What was lost and is made anew by the test is not believed to be missing before that."""


async def nothing_is_said_of_guests(bot) -> None:
    """Their hosts were lost or could not be watched; no guest was told to be down, gone or moved."""
    kinds = {one.kind for one in await bot.ask(lambda store: store.incidents.latest(100))}
    assert kinds <= {Kind.HOST_DOWN, Kind.CANNOT_WATCH}
    assert not [line for line in await bot.journal() if "moved" in line]


async def test_two_hosts_that_are_cut_at_once_take_no_guest_for_missing_moved_or_twice(
    tmp_path, atlas, borea
) -> None:
    atlas.define("web1", ONE, start=True)
    borea.define("db1", OTHER, start=True)
    async with living(tmp_path, atlas, borea, PATIENT) as bot:
        await bot.runs_on(ONE, "atlas")
        await bot.runs_on(OTHER, "borea")
        for host in (atlas, borea):
            host.host.cut_power()
        await until(lambda: bot.rounds._shared.places.away == {"atlas", "borea"}, 20)
        await bot.states_are(Health.UNKNOWN, ONE, OTHER)
        for owner, name, uuid in ((atlas, "web1", ONE), (borea, "db1", OTHER)):
            await owner.boot()
            owner.define(name, uuid, start=True)
        await bot.states_are(Health.OK, ONE, OTHER)
        await nothing_is_said_of_guests(bot)


async def test_a_host_that_is_lost_while_a_guest_leaves_it_has_not_handed_that_over(
    tmp_path, atlas, borea
) -> None:
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea, PATIENT) as bot:
        await bot.runs_on(ONE, "atlas")
        borea.receive("web1", ONE)
        await until(lambda: ONE in bot.rounds._shared.places.told.get("borea", {}), 20)
        atlas.host.cut_power()
        await bot.states_are(Health.UNKNOWN, ONE)
        assert (await bot.home(ONE), await bot.journal()) == (TargetId("host:atlas"), [])
        borea.remove(ONE)  # what was to receive it gives up
        await until(lambda: ONE not in bot.rounds._shared.places.told["borea"], 20)
        await atlas.boot()
        atlas.define("web1", ONE, start=True)
        await bot.states_are(Health.OK, ONE)
        await nothing_is_said_of_guests(bot)


async def test_a_guest_that_arrives_where_it_goes_to_has_moved_though_its_host_is_lost(
    tmp_path, atlas, borea
) -> None:
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea, PATIENT) as bot:
        await bot.runs_on(ONE, "atlas")
        borea.receive("web1", ONE)
        atlas.host.cut_power()
        borea.guest(ONE).resume()
        await bot.runs_on(ONE, "borea")
        assert "web1 moved from atlas to borea." in await bot.journal()


async def test_a_guest_that_moved_and_is_off_where_it_went_is_down(tmp_path, atlas, borea) -> None:
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea, PATIENT) as bot:
        await bot.runs_on(ONE, "atlas")
        await until(lambda: "borea" in bot.rounds._shared.places.told, 20)
        borea.host.cut_power()
        await until(lambda: "borea" in bot.rounds._shared.places.away, 20)
        bot.migrates = True
        atlas.remove(ONE)
        await until(lambda: ONE not in bot.rounds._shared.places.told["atlas"], 20)
        await borea.boot()
        borea.define("web1", ONE, start=False)
        down = await bot.incident(subject=guest_id(ONE), kind=Kind.GUEST_DOWN)
        assert down.why == "it ran until it left atlas, and is off"
        assert await bot.home(ONE) == TargetId("host:borea")
        assert "web1 is no longer on atlas; borea has it, off." in await bot.journal()


async def test_a_guest_that_ran_on_a_host_that_was_lost_and_is_off_on_another_is_down(
    tmp_path, atlas, borea
) -> None:
    atlas.define("web1", ONE, start=True)
    async with living(tmp_path, atlas, borea, PATIENT) as bot:
        await bot.runs_on(ONE, "atlas")
        atlas.host.cut_power()
        await until(lambda: "atlas" in bot.rounds._shared.places.away, 20)
        borea.define("web1", ONE, start=False)
        await atlas.boot()
        down = await bot.incident(subject=guest_id(ONE), kind=Kind.GUEST_DOWN)
        assert down.why == "it ran until atlas was out of reach, and is off"
        assert await bot.home(ONE) == TargetId("host:borea")


async def test_a_machine_that_has_left_its_host_is_refused_with_where_it_is(atlas, borea) -> None:
    borea.define("web1", ONE, start=True)
    here, there = (Hypervisor(n, o.uri, on_event=lambda _: None) for n, o in (("atlas", atlas), ("borea", borea)))
    machine = Machine("web1", ONE, here, [there])
    with pytest.raises(GuestRefused, match="cannot find 'web1' on atlas: because it is on borea now"):
        await machine.power()
    borea.remove(ONE)
    with pytest.raises(GuestRefused, match="because there is no such guest any more"):
        await machine.power()
    for hypervisor in (here, there):
        await hypervisor.close()


async def test_a_machine_that_has_left_for_where_nobody_can_be_asked_is_not_said_to_be_gone(
    tmp_path, atlas
) -> None:
    here = Hypervisor("atlas", atlas.uri, on_event=lambda _: None)
    there = Hypervisor("borea", f"test+unix:///default?socket={tmp_path}/none", on_event=lambda _: None)
    with pytest.raises(
        GuestRefused, match="it is not there any more, and borea can't be asked whether it is there"
    ):
        await Machine("web1", ONE, here, [there]).power()
    for hypervisor in (here, there):
        await hypervisor.close()


async def test_a_guest_is_not_started_on_other_disks_than_its_run_began_with(atlas) -> None:
    atlas.define("web1", ONE, start=False)
    here = Hypervisor("atlas", atlas.uri, on_event=lambda _: None)
    found = (await here.definition(ONE)).starts_from
    began_with = replace(found, disks=("/img/web1.qcow2",))
    with pytest.raises(
        GuestRefused, match=r"and were /img/web1.qcow2 when this run began; put that back, or stop"
    ):
        await Machine("web1", ONE, here, began_with=began_with).start()
    assert (await here.states())[ONE].power is Power.OFF
    await Machine("web1", ONE, here, began_with=found).start()
    assert (await here.states())[ONE].power is Power.RUNNING
    await here.close()


async def test_a_guest_is_not_started_while_another_host_that_has_it_cant_be_asked(tmp_path, atlas) -> None:
    atlas.define("web1", ONE, start=False)
    here = Hypervisor("atlas", atlas.uri, on_event=lambda _: None)
    gone = f"test+unix:///default?socket={tmp_path}/none"
    there = Hypervisor("borea", gone, on_event=lambda _: None, deadline=timedelta(seconds=2))
    with pytest.raises(GuestRefused, match="because borea may be running it"):
        await Machine("web1", ONE, here, [there]).start()
    assert (await here.states())[ONE].power is Power.OFF
    for hypervisor in (here, there):
        await hypervisor.close()
