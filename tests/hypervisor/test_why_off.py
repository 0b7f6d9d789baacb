"""What a libvirtd forgets when it is started anew: why a guest is off."""

import asyncio
import signal

import pytest

from bot.core.guest import GuestEvent, GuestEventKind, GuestState, Power, Reason, judge
from bot.core.health import Health
from bot.demo.real import RealHost
from bot.hypervisor import Hypervisor
from bot.hypervisor.why_off import WhyOff
from tests.story.stages import needs
from tests.waiting import until


def told(power=Power.OFF, reason=Reason.NONE):
    return {"u1": GuestState("web1", power, reason, "u1")}


def event(what, reason=Reason.NONE):
    return GuestEvent("atlas", "web1", what, reason, uuid="u1")


def reason(why, states):
    return why.explained(states)["u1"].reason


def test_the_last_known_reason_stands_for_as_long_as_a_guest_stays_off():
    why = WhyOff()
    assert reason(why, told(reason=Reason.SAVED)) is Reason.SAVED
    assert reason(why, told()) is Reason.SAVED
    assert reason(why, told()) is Reason.SAVED, "however often its host is asked"
    assert reason(why, told(Power.RUNNING)) is Reason.NONE
    assert reason(why, told()) is Reason.NONE, "it ran, and went off with its host"


def test_so_does_one_that_was_told_just_before_its_host_forgot_it():
    why = WhyOff()
    why.explained(told(Power.RUNNING))
    why.heard(event(GuestEventKind.STOPPED, Reason.SHUTDOWN))
    assert reason(why, told()) is Reason.SHUTDOWN
    why.heard(event(GuestEventKind.STARTED))
    assert reason(why, told()) is Reason.NONE, "it was started meanwhile"


def test_what_someone_had_wanted_off_before_the_bot_was_off_is_so_still():
    why = WhyOff()
    why.recall(["u1"], {})
    assert reason(why, told()) is Reason.SHUTDOWN_OR_SAVED
    assert reason(why, told(reason=Reason.CRASHED)) is Reason.CRASHED, "its host knows better"


def test_a_signal_to_its_emulator_is_nobody_who_shut_it_down():
    why = WhyOff()
    why.explained(told(Power.RUNNING))
    why.heard(event(GuestEventKind.SHUT_DOWN, Reason.SIGNALLED))
    assert reason(why, told(Power.SHUTTING_DOWN)) is Reason.NONE
    assert why.heard(event(GuestEventKind.STOPPED, Reason.SHUTDOWN)).reason is Reason.SIGNALLED
    assert reason(why, told(reason=Reason.SHUTDOWN)) is Reason.SIGNALLED, "its host says no more than that"
    assert reason(why, told()) is Reason.SIGNALLED, "its host has forgotten even that"
    assert judge(why.explained(told(reason=Reason.SHUTDOWN))["u1"], wanted=True).health is Health.FAIL
    after = WhyOff()
    after.recall([], {"u1": judge(why.explained(told())["u1"], wanted=True).why})
    assert reason(after, told(reason=Reason.SHUTDOWN)) is Reason.SIGNALLED, "the bot was off meanwhile"


def test_what_was_started_after_a_signal_and_is_shut_down_is_so():
    for again in ("told", "seen"):
        why = WhyOff()
        why.heard(event(GuestEventKind.SHUT_DOWN, Reason.SIGNALLED))
        if again == "told":
            why.heard(event(GuestEventKind.STARTED))
        else:
            why.explained(told(Power.RUNNING))
        why.heard(event(GuestEventKind.SHUT_DOWN))
        assert why.heard(event(GuestEventKind.STOPPED, Reason.SHUTDOWN)).reason is Reason.SHUTDOWN
        assert reason(why, told(reason=Reason.SHUTDOWN)) is Reason.SHUTDOWN


@pytest.mark.slow
@pytest.mark.real
@needs("libvirtd", "qemu-system-x86_64")
async def test_a_real_guest_whose_qemu_a_signal_ends_was_shut_down_by_nobody():
    host, heard = RealHost(), []
    await host.start()
    atlas = Hypervisor("atlas", host.uri(), on_event=heard.append)
    await atlas.start()
    try:
        await until(lambda: atlas.connected, 30)
        await asyncio.to_thread(host.add_guest, "web1", console_log=False)
        uuid = host.uuid("web1")
        await asyncio.to_thread(host.start_guest, "web1")
        host.cut_guest("web1", signal.SIGTERM)
        stopped = await until(lambda: [one for one in heard if one.what is GuestEventKind.STOPPED], 30)
        assert [one.reason for one in stopped] == [Reason.SIGNALLED]
        assert (await atlas.states())[uuid].reason is Reason.SIGNALLED
    finally:
        await atlas.close()
        host.close()
