"""Whether a hypervisor's host answers, and its libvirt, within a deadline: before each opening, and in doubt.

libvirt's own opening has no deadline, and would hang for minutes in front of a silent host or a frozen daemon.
This refuses to guess at what can't be asked so: libvirt behind SSH or TLS, and the local default socket.
"""

import asyncio
import socket
import struct
from datetime import timedelta
from typing import Any, Final

from bot.hypervisor.obstacles import ConnectionLost, What
from bot.hypervisor.refusals import obstacle, of_socket
from bot.hypervisor.ssh import leads_to
from bot.hypervisor.way import Way
from bot.names import CannotLookUp, Names

_SSH: Final = 22
_SSH_ANSWERS_WITHIN: Final = 1.0  # second more, where libvirt's own port was silent
_HELLO: Final = struct.Struct(">IIIIiIi")
"""libvirt's RPC header (virnetprotocol.x): length, program, version, procedure, type, serial, status."""
_REMOTE_PROGRAM: Final = 0x20008086  # remote_protocol.x, as is the next
_AUTH_LIST: Final = 66  # which anyone may ask, and which each client asks first


async def knock(way: Way, names: Names, within: timedelta) -> None:
    """Raise ConnectionLost if the host or its libvirt does not answer within that time."""
    until = asyncio.get_running_loop().time() + within.total_seconds()
    if way.socket is not None:
        await _greet(_at_socket(way, way.socket), way, until)
        return
    place = await asyncio.to_thread(leads_to, way) if way.by_ssh else way.place
    if place is None:
        return
    with await _reach(way, names, place, until) as door:
        if way.transport == "tcp":
            await _greet(door, way, until)


async def _reach(way: Way, names: Names, place: tuple[str, int], until: float) -> socket.socket:
    """A connection there. A host that takes none, but one for SSH, is up: only its libvirt is not."""
    try:
        return await _any(way, names, place, until)
    except ConnectionLost as lost:
        if lost.obstacle.what not in {What.SILENT, What.REFUSED} or way.transport not in {"tcp", "tls"}:
            raise
        try:
            (await _any(way, names, (place[0], _SSH), until + _SSH_ANSWERS_WITHIN)).close()
        except ConnectionLost:
            raise lost from None
        raise ConnectionLost(obstacle(What.DAEMON, way, f"nothing answers at port {place[1]}")) from None


async def _any(way: Way, names: Names, place: tuple[str, int], until: float) -> socket.socket:
    """A connection to the first of a host's addresses that takes one."""
    try:
        found = await names.look_up(*place, timedelta(seconds=round(_left(until), 1) or 0.1))
    except CannotLookUp as why:
        raise ConnectionLost(obstacle(What.NAME, way, str(why))) from None
    lost = []
    for number, (family, _, _, _, where) in enumerate(found):
        try:
            return await _connected(way, family, where, _left(until) / (len(found) - number))
        except ConnectionLost as why:
            lost.append(why)
    raise next((why for what in (What.REFUSED, What.SILENT) for why in lost if why.obstacle.what is what), lost[0])


async def _connected(way: Way, family: int, where: Any, seconds: float) -> socket.socket:
    told = f"{where[0]} port {where[1]}"
    door = _door(family)
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(door, where)
    except TimeoutError:
        door.close()
        raise ConnectionLost(obstacle(What.SILENT, way, f"{told}: no answer")) from None
    except OSError as error:
        door.close()
        raise ConnectionLost(of_socket(error, way, told)) from error
    return door


def _at_socket(way: Way, path: str) -> socket.socket:
    door = _door(socket.AF_UNIX)
    try:
        door.connect(path)
    except BlockingIOError:
        door.close()
        raise ConnectionLost(obstacle(What.FROZEN, way, f"{path}: too many wait there already")) from None
    except OSError as error:
        door.close()
        raise ConnectionLost(of_socket(error, way, path)) from error
    return door


def _door(family: int) -> socket.socket:
    door = socket.socket(family)
    door.setblocking(False)  # noqa: FBT003  it has no name
    return door


async def _greet(door: socket.socket, way: Way, until: float) -> None:
    """Ask libvirt what anyone may ask it. A daemon that hangs takes connections, and answers nothing."""
    loop, answer = asyncio.get_running_loop(), b""
    with door:
        try:
            async with asyncio.timeout(_left(until)):
                await loop.sock_sendall(door, _HELLO.pack(_HELLO.size, _REMOTE_PROGRAM, 1, _AUTH_LIST, 0, 0, 0))
                while len(answer) < _HELLO.size and (piece := await loop.sock_recv(door, 4096)):
                    answer += piece
        except TimeoutError:
            raise ConnectionLost(obstacle(What.FROZEN, way, "it takes connections and answers nothing")) from None
        except OSError as error:
            raise ConnectionLost(obstacle(What.OTHER, way, f"libvirt hangs up: {error.strerror}")) from error
    if len(answer) < _HELLO.size:
        raise ConnectionLost(obstacle(What.OTHER, way, "libvirt hangs up at once"))
    if _HELLO.unpack_from(answer)[1] != _REMOTE_PROGRAM:
        raise ConnectionLost(obstacle(What.OTHER, way, "what answers there is no libvirt"))


def _left(until: float) -> float:
    return max(0.001, until - asyncio.get_running_loop().time())
