"""A real hypervisor to break: a libvirtd of its own, without rights, and real guests under QEMU's emulation.

Nothing outside its own folder is touched, and no system-wide libvirt is needed or seen. Started by root, it runs
as `nobody`. Never uses KVM: emulation is the same everywhere. The bot sees none of this, only the URI.
"""

import asyncio
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import libvirt

from bot.demo.tiny_guest import BOOT_AT, SECTOR, tiny_guest

log = logging.getLogger(__name__)

NOBODY = 65534
STARTS_WITHIN = 30.0  # seconds; the daemon first asks each QEMU what it can do

GUEST_XML = """<domain type='qemu'>
  <name>{name}</name><uuid>{uuid}</uuid>
  <memory unit='MiB'>192</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/>{bios}</os>
  <features><acpi/></features>
  <on_crash>preserve</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='{disk}'/><target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'>{log}<target port='0'/></serial>
    {channel}
    <video><model type='vga'/></video>
    <memballoon model='none'/>
  </devices>
</domain>"""


AGENT_CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"


class CannotStart(Exception):
    """The daemon or a guest did not come up. The text says what it said."""


@dataclass(frozen=True, slots=True)
class RealGuest:
    """A guest and its files. `console_log` is None for one as virt-manager makes them: only its screen tells."""

    name: str
    disk: Path
    console_log: Path | None

    def zero_boot_sector(self) -> None:
        """What a power surge may do: the firmware finds no disk to boot."""
        self._overwrite(0, bytes(SECTOR))

    def damage_boot_partition(self) -> None:
        """The boot sector is whole, and the partition it hands over to is not."""
        self._overwrite(BOOT_AT, bytes(64 * SECTOR))

    def _overwrite(self, at: int, content: bytes) -> None:
        with self.disk.open("r+b") as disk:
            disk.seek(at)
            disk.write(content)


class RealHost:
    """A libvirtd in a folder of its own, its guests, and its plug."""

    def __init__(self) -> None:
        # A short path: the sockets below it must keep within the 107 characters that a socket's path may have.
        self.folder = Path(tempfile.mkdtemp(prefix="caretaker-"))
        self._own(self.folder)
        self._runtime = self.folder / "run"
        self._daemon: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """Where the daemon listens."""
        return self._runtime / "libvirt" / "libvirt-sock"

    def uri(self, driver: str = "qemu", path: str = "/session") -> str:
        """A libvirt URI of this daemon; it also serves libvirt's test driver (`test`, `/default`)."""
        return f"{driver}+unix://{path}?socket={self.socket}"

    @property
    def daemon_pid(self) -> int:
        """The running daemon's process."""
        if self._daemon is None:
            raise CannotStart("cannot tell the daemon's process: because it is not started")
        return self._daemon.pid

    async def start(self) -> None:
        """Turn the host on: start the daemon, and with it the guests that have autostart. Raises CannotStart."""
        for place in (self._runtime, self._home / ".config/libvirt"):
            self._make(place)
        # Without this a second daemon, virtlogd, would hold the console logs and outlive the first.
        (self._home / ".config/libvirt/qemu.conf").write_text('stdio_handler = "file"\n')
        with (self.folder / "libvirtd.log").open("ab") as said:
            self._daemon = subprocess.Popen(  # noqa: ASYNC220, S603  starting takes no time, listening does
                self._as_nobody("libvirtd", "--pid-file", str(self._runtime / "libvirtd.pid")),
                env={
                    "HOME": str(self._home),
                    "XDG_RUNTIME_DIR": str(self._runtime),
                    "PATH": f"{os.defpath}:/usr/sbin",
                },
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                while not self._listens():  # noqa: ASYNC110  nothing else tells when it does
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise CannotStart(f"cannot start libvirtd: because {self._last_words()}") from None

    def add_guest(
        self, name: str, *, console_log: bool = True, autostart: bool = False, agent: bool = True
    ) -> RealGuest:
        """Define a guest with a disk of its own, off. Raises CannotBuild when there's nothing to make it of."""
        disk = self.folder / f"{name}.img"
        shutil.copy(tiny_guest(), disk)
        self._own(disk)
        log_file = self.folder / f"{name}.console.log" if console_log else None
        xml = GUEST_XML.format(
            name=name,
            uuid=self.uuid(name),
            disk=disk,
            bios="<bios useserial='yes'/>" if log_file else "",
            channel=AGENT_CHANNEL if agent else "",
            log=f"<log file='{log_file}' append='off'/>" if log_file else "",
        )
        with self._connected() as connection:
            connection.defineXML(xml).setAutostart(int(autostart))
        return RealGuest(name, disk, log_file)

    def uuid(self, name: str) -> str:
        """The UUID that this host's guest of that name has."""
        return str(uuid5(NAMESPACE_URL, f"{self.folder}/{name}"))

    def start_guest(self, name: str) -> None:
        """Turn one guest on. Raises CannotStart, e.g. where it runs already."""
        with self._connected() as connection:
            try:
                connection.lookupByName(name).create()
            except libvirt.libvirtError as why:
                raise CannotStart(f"cannot start '{name}': because {why}") from why

    def cut_guest(self, name: str, by: signal.Signals = signal.SIGKILL) -> None:
        """Take one guest's power: its QEMU is killed, or ended by another signal."""
        pid = int((self._guests_runtime / f"{name}.pid").read_text())
        os.kill(pid, by)

    def cut_power(self) -> None:
        """Take the whole host's power: daemon and guests are killed at once, and what a reboot forgets is gone."""
        self._end_daemon(signal.SIGKILL)
        for file in self._guests_runtime.glob("*.pid"):
            pid = file.read_text()  # the daemon's own is empty where it was killed while it started
            with suppress(ProcessLookupError):
                if pid:
                    os.kill(int(pid), signal.SIGKILL)
        shutil.rmtree(self._runtime, ignore_errors=True)

    def close(self) -> None:
        """End everything and remove the folder."""
        self.cut_power()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _home(self) -> Path:
        return self.folder / "home"

    @property
    def _guests_runtime(self) -> Path:
        return self._runtime / "libvirt/qemu/run"

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        connection = libvirt.open(self.uri())
        try:
            yield connection
        finally:
            connection.close()

    def _listens(self) -> bool:
        if self._daemon is None or self._daemon.poll() is not None:
            raise CannotStart(f"cannot start libvirtd: because {self._last_words()}")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def _last_words(self) -> str:
        said = (self.folder / "libvirtd.log").read_text(errors="replace").strip()
        return said[-500:] or "it does not answer"

    def _end_daemon(self, how: signal.Signals) -> None:
        if self._daemon is not None:
            self._daemon.send_signal(how)
            self._daemon.wait()
            self._daemon = None

    def _make(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for place in (folder, *folder.parents):
            if place.is_relative_to(self.folder):
                self._own(place)

    def _own(self, path: Path) -> None:
        """Root hands what it made to whom the daemon runs as."""
        if os.getuid() == 0:
            os.chown(path, NOBODY, NOBODY)

    def _as_nobody(self, *command: str) -> list[str]:
        """As root, libvirtd would be the system's own daemon."""
        if os.getuid() != 0:
            return list(command)
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--", *command]
