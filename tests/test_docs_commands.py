"""The commands of the documentation are run as they stand there, in a folder that stands for the whole machine."""

import re
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.__main__ import make_parser
from bot.store import Store
from tests.real.processes import installed
from tests.real.sshd import running_sshd

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^( *)```sh\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
OURS = re.compile(r"(?:\./|/opt/caretaker/)caretaker(?: +(?![#>|])[^\s#>|]+)+")
OF_THE_LAUNCHER = {"test", "bench"}
NOT_HERE = ("useradd", "userdel", "usermod", "systemctl", "virsh", "upsc")
"""What would change this machine, or asks another one: nothing runs in its place."""
HERE = ("bash", "cp", "install", "mkdir", "mv", "rm", "sed", "sh", "ssh-keygen", "tee")
"""What does as it says, in that folder. Any other program is not found: it belongs here, or above."""
PLACE = re.compile(r"(?:^|(?<=[\s'\"=;<>]))/[^\s'\"]+")
LAB = """\
slack: {{channel: homelab}}
people: {{alex: {{slack: U012AB3CD, roles: admin}}}}
data: {data}
"""
SUDO = """#!/bin/sh
while :; do case $1 in -u) shift 2 ;; -H) shift ;; *) break ;; esac; done
exec "$@"
"""
CARETAKER = """#!/bin/sh
PYTHONPATH={root} {python} -P -m bot "$@" || [ $? = 1 ]
"""
"""1 is an answer, too: that the bot does not run, say."""


def fences(page: Path) -> list[str]:
    """Its shell commands, in their order, as they would be pasted; a whole runbook has none of them."""
    text = re.sub(r"^````.*?^````$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [re.sub(f"^{indent}", "", said, flags=re.MULTILINE) for indent, said in FENCE.findall(text)]


def understood(words: list[str]) -> bool:
    try:
        make_parser().parse_args(words)
    except SystemExit as ended:  # also after --help
        return ended.code == 0
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_of_caretaker_can_be_typed_as_it_stands(page):
    of_services = re.findall(r"ExecStart=(.+)", page.read_text())
    for command in OURS.findall("\n".join([*fences(page), *of_services])):
        _, *words = re.sub(r"[';]", "", command).split()
        assert words[0] in OF_THE_LAUNCHER or understood(words), command


@dataclass
class Machine:
    """A folder in place of the machine's own; `sshd` is the host that the commands make known."""

    root: Path

    def has(self, name: str, text: str, mode: int = 0o755) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def own(self, text: str) -> str:
        """The text, with this machine's places in those of the documentation."""
        for place in ("/etc/caretaker", "/etc/systemd", "/etc/ssh", "/opt", "/var/lib"):
            text = re.sub(rf"(?<![\w/.]){place}\b", f"{self.root}{place}", text)
        places = [place for place in PLACE.findall(text) if place != "/dev/stdin"]
        assert [place for place in places if not place.startswith(f"{self.root}/")] == []
        return text.replace(" -g caretaker", "")

    def run(self, commands: str) -> str:
        done = subprocess.run(
            [self.root / "bin" / "sh", "-e", "-c", self.own(commands)],
            cwd=self.root / "clone",
            env={"PATH": f"{self.root}/bin", "HOME": str(self.root), "LANG": "C.UTF-8"},
            input="xoxb-1\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout


@pytest.fixture
def machine(tmp_path):
    """With a clone of the project, the bot's user and database, and a host that can be asked for its key."""
    made = Machine(tmp_path)
    with running_sshd(tmp_path / "etc" / "ssh") as sshd:
        key = (sshd.known_hosts).read_text().split(maxsplit=1)[1]
        made.has("etc/ssh/ssh_host_ed25519_key.pub", key)
        scan = f"{installed('ssh-keyscan')} -p {sshd.port} 127.0.0.1 | sed 's/^[^ ]*/10.0.0.10/'"
        made.has("bin/ssh-keyscan", f"#!/bin/sh\n{scan}\n")
        made.has("bin/sudo", SUDO)
        for name in NOT_HERE:
            made.has(f"bin/{name}", "#!/bin/sh\n")
        for name in HERE:
            (tmp_path / "bin" / name).symlink_to(installed(name))
        made.has("etc/systemd/system/caretaker.service", "")
        made.has("clone/caretaker", CARETAKER.format(root=ROOT, python=sys.executable))
        (tmp_path / "clone" / ".venv").symlink_to(sys.prefix)
        data = tmp_path / "var" / "lib" / "caretaker" / "data"
        for name in ("lab.yaml", "lab.example.yaml"):
            made.has(f"clone/{name}", LAB.format(data=data))
        made.has("etc/caretaker/environment", f"SLACK_BOT_TOKEN_FILE={tmp_path}/etc/caretaker/bot-token\n")
        made.has("clone/web1.key", f"10.0.0.21 {key}")
        (tmp_path / "opt").mkdir()
        Store(data / "caretaker.db").close()
        yield made


def identity(database: Path) -> str:
    with closing(Store(database, read_only=True)) as store:
        return store.identity()


@pytest.mark.slow
@pytest.mark.real
def test_each_command_of_operating_does_what_the_page_says(machine):
    page = ROOT / "docs" / "operating.md"
    home = machine.root / "var" / "lib" / "caretaker"
    before = identity(home / "data" / "caretaker.db")
    told = [machine.run(commands) for commands in fences(page)]
    prints = [line.split()[1] for text in told for line in text.splitlines() if " SHA256:" in line]
    on_the_console, fetched = prints
    assert on_the_console == fetched
    assert any(text.startswith("web1 ssh-ed25519 ") for text in told)
    assert "10.0.0.10" not in (home / ".ssh" / "known_hosts").read_text()  # it was taken out again
    assert identity(home / "data" / "backup.db") == identity(home / "data" / "caretaker.db") == before
    assert (home / "data" / "before" / "caretaker.db").exists()
    assert not (machine.root / "opt" / "caretaker").exists()


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize(
    "page", [page for page in PAGES[1:] if page.name != "operating.md"], ids=lambda page: page.name
)
def test_each_command_of_the_other_pages_runs(machine, page):
    for commands in fences(page):
        machine.run(commands)
