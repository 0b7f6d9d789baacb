"""One connection to libvirt, from its opening to its end, and the one thread that calls it.

The thread is no executor's: Python waits for those at exit, and a call that hangs would keep it from ending. A
session that is left closes when what runs in it is over; what it waits for over SSH is ended, so that it is.
"""

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, TypeVar

import libvirt

from bot.core.guest import GuestEvent, GuestEventKind
from bot.hypervisor.events import run_event_loop, unwatch, watch
from bot.hypervisor.knock import knock
from bot.hypervisor.obstacles import ConnectionLost, Obstacle, What
from bot.hypervisor.refusals import refusal
from bot.hypervisor.ssh import OwnSsh
from bot.hypervisor.way import Way
from bot.names import Names

T = TypeVar("T")

PREFLIGHT: Final = timedelta(seconds=3)
KEEPALIVE: Final = (5, 2)  # ask every 5 s; two unanswered and the connection is dead, so after 15 s


@dataclass(slots=True)
class _Begun:
    """When a job was begun, by the monotonic clock; not before anything, until it is."""

    at: float = math.inf


class Session:
    """A connection by `way`. `hear` is called on the loop that made it."""

    def __init__(
        self, way: Way, names: Names, hear: Callable[["Session", GuestEvent], None], *, events: bool
    ) -> None:
        self._way, self._names, self._events = way, names, events
        self._loop = asyncio.get_running_loop()
        self._heard = partial(hear, self)
        self._connection: Any = None
        self._callbacks: list[int] = []
        self._ssh: OwnSsh | None = None
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._shared: dict[str, list[tuple[_Begun, Future[Any]]]] = {}  # by name, the oldest first
        self.busy_since = time.monotonic()
        self.gone = asyncio.Event()
        self.opening: Future[None] = Future()
        self.opening.set_running_or_notify_cancel()
        self._thread = threading.Thread(target=self._work, name=f"libvirt {way.name}", daemon=True)
        self._beginning = asyncio.create_task(self._begin(), name=f"knock at {way.name}")

    def submit(self, job: Callable[[Any], T]) -> Future[T]:
        """Have the thread run `job` with the connection; the future raises ConnectionLost or what `job` raised."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # whoever waits may give up; the job is done all the same
        if self.gone.is_set():
            future.set_exception(_broke("the connection broke"))
            return future

        self._jobs.put(partial(self._run, future, job))
        return future

    def share(self, name: str, job: Callable[[Any], T], since: float) -> Future[T]:
        """The same for a job that several may wait for: one that is not done, and was not begun before `since`."""
        asked = self._shared[name] = [one for one in self._shared.get(name, ()) if not one[1].done()]
        for begun, future in asked:
            if begun.at >= since:
                return future
        begun = _Begun()

        def begin(connection: Any) -> T:
            begun.at = time.monotonic()
            return job(connection)

        asked.append((begun, self.submit(begin)))
        return asked[-1][1]

    @property
    def hangs(self) -> bool:
        """Whether its thread has not come to an end."""
        return self._thread.is_alive()

    def leave(self) -> Future[None]:
        """Close when what runs there is over, and end the thread. Once only; nothing is taken on afterwards."""
        closed = self.submit(lambda _connection: self._shut())
        self._jobs.put(None)
        self.gone.set()
        if self._thread.ident is None:  # nothing was opened yet
            self._beginning.cancel()
            closed.set_result(None)
        return closed

    def cut(self) -> None:
        """End the ssh it waits for, so that what runs there is over soon.

        For a session that was left; it blocks.
        """
        while self.hangs and self._ssh is not None:
            self._ssh.end()
            self._thread.join(0.2)

    def alive(self) -> bool:
        """Whether the connection stands, as far as this end knows: it asks nobody."""
        with suppress(libvirt.libvirtError):
            return self._connection is not None and bool(self._connection.isAlive())
        return False

    async def _begin(self) -> None:
        """Open it in the thread; not before someone answers at all, since libvirt would wait for ever."""
        try:
            if not self._way.by_ssh:  # ssh itself says more, and waits no longer
                await knock(self._way, self._names, PREFLIGHT)
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever waits
            self.opening.set_exception(error)
            return
        self._jobs.put(partial(self._run, self.opening, lambda _none: self._open()))
        self._thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self.busy_since = time.monotonic()
            job()
            del job

    def _run(self, future: Future[T], job: Callable[[Any], T]) -> None:
        try:
            future.set_result(job(self._connection))
        except libvirt.libvirtError as error:
            future.set_exception(error if self.alive() else _broke(str(error)))
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever asked
            future.set_exception(error)
        finally:
            # The error's traceback holds this frame, and the frames below hold libvirt's objects: were the future
            # held here too, this circle would keep the connection's descriptor until the garbage collector comes.
            del future, job

    def _open(self) -> None:
        try:
            self._connection = connection = self._connect()
        except libvirt.libvirtError as error:
            said = self._ssh.said() if self._ssh is not None else ""
            self._end_ssh()
            raise ConnectionLost(refusal(error, self._way, said)) from error
        with suppress(libvirt.libvirtError):  # the test driver has neither of the two
            connection.setKeepAlive(*KEEPALIVE)
            connection.registerCloseCallback(self._closed, None)
        if self._events:
            self._callbacks = watch(connection, self._way.name, self._hear)

    def _connect(self) -> Any:
        run_event_loop()
        if not self._way.by_ssh:
            return libvirt.open(self._way.uri)
        self._ssh = OwnSsh(self._way.uri)
        if self.gone.is_set():
            raise _broke("nobody waits for it any more")
        return libvirt.open(self._ssh.uri)

    def _hear(self, event: GuestEvent) -> None:
        """From libvirt's threads over to the loop; a loop that is closed has nobody listening."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._heard, event)

    def _closed(self, _connection: Any, _reason: int, _opaque: Any) -> None:
        """The connection broke. libvirt says so on any of its threads."""
        self._hear(GuestEvent(self._way.name, "", GuestEventKind.LOST, detail="the connection broke"))

    def _shut(self) -> None:
        if self._connection is not None:
            unwatch(self._connection, self._callbacks)
            with suppress(libvirt.libvirtError):
                self._connection.unregisterCloseCallback()
            with suppress(libvirt.libvirtError):
                self._connection.close()
            self._connection = None
        self._end_ssh()

    def _end_ssh(self) -> None:
        if self._ssh is not None:
            self._ssh.close()
            self._ssh = None


def _broke(why: str) -> ConnectionLost:
    return ConnectionLost(Obstacle(What.BROKEN, why))
