"""The ways to machines, as lab.yaml tells them: to a host, into a guest, to the bot's own machine.

Connections to hosts are made when first asked for and kept; closing lets all go.
"""

import asyncio
import base64
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.config import Config, Host, Ssh
from bot.core.guest import GuestEvent
from bot.core.health import Target, TargetId, TargetKind, name_of
from bot.core.incidents.console_log import TAIL, LogEnd, Mark
from bot.core.jobs import Place, PlaceKind
from bot.hypervisor import GuestRefused, Hypervisor
from bot.hypervisor.machine import Machine
from bot.names import Names
from bot.reach import Reach, Refusal, Refused, Script, Unreachable
from bot.reach.guest import GuestReach
from bot.reach.hypervisor_agent import agent_of
from bot.reach.local import LocalReach
from bot.reach.redacted import RedactedReach
from bot.reach.ssh_answer import Door, SshAnswer
from bot.redact import Redactor

if TYPE_CHECKING:
    from bot.reach.host_key import KnownHosts

END = 16_384  # bytes of a console log that are read: far more than a boot failure says after itself
PUT_BACK: Final = "; put it back and restart Caretaker, or stop this run"
"""What to do where lab.yaml had a host when a run began, and has it no longer."""

_QUICK = timedelta(seconds=10)
_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")

# The file is opened once, so that its size is that of what is read; it may be rotated meanwhile.
_READ_END = f"""
exec 3<"$path"
size=$(stat -L -c %s /dev/fd/3)
start=$((size > {END} ? size - {END} : 0))
echo "$size"
dd if=/dev/fd/3 bs=1 skip="$from" count="$((upto - from))" 2>/dev/null | base64 | tr -d '\\n'
echo
tail -c "+$((start + 1))" <&3 | head -c "$((size - start))" | base64
"""
# A machine's boot, and a process's number and start since then, are those of no other process.
_PROCESS_OF = """
boot=$(cat /proc/sys/kernel/random/boot_id)
for process in /proc/[0-9]*; do
  name=; read -r name <"$process/comm" || continue
  case $name in *qemu*|kvm*) ;; *) continue ;; esac
  tr '\\0' ' ' <"$process/cmdline" | grep -q -e "-uuid $uuid " || continue
  set -- $(sed 's/.*) //' "$process/stat")
  echo "$boot ${process#/proc/} ${20}"
done 2>/dev/null
"""
_SIZE = 'stat -L -c %s -- "$path"'


def hypervisors_of(
    config: Config, on_event: Callable[[GuestEvent], None], names: Names | None = None
) -> Mapping[str, Hypervisor]:
    """The hypervisors, by their host's name. `names`: looks their names up, along with those of others."""
    names = names or Names()
    hosts = ((host.name, host.hypervisor) for host in config.hosts.values())
    return {name: Hypervisor(name, uri, on_event=on_event, names=names) for name, uri in hosts if uri}


class Ways:
    """All reaches of one lab. `names`: looks their host names up. What `redactor` knows is in no output."""

    def __init__(self, config: Config, names: Names | None = None, redactor: Redactor | None = None) -> None:
        self._redactor = redactor or Redactor()
        self.names = names or Names()
        self._config = config
        self._hosts: dict[str, Reach] = {}
        self._known_hosts: KnownHosts | None = None

    def to(self, place: Place, guest: Callable[[str], Machine]) -> Reach:
        """The way to a place. `guest`: the machine of that name. Raises Refused where there is none."""
        if place.kind is PlaceKind.HOST:
            return self.to_host(place.name)
        if place.kind is PlaceKind.GUEST:
            return RedactedReach(_to_guest(place.name, guest), self._redactor)
        if not self._config.runbooks.run_on_bot:
            raise Refused(
                "cannot run this on the bot's machine: because lab.yaml does not say runbooks.run_on_bot"
            )
        return RedactedReach(LocalReach(), self._redactor)

    def to_host(self, name: str) -> Reach:
        """The way to a host of lab.yaml. Raises Refused where it names none."""
        if name not in self._hosts:
            host = self._config.hosts.get(name)
            if host is None or host.ssh is None:
                lacks = f"lab.yaml has no hosts.{name}.ssh{PUT_BACK if host is None else ''}"
                raise Refused(f"cannot run anything on '{name}': because {lacks}")
            self._hosts[name] = RedactedReach(_ssh_to(host, self.names), self._redactor)
        return self._hosts[name]

    def door(self, target: Target, address: str) -> Door:
        """Where the SSH server of a target is, and where its key is known, as lab.yaml says of it or its host."""
        host = target.name if target.kind is TargetKind.HOST else name_of(target.runs_on or TargetId(""))
        said = self._config.hosts.get(host)
        ssh = (said.ssh if said else None) or Ssh()
        port = ssh.port if target.kind is TargetKind.HOST else 22
        return Door(address, port, ssh.known_hosts or Path.home() / ".ssh" / "known_hosts")

    async def knows(self, door: Door) -> bool:
        """Whether any host key is known for what is behind a door."""
        from bot.reach.host_key import knows  # noqa: PLC0415  as in _ssh_to

        return await knows(door, self._keys())

    async def share_key(self, one: Door, other: Door) -> bool:
        """Whether one host key is known for what is behind two doors."""
        with suppress(OSError):  # who reads the file to log in says so
            return await asyncio.to_thread(self._keys().share, one, other)
        return False

    async def ssh_proof(self, door: Door, deadline: timedelta) -> SshAnswer:
        """What answers where an SSH server should; see reach/host_key.py. It logs in nowhere."""
        from bot.reach.host_key import ssh_proof  # noqa: PLC0415

        return await ssh_proof(door, deadline, self.names, self._keys())

    def _keys(self) -> "KnownHosts":
        from bot.reach.host_key import KnownHosts  # noqa: PLC0415

        self._known_hosts = self._known_hosts or KnownHosts()
        return self._known_hosts

    async def read_end(self, host: str, path: str, upto: int = 0) -> LogEnd:
        """The last bytes of a file on a host, and those before the place `upto`.

        Where libvirt speaks with this very machine and that has no SSH, the file is read here. Raises Unreachable
        or Refused.
        """
        if self._reads_here(host):
            return await asyncio.to_thread(_read_end, Path(path), upto)
        values = {"path": path, "from": str(max(0, upto - TAIL)), "upto": str(upto)}
        finished = await self.to_host(host).run(Script("sh", _READ_END), values=values, limit=_QUICK)
        size, _, rest = finished.output.partition("\n")
        if not finished.ok or not size.isdecimal():
            raise Refused(f"cannot read '{path}' on {host}: because {finished.output.strip() or 'it failed'}")
        there, _, content = rest.partition("\n")
        return _whole(_log_end(int(size), base64.b64decode(content), upto, base64.b64decode(there)), path)

    async def process_of(self, host: str, uuid: str) -> str:
        """Which process of a host runs the guest of that UUID, told from all that ever did; "" if none does.

        Raises Unreachable or Refused.
        """
        reach = LocalReach() if self._reads_here(host) else self.to_host(host)
        finished = await reach.run(Script("sh", _PROCESS_OF), values={"uuid": uuid}, limit=_QUICK)
        found = finished.output.splitlines()
        return found[0] if finished.ok and len(found) == 1 else ""

    def _reads_here(self, host: str) -> bool:
        return self._config.hosts[host].ssh is None and _is_here(self._config.hosts[host])

    async def size_of(self, host: str, path: str) -> int | None:
        """How many bytes a file on a host has; None where that can't be told."""
        with suppress(Unreachable, Refused):
            finished = await self.to_host(host).run(Script("sh", _SIZE), values={"path": path}, limit=_QUICK)
            return int(finished.output) if finished.ok else None
        return None

    async def close(self) -> None:
        """Let all go."""
        for reach in self._hosts.values():
            await reach.close()


def _to_guest(name: str, guest: Callable[[str], Machine]) -> Reach:
    try:
        machine = guest(name)
    except GuestRefused as why:
        raise Refused(str(why)) from why
    return GuestReach(name, agent_of(machine.hypervisor, machine.uuid))


def _ssh_to(host: Host, names: Names) -> Reach:
    """The way to a host of lab.yaml. Raises Refused where no key or no known host keys are there."""
    from bot.reach.ssh import SshHost, SshReach  # noqa: PLC0415  0.1 s and 6 MB, for labs with SSH once it is used

    assert host.ssh is not None, "asked only for hosts that have it"
    home = Path.home() / ".ssh"
    key = host.ssh.key or next((home / name for name in _KEYS if (home / name).exists()), None)
    if key is None:
        why = f"cannot log in to {host.name}: because there is no key in {home}, and lab.yaml names none"
        raise Refused(why, Refusal.OURS)
    known_hosts = host.ssh.known_hosts or home / "known_hosts"
    for file in (key, known_hosts):
        if not os.access(file, os.R_OK):
            why = f"cannot log in to {host.name}: because '{file}' is not there, or can't be read"
            raise Refused(why, Refusal.OURS)
    return SshReach(SshHost(host.name, host.address, host.ssh.user, key, known_hosts, host.ssh.port), names)


def _is_here(host: Host) -> bool:
    """Whether its guests' files are this machine's: a libvirt URI without a machine means the local one."""
    return host.hypervisor is not None and not urlsplit(host.hypervisor).hostname


def _read_end(path: Path, upto: int = 0) -> LogEnd:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, upto - TAIL))
            there = file.read(min(upto, TAIL))
            file.seek(max(0, size - END))
            return _whole(_log_end(size, file.read(min(size, END)), upto, there), str(path))
    except OSError as why:
        raise Refused(f"cannot read '{path}': because {why.strerror}") from why


def _log_end(size: int, last: bytes, upto: int, there: bytes) -> LogEnd:
    return LogEnd(size, last, Mark(upto, there.hex()))


def _whole(log: LogEnd, path: str) -> LogEnd:
    """A log as it was at one moment. Raises Refused where it was truncated while it was read."""
    if len(log.last) != min(log.size, END):
        raise Refused(f"cannot read '{path}': because it was written anew meanwhile")
    return log
