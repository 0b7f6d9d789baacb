"""Ports on loopback that stay one server's own while it is switched off."""

import socket
from dataclasses import dataclass, field


def _reserve() -> socket.socket:
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


@dataclass(frozen=True, slots=True)
class Port:
    """A port the kernel chose, bound but never listened on: the kernel gives it to nobody else meanwhile."""

    _reserved: socket.socket = field(default_factory=_reserve)

    @property
    def number(self) -> int:
        """What clients connect to."""
        number: int = self._reserved.getsockname()[1]
        return number

    def release(self) -> None:
        """Give the port back to the kernel."""
        self._reserved.close()
