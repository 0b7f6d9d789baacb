"""A resolver of a home's own: it knows a few names, and can be told to say nothing any more."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.real.network import Network

ADDRESS = "127.0.0.53"
_ADDRESS = bytes.fromhex("c00c00010001000000000004")  # of the name that was asked for: type A, four bytes


@dataclass
class Resolver:
    """Answers for `names` (name: IPv4 address) that there are none of others. `silent`: it answers nothing."""

    names: dict[str, str]
    silent: bool = False
    asked: list[str] = field(default_factory=list)

    def answer(self, question: bytes) -> bytes | None:
        """What it says to a question of the DNS."""
        name, end = _name(question)
        self.asked.append(name)
        if self.silent:
            return None
        wanted = struct.unpack_from("!H", question, end)[0]
        address = self.names.get(name)
        answers = (
            bytes.fromhex("c00c00010001000000000004") + socket.inet_aton(address)
            if address and wanted == 1
            else b""
        )
        flags = 0x8180 if address else 0x8183  # 3: there is no such name
        header = struct.pack("!HHHHHH", *struct.unpack_from("!H", question), flags, 1, bool(answers), 0, 0)
        return header + question[12 : end + 4] + answers


def _name(question: bytes) -> tuple[str, int]:
    parts, at = [], 12
    while question[at]:
        parts.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(parts), at + 1


@contextmanager
def resolving(network: Network, names: dict[str, str]) -> Iterator[Resolver]:
    """The resolver of a network, until the block ends."""
    resolver = Resolver(names)
    network.resolv_conf(f"nameserver {ADDRESS}\noptions attempts:2 timeout:5\n")
    with network.inside():
        questions = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    questions.bind((ADDRESS, 53))

    def serve() -> None:
        while True:
            question, asker = questions.recvfrom(512)
            if not question:
                return
            answer = resolver.answer(question)
            if answer is not None:
                questions.sendto(answer, asker)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield resolver
    finally:
        with network.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", (ADDRESS, 53))
        thread.join()
        questions.close()
