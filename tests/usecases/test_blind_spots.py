"""What can't be proven is said once in the channel."""

from dataclasses import replace

import pytest

from bot.config import Guest, Host, Service, Ssh
from bot.core.guest import GuestInfo
from bot.core.health import Target, guest_id
from bot.core.names import UNTOLD
from bot.store import Store
from bot.usecases.blind_spots import making_of, spots_of, tell_blind_spots
from tests.core.labs import ATLAS
from tests.kept_lab import KeptLab, config, info

WEB1, WEB2 = (Target(guest_id(name), runs_on=ATLAS, name=name) for name in ("web1", "web2"))


@pytest.fixture
def lab(tmp_path):
    store = Store(tmp_path / "caretaker.db")
    yield KeptLab(store)
    store.close()


def spots(*guests: Target, made: GuestInfo | None = None, all_told: bool = True, **parts):
    whole = {"services": {}, "hosts": {"atlas": Host("atlas", hypervisor="qemu+ssh://atlas/system")}}
    said, infos = config(**{**whole, **parts}), {guest: made or info(guest.name) for guest in guests}
    return spots_of(said, guests, making_of(said, infos, {}), UNTOLD, all_told=all_told)


def told(lab) -> list[str]:
    return [w.parcel.text for w in lab.outbox]


def test_it_is_said_in_the_channel_with_what_would_help(lab):
    lab.do(tell_blind_spots, spots(WEB1))
    [waiting] = lab.outbox
    assert (waiting.parcel.tell, waiting.parcel.thread) == ("line", None)
    assert waiting.parcel.text.startswith("🔎 1 guest has neither agent nor console nor check")
    assert "\nTo change that: add a qemu-guest-agent channel" in waiting.parcel.text


def test_it_is_said_once_and_again_only_of_others(lab):
    for _ in range(2):
        lab.do(tell_blind_spots, spots(WEB1))
    lab.do(tell_blind_spots, ())
    lab.do(tell_blind_spots, spots(WEB1))
    assert len(told(lab)) == 1
    lab.do(tell_blind_spots, spots(WEB1, WEB2))
    assert told(lab)[1].startswith("🔎 1 guest has")
    assert ": web2.\n" in told(lab)[1]
    lab.do(tell_blind_spots, spots(WEB1))
    lab.do(tell_blind_spots, spots(WEB1, WEB2))
    assert len(told(lab)) == 2


def test_all_that_is_new_is_one_message(lab):
    lab.do(tell_blind_spots, spots(WEB1))
    lab.do(tell_blind_spots, spots(WEB1, guests={"vm000": Guest("vm000")}, services={"web": Service("web")}))
    [new] = told(lab)[1:]
    assert new == (
        "🔎 lab.yaml lists guests that no hypervisor has, so nothing looks at them: vm000.\n"
        "To change that: correct the name, take it out, or see where the guest is.\n"
        "🔎 lab.yaml lists what nothing looks at: web.\n"
        "To change that: add `ssh`, a `hypervisor` or a check, or say `watched: false`."
    )


def test_a_listed_guest_is_nowhere_only_once_every_hypervisor_has_told():
    said = {"vm000": Guest("vm000")}
    assert spots(guests=said, all_told=False) == ()
    assert [spot.what.rpartition(": ")[2] for spot in spots(guests=said)] == ["vm000"]


def test_what_is_listed_and_not_looked_at_is_named_unless_that_is_meant():
    services = {"web": Service("web"), "printer": Service("printer", watched=False)}
    hosts = {"nas": Host("nas"), "shed": Host("shed", watched=False), "atlas": Host("atlas", ssh=Ssh())}
    [spot] = spots(services=services, hosts=hosts)
    assert spot.what == "lab.yaml lists what nothing looks at: nas, web"


@pytest.mark.parametrize(
    ("host", "readable"),
    [
        (Host("atlas", hypervisor="qemu+ssh://atlas/system"), False),
        (Host("atlas", hypervisor="qemu+ssh://atlas/system", ssh=Ssh()), True),
        (Host("atlas", hypervisor="qemu:///system"), True),
    ],
)
def test_a_console_log_counts_where_it_can_be_read(host, readable):
    logged = replace(info("web1"), console_log="/var/log/web1")
    assert (spots(WEB1, made=logged, hosts={"atlas": host}) == ()) is readable
