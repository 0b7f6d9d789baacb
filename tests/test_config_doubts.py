"""What lab.yaml can't mean, though it can be read, is told with its line; so are the files that are not there."""

import pytest

from bot.config import ConfigError, absent_files, doubts_of, load
from bot.probes import discover

PROBES = {name: kind.params for name, kind in discover().items()}
HEAD = "slack: {channel: homelab}\npeople: {alex: {slack: U0ALEX, roles: admin}}\n"


@pytest.fixture
def lab(tmp_path):
    def write(text: str):
        path = tmp_path / "mine.yaml"
        path.write_text(HEAD + text)
        return load(path, probes=PROBES, env={})

    return write


@pytest.fixture
def doubts(lab, tmp_path):
    return lambda text: [line.removeprefix(f"{tmp_path}/") for line in doubts_of(lab(text))]


def test_what_is_not_watched_and_looked_at_all_the_same_is_told(doubts):
    found = doubts(
        "hosts:\n"
        "  a: {watched: false, hypervisor: 'test:///default', ssh: {}}\n"
        "  b: {watched: false}\n"
        "services:\n"
        "  web: {watched: false, checks: {http: {probe: tcp, port: 80}}}\n"
    )
    both = "take one or the other out"
    assert found == [
        f"mine.yaml:4: cannot use hosts.a.watched: because it is looked at all the same (hypervisor, ssh); {both}",
        f"mine.yaml:7: cannot use services.web.watched: because it is looked at all the same (http); {both}",
    ]


def test_power_as_proof_where_nothing_shows_power_is_told(doubts):
    found = doubts(
        "hosts:\n"
        "  a: {proof: running, ssh: {}}\n"
        "  b: {proof: running, checks: {ssh: {probe: tcp, port: 22}}}\n"
        "services:\n"
        "  web: {proof: running, checks: {http: {probe: tcp, port: 80}}}\n"
    )
    assert found == [
        (
            "mine.yaml:4: cannot use hosts.a.proof: because nothing looks whether it runs; "
            "add a check, such as {probe: tcp, port: 22}"
        ),
        "mine.yaml:7: cannot use services.web.proof: because a service is well when its checks pass; take it out",
    ]


def test_a_guest_with_the_address_of_another_machine_is_told(doubts):
    found = doubts(
        "hosts: {atlas: {address: 10.0.0.5, hypervisor: 'test:///default'}}\n"
        "guests:\n"
        "  web1: {address: 10.0.0.5}\n"
        "  web2: {address: 10.0.0.6}\n"
        "  web3: {address: 10.0.0.6}\n"
        "  atlas: {}\n"
    )
    whose = "so that who answers there can't be told"
    assert found == [
        "mine.yaml:5: cannot use guests.web1.address: because '10.0.0.5' is the address of the host atlas, too, "
        + whose,
        "mine.yaml:6: cannot use guests.web2.address: because '10.0.0.6' is the address of the guest web3, too, "
        + whose,
        "mine.yaml:7: cannot use guests.web3.address: because '10.0.0.6' is the address of the guest web2, too, "
        + whose,
    ]


def test_a_check_at_the_address_of_another_machine_is_told(doubts):
    found = doubts(
        "hosts: {atlas: {address: 127.0.0.1, hypervisor: 'test:///default'}}\n"
        "guests:\n"
        "  web1: {checks: {http: {probe: tcp, port: 80, address: LOCALHOST}}}\n"
        "  web2: {address: 10.0.0.6, checks: {http: {probe: tcp, port: 80}}}\n"
    )
    whose = "'LOCALHOST' is the address of the host atlas, too, so that who answers there can't be told"
    assert found == [f"mine.yaml:5: cannot use guests.web1.checks.http.address: because {whose}"]


def test_a_guest_that_is_looked_at_on_the_bots_own_machine_is_told_unless_its_own_key_tells_who_answers(doubts):
    found = doubts(
        "hosts: {atlas: {hypervisor: 'test:///default'}}\n"
        "guests:\n"
        "  web1: {address: 127.0.0.1, checks: {http: {probe: tcp, port: 8080}}}\n"
        "  web2: {address: 127.0.0.1, checks: {ssh: {probe: ssh, port: 2222, known_as: web2}}}\n"
    )
    whose = "'127.0.0.1' is the address of the bot's own machine, too, so that who answers there can't be told"
    assert found == [f"mine.yaml:5: cannot use guests.web1.address: because {whose}"]


def test_two_hosts_that_are_looked_at_in_one_place_are_told_and_two_behind_one_address_are_not(doubts):
    found = doubts(
        "hosts:\n"
        "  atlas: {address: 10.0.0.5, ssh: {}}\n"
        "  borea: {address: 10.0.0.5, ssh: {}}\n"
        "  nook: {address: 10.0.0.5, ssh: {port: 2222}}\n"
        "  vault: {address: 10.0.0.5, checks: {web: {probe: tcp, port: 443}}}\n"
    )
    whose = "'10.0.0.5' is the address of the host %s, too, so that who answers there can't be told"
    assert found == [
        f"mine.yaml:4: cannot use hosts.atlas.address: because {whose % 'borea'}",
        f"mine.yaml:5: cannot use hosts.borea.address: because {whose % 'atlas'}",
    ]


def test_what_nothing_looks_at_is_told_among_the_rest_in_the_order_of_the_file(doubts):
    found = doubts("services:\n  a: {}\n  b: {proof: running}\n")
    assert [line.split(":")[1] for line in found] == ["4", "5", "5"]


@pytest.mark.parametrize("software", ["openshh", "OpenSSH_9.2"])
def test_a_software_that_no_initramfs_has_is_a_mistake_with_its_line(lab, software):
    servers = "services: {s: {checks: {ssh: {probe: ssh, software: %s}}}}\n"
    assert lab(servers % "dropbear_2022.83")
    said = f"'{software}' is not a server of initramfs (dropbear or tinyssh); any other needs no `software`"
    with pytest.raises(ConfigError) as mistake:
        lab(servers % software)
    assert str(mistake.value).endswith(f"mine.yaml:3: cannot read services.s.checks.ssh.software: because {said}")


def test_the_files_that_are_not_there_are_told_apart(lab, tmp_path):
    (tmp_path / "key").write_text("")
    (tmp_path / "books").write_text("no folder")
    config = lab(
        "hosts:\n"
        "  a: {ssh: {key: key, known_hosts: hosts}}\n"
        "services:\n"
        "  s: {checks: {ssh: {probe: ssh, known_hosts: others}}}\n"
        "runbooks: {folder: books}\n"
    )
    assert doubts_of(config) == []
    at = f"{tmp_path}/mine.yaml"
    assert absent_files(config) == [
        f"{at}:4: hosts.a.ssh.known_hosts names '{tmp_path}/hosts', which is not there",
        f"{at}:6: services.s.checks.ssh.known_hosts names '{tmp_path}/others', which is not there",
        f"{at}:7: runbooks.folder names '{tmp_path}/books', which is no folder",
    ]
    (tmp_path / "books").unlink()
    assert absent_files(config)[-1].endswith("which is not there")
    (tmp_path / "books").mkdir()
    assert len(absent_files(config)) == 2


def test_one_hypervisor_under_two_names_is_told(doubts):
    (found,) = doubts(
        "hosts:\n"
        "  a: {hypervisor: 'qemu+ssh://root@a/system'}\n"
        "  b: {hypervisor: 'qemu:///system'}\n"
        "  c: {hypervisor: 'qemu+ssh://sam@A:22/system'}\n"
    )
    why = "it leads where hosts.a.hypervisor does: they are one machine; take one of the two hosts out"
    assert found == f"mine.yaml:6: cannot use hosts.c.hypervisor: because {why}"


def test_a_uri_that_leads_to_another_host_is_told(doubts):
    found = doubts(
        "hosts:\n  atlas: {address: 10.0.0.5, ssh: {}}\n  borea: {hypervisor: 'qemu+ssh://root@10.0.0.5/system'}\n"
    )
    why = "it leads to the host atlas; correct it, or give borea that address if they are one machine"
    assert found[-1] == f"mine.yaml:5: cannot use hosts.borea.hypervisor: because {why}"


def test_a_uri_that_libvirt_does_not_know_is_told(doubts):
    found = doubts(
        "hosts:\n  atlas: {hypervisor: 'tset:///default'}\n  borea: {hypervisor: 'qemu+ssh://b/system'}\n"
    )
    why = "libvirt has no driver 'tset' (did you mean 'test'?)"
    assert found == [f"mine.yaml:4: cannot use hosts.atlas.hypervisor: because {why}"]


def test_a_uri_that_takes_any_machine_for_it_is_told(doubts):
    uris = ["qemu+ssh://a/system?keyfile=k&no_verify=1", "qemu+tls://b/system?no_verify=0", "qemu+ssh://c/system"]
    found = doubts("hosts:\n" + "".join(f"  h{n}: {{hypervisor: '{uri}'}}\n" for n, uri in enumerate(uris)))
    why = "no_verify=1 takes whatever machine answers for it; take that out, and have its key in known_hosts"
    assert found == [f"mine.yaml:4: cannot use hosts.h0.hypervisor: because {why}"]


def test_a_public_key_where_the_private_one_is_asked_for_is_told(doubts):
    found = doubts("hosts:\n  atlas: {ssh: {key: keys/bot.pub}}\n  borea: {ssh: {key: keys/bot}}\n")
    why = "that is the public half; name the file without .pub"
    assert found == [f"mine.yaml:4: cannot use hosts.atlas.ssh.key: because {why}"]


@pytest.mark.parametrize("address", ["10.0.0.5:22", "https://10.0.0.5", "[fe80::1]:22"])
def test_an_address_with_a_port_or_of_a_page_is_told_and_one_of_ipv6_is_none(doubts, address):
    found = doubts(
        f"services:\n  a: {{address: '{address}', checks: {{web: {{probe: tcp, port: 80}}}}}}\n"
        "  b: {address: 'fe80::1', checks: {web: {probe: tcp, port: 80}}}\n"
    )
    why = f"'{address}' is neither a host name nor an IP address; a port belongs to the check"
    assert found == [f"mine.yaml:4: cannot use services.a.address: because {why}"]


def test_the_port_of_a_ups_stands_beside_its_address(doubts):
    (found,) = doubts("ups: {rack: {address: '10.0.0.5:3493'}}\n")
    assert found.endswith("is neither a host name nor an IP address; a port stands beside it, as `port`")


NO_ADDRESSES = ["na s", "10.0.0.300", "10.0.0.1 x", "1.2.3.4.5", "-x", "a..b", "fe80::zz", "[fe80::1]", "a" * 64]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_can_be_no_address_is_told_wherever_it_stands(doubts, address):
    check, own = "w: {probe: tcp, port: 80}", f"w: {{probe: tcp, port: 80, address: '{address}'}}"
    found = doubts(
        f"hosts:\n  a: {{address: '{address}', checks: {{{check}}}}}\n  '{address}': {{ssh: {{}}}}\n"
        f"services:\n  b: {{checks: {{{own}}}}}\n"
        f"ups:\n  c: {{address: '{address}'}}\n"
    )
    why = f"because '{address}' is neither a host name nor an IP address"
    assert found == [
        f"mine.yaml:4: cannot use hosts.a.address: {why}",
        f"mine.yaml:5: cannot use hosts.{address}.address: {why}; give it an `address`",
        f"mine.yaml:7: cannot use services.b.checks.w.address: {why}",
        f"mine.yaml:9: cannot use ups.c.address: {why}",
    ]


@pytest.mark.parametrize(
    "address", ["fe80::1%eth0", "nas_1", "nas-1.lan.", "müller.home", "10.10", "0x7f.0.0.1", "7z"]
)
def test_what_can_be_an_address_is_not_told(doubts, address):
    assert doubts(f"hosts: {{'{address}': {{checks: {{w: {{probe: tcp, port: 80}}}}}}}}\n") == []


def test_the_name_of_what_is_not_looked_at_there_need_be_no_address(doubts):
    found = doubts(
        "hosts:\n  the switch: {watched: false}\n  atlas: {hypervisor: 'test:///default'}\n"
        "guests:\n  Windows 10:\n  Windows 11: {address: 10.0.0.11, checks: {rdp: {probe: tcp, port: 3389}}}\n"
    )
    assert found == []


def test_a_ups_whose_name_nobody_can_ask_for_and_a_witness_at_no_address_are_told(doubts):
    found = doubts("ups:\n  the rack:\nwitnesses:\n  gateway: 10.0.0.300\n  also: [10.0.0.1, 10.0.0.256]\n")
    no_name = "upsd calls no UPS 'the rack': such a name has no blanks and no quotes"
    neither = "is neither a host name nor an IP address"
    assert found == [
        f"mine.yaml:4: cannot use ups.the rack.ups: because {no_name}",
        f"mine.yaml:6: cannot use witnesses.gateway: because '10.0.0.300' {neither}",
        f"mine.yaml:7: cannot use witnesses.also: because '10.0.0.256' {neither}",
    ]


@pytest.mark.parametrize("probe", ["tcp, port: 80", "ssh", "host"])
def test_a_look_that_may_take_no_time_is_a_mistake(lab, probe):
    services = "services: {s: {checks: {look: {probe: %s, timeout: %s}}}}\n"
    assert lab(services % (probe, "10ms"))
    with pytest.raises(
        ConfigError, match=r"services.s.checks.look.timeout: because '0s' is not a time .*at least 10ms"
    ):
        lab(services % (probe, "0s"))


def test_a_guest_that_is_listed_and_comes_and_goes_is_told(doubts):
    found = doubts(
        "hosts: {atlas: {hypervisor: 'test:///default'}}\nephemeral: ['web*']\nguests:\n  web1: {}\n  db1: {}\n"
    )
    why = "it fits a pattern of `ephemeral`, so that nothing is ever told of it; take one or the other out"
    assert found == [f"mine.yaml:6: cannot use guests.web1: because {why}"]


def test_a_probe_that_can_look_at_nothing_where_it_stands_is_told(doubts):
    found = doubts(
        "hosts:\n"
        "  a: {checks: {inside: {probe: host}, power: {probe: ups}}}\n"
        "  b: {ssh: {}, checks: {inside: {probe: host}}}\n"
        "services:\n"
        "  web: {checks: {inside: {probe: host}}}\n"
    )
    inside = "the probe 'host' looks inside a host that has `ssh`; here use 'ssh' or 'tcp'"
    power = "a UPS stands under `ups`, and is looked at without a check"
    assert found == [
        f"mine.yaml:4: cannot use hosts.a.checks.inside: because {inside}",
        f"mine.yaml:4: cannot use hosts.a.checks.power: because {power}",
        f"mine.yaml:7: cannot use services.web.checks.inside: because {inside}",
    ]


def test_a_role_that_looks_like_one_with_rights_is_told(tmp_path):
    (path := tmp_path / "mine.yaml").write_text(
        "slack: {channel: homelab}\n"
        "people:\n"
        "  alex: {slack: U0ALEX, roles: admin}\n"
        "  kim: {slack: U0KIM, roles: [hadns]}\n"
        "  lee: {slack: U0LEE, roles: [electrician]}\n"
    )
    (told,) = doubts_of(load(path, probes=PROBES, env={}))
    why = "the role 'hadns' gives no rights of its own; did you mean 'hands'?"
    assert told.endswith(f"mine.yaml:4: cannot use people.kim.roles: because {why}")
