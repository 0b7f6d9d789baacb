"""The command line itself, and the commands that only read: what they print, and how they end."""

import asyncio
import json
import shlex
from pathlib import Path

import pytest

from bot.config import load, schema
from bot.manifest import manifest
from bot.probes import discover
from tests.terminal.commands import COMMAND, caretaker, write_lab

pytestmark = pytest.mark.slow  # real processes, one after another

ROOT = Path(__file__).parent.parent.parent
PROBES = {name: kind.params for name, kind in discover().items()}
COMMANDS = (
    "run",
    "demo",
    "check",
    "doctor",
    "lint",
    "runbook show",
    "runbook try",
    "schema",
    "manifest",
    "health",
)


@pytest.mark.parametrize("command", COMMANDS)
async def test_each_command_tells_what_it_does_and_gives_an_example(command, tmp_path):
    told = await caretaker(*command.split(), "--help", folder=tmp_path)
    assert (told.code, told.err) == (0, "")
    assert f"\nexample:\n  ./caretaker {command}" in told.out


async def test_the_program_tells_its_commands_and_exit_codes(tmp_path):
    told = await caretaker("--help", folder=tmp_path)
    assert not [command for command in COMMANDS if f"\n    {command.split()[0]} " not in told.out]
    assert "exit codes:" in told.out


@pytest.mark.parametrize(
    "words",
    [[], ["rnu"], ["runbook"], ["demo", "--port", "x"], ["runbook", "try", "guest-down", "--value", "web1"]],
)
async def test_a_wrong_command_line_ends_with_2_and_says_what_is_wrong(words, tmp_path):
    told = await caretaker(*words, folder=tmp_path)
    assert told.code == 2
    assert "error: " in told.err


async def test_lint_finds_the_example_and_the_shipped_runbooks_in_order(tmp_path):
    told = await caretaker("lint", "--config", ROOT / "lab.example.yaml", folder=tmp_path)
    assert told.code == 0
    assert not [line for line in told.out.splitlines() if "hint: hosts.atlas.ssh." not in line]
    assert "6 good runbooks: no mistakes" in told.err


async def test_lint_tells_every_mistake_with_its_file_and_line(tmp_path):
    write_lab(tmp_path, "services: {web: {addres: 10.0.0.1}}\n")
    told = await caretaker("lint", folder=tmp_path)
    assert told.code == 1
    assert told.out.startswith("lab.yaml:3: cannot ")
    assert "address" in told.out

    write_lab(tmp_path)
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "mine.md").write_text("# Mine\n\n## Do it\n- Rn on: atlas\n\n```sh\ntrue\n```\n")
    told = await caretaker("lint", folder=tmp_path)
    assert told.code == 1
    assert told.out.startswith("runbooks/mine.md:4: cannot ")


async def test_lint_has_each_script_read_by_its_shell(tmp_path):
    write_lab(tmp_path)
    (tmp_path / "runbooks").mkdir()
    fences = ("sh\necho one\nfi", 'sh\necho "one', "bash\nif true; then\nls", "sh\nls")
    steps = (f"## Step {at}\n- Run on: $host\n\n```{text}\n```\n" for at, text in enumerate(fences))
    (tmp_path / "runbooks" / "mine.md").write_text("# Mine\n" + "".join(steps))
    told = await caretaker("lint", folder=tmp_path)
    assert told.code == 1
    at = [line.partition(": because ") for line in told.out.splitlines()]
    cannot = "cannot run this script"
    assert [where for where, _, _ in at] == [f"runbooks/mine.md:{line}: {cannot}" for line in (7, 12, 18)]
    assert [why.partition(" says: ")[0] for _, _, why in at] == ["sh", "sh", "bash"]
    assert told.err.endswith(" 6 good runbooks: 3 mistakes\n")


async def test_lint_names_the_file_it_read_also_where_that_has_a_mistake(tmp_path):
    write_lab(tmp_path, "services: {web: {addres: 10.0.0.1}}\n").rename(tmp_path / "mine.yaml")
    told = await caretaker("lint", "--config", "mine.yaml", folder=tmp_path)
    assert told.code == 1
    assert told.err == "mine.yaml, 6 good runbooks: 1 mistake\n"


async def test_lint_hints_at_files_that_are_not_on_this_machine(tmp_path):
    write_lab(tmp_path, "hosts:\n  nas: {ssh: {key: nowhere}}\n")
    told = await caretaker("lint", folder=tmp_path)
    assert told.code == 0
    assert told.out == f"lab.yaml:4: hint: hosts.nas.ssh.key names '{tmp_path}/nowhere', which is not there\n"
    assert told.err == "lab.yaml, 6 good runbooks: no mistakes, 1 hint\n"


async def test_lint_tells_what_is_listed_and_not_watched_and_ends_with_1(tmp_path):
    write_lab(
        tmp_path,
        "ups:\n  rack:\nhosts:\n  nas:\n  shed: {watched: false}\nservices: {web: {}}\nguests: {vm: {}}\n",
    )
    told = await caretaker("lint", folder=tmp_path)
    assert told.code == 1
    add = "because nothing looks at it; add"
    assert told.out.splitlines() == [
        f"lab.yaml:6: cannot watch hosts.nas: {add} `ssh`, a `hypervisor` or a check, or say `watched: false`",
        f"lab.yaml:8: cannot watch services.web: {add} a check, or say `watched: false`",
        "lab.yaml:9: cannot watch guests.vm: because no host in this file has a `hypervisor`",
    ]


async def test_lint_without_a_lab_looks_at_the_runbooks_alone_but_not_where_a_file_was_named(tmp_path):
    told = await caretaker("lint", folder=tmp_path)
    assert (told.code, told.out) == (0, "")
    assert "no lab.yaml" in told.err
    told = await caretaker("lint", "--config", "mine.yaml", folder=tmp_path)
    assert told.code == 1
    assert told.out.startswith("cannot read mine.yaml: because it does not exist")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "check", "doctor", "health"])
async def test_without_a_lab_it_is_said_where_to_get_one(command, tmp_path):
    told = await caretaker(command, folder=tmp_path)
    assert told.code == 1
    assert told.err == "cannot read lab.yaml: because it does not exist; copy lab.example.yaml\n"


async def test_the_schema_is_printed_as_json_and_knows_all_of_the_example(tmp_path):
    told = await caretaker("schema", folder=tmp_path)
    assert json.loads(told.out) == schema(PROBES)
    config = load(ROOT / "lab.example.yaml", probes=PROBES, env={})
    assert set(type(config).__dataclass_fields__) - {"path"} == json.loads(told.out)["properties"].keys()


async def test_the_manifest_can_be_pasted_as_it_is_and_what_follows_is_said_aside(tmp_path):
    told = await caretaker("manifest", folder=tmp_path)
    assert json.loads(told.out) == manifest()
    assert "SLACK_APP_TOKEN" in told.err


async def test_the_manifest_asks_for_what_the_handlers_need(tmp_path):
    handlers = "".join(file.read_text() for file in (ROOT / "handlers").rglob("*.py"))
    told = json.loads((await caretaker("manifest", folder=tmp_path)).out)
    assert [command["command"] for command in told["features"]["slash_commands"]] == ["/lab"]
    assert 'app.command("/lab")' in handlers
    assert 'app.event("app_mention")' in handlers
    assert "app_mention" in told["settings"]["event_subscriptions"]["bot_events"]
    assert {"commands", "chat:write", "files:write"} <= set(told["oauth_config"]["scopes"]["bot"])


async def test_a_runbook_is_shown_and_walked_dry(tmp_path):
    told = await caretaker("runbook", "show", folder=tmp_path)
    assert "restore-boot-disk" in told.out
    told = await caretaker("runbook", "show", "restore-boot-disk", folder=tmp_path)
    assert "confirms by typing $guest" in told.out
    values = ("--value", "guest=web1", "--value", "hypervisor=atlas")
    told = await caretaker("runbook", "try", "restore-boot-disk", *values, folder=tmp_path)
    assert "would run: lab power off web1" in told.out
    assert "would run, with bash on atlas:" in told.out
    assert "would prove it: lab healthy web1" in told.out
    assert "$disk is not given (--value disk=…)" in told.out


async def test_a_value_that_the_runbook_does_not_use_is_refused(tmp_path):
    told = await caretaker("runbook", "try", "guest-down", "--value", "geust=web1", folder=tmp_path)
    assert (told.code, told.out) == (1, "")
    assert "cannot take --value geust=web1: because the runbook uses no $geust (did you mean 'guest'?)" in told.err


async def test_an_unknown_runbook_gets_the_nearest_one(tmp_path):
    told = await caretaker("runbook", "show", "guest-dwon", folder=tmp_path)
    assert (told.code, told.out) == (1, "")
    assert told.err.endswith("did you mean 'guest-down'?)\n")


async def test_whoever_reads_only_the_beginning_is_no_mistake(tmp_path):
    shell = await asyncio.create_subprocess_shell(
        f"set -o pipefail; {shlex.join(COMMAND)} schema | head -n 1",
        executable="/bin/bash",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    out, err = await shell.communicate()
    assert (shell.returncode, out, err) == (0, b"{\n", b"")
