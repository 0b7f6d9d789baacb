"""The launcher, run as a person would, in a project that needs no packages, so that nothing is fetched."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.real.disk import needs_mounts

ROOT = Path(__file__).parent.parent
NOBODY = 65534
TOOLS = ["apt-get", "basename", "bash", "cat", "dirname", "env", "id", "paste", "readlink", "sort", "ssh", "tr"]
OPTIONAL = ["/usr/share/seabios", "/usr/share/consolefonts", "/usr/share/OVMF", "/usr/share/fonts", "/lib/nut"]


needs_apt = pytest.mark.skipif(
    not shutil.which("apt-get"), reason="needs apt-get: elsewhere packages are only named"
)


@pytest.fixture
def project() -> Iterator[Path]:
    """A project that only says what it was asked; outside tmp_path, which others than its owner may not enter."""
    with tempfile.TemporaryDirectory(prefix="caretaker-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copy(ROOT / "caretaker", folder)
        (folder / "requirements.lock").write_text("# nothing\n")
        (folder / "bot").mkdir()
        (folder / "bot" / "__main__.py").write_text("import os, sys\nprint(os.getcwd(), *sys.argv[1:])\n")
        yield folder


def launch(project: Path, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [project / "caretaker", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, **options)


def test_alone_it_tells_what_there_is_and_installs_nothing(project: Path) -> None:
    told = launch(project)
    assert told.returncode == 0
    assert "./caretaker demo" in told.stdout
    assert not (project / ".venv").exists()


@pytest.mark.slow
def test_it_fills_its_venv_once_and_hands_over_from_any_folder(project: Path, tmp_path: Path) -> None:
    first = launch(project, "check", "--config", "lab.yaml", cwd=tmp_path)
    assert first.stdout == f"{tmp_path} check --config lab.yaml\n", first.stderr
    assert "making .venv" in first.stderr
    second = launch(project, "check", cwd=tmp_path)
    assert (second.stdout, second.stderr) == (f"{tmp_path} check\n", "")


@pytest.mark.slow
def test_changed_packages_are_installed_and_an_interrupted_venv_is_made_anew(project: Path) -> None:
    launch(project, "check")
    (project / "requirements.lock").write_text("# nothing, but otherwise\n")
    changed = launch(project, "check").stderr
    assert "packages of requirements.lock" in changed
    assert "making .venv" not in changed
    (project / ".venv" / "installed-requirements.lock").unlink()
    assert "making .venv" in launch(project, "check").stderr


@pytest.mark.slow
def test_of_two_at_once_one_fills_the_venv_and_both_run(project: Path) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen([project / "caretaker", "check"], cwd=project, **pipes) for _ in range(2)]
    answers = [one.communicate(timeout=60) for one in both]
    assert [answer[0] for answer in answers] == [f"{project} check\n"] * 2
    assert "".join(answer[1] for answer in answers).count("making .venv") == 1


@pytest.mark.slow
def test_without_a_network_it_says_that_the_package_index_can_not_be_reached(project: Path) -> None:
    (project / "requirements.lock").write_text(f"aiohttp==3.13.2 --hash=sha256:{'0' * 64}\n")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    told = launch(project, "check", env={**os.environ, **nowhere})
    assert told.returncode == 1
    assert "caretaker: cannot install the Python packages: because the package index " in told.stderr
    assert "http://127.0.0.1:1/simple can't be reached from here" in told.stderr


@pytest.fixture
def bare(project: Path) -> dict[str, object]:
    """How a command runs where nothing is installed, and for somebody who may install nothing."""
    tools = project / "bin"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name))
    as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    return {"cwd": project, "env": {"PATH": str(tools)}, **as_nobody}


@needs_apt
def test_without_root_and_sudo_it_says_exactly_what_to_run(project: Path, bare: dict[str, object]) -> None:
    told = launch(project, "demo", **bare)
    assert told.returncode == 3
    assert "  apt-get update && apt-get install -y --no-install-recommends jq restic\n" in told.stderr


@needs_apt
def test_help_asks_for_no_lab(project: Path, bare: dict[str, object]) -> None:
    assert "qemu-system-x86" in launch(project, "bench", **bare).stderr
    assert "qemu-system-x86" not in launch(project, "bench", "--help", **bare).stderr


@pytest.mark.slow
@pytest.mark.parametrize("skip", ["def test_it(): pytest.skip('no QEMU')", "pytest.importorskip('nothing')"])
def test_a_skip_fails_in_ci_and_only_there(tmp_path: Path, skip: str) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_skip.py").write_text(f"import pytest\n{skip}\n")
    (tmp_path / "test_run.py").write_text("def test_run(): pass\n")
    command = [sys.executable, "-m", "pytest", "--rootdir", tmp_path, tmp_path]
    at_home = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "CI": ""})
    in_ci = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "CI": "true"})
    assert at_home.returncode == 0
    assert in_ci.returncode != 0
    assert b"nothing may be skipped in CI" in in_ci.stdout


def test_what_fails_once_more_by_itself_is_told_beside_what_the_whole_run_told(tmp_path: Path) -> None:
    fails = tmp_path / "pytest"
    last = "case $* in *--last-failed*) echo 1 failed;; *) echo 1 failed, 9 passed;; esac"
    fails.write_text(f"#!/bin/sh\necho FAILED a\n{last}\nexit 1\n")
    fails.chmod(0o755)
    gate = (ROOT / "caretaker").read_text().partition("\noverview()")[0]
    script = f'{gate}\nonce_more || echo "TOLD: $told"\n'
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    told = subprocess.run(
        ["bash", "-c", script, "caretaker"], capture_output=True, text=True, check=False, env=env
    )
    assert "TOLD: 1 failed, 9 passed; by themselves: 1 failed\n" in told.stdout, told.stderr


@needs_mounts
@pytest.mark.slow
def test_where_no_optional_part_is_installed_all_tests_are_found_and_none_is_in_the_way(tmp_path: Path) -> None:
    parts = [part for part in OPTIONAL if Path(part).exists()]
    hidden = "".join(f"mount --bind {tmp_path} {part} && " for part in parts)
    collect = f"{hidden}exec env PATH=/nowhere {sys.executable} -m pytest --collect-only -p no:cacheprovider"
    found = subprocess.run(["unshare", "-m", "sh", "-c", collect], cwd=ROOT, capture_output=True, check=False)
    assert found.returncode == 0, found.stdout.decode()[-1000:]


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_the_locks_hold_what_the_project_asks_for_and_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    asked = [(run, name) for name in project["project"]["dependencies"]]
    asked += [(dev, name) for name in project["dependency-groups"]["dev"]]
    for lock, requirement in ((lock, Requirement(name)) for lock, name in asked):
        assert lock[canonicalize_name(requirement.name)] in requirement.specifier
    assert run.items() <= dev.items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_leaves_the_registry_to_the_user(lock: str) -> None:
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links", (ROOT / lock).read_text())
