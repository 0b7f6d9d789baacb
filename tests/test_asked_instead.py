"""A host whose hypervisor URI leads to another machine of lab.yaml: what answers there says nothing of it.

A real libvirtd behind a real sshd.
"""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import Check, Config, Host
from bot.core.health import Health, TargetId
from bot.probes.tcp import Params
from tests.guests import guest
from tests.real.libvirt_over_ssh import Behind, libvirt_over_ssh
from tests.terminal.commands import caretaker, write_lab
from tests.test_rounds import Bot, lab_yaml, living
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.real]

HYPERVISOR = "hypervisor@host:atlas"
LEADS = "but the URI of atlas in lab.yaml leads to borea"


@pytest.fixture
def borea(tmp_path):
    with libvirt_over_ssh(tmp_path) as far:
        yield far


def copied(folder: Path, borea: Behind) -> Config:
    """atlas has an address of its own, and the URI that was written for borea."""
    config = lab_yaml(folder, uri=borea.uri(), address="10.0.0.5")
    port = {"ssh": Check("ssh", "tcp", Params(port=borea.sshd.port))}
    return replace(config, hosts={**config.hosts, "borea": Host("borea", "127.0.0.1", checks=port)})


async def why(bot: Bot) -> str:
    known = await bot.ask(lambda store: store.targets.health())
    return next((one.why for one in known if str(one.fingerprint) == HYPERVISOR), "")


async def test_an_answer_from_there_proves_nothing_of_the_host_and_silence_takes_only_its_owner_down(
    borea, tmp_path
) -> None:
    async with living(copied(tmp_path, borea)) as bot:

        async def is_told() -> bool:
            return (await why(bot)) == f"libvirt answers: 1 guest; {LEADS}"

        await until(is_told, 15)
        assert await bot.health(HYPERVISOR) is Health.UNKNOWN
        borea.sshd.drop()
        os.kill(borea.sshd.pid, signal.SIGKILL)
        await bot.incident(subject=TargetId("host:borea"))
        await bot.comes_to(f"state@{guest('test')}", Health.UNKNOWN)
        assert await bot.health(HYPERVISOR) is Health.UNKNOWN
        assert [one.subject for one in await bot.incidents()] == [TargetId("host:borea")]


async def test_check_and_doctor_say_so(borea, tmp_path) -> None:
    port = borea.sshd.port
    write_lab(
        tmp_path,
        "hosts:\n"
        f"  atlas: {{address: 10.0.0.5, hypervisor: '{borea.uri()}'}}\n"
        f"  borea: {{address: localhost, checks: {{ssh: {{probe: tcp, port: {port}}}}}}}\n",
    )
    told = await caretaker("check", folder=tmp_path)
    assert told.code == 1
    assert f"unknown  host:atlas  hypervisor  libvirt answers: 1 guest; {LEADS}" in told.out
    told = await caretaker("doctor", folder=tmp_path)
    assert "cannot use hosts.atlas.hypervisor: because it leads to the host borea; correct it, or " in told.out
