"""What could never be proven well is known beforehand, and how to change that."""

from dataclasses import replace

from bot.core.guest import GuestInfo
from bot.core.health import CheckName, Proof, Target, TargetId
from bot.core.incidents.blind_spots import Making, blind_spots
from bot.core.names import UNTOLD
from tests.core.labs import ATLAS, GUESTS

WEB1 = Target(GUESTS[0], runs_on=ATLAS)
BARE = GuestInfo("vm01", "vm01", autostart=True, persistent=True, has_agent=False)


def spots(*guests: Target, info: GuestInfo = BARE, checks=(), consoles=(ATLAS,), doors=(), nowhere=(), idle=()):
    named = frozenset(map(CheckName, checks))
    making = Making({guest.id: info for guest in guests}, {guest.id: named for guest in guests}, consoles, doors)
    return blind_spots(guests, making, nowhere, idle, UNTOLD)


def test_a_guest_that_has_nothing_to_be_looked_into_by_is_named_with_what_would_help():
    [spot] = spots(WEB1)
    assert spot.what == (
        "1 guest has neither a guest agent, nor a console log that can be read, nor a check: unless a login shows "
        "on the screen, or SSH a host key that is known, I can only say that there is power (vm01)"
    )
    assert spot.mend.startswith("add a qemu-guest-agent channel, a serial console log or a check")
    assert spot.note


def test_an_agent_a_console_that_can_be_read_or_a_check_is_enough():
    assert spots(WEB1, info=replace(BARE, has_agent=True)) == ()
    assert spots(WEB1, info=replace(BARE, console_log="/var/log/vm01")) == ()
    assert spots(WEB1, checks=["http"]) == ()


def test_a_console_that_is_written_to_another_guests_log_proves_neither():
    web1, web2 = Target(GUESTS[0], runs_on=ATLAS), Target(GUESTS[1], runs_on=ATLAS)
    info = replace(BARE, console_log="/log/one", has_agent=True)
    shared = {web1.id: frozenset({web2.id}), web2.id: frozenset({web1.id})}
    making = Making({web1.id: info, web2.id: info}, {}, (ATLAS,), shared=shared)
    [spot] = blind_spots([web1, web2], making, (), (), UNTOLD)
    assert spot.what == ("the consoles of vm01, vm02 are written to one log (/log/one), so it proves none of them")
    assert spot.mend == "give each a log of its own in its definition (`virsh edit`)"
    bare = replace(making, infos={one: replace(info, has_agent=False) for one in making.infos})
    assert [one.key.split()[0] for one in blind_spots([web1, web2], bare, (), (), UNTOLD)] == ["dark", "log"]


def test_a_console_on_a_host_where_nothing_can_be_read_is_none():
    assert spots(WEB1, info=replace(BARE, console_log="/var/log/vm01"), consoles=()) != ()


def test_machines_of_which_only_an_open_ssh_port_is_seen_are_named_apart_with_what_would_help():
    [spot] = spots(WEB1, checks=["ssh"], doors=[WEB1.id, ATLAS])
    assert spot.what.startswith("all I see of these is that their SSH port is open")
    assert spot.what.endswith("(atlas, vm01)")
    assert spot.mend.startswith("give a host `ssh`; or log in to each once by hand as the bot's own user")
    assert spot.note
    assert spots(WEB1, info=replace(BARE, has_agent=True), checks=["ssh"], doors=[WEB1.id]) == ()


def test_what_is_accepted_by_its_power_or_comes_and_goes_is_not_named():
    assert spots(replace(WEB1, proof=Proof.RUNNING), replace(WEB1, ephemeral=True)) == ()


def test_of_a_guest_whose_making_is_not_known_yet_nothing_is_said():
    assert blind_spots([WEB1], Making({}, {}, ()), (), (), UNTOLD) == ()
    assert spots(WEB1, info=replace(BARE, known=False)) == ()


def test_many_are_counted_and_some_are_named():
    [spot] = spots(*(Target(guest, runs_on=ATLAS) for guest in GUESTS[:10]))
    assert spot.what.startswith("10 guests have neither")
    assert spot.what.endswith("(vm01, vm02, vm03, vm04, vm05, vm06, vm07, vm08 and 2 more)")


def test_what_is_listed_and_not_there_or_not_looked_at_is_a_mistake():
    nowhere, idle = spots(nowhere=["vm000"], idle=[TargetId("host:nas")])
    assert nowhere.what == "lab.yaml lists guests that no hypervisor has, so nothing looks at them: vm000"
    assert idle.what == "lab.yaml lists what nothing looks at: nas"
    assert not nowhere.note
    assert not idle.note


def test_it_is_about_the_same_as_long_as_it_is_about_the_same_machines():
    two = Target(GUESTS[1], runs_on=ATLAS)
    assert spots(WEB1, two)[0].key == spots(two, WEB1)[0].key
    assert spots(WEB1)[0].key != spots(two)[0].key
