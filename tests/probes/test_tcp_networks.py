"""The TCP probe in networks of their own: what a name, a route, a resolver that fails says of the machine."""

import json
import os
import socket
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.network import Network, cable, needs_networks, network

pytestmark = [pytest.mark.slow, pytest.mark.real, needs_networks]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lab():
    """A machine with one cable: 10.9.0.1 here, 10.9.0.2 at its other end, where nothing listens."""
    with network() as here, network() as there:
        cable(here, there, ends=("eth0", "eth0"), addresses=("10.9.0.1/24", "10.9.0.2/24"))
        yield here


def look(lab: Network, address: str, *, port: int = 9, seconds: float = 1, looks: int = 1, by: str = "tcp"):
    asked = [address, str(port), str(seconds), str(looks), by]
    command = [sys.executable, "-P", "-m", "tests.probes.look_once", *asked]
    return json.loads(lab.run("env", f"PYTHONPATH={ROOT}", f"PATH={os.environ['PATH']}", *command))


@contextmanager
def resolver(lab: Network):
    """Where the machine sends its questions for names; nobody reads them."""
    lab.resolv_conf("nameserver 127.0.0.53\n")
    with lab.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as questions:
        questions.bind(("127.0.0.53", 53))
        yield questions


@pytest.mark.parametrize(("port", "evidence"), [(22, "outside"), (80, "inside")])
def test_an_open_ssh_port_is_no_evidence_from_inside(lab, port, evidence) -> None:
    with lab.inside(), socket.create_server(("127.0.0.1", port)):
        seen = look(lab, "127.0.0.1", port=port)
    assert (seen["health"], seen["evidence"]) == ("ok", evidence)


def test_a_resolver_that_never_answers_says_nothing_of_the_machine(lab) -> None:
    with resolver(lab) as questions:
        seen = look(lab, "atlas.example", seconds=0.5, looks=2)
        assert questions.recv(512), "it was asked"
    assert seen["health"] == "unknown"
    assert seen["why"] == "cannot look up atlas.example: because no resolver answered within 0.5 s"
    assert seen["seconds"] < 3, "a look-up that hangs holds up neither the next look nor the end"


def test_no_resolver_at_all_says_nothing_of_the_machine(lab) -> None:
    lab.resolv_conf("nameserver 127.0.0.53\n")
    seen = look(lab, "atlas.example", seconds=5)
    assert (seen["health"], seen["why"].partition(": ")[0]) == ("unknown", "cannot look up atlas.example")


def test_an_address_needs_no_resolver(lab) -> None:
    with resolver(lab):
        seen = look(lab, "10.9.0.2")
    assert (seen["health"], seen["why"].rpartition(" because ")[2]) == ("fail", "Connection refused")


@pytest.mark.parametrize("by", ["tcp", "ssh"])
def test_a_machine_that_refuses_is_there_and_one_that_is_silent_may_not_be(lab, by) -> None:
    refuses, silent = look(lab, "10.9.0.2", by=by), look(lab, "10.9.0.77", by=by)
    assert (refuses["health"], refuses["kind"]) == ("fail", "service-down")
    assert (silent["health"], silent["kind"]) == ("fail", "host-down")


def test_a_host_whose_ssh_server_is_gone_is_no_host_that_is_down(lab) -> None:
    refuses, silent = (look(lab, address, seconds=8, by="inside") for address in ("10.9.0.2", "10.9.0.77"))
    assert (refuses["health"], refuses["watching"]) == ("unknown", ["cannot-watch"])
    assert (silent["health"], silent["kind"]) == ("fail", "host-down")


def test_a_port_of_the_bots_own_machine_that_refuses_leads_to_a_machine_that_is_gone(lab) -> None:
    for own in ("127.0.0.1", "127.0.0.9", "10.9.0.1"):
        seen = look(lab, own)
        assert (seen["health"], seen["kind"]) == ("fail", "host-down"), "as where a port is forwarded"


@pytest.mark.parametrize(
    ("route", "health", "why"),
    [
        (None, "unknown", "Network is unreachable"),
        ("prohibit", "unknown", "Permission denied"),
        ("blackhole", "unknown", "Invalid argument"),
        ("unreachable", "fail", "No route to host"),
    ],
)
def test_what_a_route_says(lab, route, health, why) -> None:
    if route:
        lab.ip("route", "add", route, "10.8.0.0/24")
    seen = look(lab, "10.8.0.1")
    assert (seen["health"], seen["why"].rpartition(" because ")[2]) == (health, why)


@pytest.mark.slow
def test_an_address_on_the_link_that_nobody_has_is_a_machine_that_is_not_there(lab) -> None:
    seen = look(lab, "10.9.0.77", seconds=10)
    assert (seen["health"], seen["why"].rpartition(" because ")[2]) == ("fail", "No route to host")
