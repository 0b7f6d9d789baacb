"""A TCP connection within a deadline, and what it means that there is none: the other side's doing, or ours.

Silence says that the machine may be gone, and a refusal that it is there. A name that can't be looked up, a
missing route or this machine's own limits say nothing of it.
"""

import asyncio
import errno
import ipaddress
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from bot.names import Address, CannotLookUp, Names

_OURS = {
    *(errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT),  # no way there from here
    *(errno.EPERM, errno.EACCES, errno.EINVAL),  # its own firewall, a route that prohibits, one that swallows
    *(errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM),  # it has run out of something
}
"""What keeps this machine from looking at all: it says nothing of the target.

EHOSTUNREACH is not in it: nobody answers for the target's address there, or a router says so. Nor is ETIMEDOUT,
the system's own word for silence.
"""

_REFUSED = frozenset({errno.ECONNREFUSED, errno.ECONNRESET})

_MOST_ADDRESSES = 8  # of one name, tried at once


class NoConnection(Exception):
    """There is no connection. `theirs`: that says something of the machine; else it could not be asked.

    `refused`: the machine itself said no, so that it is there. `reason`: why, without what was tried.
    """

    def __init__(self, why: str, reason: str, *, theirs: bool, refused: bool = False) -> None:
        super().__init__(why)
        self.reason = reason
        self.theirs = theirs
        self.refused = refused


async def connect(names: Names, host: str, port: int, deadline: timedelta) -> socket.socket:
    """A connected socket, the caller's to close: of a name's addresses the one that answers first.

    The look-up and the connection have `deadline` each. Raises NoConnection.
    """
    try:
        found = await names.look_up(host, port, deadline)
        async with asyncio.timeout(deadline.total_seconds()):
            connected = await _first(found[:_MOST_ADDRESSES])
    except CannotLookUp as why:
        raise NoConnection(str(why), str(why), theirs=False) from why
    except TimeoutError:
        within = f"within {deadline.total_seconds():g} s"
        why_not = f"no answer from {host}:{port} {within}"
        raise NoConnection(why_not, f"it does not answer {within}", theirs=True) from None
    if isinstance(connected, socket.socket):
        return connected
    theirs, why_not = _judge(connected)
    refused = any(error.errno in _REFUSED for error in connected) and not any(map(_is_own, found))
    words = f"cannot connect to {host}:{port}: because {why_not}"
    raise NoConnection(words, why_not, theirs=theirs, refused=refused)


async def _first(addresses: Sequence[Address]) -> socket.socket | Sequence[OSError]:
    """Connect to all at once: the first that answers, or what each says."""
    if len(addresses) == 1:
        found = await _knock(addresses[0])
        return found if isinstance(found, socket.socket) else [found]
    knocks = [asyncio.create_task(_knock(address)) for address in addresses]
    errors: list[OSError] = []
    won: socket.socket | None = None
    try:
        for knock in asyncio.as_completed(knocks):
            found = await knock
            if isinstance(found, socket.socket):
                won = found
                return won
            errors.append(found)
    finally:
        for one in knocks:
            one.cancel()
        for late in await asyncio.gather(*knocks, return_exceptions=True):
            if isinstance(late, socket.socket) and late is not won:
                late.close()
    return errors


async def _knock(address: Address) -> socket.socket | OSError:
    """One connection to one address."""
    family, kind, protocol, _, where = address
    try:
        knocking = socket.socket(family, kind, protocol)
    except OSError as error:
        return error
    try:
        knocking.setblocking(False)  # noqa: FBT003  it has no name
        await asyncio.get_running_loop().sock_connect(knocking, where)
    except OSError as error:
        knocking.close()
        return error
    except BaseException:
        knocking.close()
        raise
    return knocking


def _is_own(address: Address) -> bool:
    """Whether it is this machine's own: what forwards its port refuses once the machine behind that is gone."""
    family, _, _, _, where = address
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asked:
        asked.connect(where)  # sends nothing
        return bool(asked.getsockname()[0] == where[0]) or ipaddress.ip_address(where[0]).is_loopback
    return False


def _judge(errors: Sequence[OSError]) -> tuple[bool, str]:
    """Whose doing it is, in the system's own words. Of several, what says something of the target counts."""
    theirs = [error for error in errors if error.errno not in _OURS]
    return bool(theirs), " and ".join(dict.fromkeys(_words(error) for error in theirs or errors))


def said(error: Exception) -> str:
    """What an error says: the system's own words for its number, where it has one."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error) or type(error).__name__


def _words(error: OSError) -> str:
    return f"{said(error)} (this machine's own firewall?)" if error.errno == errno.EPERM else said(error)
