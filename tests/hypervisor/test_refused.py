"""A hypervisor that refuses, behind a real SSH server: that is the watcher's trouble, and says how to mend it."""

import asyncssh
import pytest

from bot.hypervisor import CannotWatch, HostSilent, Hypervisor, HypervisorUnreachable
from bot.hypervisor.obstacles import What
from tests.real.libvirt_over_ssh import libvirt_over_ssh
from tests.real.sshd import free_port

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    with libvirt_over_ssh(tmp_path_factory.mktemp("far")) as far:
        yield far


async def asked(uri):
    """What comes of asking for the guests' states."""
    hypervisor = Hypervisor("atlas", uri, on_event=lambda _: None)
    try:
        return await hypervisor.states()
    except HypervisorUnreachable as why:
        return why
    finally:
        await hypervisor.close()


def new_key(file):
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(file)
    file.chmod(0o600)
    return file


def known(file, text):
    file.write_text(text)
    return file


async def test_the_right_key_and_a_known_host_are_let_in(far):
    assert [state.name for state in (await asked(far.uri())).values()] == ["test"]


async def test_a_key_that_is_refused_is_told_with_where_to_add_it(far, tmp_path):
    why = await asked(far.uri(key=new_key(tmp_path / "key")))
    assert isinstance(why, CannotWatch)
    assert why.what is What.KEY
    assert why.why.startswith("atlas refuses the bot's key (")
    assert "authorized_keys on atlas" in why.mend


async def test_a_host_key_that_has_changed_is_told_with_how_to_compare_it(far, tmp_path):
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    why = await asked(far.uri(known_hosts=known(tmp_path / "known", f"[127.0.0.1]:{far.sshd.port} {other}")))
    assert (type(why), why.what, why.why) == (
        CannotWatch,
        What.HOST_KEY_CHANGED,
        "the host key of atlas has changed",
    )
    assert f"“ssh-keyscan -p {far.sshd.port} 127.0.0.1”" in why.mend
    assert f"“ssh-keygen -R '[127.0.0.1]:{far.sshd.port}'”" in why.mend


async def test_a_host_key_that_is_not_known_is_never_taken_for_the_right_one(far, tmp_path):
    why = await asked(far.uri(known_hosts=known(tmp_path / "known", "")))
    assert (type(why), why.what) == (CannotWatch, What.HOST_KEY_UNKNOWN)
    assert f"ssh -p {far.sshd.port} {far.sshd.user}@127.0.0.1" in why.mend


async def test_an_account_that_may_not_log_in_is_a_refused_key(far):
    why = await asked(far.uri(user="nobody"))
    assert (type(why), why.what) == (CannotWatch, What.KEY)


async def test_a_libvirt_that_does_not_run_is_not_a_host_that_is_down(far):
    uri = far.uri()
    far.host.cut_power()
    try:
        why = await asked(uri)
    finally:
        await far.host.start()
    assert (type(why), why.what) == (CannotWatch, What.DAEMON)
    assert why.why.startswith("atlas answers, but its libvirt does not run (")
    assert "systemctl start libvirtd" in why.mend


async def test_a_far_side_without_netcat_lacks_what_connects_the_two(far):
    why = await asked(far.uri().replace("netcat=", "netcat=/no/such/program/"))
    assert (type(why), why.what) == (CannotWatch, What.HELPER)


async def test_an_ssh_that_is_not_installed_is_missing_here(far):
    why = await asked(far.uri().replace("command=", "command=/no/such/folder"))
    assert (type(why), why.what) == (CannotWatch, What.OURS)


async def test_a_port_that_takes_no_connection_may_be_a_host_that_is_down(far):
    assert isinstance(await asked(far.uri(port=free_port())), HostSilent)


async def test_a_frozen_ssh_server_answers_and_does_not_go_on(far):
    far.sshd.freeze()
    try:
        why = await asked(far.uri())
    finally:
        far.sshd.thaw()
    assert (type(why), why.what) == (CannotWatch, What.STALLED)


async def test_who_is_refused_does_not_knock_all_the_time(far, tmp_path):
    uri = far.uri(key=new_key(tmp_path / "key"))
    log = far.sshd.folder / "log"
    hypervisor = Hypervisor("atlas", uri, on_event=lambda _: None)
    before = log.read_text().count("Connection closed by authenticating user")
    for _ in range(5):
        with pytest.raises(CannotWatch):
            await hypervisor.states()
    await hypervisor.close()
    assert log.read_text().count("Connection closed by authenticating user") == before + 1
