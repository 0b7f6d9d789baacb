"""Scripts inside a guest through its QEMU guest agent, which needs neither a network nor a key.

Knows neither libvirt nor sockets: how a command reaches the agent is handed in. The agent tells a script's output
only when the script is over, so a listener hears it in one piece; a recorded one is asked again and again instead.
POSIX guests only.
"""

import asyncio
import base64
import itertools
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from bot.reach import Finished, Lost, Refused, Script, Unreachable, Wrapped
from bot.reach.output import Output
from bot.reach.shell import ENDED_BY_LIMIT, GRACE, MARGIN, ending, wrap

Agent = Callable[[Mapping[str, Any], timedelta], Awaitable[Any]]
"""Sends one command ({"execute": …, "arguments": …}) and gives back its answer's "return", within the deadline.

Raises Unreachable when no agent answers, Refused when it answers with an error.
"""

_DEADLINE = timedelta(seconds=10)
_ANSWER = timedelta(seconds=30)
"""How long a program may take to answer; it follows nothing, so it is soon done."""

_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5)


class GuestReach:
    """Runs scripts inside one guest. See `Reach`."""

    follows = False

    def __init__(self, name: str, agent: Agent) -> None:
        self._name = name
        self._agent = agent

    async def run(
        self,
        script: Script,
        *,
        values: Mapping[str, str],
        limit: timedelta,
        on_output: Callable[[str], None] | None = None,
    ) -> Finished:
        """Run `script` inside the guest. Raises Unreachable or Refused."""
        wrapped = wrap(script, values, limit, own_group=True)
        loop = asyncio.get_running_loop()
        began = loop.time()
        process = await self._start(wrapped)
        try:
            async with asyncio.timeout((limit + GRACE + MARGIN).total_seconds()):
                answer = await self._finished(process)
        except TimeoutError:
            await self._end(process)
            answer = await self._last_words(process)
            return self._heard(answer, wrapped.token, on_output).finished(None, timed_out=True)
        except BaseException:
            await asyncio.shield(self._end(process))
            raise
        status = answer.get("exitcode")
        late = status in ENDED_BY_LIMIT and loop.time() - began >= limit.total_seconds()
        if late:
            await self._end(process)
        heard = self._heard(answer, wrapped.token, on_output)
        return heard.finished(None if late else status, timed_out=late)

    async def speak(
        self,
        program: Wrapped,
        hear: Callable[[bytes], bool],
        patience: timedelta,
        *,
        urgent: bool = False,  # noqa: ARG002 -- nothing here waits for another
    ) -> None:
        """See `Reach`. An agent that does not even answer a ping was told nothing."""
        await self._agent({"execute": "guest-ping"}, _DEADLINE)
        try:
            process = await self._start(program)
            async with asyncio.timeout(min(patience, _ANSWER).total_seconds()):
                answer = await self._finished(process)
        except (Unreachable, TimeoutError) as why:
            raise Lost(f"lost {self._name}: because {str(why) or 'its agent did not answer in time'}") from why
        hear(self._after_greeting(answer, program.token))

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _start(self, wrapped: Wrapped) -> int:
        arguments = {
            "path": "/bin/sh",
            "arg": ["-c", wrapped.command],
            "input-data": base64.b64encode(wrapped.stdin).decode(),
            "capture-output": True,
        }
        started = await self._agent({"execute": "guest-exec", "arguments": arguments}, _DEADLINE)
        return int(started["pid"])

    async def _finished(self, process: int) -> Mapping[str, Any]:
        """Ask until it is over: often at first, since most scripts are short."""
        for pause in itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1])):
            answer = await self._status(process)
            if answer["exited"]:
                break
            await asyncio.sleep(pause)
        return answer

    async def _status(self, process: int) -> Mapping[str, Any]:
        command = {"execute": "guest-exec-status", "arguments": {"pid": process}}
        answer: Mapping[str, Any] = await self._agent(command, _DEADLINE)
        return answer

    async def _end(self, process: int) -> None:
        """End the script's group inside the guest. Best effort: a guest that is gone has ended it already."""
        arguments = {"path": "/bin/sh", "arg": ["-c", ending(process)]}
        with suppress(Unreachable, Refused):
            started = await self._agent({"execute": "guest-exec", "arguments": arguments}, _DEADLINE)
            async with asyncio.timeout(2 * GRACE.total_seconds()):
                await self._finished(int(started["pid"]))

    async def _last_words(self, process: int) -> Mapping[str, Any]:
        """What a script that was ended from here has said; nothing, when the agent won't tell."""
        with suppress(Unreachable, Refused, TimeoutError):
            async with asyncio.timeout(MARGIN.total_seconds()):
                return await self._finished(process)
        return {}

    def _heard(self, answer: Mapping[str, Any], token: str, on_output: Callable[[str], None] | None) -> Output:
        output = Output(on_output)
        output.add(self._after_greeting(answer, token))
        return output

    def _after_greeting(self, answer: Mapping[str, Any], token: str) -> bytes:
        heard = base64.b64decode(answer.get("out-data", ""))
        _, found, rest = heard.partition(token.encode() + b" ")
        if answer and not found:
            said = heard.decode(errors="replace").strip()[-300:]
            raise Refused(f"cannot run the script in {self._name}: because no shell answered: {said!r}")
        return rest.partition(b"\n")[2]
