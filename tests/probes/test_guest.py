"""What a guest shows of itself, on libvirt's test hypervisor, which has no agent."""

from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bot.core.guest import GuestInfo
from bot.core.health import Target, TargetId
from bot.core.incidents.console_log import TAIL, LogEnd, Mark
from bot.core.incidents.guest_system import System
from bot.hypervisor import AgentSilent, GuestRefused, Hypervisor, HypervisorUnreachable
from bot.probes.guest import Agent, GuestProbe
from bot.reach import Refused, Unreachable
from bot.ways import END
from tests.guests import URI, owned_guests, uuid
from tests.hypervisor.drawn import vga_screen
from tests.probes.parts import parts
from tests.waiting import until

WEB1 = Target(TargetId("guest:web1"))


class Furnished(Hypervisor):
    """The test hypervisor, furnished with what its guests lack: an agent, and a screen of their own."""

    answers: bool | None = None
    file_systems: str | None = "thawed"
    system: Mapping[str, str] | None = None
    forgets_itself = False
    picture: bytes | None = None
    hangs = False
    has_screen = True

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.asked: list[str] = []

    async def agent(self, name: str, command: Mapping[str, Any], deadline: timedelta) -> Any:
        if self.answers is None:
            return await super().agent(name, command, deadline)
        self.asked.append(command["execute"])
        if not self.answers:
            raise AgentSilent("cannot ask the agent of 'web1' on atlas: because it does not answer")
        if command["execute"] == "guest-fsfreeze-status" and self.file_systems is None:
            raise GuestRefused("cannot ask the agent of 'web1' on atlas: because that has been disabled")
        if command["execute"] == "guest-fsfreeze-status":
            return self.file_systems
        if self.forgets_itself and command["execute"] == "guest-get-osinfo":
            raise AgentSilent("cannot ask the agent of 'web1' on atlas: because it does not answer")
        if self.system is None and command["execute"] in {"guest-get-osinfo", "guest-get-host-name"}:
            raise GuestRefused("cannot ask the agent of 'web1' on atlas: because that has not been found")
        return self.system or {}

    async def ask_emulator(self, name: str) -> None:
        if self.hangs:
            raise HypervisorUnreachable("cannot ask the emulator of 'web1' on atlas: because no answer within 5 s")
        await super().ask_emulator(name)

    async def screenshot(self, name: str) -> bytes:
        if not self.has_screen:
            raise GuestRefused("cannot take a picture of 'web1' on atlas: because it has no screen")
        if self.hangs:
            raise HypervisorUnreachable("cannot take a picture of 'web1' on atlas: because no answer within 5 s")
        return self.picture or await super().screenshot(name)


@dataclass
class Console:
    """A console's log, what was rotated away from it, and the process that writes it."""

    text: str = ""
    older: str | None = None
    trouble: Exception | None = None
    process: str = ""

    async def read_end(self, _host: str, path: str, upto: int) -> LogEnd:
        if self.trouble:
            raise self.trouble
        text = self.older if path.endswith(".0") else self.text
        if text is None:
            raise Refused(f"cannot read '{path}': because No such file or directory")
        content = text.encode()
        return LogEnd(len(content), content[-END:], Mark(upto, content[max(0, upto - TAIL) : upto].hex()))

    async def process_of(self, _host: str, _uuid: str) -> str:
        if self.trouble:
            raise self.trouble
        return self.process


@asynccontextmanager
async def probing(*, console: Console | None = None, agent=False, answers=None, uri=URI, name="web1", **more: Any):
    info = GuestInfo(
        name, uuid(name), autostart=True, persistent=True, has_agent=agent, console_log="/log" if console else None
    )
    with owned_guests() as guests:
        guests.add("web1")
        hypervisor = Furnished("atlas", uri, on_event=lambda _: None)
        hypervisor.answers = answers
        await hypervisor.start()
        told = {"read_end": console.read_end, "process_of": console.process_of} if console else {}
        given = parts({"atlas": hypervisor}, **told, **more)
        try:
            yield GuestProbe(WEB1, "atlas", info, given), hypervisor
        finally:
            await hypervisor.close()


async def test_an_agent_answers_or_does_not() -> None:
    async with probing(agent=True, answers=True) as (probe, _):
        assert await probe.agent() is Agent.ANSWERS
    async with probing(agent=True, answers=False) as (probe, hypervisor):
        assert await probe.agent() is Agent.SILENT
        assert len(hypervisor.asked) == 1, "its silence is waited for once"


async def test_an_agent_tells_in_one_answer_whether_file_systems_are_frozen() -> None:
    async with probing(agent=True, answers=True) as (probe, hypervisor):
        hypervisor.file_systems = "frozen"
        assert await probe.agent() is Agent.FROZEN
        assert hypervisor.asked == ["guest-fsfreeze-status"]


async def test_an_agent_that_does_not_tell_that_is_asked_whether_it_answers() -> None:
    async with probing(agent=True, answers=True) as (probe, hypervisor):
        hypervisor.file_systems = None
        assert await probe.agent() is Agent.ANSWERS
        assert hypervisor.asked == ["guest-fsfreeze-status", "guest-ping"]


async def test_an_agent_tells_which_system_it_is_in_unless_it_is_too_old() -> None:
    async with probing(agent=True, answers=True) as (probe, hypervisor):
        assert await probe.system() is None
        hypervisor.system = {"id": "debian", "name": "Debian GNU/Linux", "host-name": "web1"}
        assert await probe.system() == System("debian", "Debian GNU/Linux", "web1")


async def test_an_agent_that_falls_silent_as_it_is_asked_does_not_answer() -> None:
    async with probing(agent=True, answers=True) as (probe, hypervisor):
        hypervisor.forgets_itself = True
        with pytest.raises(AgentSilent):
            await probe.system()


async def test_an_agent_that_is_not_there_is_not_asked() -> None:
    async with probing(answers=True) as (probe, hypervisor):
        assert await probe.agent() is Agent.SILENT
        assert not hypervisor.asked


async def test_an_agent_that_may_not_be_asked_is_as_good_as_silent() -> None:
    async with probing(name="nope", agent=True) as (probe, hypervisor):
        await until(lambda: hypervisor.connected)
        with pytest.raises(GuestRefused):
            await hypervisor.agent_answers("nope", timedelta(seconds=1))
        assert await probe.agent() is Agent.SILENT


async def test_a_consoles_log_is_read_to_its_end_and_who_writes_it_is_known() -> None:
    async with probing(console=Console("web1 login: ", process="boot 7 99")) as (probe, _):
        assert await probe.console() == LogEnd(12, b"web1 login: ")
        assert await probe.console(Mark(-40, "00")) == LogEnd(12, b"web1 login: "), "that is in another file"
        assert await probe.rotated(None) is None
        assert await probe.process() == "boot 7 99"


@pytest.mark.parametrize(
    "console",
    [None, Console(trouble=Refused("cannot read '/log'")), Console(trouble=Unreachable("cannot reach atlas"))],
    ids=["is not there", "can't be read", "can't be reached"],
)
async def test_a_console_that_cannot_be_read_shows_nothing(console) -> None:
    async with probing(console=console) as (probe, _):
        assert await probe.console() is None
        assert console is None or await probe.rotated(Mark(9, "00")) is None
        assert await probe.process() == ""


async def test_a_screen_shows_its_text() -> None:
    async with probing() as (probe, hypervisor):
        hypervisor.picture = vga_screen(["Booting from Hard Disk...", "Missing operating system."])
        assert (await probe.screen()).split("\n")[-1] == "Missing operating system."
        hypervisor.picture = vga_screen(["web1 login:"])
        assert (await probe.screen()).strip() == "web1 login:"


async def test_an_emulator_that_refuses_what_it_is_asked_goes_on() -> None:
    async with probing() as (probe, _):
        await probe.responds()


async def test_the_screens_of_all_guests_are_read_a_few_at_a_time() -> None:
    async with probing() as (probe, _):
        assert probe._reader.slots is probe.parts.screens


async def test_a_picture_that_nobody_can_read_shows_nothing() -> None:
    async with probing() as (probe, hypervisor):
        hypervisor.picture = b"GIF89a"
        assert await probe.screen() is None


async def test_a_guest_without_a_screen_shows_nothing() -> None:
    async with probing(name="nope") as (probe, hypervisor):
        await until(lambda: hypervisor.connected)
        with pytest.raises(GuestRefused):
            await hypervisor.screenshot("nope")
        assert await probe.screen() is None


async def test_behind_a_hypervisor_that_is_away_nothing_can_be_seen(tmp_path) -> None:
    async with probing(uri=f"qemu+unix:///session?socket={tmp_path}/none") as (probe, _):
        with pytest.raises(HypervisorUnreachable, match=r"cannot take a picture of '.*' on atlas: because"):
            await probe.screen()
        with pytest.raises(HypervisorUnreachable, match=r"cannot ask the emulator of '.*' on atlas: because"):
            await probe.responds()
