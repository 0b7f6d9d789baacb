"""How to run a script somewhere: one protocol, one file a way (ssh.py, guest.py, local.py).

Values reach a script as environment variables only; they are never pasted into its text. What a script may not do
(where, for whom) is decided elsewhere: whoever calls here was already allowed to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol


class Unreachable(Exception):
    """The machine could not be asked, or was lost on the way. Transient: it says nothing of the script."""


class Lost(Unreachable):
    """The connection broke after something had been sent: whether it was done, and goes on, is not known."""


class Refusal(StrEnum):
    """What stands in the way, of what a person can mend."""

    KEY = "the key is refused"
    HOST_KEY_CHANGED = "the host key has changed"
    HOST_KEY_UNKNOWN = "the host key is not known"
    SSH = "its SSH server does not let us in"
    SHELL = "no POSIX shell answers"
    OURS = "something is missing here"
    OTHER = "refused"


class Refused(Exception):
    """The machine will not run this, and trying again won't help (wrong key, unknown host key, no such shell)."""

    def __init__(self, why: str, refusal: Refusal = Refusal.OTHER) -> None:
        super().__init__(why)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Script:
    """`language` is a runbook fence's: sh, bash, powershell or cmd."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Wrapped:
    """What a shell is given. `command` is for any login shell; `stdin` follows once `token` was heard."""

    token: str
    command: str
    stdin: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """How a script ended. `status`: its exit status, None where a signal or the time limit ended it.

    `output`: both streams in the order they came, the last `OUTPUT_LIMIT` characters of them; `cut`: there were
    more. `how`: what ended it, where that was neither itself, a signal nor the limit. `known`: False where it has
    ended, and nobody knows with what result. `left`: the processes of it that could not be ended.
    """

    status: int | None
    output: str
    timed_out: bool = False
    how: str = ""
    known: bool = True
    left: tuple[str, ...] = ()
    cut: bool = False

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.status == 0


OUTPUT_LIMIT = 1_000_000


class Reach(Protocol):
    """One machine on which scripts can be run. `follows`: what is said there is heard as it comes."""

    @property
    def follows(self) -> bool:
        """Whether `speak` hears what is said while it is said."""
        ...

    async def run(
        self,
        script: Script,
        *,
        values: Mapping[str, str],
        limit: timedelta,
        on_output: Callable[[str], None] | None = None,
    ) -> Finished:
        """Run `script` with `values` in its environment; `limit` ends the remote process itself, children too.

        `on_output` hears each piece of output as it comes. Raises Unreachable or Refused.
        """
        ...

    async def speak(
        self, program: Wrapped, hear: Callable[[bytes], bool], patience: timedelta, *, urgent: bool = False
    ) -> None:
        """Give a program to a shell there, and hear what it says until `hear` has heard all, or it is over.

        Ends nothing there. `urgent` waits for no other script. Raises Refused; Unreachable where the program was
        not sent; else Lost.
        """
        ...

    async def close(self) -> None:
        """Let go of what is kept open."""
        ...
