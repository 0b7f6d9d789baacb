"""What could never be proven well, and what to do about it: said beforehand, not first in an outage."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.guest import GuestInfo
from bot.core.health import CheckName, Proof, Target, TargetId, TargetKind
from bot.core.names import Names

NAMED = 8  # as many names as a phone shows at a glance


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """One thing that can't be told of some machines. `key`: what it is about; `mend`: how to change that.

    `note`: it is no mistake in lab.yaml.
    """

    key: str
    what: str
    mend: str
    note: bool = False


@dataclass(frozen=True, slots=True)
class Making:
    """What is known of how guests could be looked into.

    `infos`: by guest, what its hypervisor tells; `checks`: those that lab.yaml gives each; `consoles`: the hosts
    on which a console's log can be read; `doors`: the hosts and guests of whose checks none looks further than to
    an open SSH port; `shared`: the guests whose consoles' logs are others', too, and which others.
    """

    infos: Mapping[TargetId, GuestInfo]
    checks: Mapping[TargetId, frozenset[CheckName]]
    consoles: Collection[TargetId]
    doors: Collection[TargetId] = ()
    shared: Mapping[TargetId, frozenset[TargetId]] = field(default_factory=dict)

    def shows(self, guest: Target) -> bool:
        """Whether anything but its screen could prove a guest well."""
        info = self.infos[guest.id]
        console = info.console_log is not None and guest.runs_on in self.consoles and guest.id not in self.shared
        checked = bool(self.checks.get(guest.id)) and guest.id not in self.doors
        return info.has_agent or console or checked


def blind_spots(
    guests: Iterable[Target], making: Making, nowhere: Sequence[str], idle: Sequence[TargetId], name: Names
) -> tuple[BlindSpot, ...]:
    """What can't be proven, of the guests whose making is known. Those that come and go are nobody's concern.

    `nowhere`: the guests that lab.yaml names and no hypervisor has; `idle`: what it lists and nothing looks at.
    """
    minded = (one for one in guests if not one.ephemeral and one.proof is Proof.INSIDE)
    known = (one for one in minded if one.id in making.infos and making.infos[one.id].known)
    dark = {one.id for one in known if not making.shows(one)}
    doors = dark.intersection(making.doors).union(one for one in making.doors if one.startswith(TargetKind.HOST))
    found = (
        _dark(sorted(dark - doors, key=name), name),
        _open_doors(sorted(doors, key=name), name),
        *_shared_logs(making, name),
        _nowhere(nowhere),
        _idle(idle, name),
    )
    return tuple(spot for spot in found if spot is not None)


def _dark(guests: Sequence[TargetId], name: Names) -> BlindSpot | None:
    if not guests:
        return None
    have = "guest has" if len(guests) == 1 else "guests have"
    what = (
        f"{len(guests)} {have} neither a guest agent, nor a console log that can be read, nor a check: "
        "unless a login shows on the screen, or SSH a host key that is known, "
        f"I can only say that there is power ({_named(map(name, guests))})"
    )
    mend = "add a qemu-guest-agent channel, a serial console log or a check; `proof: running` accepts power alone"
    return BlindSpot(f"dark {' '.join(guests)}", what, mend, note=True)


def _open_doors(targets: Sequence[TargetId], name: Names) -> BlindSpot | None:
    if not targets:
        return None
    what = (
        "all I see of these is that their SSH port is open, and an initramfs that waits for a passphrase opens "
        f"one, too: after an outage I can't say that they are well ({_named(map(name, targets))})"
    )
    mend = (
        "give a host `ssh`; or log in to each once by hand as the bot's own user, so that its host key is known; "
        "or add a check of another port"
    )
    return BlindSpot(f"doors {' '.join(targets)}", what, mend, note=True)


def _shared_logs(making: Making, name: Names) -> Iterable[BlindSpot]:
    """Of guests that write one log, one after another, none is proven by it; nor by what another wrote."""
    groups = {frozenset({guest, *others}) for guest, others in making.shared.items()}
    for guests in sorted((sorted(group, key=name) for group in groups), key=lambda group: [*map(name, group)]):
        path = making.infos[guests[0]].console_log
        who = _named(map(name, guests))
        what = f"the consoles of {who} are written to one log ({path}), so it proves none of them"
        mend = "give each a log of its own in its definition (`virsh edit`)"
        yield BlindSpot(f"log {' '.join(guests)}", what, mend, note=True)


def _nowhere(names: Sequence[str]) -> BlindSpot | None:
    if not names:
        return None
    what = f"lab.yaml lists guests that no hypervisor has, so nothing looks at them: {_named(names)}"
    return BlindSpot(
        f"nowhere {' '.join(names)}", what, "correct the name, take it out, or see where the guest is"
    )


def _idle(targets: Sequence[TargetId], name: Names) -> BlindSpot | None:
    if not targets:
        return None
    what = f"lab.yaml lists what nothing looks at: {_named(map(name, targets))}"
    return BlindSpot(
        f"idle {' '.join(targets)}", what, "add `ssh`, a `hypervisor` or a check, or say `watched: false`"
    )


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return f"{', '.join(listed[:NAMED])}{more}"
