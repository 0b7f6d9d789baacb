"""libvirt's event loop, and its numbers in words: states, reasons and events as values of core.guest.

It registers callbacks and translates what they say. It refuses to judge: what a crash means is decided elsewhere.
"""

import functools
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import libvirt

from bot.core.guest import GuestEvent, GuestEventKind, GuestState, Power, Reason

log = logging.getLogger(__name__)

Hear = Callable[[GuestEvent], None]


@functools.cache
def run_event_loop() -> threading.Thread:
    """Start libvirt's own event loop, once a process, in a daemon thread; must come before the first connection.

    libvirt takes one implementation for good, so the one bound to an asyncio loop would outlive that loop.
    """
    libvirt.registerErrorHandler(
        lambda _context, _error: None, None
    )  # errors are raised; stderr needn't repeat them
    libvirt.virEventRegisterDefaultImpl()

    def run() -> None:
        while True:
            try:
                libvirt.virEventRunDefaultImpl()
            except libvirt.libvirtError:
                log.exception("libvirt's event loop stumbled and goes on")

    thread = threading.Thread(target=run, name="libvirt events", daemon=True)
    thread.start()
    return thread


_POWER = {
    libvirt.VIR_DOMAIN_RUNNING: Power.RUNNING,
    libvirt.VIR_DOMAIN_BLOCKED: Power.RUNNING,
    libvirt.VIR_DOMAIN_PAUSED: Power.PAUSED,
    libvirt.VIR_DOMAIN_SHUTDOWN: Power.SHUTTING_DOWN,
    libvirt.VIR_DOMAIN_SHUTOFF: Power.OFF,
    libvirt.VIR_DOMAIN_CRASHED: Power.CRASHED,
    libvirt.VIR_DOMAIN_PMSUSPENDED: Power.SUSPENDED,
}
_WHY_POWER = {
    (Power.RUNNING, libvirt.VIR_DOMAIN_RUNNING_BOOTED): Reason.BOOTED,
    (Power.PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER): Reason.USER,
    (Power.PAUSED, libvirt.VIR_DOMAIN_PAUSED_FROM_SNAPSHOT): Reason.OLD_STATE,
    **{
        (Power.PAUSED, reason): Reason.IN_HAND
        for reason in (
            libvirt.VIR_DOMAIN_PAUSED_MIGRATION,
            libvirt.VIR_DOMAIN_PAUSED_POSTCOPY,
            libvirt.VIR_DOMAIN_PAUSED_SAVE,
            libvirt.VIR_DOMAIN_PAUSED_DUMP,
            libvirt.VIR_DOMAIN_PAUSED_SNAPSHOT,
            libvirt.VIR_DOMAIN_PAUSED_STARTING_UP,
        )
    },
    (Power.PAUSED, libvirt.VIR_DOMAIN_PAUSED_IOERROR): Reason.IO_ERROR,
    (Power.PAUSED, libvirt.VIR_DOMAIN_PAUSED_WATCHDOG): Reason.WATCHDOG,
    (Power.PAUSED, libvirt.VIR_DOMAIN_PAUSED_CRASHED): Reason.CRASHED,
    (Power.OFF, libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN): Reason.SHUTDOWN,
    (Power.OFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED): Reason.DESTROYED,
    (Power.OFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED): Reason.CRASHED,
    (Power.OFF, libvirt.VIR_DOMAIN_SHUTOFF_SAVED): Reason.SAVED,
    (Power.OFF, libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED): Reason.MIGRATED,
    (Power.OFF, libvirt.VIR_DOMAIN_SHUTOFF_FAILED): Reason.FAILED,
    (Power.CRASHED, libvirt.VIR_DOMAIN_CRASHED_PANICKED): Reason.PANICKED,
}


def guest_state(name: str, state: int, reason: int, uuid: str = "") -> GuestState:
    """A `virDomainState` and its reason in words; a number this code doesn't know is UNKNOWN."""
    power = _POWER.get(state, Power.UNKNOWN)
    return GuestState(name, power, _WHY_POWER.get((power, reason), Reason.NONE), uuid)


def states_of(connection: Any) -> dict[str, GuestState]:
    """The state of every guest by its UUID, in one call."""
    told = connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE)
    return {
        uuid: guest_state(domain.name(), state["state.state"], state.get("state.reason", 0), uuid)
        for domain, state in told
        for uuid in (domain.UUIDString(),)
    }


_LIFECYCLE = {
    libvirt.VIR_DOMAIN_EVENT_DEFINED: GuestEventKind.DEFINED,
    libvirt.VIR_DOMAIN_EVENT_UNDEFINED: GuestEventKind.UNDEFINED,
    libvirt.VIR_DOMAIN_EVENT_STARTED: GuestEventKind.STARTED,
    libvirt.VIR_DOMAIN_EVENT_SUSPENDED: GuestEventKind.PAUSED,
    libvirt.VIR_DOMAIN_EVENT_RESUMED: GuestEventKind.RESUMED,
    libvirt.VIR_DOMAIN_EVENT_STOPPED: GuestEventKind.STOPPED,
    libvirt.VIR_DOMAIN_EVENT_SHUTDOWN: GuestEventKind.SHUT_DOWN,
    libvirt.VIR_DOMAIN_EVENT_PMSUSPENDED: GuestEventKind.SUSPENDED,
    libvirt.VIR_DOMAIN_EVENT_CRASHED: GuestEventKind.PANICKED,
}
_WHY_EVENT = {
    **{
        (GuestEventKind.STARTED, how): Reason.GOES_ON
        for how in (
            libvirt.VIR_DOMAIN_EVENT_STARTED_MIGRATED,
            libvirt.VIR_DOMAIN_EVENT_STARTED_RESTORED,
            libvirt.VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT,
            libvirt.VIR_DOMAIN_EVENT_STARTED_WAKEUP,
        )
    },
    (GuestEventKind.PAUSED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_PAUSED): Reason.USER,
    (GuestEventKind.PAUSED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED): Reason.IN_HAND,
    (GuestEventKind.PAUSED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY): Reason.IN_HAND,
    (GuestEventKind.PAUSED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT): Reason.OLD_STATE,
    (GuestEventKind.PAUSED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_IOERROR): Reason.IO_ERROR,
    (GuestEventKind.PAUSED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG): Reason.WATCHDOG,
    # A signal to its QEMU ends it, too, and all that libvirt tells from then on is that it was shut down.
    (GuestEventKind.SHUT_DOWN, libvirt.VIR_DOMAIN_EVENT_SHUTDOWN_HOST): Reason.SIGNALLED,
    (GuestEventKind.STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN): Reason.SHUTDOWN,
    (GuestEventKind.STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_DESTROYED): Reason.DESTROYED,
    (GuestEventKind.STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_CRASHED): Reason.CRASHED,
    (GuestEventKind.STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_SAVED): Reason.SAVED,
    (GuestEventKind.STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_MIGRATED): Reason.MIGRATED,
    # "Failed" is what QEMU's process dying on its own is called here; the guest's state afterwards says "crashed".
    (GuestEventKind.STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_FAILED): Reason.CRASHED,
    (GuestEventKind.PANICKED, libvirt.VIR_DOMAIN_EVENT_CRASHED_PANICKED): Reason.PANICKED,
}


def lifecycle_event(host: str, guest: str, event: int, detail: int, uuid: str = "") -> GuestEvent | None:
    """A `virDomainEventType` and its detail in words; None for one this code doesn't know."""
    what = _LIFECYCLE.get(event)
    if what is None:
        return None
    reason = _WHY_EVENT.get((what, detail), Reason.NONE)
    if reason is Reason.CRASHED:
        what = GuestEventKind.CRASHED
    return GuestEvent(host, guest, what, reason, uuid=uuid)


def watch(connection: Any, host: str, hear: Hear) -> list[int]:
    """Register for all that is told of guests; gives the ids to deregister. `hear` runs on libvirt's thread."""

    def lifecycle(_connection: Any, domain: Any, event: int, detail: int, _opaque: Any) -> None:
        tell(lifecycle_event(host, domain.name(), event, detail, domain.UUIDString()))

    def reboot(_connection: Any, domain: Any, _opaque: Any) -> None:
        tell(GuestEvent(host, domain.name(), GuestEventKind.REBOOTED, uuid=domain.UUIDString()))

    def watchdog(_connection: Any, domain: Any, _action: int, _opaque: Any) -> None:
        fired = (GuestEventKind.WATCHDOG, Reason.WATCHDOG)
        tell(GuestEvent(host, domain.name(), *fired, uuid=domain.UUIDString()))

    def io_error(_c: Any, domain: Any, path: str, _alias: str, _action: int, why: str, _opaque: Any) -> None:
        detail = f"{path}: {why}" if why else path
        error = (GuestEventKind.IO_ERROR, Reason.IO_ERROR, detail)
        tell(GuestEvent(host, domain.name(), *error, uuid=domain.UUIDString()))

    def tell(event: GuestEvent | None) -> None:
        if event is not None:
            hear(event)

    wanted: Sequence[tuple[int, Callable[..., None]]] = (
        (libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, lifecycle),
        (libvirt.VIR_DOMAIN_EVENT_ID_REBOOT, reboot),
        (libvirt.VIR_DOMAIN_EVENT_ID_WATCHDOG, watchdog),
        (libvirt.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, io_error),
    )
    return [connection.domainEventRegisterAny(None, number, _logged(heard), None) for number, heard in wanted]


def unwatch(connection: Any, ids: Sequence[int]) -> None:
    """Deregister before closing, or descriptors leak; a connection that is already dead is no error."""
    for callback in ids:
        with suppress(libvirt.libvirtError):
            connection.domainEventDeregisterAny(callback)


def _logged(heard: Callable[..., None]) -> Callable[..., None]:
    """Log what a callback raises: libvirt swallows it, and a mistake there would be silence."""

    def call(*args: Any) -> None:
        try:
            heard(*args)
        except Exception:
            log.exception("cannot pass on a hypervisor's event")

    return call
