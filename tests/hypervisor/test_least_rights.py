"""What docs/security.md has an owner write before the bot's key in authorized_keys: real sshd, real libvirtd."""

from datetime import timedelta

import pytest

from bot.hypervisor import CannotWatch, Hypervisor
from bot.hypervisor.obstacles import What
from bot.reach import Script, Unreachable
from bot.reach.ssh import SshHost, SshReach
from tests.real.libvirt_over_ssh import libvirt_over_ssh

pytestmark = [pytest.mark.real, pytest.mark.slow]

SOON = timedelta(seconds=10)


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    with libvirt_over_ssh(tmp_path_factory.mktemp("far")) as far:
        far.key = (far.sshd.folder / "authorized_keys").read_text()
        yield far


def allow(far, options):
    (far.sshd.folder / "authorized_keys").write_text(f"{options} {far.key}")


async def guests(far):
    hypervisor = Hypervisor("atlas", far.uri(), on_event=lambda _: None)
    try:
        return [state.name for state in (await hypervisor.states()).values()]
    finally:
        await hypervisor.close()


async def run(far, text):
    sshd = far.sshd
    reach = SshReach(SshHost("atlas", "127.0.0.1", sshd.user, sshd.key, sshd.known_hosts, sshd.port))
    try:
        return (await reach.run(Script("sh", text), values={}, limit=SOON)).output
    finally:
        await reach.close()


async def test_neither_libvirt_nor_scripts_need_more_than_restrict_leaves(far):
    allow(far, 'restrict,from="127.0.0.1"')
    assert await guests(far) == ["test"]
    assert await run(far, "echo here") == "here\n"


async def test_a_key_that_is_bound_to_libvirt_runs_no_script(far):
    far.uri()  # makes the far side's netcat
    (netcat,) = far.folder.glob("nc-*")
    allow(far, f'restrict,command="{netcat} {far.host.socket}"')
    assert await guests(far) == ["test"]
    with pytest.raises(Unreachable, match="no shell answered"):
        await run(far, "echo here")


async def test_a_key_from_another_place_is_refused(far):
    allow(far, 'restrict,from="192.0.2.1"')
    with pytest.raises(CannotWatch) as refused:
        await guests(far)
    assert refused.value.what is What.KEY
