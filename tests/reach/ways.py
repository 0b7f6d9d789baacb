"""What every way of running scripts must do alike. Each test module passes its own reach."""

import asyncio
import random
import shlex
import time
from datetime import timedelta

import pytest

from bot.reach import Finished, Reach, Refused, Script
from tests.real.processes import alive
from tests.waiting import IN_TIME, until

TEN_SECONDS = timedelta(seconds=10)
NASTY = {
    "injection": "; rm -rf / #",
    "substitution": "$(touch /tmp/x) `id` ${HOME} $injection",
    "newlines": "first\nsecond\r\n\n",
    "quotes": """it's "quoted" \\'\\" '""",
    "dashes": "-e --version",
    "unicode": "Grüße ā 漢字 🔥 \u202e\x7f",
    "controls": "".join(chr(n) for n in range(1, 32)),
    "long_one": "x'\"\n" * 2500,
    "empty": "",
    "blanks": "  \t ",
}


async def sh(
    reach: Reach, text: str, *, language: str = "sh", limit: timedelta = TEN_SECONDS, **values: str
) -> Finished:
    return await reach.run(Script(language, text), values=values, limit=limit)


def sleeper() -> str:
    """A command that sleeps long and is to be recognised among all processes."""
    return f"sleep {random.uniform(1000, 9000):.9f}"


async def values_arrive_as_they_are(reach: Reach, language: str = "sh") -> None:
    as_hex = "\n".join(f"printf %s \"${name}\" | od -An -v -tx1 | tr -d '\\n'; echo" for name in NASTY)
    done = await sh(reach, as_hex, language=language, **NASTY)
    for line, (name, value) in zip(done.output.splitlines(), NASTY.items(), strict=True):
        assert bytes.fromhex(line) == value.encode(), name
    together = await sh(reach, 'printf "%s|" "$dashes" "$quotes" "${nothing-unset}"', language=language, **NASTY)
    assert together.output == f"{NASTY['dashes']}|{NASTY['quotes']}|unset|"


async def children_see_the_values(reach: Reach) -> None:
    done = await sh(reach, "sh -c 'printf %s \"$disk\"'", disk="/var/a b.img")
    assert done.output == "/var/a b.img"


async def values_no_environment_can_hold_are_refused(reach: Reach) -> None:
    with pytest.raises(Refused, match="value of disk"):
        await sh(reach, "true", disk="a\0b")
    with pytest.raises(Refused, match="value of disk"):
        await sh(reach, "true", disk="a\udcffb")
    with pytest.raises(Refused, match="powershell"):
        await sh(reach, "true", language="powershell")


async def a_failing_line_ends_the_script(reach: Reach) -> None:
    done = await sh(reach, "echo one\nfalse\necho two")
    assert (done.status, done.output, done.ok) == (1, "one\n", False)
    assert (await sh(reach, "exit 42")).status == 42
    assert (await sh(reach, "false | true\necho on")).output == "on\n"
    assert (await sh(reach, "echo $#; echo end # a comment at the end")).output == "0\nend\n"


async def bash_minds_the_whole_pipe(reach: Reach) -> None:
    assert (await sh(reach, "false | true\necho on", language="bash")) == Finished(1, "")
    assert (await sh(reach, 'a=(x y); echo "${a[1]}"', language="bash")).output == "y\n"


async def both_streams_come_in_order(reach: Reach) -> None:
    done = await sh(reach, "for n in 1 2 3; do echo out $n; echo err $n >&2; done; cat; echo end")
    assert done.output == "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nend\n"


async def output_is_heard_while_the_script_runs(reach: Reach) -> None:
    heard: list[str] = []
    script = Script("sh", r"printf 'a\303'; sleep 0.3; printf '\244 \377 '; sleep 0.3; echo z")
    running = asyncio.ensure_future(reach.run(script, values={}, limit=TEN_SECONDS, on_output=heard.append))
    await until(lambda: heard)
    assert not running.done()
    assert (await running).output == "aä � z\n"
    assert heard == ["a", "ä � ", "z\n"]


async def the_time_limit_ends_children_too(reach: Reach, *, stubborn: bool = False) -> None:
    child, grandchild = sleeper(), sleeper()
    ignore = "trap '' TERM; " if stubborn else ""
    script = f"echo begun; sh -c {shlex.quote(f'{ignore}{grandchild} & wait')} & {child}"
    began = time.monotonic()
    done = await sh(reach, script, limit=timedelta(seconds=1))
    assert done == Finished(None, done.output, timed_out=True)
    assert done.output.startswith("begun\n")
    assert time.monotonic() - began < IN_TIME
    await until(lambda: not alive(child) and not alive(grandchild), 1)


async def cancelling_ends_the_script(reach: Reach) -> None:
    child, grandchild = sleeper(), sleeper()
    script = Script("sh", f"sh -c '{grandchild} & wait' & {child}")
    running = asyncio.ensure_future(reach.run(script, values={}, limit=TEN_SECONDS))
    await until(lambda: alive(child) and alive(grandchild))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: not alive(child) and not alive(grandchild), 1)


async def a_daemon_left_behind_does_not_hold_the_script_up(reach: Reach) -> None:
    began = time.monotonic()
    assert (await sh(reach, "sleep 60 & echo done")).output == "done\n"
    assert time.monotonic() - began < IN_TIME


async def a_signal_is_no_exit_status(reach: Reach) -> None:
    assert (await sh(reach, "kill -KILL $$")) == Finished(None, "")
