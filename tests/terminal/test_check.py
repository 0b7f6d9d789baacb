"""`check` against libvirt's test hypervisor and real ports."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest

from bot.core.health import Target, TargetId, guest_id
from bot.core.incident import IncidentId, Member
from bot.core.incidents.left_off import LeftOff
from bot.store import Store
from tests.real.sshd import running_sshd
from tests.terminal.commands import caretaker, started, write_lab

ATLAS = 'hosts: {atlas: {address: 127.0.0.1, hypervisor: "test:///default"}}\n'
AFAR = 'hosts: {atlas: {address: 10.0.0.5, hypervisor: "test:///default"}}\n'
SERVICE = "services: {{web: {{address: 127.0.0.1, checks: {{http: {{probe: tcp, port: {port}}}}}}}}}\n"


UUID = "5a6b7c8d-0000-4000-8000-00000000dead"
NOW = datetime(2026, 3, 1, 2, 28, tzinfo=UTC)
NODE = f"""<node xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><domain type='test'><name>dev2</name>
<uuid>{UUID}</uuid><memory>1024</memory><os><type>hvm</type></os><test:runstate>5</test:runstate></domain></node>
"""
RUNS = NODE.replace("<test:runstate>5</test:runstate>", "")

MEND = (
    "  → add a qemu-guest-agent channel, a serial console with a log, or a check in lab.yaml; or log in once by "
    "SSH as the bot's user, so that its host key is known; `proof: running` accepts power alone"
)


@contextmanager
def port(*, listening: bool) -> Iterator[int]:
    """A TCP port nobody else gets: it accepts, or it refuses."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        if listening:
            bound.listen()
        yield bound.getsockname()[1]


@pytest.mark.slow
async def test_what_can_not_be_seen_is_not_well_and_ends_it_with_1(tmp_path):
    with port(listening=True) as web:
        write_lab(tmp_path, ATLAS + SERVICE.format(port=web))
        told = await caretaker("check", folder=tmp_path)
    assert told.code == 1
    assert told.out.splitlines() == [
        "unknown  guest:test   boot        nothing on its screen tells where it stands",
        "ok       guest:test   state       running",
        "ok       host:atlas   hypervisor  libvirt answers: 1 guest",
        f"ok       service:web  http        127.0.0.1:{web} answers",
        "",
        "4 checks: 0 fail, 1 unknown",
        "1 guest has neither agent nor console nor check: I could only say that it has power: test",
        MEND,
    ]


@pytest.mark.slow
async def test_when_all_is_well_it_ends_with_0_and_says_what_was_accepted(tmp_path):
    with port(listening=True) as web:
        write_lab(tmp_path, f"{ATLAS}guests: {{test: {{proof: running}}}}\n{SERVICE.format(port=web)}")
        told = await caretaker("check", folder=tmp_path)
    assert told.code == 0, told.out
    assert "ok  guest:test   boot        accepted: it runs, and was not looked inside (nothing on its" in told.out
    assert "4 checks: 0 fail, 0 unknown" in told.out


@pytest.mark.slow
async def test_a_guest_whose_own_check_passes_is_well_as_the_running_bot_has_it(tmp_path):
    with running_sshd(tmp_path / "sshd") as sshd:
        known, key = tmp_path / "known", sshd.known_hosts.read_text().partition(" ")[2]
        known.write_text(f"[test]:{sshd.port} {key}")
        where = f"address: localhost, port: {sshd.port}, known_hosts: {known}, known_as: test"
        checks = f"{{ssh: {{probe: ssh, {where}}}}}"
        write_lab(tmp_path, f"{AFAR}guests: {{test: {{address: 10.0.0.9, checks: {checks}}}}}\n")
        told = await caretaker("check", folder=tmp_path)
    assert told.code == 0, told.out
    assert "ok  guest:test  boot        a check of its own shows it well (nothing on its screen" in told.out


@pytest.mark.slow
@pytest.mark.parametrize("where", ["127.0.0.1", "localhost"])
async def test_what_answers_at_its_hosts_address_proves_no_guest(tmp_path, where):
    with port(listening=True) as web:
        checks = f"{{http: {{probe: tcp, address: {where}, port: {web}}}}}"
        write_lab(tmp_path, f"{ATLAS}guests: {{test: {{checks: {checks}}}}}\n")
        told = await caretaker("check", folder=tmp_path)
    assert told.code == 1
    assert f"but {where} is the address of the host atlas, too, and who answers there can't be told" in told.out


@pytest.mark.slow
async def test_a_guest_that_runs_on_two_hosts_fails_and_what_a_migration_left_behind_does_not(tmp_path):
    hosts = ", ".join(f"{name}: {{hypervisor: 'test://{tmp_path}/{name}.xml'}}" for name in ("atlas", "borea"))
    write_lab(tmp_path, f"hosts: {{{hosts}}}\nguests: {{dev2: {{expect: running, proof: running}}}}\n")
    (tmp_path / "borea.xml").write_text(RUNS)
    (tmp_path / "atlas.xml").write_text(RUNS)
    told = await caretaker("check", folder=tmp_path)
    assert told.code == 1
    twice = "it runs on atlas and borea at once: two copies write to the same disks"
    assert f"FAIL  guest:dev2  placement   {twice}" in told.out
    (tmp_path / "atlas.xml").write_text(NODE)
    told = await caretaker("check", folder=tmp_path)
    assert told.code == 0, told.out
    assert "cannot check" not in told.err
    assert told.out.count("guest:dev2") == 2, "its power, and the look inside"


@pytest.mark.slow
async def test_a_lab_in_which_nothing_is_looked_at_is_not_well(tmp_path):
    write_lab(tmp_path, "")
    told = await caretaker("check", folder=tmp_path)
    nothing = "lab.yaml names nothing to look at: give it hosts, services or a UPS"
    assert (told.code, told.out) == (1, f"\n0 checks: 0 fail, 0 unknown\n{nothing}\n")


@pytest.mark.slow
async def test_what_is_listed_and_not_there_or_not_looked_at_is_told_and_ends_it_with_1(tmp_path):
    write_lab(tmp_path, f"{ATLAS}guests: {{vm000: {{expect: running}}}}\nservices: {{web: {{}}}}\n")
    told = await caretaker("check", folder=tmp_path)
    assert told.code == 1
    assert "lab.yaml:4: cannot watch guests.vm000: because no hypervisor has a guest 'vm000'\n" in told.out
    assert "lab.yaml:5: cannot watch services.web: because nothing looks at it\n" in told.out


@pytest.mark.slow
async def test_what_fails_comes_first_and_ends_it_with_1(tmp_path):
    with port(listening=False) as web:
        write_lab(tmp_path, ATLAS + SERVICE.format(port=web))
        told = await caretaker("check", folder=tmp_path)
    assert told.code == 1
    assert told.out.startswith(f"FAIL     service:web  http        cannot connect to 127.0.0.1:{web}: because ")
    assert "\n4 checks: 1 fail, 1 unknown\n" in told.out


@pytest.mark.slow
async def test_what_ran_before_an_incident_and_is_off_is_no_success_also_after_that_was_closed(tmp_path):
    write_lab(tmp_path, 'hosts: {atlas: {hypervisor: "test://' + str(tmp_path / "node.xml") + '"}}\n')
    (tmp_path / "node.xml").write_text(NODE)
    with closing(Store(tmp_path / "data" / "caretaker.db")) as store, store.transaction():
        dev2 = Target(guest_id(UUID), runs_on=TargetId("host:atlas"), name="dev2")
        store.targets.keep([dev2], NOW)
        store.left_off.keep([LeftOff(Member(dev2.id, was_running=True, running=False), IncidentId(3), NOW)])
    told = await caretaker("check", folder=tmp_path)
    assert told.code == 1
    assert "FAIL" in told.out
    assert "guest:dev2" in told.out
    assert "off, and it ran before incident 3" in told.out
    (tmp_path / "data" / "caretaker.db").write_bytes(b"no database at all" * 100)
    told = await caretaker("check", folder=tmp_path)
    assert told.code == 1
    assert "cannot tell what ran before and is off: because file is not a database" in told.out


@pytest.mark.slow
async def test_a_hypervisor_that_is_away_is_one_failure(tmp_path):
    with port(listening=False) as away:
        write_lab(tmp_path, f'hosts: {{atlas: {{hypervisor: "qemu+tcp://127.0.0.1:{away}/system"}}}}\n')
        told = await caretaker("check", folder=tmp_path)
    assert told.code == 1
    assert told.out.startswith("FAIL  host:atlas  hypervisor  cannot list the guests' states on atlas")
    assert told.out.endswith("1 check: 1 fail, 0 unknown\n")


@pytest.mark.slow
async def test_guests_that_come_and_go_are_left_out(tmp_path):
    write_lab(tmp_path, f"{ATLAS}ephemeral: [te*]\n")
    told = await caretaker("check", folder=tmp_path)
    assert "guest:test" not in told.out


@pytest.mark.slow
async def test_what_takes_long_says_how_far_it_is(tmp_path):
    with socket.socket() as silent, socket.socket() as first, socket.socket() as second:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)  # one connection waits to be accepted, and the next hears nothing at all
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(silent.getsockname())
        checks = f"{{probe: tcp, port: {silent.getsockname()[1]}, timeout: 4s}}"
        write_lab(tmp_path, f"services: {{web: {{address: 127.0.0.1, checks: {{http: {checks}}}}}}}\n")
        async with started("check", folder=tmp_path) as looking:
            await looking.prints("… 0 of 1 looks are over\n")
            ended = await looking.ends()
    assert ended.code == 1
    assert "within 4 s" in ended.out
