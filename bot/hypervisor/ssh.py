"""The `ssh` that libvirt starts for `…+ssh://`: it asks nobody, waits for nothing for ever, and ends with the bot.

libvirt starts what the URI's `command=` names, with an environment of its own making. So a script stands there
that marks the process as the bot's, ties its life to that of the thread it is called from, and goes on as the ssh
that the URI, or libvirt itself, would have taken. What that says is kept in a file: libvirt loses it when it is
longer than 1,024 characters. Where no script can be executed, libvirt's own ssh runs unmarked.
"""

import logging
import os
import shlex
import shutil
import subprocess
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from bot.children import MARK, end_marked, identity, own_folder, temporary, tied
from bot.hypervisor.way import Way

log = logging.getLogger(__name__)

CONNECTS_WITHIN = timedelta(seconds=3)
ALIVE: Final = (5, 2)  # asks the far end every 5 s; two unanswered and ssh ends, so after 15 s

_SESSION: Final = "CARETAKER_SESSION"
_OPTIONS: Final = (
    "BatchMode=yes",  # nobody is there to type
    f"ConnectTimeout={CONNECTS_WITHIN.seconds}",
    f"ServerAliveInterval={ALIVE[0]}",
    f"ServerAliveCountMax={ALIVE[1]}",
    "ControlPath=none",  # a shared connection would live on without us, or hang us when it hangs
    "LogLevel=ERROR",  # no banners and warnings among the reasons
)
_TOLD_WITHIN: Final = 1.0  # seconds: it reads files only, as a rule
_SCRIPT: Final = """#!/bin/sh
export {mark} {session}
exec {command} {options} "$@" 2>"${{0%/*}}/said"
"""
_MOST_SAID: Final = 10_000  # characters
_numbers = count(1)


class OwnSsh:
    """The script of one session, and what it has started. `uri`: that session's, going by the script."""

    def __init__(self, uri: str) -> None:
        session = str(next(_numbers))
        self._session = {_SESSION: session}
        parts = urlsplit(uri)
        asked = _asked(uri)
        self._folder = _executable(_script(asked.get("command", "ssh"), session))
        if self._folder is not None:
            asked["command"] = str(self._folder / "ssh")
        self.uri = urlunsplit(parts._replace(query=urlencode(asked, quote_via=quote, safe="/")))

    def said(self) -> str:
        """What it, or the program at the far end, has said of what went wrong."""
        if self._folder is None:
            return ""
        with suppress(FileNotFoundError), (self._folder / "said").open(errors="replace") as file:
            return file.read(_MOST_SAID)
        return ""

    def end(self) -> None:
        """End what the script has started and is still there: a hanging ssh frees the call that waits for it."""
        if self._folder is not None:
            end_marked(self._session)

    def close(self) -> None:
        """The same, and remove the script."""
        self.end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def leads_to(way: Way) -> tuple[str, int] | None:
    """The host and port that ssh itself connects to, as configured; None if it goes by another, or can't tell."""
    assert way.host is not None, "asked only of a way by SSH"
    command = [_asked(way.uri).get("command", "ssh"), "-G", "-p", str(way.port), way.host]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=_TOLD_WITHIN, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    found = dict(line.split(" ", 1) for line in told.stdout.splitlines() if " " in line)
    if found.get("proxyjump", "none") != "none" or found.get("proxycommand", "none") != "none":
        return None
    return found["hostname"], int(found["port"])


def _asked(uri: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(uri).query, keep_blank_values=True))


def _script(command: str, session: str) -> str:
    return _SCRIPT.format(
        mark=f"{MARK}={shlex.quote(identity())}",
        session=f"{_SESSION}={session}",
        command=shlex.join(tied([command])),
        options=" ".join(f"-o {option}" for option in _OPTIONS),
    )


def _executable(script: str) -> Path | None:
    """A folder with the script in it, where files may be executed; None if there is no such place."""
    for place in temporary():
        folder = own_folder(place)
        file = folder / "ssh"
        file.write_text(script)
        file.chmod(0o700)
        if os.access(file, os.X_OK):  # not where the file system is mounted noexec
            return folder
        shutil.rmtree(folder)
    log.warning("cannot tie ssh to this process: because no folder for temporary files lets files be executed")
    return None
