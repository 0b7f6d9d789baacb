"""What a guest's state means."""

import pytest

from bot.core.guest import GuestInfo, GuestState, Power, Reason, StartsFrom, judge, still_off
from bot.core.health import Health, Kind


def judged(power: Power, reason: Reason = Reason.NONE, *, wanted: bool = True) -> tuple[Health, Kind | None]:
    judgement = judge(GuestState("web1", power, reason), wanted=wanted)
    return judgement.health, judgement.kind


def test_a_running_guest_is_fine() -> None:
    assert judged(Power.RUNNING) == (Health.OK, None)


def test_a_state_that_cannot_be_told_is_no_failure() -> None:
    assert judged(Power.UNKNOWN) == (Health.UNKNOWN, None)


@pytest.mark.parametrize("reason", [Reason.CRASHED, Reason.PANICKED, Reason.WATCHDOG, Reason.FAILED])
def test_a_crash_fails_even_where_nobody_wants_the_guest(reason: Reason) -> None:
    assert judged(Power.OFF, reason, wanted=False) == (Health.FAIL, Kind.GUEST_DOWN)


def test_a_crashed_guest_fails_whatever_the_reason() -> None:
    assert judged(Power.CRASHED) == (Health.FAIL, Kind.GUEST_DOWN)


def test_a_pause_on_an_io_error_is_damage() -> None:
    assert judged(Power.PAUSED, Reason.IO_ERROR) == (Health.FAIL, Kind.GUEST_DAMAGED)


@pytest.mark.parametrize("reason", [Reason.USER, Reason.OLD_STATE, Reason.NONE])
@pytest.mark.parametrize("power", [Power.PAUSED, Power.SUSPENDED])
def test_a_guest_that_should_run_and_is_paused_by_whomever_is_not_well(power: Power, reason: Reason) -> None:
    assert judged(power, reason) == (Health.FAIL, Kind.GUEST_DOWN)
    assert judged(power, reason, wanted=False) == (Health.OK, None)


def test_a_guest_that_is_being_saved_or_moved_is_neither_well_nor_down() -> None:
    assert judged(Power.PAUSED, Reason.IN_HAND) == (Health.UNKNOWN, None)


def test_who_paused_it_stands_in_the_judgement() -> None:
    paused = GuestState("web1", Power.PAUSED, Reason.USER)
    assert judge(paused, wanted=True).why == "paused by a person, but it should be running"
    asleep = GuestState("web1", Power.SUSPENDED)
    assert judge(asleep, wanted=True).why == "suspended, but it should be running"


@pytest.mark.parametrize("reason", [Reason.NONE, Reason.DESTROYED])
def test_a_wanted_guest_that_is_off_fails(reason: Reason) -> None:
    assert judged(Power.OFF, reason) == (Health.FAIL, Kind.GUEST_DOWN)


@pytest.mark.parametrize("reason", [Reason.SHUTDOWN, Reason.SAVED])
def test_a_wanted_guest_that_someone_shut_down_is_as_they_wanted_it(reason: Reason) -> None:
    assert judged(Power.OFF, reason) == (Health.OK, None)


def test_a_guest_nobody_wants_may_be_off() -> None:
    assert judged(Power.OFF, wanted=False) == (Health.OK, None)


def test_the_reason_stands_in_the_judgement() -> None:
    state = GuestState("web1", Power.OFF, Reason.DESTROYED)
    assert judge(state, wanted=True).why == "off (powered off), but it should be running"
    assert judge(state, wanted=False).why == "off (powered off), which is allowed"
    assert judge(GuestState("web1", Power.OFF), wanted=True).why == "off, but it should be running"


def test_what_a_guest_starts_from_differs_by_its_disks_or_by_what_it_tries_first() -> None:
    before = StartsFrom(("/img/a", "/img/b"), ("hd",))
    assert before.differs_from(before) is None
    swapped = StartsFrom(("/img/b", "/img/a"), ("hd",))
    assert swapped.differs_from(before) == "its disks are /img/b, /img/a, and were /img/a, /img/b"
    assert StartsFrom(()).differs_from(before) == "its disks are none, and were /img/a, /img/b"
    network = StartsFrom(before.disks, ("network", "hd"))
    assert network.differs_from(before) == "it boots from network, hd, and did from hd"
    info = GuestInfo(
        "web1", "u", autostart=True, persistent=True, has_agent=False, disks=("/a",), boot_order=("hd",)
    )
    assert info.starts_from == StartsFrom(("/a",), ("hd",))


def test_what_it_boots_from_is_its_first_disk_or_none_and_never_the_next():
    assert StartsFrom(("/vm/web1.img", "/vm/data.img")).boot_disk == "/vm/web1.img"
    assert StartsFrom(("rbd vms/web1", "/vm/data.img")).boot_disk is None
    assert StartsFrom(()).boot_disk is None


WHY = {"u1": Reason.MIGRATED, "u2": Reason.SHUTDOWN}


def test_what_is_off_for_a_reason_that_its_host_no_longer_knows_is_off_for_that_all_the_same() -> None:
    told = {uuid: GuestState(f"vm-{uuid}", Power.OFF, uuid=uuid) for uuid in ("u1", "u2", "u3")}
    known = still_off(told, WHY)
    assert {uuid: (one.reason, one.recalled) for uuid, one in known.items()} == {
        "u1": (Reason.MIGRATED, True),
        "u2": (Reason.SHUTDOWN, True),
        "u3": (Reason.NONE, False),
    }


@pytest.mark.parametrize("state", [(Power.RUNNING, Reason.NONE), (Power.OFF, Reason.CRASHED)])
def test_what_its_host_tells_of_a_guest_holds(state: tuple[Power, Reason]) -> None:
    told = {"u1": GuestState("web1", *state, uuid="u1")}
    assert still_off(told, WHY) == told


def test_a_guest_that_its_host_no_longer_has_is_not_told_by_it() -> None:
    assert still_off({}, WHY) == {}
