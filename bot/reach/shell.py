"""What is said to a POSIX shell so that a script runs the same way wherever it runs, and can be ended there.

Values travel as quoted assignments ahead of the script, on standard input: sshd drops an environment that its
`AcceptEnv` does not name, and a command line shows in `ps`. Knows no transport and starts nothing.
"""

import math
import secrets
import shlex
from collections.abc import Mapping
from datetime import timedelta

from bot.reach import Refused, Script, Wrapped

GRACE = timedelta(seconds=2)
"""How long a script that was told to end (TERM) may tidy up, e.g. unlock a repository, before it is killed."""

MARGIN = timedelta(seconds=1)
"""By how much the far side's own ending of a script may miss the limit, by the clock here: early, for it began to
count first; or late, before the script is ended from here."""

ENDED_BY_LIMIT = {None, 124, 128 + 15, 128 + 9}
"""How a script whose time is up ends: None (by a signal), GNU timeout's 124, busybox's 143, and a kill's 137."""

_SHELLS = {"sh": "sh -e", "bash": "bash -eo pipefail"}

# Runs the script only when all of it arrived: half a script is another script. The token first goes out, with the
# process group, to say that the shell is there; then it must come back as the last word of the input.
_INNER = 'echo "$1 $2"; set -- "$1" "$(cat)"; case $2 in *"$1") eval "$2";; *) exit 125;; esac'

# GNU timeout ends its whole process group, busybox's only its child; where there is none, the caller ends it all.
# `exec` all the way keeps one process id from here to timeout, and that is the group's id.
_OUTER = (
    'limit=$(command -v timeout) && limit="$limit -k {grace} {seconds}"; exec {own_group} $limit {interpreter}'
)


def wrap(script: Script, values: Mapping[str, str], limit: timedelta, *, own_group: bool = False) -> Wrapped:
    """Make `script` ready to be run for at most `limit` (rounded up to seconds).

    `own_group`: it will be started by a process that shares its group with others, so it must get its own.
    Raises Refused for a language that is no POSIX shell's, and for a value that no environment can hold.
    """
    shell = interpreter_of(script)
    token = secrets.token_hex(8)
    outer = _OUTER.format(
        grace=math.ceil(GRACE.total_seconds()),
        seconds=max(1, math.ceil(limit.total_seconds())),
        own_group="$(command -v setsid)" if own_group else "",
        interpreter=f"{shell} -c {shlex.quote(_INNER)} {script.language} {token} $$ 2>&1",
    )
    text = f"{with_values(script, values)}\n# {token}"
    return Wrapped(token, f"exec sh -c {shlex.quote(outer)}", text.encode())


def interpreter_of(script: Script) -> str:
    """The command that reads it. Raises Refused for a language that is no POSIX shell's."""
    shell = _SHELLS.get(script.language)
    if shell is None:
        raise Refused(f"cannot run {script.language!r}: because only {' and '.join(_SHELLS)} are spoken here")
    return shell


def with_values(script: Script, values: Mapping[str, str]) -> str:
    """A script's text, ahead of it its values. Raises Refused for one that no environment can hold."""
    return f"set --{''.join(_assignment(name, value) for name, value in values.items())}\n{script.text}"


def _assignment(name: str, value: str) -> str:
    """Single quotes keep every character as it is, in every shell; only the quote itself needs help."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Refused(f"cannot send the value of {name}: because it is not text ({error.reason})") from error
    if "\0" in value:
        raise Refused(f"cannot send the value of {name}: because an environment cannot hold a NUL character")
    return f"; export {name}={shlex.quote(value)}"


def ending(group: int) -> str:
    """The command that ends a script and its children: TERM, at most `GRACE` to tidy up, then KILL.

    A group that is gone already is no error. Where the script got no group of its own, its process alone is ended.
    """
    tries = round(GRACE.total_seconds() * 10)
    return (
        f"g=-{group}; kill -0 $g 2>/dev/null || g={group}; kill -TERM $g 2>/dev/null; n={tries}; "
        'while kill -0 $g 2>/dev/null && [ "$n" -gt 0 ]; do n=$((n-1)); sleep 0.1; done; '
        "kill -KILL $g 2>/dev/null; :"
    )
