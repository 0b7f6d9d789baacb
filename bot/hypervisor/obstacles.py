"""What stands between the bot and a hypervisor, and whose trouble that is: the machine's or the watcher's.

Only silence of the host itself hints at a machine that is down. What is refused (a connection, a key, a host key,
permission) or answers wrongly is the watcher's trouble, and says nothing of the machine.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.one_machine import MEND, words


class What(StrEnum):
    """What is in the way. The first four are no one's fault as far as can be told, or the machine's."""

    SILENT = "the host does not answer"
    NAME = "its name can't be looked up"
    OWN_NETWORK = "this machine has no network to look with"
    BROKEN = "the connection broke, or is slow"
    REFUSED = "nothing takes the connection there"
    KEY = "the key is refused"
    HOST_KEY_CHANGED = "the host key has changed"
    HOST_KEY_UNKNOWN = "the host key is not known"
    PERMISSION = "no permission"
    DAEMON = "libvirt does not run"
    FROZEN = "libvirt does not answer"
    STALLED = "its SSH server does not go on"
    SSH = "its SSH server does not let us in"
    HELPER = "what carries the connection is missing there"
    CERTIFICATE = "a certificate is missing or refused"
    OURS = "something is missing here"
    DOUBLE = "it is watched already, under another name"
    UNSUPPORTED = "it can't be watched in this way"
    OTHER = "refused"


_NOBODYS = frozenset({What.SILENT, What.NAME, What.OWN_NETWORK, What.BROKEN})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What is in the way, why in words, and, for what a person has to mend, how."""

    what: What
    why: str
    mend: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it is the watcher's trouble: told as such, and never taken for the machine's."""
        return self.what not in _NOBODYS


class ConnectionLost(Exception):
    """The hypervisor can't be asked now. `begun`: it had been asked, and the answer did not come."""

    begun = False

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.why)
        self.obstacle = obstacle


class HypervisorUnreachable(Exception):
    """The hypervisor could not be asked, did not answer in time, or was busy.

    Transient; it says no more than that. `begun`: it had been asked, and may have done it all the same.
    """

    begun = False


class HostSilent(HypervisorUnreachable):
    """The hypervisor's host itself does not answer: it may be down. Transient."""


class CannotWatch(HypervisorUnreachable):
    """The watcher is refused. A person has to mend it: `mend` says how."""

    def __init__(self, message: str, obstacle: Obstacle) -> None:
        super().__init__(message)
        self.what = obstacle.what
        self.why = obstacle.why
        self.mend = obstacle.mend


class GuestRefused(Exception):
    """The hypervisor answered no: no such guest, not in this state, not with this driver. Permanent."""


def watched_twice(first: str, name: str) -> CannotWatch:
    """What is said where two hosts of lab.yaml are one machine: the later of them is not watched."""
    why = words(first, name)
    return CannotWatch(f"cannot watch {name}: because {why}", Obstacle(What.DOUBLE, why, MEND))


def unreachable(cannot: str, obstacle: Obstacle, *, begun: bool = False) -> HypervisorUnreachable:
    """The exception for whoever asked. `cannot`: what they asked for, e.g. `cannot list the guests on atlas`."""
    message = f"{cannot}: because {obstacle.why}"
    silent = HostSilent if obstacle.what is What.SILENT else HypervisorUnreachable
    error = CannotWatch(message, obstacle) if obstacle.is_ours else silent(message)
    error.begun = begun
    return error
