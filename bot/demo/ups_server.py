"""A small NUT server on loopback that tells of the lab's UPS: read-only, as clients such as upsc ask.

The protocol is that of https://networkupstools.org/docs/developer-guide.chunked/net-protocol.html.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.demo.battery import Battery
from bot.demo.ports import Port

_ANSWERS = {
    "VER": "Network UPS Tools upsd 2.8.0 - https://www.networkupstools.org/",
    "NETVER": "1.3",
    "PROTVER": "1.3",
    "HELP": "Commands: HELP VER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS",
    "USERNAME": "OK",
    "PASSWORD": "OK",
    "LOGOUT": "OK Goodbye",
}
_REFUSALS = {"STARTTLS": "FEATURE-NOT-CONFIGURED"} | dict.fromkeys(
    ("SET", "INSTCMD", "FSD", "MASTER", "PRIMARY"), "ACCESS-DENIED"
)


class NutError(Exception):
    """An answer of the protocol that begins with ERR; its text is the error's name."""


class UpsServer:
    """Serves the UPS `name`. `clock`: seconds of a steady clock; its default is this machine's."""

    def __init__(self, name: str, description: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._description = description
        self._clock = clock
        self._battery = Battery(clock())
        self._port = Port()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self._port.number

    @property
    def mains(self) -> bool:
        """Whether there is power from the wall."""
        return self._battery.mains

    @property
    def variables(self) -> Mapping[str, str]:
        """What it tells now."""
        return self._battery.variables(self._clock())

    def set_mains(self, *, on: bool) -> None:
        """Let the power from the wall fail, or come back."""
        self._battery = self._battery.with_mains(self._clock(), mains=on)

    def set_load(self, *, on: bool) -> None:
        """Say whether the hosts draw power."""
        self._battery = self._battery.with_load(self._clock(), loaded=on)

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_address=True)

    async def close(self) -> None:
        """Stop listening and hang up."""
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.close()
            await self._server.wait_closed()
        self._port.release()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with suppress(ConnectionError):
                while line := (await reader.readline()).decode(errors="replace"):
                    words = line.split()
                    writer.write("".join(f"{said}\n" for said in self._answer(words)).encode())
                    await writer.drain()
                    if words[:1] == ["LOGOUT"]:
                        break
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, words: Sequence[str]) -> Sequence[str]:
        try:
            return _answer(words, _Told(self.name, self._description, self.variables))
        except NutError as error:
            return [f"ERR {error}"]


@dataclass(frozen=True, slots=True)
class _Told:
    """What the server has to tell at one moment."""

    ups: str
    description: str
    variables: Mapping[str, str]

    def about(self, ups: str, rows: Sequence[str]) -> Sequence[str]:
        """The rows, if it is this UPS that was asked about."""
        if ups != self.ups:
            raise NutError("UNKNOWN-UPS")
        return rows


def _answer(words: Sequence[str], told: _Told) -> Sequence[str]:
    verb, *what = words or [""]
    if verb in _ANSWERS:
        return [_ANSWERS[verb]]
    if verb in _REFUSALS:
        raise NutError(_REFUSALS[verb])
    if verb not in _QUESTIONS:
        raise NutError("UNKNOWN-COMMAND")
    return _QUESTIONS[verb](what, told)


def _login(what: Sequence[str], told: _Told) -> Sequence[str]:
    return told.about(what[0] if what else "", ["OK"])


def _list(what: Sequence[str], told: _Told) -> Sequence[str]:
    match what:
        case ["UPS"]:
            rows: Sequence[str] = [f'UPS {told.ups} "{told.description}"']
        case ["VAR", ups]:
            rows = told.about(ups, [f'VAR {told.ups} {name} "{value}"' for name, value in told.variables.items()])
        case ["RW" | "CMD" | "CLIENT", ups]:
            rows = told.about(ups, [])
        case _:
            raise NutError("INVALID-ARGUMENT")
    title = " ".join(what)
    return [f"BEGIN LIST {title}", *rows, f"END LIST {title}"]


def _get(what: Sequence[str], told: _Told) -> Sequence[str]:
    match what:
        case ["UPSDESC", ups]:
            return told.about(ups, [f'UPSDESC {told.ups} "{told.description}"'])
        case ["NUMLOGINS", ups]:
            return told.about(ups, [f"NUMLOGINS {told.ups} 0"])
        case ["VAR", ups, name]:
            told.about(ups, [])
            if name not in told.variables:
                raise NutError("VAR-NOT-SUPPORTED")
            return [f'VAR {told.ups} {name} "{told.variables[name]}"']
    raise NutError("INVALID-ARGUMENT")


_QUESTIONS: Mapping[str, Callable[[Sequence[str], _Told], Sequence[str]]] = {
    "GET": _get,
    "LIST": _list,
    "LOGIN": _login,
}
