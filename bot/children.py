"""Processes that must not outlive the bot: how they are tied to it, and how what a dead bot left behind is ended.

A child carries in its environment whose child it is: the process that started it, by its number, its start and its
PID namespace, so that no number used twice and no other bot is taken for it. Nothing is ended by name. Without
/proc (other systems than Linux) nothing is found, and nothing ended.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

_Started = TypeVar("_Started")

MARK = "CARETAKER_CHILD_OF"
"""The variable of a child's environment that says whose child it is."""

_PROC = Path("/proc")
_FOLDER = "caretaker-child-"
_START = 19  # of the words after the name in /proc/PID/stat: see proc(5), starttime


def identity() -> str:
    """This process, as a child's mark names it."""
    return f"{_namespace()}:{os.getpid()}:{_started(os.getpid())}"


def tied(command: Sequence[str]) -> list[str]:
    """`command`, so that the kernel ends it together with the thread that starts it, where it can."""
    setpriv = _setpriv()
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else list(command)


async def start(*command: str, **options: Any) -> Process:
    """A process, as asyncio.create_subprocess_exec starts it. Who is cancelled in here leaves none."""
    return await shielded_start(asyncio.create_subprocess_exec(*command, **options), end)


async def shielded_start(
    starting: Coroutine[Any, Any, _Started], end_it: Callable[[_Started], Awaitable[None]]
) -> _Started:
    """What `starting` starts with asyncio; who is cancelled meanwhile leaves it only once that has ended.

    Cancelled half way, asyncio itself waits for the end of pipes that it no longer closes: for ever, where a child
    of the process holds one.
    """
    started = asyncio.ensure_future(starting)
    try:
        return await asyncio.shield(started)
    except asyncio.CancelledError:
        await asyncio.wait({asyncio.ensure_future(_end_once_started(started, end_it))})
        raise


async def _end_once_started(
    started: asyncio.Future[_Started], end_it: Callable[[_Started], Awaitable[None]]
) -> None:
    with suppress(OSError):  # it could not be started at all
        await end_it(await started)


async def end(process: Process) -> None:
    """However it went: no process is left, nor a pipe to it, be its other end held open by a child of its own.

    Pipes and process are given up at once, so that whoever is cancelled in here leaves neither.
    """
    process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  asyncio has no public name for it
    await process.wait()


@cache
def _setpriv() -> str | None:
    """util-linux's `setpriv`; busybox has one of that name that can't do it."""
    found = shutil.which("setpriv")
    return found if found and "busybox" not in os.path.realpath(found) else None


def temporary() -> Sequence[Path]:
    """The folders for temporary files, the usual one first."""
    places = (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm")  # noqa: S108
    return [Path(place) for place in places if place is not None and os.access(place, os.W_OK)]


def own_folder(place: Path) -> Path:
    """A new folder for what children need, removed at a later start if this process can't do it."""
    parent = identity().replace(":", "-")
    return Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{parent}-", dir=place))


def end_marked(also: Mapping[str, str]) -> int:
    """End this process's own marked children whose environment has all of `also`; gives their number."""
    wanted = {MARK: identity(), **also}
    return _end(lambda marks: wanted.items() <= marks.items())


def end_orphans(places: Sequence[Path] = ()) -> int:
    """End what children of dead bots are left, and remove their folders in `places`; gives the number of children.

    Those of bots that live are left alone.
    """
    ended = _end(lambda marks: MARK in marks and _is_dead(marks[MARK]))
    for folder in chain.from_iterable(place.glob(f"{_FOLDER}*") for place in places or temporary()):
        with suppress(FileNotFoundError):  # another bot removes it at the same time
            ours = folder.lstat().st_uid == os.getuid()
            if ours and _is_dead(folder.name.removeprefix(_FOLDER).rpartition("-")[0].replace("-", ":")):
                shutil.rmtree(folder, ignore_errors=True)
    return ended


def _is_dead(parent: str) -> bool:
    """Whether a child's mark names a process of this PID namespace that is no more."""
    namespace, pid, started = parent.split(":") if parent.count(":") == 2 else ("", "", "")
    return pid.isdigit() and namespace == _namespace() != "" and _started(int(pid)) != started


def _end(wanted: Callable[[Mapping[str, str]], bool]) -> int:
    return sum(_ended(int(folder.name), wanted) for folder in _PROC.glob("[0-9]*") if wanted(_marks(folder)))


def _ended(pid: int, wanted: Callable[[Mapping[str, str]], bool]) -> bool:
    """End a process that is held fast first, so that its number can't come to mean another meanwhile."""
    with suppress(OSError):  # it ended by itself
        held = os.pidfd_open(pid)
        try:
            if wanted(_marks(_PROC / str(pid))):
                signal.pidfd_send_signal(held, signal.SIGKILL)
                return True
        finally:
            os.close(held)
    return False


def _marks(process: Path) -> Mapping[str, str]:
    """The environment a process was started with; empty where it can't be read, as that of someone else's."""
    with suppress(OSError):
        words = (process / "environ").read_bytes().decode(errors="replace").split("\0")
        if any(word.startswith(f"{MARK}=") for word in words):
            return dict(word.split("=", 1) for word in words if "=" in word)
    return {}


def _started(pid: int) -> str:
    """When a process was started, in the kernel's ticks since its boot; empty if there is none."""
    with suppress(OSError):
        words = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return "" if words[0] in "ZX" else words[_START]
    return ""


@cache
def _namespace() -> str:
    """The number of this process's PID namespace, in which alone the numbers of processes mean anything."""
    with suppress(OSError):
        return "".join(filter(str.isdigit, str((_PROC / "self/ns/pid").readlink())))
    return ""
