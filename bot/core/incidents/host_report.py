"""What a Linux host tells of itself from inside: when it booted, and whether its root file system is well.

The report is text that a fixed script has printed there; what does not look as it should is not believed. Nothing
is written to a disk to find out: a file system that the kernel has shut off without saying so in its mount options
(XFS, a dead disk) is not noticed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from bot.core.health import Health, Kind

_LONGEST: Final = 65_536  # characters of a report that are read
_BOOT_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME: Final = re.compile(r"[A-Za-z][\w.-]{1,30}")
_NUMBER: Final = re.compile(r"\d{1,10}(\.\d{1,6})?")

_MADE_READ_ONLY: Final = frozenset({"squashfs", "erofs", "iso9660", "cramfs", "romfs", "composefs"})
"""File systems that nobody can write to: a root on one of them is as it should be."""

_RAM: Final = "rootfs"
"""What the kernel itself mounts at first: the initramfs. A booted system has mounted its own root over it."""

_WRITABLE: Final = "writable"

NEVER_OFF: Final = "it never went off"
"""What a host's boot tells that is the same as before."""

_SAYS_NEVER_OFF: Final = re.compile(rf"{NEVER_OFF} \((.*?)\)")

UP_SINCE: Final = "up_since"
"""The fact of when it booted, in ISO 8601."""

_TICKS: Final = 100
"""A second's, in which Linux tells when a process has started (USER_HZ)."""

_FIRST_LINUX: Final = 1991

CLOCK_OFF: Final = timedelta(minutes=1)
"""A clock that is off by more is told: certificates, Kerberos and backups mind."""


class NoReport(ValueError):
    """What came back is not a report; the text says why."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root file system as it is mounted. `options`: the mount's and the file system's own."""

    file_system: str
    options: frozenset[str]

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written; newer kernels' ext4 says `rw,emergency_ro` once it has given up."""
        return bool(self.options & {"ro", "emergency_ro"})

    @property
    def made_so(self) -> bool:
        """Whether a file system of that kind is read-only by its nature."""
        lower_only = self.file_system == "overlay" and not any(o.startswith("upperdir=") for o in self.options)
        return self.file_system in _MADE_READ_ONLY or lower_only


@dataclass(frozen=True, slots=True)
class HostReport:
    """What a host told. `boot_id`: its kernel's, see of_boot.

    `init`: when its first process started, in ticks of that kernel; "" where it may not know.
    `wanted`: the options fstab gives its root, None where it names none.
    `errors`: how many its ext4 root has recorded since it was last checked. `initramfs`: it has not left that.
    """

    boot_id: str
    uptime: timedelta
    clock: datetime
    root: Root
    wanted: frozenset[str] | None = None
    errors: int = 0
    initramfs: bool = False
    init: str = ""

    @property
    def started(self) -> str:
        """Which start it tells of, as far as the machine itself tells: of its kernel, and of its first process."""
        return f"{self.boot_id}+{self.init}" if self.init else self.boot_id

    def booted(self, now: datetime) -> datetime:
        """When it booted, by the clock that tells `now`: its own may be wrong."""
        return now - self.uptime


@dataclass(frozen=True, slots=True)
class Found:
    """Whether something is well, and why."""

    health: Health
    why: str
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a report comes to.

    `up`: whether its own system is up. `root`: whether its root file system is well, None where nothing is known
    of that. `proves`: whether it shows the host healthy. `facts`: what to remember of it.
    """

    up: Found
    root: Found | None = None
    proves: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


def other_system(text: str) -> str | None:
    """What system a host runs that is no Linux, and tells no more than that."""
    system = _said(text).get("system", "")
    return system if system != "Linux" and _NAME.fullmatch(system) else None


def _said(text: str) -> Mapping[str, str]:
    lines = (line.partition(" ") for line in text[-_LONGEST:].splitlines())
    return {word: value.strip() for word, _, value in lines}


def read_report(text: str) -> HostReport:
    """The report in a script's output: lines of a word and its value. Raises NoReport."""
    said = _said(text)
    if said.get("system") != "Linux":
        raise NoReport("it told nothing of itself")
    boot_id = said.get("boot_id", "")
    if not _BOOT_ID.fullmatch(boot_id):
        raise NoReport("it told no boot id")
    return HostReport(
        boot_id=boot_id,
        uptime=_uptime(said),
        clock=datetime.fromtimestamp(_number(said, "clock"), UTC),
        root=_root(said.get("root", "")),
        wanted=frozenset(said["fstab"].split(",")) if said.get("fstab") else None,
        errors=int(_number(said, "errors")) if said.get("errors") else 0,
        initramfs="initramfs" in said,
        init=f"{_number(said, 'init'):.0f}" if said.get("init") else "",
    )


def of_boot(report: HostReport, last: str | None, uptime: timedelta | None, now: datetime) -> HostReport:
    """The report with an id of its boot alone: containers have their host's, and some boards the same each time.

    `last`, `uptime`: what it told before. A first process of another start is another boot's, and so is an uptime
    that has shrunk, whatever clocks say.
    """
    told = report.started
    kernel, _, init = start_of(last or "").partition("+")
    if last is None or kernel != report.boot_id or (init and report.init and init != report.init):
        return replace(report, boot_id=told)
    shrunk = uptime is not None and report.uptime < uptime
    return replace(report, boot_id=f"{told}/{report.booted(now):%Y%m%dT%H%M%S}" if shrunk else last)


def only_up(why: str) -> str:
    """What a host told, without that it never went off: that was said of the time since it had answered last."""
    return _SAYS_NEVER_OFF.sub(r"\1", why)


def start_of(boot: str) -> str:
    """What the machine itself has told, of a boot as `of_boot` tells it."""
    return boot.partition("/")[0]


def kernel_of(boot: str) -> str:
    """The boot id of the kernel, of a boot as `of_boot` tells it: a container's is its host's."""
    return start_of(boot).partition("+")[0]


def kernel_ran_on(before: str, after: str) -> bool:
    """Whether only a container was restarted between these boots. Some boards have one boot id for all boots."""
    inits = [start_of(boot).partition("+")[2] for boot in (before, after)]
    return kernel_of(before) == kernel_of(after) and all(inits) and inits[0] != inits[1]


def _number(said: Mapping[str, str], word: str) -> float:
    value = said.get(word, "")
    if not _NUMBER.fullmatch(value):
        raise NoReport(f"it told no {word}")
    return float(value)


def _uptime(said: Mapping[str, str]) -> timedelta:
    """How long its first process runs: a container's own, where its kernel's uptime may be that of its host."""
    uptime = _number(said, "uptime")
    if said.get("init") and said.get("look"):
        uptime = max(0.0, _number(said, "look") - _number(said, "init")) / _TICKS
    return timedelta(seconds=uptime)


def _root(told: str) -> Root:
    """`rw,relatime ext4 rw,errors=remount-ro`: of the mount, its file system and that one's own options."""
    words = told.split(" ")
    if len(words) != 3:
        raise NoReport("it told nothing of its root file system")
    mount, file_system, own = words
    return Root(file_system, frozenset({*mount.split(","), *own.split(",")}))


def judge(
    report: HostReport, before: Mapping[str, str], now: datetime, *, doubted: bool, zone: tzinfo = UTC
) -> Finding:
    """What a report comes to. `before`: the facts remembered of it; `doubted`: it did not answer meanwhile."""
    booted = _booted(report, before, now, zone, doubted=doubted)
    if report.initramfs:
        why = f"it has not left its initramfs ({booted}): it waits for its disk's passphrase, or for its root"
        return Finding(Found(Health.FAIL, why, Kind.BOOT_WAITING))
    if report.root.file_system == _RAM:
        return Finding(
            Found(Health.UNKNOWN, f"it runs from memory ({booted}): it may not have left its initramfs")
        )
    root = _judge_root(report, before)
    same = before.get("boot_id") == report.boot_id
    known = before.get(UP_SINCE) if same else None
    facts = {"boot_id": report.boot_id, UP_SINCE: known or report.booted(now).isoformat()}
    if root.health is Health.OK and not report.root.read_only:
        facts["root"] = _WRITABLE
    up = Found(Health.OK, f"{booted}, {root.why}{_clock(report, now)}")
    return Finding(up, root, proves=root.health is Health.OK, facts=facts)


def _judge_root(report: HostReport, before: Mapping[str, str]) -> Found:
    """Whether its root file system is as it should be."""
    root, wanted = report.root, report.wanted
    if report.errors:
        why = f"root file system with {report.errors} recorded errors: it needs fsck"
        return Found(Health.FAIL, why, Kind.FILESYSTEM_READONLY)
    if not root.read_only:
        return Found(Health.OK, "root file system writable")
    if root.made_so or (wanted and "ro" in wanted):
        return Found(Health.OK, "root file system read-only, as it is meant to be")
    if "emergency_ro" in root.options or wanted is not None or before.get("root") == _WRITABLE:
        return Found(Health.FAIL, "root file system read-only", Kind.FILESYSTEM_READONLY)
    return Found(Health.UNKNOWN, "root file system read-only, and nothing says whether it should be")


def _booted(report: HostReport, before: Mapping[str, str], now: datetime, zone: tzinfo, *, doubted: bool) -> str:
    """Since when it runs, and whether it was off: the same id proves that it was not, if it runs for as long."""
    last, began = before.get("boot_id"), before.get(UP_SINCE)
    at = _moment(report.booted(now).astimezone(zone), now)
    if last is not None and last != report.boot_id:
        return f"booted anew{f' at {at}' if at else ''}"
    up = f"up since {at}" if at else "up, and its uptime can't be right"
    lasts = began is not None and report.booted(now) - datetime.fromisoformat(began) <= CLOCK_OFF
    return f"{NEVER_OFF} ({up})" if lasts and doubted else up


def _moment(at: datetime, now: datetime) -> str:
    """When it booted, in words; "" where no Linux can have: its uptime, or the bot's own clock, is wrong."""
    day = "" if at.date() == now.astimezone(at.tzinfo).date() else f"{at.day} {at:%b %Y} "
    return f"{day}{at:%H:%M} {at.tzname()}" if at.year >= _FIRST_LINUX else ""


def _clock(report: HostReport, now: datetime) -> str:
    """What to say of its clock, if it is off."""
    off = report.clock - now
    if abs(off) <= CLOCK_OFF:
        return ""
    return f", its clock is {_span(abs(off))} {'ahead' if off > timedelta(0) else 'behind'}"


def _span(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    for unit, size in (("days", 1440), ("h", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"
