"""What the follower of a recorded script prints (record.sh), line by line; the bytes may be cut anywhere.

`b BOOT`: there is a record, and that boot id · `o AT SIZE` and so many bytes of output · `d AT`: what came before
that byte was dropped · `m`: some output had no room · `h`: still there · `w`: it runs · `e WORDS`: how it ended ·
`n`: no record can be kept there · `x PIDS`: no record, but processes that bear its id · `g`: its record was
removed · `f PLACE: WHY`: nothing more can be written there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

_LINE = 4_096  # bytes that a line may have; a symbolic link holds no more


class Garbled(Exception):
    """What came is none of these lines."""


@dataclass(slots=True)
class Frames:
    """What was heard in one conversation. `position`: up to where the output is known, across conversations."""

    on_output: Callable[[bytes], None]
    position: int = 0
    boot: str | None = None
    end: tuple[str, ...] = ()
    dropped: int = 0
    no_room: bool = False
    runs: bool = False
    no_record: bool = False
    removed: bool = False
    unwritten: str = ""
    marked: tuple[str, ...] = ()
    _rest: bytearray = field(default_factory=bytearray)
    _due: int = 0  # bytes of output that are still to come in this frame

    @property
    def over(self) -> bool:
        """Whether nothing more will be said in this conversation."""
        return bool(self.end or self.runs or self.no_record or self.removed or self.marked)

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises Garbled."""
        self._rest += data
        while self._rest and not self.over:
            if self._due:
                self._output()
            elif (stop := self._rest.find(b"\n", 0, _LINE)) >= 0:
                words = self._rest[:stop].decode("ascii", "replace").split()
                del self._rest[: stop + 1]
                self._line(words)
            elif len(self._rest) > _LINE:
                raise Garbled(repr(bytes(self._rest[:80])))
            else:
                return

    def _output(self) -> None:
        piece = bytes(self._rest[: self._due])
        del self._rest[: self._due]
        self._due -= len(piece)
        self.position += len(piece)
        self.on_output(piece)

    def _line(self, words: list[str]) -> None:
        match words:
            case ["b", boot]:
                self.boot = boot
            case ["o" | "d" as what, at, *size] if all(one.isdecimal() for one in (at, *size)):
                self._moves_to(what, int(at), *map(int, size))
            case ["e", *end] if end:
                self.end = tuple(end)
            case ["x", *marked]:
                self.marked = tuple(marked)
            case ["f", *why] if why:
                self.unwritten = " ".join(why)
            case ["m" | "h" | "w" | "n" | "g" as sign]:
                self.no_room |= sign == "m"
                self.runs |= sign == "w"
                self.no_record |= sign == "n"
                self.removed |= sign == "g"
            case _:
                raise Garbled(" ".join(words)[:80])

    def _moves_to(self, what: str, at: int, size: int = 0) -> None:
        missed = at - self.position
        if missed < 0 or (what == "o" and missed):
            raise Garbled(f"output from byte {at} on, where {self.position} was due")
        if missed:
            self.dropped += missed
            self.on_output(f"\n[{missed} bytes were dropped here]\n".encode())
        self.position, self._due = at, size
