"""What is seen where a name has come to lead to says nothing of its machine, until that is known to be there."""

import socket
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Check, Config, Guest, Host, Service, SlackConfig, Ssh
from bot.core.health import (
    REFUSAL,
    THERE,
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
)
from bot.monitoring.moved import Around, MovedNames
from bot.names import CannotLookUp, Names
from bot.probes import Watched
from bot.probes.host import Params as HostParams
from bot.probes.tcp import Params
from tests.core.labs import NOON
from tests.waiting import IN_TIME

SECOND = timedelta(seconds=1)
GATEWAY, HOME, NEW, ATLAS, PIHOLE = "10.9.0.254", "10.9.0.20", "10.9.0.31", "10.9.0.10", "10.9.0.30"
NAS = Watched(CheckName("web"), Target(TargetId("host:nas")), "nas.lan")
INSIDE = Watched(CheckName("inside"), Target(TargetId("host:nas")), "nas.lan")
WEB, KEY = Check("web", "tcp", Params(80)), Check("inside", "host", HostParams())
CHECK = Fingerprint(NAS.check, NAS.target.id)
ANSWERS = Observation(CHECK, Health.OK, NOON, "nas.lan:80 answers")
SILENT = Observation(CHECK, Health.FAIL, NOON, "no answer from nas.lan:80 within 2 s", Kind.HOST_DOWN)
REFUSES = replace(SILENT, kind=Kind.SERVICE_DOWN, facts={THERE: "it refuses connections"})
SHUT = replace(SILENT, kind=Kind.CANNOT_WATCH, facts={REFUSAL: "refused"})
OTHER_KEY = replace(SHUT, facts={REFUSAL: "other-key"})


def config(atlas: str) -> Config:
    hosts = {
        "nas": Host("nas", "nas.lan", ssh=Ssh(), checks={"web": WEB}),
        "atlas": Host("atlas", atlas),
        "borea": Host("borea", "10.9.0.11"),
    }
    guests = {"web1": Guest("web1", "web1.lan", checks={"web": WEB})}
    services = {
        "pihole": Service("pihole", PIHOLE, checks={"web": WEB}),
        "films": Service("films", HOME, checks={"web": WEB}),
    }
    return Config(Path("lab.yaml"), SlackConfig("homelab"), (), hosts=hosts, guests=guests, services=services)


@dataclass
class Lab:
    """Where names lead, what is believed of nas, and a clock that goes on when it is told to."""

    atlas: str = "atlas.lan"
    names: Names = field(default_factory=Names)
    well: bool = True
    awaited: bool = False
    time: float = 0
    routers: list[str] = field(default_factory=lambda: [GATEWAY])
    later: dict[str, str] = field(default_factory=dict)  # where names lead, once all are looked up anew
    moved: MovedNames = field(init=False)

    def __post_init__(self) -> None:
        around = Around(lambda _check: self.well, lambda _target: self.awaited, lambda: self.routers, self.renew)
        self.moved = MovedNames(config(self.atlas), self.names, around, lambda: self.time)
        self.leads(self.atlas, ATLAS)
        self.leads("nas.lan", HOME)

    async def renew(self) -> None:
        for name, place in self.later.items():
            self.leads(name, place)

    def leads(self, name: str, *places: str) -> None:
        """From now on that name has these addresses."""
        found = [socket.getaddrinfo(place, 0, type=socket.SOCK_STREAM)[0] for place in places]
        self.names._keep(name, found)

    async def sees(self, seen: Observation = ANSWERS, watched: Watched = NAS, check: Check = WEB) -> Observation:
        async def look():
            return [seen]

        (found,) = await self.moved.look(watched, check, look)
        return found

    async def shows(self, seen: Observation = ANSWERS) -> Health:
        return (await self.sees(seen)).health


@pytest.fixture
async def lab() -> Lab:
    """nas was seen well at its home."""
    lab = Lab()
    assert await lab.shows() is Health.OK
    return lab


# --- an answer ---------------------------------------------------------------------------------------------------


async def test_a_router_that_answers_every_name_with_itself_brings_no_dead_machine_back(lab):
    lab.well, lab.awaited = False, True
    lab.leads("nas.lan", GATEWAY)
    seen = await lab.sees()
    assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)
    assert f"nas.lan leads to another address than before: {GATEWAY} (a gateway's own), not {HOME}" in seen.why
    lab.awaited, lab.time = False, 100_000
    assert await lab.shows() is Health.UNKNOWN, "it is the gateway's for ever"
    lab.leads("nas.lan", HOME)
    assert await lab.shows() is Health.OK


@pytest.mark.parametrize("place", [GATEWAY, ATLAS, "10.9.0.11", PIHOLE, "8.8.8.8"])
async def test_the_place_of_another_proves_nothing_of_a_machine_that_was_well_either(lab, place):
    lab.leads("nas.lan", place)
    assert await lab.shows() is Health.UNKNOWN


async def test_the_first_of_many_names_that_move_together_finds_out_where_the_others_lead(lab):
    lab.leads("nas.lan", NEW)
    lab.later = {"atlas.lan": NEW}
    assert await lab.shows() is Health.UNKNOWN
    lab.later = {"nas.lan": HOME}
    lab.leads("atlas.lan", ATLAS)
    assert await lab.shows() is Health.UNKNOWN, "it has just moved again"


async def test_an_address_that_another_name_leads_to_later_was_a_strangers(lab):
    lab.leads("nas.lan", NEW)
    assert await lab.shows() is Health.OK
    lab.leads("atlas.lan", NEW)
    assert await lab.shows() is Health.UNKNOWN
    lab.leads("atlas.lan", ATLAS)
    assert await lab.shows() is Health.UNKNOWN, "it takes a while until that is believed again"


async def test_names_that_are_exchanged_show_neither_machine_at_first(lab):
    lab.leads("web1.lan", NEW)
    web1 = Watched(NAS.check, Target(TargetId("guest:web1")), "web1.lan")
    assert (await lab.sees(ANSWERS, web1)).health is Health.OK
    lab.leads("nas.lan", NEW)
    lab.leads("web1.lan", HOME)
    assert await lab.shows() is Health.UNKNOWN
    assert (await lab.sees(ANSWERS, web1)).health is Health.UNKNOWN
    lab.time = 100_000
    assert await lab.shows() is Health.OK, "they were exchanged for good"


async def test_an_address_whose_machine_has_been_followed_to_another_is_free(lab):
    lab.leads("web1.lan", NEW)
    web1 = Watched(NAS.check, Target(TargetId("guest:web1")), "web1.lan")
    for place in (NEW, "10.9.0.41"):
        lab.leads("web1.lan", place)
        assert (await lab.sees(ANSWERS, web1)).health is Health.OK
    lab.leads("nas.lan", NEW)
    assert await lab.shows() is Health.OK


async def test_where_it_was_followed_to_is_remembered_over_a_restart_at_once(lab):
    lab.leads("nas.lan", NEW)
    told = (await lab.sees()).facts
    again = Lab()
    again.moved.recall(told)
    for place in (NEW, HOME):
        again.leads("nas.lan", place)
        assert not again.moved.strayed("nas.lan")


async def test_a_machine_that_is_well_is_followed_to_an_address_of_its_own(lab):
    lab.leads("nas.lan", NEW)
    seen = await lab.sees()
    assert (seen.health, seen.facts["proven_at"]) == (Health.OK, f"nas.lan {HOME} {NEW}")
    assert await lab.shows(SILENT) is Health.FAIL
    assert not lab.moved.strayed("nas.lan"), "it has answered there"
    lab.well = False
    assert await lab.shows() is Health.OK
    lab.time = 600
    assert (await lab.sees()).facts["proven_at"] == f"nas.lan {NEW}"


async def test_an_address_that_is_new_after_a_failure_waits_for_a_person_and_then_a_while(lab):
    lab.well, lab.awaited = False, True
    lab.leads("nas.lan", NEW)
    assert "say “/lab well nas”" in (await lab.sees()).why
    assert not lab.moved.strayed("nas.lan"), "somebody answers: the way there is no trouble"
    assert not lab.moved.doubts("nas.lan")
    lab.time = 100_000
    assert await lab.shows() is Health.UNKNOWN
    lab.awaited = False
    assert await lab.shows() is Health.OK


async def test_a_new_address_is_not_trusted_because_it_was_silent_or_refused_first(lab):
    lab.leads("nas.lan", NEW)
    assert await lab.shows(SILENT) is Health.FAIL
    assert (lab.moved.doubts("nas.lan"), await lab.shows()) == (True, Health.UNKNOWN)
    lab.leads("nas.lan", "10.9.0.32")
    assert await lab.shows() is Health.UNKNOWN, "nor the next one"


@pytest.mark.parametrize("seen", [REFUSES, SILENT])
async def test_a_check_that_failed_before_the_name_moved_puts_no_other_in_doubt(lab, seen):
    lab.leads("nas.lan", NEW)
    lab.well = False
    assert await lab.shows(seen) in {Health.UNKNOWN, Health.FAIL}
    lab.well, lab.awaited = True, True  # an incident of that other check waits for the machine
    assert await lab.shows() is Health.OK


async def test_a_name_that_leads_to_two_places_in_turn_is_at_home_in_both(lab):
    for place in (NEW, HOME, NEW, HOME):
        lab.time += 5
        lab.leads("nas.lan", place)
        assert await lab.shows() is Health.OK
    lab.well = False
    for place in (NEW, HOME):
        lab.leads("nas.lan", place)
        assert await lab.shows(SILENT) is Health.FAIL
        assert not lab.moved.strayed("nas.lan")
    lab.time += 10_000
    lab.leads("nas.lan", HOME)
    await lab.shows()
    lab.leads("nas.lan", NEW)
    assert lab.moved.strayed("nas.lan"), "that was long ago"


async def test_a_gateway_may_move_to_the_address_of_the_next_one(lab):
    lab.leads("web1.lan", GATEWAY)
    web1 = Watched(NAS.check, Target(TargetId("guest:web1")), "web1.lan")
    assert (await lab.sees(ANSWERS, web1)).health is Health.OK
    lab.routers = ["10.9.0.253"]
    lab.leads("web1.lan", "10.9.0.253")
    assert (await lab.sees(ANSWERS, web1)).health is Health.OK


@pytest.mark.parametrize("seen", [REFUSES, SHUT])
async def test_who_refuses_at_a_new_address_is_not_known_to_be_the_machine(lab, seen):
    lab.leads("nas.lan", NEW)
    assert await lab.shows(seen) is Health.UNKNOWN


async def test_its_host_key_shows_that_a_machine_is_where_its_name_leads(lab):
    lab.well, lab.awaited = False, True
    lab.leads("nas.lan", NEW)
    assert (await lab.sees(OTHER_KEY, INSIDE, KEY)).health is Health.UNKNOWN
    assert (await lab.sees(ANSWERS, INSIDE, KEY)).facts["proven_at"] == f"nas.lan {NEW}"
    assert await lab.shows() is Health.OK


async def test_another_host_key_at_a_new_address_is_told_and_followed_by_nobody(lab):
    lab.leads("nas.lan", NEW)
    assert (await lab.sees(OTHER_KEY, INSIDE, KEY)).health is Health.FAIL
    assert lab.moved.strayed("nas.lan")


async def test_a_port_of_ssh_whose_key_nobody_knows_identifies_nothing(lab):
    lab.leads("nas.lan", NEW)
    await lab.sees(replace(ANSWERS, evidence=Evidence.OUTSIDE), NAS, Check("web", "tcp", Params(22)))
    assert lab.moved.strayed("nas.lan")


async def test_a_key_that_was_shown_before_the_name_moved_says_nothing_of_where_it_leads_now(lab):
    async def look():
        lab.leads("nas.lan", NEW)
        return [ANSWERS]

    await lab.moved.look(INSIDE, KEY, look)
    assert lab.moved.strayed("nas.lan")


# --- silence -----------------------------------------------------------------------------------------------------


async def test_silence_at_an_address_that_never_answered_says_nothing(lab):
    assert not lab.moved.strayed("nas.lan")
    lab.leads("nas.lan", "10.9.0.99")
    assert lab.moved.strayed("nas.lan") == (f"nas.lan leads to another address than before: 10.9.0.99, not {HOME}")
    lab.leads("nas.lan", HOME)
    assert not lab.moved.strayed("nas.lan")
    assert not lab.moved.doubts("nas.lan")


async def test_that_is_known_after_a_restart_too(lab):
    told, anew = (await lab.sees()).facts, Lab()
    anew.moved.recall({})
    anew.moved.recall(told)
    anew.leads("nas.lan", "10.9.0.99")
    assert anew.moved.strayed("nas.lan")


async def test_a_name_whose_ipv6_address_changes_leads_where_it_did(lab):
    lab.leads("nas.lan", HOME, "2001:db8::1")
    assert await lab.shows() is Health.OK
    lab.leads("nas.lan", "2001:db8::2", HOME)
    assert not lab.moved.strayed("nas.lan")
    lab.leads("nas.lan", "2001:db8::1", GATEWAY)
    assert lab.moved.strayed("nas.lan")


async def test_what_could_not_be_told_anyhow_where_another_is_counts_as_hidden_there(lab):
    lab.leads("nas.lan", GATEWAY)
    assert await lab.shows(replace(ANSWERS, health=Health.UNKNOWN)) is Health.UNKNOWN
    assert lab.moved.doubts("nas.lan")


# --- who is meant ------------------------------------------------------------------------------------------------


async def test_what_is_asked_by_its_address_or_is_no_machine_is_as_it_was_seen(lab):
    service = Watched(NAS.check, Target(TargetId("service:nas")), "nas.lan")
    lab.leads("nas.lan", GATEWAY)
    for watched in (service, replace(NAS, address=HOME)):
        assert await lab.sees(watched=watched) == ANSWERS
    assert (await lab.sees(watched=replace(NAS, address="cannot-be-found.lan"))).health is Health.OK


async def test_machines_that_were_together_behind_one_router_move_together(lab):
    guest = Watched(NAS.check, Target(TargetId("guest:1"), name="web1"), "web1.lan")
    lab.leads("web1.lan", HOME)
    assert (await lab.sees(watched=guest)).health is Health.OK
    for name in ("nas.lan", "web1.lan"):
        lab.leads(name, NEW)
    assert await lab.shows() is Health.OK
    assert (await lab.sees(watched=guest)).health is Health.OK


async def test_the_address_of_a_name_that_there_is_none_of_any_more_may_be_given_anew():
    lab = Lab(atlas="atlas..lan")  # such a name nobody has to be asked for
    assert await lab.shows() is Health.OK
    lab.leads("nas.lan", ATLAS)
    with pytest.raises(CannotLookUp):
        await lab.names.look_up("atlas..lan", 0, IN_TIME * SECOND)
    assert await lab.shows() is Health.OK


async def test_where_a_hypervisor_answers_is_its_hosts_place_once_it_has_been_for_a_while(lab):
    host = Target(TargetId("host:atlas"))
    lab.moved.answered(host, "")
    lab.moved.answered(host, "atlas.lan")
    lab.leads("atlas.lan", NEW)
    lab.moved.answered(host, "atlas.lan")
    assert lab.moved.strayed("atlas.lan"), "its connection may be from before"
    lab.time = 600
    lab.moved.answered(host, "atlas.lan")
    assert not lab.moved.strayed("atlas.lan")
