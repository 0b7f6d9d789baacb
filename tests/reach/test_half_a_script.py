"""Half a script is another script: where not all of it arrives, nothing of it is run."""

import subprocess
from datetime import timedelta

import pytest

from bot.core.runbook import Language
from bot.reach import Script
from bot.reach.records import _BOOTSTRAP as BOOTSTRAP
from bot.reach.shell import wrap

TEXT = "echo one >> ran\nrm -rf ./kept\necho two >> ran\n"


def run(wrapped, text, folder):
    command = ["sh", "-c", wrapped.command]
    return subprocess.run(command, input=text, cwd=folder, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("language", [Language.SH, Language.BASH])
def test_a_script_that_arrived_whole_is_run(language, tmp_path):
    wrapped = wrap(Script(language, TEXT), {"guest": "web1"}, timedelta(minutes=1))
    assert run(wrapped, wrapped.stdin, tmp_path).returncode == 0
    assert (tmp_path / "ran").read_text().split() == ["one", "two"]


@pytest.mark.parametrize("language", [Language.SH, Language.BASH])
@pytest.mark.parametrize("lost", [1, 8, 17, 25, 1000])
def test_of_a_script_whose_end_is_missing_nothing_is_run(language, lost, tmp_path):
    (tmp_path / "kept").mkdir()
    wrapped = wrap(Script(language, TEXT), {"guest": "web1"}, timedelta(minutes=1))
    assert run(wrapped, wrapped.stdin[:-lost], tmp_path).returncode == 125
    assert not (tmp_path / "ran").exists()
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize(("lost", "status"), [(0, 0), (1, 125), (8, 125), (10, 125)])
def test_nor_of_a_recorded_one_whose_supervisors_end_is_missing(lost, status, tmp_path):
    text = b"touch ran\n# 0a1b2c3d"
    command = ["sh", "-c", BOOTSTRAP, "sh", "0a1b2c3d"]
    done = subprocess.run(command, input=text[: len(text) - lost], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, (tmp_path / "ran").exists()) == (status, lost == 0)
