"""The runbooks that come with Caretaker: read without a mistake, and the restore's scripts run for real."""

import json
import os
import re
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from bot.actions import discover
from bot.core.health import Kind
from bot.core.lab import Effect
from bot.core.runbook import ScriptAction
from bot.core.written import Knowledge
from bot.library import Library
from tests.real.disk import needs_mounts, small_disk

FOLDER = Path(__file__).parent.parent / "runbooks"
VERBS = tuple(action.verb for action in discover().values())
KNOWN = Knowledge(VERBS, hosts=frozenset(), roles=frozenset({"admin", "hands"}))
NIGHTS = ("2026-02-27 02:00:00", "2026-02-28 02:00:00")


@pytest.fixture(scope="module")
def library():
    library = Library([FOLDER], KNOWN)
    library.refresh()
    return library


def test_none_has_a_mistake_and_none_needs_a_certain_lab(library):
    assert [line for broken in library.broken() for line in broken.lines] == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.BOOT_DISK, "restore-boot-disk"),
        (Kind.POWER_LOSS, "after-power-loss"),
        (Kind.GUEST_DOWN, "guest-down"),
        (Kind.HOST_DOWN, "host-down"),
        (Kind.GUEST_DAMAGED, "guest-damaged"),
        (Kind.KEEPS_RESTARTING, "keeps-restarting"),
    ],
)
def test_each_trouble_has_its_runbook_and_each_offers_help(library, kind, name):
    assert [runbook.name for runbook in library.for_kind(kind)] == [name]
    assert library.get(name).steps[-1].heading == "Ask for help"
    assert library.get(name).steps[-1].on_request


def _text(action):
    return action.text if isinstance(action, ScriptAction) else str(action.call) if action else ""


def test_whatever_cuts_power_or_replaces_a_disk_is_confirmed(library):
    for runbook in library.all():
        for step in runbook.steps:
            text = (
                step.action.text
                if isinstance(step.action, ScriptAction)
                else str(getattr(step.action, "call", ""))
            )
            if re.search(r'power off|mv -- "\$disk"', text):
                assert step.confirm or step.confirm_typed, f"{runbook.name}: {step.heading}"


@pytest.mark.slow
@pytest.mark.real
def test_a_disk_that_something_has_open_is_not_exchanged(machine):
    machine.disk.write_bytes(raw_image(b"a"))
    restored = Path(f"{machine.disk}.restore{machine.disk}")
    restored.parent.mkdir(parents=True)
    restored.write_bytes(raw_image(b"b"))
    Path(f"{machine.disk}.restore/whole").write_text("1a2b3c4d")
    machine.values["snapshot"] = "1a2b3c4d"
    with machine.disk.open("rb"):
        refused = machine.run(EXCHANGE)
    assert refused.returncode == 1
    assert "still has" in refused.stderr
    assert machine.disk.read_bytes() == raw_image(b"a")
    assert machine.run(EXCHANGE).returncode == 0
    assert machine.disk.read_bytes() == raw_image(b"b")


def test_every_step_that_stops_or_replaces_something_looks_before(library):
    assert library.hints() == ()
    for runbook in library.all():
        for step in runbook.steps:
            if step.confirm or step.confirm_typed or step.effect in {Effect.STOPS, Effect.STARTS}:
                guarded = step.before is not None or "healthy" in _text(step.check and step.check.action)
                assert guarded, f"{runbook.name}: {step.heading}"


class Hypervisor:
    """A machine with a guest's disk and restic backups, on which a step's scripts run as the bot runs them."""

    def __init__(self, folder, runbook):
        self.images = folder / "images"
        self.images.mkdir(parents=True)
        self.disk = self.images / "web1.img"
        self.runbook = runbook
        (folder / "password").write_text("secret")
        self.values = {
            "disk": str(self.disk),
            "guest": "web1",
            "hypervisor": "atlas",
            "backup_repository": str(folder / "repository"),
            "backup_password_file": str(folder / "password"),
        }
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}

    def restic(self, *arguments):
        repository = ["-r", self.values["backup_repository"], "-p", self.values["backup_password_file"]]
        command = ["restic", "--quiet", *repository, *arguments]
        return subprocess.run(command, env=self._environment, check=True, capture_output=True, text=True).stdout

    def back_up(self, path, night, host="atlas"):
        self.restic("backup", "--time", night, "--host", host, str(path))

    def step(self, heading):
        return self.runbook.steps[self.runbook.position(heading)]

    def run(self, heading):
        return self._run(self.step(heading).action)

    def check(self, heading):
        return self._run(self.step(heading).check.action)

    def _run(self, action):
        flags = {"sh": ["sh", "-e"], "bash": ["bash", "-eo", "pipefail"]}[action.language]
        environment = {**self._environment, **self.values}
        return subprocess.run(
            [*flags, "-c", action.text], env=environment, cwd="/", capture_output=True, text=True, check=False
        )

    def choices(self):
        listed = self.run("Choose the snapshot")
        assert listed.returncode == 0, listed.stderr
        return [line.split("\t") for line in listed.stdout.splitlines()]


LOOK = "Look before you leap"
RESTORE = "Restore it beside the damaged one"
EXCHANGE = "Put it in its place"


def raw_image(letter):
    return (letter * 510 + b"\x55\xaa").ljust(3_000_000, letter)


@pytest.fixture(scope="module")
def empty_repository(tmp_path_factory, library):
    machine = Hypervisor(tmp_path_factory.mktemp("empty"), library.get("restore-boot-disk"))
    machine.restic("init")
    return machine.values["backup_repository"]


@pytest.fixture
def machine(tmp_path, library, empty_repository):
    machine = Hypervisor(tmp_path, library.get("restore-boot-disk"))
    shutil.copytree(empty_repository, machine.values["backup_repository"])
    return machine


@pytest.mark.real
@pytest.mark.slow
def test_a_raw_disk_is_restored_from_the_chosen_night_and_the_damaged_one_is_kept(machine):
    for letter, night in zip((b"a", b"b"), NIGHTS, strict=True):
        machine.disk.write_bytes(raw_image(letter))
        machine.back_up(machine.disk, night)
    machine.disk.write_bytes(damaged := bytes(3_000_000))
    machine.disk.chmod(0o640)
    assert machine.run(LOOK).returncode == 0

    newest, older = machine.choices()
    assert [told[:16].replace("T", " ") for _, told in (newest, older)] == [NIGHTS[1][:16], NIGHTS[0][:16]]
    assert datetime.fromisoformat(newest[1].partition(", from ")[0]).tzinfo is not None, "its zone is said"
    machine.values["snapshot"] = older[0]
    restored = machine.run(RESTORE)
    assert restored.returncode == 0, restored.stderr
    assert machine.check(RESTORE).returncode == 0
    assert machine.disk.read_bytes() == damaged, "nothing is exchanged before someone says so"

    exchanged = machine.run(EXCHANGE)
    assert exchanged.returncode == 0, exchanged.stderr
    assert machine.check(EXCHANGE).returncode == 0
    assert machine.disk.read_bytes() == raw_image(b"a")
    assert machine.disk.stat().st_mode & 0o777 == 0o640
    kept, disk = sorted(machine.images.iterdir(), key=lambda path: path.name != machine.disk.name, reverse=True)
    assert (disk, kept.read_bytes()) == (machine.disk, damaged)


@pytest.mark.real
@pytest.mark.slow
def test_a_disk_is_found_in_the_backup_of_the_folder_it_lies_in_and_may_be_gone_altogether(machine):
    machine.disk.write_bytes(raw_image(b"a"))
    (machine.images / "web10.img").write_bytes(b"another guest's")
    machine.back_up(machine.images, NIGHTS[0])
    machine.back_up(machine.images / "web10.img", NIGHTS[1])
    machine.disk.unlink()
    assert "not there at all" in machine.run(LOOK).stdout
    ((snapshot, label),) = machine.choices()
    assert NIGHTS[0][:16] in label.replace("T", " ")
    machine.values["snapshot"] = snapshot
    assert machine.run(RESTORE).returncode == 0
    assert machine.run(EXCHANGE).returncode == 0
    assert machine.disk.read_bytes() == raw_image(b"a")
    assert sorted(path.name for path in machine.images.iterdir()) == ["web1.img", "web10.img"]


@pytest.mark.real
@pytest.mark.slow
def test_a_snapshot_without_the_disk_is_a_failure_although_restic_is_content(machine):
    machine.disk.write_bytes(raw_image(b"a"))
    other = machine.images / "other.img"
    other.write_bytes(b"x")
    machine.back_up(other, NIGHTS[0])
    assert machine.choices() == []
    (snapshot,) = json.loads(machine.restic("snapshots", "--json"))
    machine.values["snapshot"] = snapshot["short_id"]
    failed = machine.run(RESTORE)
    assert failed.returncode == 1
    assert "but there are 0" in failed.stderr
    assert machine.run(EXCHANGE).returncode == 1
    assert machine.disk.read_bytes() == raw_image(b"a")


@pytest.mark.real
@pytest.mark.slow
def test_a_backup_that_was_damaged_already_is_not_put_in_place(machine):
    machine.disk.write_bytes(bytes(1_000_000))
    machine.back_up(machine.disk, NIGHTS[0])
    ((snapshot, _),) = machine.choices()
    machine.values["snapshot"] = snapshot
    assert machine.run(RESTORE).returncode == 0
    assert machine.check(RESTORE).returncode == 1


@pytest.mark.real
@pytest.mark.slow
def test_a_qcow2_image_is_checked_by_qemu_img(machine):
    create = ["qemu-img", "create", "-q", "-f", "qcow2", str(machine.disk), "64M"]
    write = ["qemu-io", "-c", "write -P 7 0 1M", str(machine.disk)]
    for command in (create, write):
        subprocess.run(command, check=True, capture_output=True)
    machine.back_up(machine.disk, NIGHTS[0])
    ((snapshot, _),) = machine.choices()
    machine.values["snapshot"] = snapshot
    assert machine.run(RESTORE).returncode == 0
    assert machine.check(RESTORE).returncode == 0

    restored = Path(f"{machine.disk}.restore{machine.disk}")
    with restored.open("r+b") as image:  # a qcow2 still by its name, but its tables are gone
        image.seek(0x10000)
        image.write(b"\xff" * 0x20000)
    assert machine.check(RESTORE).returncode != 0


@pytest.mark.real
@pytest.mark.slow
def test_a_copy_that_is_not_whole_or_from_another_night_is_not_put_in_place(machine):
    machine.disk.write_bytes(raw_image(b"a"))
    for night in NIGHTS:
        machine.back_up(machine.disk, night)
    newest, older = (snapshot for snapshot, _ in machine.choices())
    machine.values["snapshot"] = older
    half = Path(f"{machine.disk}.restore{machine.disk}")
    half.parent.mkdir(parents=True)
    half.write_bytes(raw_image(b"h")[:1_000_000])  # as far as it had come when the host lost its power
    refused = machine.run(EXCHANGE)
    assert (refused.returncode, "There is no whole copy from snapshot" in refused.stderr) == (1, True)
    assert machine.run(RESTORE).returncode == 0
    machine.values["snapshot"] = newest
    assert machine.run(EXCHANGE).returncode == 1
    assert machine.disk.read_bytes() == raw_image(b"a")
    machine.values["snapshot"] = older
    assert machine.run(EXCHANGE).returncode == 0


@pytest.mark.real
@pytest.mark.slow
@needs_mounts
def test_a_disk_that_does_not_fit_leaves_the_others_their_room(machine):
    machine.disk.write_bytes(raw_image(b"a"))
    machine.back_up(machine.disk, NIGHTS[0])
    ((machine.values["snapshot"], _),) = machine.choices()
    with small_disk(machine.images, "4m"):  # the disk is gone, and what is there is another guest's
        (machine.images / "db1.img").write_bytes(bytes(2_000_000))
        refused = machine.run(RESTORE)
        assert refused.returncode == 1
        assert "bytes free beside the disk, and it takes 3000000." in refused.stderr
        (machine.images / "db1.img").write_bytes(bytes(500_000))
        left = Path(f"{machine.disk}.restore/left")  # of an earlier try, and no room beside it
        left.parent.mkdir()
        left.write_bytes(bytes(3_000_000))
        assert machine.run(RESTORE).returncode == 0
        machine.values["backup_password_file"] = "/nowhere"
        assert machine.run(RESTORE).returncode != 0
        assert sorted(path.name for path in machine.images.iterdir()) == ["db1.img"]


@pytest.mark.real
@pytest.mark.slow
def test_a_disk_of_a_chain_is_not_put_on_a_base_that_may_have_changed(machine):
    base = machine.images / "base.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", base, "8M"], check=True)
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, machine.disk], check=True
    )
    machine.back_up(machine.images, NIGHTS[0])
    ((machine.values["snapshot"], _),) = machine.choices()
    refused = machine.run(RESTORE)
    assert (refused.returncode, "it has a backing file" in refused.stderr) == (1, True)
    assert not Path(f"{machine.disk}.restore").exists()


@pytest.mark.real
@pytest.mark.slow
def test_the_machines_own_snapshots_stand_first_and_others_are_named_as_such(machine):
    machine.disk.write_bytes(raw_image(b"a"))
    machine.back_up(machine.disk, NIGHTS[0], host="atlas.example")
    machine.disk.write_bytes(raw_image(b"b"))
    machine.back_up(machine.disk, NIGHTS[1], host="borea")
    own, other = (label.partition(", from ")[2] for _, label in machine.choices())
    assert (own, other) == ("atlas.example", "borea, another machine")
    machine.values["hypervisor"] = "vault"  # no name is known for this one's own
    assert [label.partition(", from ")[2] for _, label in machine.choices()] == ["borea", "atlas.example"]


@pytest.mark.real
@pytest.mark.slow
def test_the_exchange_can_be_repeated_when_it_was_cut_short(machine):
    machine.disk.write_bytes(raw_image(b"a"))
    machine.back_up(machine.disk, NIGHTS[0])
    ((snapshot, _),) = machine.choices()
    machine.values["snapshot"] = snapshot
    machine.run(RESTORE)
    machine.disk.rename(f"{machine.disk}.damaged-1")  # as far as it had come when the power failed
    assert machine.run(EXCHANGE).returncode == 0
    assert machine.disk.read_bytes() == raw_image(b"a")


@pytest.mark.real
@pytest.mark.slow
def test_a_disk_whose_path_holds_blanks_and_signs_is_no_other_disk(machine):
    machine.disk = machine.images / "my $guest; 'web'[1]*.img"
    machine.values["disk"] = str(machine.disk)
    machine.disk.write_bytes(raw_image(b"a"))
    (machine.images / "my $guest; 'web'1.img").write_bytes(raw_image(b"o"))
    machine.back_up(machine.images, NIGHTS[0])
    ((snapshot, _),) = machine.choices()
    machine.values["snapshot"] = snapshot
    machine.disk.write_bytes(b"")
    for heading in (LOOK, RESTORE, EXCHANGE):
        result = machine.run(heading)
        assert result.returncode == 0, result.stderr
    assert machine.disk.read_bytes() == raw_image(b"a")


def test_looking_at_the_disk_of_a_paused_guest_changes_nothing_and_succeeds(tmp_path, library):
    machine = Hypervisor(tmp_path, library.get("guest-damaged"))
    machine.disk.write_bytes(b"x")
    looked = machine.run("Look at the host's disk")
    assert looked.returncode == 0, looked.stderr
    assert "web1.img" in looked.stdout
