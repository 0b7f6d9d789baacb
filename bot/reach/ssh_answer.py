"""What answers where a machine's SSH server should, and whether that shows that the machine is up.

The machine's own system is up where a server proves that it has the host key known for that machine. A ping, an
open port, a banner, or some other key prove nothing: firmware answers pings, and an initramfs that waits for its
disk's passphrase often runs an SSH server.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.core.health import THERE


class Answer(StrEnum):
    """What was found. Only KNOWN_KEY shows that the machine is up."""

    KNOWN_KEY = "known-key"
    MAYBE_INITRAMFS = "maybe-initramfs"
    OTHER_KEY = "other-key"
    UNKNOWN_KEY = "unknown-key"
    NO_SSH = "no-ssh"
    STALLED = "stalled"
    REFUSED = "refused"
    SILENT = "silent"
    CANNOT_LOOK = "cannot-look"


@dataclass(frozen=True, slots=True)
class Door:
    """Where an SSH server is, and by what name its key is known.

    `known_as`: the name (or address) that its key stands under in the file `known_hosts`; by default its address.
    `others`: names of other machines; a key that is known for one of them too tells the two not apart.
    `software`: what its own server calls itself, where that is one that initramfs use, too.
    """

    address: str
    port: int
    known_hosts: Path
    known_as: str = ""
    others: Sequence[str] = ()
    software: str = ""

    @property
    def name(self) -> str:
        """What its key is known by."""
        return self.known_as or self.address


@dataclass(frozen=True, slots=True)
class SshAnswer:
    """What was found, and why in words. `banner`: how its server calls itself; `mend`: what a person may do.

    `said_at`: the address of lab.yaml that was asked, "" where the machine's address was found otherwise.
    """

    answer: Answer
    why: str
    banner: str = ""
    mend: str = ""
    said_at: str = ""

    @property
    def shows(self) -> Mapping[str, str]:
        """That the machine is there although its server does not answer: a fact of the failure."""
        if self.answer is Answer.STALLED:
            return {THERE: "it takes connections"}
        return {THERE: "it refuses connections"} if self.answer is Answer.REFUSED else {}

    @property
    def proves(self) -> bool:
        """Whether it shows that the machine's own system is up."""
        return self.answer is Answer.KNOWN_KEY

    @property
    def is_ours(self) -> bool:
        """Whether the watcher is what a person has to mend."""
        return self.answer in _OURS


_OURS: Final = frozenset({Answer.OTHER_KEY, Answer.UNKNOWN_KEY, Answer.MAYBE_INITRAMFS, Answer.NO_SSH})

IN_INITRAMFS: Final = ("dropbear", "tinyssh")
"""What the servers call themselves that distributions put into an initramfs to ask for a passphrase: Debian's
dropbear-initramfs, Arch's mkinitcpio-dropbear and mkinitcpio-tinyssh. dracut-sshd puts OpenSSH there: a key
of its own tells that apart; where it has the machine's, nothing does."""


def judge(door: Door, banner: str, *, known: bool, fits: bool, twin: str | None) -> SshAnswer:
    """What it means that the server that calls itself `banner` has proven to have a key.

    `known`: keys are known for that machine; `fits`: this is one of them; `twin`: another machine it is known for.
    """
    server = f"its SSH server ({banner or 'which has no name'})"
    initramfs = banner.lower().startswith(IN_INITRAMFS)
    if not known:
        return _unknown(door, banner, server)
    if not fits:
        return _other(door, banner, server, initramfs=initramfs)
    if twin is not None:
        return SshAnswer(
            Answer.UNKNOWN_KEY,
            f"{server} answers with a host key that is known for {twin} too: it could be either",
            banner,
            "Give each machine host keys of its own: delete the copied ones, then “ssh-keygen -A”.",
        )
    if initramfs and not (door.software and banner.lower().startswith(door.software.lower())):
        return SshAnswer(
            Answer.MAYBE_INITRAMFS,
            f"{banner} answers with the host key known for it: it may wait for its disk's passphrase",
            banner,
            "Look at its screen. If that is the machine's own SSH server, say so in a check with “probe: ssh”:"
            f" “software: {banner.partition('_')[0]}”.",
        )
    return SshAnswer(Answer.KNOWN_KEY, f"{server} answers with the host key known for it", banner)


def _unknown(door: Door, banner: str, server: str) -> SshAnswer:
    alias = f"-o HostKeyAlias={door.known_as} " if door.known_as else ""
    port = "" if door.port == 22 else f"-p {door.port} "
    return SshAnswer(
        Answer.UNKNOWN_KEY,
        f"{server} answers, but no host key is known for {door.name}",
        banner,
        f"As the bot's own user, log in once by hand (“ssh {alias}{port}{door.address}”), and compare the key it"
        " asks about with the one on the machine's own console.",
    )


def _other(door: Door, banner: str, server: str, *, initramfs: bool) -> SshAnswer:
    """A server with a key that is not the machine's."""
    mend = of_other_key(door)
    if initramfs:
        why = f"another system answers ({banner}): it may wait for its disk's passphrase"
        return SshAnswer(Answer.OTHER_KEY, why, banner, f"Look at its screen. {mend}")
    why = f"{server} answers with another host key than the one known for {door.name}"
    return SshAnswer(Answer.OTHER_KEY, why, banner, mend)


def of_other_key(door: Door) -> str:
    """What a person does about a host key that is another than the one known there."""
    return (
        f"Compare what “ssh-keyscan -p {door.port} {door.address}” shows with the key on the machine's own"
        f" console. Only if they agree: “ssh-keygen -R {_entry(door)}{_file(door)}”, then log in once by hand as"
        " the bot's own user."
    )


def _file(door: Door) -> str:
    """The option that names its known_hosts, where that is not the user's own."""
    usual = Path("~/.ssh/known_hosts").expanduser()
    return "" if door.known_hosts == usual else f" -f {shlex.quote(str(door.known_hosts))}"


def _entry(door: Door) -> str:
    """What its line in known_hosts begins with."""
    return door.name if door.port == 22 else f"'[{door.name}]:{door.port}'"
