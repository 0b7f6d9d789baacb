"""What a guest's state means, given what is expected of it. The hypervisor's numbers stay in hypervisor.py."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.core.health import Health, Kind


class Power(StrEnum):
    """The state of a guest, as a hypervisor tells it."""

    RUNNING = "running"
    PAUSED = "paused"
    SHUTTING_DOWN = "shutting down"
    OFF = "off"
    CRASHED = "crashed"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """How a guest came into its state, as far as it matters here."""

    NONE = "unknown"
    BOOTED = "booted"
    GOES_ON = "going on from where it was saved"
    SHUTDOWN = "shut down"
    DESTROYED = "powered off"
    CRASHED = "crashed"
    SAVED = "saved to disk"
    SHUTDOWN_OR_SAVED = "shut down or saved"
    MIGRATED = "moved to another host"
    FAILED = "failed to start"
    IO_ERROR = "paused on an I/O error"
    USER = "paused by a person"
    OLD_STATE = "put back to a paused snapshot"
    IN_HAND = "paused while it is saved, copied or moved"
    HELD = "paused for longer than it takes to save, copy or move it"
    PANICKED = "kernel panic"
    WATCHDOG = "stopped by its watchdog"
    SIGNALLED = "ended by a signal on its host"


@dataclass(frozen=True, slots=True)
class GuestState:
    """One guest at one moment. `uuid`: which guest it is; `name`: what its host calls it.

    `recalled`: its host has forgotten the reason, which is the last one it told.
    """

    name: str
    power: Power
    reason: Reason = Reason.NONE
    uuid: str = ""
    recalled: bool = False


def still_off(states: Mapping[str, GuestState], why: Mapping[str, Reason]) -> dict[str, GuestState]:
    """What a host tells now, by UUID: what it tells to be off without a reason is so for the one it was off for.

    `why`: the last known reason of each guest that was off. A libvirtd that was started anew no longer knows it.
    """
    forgotten = [uuid for uuid in why.keys() & states.keys() if _is_off_unexplained(states[uuid])]
    return {**states, **{uuid: replace(states[uuid], reason=why[uuid], recalled=True) for uuid in forgotten}}


def _is_off_unexplained(state: GuestState) -> bool:
    return (state.power, state.reason) == (Power.OFF, Reason.NONE)


class GuestEventKind(StrEnum):
    """What a hypervisor tells of its own accord; CONNECTED and LOST are about the hypervisor itself."""

    CONNECTED = "connected"
    LOST = "lost"
    DEFINED = "defined"
    UNDEFINED = "undefined"
    STARTED = "started"
    REBOOTED = "rebooted"
    SHUT_DOWN = "shutting down"
    STOPPED = "stopped"
    CRASHED = "crashed"
    PANICKED = "panicked"
    PAUSED = "paused"
    RESUMED = "resumed"
    SUSPENDED = "suspended"
    IO_ERROR = "I/O error"
    WATCHDOG = "watchdog fired"


@dataclass(frozen=True, slots=True)
class GuestEvent:
    """One thing a hypervisor told. `host`: the hypervisor's name; `guest` and `uuid`: "" for CONNECTED and LOST.

    `detail` is what else was told, for a person: the disk and error of an I/O error, why a connection was lost.
    """

    host: str
    guest: str
    what: GuestEventKind
    reason: Reason = Reason.NONE
    detail: str = ""
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class StartsFrom:
    """What a guest starts from. `disks`: paths on its host, boot disk first; `order`: what it tries, in order."""

    disks: tuple[str, ...]
    order: tuple[str, ...] = ()

    @property
    def boot_disk(self) -> str | None:
        """The path of the first; None where that has none on its host: the next is another disk."""
        first = next(iter(self.disks), "")
        return first if first.startswith("/") else None

    def differs_from(self, before: "StartsFrom") -> str | None:
        """How it is not what it was before, in words for a person; None where it is the same."""
        if self.disks != before.disks:
            return f"its disks are {_listed(self.disks)}, and were {_listed(before.disks)}"
        if self.order != before.order:
            return f"it boots from {_listed(self.order)}, and did from {_listed(before.order)}"
        return None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


@dataclass(frozen=True, slots=True)
class GuestInfo:
    """What a hypervisor knows of a guest's making.

    `disks`: paths on the hypervisor's host, boot disk first; of one that has none there, what it is instead (`rbd
    pool/web1`), which begins with no `/`.

    `console_log`: the file on that host its serial console is logged to, or None. `has_agent`: a guest-agent
    channel is there (not: that an agent answers). `persistent`: it is still defined when it is off. `nvram`: the
    file of its firmware's variables. `console_appended`: a start goes on in that log, and does not begin it anew.
    `boot_order`: what it tries to boot from. `known`: its definition was read; if not, only the first four are
    known. `saved`: a start would go on from a saved state; told only where one guest was asked for.
    """

    name: str
    uuid: str
    autostart: bool
    persistent: bool
    has_agent: bool
    disks: tuple[str, ...] = ()
    console_log: str | None = None
    title: str = ""
    nvram: str | None = None
    console_appended: bool = False
    boot_order: tuple[str, ...] = ()
    known: bool = True
    saved: bool = False

    @property
    def starts_from(self) -> StartsFrom:
        """What it starts from, by this definition."""
        return StartsFrom(self.disks, self.boot_order)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a guest is as it should be, what it is otherwise, and why."""

    health: Health
    why: str
    kind: Kind | None = None


ALLOWED = ", which is allowed"
"""How what is said of a guest ends that is off or paused and need not run."""

_CRASHES = {Reason.CRASHED, Reason.PANICKED, Reason.WATCHDOG, Reason.FAILED}
_DAMAGE = {Reason.IO_ERROR}
ON_PURPOSE = frozenset({Reason.SHUTDOWN, Reason.SAVED, Reason.SHUTDOWN_OR_SAVED})
"""Why a guest is off that is so as someone wanted it."""

_PAUSED = {Power.PAUSED, Power.SUSPENDED}


def judge(state: GuestState, *, wanted: bool) -> Judgement:
    """Hold a guest's state against what is expected of it.

    A guest that is off because someone shut it down cleanly is as that person wanted it, even with autostart. One
    that is paused is not, whoever did it, but for as long as libvirt itself holds it, to save, copy or move it.
    """
    if state.power is Power.UNKNOWN:
        return Judgement(Health.UNKNOWN, "its hypervisor cannot tell its state")
    if state.power is Power.CRASHED or state.reason in _CRASHES:
        how = "crashed" if state.reason in {Reason.CRASHED, Reason.NONE} else f"crashed: {state.reason}"
        return Judgement(Health.FAIL, how, Kind.GUEST_DOWN)
    if state.power in _PAUSED:
        return _judge_paused(state, wanted=wanted)
    if state.power is not Power.OFF:
        return Judgement(Health.OK, str(state.power))
    how = "off" if state.reason is Reason.NONE else f"off ({state.reason})"
    if wanted and state.reason not in ON_PURPOSE:
        return Judgement(Health.FAIL, f"{how}, but it should be running", Kind.GUEST_DOWN)
    return Judgement(Health.OK, f"{how}{ALLOWED}")


def _judge_paused(state: GuestState, *, wanted: bool) -> Judgement:
    if state.reason in _DAMAGE:
        return Judgement(Health.FAIL, str(state.reason), Kind.GUEST_DAMAGED)
    if state.reason is Reason.IN_HAND:
        return Judgement(Health.UNKNOWN, str(state.reason))
    how = str(state.power if state.reason is Reason.NONE else state.reason)
    if wanted:
        return Judgement(Health.FAIL, f"{how}, but it should be running", Kind.GUEST_DOWN)
    return Judgement(Health.OK, f"{how}{ALLOWED}")
