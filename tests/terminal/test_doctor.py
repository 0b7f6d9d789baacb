"""`doctor` against the workspace in a box: each thing that can be missing, and what it says to do about it."""

import asyncio

import pytest

from bot.demo.ssh_host import SshHost, make_key
from bot.workspace.server import Box, Settings
from bot.workspace.web_api import BOT_SCOPES
from tests.real.disk import needs_mounts, small_disk
from tests.real.sshd import free_port
from tests.real.upsd import running_upsd
from tests.terminal.commands import caretaker, tokens, write_lab
from tests.waiting import until

pytestmark = pytest.mark.slow


async def test_with_everything_in_place_it_ends_with_0_and_can_post(tmp_path):
    write_lab(tmp_path, 'hosts: {atlas: {hypervisor: "test:///default"}}\n')
    async with Box.start() as box:
        told = await caretaker("doctor", "--post", folder=tmp_path, env=tokens(box))
        [message] = box.workspace.messages.history(box.workspace.channel("homelab").id)
    assert told.code == 0
    assert "MISSING" not in told.out
    assert "libvirt on atlas answers: 1 guest\n" in told.out
    assert "note     1 guest has neither agent" in told.out
    assert "a test message was posted to #homelab" in told.out
    assert message["text"] == "A test message from `caretaker doctor`: I can speak here."


async def test_what_is_listed_and_not_looked_at_is_missing(tmp_path):
    hypervisor = 'hosts: {atlas: {hypervisor: "test:///default"}, nas: {}}\nguests: {vm000: {}}\n'
    write_lab(tmp_path, hypervisor).rename(tmp_path / "mine.yaml")
    async with Box.start() as box:
        told = await caretaker("doctor", "--config", "mine.yaml", folder=tmp_path, env=tokens(box))
    assert told.code == 1
    vm000 = "mine.yaml:4: cannot watch guests.vm000: because no hypervisor has a guest 'vm000'"
    assert "correct the name" in mended(told.out, vm000)
    idle = "mine.yaml:3: cannot watch hosts.nas: because nothing looks at it"
    assert "correct that line" in mended(told.out, idle)
    assert "lab.yaml" not in told.out
    assert "mine.yaml is in order" not in told.out


async def test_a_ups_is_asked_for_by_the_name_that_its_server_has(tmp_path):
    folder = tmp_path / "nut"
    folder.mkdir()
    with running_upsd(folder, {"rack": "OL CHRG"}) as upsd:
        lab = f"ups: {{rack: {{port: {upsd.port}}}, rak: {{port: {upsd.port}}}}}\n"
        write_lab(tmp_path, lab)
        async with Box.start() as box:

            async def told() -> str:
                return (await caretaker("doctor", folder=tmp_path, env=tokens(box))).out

            said = await until(lambda: asking(told, "ok       the UPS rack answers: on mains"), 30)
    unknown = f"cannot ask 127.0.0.1:{upsd.port} for 'rak': because unknown ups"
    assert f"`upsc -l 127.0.0.1:{upsd.port}` lists what is there" in mended(said, unknown)


async def test_where_a_check_knocks_and_nobody_answers_is_missing_and_of_a_guest_good_to_know(tmp_path):
    listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    here, nowhere = listening.sockets[0].getsockname()[1], free_port()
    tcp = "{address: 127.0.0.1, checks: {door: {probe: tcp, port: %s}}}"
    lab = f"services: {{web: {tcp % here}, shop: {tcp % nowhere}}}\nguests: {{db: {tcp % nowhere}}}\n"
    write_lab(tmp_path, lab + 'hosts: {atlas: {hypervisor: "test:///default"}}\n')
    async with listening, Box.start() as box:
        told = await caretaker("doctor", folder=tmp_path, env=tokens(box))
    assert "ok       services.web.checks.door: " in told.out
    silent = "because Connection refused"
    mend = mended(told.out, f"services.shop.checks.door: cannot connect to 127.0.0.1:{nowhere}: {silent}")
    assert mend.endswith("start what should answer there, or correct services.shop.checks.door")
    assert f"note     guests.db.checks.door: cannot connect to 127.0.0.1:{nowhere}: {silent}" in told.out


async def asking(told, words: str) -> str:
    """What is told once it has those words: its driver takes a moment to speak."""
    said = await told()
    return said if words in said else ""


async def test_without_post_it_says_nothing_in_slack(tmp_path):
    write_lab(tmp_path)
    async with Box.start() as box:
        assert (await caretaker("doctor", folder=tmp_path, env=tokens(box))).code == 0
        assert box.calls.counts["chat.postMessage"] == 0


async def test_without_tokens_it_names_both_and_where_they_come_from(tmp_path):
    write_lab(tmp_path)
    told = await caretaker("doctor", folder=tmp_path)
    assert told.code == 1
    assert mended(told.out, "SLACK_BOT_TOKEN") == mended(told.out, "SLACK_APP_TOKEN")
    assert "Create the Slack app" in mended(told.out, "SLACK_BOT_TOKEN")


async def test_a_missing_scope_is_named(tmp_path):
    write_lab(tmp_path)
    async with Box.start(settings=Settings(scopes=BOT_SCOPES - {"files:write"})) as box:
        told = await caretaker("doctor", folder=tmp_path, env=tokens(box))
    assert told.code == 1
    assert "manifest" in mended(told.out, "the bot token lacks: files:write")


async def test_a_channel_without_the_bot_and_one_that_is_not_there(tmp_path):
    path = write_lab(tmp_path)
    lab = path.read_text()
    async with Box.start() as box:
        path.write_text(lab.replace("homelab", "family"))
        told = await caretaker("doctor", "--post", folder=tmp_path, env=tokens(box))
        assert "/invite @Caretaker" in mended(told.out, "the bot is not in #family")
        assert "see #family above" in mended(told.out, "a test message can't be posted")
        path.write_text(lab.replace("homelab", "nowhere"))
        told = await caretaker("doctor", folder=tmp_path, env=tokens(box))
        assert "slack.channel" in mended(told.out, "the bot sees no channel #nowhere")
    assert told.code == 1


async def test_tokens_that_slack_refuses(tmp_path):
    write_lab(tmp_path)
    async with Box.start() as box:
        told = await caretaker("doctor", folder=tmp_path, env={**tokens(box), "SLACK_APP_TOKEN": "xapp-wrong"})
        assert "connections:write" in mended(told.out, "the app token is refused: invalid_auth")
        told = await caretaker("doctor", folder=tmp_path, env={**tokens(box), "SLACK_BOT_TOKEN": "xoxb-wrong"})
        assert "Create the Slack app" in mended(told.out, "invalid_auth")
    assert told.code == 1
    assert "xoxb-wrong" not in told.out


async def test_ssh_without_a_known_host_tells_how_to_try_it_by_hand(tmp_path):
    make_key(tmp_path / "key")
    nook = SshHost("nook", tmp_path / "nook", tmp_path / "key.pub", {})
    await nook.switch_on()
    known_hosts = tmp_path / "known_hosts"
    ssh = f"{{port: {nook.port}, key: key, known_hosts: known_hosts}}"
    write_lab(tmp_path, f"hosts: {{nook: {{address: 127.0.0.1, ssh: {ssh}}}}}\n")
    known_hosts.write_text("")
    told = await caretaker("doctor", folder=tmp_path)
    by_hand = f"ssh -i {tmp_path}/key -o UserKnownHostsFile={known_hosts} -p {nook.port} root@127.0.0.1 true"
    assert by_hand in mended(told.out, "cannot run scripts on nook")
    address = nook.known_hosts_line.split()[0]
    make_key(tmp_path / "other")
    known_hosts.write_text(f"{address} {(tmp_path / 'other.pub').read_text()}")
    told = await caretaker("doctor", folder=tmp_path)
    forget = f"Only if they agree: “ssh-keygen -R '[127.0.0.1]:{nook.port}' -f {known_hosts}”"
    assert forget in mended(told.out, "cannot run scripts on nook")
    known_hosts.write_text(nook.known_hosts_line)
    told = (await caretaker("doctor", folder=tmp_path)).out
    assert "ok       SSH to nook works\n" in told
    assert f"ok       host keys of nook are looked for in {known_hosts}\n" in told
    known_hosts.unlink()
    told = (await caretaker("doctor", folder=tmp_path)).out
    assert f"note     host keys of nook are looked for in {known_hosts}, which can't be read\n" in told
    assert f"lab.yaml:3: hosts.nook.ssh.known_hosts names '{known_hosts}', which is not there" in told
    await nook.close()


async def test_a_hypervisor_a_runbook_and_a_folder_that_will_not_do(tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be")
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "mine.md").write_text("# Mine\n\n## Do it\n- Optinal: yes\n")
    write_lab(tmp_path, 'hosts: {atlas: {hypervisor: "qemu+unix:///system?socket=/nowhere"}}\n')
    told = await caretaker("doctor", folder=tmp_path)
    assert told.code == 1
    assert "virsh -c 'qemu+unix:///system?socket=/nowhere'" in mended(told.out, "on atlas")
    assert "docs/runbooks.md" in mended(told.out, "runbooks/mine.md:4")
    assert "set `data`" in mended(told.out, f"the data folder {tmp_path}/data")


@needs_mounts
async def test_a_data_folder_on_a_disk_without_room_is_missing_and_how_much_room_another_has_is_told(tmp_path):
    write_lab(tmp_path)
    with small_disk(tmp_path / "data", "8m") as disk:
        assert (
            f"ok       the data folder {disk.folder} can be written; 8 MB are free there\n"
            in (await caretaker("doctor", folder=tmp_path)).out
        )
        disk.fill()
        told = await caretaker("doctor", folder=tmp_path)
        assert told.code == 1
        assert "make room there" in mended(told.out, "No space left on device")
        disk.free()
        assert list(disk.folder.iterdir()) == []


def mended(told: str, what: str) -> str:
    """What is said to mend the thing that is missing."""
    lines = told.splitlines()
    [at] = [number for number, line in enumerate(lines) if line.startswith("MISSING") and what in line]
    assert lines[at + 1].startswith("         → ")
    return lines[at + 1]
