"""The hypervisor's poll and what its events state, on libvirt's test hypervisor."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import libvirt
import pytest

from bot.core.guest import GuestEvent, GuestEventKind, Reason
from bot.core.health import CheckName, Evidence, Health, Kind, Target, TargetId, guest_id
from bot.core.incidents.evidence import requirement
from bot.core.incidents.member import Ground, Member, Standing
from bot.hypervisor import Hypervisor
from bot.probes.hypervisor import HypervisorProbe, from_event
from tests.guests import URI, owned_guests, uuid
from tests.probes.parts import NOW
from tests.waiting import until

ATLAS = Target(TargetId("host:atlas"))


@pytest.fixture
def guests():
    with owned_guests() as guests:
        yield guests


@pytest.fixture
async def events():
    return []


@asynccontextmanager
async def probing(names, *, uri=URI, events=None, stale=lambda: None, instead=lambda: ""):
    inventory = {one.id: one for one in map(guest, names)}
    hypervisor = Hypervisor("atlas", uri, on_event=(events if events is not None else []).append)
    await hypervisor.start()
    known = {uuid(name) for name in names}
    probe = HypervisorProbe(
        ATLAS,
        CheckName("hypervisor"),
        hypervisor,
        lambda: inventory,
        lambda: NOW,
        stale,
        lambda states: states.keys() != known,
        instead=instead,
    )
    try:
        yield probe
    finally:
        await hypervisor.close()


def guest(name, *, wanted=True) -> Target:
    return Target(guest_id(uuid(name)), runs_on=ATLAS.id, wanted=wanted, name=name)


async def test_one_look_tells_of_the_hypervisor_and_of_each_of_its_guests(guests) -> None:
    guests.add("web1")
    guests.add("spare", start=False)
    async with probing(["web1", "spare"]) as probe:
        host, watching, web1, spare = await probe.look()
    assert (str(host.fingerprint), host.health, host.why) == (
        "hypervisor@host:atlas",
        Health.OK,
        "libvirt answers: 2 guests",
    )
    assert (str(watching.fingerprint), watching.health) == ("watching@host:atlas", Health.OK)
    assert (str(web1.fingerprint), web1.health, web1.running) == (f"state@guest:{uuid('web1')}", Health.OK, True)
    assert (spare.health, spare.kind, spare.running) == (Health.FAIL, Kind.GUEST_DOWN, False)
    assert not spare.stated, "a poll is confirmed before it is believed"


async def test_a_guest_someone_shut_down_is_well_and_was_stopped_on_purpose(guests) -> None:
    guests.add("web1")
    guests.domain("web1").shutdown()
    async with probing(["web1"]) as probe:
        *_, web1 = await probe.look()
    assert (web1.health, web1.running, web1.facts) == (Health.OK, False, {"stopped": "on purpose"})


async def test_a_paused_guest_is_not_as_it_should_be_and_neither_runs_nor_is_off(guests) -> None:
    guests.add("web1")
    guests.domain("web1").suspend()
    async with probing(["web1"]) as probe:
        *_, web1 = await probe.look()
    paused = "paused by a person, but it should be running"
    assert (web1.health, web1.running, web1.why) == (Health.FAIL, None, paused)
    assert web1.paused == "paused by a person"
    assert not web1.stated, "a backup that pauses it for a moment is no failure"


async def test_a_guest_put_back_to_a_paused_snapshot_is_not_well(guests) -> None:
    guests.add("web1")
    domain = guests.domain("web1")
    domain.suspend()
    snapshot = domain.snapshotCreateXML("<domainsnapshot/>")
    domain.resume()
    domain.revertToSnapshot(snapshot)
    snapshot.delete()
    async with probing(["web1"]) as probe:
        *_, web1 = await probe.look()
    assert (web1.health, web1.kind) == (Health.FAIL, Kind.GUEST_DOWN)
    assert web1.why.endswith(", but it should be running")


async def test_that_a_guest_has_power_proves_nothing(guests) -> None:
    guests.add("web1")
    async with probing(["web1"]) as probe:
        *_, web1 = await probe.look()
    assert (web1.health, web1.evidence) == (Health.OK, Evidence.OUTSIDE)
    needs = requirement(Target(web1.target), frozenset(), timedelta(0))
    assert not Member(web1.target, was_running=True).after(web1, needs).proven


@pytest.mark.parametrize("what", [GuestEventKind.STARTED, GuestEventKind.REBOOTED])
def test_a_guest_that_starts_has_to_be_seen_anew(what) -> None:
    seen = from_event(Target(guest_id("u1")), GuestEvent("atlas", "web1", what), NOW)
    assert (seen.evidence, seen.running, seen.began_anew) == (Evidence.OUTSIDE, True, True)
    proven = Member(seen.target, was_running=True).settled(Ground(Standing.PROVEN, "it asks for a login", NOW))
    assert not proven.after(seen, requirement(Target(seen.target), frozenset(), timedelta(0))).proven
    assert seen.restarted is (what is GuestEventKind.REBOOTED), "what was off, someone has started"


async def test_behind_a_host_that_is_silent_every_guest_is_unknown(unused_tcp_port) -> None:
    async with probing(["web1", "web2"], uri=f"qemu+ssh://127.0.0.1:{unused_tcp_port}/system") as probe:
        host, watching, *behind = await probe.look()
    assert (host.health, host.kind) == (Health.FAIL, Kind.HOST_DOWN)
    assert host.why.startswith("cannot list the guests' states on atlas: because atlas does not answer")
    assert [(one.health, one.running) for one in (watching, *behind)] == [(Health.UNKNOWN, None)] * 3


async def test_what_is_asked_at_another_host_says_nothing_of_this_one_be_it_an_answer_or_silence(
    guests, unused_tcp_port
) -> None:
    guests.add("web1")
    for uri in (URI, f"qemu+ssh://127.0.0.1:{unused_tcp_port}/system"):
        async with probing(["web1"], uri=uri, instead=lambda: "borea") as probe:
            host, _, web1 = await probe.look()
        assert (host.health, host.kind, host.evidence) == (Health.UNKNOWN, None, Evidence.NONE)
        assert host.why.endswith("; but the URI of atlas in lab.yaml leads to borea")
        assert web1.health is (Health.OK if uri == URI else Health.UNKNOWN)


async def test_a_libvirt_that_does_not_run_is_the_watchers_trouble_and_says_nothing_of_the_machine(
    tmp_path,
) -> None:
    async with probing(["web1", "web2"], uri=f"qemu+unix:///session?socket={tmp_path}/none") as probe:
        host, watching, *behind = await probe.look()
    assert [(one.health, one.kind) for one in (host, *behind)] == [(Health.UNKNOWN, None)] * 3
    assert (str(watching.fingerprint), watching.health) == ("watching@host:atlas", Health.FAIL)
    assert watching.kind is Kind.CANNOT_WATCH
    assert watching.why.startswith("the libvirt of atlas, on this machine, does not run")
    assert "systemctl start libvirtd" in watching.why
    assert watching.facts["refusal"] == "daemon"
    assert watching.evidence is host.evidence is Evidence.NONE


async def test_a_name_that_cannot_be_looked_up_says_nothing_of_the_machine() -> None:
    async with probing(["web1"], uri="qemu+tcp://atlas.invalid/system") as probe:
        assert [seen.health for seen in await probe.look()] == [Health.UNKNOWN] * 3


async def test_other_guests_than_the_inventory_has_are_noticed(guests) -> None:
    guests.add("web1")
    noticed = asyncio.Event()
    async with probing(["web1"], stale=noticed.set) as probe:
        await probe.look()
        assert not noticed.is_set()
        guests.add("new")
        assert len(await probe.look()) == 3, "of a guest that is not in the inventory nothing can be said yet"
        assert noticed.is_set()
        noticed.clear()
        guests.remove("new")
        guests.remove("web1")
        *_, web1 = await probe.look()
        assert (web1.health, web1.why) == (Health.UNKNOWN, "atlas does not know it")
        assert noticed.is_set()


async def stated(guests, events, act):
    """What an event states of web1 after `act`."""
    async with probing(["web1"], events=events) as probe:
        await until(lambda: probe.hypervisor.connected)
        events.clear()
        act(guests.domain("web1"))
        event = await until(lambda: next((e for e in events if e.guest == "web1"), None))
    return from_event(guest("web1"), event, NOW)


async def test_a_crash_is_believed_at_once(guests, events) -> None:
    guests.add("web1")
    seen = await stated(guests, events, lambda domain: domain.coreDump("/dev/null", libvirt.VIR_DUMP_CRASH))
    assert (seen.health, seen.kind, seen.stated, seen.running) == (Health.FAIL, Kind.GUEST_DOWN, True, False)


async def test_a_plug_pulled_by_someone_is_looked_at_again_first(guests, events) -> None:
    guests.add("web1")
    seen = await stated(guests, events, lambda domain: domain.destroy())
    assert (seen.health, seen.stated, seen.running) == (Health.FAIL, False, False)


async def test_a_shutdown_from_outside_is_no_failure(guests, events) -> None:
    guests.add("web1")
    seen = await stated(guests, events, lambda domain: domain.shutdown())
    assert (seen.health, seen.running) == (Health.OK, False)


async def test_a_start_says_that_it_runs(guests, events) -> None:
    guests.add("web1", start=False)
    seen = await stated(guests, events, lambda domain: domain.create())
    assert (seen.health, seen.running) == (Health.OK, True)


def told(what, reason=Reason.NONE):
    return from_event(guest("web1"), GuestEvent("atlas", "web1", what, reason), NOW)


def test_whether_a_person_paused_it_or_a_snapshot_did_only_its_state_tells() -> None:
    assert told(GuestEventKind.PAUSED, Reason.USER) is None
    assert told(GuestEventKind.PAUSED, Reason.OLD_STATE).paused == "put back to a paused snapshot"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [(Reason.IO_ERROR, Kind.GUEST_DAMAGED), (Reason.WATCHDOG, Kind.GUEST_DOWN)],
)
def test_a_pause_that_nobody_wanted_is_believed_at_once(reason, kind) -> None:
    seen = told(GuestEventKind.PAUSED, reason)
    assert (seen.health, seen.kind, seen.stated, seen.running) == (Health.FAIL, kind, True, None)


def test_a_panic_is_believed_at_once() -> None:
    seen = told(GuestEventKind.PANICKED)
    assert (seen.health, seen.kind, seen.stated, seen.running) == (Health.FAIL, Kind.GUEST_DOWN, True, False)


@pytest.mark.parametrize(
    "what",
    [GuestEventKind.IO_ERROR, GuestEventKind.WATCHDOG, GuestEventKind.DEFINED],
)
def test_an_event_that_leaves_the_power_as_it_was_says_nothing_of_it(what) -> None:
    assert told(what) is None
