"""What could never be proven well, and what to do about it: said beforehand, not first in an outage."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.guest import GuestInfo
from bot.core.health import CheckName, Proof, Target, TargetId, name_of
from bot.core.incidents.boot_signs import Stage
from bot.core.incidents.guest_boot import GuestBoot
from bot.core.names import Names

WAYS_OUT: Final = (
    "If nothing can prove it: “It is well…” on the incident's card takes a person's word, “proof: running” in "
    "lab.yaml accepts power alone, and qemu-guest-agent or a check of its own proves it from then on"
)
"""What to do where proof does not come, for whoever waits for it."""

NAMED = 8  # as many names as a phone shows at a glance


class Lack(StrEnum):
    """What it is that keeps machines from being proven well."""

    DARK = "dark"
    SILENT = "silent"
    OPEN_PORT = "open-port"
    ONE_LOG = "one-log"
    NOWHERE = "nowhere"
    IDLE = "idle"


class Screen(StrEnum):
    """What a running guest has shown of itself, by its agent, console, screen or SSH server.

    `NOTHING`: for long enough to believe that nothing will come; `COMING`: it may be on its way up, or its host
    has not told yet; `UNSEEN`: it is off, or was not looked at.
    """

    TELLS = "tells"
    NOTHING = "nothing"
    COMING = "coming"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Said:
    """One machine of a blind spot: what people call it, and by what it is known again once that was told."""

    label: str
    keys: frozenset[str]
    seen: bool = True


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """One thing that can't be told of some machines, the same of all."""

    lack: Lack
    about: Sequence[Said]

    @property
    def what(self) -> str:
        """What can't be told, with the name of each machine."""
        return self.told(len(self.about))

    @property
    def short(self) -> str:
        """The same for a phone."""
        return self.told(NAMED)

    def told(self, named: int) -> str:
        """What can't be told; so many machines are named."""
        names = ", ".join(one.label for one in self.about[:named])
        more = f" and {len(self.about) - named} more" if len(self.about) > named else ""
        return f"{_WHAT[self.lack](self.about)}: {names}{more}"

    @property
    def mend(self) -> str:
        """How to change that."""
        return _MEND[self.lack]

    @property
    def note(self) -> bool:
        """Whether it is no mistake in lab.yaml."""
        return self.lack not in {Lack.NOWHERE, Lack.IDLE}

    @property
    def keys(self) -> frozenset[str]:
        """What is to be kept once this was told."""
        return frozenset(f"{self.lack} {key}" for one in self.about for key in one.keys)

    def news(self, told: Collection[str]) -> "BlindSpot | None":
        """What of it was not told yet; None if all was."""
        new = [one for one in self.about if not any(f"{self.lack} {key}" in told for key in one.keys)]
        return replace(self, about=new) if new else None


@dataclass(frozen=True, slots=True)
class Making:
    """What is known of how guests could be looked into.

    `infos`: by guest, what its hypervisor tells; `checks`: those that lab.yaml gives each; `consoles`: the hosts
    on which a console's log can be read; `by_ssh`: the guests whose SSH server can be found and has a known host
    key; `doors`: those of whose checks none looks further than to an open SSH port; `shared`: those whose consoles
    are written to another's log, too; `screens`: what each showed.
    """

    infos: Mapping[TargetId, GuestInfo]
    checks: Mapping[TargetId, frozenset[CheckName]] = field(default_factory=lambda: MappingProxyType({}))
    consoles: Collection[TargetId] = ()
    by_ssh: Collection[TargetId] = ()
    doors: Collection[TargetId] = ()
    shared: Collection[TargetId] = ()
    screens: Mapping[TargetId, Screen] = field(default_factory=lambda: MappingProxyType({}))

    def lacks(self, guest: Target) -> Lack | None:
        """What keeps a guest from being proven well; None where nothing does, or it can't be told yet."""
        info, screen = self.infos.get(guest.id), self.screen(guest.id)
        minded = info is not None and info.known and not guest.ephemeral and guest.proof is Proof.INSIDE
        if info is None or not minded or screen in {Screen.TELLS, Screen.COMING}:
            return None
        door = guest.id in self.doors
        if guest.id in self.by_ssh or (self.checks.get(guest.id) and not door):
            return None
        console = info.console_log is not None and guest.runs_on in self.consoles and guest.id not in self.shared
        if info.has_agent or console:
            return Lack.SILENT if screen is Screen.NOTHING else None
        return Lack.OPEN_PORT if door else Lack.DARK

    def screen(self, guest: TargetId) -> Screen:
        """What it has shown."""
        return self.screens.get(guest, Screen.UNSEEN)


@dataclass(frozen=True, slots=True)
class Listed:
    """What lab.yaml lists and can't be proven, whatever the guests show.

    `nowhere`: the guests it names that no hypervisor has; `idle`: what nothing looks at; `open_port`: the hosts
    of whose checks none looks further than to an open SSH port.
    """

    nowhere: Sequence[str] = ()
    idle: Sequence[TargetId] = ()
    open_port: Sequence[TargetId] = ()


def shown(boot: GuestBoot, now: datetime, patience: timedelta) -> Screen:
    """What a guest has shown by now. `patience`: how long one may stand still on its way up."""
    if boot.running is False or boot.paused:
        return Screen.UNSEEN
    place = boot.where(now, patience)
    if place.proven or boot.hint or boot.whose.other is not None or place.stage in {Stage.FAILED, Stage.WAITING}:
        return Screen.TELLS
    return Screen.NOTHING if place.overdue and boot.looked else Screen.COMING


def blind_spots(guests: Iterable[Target], making: Making, listed: Listed, name: Names) -> tuple[BlindSpot, ...]:
    """What can't be proven, of the guests whose making is known. Those that come and go are nobody's concern."""
    found: dict[Lack, list[Said]] = {lack: [] for lack in Lack}
    for guest in guests:
        if lack := making.lacks(guest):
            keys = frozenset({guest.id, f"{guest.name}@{name_of(guest.runs_on or guest.id)}"})
            seen = making.screen(guest.id) is not Screen.UNSEEN
            found[lack].append(Said(name(guest.id), keys, seen))
        if guest.id in making.shared:
            label = f"{name(guest.id)} ({making.infos[guest.id].console_log})"
            found[Lack.ONE_LOG].append(Said(label, frozenset({guest.id})))
    found[Lack.OPEN_PORT] += [Said(name(one), frozenset({one})) for one in listed.open_port]
    found[Lack.NOWHERE] = [Said(one, frozenset({one})) for one in listed.nowhere]
    found[Lack.IDLE] = [Said(name(one), frozenset({one})) for one in listed.idle]
    spots = (BlindSpot(lack, sorted(about, key=lambda one: one.label)) for lack, about in found.items())
    return tuple(spot for spot in spots if spot.about)


def _dark(about: Sequence[Said]) -> str:
    one, seen = len(about) == 1, all(one.seen for one in about)
    have, they = ("1 guest has", "it has") if one else (f"{len(about)} guests have", "they have")
    login = "" if seen else f"unless a login shows on {'its screen' if one else 'their screens'}, "
    return f"{have} neither agent nor console nor check: {login}I could only say that {they} power"


def _silent(about: Sequence[Said]) -> str:
    if len(about) == 1:
        return "1 guest has an agent or a console, and neither shows that it is up"
    return f"{len(about)} guests have an agent or a console, and neither shows that they are up"


_WHAT: Final[Mapping[Lack, Callable[[Sequence[Said]], str]]] = MappingProxyType(
    {
        Lack.DARK: _dark,
        Lack.SILENT: _silent,
        Lack.OPEN_PORT: lambda _: (
            "all I see of these is that their SSH port is open, and an initramfs that waits for a passphrase "
            "opens one, too: after an outage I can't say that they are well"
        ),
        Lack.ONE_LOG: lambda _: "these guests share a console's log with others, so that it proves none of them",
        Lack.NOWHERE: lambda _: "lab.yaml lists guests that no hypervisor has, so nothing looks at them",
        Lack.IDLE: lambda _: "lab.yaml lists what nothing looks at",
    }
)

_MEND: Final[Mapping[Lack, str]] = MappingProxyType(
    {
        Lack.DARK: (
            "add a qemu-guest-agent channel, a serial console with a log, or a check in lab.yaml; or log in once "
            "by SSH as the bot's user, so that its host key is known; `proof: running` accepts power alone"
        ),
        Lack.SILENT: (
            "install and start qemu-guest-agent in it, or have it ask for a login on its serial console; "
            "or add a check in lab.yaml"
        ),
        Lack.OPEN_PORT: (
            "give a host `ssh`; or log in to each once by hand as the bot's own user, so that its host key is "
            "known; or add a check of another port"
        ),
        Lack.ONE_LOG: "give each a log of its own in its definition (`virsh edit`)",
        Lack.NOWHERE: "correct the name, take it out, or see where the guest is",
        Lack.IDLE: "add `ssh`, a `hypervisor` or a check, or say `watched: false`",
    }
)
