"""Whether the scripts of runbooks can be read by their shell: `sh -n`, which runs nothing of them."""

import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from shutil import which
from typing import Final

from bot.core.runbook import Runbook, ScriptAction

PATIENCE: Final = timedelta(seconds=10)
_SAID = re.compile(r"[^:]*: (?:line )?(\d+): (.*)")


def unreadable(runbook: Runbook) -> Iterator[tuple[int, str]]:
    """The line of each script that its shell can't read, and why; a shell that is not here says nothing."""
    for step in runbook.steps:
        for action in step.runs:
            if isinstance(action, ScriptAction) and (found := _why_unreadable(action)):
                yield found


def _why_unreadable(script: ScriptAction) -> tuple[int, str] | None:
    shell = which(script.language)
    if shell is None:
        return None
    done = subprocess.run(  # noqa: S603  it is only read
        [shell, "-n", "/dev/stdin"],
        input=script.text,
        capture_output=True,
        text=True,
        timeout=PATIENCE.total_seconds(),
        env={"LC_ALL": "C"},
        check=False,
    )
    if done.returncode == 0:
        return None
    said = done.stderr.partition("\n")[0]
    found = _SAID.fullmatch(said)
    at = int(found[1]) if found else 0
    line = script.line + (at if at <= script.text.count("\n") else 0)  # what is not closed, it tells at the end
    return line, f"cannot run this script: because {script.language} says: {found[2] if found else said}"
