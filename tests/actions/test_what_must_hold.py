"""The `lab` lines that only look: what they take for sure, and what they do not. For a **Before**."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.actions import Outcome
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable
from bot.hypervisor.machine import Machine
from tests.actions.lines import context, run
from tests.guests import uuid

RUNNING, PAUSED, OFF, CRASHED = 1, 3, 5, 6
NODE = (
    "<node><domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>db1</name>"
    "<uuid>{uuid}</uuid><memory>1024</memory><os><type>hvm</type></os><test:runstate>{state}</test:runstate>"
    "</domain></node>"
)


@asynccontextmanager
async def borea(folder: Path, state: int | None) -> AsyncIterator[Hypervisor]:
    """Another host that defines db1, too; without a state it can't be asked."""
    node = folder / "borea.xml"
    if state is not None:
        node.write_text(NODE.format(uuid=uuid("db1"), state=state))
    hypervisor = Hypervisor("borea", f"test://{node}", on_event=lambda _: None)
    try:
        yield hypervisor
    finally:
        await hypervisor.close()


@pytest.fixture
async def blind() -> AsyncIterator[Hypervisor]:
    """A hypervisor that does not answer."""
    hypervisor = Hypervisor("atlas", "test:///nowhere/node.xml", on_event=lambda _: None)
    yield hypervisor
    await hypervisor.close()


async def test_off_is_off_and_nothing_else(guests, hypervisor) -> None:
    assert await run("is off db1", context(hypervisor)) == Outcome(ok=True, text="db1 is off")
    assert await run("is off web1", context(hypervisor)) == Outcome(
        ok=False, text="web1 is not off: it is running"
    )
    guests.domain("web1").suspend()
    assert await run("is off web1", context(hypervisor)) == Outcome(ok=False, text="web1 is not off: it is paused")


async def test_a_guest_whose_memory_is_kept_for_its_next_start_is_not_off(guests, hypervisor) -> None:
    guests.domain("web1").managedSave()
    for line in ("is off web1", "is off web1 disk=/images/web1.img"):
        found = await run(line, context(hypervisor))
        assert (found.ok, "virsh managedsave-remove web1" in found.text) == (False, True), found
    guests.domain("web1").managedSaveRemove()
    assert (await run("is off web1", context(hypervisor))).ok


async def test_a_guest_that_is_called_otherwise_by_now_is_not_acted_on(hypervisor) -> None:
    machine = Machine("web0", uuid("web1"), hypervisor, called="web0")
    for deed in (machine.power, machine.start):
        with pytest.raises(
            GuestRefused, match=r"it is called web1 now; stop this run, and start it anew for web1"
        ):
            await deed()


async def test_another_guest_that_has_its_name_by_now_is_told_from_it(hypervisor) -> None:
    other = "99999999-9999-9999-9999-999999999999"
    await Machine("web1", uuid("web1"), hypervisor, called="web1").keeps_its_name()
    await Machine("gone", other, hypervisor, called="gone").keeps_its_name()
    with pytest.raises(GuestRefused, match=f"another guest now .{uuid('web1')}, not {other}.; stop this run"):
        await Machine("web1", other, hypervisor, called="web1").keeps_its_name()


@pytest.mark.parametrize("known", ["read", "unread", "unlisted"])
async def test_a_disk_that_another_guest_of_its_host_runs_on_is_not_free(guests, hypervisor, known) -> None:
    disk = Path("/images/shared.img")
    guests.add("old", disk=disk, start=False)
    if known != "unlisted":
        guests.add("new", disk=disk)
    await hypervisor.guests()
    while known != "unread" and await hypervisor.read_definitions():
        pass
    if known == "unlisted":
        guests.add("new", disk=disk)
    found = await run(f"is off old disk={disk}", context(hypervisor))
    assert found == Outcome(ok=False, text=f"old is off, but new uses {disk}, and is not off")
    guests.domain("new").suspend()
    assert not (await run(f"is off old disk={disk}", context(hypervisor))).ok
    guests.domain("new").destroy()
    assert (await run(f"is off old disk={disk}", context(hypervisor))).ok


@pytest.mark.parametrize(("state", "words"), [(RUNNING, "running"), (PAUSED, "paused"), (CRASHED, "crashed")])
async def test_a_guest_that_is_active_on_another_host_is_neither_off_nor_started(
    guests, hypervisor, tmp_path, state, words
) -> None:
    """A paused copy has the disk open, and may go on at any moment."""
    async with borea(tmp_path, state) as other:
        there = context(hypervisor, others=[other])
        assert f"it is {words} on borea" in (await run("is off db1", there)).text
        with pytest.raises(GuestRefused, match=f"cannot start 'db1' on atlas: because it is {words} on borea"):
            await run("start db1", there)
    assert not guests.domain("db1").isActive()


async def test_a_guest_that_another_host_may_run_is_not_surely_off(hypervisor, tmp_path) -> None:
    async with borea(tmp_path, None) as other:
        found = await run("is off db1", context(hypervisor, others=[other]))
    assert not found.ok
    assert "borea can't be asked" in found.text


async def test_a_left_over_definition_does_not_keep_a_guest_from_being_off(hypervisor, tmp_path) -> None:
    async with borea(tmp_path, OFF) as other:
        assert (await run("is off db1", context(hypervisor, others=[other]))).ok


async def test_a_disk_is_the_one_that_was_looked_at_only_while_its_guest_names_it(guests, hypervisor) -> None:
    guests.add("nas 1", disk=Path("/images/nas 1.img"), start=False)
    work = context(hypervisor)
    assert await run("uses disk 'nas 1' '/images/nas 1.img'", work) == Outcome(
        True, "its disk is /images/nas 1.img"
    )
    assert await run("uses disk 'nas 1' /images/old.img", work) == Outcome(
        ok=False, text="its disk is not /images/old.img, but /images/nas 1.img"
    )
    assert (await run("uses disk web1 /images/old.img", work)).text == "its disk is not /images/old.img, but none"
    with pytest.raises(GuestRefused, match="because there is no such guest"):
        await run("uses disk nope /images/old.img", work)


async def test_off_with_its_disk_wants_both(guests, hypervisor) -> None:
    guests.add("nas1", disk=Path("/images/nas1.img"), start=False)
    work = context(hypervisor)
    assert await run("is off nas1 disk=/images/nas1.img", work) == Outcome(
        ok=True, text="nas1 is off; its disk is /images/nas1.img"
    )
    assert not (await run("is off nas1 disk=/images/nas2.img", work)).ok
    guests.domain("nas1").create()
    assert (await run("is off nas1 disk=/images/nas1.img", work)).text == "nas1 is not off: it is running"


async def test_running_is_running_and_nothing_else(guests, hypervisor) -> None:
    assert await run("is running web1", context(hypervisor)) == Outcome(ok=True, text="web1 is running")
    assert await run("is running db1", context(hypervisor)) == Outcome(ok=False, text="db1 is off")
    guests.domain("web1").suspend()
    assert not (await run("is running web1", context(hypervisor))).ok


@pytest.mark.parametrize("line", ["is off db1", "is running db1", "uses disk db1 /x"])
async def test_what_cant_be_asked_is_not_taken_for_anything(blind, line) -> None:
    with pytest.raises(HypervisorUnreachable):
        await run(line, context(blind))


@pytest.mark.parametrize("line", ["is off nope", "is running nope"])
async def test_a_guest_that_is_gone_is_neither_off_nor_running(hypervisor, line) -> None:
    with pytest.raises(GuestRefused, match="there is no such guest any more"):
        await run(line, context(hypervisor))


async def test_whoever_looks_says_whether_it_is_surely_unwell(hypervisor) -> None:
    assert await run("not healthy web1", context(hypervisor)) == Outcome(ok=False, text="looked at web1")
    assert (await run("not healthy atlas", context(hypervisor))).ok


async def test_an_incident_is_open_until_it_is_over(hypervisor) -> None:
    assert await run("is open 7", context(hypervisor)) == Outcome(ok=True, text="incident 7 is recovering")
    assert await run("is open 8", context(hypervisor)) == Outcome(ok=False, text="incident 8 is resolved")
    assert await run("is open 9", context(hypervisor)) == Outcome(ok=False, text="there is no incident 9")
