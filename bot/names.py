"""Host names looked up, each with a deadline of its own: that nobody answers says nothing of the machine meant.

The system's own look-up has no deadline, so it runs in a thread; one look-up a name at a time, for all who want to
know. The threads are nobody's: one that hangs must not keep the bot from ending.
"""

import asyncio
import errno
import socket
import threading
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

HERE = "127.0.0.1"
AT_ONCE = 16  # threads; a resolver that is dead holds each for many seconds

Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
"""One of `getaddrinfo`'s: family, type, protocol, canonical name, and what a socket connects to."""

_Wanted = tuple[str, int]
_Found: TypeAlias = Sequence[Address] | OSError
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA})


@dataclass(frozen=True, slots=True)
class NameTrouble:
    """Why a name can't be looked up. `no_such_name`: a resolver answered, and there is none of that name."""

    why: str
    no_such_name: bool = False


class CannotLookUp(Exception):
    """No address is known for a name. Transient, unless there is no such name."""

    def __init__(self, name: str, trouble: NameTrouble) -> None:
        super().__init__(f"cannot look up {name}: because {trouble.why}")
        self.trouble = trouble


class Names:
    """Looks names up. Used from one loop. `own`: which addresses are this machine's own, as far as was asked."""

    def __init__(self) -> None:
        self.own: frozenset[str] = frozenset()
        self._pending: dict[_Wanted, asyncio.Future[Sequence[Address]]] = {}
        self._queue: deque[_Wanted] = deque()
        self._running = 0
        self._failing: dict[str, NameTrouble] = {}
        self._known: dict[str, tuple[str, ...]] = {}

    @property
    def failing(self) -> Mapping[str, NameTrouble]:
        """The names that could not be looked up when that was tried last, and why."""
        return self._failing

    def last_known(self, name: str) -> str | None:
        """The first address that a name had when it was looked up last; of an address, itself."""
        return name if is_address(name) else next(iter(self.known(name)), None)

    def known(self, name: str) -> Collection[str]:
        """All the addresses that a name had when it was looked up last, and `HERE` where one is this machine's."""
        found = self._known.get(name, ())
        return found if self.own.isdisjoint((name, *found)) else (*found, HERE)

    async def learn(self, name: str, patience: timedelta) -> None:
        """Know the addresses of a name, if it has any: nobody is told where it has none."""
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(patience.total_seconds()):
                self._keep(name, await asyncio.shield(self._begun(name, 0)))

    async def leads_to(self, name: str, place: str, patience: timedelta) -> bool:
        """Whether a name still leads to an address: so it is held where nobody can tell within `patience`."""
        if not is_address(name):
            await self.learn(name, patience)
        return is_address(name) or place in self.known(name)

    def _keep(self, name: str, found: Sequence[Address]) -> None:
        self._known[name] = tuple(dict.fromkeys(str(one[4][0]) for one in found))

    async def look_up(self, name: str, port: int, patience: timedelta) -> Sequence[Address]:
        """The addresses of a name, or the one that an address is. Raises CannotLookUp."""
        if is_address(name):
            return _look_up(name, port, socket.AI_NUMERICHOST)
        try:
            async with asyncio.timeout(patience.total_seconds()):
                found = await asyncio.shield(self._begun(name, port))
        except TimeoutError:
            trouble = NameTrouble(f"no resolver answered within {round(patience.total_seconds(), 1):g} s")
        except OSError as error:
            trouble = NameTrouble(error.strerror or str(error), _is_definite(error))
        else:
            self._failing.pop(name, None)
            self._keep(name, found)
            return found
        self._failing[name] = trouble
        raise CannotLookUp(name, trouble)

    def _begun(self, name: str, port: int) -> asyncio.Future[Sequence[Address]]:
        wanted = (name, port)
        if wanted not in self._pending:
            self._pending[wanted] = asyncio.get_running_loop().create_future()
            self._queue.append(wanted)
            self._start()
        return self._pending[wanted]

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        while self._queue and self._running < AT_ONCE:
            wanted = self._queue.popleft()
            self._running += 1
            name = f"look up {wanted[0]}"
            try:
                threading.Thread(target=self._work, args=(loop, wanted), name=name, daemon=True).start()
            except RuntimeError as why:  # this process can start no more
                loop.call_soon(self._ended, wanted, OSError(errno.EAGAIN, str(why)))

    def _work(self, loop: asyncio.AbstractEventLoop, wanted: _Wanted) -> None:
        found: _Found
        try:
            found = _look_up(*wanted)
        except OSError as error:
            found = error
        except UnicodeError:  # the name can't be one: a part of it is empty or too long
            found = socket.gaierror(socket.EAI_NONAME, "it is no host name")
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._ended, wanted, found)

    def _ended(self, wanted: _Wanted, found: _Found) -> None:
        self._running -= 1
        pending = self._pending.pop(wanted)
        if isinstance(found, OSError):
            pending.set_exception(found)
            pending.exception()  # whoever asked may have given up waiting
        else:
            pending.set_result(found)
        self._start()


def is_address(name: str) -> bool:
    """Whether it is an IP address already, so that nobody needs to be asked."""
    try:
        _look_up(name, 0, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True


def _look_up(name: str, port: int, flags: int = 0) -> Sequence[Address]:
    return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)


def _is_definite(error: OSError) -> bool:
    return isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME
