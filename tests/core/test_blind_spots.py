"""What could never be proven well is known beforehand, and how to change that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.guest import GuestInfo
from bot.core.health import CheckName, Proof, Target, TargetId
from bot.core.incidents.blind_spots import Lack, Listed, Making, Screen, blind_spots, shown
from bot.core.incidents.boot_place import Source
from bot.core.incidents.boot_screen import read_screen
from bot.core.incidents.guest_boot import GuestBoot
from bot.core.names import UNTOLD
from tests.core.labs import ATLAS, GUESTS

WEB1 = Target(GUESTS[0], runs_on=ATLAS)
BARE = GuestInfo("vm01", "vm01", autostart=True, persistent=True, has_agent=False)
WITH_AGENT = replace(BARE, has_agent=True)
WITH_CONSOLE = replace(BARE, console_log="/var/log/vm01")
NOTHING = Screen.NOTHING
BEGAN, PATIENCE = datetime(2026, 3, 1, 12, tzinfo=UTC), timedelta(minutes=3)
RAN_BEFORE = GuestBoot().polled(BEGAN, running=True)


def spots(*guests: Target, info=BARE, screen=NOTHING, checks=(), consoles=(ATLAS,), by_ssh=(), doors=(), **listed):
    named = frozenset(map(CheckName, checks))
    infos = {guest.id: info for guest in guests}
    screens = {guest.id: screen for guest in guests}
    making = Making(infos, {guest.id: named for guest in guests}, consoles, by_ssh, doors, screens=screens)
    return blind_spots(guests, making, Listed(**listed), UNTOLD)


def test_a_guest_that_has_nothing_to_be_looked_into_by_is_named_with_what_would_help():
    [spot] = spots(WEB1)
    assert spot.what == (
        "1 guest has neither agent nor console nor check: I could only say that it has power: vm01"
    )
    assert spot.mend.startswith("add a qemu-guest-agent channel, a serial console with a log, or a check")
    assert spot.note


def test_a_screen_that_nobody_has_looked_at_may_show_a_login():
    [spot] = spots(WEB1, screen=Screen.UNSEEN)
    assert "unless a login shows on its screen, I could only say" in spot.what
    [spot] = spots(WEB1, Target(GUESTS[1], runs_on=ATLAS), screen=Screen.UNSEEN)
    assert "unless a login shows on their screens, I could only say that they have power" in spot.what


@pytest.mark.parametrize("screen", [Screen.TELLS, Screen.COMING])
def test_a_guest_whose_screen_tells_or_may_tell_yet_is_not_named(screen):
    assert spots(WEB1, screen=screen) == ()
    assert spots(WEB1, screen=screen, info=WITH_AGENT) == ()


def test_an_agent_a_console_that_can_be_read_a_check_or_a_known_host_key_is_enough_for_one_that_is_off():
    assert spots(WEB1, info=WITH_AGENT, screen=Screen.UNSEEN) == ()
    assert spots(WEB1, info=WITH_CONSOLE, screen=Screen.UNSEEN) == ()
    assert spots(WEB1, checks=["http"]) == ()
    assert spots(WEB1, by_ssh=[WEB1.id]) == ()


@pytest.mark.parametrize("info", [WITH_AGENT, WITH_CONSOLE])
def test_a_channel_in_which_no_agent_answers_proves_nothing(info):
    [spot] = spots(WEB1, info=info)
    assert spot.lack is Lack.SILENT
    assert spot.what == "1 guest has an agent or a console, and neither shows that it is up: vm01"
    assert "start qemu-guest-agent" in spot.mend
    [spot] = spots(WEB1, Target(GUESTS[1], runs_on=ATLAS), info=info)
    assert spot.what.startswith("2 guests have an agent or a console, and neither shows that they are up")
    assert spots(WEB1, info=info, by_ssh=[WEB1.id]) == ()


def test_a_console_that_is_written_to_another_guests_log_proves_neither():
    web1, web2 = Target(GUESTS[0], runs_on=ATLAS), Target(GUESTS[1], runs_on=ATLAS)
    info = replace(BARE, console_log="/log/one", has_agent=True)
    making = Making({web1.id: info, web2.id: info}, {}, (ATLAS,), shared={web1.id, web2.id})
    [spot] = blind_spots([web1, web2], making, Listed(), UNTOLD)
    assert spot.what == (
        "these guests share a console's log with others, so that it proves none of them: "
        "vm01 (/log/one), vm02 (/log/one)"
    )
    assert spot.mend == "give each a log of its own in its definition (`virsh edit`)"
    bare = {one.id: replace(info, has_agent=False) for one in (web1, web2)}
    without_agent = replace(making, infos=bare, screens={web1.id: NOTHING, web2.id: NOTHING})
    assert {one.lack for one in blind_spots([web1, web2], without_agent, Listed(), UNTOLD)} == {
        Lack.DARK,
        Lack.ONE_LOG,
    }


def test_a_console_on_a_host_where_nothing_can_be_read_is_none():
    [spot] = spots(WEB1, info=WITH_CONSOLE, consoles=())
    assert spot.lack is Lack.DARK


def test_what_is_accepted_by_its_power_or_comes_and_goes_is_not_named():
    assert spots(replace(WEB1, proof=Proof.RUNNING), replace(WEB1, ephemeral=True)) == ()


def test_of_a_guest_whose_making_is_not_known_yet_nothing_is_said():
    assert blind_spots([WEB1], Making({}), Listed(), UNTOLD) == ()
    assert spots(WEB1, info=replace(BARE, known=False)) == ()


def test_many_are_counted_and_on_a_phone_some_are_named():
    [spot] = spots(*(Target(guest, runs_on=ATLAS) for guest in GUESTS[:10]))
    assert spot.short.startswith("10 guests have neither agent nor console nor check: I could only say that they")
    assert spot.short.endswith(": vm01, vm02, vm03, vm04, vm05, vm06, vm07, vm08 and 2 more")
    assert spot.what.endswith(", vm08, vm09, vm10")


def test_what_is_listed_and_not_there_or_not_looked_at_is_a_mistake():
    nowhere, idle = spots(nowhere=["vm000"], idle=[TargetId("host:nas")])
    assert nowhere.what == "lab.yaml lists guests that no hypervisor has, so nothing looks at them: vm000"
    assert idle.what == "lab.yaml lists what nothing looks at: nas"
    assert not nowhere.note
    assert not idle.note


def test_machines_of_which_only_an_open_ssh_port_is_seen_are_named_apart_with_what_would_help():
    [spot] = spots(WEB1, checks=["ssh"], doors=[WEB1.id], open_port=[ATLAS])
    assert spot.what.startswith("all I see of these is that their SSH port is open")
    assert spot.what.endswith(": atlas, vm01")
    assert spot.mend.startswith("give a host `ssh`; or log in to each once by hand as the bot's own user")
    assert spot.note
    assert spots(WEB1, info=WITH_AGENT, screen=Screen.UNSEEN, checks=["ssh"], doors=[WEB1.id]) == ()


def test_only_machines_of_which_it_was_not_told_are_news():
    two = Target(GUESTS[1], runs_on=ATLAS)
    [one], [both] = spots(WEB1), spots(WEB1, two)
    told = both.news(one.keys)
    assert told is not None
    assert told.short.startswith("1 guest has")
    assert told.short.endswith(": vm02")
    assert one.news(both.keys) is None


def test_a_guest_made_anew_on_its_host_under_its_name_is_no_news_and_another_lack_of_it_is():
    anew = Target(GUESTS[1], runs_on=ATLAS, name=WEB1.name)
    [told], [spot], [silent] = spots(WEB1), spots(anew), spots(WEB1, info=WITH_AGENT)
    assert spot.news(told.keys) is None
    assert silent.news(told.keys) == silent
    elsewhere = replace(anew, runs_on=TargetId("host:borea"))
    assert spots(elsewhere)[0].news(told.keys) is not None


def saw(boot: GuestBoot, *lines: str, fresh: bool = True) -> GuestBoot:
    return boot.read(read_screen(lines), BEGAN, 1, Source.CONSOLE, fresh=fresh)


STARTED = GuestBoot().began(BEGAN)


@pytest.mark.parametrize(
    ("boot", "expected"),
    [
        (GuestBoot(), Screen.COMING),
        (GuestBoot().ended(BEGAN), Screen.UNSEEN),
        (STARTED, Screen.COMING),
        (STARTED.answered(BEGAN, 1), Screen.TELLS),
        (saw(STARTED, "No bootable device."), Screen.TELLS),
        (saw(RAN_BEFORE, "web1 login: ", fresh=False), Screen.TELLS),
        (saw(STARTED), Screen.COMING),
    ],
    ids=["not told", "off", "starting", "its agent answers", "it fails", "an old login", "nothing yet"],
)
def test_what_a_guest_has_shown_while_there_is_time(boot, expected):
    assert shown(boot, BEGAN, PATIENCE) is expected


def test_a_guest_that_was_looked_at_and_shows_nothing_for_long_will_not():
    assert shown(saw(STARTED), BEGAN + PATIENCE, PATIENCE) is Screen.NOTHING
    assert shown(STARTED, BEGAN + PATIENCE, PATIENCE) is Screen.COMING
