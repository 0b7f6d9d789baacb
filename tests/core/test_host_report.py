"""What a host's report from inside comes to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.config.zone import SystemZone
from bot.core.health import Health, Kind
from bot.core.incidents.host_report import (
    NoReport,
    judge,
    kernel_of,
    kernel_ran_on,
    of_boot,
    other_system,
    read_report,
)

NOW = datetime(2026, 3, 1, 14, 10, tzinfo=UTC)
BOOT, OTHER_BOOT = "3c4b1cd2-53b4-44e9-b801-e5d0d1700703", "0b0b0b0b-53b4-44e9-b801-e5d0d1700703"
SINCE = (NOW - timedelta(seconds=180.25)).isoformat()
KNOWN = {"boot_id": BOOT, "up_since": SINCE, "root": "writable"}
EXT4, XFS = "rw,relatime ext4 rw,errors=remount-ro", "ro,relatime xfs ro,attr2"


def told(**changes: str | None) -> str:
    """A report in the script's words: that of a host which booted three minutes ago and is well."""
    said = {
        "system": "Linux",
        "boot_id": BOOT,
        "uptime": "180.25",
        "clock": str(int(NOW.timestamp())),
        "root": EXT4,
        "errors": "0",
        "fstab": "defaults,errors=remount-ro",
    } | changes
    return "".join(f"{word} {value}\n" for word, value in said.items() if value is not None)


def found(before=None, *, doubted=False, **changes):
    return judge(read_report(told(**changes)), before or {}, NOW, doubted=doubted)


def test_a_host_seen_for_the_first_time_tells_since_when_it_is_up() -> None:
    finding = found()
    assert (finding.up.health, finding.up.why) == (Health.OK, "up since 14:06 UTC, root file system writable")
    assert finding.root is not None
    assert (finding.root.health, finding.proves) == (Health.OK, True)
    assert finding.facts == KNOWN


def test_a_new_boot_id_says_that_it_was_off() -> None:
    finding = found({"boot_id": OTHER_BOOT}, doubted=True)
    assert finding.up.why == "booted anew at 14:06 UTC, root file system writable"


def test_the_same_boot_id_says_that_it_never_went_off() -> None:
    finding = found(KNOWN, doubted=True)
    assert finding.up.why == "it never went off (up since 14:06 UTC), root file system writable"
    assert found(KNOWN).up.why.startswith("up since 14:06 UTC")


def test_the_same_boot_id_says_nothing_where_it_runs_for_less_long() -> None:
    earlier = {"boot_id": BOOT, "up_since": (NOW - timedelta(days=10)).isoformat()}
    assert found(earlier, doubted=True).up.why.startswith("up since 14:06 UTC")
    assert found({"boot_id": BOOT}, doubted=True).up.why.startswith("up since 14:06 UTC"), "it is not known"


def test_an_uptime_that_has_shrunk_is_another_boots_whatever_its_id() -> None:
    report, hour = read_report(told()), timedelta(hours=1)
    assert of_boot(report, None, None, NOW) == of_boot(report, BOOT, None, NOW) == report
    assert of_boot(report, OTHER_BOOT, hour, NOW) == report, "the id tells"
    anew = of_boot(report, BOOT, hour, NOW)
    assert anew.boot_id == f"{BOOT}/20260301T140659"
    goes_on = replace(report, uptime=report.uptime + hour)
    assert of_boot(goes_on, anew.boot_id, report.uptime, NOW + hour).boot_id == anew.boot_id
    assert judge(anew, KNOWN, NOW, doubted=True).up.why.startswith("booted anew at 14:06 UTC")


def test_a_boot_on_another_day_is_told_with_its_date() -> None:
    assert found(uptime="864000").up.why.startswith("up since 19 Feb 2026 14:10 UTC")


@pytest.mark.parametrize("zone", [ZoneInfo("Asia/Tokyo"), SystemZone()])
def test_since_when_it_is_up_is_told_in_the_labs_zone(zone) -> None:
    told_in = judge(read_report(told(uptime="36000")), {}, NOW, doubted=False, zone=zone).up.why
    here = (NOW - timedelta(hours=10)).astimezone(zone)
    day = "" if here.date() == NOW.astimezone(zone).date() else f"{here.day} {here:%b %Y} "
    assert told_in.startswith(f"up since {day}{here:%H:%M} {here.tzname()},")
    longest = judge(read_report(told(uptime="9" * 10, clock="9" * 10)), {}, NOW, doubted=False, zone=zone)
    assert longest.up.health is Health.OK


@pytest.mark.parametrize(
    ("root", "changes"),
    [
        ("ro,relatime ext4 rw,errors=remount-ro", {}),
        ("rw,relatime ext4 ro,errors=remount-ro", {}),
        ("rw,relatime ext4 rw,emergency_ro", {"fstab": None}),
        (XFS, {}),
        ("rw overlay ro,lowerdir=/a,upperdir=/b", {}),
    ],
)
def test_a_root_that_became_read_only_is_not_well(root, changes) -> None:
    finding = found(root=root, **changes)
    assert finding.root is not None
    assert (finding.root.health, finding.root.kind) == (Health.FAIL, Kind.FILESYSTEM_READONLY)
    assert (finding.root.why, finding.proves) == ("root file system read-only", False)
    assert finding.up.health is Health.OK, "its own system answers all the same"
    assert finding.facts == {"boot_id": BOOT, "up_since": SINCE}


def test_a_root_that_was_writable_needs_no_fstab_to_be_not_well() -> None:
    finding = found(KNOWN, root=XFS, fstab=None)
    assert finding.root is not None
    assert finding.root.health is Health.FAIL


def test_recorded_errors_are_damage_also_while_it_can_be_written() -> None:
    finding = found(errors="3")
    assert finding.root is not None
    assert (finding.root.health, finding.root.kind) == (Health.FAIL, Kind.FILESYSTEM_READONLY)
    assert (finding.root.why, finding.proves) == ("root file system with 3 recorded errors: it needs fsck", False)


@pytest.mark.parametrize(
    ("root", "fstab"),
    [
        ("ro,relatime ext4 ro", "ro,noatime"),
        ("ro squashfs ro", "defaults"),
        ("ro erofs ro", None),
        ("ro overlay ro,lowerdir=/a:/b", None),
    ],
)
def test_a_root_that_is_meant_to_be_read_only_is_well(root, fstab) -> None:
    finding = found(root=root, fstab=fstab, errors=None)
    assert finding.root is not None
    assert (finding.root.health, finding.proves) == (Health.OK, True)
    assert finding.root.why == "root file system read-only, as it is meant to be"
    assert finding.facts == {"boot_id": BOOT, "up_since": SINCE}


def test_a_root_of_which_nobody_says_how_it_should_be_proves_nothing() -> None:
    finding = found(root=XFS, fstab=None)
    assert finding.root is not None
    assert (finding.root.health, finding.up.health, finding.proves) == (Health.UNKNOWN, Health.OK, False)


def test_a_host_that_is_still_in_its_initramfs_waits_for_a_person() -> None:
    finding = found(initramfs="")
    assert (finding.up.health, finding.up.kind) == (Health.FAIL, Kind.BOOT_WAITING)
    assert (finding.root, finding.proves, finding.facts) == (None, False, {})


def test_a_host_that_runs_from_memory_may_not_have_left_its_initramfs() -> None:
    finding = found(root="rw rootfs rw")
    assert (finding.up.health, finding.root, finding.proves) == (Health.UNKNOWN, None, False)


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (timedelta(seconds=59), ""),
        (timedelta(seconds=-59), ""),
        (timedelta(minutes=-90), ", its clock is 90 min behind"),
        (timedelta(hours=3), ", its clock is 3 h ahead"),
        (timedelta(days=-9000), ", its clock is 9000 days behind"),
    ],
)
def test_a_clock_that_is_off_is_told_and_no_failure(off, words) -> None:
    finding = found(clock=str(int((NOW + off).timestamp())))
    assert finding.up.why == f"up since 14:06 UTC, root file system writable{words}"
    assert finding.proves


@pytest.mark.parametrize(
    "changes",
    [
        {"system": None},
        {"boot_id": None},
        {"boot_id": "$(reboot)"},
        {"uptime": "long"},
        {"uptime": "9" * 11},
        {"clock": ""},
        {"clock": "-5"},
        {"root": "  "},
        {"root": "rw ext4"},
        {"errors": "many"},
        {"init": "$(reboot)"},
    ],
    ids=str,
)
def test_what_does_not_look_like_a_report_is_none(changes) -> None:
    with pytest.raises(NoReport):
        read_report(told(**changes))


@pytest.mark.parametrize("text", ["", "\n \n", "x" * 1_000_000, "\0\xff boot_id"])
def test_anything_else_is_no_report(text) -> None:
    with pytest.raises(NoReport):
        read_report(text)


def test_the_longest_times_that_can_be_told_can_be_reckoned_with_and_are_told_as_no_date() -> None:
    finding = found(uptime="9" * 10, clock="9" * 10)
    assert finding.up.health is Health.OK
    assert finding.up.why.startswith("up, and its uptime can't be right, root file system writable")
    since_1970 = str(int(NOW.timestamp()))
    assert found({"boot_id": OTHER_BOOT}, uptime=since_1970).up.why.startswith("booted anew, root file system")


def test_a_container_that_booted_between_two_reports_is_told_by_its_first_process_however_long_it_runs() -> None:
    first = of_boot(read_report(told(uptime="2", init="4711")), None, None, NOW)
    later = NOW + timedelta(seconds=30)
    goes_on = read_report(told(uptime="32", init="4711"))
    anew = read_report(told(uptime="20", init="5911"))
    assert of_boot(goes_on, first.boot_id, first.uptime, later).boot_id == first.boot_id
    assert of_boot(anew, first.boot_id, first.uptime, later).boot_id not in {first.boot_id, BOOT}
    assert of_boot(anew, first.boot_id, None, later).boot_id != first.boot_id, "nor did the bot see it between"
    assert kernel_of(first.boot_id) == BOOT
    assert kernel_ran_on(first.boot_id, of_boot(anew, first.boot_id, first.uptime, later).boot_id)


def test_a_board_with_one_boot_id_for_all_boots_is_not_taken_for_a_container_that_was_restarted() -> None:
    first = of_boot(read_report(told(uptime="500", init="3")), None, None, NOW)
    anew = of_boot(read_report(told(uptime="20", init="3")), first.boot_id, first.uptime, NOW)
    assert anew.boot_id != first.boot_id
    assert not kernel_ran_on(first.boot_id, anew.boot_id)
    assert not kernel_ran_on(first.boot_id, f"{OTHER_BOOT}+4")


def test_a_container_is_up_for_as_long_as_its_first_process_is_whatever_its_host_is() -> None:
    container = read_report(told(uptime="864000", init="86000000", look="86018025"))
    assert container.uptime == timedelta(seconds=180.25)
    assert read_report(told(uptime="60", init="5", look="")).uptime == timedelta(seconds=60)


def test_a_first_process_that_was_or_is_not_told_makes_no_boot_a_new_one() -> None:
    with_it, without = read_report(told(init="4711")), read_report(told())
    for last, report in ((BOOT, with_it), (f"{BOOT}+4711", without)):
        assert of_boot(report, last, report.uptime, NOW).boot_id == last


@pytest.mark.parametrize(
    ("text", "system"),
    [("system FreeBSD\n", "FreeBSD"), (told(), None), ("", None), ("system <@U1>\n", None)],
)
def test_a_system_of_another_kind_is_known_by_its_name(text, system) -> None:
    assert other_system(text) == system
