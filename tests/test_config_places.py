"""Whose place it is where a check looks: what answers where two machines are looked at proves neither."""

import pytest

from bot.config import load
from bot.config.places import (
    as_written,
    asked_instead,
    owner_besides_guest,
    owner_besides_host,
    port_of,
    where_of,
)
from bot.core.health import CheckName, Evidence, Fingerprint, Health, Observation, Target, TargetId
from bot.names import HERE
from bot.probes import Watched, discover
from bot.rounds.checks import as_proof
from tests.core.labs import NOON

PROBES = {name: kind.params for name, kind in discover().items()}
HEAD = "slack: {channel: homelab}\npeople: {alex: {slack: U0ALEX, roles: admin}}\n"
WEB = "checks: {web: {probe: tcp, port: 443%s}}"
DNS = {
    "atlas.lan": ["fd00::5", "10.0.0.5"],
    "git.lan": ["10.0.0.5"],
    "wiki.lan": ["10.0.0.7"],
    "web1": ["192.0.2.80"],
    "db1": ["192.0.2.80"],
}
"""git.lan is another name of atlas; the provider's resolver answers for every name that there is none of."""


def looked_up(name: str):
    return DNS.get(name, ())


@pytest.fixture
def lab(tmp_path):
    def write(text: str):
        (path := tmp_path / "lab.yaml").write_text(HEAD + text)
        return load(path, probes=PROBES, env={})

    return write


def of_guest(config, name: str, known=looked_up) -> str:
    guest = config.guests[name]
    return owner_besides_guest(config, guest, where_of(guest.checks["web"], guest.address), known)


def of_host(config, name: str, known=looked_up) -> str:
    host = config.hosts[name]
    check = host.checks["web"]
    return owner_besides_host(config, host, where_of(check, host.address), port_of(host, check), known)


@pytest.mark.parametrize("address", ["git.lan", "10.0.0.5", "10.5", "::ffff:10.0.0.5", "[fd00::5]", "ATLAS.lan."])
def test_another_name_of_a_host_is_the_hosts_place(lab, address):
    config = lab(
        f"hosts: {{atlas: {{address: atlas.lan}}}}\nguests: {{git: {{address: '{address}', {WEB % ''}}}}}\n"
    )
    assert of_guest(config, "git") == "the host atlas"


def test_what_one_name_of_is_not_known_is_not_guessed(lab):
    config = lab(f"hosts: {{atlas: {{address: atlas.lan}}}}\nguests: {{git: {{address: git.lan, {WEB % ''}}}}}\n")
    assert of_guest(config, "git", known=as_written) == ""


def test_two_names_that_lead_to_one_address_are_of_neither(lab):
    config = lab(f"guests: {{web1: {{{WEB % ''}}}, db1: {{{WEB % ''}}}}}\n")
    assert (of_guest(config, "web1"), of_guest(config, "db1")) == ("the guest db1", "the guest web1")
    assert of_guest(config, "web1", known=as_written) == ""


def test_a_check_that_is_sent_to_anothers_own_address_proves_nothing_and_takes_nothing_from_it(lab):
    config = lab(
        f"guests: {{proxy: {{address: wiki.lan, {WEB % ''}}}, web1: {{{WEB % ', address: 10.0.0.7'}}}}}\n"
    )
    assert (of_guest(config, "web1"), of_guest(config, "proxy")) == ("the guest proxy", "")


def test_two_checks_that_are_sent_to_one_place_prove_neither(lab):
    sent = WEB % ", address: proxy.example"
    config = lab(f"guests: {{web1: {{{sent}}}, db1: {{{sent}}}}}\n")
    assert (of_guest(config, "web1"), of_guest(config, "db1")) == ("the guest db1", "the guest web1")


def test_hosts_on_one_port_of_one_address_prove_neither_and_on_two_ports_each_its_own(lab):
    one, other = (
        "address: atlas.lan, checks: {web: {probe: tcp, port: 1}}",
        "address: git.lan, checks: {web: {probe: tcp, port: %d}}",
    )
    config = lab(f"hosts: {{a: {{{one}}}, b: {{{other % 1}}}}}\n")
    assert (of_host(config, "a"), of_host(config, "b")) == ("the host b", "the host a")
    config = lab(f"hosts: {{a: {{{one}}}, b: {{{other % 2}}}}}\n")
    assert (of_host(config, "a"), of_host(config, "b")) == ("", "")


def test_two_spellings_of_a_name_are_one_place(lab):
    config = lab(
        f"hosts: {{bücher: {{address: bücher.lan}}}}\nguests: {{a: {{address: xn--bcher-kva.LAN, {WEB % ''}}}}}\n"
    )
    assert of_guest(config, "a") == "the host bücher"


@pytest.mark.parametrize(
    "uri", ["qemu+ssh://root@10.0.0.5/system", "qemu://10.0.0.5/system", "qemu+tcp://git.lan/"]
)
def test_where_a_hosts_hypervisor_is_the_host_is(lab, uri):
    config = lab(
        f"hosts: {{atlas: {{hypervisor: '{uri}'}}}}\nguests: {{git: {{address: 10.0.0.5, {WEB % ''}}}}}\n"
    )
    assert of_guest(config, "git") == "the host atlas"


def test_the_ssh_server_of_an_address_is_one_place_however_it_is_looked_at(lab):
    web = "checks: {web: {probe: ssh}}"
    config = lab(f"hosts: {{a: {{address: 10.0.0.5, ssh: {{}}}}, b: {{address: 10.0.0.5, {web}}}}}\n")
    assert of_host(config, "b") == "the host a"
    config = lab(f"hosts: {{a: {{hypervisor: 'qemu+ssh://10.0.0.5/'}}, b: {{address: 10.0.0.5, {web}}}}}\n")
    assert of_host(config, "b") == "the host a"
    config = lab(f"hosts: {{a: {{address: 10.0.0.5, ssh: {{port: 2222}}}}, b: {{address: 10.0.0.5, {web}}}}}\n")
    assert of_host(config, "b") == ""


def test_a_host_whose_check_is_sent_to_another_hosts_address_is_proven_by_no_port_of_it(lab):
    config = lab(f"hosts: {{a: {{address: 10.0.0.5}}, b: {{address: 10.0.0.9, {WEB % ', address: 10.0.0.5'}}}}}\n")
    assert of_host(config, "b") == "the host a"


@pytest.mark.parametrize(
    ("uri", "instead"),
    [
        ("qemu+ssh://root@atlas.lan/system", "atlas"),
        ("qemu+ssh://10.0.0.5/system", "atlas"),
        ("qemu+ssh://git.lan:2201/system", "atlas"),
        ("qemu+ssh://git.lan:2202/system", ""),  # one router, and a port of its own
        ("qemu+ssh://wiki.lan/system", ""),  # its own address
        ("qemu+ssh://10.9.0.7/system", ""),  # its network for management
        ("qemu:///system", ""),
    ],
)
def test_a_uri_that_leads_to_another_hosts_address_is_not_of_this_host(lab, uri, instead):
    config = lab(
        "hosts:\n  atlas: {address: atlas.lan, ssh: {port: 2201}}\n"
        f"  borea: {{address: 10.0.0.7, ssh: {{}}, hypervisor: '{uri}'}}\n"
    )
    assert (asked_instead(config, "borea", looked_up), asked_instead(config, "atlas", looked_up)) == (instead, "")


def test_two_hosts_of_one_address_may_each_have_a_hypervisor_there(lab):
    config = lab(
        "hosts:\n  vms: {address: 10.0.0.5, hypervisor: 'qemu+ssh://10.0.0.5/system'}\n"
        "  boxes: {address: 10.0.0.5, hypervisor: 'lxc+ssh://10.0.0.5/'}\n"
    )
    assert (asked_instead(config, "vms"), asked_instead(config, "boxes")) == ("", "")


def test_a_host_looked_at_where_a_guest_is_proves_nothing(lab):
    sent = WEB % ", address: 10.0.0.7"
    config = lab(f"hosts: {{nas: {{address: 10.0.0.9, {sent}}}}}\nguests: {{wiki: {{address: wiki.lan}}}}\n")
    assert of_host(config, "nas") == "the guest wiki"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.1", "127.0.1.1", "::1", "0.0.0.0", "::", "localhost", "own.lan"]
)
def test_what_answers_on_the_bots_own_machine_is_no_guest(lab, address):
    config = lab(f"guests: {{git: {{address: '{address}', {WEB % ''}}}}}\n")
    known = {"own.lan": ["10.0.0.2", HERE]}  # an address of its own, as Names tells it
    assert of_guest(config, "git", lambda name: known.get(name, ())) == "the bot's own machine"
    sent = lab(f"guests: {{git: {{address: 10.0.0.7, {WEB % f', address: {address!r}'}}}}}\n")
    assert of_guest(sent, "git", lambda name: known.get(name, ())) == "the bot's own machine"


def test_a_host_may_be_the_bots_own_machine(lab):
    config = lab(
        f"hosts: {{atlas: {{address: localhost, {WEB % ''}}}}}\nguests: {{git: {{address: 127.0.0.2}}}}\n"
    )
    assert of_host(config, "atlas") == ""
    assert owner_besides_guest(config, config.guests["git"], "localhost") == "the host atlas"


@pytest.mark.parametrize(
    ("addresses", "owner"),
    [
        (["10.0.0.9"], ""),
        (["10.0.0.2", "172.17.0.1"], ""),
        (["10.0.0.9", "172.17.0.1"], "the bot's own machine"),
        (["10.0.0.9", "127.0.0.1"], "the bot's own machine"),
    ],
)
def test_a_name_that_leads_to_a_host_and_to_the_bots_own_machine_proves_no_host_but_by_its_key(
    lab, addresses, owner
):
    """Two machines may each have a bridge of one address, as Docker's, that they are called by."""
    own = {"10.0.0.2", "172.17.0.1"}

    def known(name: str):  # as Names tells it
        found = addresses if name == "nas.lan" else []
        return found if own.isdisjoint((name, *found)) else [*found, HERE]

    web, inside = WEB % "", "checks: {web: {probe: ssh}}"
    assert of_host(lab(f"hosts: {{nas: {{address: nas.lan, {web}}}}}\n"), "nas", known) == owner
    assert of_host(lab(f"hosts: {{nas: {{address: nas.lan, {inside}}}}}\n"), "nas", known) == ""


@pytest.mark.parametrize(("known_as", "health"), {"web1": Health.OK, "atlas": Health.UNKNOWN}.items())
def test_a_guests_own_host_key_tells_who_answers_behind_a_forwarded_port(lab, known_as, health):
    forwarded = f"checks: {{ssh: {{probe: ssh, port: 2222, known_as: '{known_as}'}}}}"
    config = lab(f"guests: {{web1: {{address: 127.0.0.1, {forwarded}}}}}\n")
    web1, check = Target(TargetId("guest:web1")), CheckName("ssh")
    seen = Observation(Fingerprint(check, web1.id), Health.OK, NOON, "its key answers", evidence=Evidence.INSIDE)
    watched = Watched(check, web1, "127.0.0.1")
    assert as_proof(config, watched, config.guests["web1"].checks["ssh"], seen, as_written).health is health


def test_what_was_seen_there_proves_nothing_and_says_why(lab):
    config = lab(f"hosts: {{atlas: {{address: atlas.lan}}}}\nguests: {{git: {{address: git.lan, {WEB % ''}}}}}\n")
    git, check = Target(TargetId("guest:git")), CheckName("web")
    seen = Observation(
        Fingerprint(check, git.id), Health.OK, NOON, "git.lan:443 answers", evidence=Evidence.INSIDE
    )
    watched = Watched(check, git, "git.lan")
    proved = as_proof(config, watched, config.guests["git"].checks["web"], seen, looked_up)
    assert (proved.health, proved.evidence) == (Health.UNKNOWN, Evidence.NONE)
    assert proved.why.startswith("git.lan:443 answers; but git.lan is the address of the host atlas, too")
    assert as_proof(config, watched, config.guests["git"].checks["web"], seen, as_written) is seen
