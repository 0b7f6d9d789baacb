"""A bad line: a machine's cable loses what goes over it, or takes its time, until it is mended."""

import heapq
import random
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from tests.real.network import Lan, ip

_EVERYTHING = 3  # ETH_P_ALL
_SENT = 4  # PACKET_OUTGOING
_SOL_PACKET, _VNET_HDR = 263, 15
_FRAME = 1 << 17


class BadLine:
    """Carries frames between two interfaces of the switch. `loss`: of all frames; `delay`: of each, in seconds."""

    def __init__(self, lan: Lan, ends: tuple[str, str]) -> None:
        self.loss = 0.0
        self.delay = 0.0
        self._random = random.Random(1)
        self._ended = threading.Event()
        self._sockets = []
        with lan.switch.inside():
            for end in ends:
                one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERYTHING))
                one.setsockopt(_SOL_PACKET, _VNET_HDR, 1)  # checksums are the sender's card's to fill in
                one.bind((end, 0))
                self._sockets.append(one)
        self._thread = threading.Thread(target=self._carry, name="bad line")
        self._thread.start()

    def mend(self) -> None:
        """Let it be good again."""
        self.loss = self.delay = 0.0

    def close(self) -> None:
        """Carry nothing any more."""
        self._ended.set()
        self._thread.join()
        for one in self._sockets:
            one.close()

    def _carry(self) -> None:
        late: list[tuple[float, int, socket.socket, bytes]] = []
        numbers = count()
        while not self._ended.is_set():
            wait = max(0.0, min(0.1, late[0][0] - time.monotonic())) if late else 0.1
            ready, _, _ = select.select(self._sockets, [], [], wait)
            for one in ready:
                frame, address = one.recvfrom(_FRAME)
                if address[2] != _SENT and self._random.random() >= self.loss:
                    (other,) = (end for end in self._sockets if end is not one)
                    heapq.heappush(late, (time.monotonic() + self.delay, next(numbers), other, frame))
            while late and late[0][0] <= time.monotonic():
                *_, to, frame = heapq.heappop(late)
                to.send(frame)


@contextmanager
def bad_line(lan: Lan, name: str) -> Iterator[BadLine]:
    """The line of the machine `name`, good until it is told otherwise."""
    lan.switch.ip("link", "set", name, "nomaster")
    ends = (f"{name}-in", f"{name}-out")
    ip("-n", lan.switch.name, "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
    for end in ends:
        lan.switch.ip("link", "set", end, "up")
    lan.switch.ip("link", "set", ends[0], "master", "br0")
    line = BadLine(lan, (name, ends[1]))
    try:
        yield line
    finally:
        line.close()
