"""The one table of what incidents are about: how each kind ranks, what it covers, what it is called.

A new kind is one new row here: whoever asks which kind explains more, or what it is called, asks this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class TargetKind(StrEnum):
    """What is watched. BOT is Caretaker itself: its own sight."""

    HOST = "host"
    GUEST = "guest"
    UPS = "ups"
    SERVICE = "service"
    BOT = "bot"


PLURALS: Final[Mapping[TargetKind, str]] = MappingProxyType(
    {
        TargetKind.HOST: "hosts",
        TargetKind.GUEST: "guests",
        TargetKind.UPS: "UPSes",
        TargetKind.SERVICE: "services",
        TargetKind.BOT: "own sight",
    }
)


class Kind(StrEnum):
    """What an incident is about; a runbook's `Use for:` names one of these."""

    POWER_LOSS = "power-loss"
    NETWORK_DOWN = "network-down"
    HOSTS_DOWN = "hosts-down"
    HOST_DOWN = "host-down"
    GUESTS_DOWN = "guests-down"
    GUEST_TWICE = "guest-twice"
    BOOT_DISK = "boot-disk"
    GUEST_DAMAGED = "guest-damaged"
    BOOT_WAITING = "boot-waiting"
    GUEST_MISSING = "guest-missing"
    FILESYSTEM_READONLY = "filesystem-readonly"
    GUEST_FROZEN = "guest-frozen"
    KEEPS_RESTARTING = "keeps-restarting"
    BOOT_STUCK = "boot-stuck"
    GUEST_DOWN = "guest-down"
    UPS_UNREACHABLE = "ups-unreachable"
    UPS_FORCED_SHUTDOWN = "ups-forced-shutdown"
    UPS_OFF = "ups-off"
    UPS_OVERLOAD = "ups-overload"
    UPS_BYPASS = "ups-bypass"
    UPS_BATTERY = "ups-battery"
    UPS_ALARM = "ups-alarm"
    SERVICE_DOWN = "service-down"
    HOST_CHANGED = "host-changed"
    CANNOT_WATCH = "cannot-watch"
    OWN_LIMITS = "own-limits"


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What is known of a kind. `title`: with {} for the subject's name; it holds whatever the incident's status.

    `outage`: it hurts more than its subject: its incidents cover and adopt what depends on that. `takes_along`:
    all that depends on its subject is lost with it, and needs time to boot when it is back. `damage`: it stays
    when power and host are back, needs a repair and so an incident of its own. `pictured`: its subject's screen
    belongs into the thread. `hurts`: its subject itself has to be proven healthy, not only what depends on it.
    `silence`: its failures say only that nothing answers, which may be the trouble of whoever asks. `over`: what
    is said of its end. `about`: what its subject may be. `apart`: it is about what a UPS is like, not about the
    power, or about what a host has, not whether it is there: neither joins or becomes the other.
    """

    title: str
    outage: bool = False
    takes_along: bool = False
    damage: bool = False
    pictured: bool = False
    hurts: bool = True
    silence: bool = False
    apart: bool = False
    over: str = "all proven healthy"
    about: tuple[TargetKind, ...] = (TargetKind.GUEST,)


_ANY: Final = tuple(TargetKind)
_HOST: Final = (TargetKind.HOST,)


def _of_ups(title: str) -> KindFacts:
    """What is wrong with a UPS itself."""
    return KindFacts(
        title, damage=True, hurts=False, apart=True, over="the UPS is in order", about=(TargetKind.UPS,)
    )


KINDS: Final[Mapping[Kind, KindFacts]] = MappingProxyType(
    {
        Kind.OWN_LIMITS: KindFacts(
            "{} has run out of what it needs to look",
            hurts=False,
            over="it can look again",
            about=(TargetKind.BOT,),
        ),
        Kind.CANNOT_WATCH: KindFacts("Cannot watch {}", hurts=False, over="it can be watched again", about=_ANY),
        Kind.HOST_CHANGED: KindFacts(
            "{} not as before", hurts=False, apart=True, over="all is as before", about=_HOST
        ),
        Kind.SERVICE_DOWN: KindFacts("{} down", silence=True, about=_ANY),
        Kind.UPS_ALARM: _of_ups("UPS {} raises an alarm"),
        Kind.UPS_BATTERY: _of_ups("Battery of UPS {} needs attention"),
        Kind.UPS_BYPASS: _of_ups("UPS {} bypassed"),
        Kind.UPS_OVERLOAD: _of_ups("UPS {} overloaded"),
        Kind.UPS_OFF: _of_ups("Output of UPS {} off"),
        Kind.UPS_FORCED_SHUTDOWN: _of_ups("UPS {} about to cut its output"),
        Kind.UPS_UNREACHABLE: KindFacts("UPS {} out of reach", silence=True, about=(TargetKind.UPS,)),
        Kind.GUEST_DOWN: KindFacts("{} down"),
        Kind.BOOT_STUCK: KindFacts("{} has not come up", pictured=True),
        Kind.KEEPS_RESTARTING: KindFacts(
            "{} keeps restarting", damage=True, about=(TargetKind.GUEST, TargetKind.HOST)
        ),
        Kind.GUEST_FROZEN: KindFacts("File systems of {} frozen", damage=True),
        Kind.FILESYSTEM_READONLY: KindFacts("{}'s root file system read-only or damaged", damage=True),
        Kind.GUEST_MISSING: KindFacts("{} missing", damage=True),
        Kind.BOOT_WAITING: KindFacts("{} waits for a person at boot", damage=True, pictured=True),
        Kind.GUEST_DAMAGED: KindFacts("{} damaged", damage=True, pictured=True),
        Kind.BOOT_DISK: KindFacts("{} can't boot: disk damaged", damage=True, pictured=True),
        Kind.GUEST_TWICE: KindFacts("{} runs twice", damage=True),
        Kind.GUESTS_DOWN: KindFacts("Guests of {} down", outage=True, hurts=False, about=_HOST),
        Kind.NETWORK_DOWN: KindFacts(
            "Network down between {} and the lab", over="the network is back", about=_ANY
        ),
        Kind.HOST_DOWN: KindFacts("{} down", outage=True, takes_along=True, silence=True, about=_HOST),
        Kind.HOSTS_DOWN: KindFacts(
            "{} and other hosts down", outage=True, takes_along=True, silence=True, about=_HOST
        ),
        Kind.POWER_LOSS: KindFacts(
            "Power failure ({})", outage=True, takes_along=True, about=(TargetKind.UPS, TargetKind.HOST)
        ),
    }
)
"""Every kind, the one that explains least first: that order is their rank."""

_RANK: Final[Mapping[Kind, int]] = MappingProxyType({kind: rank for rank, kind in enumerate(KINDS)})


def tells_more(kind: Kind | None, than: Kind) -> bool:
    """Whether a failure of `kind` explains more than one that is `than`."""
    return kind is not None and _RANK[kind] > _RANK[than]


OUTAGES: Final = frozenset(kind for kind, facts in KINDS.items() if facts.outage)
LOST: Final = frozenset(kind for kind, facts in KINDS.items() if facts.takes_along)
DAMAGE: Final = frozenset(kind for kind, facts in KINDS.items() if facts.damage)
PICTURED: Final = frozenset(kind for kind, facts in KINDS.items() if facts.pictured)
APART: Final = frozenset(kind for kind, facts in KINDS.items() if facts.apart)
SILENCE: Final = frozenset(kind for kind, facts in KINDS.items() if facts.silence)


def title(kind: Kind, subject: str, called: str) -> str:
    """What an incident is about, in a few words. `subject`: its id; `called`: what people call it.

    A host that refuses, or whose web page fails, is there: it is not called down.
    """
    of_host = kind is Kind.SERVICE_DOWN and subject.startswith(TargetKind.HOST)
    return ("A service of {} down" if of_host else KINDS[kind].title).format(called)
