"""The values of lab.yaml: frozen, of the standard library only, usable everywhere. They read nothing themselves.

A field's metadata says how it stands in the file: `help`; `least` and `most` for numbers and times; `pattern` (of
the whole text) and `words` (what that pattern means) for text. The same keys describe a probe's parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bot.config.outward import Heartbeat, SecondChannel
from bot.config.timing import A_MOMENT, Timing
from bot.config.witnesses import Witnesses
from bot.config.zone import zone_of
from bot.core.health import Proof
from bot.core.permit import Person, Role


class ConfigError(Exception):
    """The user's mistake. Its text is one line a mistake: `lab.yaml:12: cannot read …: because …`."""


class Expect(StrEnum):
    """What the owner expects of a guest."""

    RUNNING = "running"
    ANY = "any"


_ADDRESS = "Its host name or IP address; by default its name."
_PORT = {"least": 1, "most": 65535}
_CHECKS = "What else to look at, by a name of your own; each says which probe it uses."
_WATCHED = "false: it is listed so that others can name it, and nothing is to look at it."
_PROOF = (
    "What proves it healthy. inside: its own system answers. running: power alone is accepted, "
    "for an appliance; every report says so."
)
_BEHIND = "The service or host (a gateway, a switch) without which it cannot be seen from here."


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """Where the bot speaks. The tokens are Secrets."""

    channel: str = field(
        metadata={
            "help": "The channel's name without #, or its id (C0…).",
            "pattern": "[^#\\s]+",
            "words": "a channel's name without #, or its id",
        }
    )
    fallback_channel: str | None = field(
        default=None,
        metadata={
            "help": "Where to say that the channel can't be posted to. Without it, to an admin directly.",
            "pattern": "[^#\\s]+",
            "words": "a channel's name without #, or its id",
        },
    )


@dataclass(frozen=True, slots=True)
class Check:
    """One configured use of a probe. `params`: an instance of that probe's own Params. None: as `timing` says."""

    name: str
    probe: str = field(metadata={"help": "What looks: the name of a probe."})
    params: Any
    every: timedelta | None = field(
        default=None, metadata={"help": "Instead of timing.check_every.", "least": A_MOMENT}
    )
    retry_every: timedelta | None = field(
        default=None, metadata={"help": "Instead of timing.retry_every.", "least": A_MOMENT}
    )
    failures: int | None = field(default=None, metadata={"help": "Instead of timing.failures.", "least": 1})


@dataclass(frozen=True, slots=True)
class Ssh:
    """How to log in to a host. The paths are on the bot's machine; None: what the user's own ssh would use."""

    user: str = field(default="root", metadata={"help": "Whom to log in as."})
    port: int = field(default=22, metadata={"help": "Where its SSH server listens.", **_PORT})
    key: Path | None = field(
        default=None,
        metadata={
            "help": "The private key's file; by default the first there is of ~/.ssh/id_ed25519, id_ecdsa, id_rsa."
        },
    )
    known_hosts: Path | None = field(
        default=None,
        metadata={
            "help": "The file of known host keys; by default ~/.ssh/known_hosts. An unknown host is refused."
        },
    )


@dataclass(frozen=True, slots=True)
class Backup:
    """Where a host's restic backups are. Both are as that host sees them."""

    repository: str = field(metadata={"help": "The restic repository: a path on the host, or a restic URL."})
    password_file: str = field(metadata={"help": "The file on the host that holds the repository's password."})


@dataclass(frozen=True, slots=True)
class Host:
    """A machine. `hypervisor` is a libvirt URI; None: it runs no guests. `ssh` None: it can't be commanded."""

    name: str
    address: str = field(default="", metadata={"help": _ADDRESS})
    ssh: Ssh | None = field(
        default=None,
        metadata={"help": "How to log in, to look into it and for runbooks; `ssh: {}` is root on port 22."},
    )
    hypervisor: str | None = field(
        default=None,
        metadata={
            "help": "The libvirt URI of its guests.",
            "pattern": "[a-z][a-z0-9+]*://.*",
            "words": "a libvirt URI such as qemu+ssh://root@atlas/system",
        },
    )
    powered_by: str | None = field(default=None, metadata={"help": "The UPS it hangs on."})
    behind: str | None = field(default=None, metadata={"help": _BEHIND})
    backup: Backup | None = field(default=None, metadata={"help": "Where its restic backups are."})
    checks: Mapping[str, Check] = field(default_factory=dict, metadata={"help": _CHECKS})
    proof: Proof = field(default=Proof.INSIDE, metadata={"help": _PROOF})
    watched: bool = field(default=True, metadata={"help": _WATCHED})

    def __post_init__(self) -> None:
        _be_called(self, "address")


@dataclass(frozen=True, slots=True)
class Ups:
    """A UPS that a NUT server (upsd) speaks for. `ups` is its name there."""

    name: str
    address: str = field(default="127.0.0.1", metadata={"help": "Where upsd runs: a host name or IP address."})
    port: int = field(default=3493, metadata={"help": "Where upsd listens.", **_PORT})
    ups: str = field(default="", metadata={"help": "What upsd calls it; by default its name here."})
    every: timedelta | None = field(
        default=None, metadata={"help": "Instead of timing.check_every.", "least": A_MOMENT}
    )

    def __post_init__(self) -> None:
        _be_called(self, "ups")


@dataclass(frozen=True, slots=True)
class Guest:
    """What is to be said of a guest beyond what its hypervisor tells. A guest need not be listed to be watched."""

    name: str
    address: str = field(default="", metadata={"help": _ADDRESS})
    host: str | None = field(
        default=None, metadata={"help": "The host it runs on, where several have a guest of this name."}
    )
    expect: Expect | None = field(
        default=None,
        metadata={
            "help": "running: being off is a failure. any: it may be off. By default: as its autostart says."
        },
    )
    disk: str | None = field(
        default=None, metadata={"help": "Its boot disk's path on the host, where libvirt can't tell."}
    )
    checks: Mapping[str, Check] = field(default_factory=dict, metadata={"help": _CHECKS})
    proof: Proof = field(default=Proof.INSIDE, metadata={"help": _PROOF})

    def __post_init__(self) -> None:
        _be_called(self, "address")


@dataclass(frozen=True, slots=True)
class Service:
    """Anything else worth watching: a gateway, a website, a printer."""

    name: str
    address: str = field(default="", metadata={"help": _ADDRESS})
    behind: str | None = field(default=None, metadata={"help": _BEHIND})
    checks: Mapping[str, Check] = field(default_factory=dict, metadata={"help": _CHECKS})
    proof: Proof = field(default=Proof.INSIDE, metadata={"help": _PROOF})
    watched: bool = field(default=True, metadata={"help": _WATCHED})

    def __post_init__(self) -> None:
        _be_called(self, "address")


@dataclass(frozen=True, slots=True)
class Runbooks:
    """Where the owner's runbooks are (None: only those that come with Caretaker), and what they may do."""

    folder: Path | None = field(
        default=None,
        metadata={
            "help": "The folder of your own runbooks; by default `runbooks` beside this file, if it is there."
        },
    )
    run_on_bot: bool = field(
        default=False, metadata={"help": "Whether runbooks may run commands on the bot's own machine."}
    )


@dataclass(frozen=True, slots=True)
class Config:
    """All that lab.yaml says. Names refer only to what is there: reading made sure."""

    path: Path
    slack: SlackConfig = field(metadata={"help": "Where the bot speaks. Tokens come from the environment."})
    people: tuple[Person, ...] = field(metadata={"help": "Who may do more than read, by name."})
    data: Path = field(
        default=Path("data"),
        metadata={"help": "The folder of the bot's database; CARETAKER_DATA in the environment overrides it."},
    )
    time_zone: str | None = field(
        default=None,
        metadata={"help": "The zone times are shown in, such as Europe/Paris; by default the system's."},
    )
    timing: Timing = field(default=Timing(), metadata={"help": "How soon, how often, how long."})
    hosts: Mapping[str, Host] = field(default_factory=dict, metadata={"help": "The machines, by name."})
    ups: Mapping[str, Ups] = field(default_factory=dict, metadata={"help": "The UPSes, by name."})
    guests: Mapping[str, Guest] = field(
        default_factory=dict, metadata={"help": "What is special about single guests, by name."}
    )
    services: Mapping[str, Service] = field(
        default_factory=dict, metadata={"help": "What else to watch, by name."}
    )
    ephemeral: tuple[str, ...] = field(
        default=(),
        metadata={"help": "Guests that come and go: patterns of names (ci-*). They never open an incident."},
    )
    runbooks: Runbooks = field(default=Runbooks(), metadata={"help": "Your own runbooks."})
    witnesses: Witnesses = field(
        default=Witnesses(), metadata={"help": "What tells the bot whether it can see the lab at all."}
    )
    heartbeat: Heartbeat | None = field(
        default=None,
        metadata={"help": "A sign of life to somebody outside the house; its address is CARETAKER_HEARTBEAT_URL."},
    )
    second_channel: SecondChannel | None = field(
        default=None,
        metadata={
            "help": "Where Slack can't tell anybody; its addresses (Apprise's) are CARETAKER_SECOND_CHANNEL."
        },
    )

    @property
    def zone(self) -> tzinfo:
        """The zone times are shown in."""
        return zone_of(self.time_zone)

    def comes_and_goes(self, guest: str) -> bool:
        """Whether a guest of that name is ephemeral."""
        return any(fnmatchcase(guest, pattern) for pattern in self.ephemeral)

    @property
    def database(self) -> Path:
        """The bot's database."""
        return self.data / "caretaker.db"

    @property
    def owner(self) -> Person:
        """The one whom incidents mention."""
        admins = (one for one in self.people if Role.ADMIN in one.roles)
        return next((one for one in self.people if one.owner), None) or next(admins)


def _be_called(thing: Host | Ups | Guest | Service, attribute: str) -> None:
    """Fill what defaults to the thing's own name (frozen as it is: it is just being made)."""
    if not getattr(thing, attribute):
        object.__setattr__(thing, attribute, thing.name)
