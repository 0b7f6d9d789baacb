"""A way to a hypervisor that may hang, break and come back: deadlines, reopening, and who is to blame.

It knows nothing of guests. When a deadline is missed the host itself is asked. If it is silent, or its libvirt is,
the session is left, with its thread, and its `ssh` is ended. If it answers, an answer that was asked for all
guests at once is waited for a while longer: a slow line is no broken one, and breaking it would begin anew for
ever.
"""

import asyncio
import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, Final, TypeVar

from bot.core.guest import GuestEvent, GuestEventKind
from bot.hypervisor.events import Hear
from bot.hypervisor.knock import knock
from bot.hypervisor.obstacles import ConnectionLost, Obstacle, What
from bot.hypervisor.refusals import obstacle
from bot.hypervisor.session import PREFLIGHT, Session
from bot.hypervisor.way import Way
from bot.names import Names

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=0.5), timedelta(seconds=30)
OPENING_GIVEN_UP: Final = timedelta(seconds=30)  # a slow line needs some twenty round trips for it
WAITED_FOR: Final = timedelta(minutes=1)  # an answer, from a host that answers otherwise
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=3)
LEFT_BEHIND: Final = 16  # sessions at the same time that hang in libvirt and can't be called off


class _Refusal:
    """A refusal that stays until a person mends it: who knocks all the time is locked out, and then looks dead."""

    def __init__(self) -> None:
        self._obstacle: Obstacle | None = None
        self._until = 0.0
        self._rest = FIRST_REST

    def note(self, obstacle: Obstacle) -> None:
        """It was refused just now."""
        if obstacle.what in {What.KEY, What.HOST_KEY_CHANGED, What.HOST_KEY_UNKNOWN}:
            self._obstacle, self._until = obstacle, time.monotonic() + self._rest.total_seconds()
            self._rest = min(2 * self._rest, LONGEST_REST)

    def hold(self) -> None:
        """Raise ConnectionLost with the same again, while it is too early to knock."""
        if self._obstacle is not None and time.monotonic() < self._until:
            raise ConnectionLost(self._obstacle)


class Link:
    """A way to one hypervisor, opened when first needed and again after each loss. Used from one asyncio loop.

    `tell`: hears guests' events and CONNECTED and LOST, on the loop; None registers for none. `given_up`: how long
    an opening may take.
    """

    def __init__(
        self,
        host: str,
        uri: str,
        names: Names,
        tell: Hear | None = None,
        *,
        given_up: timedelta = OPENING_GIVEN_UP,
    ) -> None:
        self.way = Way.of(host, uri)
        self._names = names
        self._given_up = given_up
        self._tell = tell
        self._session: Session | None = None
        self._left: list[Session] = []
        self._connected = False
        self._hung = False  # the last opening was given up
        self._refusal = _Refusal()
        self._turn = asyncio.Lock()

    @property
    def connected(self) -> bool:
        """Whether the connection stands, as far as is known."""
        return self._connected

    async def call(self, job: Callable[[Any], T], deadline: timedelta) -> T:
        """What `job` makes of the connection (a virConnect), run on its thread, one job at a time.

        Opening and the job have `deadline` each; waiting for earlier jobs, which have theirs, costs neither. A
        missed deadline costs the session. Raises ConnectionLost, or what `job` raised.
        """
        return await self._asked(lambda session: session.submit(job), deadline, patient=False)

    async def ask(self, name: str, job: Callable[[Any], T], deadline: timedelta, *, since: float = -math.inf) -> T:
        """The same for what is asked of all guests at once; `name` names the question.

        A missed deadline costs the session only if the host or its libvirt is silent, or after WAITED_FOR; else
        the next to ask the same waits for the same answer, unless that was begun before `since` (monotonic).
        """
        return await self._asked(lambda session: session.share(name, job, since), deadline, patient=True)

    async def _asked(self, ask: Callable[[Session], Future[T]], deadline: timedelta, *, patient: bool) -> T:
        async with self._turn:
            session = await self._opened(self._current(), deadline)
            try:
                async with asyncio.timeout(deadline.total_seconds()):
                    return await asyncio.wrap_future(ask(session))
            except TimeoutError:
                lost = await self._why_late(deadline)
                waited = time.monotonic() - session.busy_since
                if lost.obstacle.what is not What.BROKEN or not patient or waited > WAITED_FOR.total_seconds():
                    self._drop(session, str(lost))
                lost.begun = True
                raise lost from None
            except ConnectionLost as lost:
                self._drop(session, str(lost))
                lost.begun = True
                raise

    async def keep(self) -> None:
        """Stay connected until cancelled; after each failure in a row wait longer before the next try."""
        pause, told = FIRST_PAUSE, ""
        while True:
            try:
                session = await self._opened(self._current(), self._given_up)
                pause, told = FIRST_PAUSE, ""
                await session.gone.wait()
            except ConnectionLost as lost:
                if str(lost) != told:  # once, and not every half minute while it lasts
                    log.info("cannot connect to %s: because %s; it is tried again", self.way.name, lost)
                told = str(lost)
            await asyncio.sleep(pause.total_seconds())
            pause = min(pause * 2, LONGEST_PAUSE)

    async def close(self, patience: timedelta) -> None:
        """Close what is open; a connection that won't close within `patience` is left to its thread."""
        session, self._session, self._connected = self._session, None, False
        if session is not None:
            try:
                async with asyncio.timeout(patience.total_seconds()):
                    await asyncio.wrap_future(session.leave())
            except (TimeoutError, ConnectionLost):
                self._cut(session)

    def _current(self) -> Session:
        if self._session is None:
            self._refusal.hold()
            self._left = [session for session in self._left if session.hangs]
            if len(self._left) >= LEFT_BEHIND:
                raise ConnectionLost(obstacle(What.FROZEN, self.way, f"{LEFT_BEHIND} connections hang"))
            self._session = Session(self.way, self._names, self._heard, events=self._tell is not None)
        return self._session

    async def _opened(self, session: Session, patience: timedelta) -> Session:
        """The session, once it is open."""
        opening = asyncio.wrap_future(session.opening)
        gone: asyncio.Future[Any] = asyncio.ensure_future(session.gone.wait())
        try:
            await asyncio.wait([opening, gone], timeout=patience.total_seconds(), return_when="FIRST_COMPLETED")
            if session.gone.is_set() and not opening.done():
                raise ConnectionLost(Obstacle(What.BROKEN, "the connection broke"))
            if not opening.done():
                raise await self._why_not_open(session, patience)
            await opening
        except ConnectionLost as lost:
            if lost.obstacle.what is not What.BROKEN or opening.done():
                self._drop(session, str(lost))
            self._refusal.note(lost.obstacle)
            raise
        finally:
            opening.cancel()
            gone.cancel()
        self._hung, self._refusal = False, _Refusal()
        if session is self._session and not self._connected:
            self._connected = True
            self._say(GuestEventKind.CONNECTED)
        return session

    async def _why_not_open(self, session: Session, patience: timedelta) -> ConnectionLost:
        """Why it is not open yet: the host or its libvirt is silent, or it takes its time."""
        lost = await self._why_late(patience)
        if lost.obstacle.what is not What.BROKEN:
            return lost
        if time.monotonic() - session.busy_since >= self._given_up.total_seconds():
            self._hung = True
            self._drop(session, "it took too long to open")
        if self._hung:
            return ConnectionLost(obstacle(What.FROZEN, self.way, "opening the connection takes too long"))
        return ConnectionLost(Obstacle(What.BROKEN, "opening the connection takes long"))

    async def _why_late(self, patience: timedelta) -> ConnectionLost:
        """Whose fault a missed deadline is, as far as it can be told by asking the host itself."""
        try:
            await knock(self.way, self._names, min(PREFLIGHT, patience))
        except ConnectionLost as lost:
            return lost
        return ConnectionLost(Obstacle(What.BROKEN, f"no answer within {round(patience.total_seconds(), 1):g} s"))

    def _drop(self, session: Session, why: str) -> None:
        if session is not self._session:
            return
        self._session = None
        session.leave()
        self._left.append(session)
        self._cut(session)
        if self._connected:
            self._connected = False
            self._say(GuestEventKind.LOST, why)

    def _cut(self, session: Session) -> None:
        """End its ssh, if it has one, beside the loop: that looks through all processes."""
        threading.Thread(target=session.cut, name=f"cut {self.way.name}", daemon=True).start()

    def _say(self, what: GuestEventKind, detail: str = "") -> None:
        if self._tell is not None:
            log.info("%s: %s %s", self.way.name, what, detail)
            event = GuestEvent(self.way.name, "", what, detail=detail)
            asyncio.get_running_loop().call_soon(self._tell, event)

    def _heard(self, session: Session, event: GuestEvent) -> None:
        if event.what is GuestEventKind.LOST:
            self._drop(session, event.detail)
        elif session is self._session and self._tell is not None:
            self._tell(event)
