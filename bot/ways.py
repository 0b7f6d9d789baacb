"""The ways to machines, as lab.yaml tells them: to a host, into a guest, to the bot's own machine.

Makes them when first asked for and keeps them; closing lets all go.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot.config import Config, Host
from bot.core.jobs import Place, PlaceKind
from bot.hypervisor import Hypervisor
from bot.reach import Reach, Refused, Script
from bot.reach.guest import GuestReach
from bot.reach.hypervisor_agent import agent_of
from bot.reach.local import LocalReach
from bot.reach.ssh import SshHost, SshReach

END = 16_384  # bytes of a console log that are read: far more than a boot failure says after itself
_READ_END = f'tail -c {END} -- "$path"'
_QUICK = timedelta(seconds=10)
_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")


class Ways:
    """All reaches of one lab. `hypervisor_of` gives the hypervisor a guest is on, by the guest's name."""

    def __init__(self, config: Config, hypervisor_of: Callable[[str], Hypervisor]) -> None:
        self._config = config
        self._hypervisor_of = hypervisor_of
        self._kept: dict[Place, Reach] = {}

    def to(self, place: Place) -> Reach:
        """The way to a place. Raises Refused where lab.yaml tells none."""
        if place not in self._kept:
            self._kept[place] = self._make(place)
        return self._kept[place]

    def _make(self, place: Place) -> Reach:
        if place.kind is PlaceKind.HOST:
            return self._ssh(place.name)
        if place.kind is PlaceKind.GUEST:
            return GuestReach(place.name, agent_of(self._hypervisor_of(place.name), place.name))
        if not self._config.runbooks.run_on_bot:
            raise Refused(
                "cannot run this on the bot's machine: because lab.yaml does not say runbooks.run_on_bot"
            )
        return LocalReach()

    def _ssh(self, name: str) -> SshReach:
        host = self._config.hosts.get(name)
        if host is None or host.ssh is None:
            raise Refused(f"cannot run anything on '{name}': because lab.yaml has no hosts.{name}.ssh")
        return SshReach(ssh_host(host))

    async def read_end(self, host: str, path: str) -> str:
        """The last part of a text file on a host; of this machine's own where the host has no SSH."""
        if self._config.hosts[host].ssh is None:
            return _read_end(Path(path))
        reach = self.to(Place(PlaceKind.HOST, host))
        finished = await reach.run(Script("sh", _READ_END), values={"path": path}, limit=_QUICK)
        if not finished.ok:
            raise Refused(f"cannot read '{path}' on {host}: because {finished.output.strip() or 'it failed'}")
        return finished.output

    async def close(self) -> None:
        """Let all go."""
        for reach in self._kept.values():
            await reach.close()


def ssh_host(host: Host) -> SshHost:
    """How a host of lab.yaml is entered. Raises Refused where no key or no known host keys are there."""
    assert host.ssh is not None, "asked only for hosts that have it"
    home = Path.home() / ".ssh"
    key = host.ssh.key or next((home / name for name in _KEYS if (home / name).exists()), None)
    if key is None:
        raise Refused(f"cannot log in to {host.name}: because there is no key in {home}, and lab.yaml names none")
    known_hosts = host.ssh.known_hosts or home / "known_hosts"
    return SshHost(host.name, host.address, host.ssh.user, key, known_hosts, host.ssh.port)


def _read_end(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - END))
            return file.read().decode(errors="replace")
    except OSError as why:
        raise Refused(f"cannot read '{path}': because {why.strerror}") from why
