"""A real upsd with NUT's dummy driver, in folders of its own, on loopback."""

import getpass
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.real.sshd import free_port

UPSD, DRIVER = Path("/lib/nut/upsd"), Path("/lib/nut/dummy-ups")

_FILES = {
    "nut.conf": "MODE=netserver\n",
    "upsd.conf": "LISTEN 127.0.0.1 {port}\nMAXAGE 2\n",
    "upsd.users": "[admin]\n  password = test\n  actions = SET\n  instcmds = ALL\n",
}
_UPS = """[{name}]
  driver = dummy-ups
  port = {folder}/{name}.dev
  mode = dummy-once
"""


@dataclass
class Upsd:
    """A server, and for each UPS a driver. Each process goes by its name; the server's is `upsd`."""

    folder: Path
    port: int
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def _environment(self) -> dict[str, str]:
        paths = dict.fromkeys(("NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH"), str(self.folder))
        return os.environ | paths

    def start(self, name: str) -> None:
        """Start the server or a driver."""
        command = [UPSD] if name == "upsd" else [DRIVER, "-a", name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*command, "-F", "-u", getpass.getuser()], env=self._environment, stdout=log, stderr=log
            )

    def end(self, name: str) -> None:
        """End it as a crash would."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def freeze(self, name: str) -> None:
        """Let it hang: alive, but silent."""
        self.processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let it go on."""
        self.processes[name].send_signal(signal.SIGCONT)

    def say(self, ups: str, status: str) -> None:
        """Let a UPS have another status, as an owner would test it: by `upsrw`. Takes two seconds."""
        options = ["-s", f"ups.status={status}", "-u", "admin", "-p", "test"]
        subprocess.run(["upsrw", *options, self._address(ups)], check=True, capture_output=True)
        _wait_for(self, lambda: self.status(ups) == status)

    def status(self, ups: str) -> str:
        """What another client of this server is told, or why it is not."""
        command = ["upsc", self._address(ups), "ups.status"]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        return asked.stdout.strip() or asked.stderr.strip()

    def _address(self, ups: str) -> str:
        return f"{ups}@127.0.0.1:{self.port}"


@contextmanager
def running_upsd(folder: Path, statuses: Mapping[str, str]) -> Iterator[Upsd]:
    """A server with UPSes of these names and statuses until the block ends; without NUT the test is skipped.

    After a status further lines may follow: other variables, as in a dump; else its battery is well charged.
    """
    if not (UPSD.exists() and DRIVER.exists() and shutil.which("upsrw")):
        pytest.skip("nut-server is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    upsd = Upsd(folder, free_port())
    _configure(upsd, statuses)
    try:
        for name in statuses:
            upsd.start(name)
        drivers = [folder / f"dummy-ups-{name}" for name in statuses]  # their sockets; a server that finds no
        _wait_for(upsd, lambda: all(driver.exists() for driver in drivers))  # driver tries again much later
        upsd.start("upsd")
        told = {name: _first(status) for name, status in statuses.items() if _first(status)}
        _wait_for(upsd, lambda: all(upsd.status(name) == status for name, status in told.items()))
        yield upsd
    finally:
        for name in list(upsd.processes):
            upsd.end(name)


def _first(status: str) -> str:
    return status.partition("\n")[0]


def _configure(upsd: Upsd, statuses: Mapping[str, str]) -> None:
    files = dict(_FILES)
    files["ups.conf"] = "maxretry = 1\npollinterval = 1\n"
    for name, status in statuses.items():
        files["ups.conf"] += _UPS.format(name=name, folder=upsd.folder)
        more = "" if "\n" in status else "battery.charge: 80\nbattery.runtime: 1860\n"
        files[f"{name}.dev"] = f"ups.status: {status}\n{more}"
    for name, text in files.items():
        (upsd.folder / name).write_text(text.format(port=upsd.port))
        (upsd.folder / name).chmod(0o640)


def _wait_for(upsd: Upsd, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        logs = "\n".join(log.read_text() for log in upsd.folder.glob("*.log"))
        assert time.monotonic() < deadline, logs
