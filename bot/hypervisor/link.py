"""One connection to a hypervisor that may hang, break and come back: its thread, its deadlines, its reopening.

It knows nothing of guests. Each session (one connection, from open to close) is called by one daemon thread only.
A call that misses its deadline costs the session: thread and connection are left behind, and the thread closes the
connection if the call ever returns. An opening that hangs is waited for, not repeated, so that a frozen host costs
one thread and not one every few seconds.
"""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar
from urllib.parse import urlsplit

import libvirt

from bot.core.guest import GuestEvent, GuestEventKind
from bot.hypervisor.events import Hear, run_event_loop, unwatch, watch

log = logging.getLogger(__name__)

T = TypeVar("T")

PREFLIGHT = timedelta(seconds=3)
KEEPALIVE = (5, 2)  # ask every 5 s; two unanswered and the connection is dead, so after 15 s
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=0.5), timedelta(seconds=30)
OPENING_GIVEN_UP = timedelta(minutes=10)

_PORTS = {"tcp": 16509, "tls": 16514, "ssh": 22, "libssh": 22, "libssh2": 22}


class ConnectionLost(Exception):
    """The hypervisor can't be asked now; the text is the reason. Transient."""


def preflight(uri: str) -> None:
    """Raise ConnectionLost when a remote `uri`'s host takes no TCP connection: libvirt would try for minutes."""
    parts = urlsplit(uri)
    transport = parts.scheme.partition("+")[2] or "tls"
    if not parts.hostname or transport not in _PORTS:
        return
    port = parts.port or _PORTS[transport]
    try:
        socket.create_connection((parts.hostname, port), PREFLIGHT.total_seconds()).close()
    except OSError as error:
        raise ConnectionLost(f"{parts.hostname} port {port} does not answer ({error})") from error


class Session:
    """One connection from its opening to its end, and the one thread that calls it.

    The thread is no executor's: Python waits for those at exit, and a call that hangs would keep it from ending.
    """

    def __init__(
        self, host: str, uri: str, hear: Callable[["Session", GuestEvent], None], *, events: bool
    ) -> None:
        self._host, self._uri, self._events = host, uri, events
        self._loop = asyncio.get_running_loop()
        self._heard = partial(hear, self)
        self._connection: Any = None
        self._callbacks: list[int] = []
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.began = time.monotonic()
        self.gone = asyncio.Event()
        self.opening = self.submit(lambda _none: self._open())
        threading.Thread(target=self._work, name=f"libvirt {host}", daemon=True).start()

    def submit(self, job: Callable[[Any], T]) -> Future[T]:
        """Have the thread run `job` with the connection; the future raises ConnectionLost or what `job` raised."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # whoever waits may give up; the job is done all the same
        if self.gone.is_set():
            future.set_exception(ConnectionLost("the connection broke"))
            return future

        self._jobs.put(partial(self._run, future, job))
        return future

    def leave(self) -> Future[None]:
        """Close when what runs there is over, and end the thread. Once only; nothing is taken on afterwards."""
        closed = self.submit(lambda _connection: self._shut())
        self._jobs.put(None)
        self.gone.set()
        return closed

    def alive(self) -> bool:
        """Whether the connection stands, as far as this end knows: it asks nobody."""
        with suppress(libvirt.libvirtError):
            return self._connection is not None and bool(self._connection.isAlive())
        return False

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job

    def _run(self, future: Future[T], job: Callable[[Any], T]) -> None:
        try:
            future.set_result(job(self._connection))
        except libvirt.libvirtError as error:
            future.set_exception(error if self.alive() else ConnectionLost(str(error)))
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever asked
            future.set_exception(error)
        finally:
            # The error's traceback holds this frame, and the frames below hold libvirt's objects: were the future
            # held here too, this circle would keep the connection's descriptor until the garbage collector comes.
            del future, job

    def _open(self) -> None:
        preflight(self._uri)
        run_event_loop()
        self._connection = connection = libvirt.open(self._uri)
        with suppress(libvirt.libvirtError):  # the test driver has neither of the two
            connection.setKeepAlive(*KEEPALIVE)
            connection.registerCloseCallback(self._closed, None)
        if self._events:
            self._callbacks = watch(connection, self._host, self._hear)

    def _hear(self, event: GuestEvent) -> None:
        """From libvirt's threads over to the loop; a loop that is closed has nobody listening."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._heard, event)

    def _closed(self, _connection: Any, _reason: int, _opaque: Any) -> None:
        """The connection broke. libvirt says so on any of its threads."""
        self._hear(GuestEvent(self._host, "", GuestEventKind.LOST, detail="the connection broke"))

    def _shut(self) -> None:
        if self._connection is None:
            return
        unwatch(self._connection, self._callbacks)
        with suppress(libvirt.libvirtError):
            self._connection.unregisterCloseCallback()
        with suppress(libvirt.libvirtError):
            self._connection.close()
        self._connection = None


class Link:
    """A way to one hypervisor, opened when first needed and again after each loss. Used from one asyncio loop.

    `tell`: hears guests' events and CONNECTED and LOST, on the loop; None registers for none.
    """

    def __init__(self, host: str, uri: str, tell: Hear | None = None) -> None:
        self._host, self._uri, self._tell = host, uri, tell
        self._session: Session | None = None
        self._connected = False
        self._turn = asyncio.Lock()

    @property
    def connected(self) -> bool:
        """Whether the connection stands, as far as is known."""
        return self._connected

    async def call(self, job: Callable[[Any], T], deadline: timedelta) -> T:
        """What `job` makes of the connection (a virConnect), run on its thread, one job at a time.

        Opening and the job have `deadline` each; waiting for earlier jobs, which have theirs, costs neither.
        Raises ConnectionLost, or what `job` raised.
        """
        async with self._turn:
            session = self._current()
            await self._opened(session, deadline)
            try:
                async with asyncio.timeout(deadline.total_seconds()):
                    return await asyncio.wrap_future(session.submit(job))
            except TimeoutError:
                lost = ConnectionLost(f"no answer within {deadline.total_seconds():g} s")
                self._drop(session, str(lost))
                raise lost from None
            except ConnectionLost as lost:
                self._drop(session, str(lost))
                raise

    async def keep(self) -> None:
        """Stay connected until cancelled; after each failure in a row wait longer before the next try."""
        pause = FIRST_PAUSE
        while True:
            session = self._current()
            try:
                await self._opened(session, OPENING_GIVEN_UP)
                pause = FIRST_PAUSE
                await session.gone.wait()
            except ConnectionLost as lost:
                log.info("cannot connect to %s: because %s; next try in %s", self._host, lost, pause)
            await asyncio.sleep(pause.total_seconds())
            pause = min(pause * 2, LONGEST_PAUSE)

    async def close(self, patience: timedelta) -> None:
        """Close what is open; a connection that won't close within `patience` is left to its thread."""
        session, self._session, self._connected = self._session, None, False
        if session is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience.total_seconds()):
                    await asyncio.wrap_future(session.leave())

    def _current(self) -> Session:
        if self._session is None:
            self._session = Session(self._host, self._uri, self._heard, events=self._tell is not None)
        return self._session

    async def _opened(self, session: Session, patience: timedelta) -> None:
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await asyncio.wrap_future(session.opening)
        except TimeoutError:
            lost = ConnectionLost("opening the connection takes too long")
            if time.monotonic() - session.began >= OPENING_GIVEN_UP.total_seconds():
                self._drop(session, str(lost))
            raise lost from None
        except (libvirt.libvirtError, ConnectionLost) as error:
            lost = ConnectionLost(str(error))
            self._drop(session, str(lost))
            raise lost from error
        if session is self._session and not self._connected:
            self._connected = True
            self._say(GuestEventKind.CONNECTED)

    def _drop(self, session: Session, why: str) -> None:
        if session is not self._session:
            return
        self._session = None
        session.leave()
        if self._connected:
            self._connected = False
            self._say(GuestEventKind.LOST, why)

    def _say(self, what: GuestEventKind, detail: str = "") -> None:
        if self._tell is not None:
            log.info("%s: %s %s", self._host, what, detail)
            asyncio.get_running_loop().call_soon(self._tell, GuestEvent(self._host, "", what, detail=detail))

    def _heard(self, session: Session, event: GuestEvent) -> None:
        if event.what is GuestEventKind.LOST:
            self._drop(session, event.detail)
        elif session is self._session and self._tell is not None:
            self._tell(event)
