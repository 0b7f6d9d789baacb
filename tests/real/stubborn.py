"""A program that becomes root, for a user who is not: once it runs, that user can't end it."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.processes import alive


@dataclass(frozen=True)
class Stubborn:
    """`program` takes Python code with `-c`; `user`: the command that makes the next one a plain user's."""

    program: Path
    home: Path
    user: tuple[str, ...]

    def running(self) -> list[int]:
        """The processes of it."""
        return alive(f"{self.program} -c")

    def end(self) -> None:
        """End all of it, as root can."""
        for pid in self.running():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


BECOMES_ROOT = "import os, signal; os.setuid(0); print(os.getpid(), flush=True); signal.pause()"


@contextmanager
def stubborn_program() -> Iterator[Stubborn]:
    """One of its own, in a folder that every user can enter."""
    python = Path("/usr/bin/python3").resolve()
    if os.geteuid() or not python.exists():
        pytest.skip("needs root, and a Python of the system's own")
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    program, home = folder / "rooted", folder / "home"
    shutil.copy(python, program)
    home.mkdir()
    for one, mode in ((program, 0o4755), (folder, 0o777), (home, 0o777)):
        one.chmod(mode)
    user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env", f"HOME={home}")
    stubborn = Stubborn(program, home, user)
    try:
        yield stubborn
    finally:
        stubborn.end()
        shutil.rmtree(folder)
