"""One hypervisor under two names of lab.yaml: which hosts are one machine, told so that no guest counts as two.

The same URI, however it is written, is one. So are two URIs whose libvirts say that they are of one machine, and
have the same guests: boards of one series may bear the same UUID, and a machine may have a libvirt for each user.
That is a guess: machines made from one image say the same, too. It holds until `are_two` disproves it.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from posixpath import normpath
from typing import Final
from urllib.parse import parse_qs, urlsplit

from bot.core.guest import Power

_PORTS: Final = {"ssh": 22, "libssh": 22, "libssh2": 22, "tcp": 16509, "tls": 16514}

MEND: Final = "Take one of the two hosts out of lab.yaml, or correct its URI."


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers at a host's `hypervisor`. `identity`: which libvirt it says it is, "" where it can't say."""

    uri: str
    identity: str
    guests: Set[str]


@dataclass(frozen=True, slots=True)
class Sign:
    """What tells a guest from another copy of it. `worked`: the processor time it has used, None if not told."""

    power: Power
    worked: int | None = None


def same_way(uri: str) -> tuple[object, ...]:
    """Where a libvirt URI leads, alike for all ways to write it."""
    parts = urlsplit(uri)
    driver, _, transport = parts.scheme.partition("+")
    transport = transport or ("tls" if parts.hostname else "unix")
    port = parts.port or _PORTS.get(transport) if parts.hostname else None
    socket = parse_qs(parts.query).get("socket", [""])[0]
    path = parts.path.rstrip("/")
    user = parts.username if path.endswith("session") else None  # each user has one of those
    return driver, transport, parts.hostname, port, user, path, socket and normpath(socket)


def doubles(
    answers: Mapping[str, Answer], known: Mapping[str, str], two: Collection[Set[str]] = ()
) -> dict[str, str]:
    """Hosts that are one with an earlier one, and which. `known`: what was found so far; `two`: what is not so."""
    found: dict[str, str] = {}
    hosts = list(answers)
    for at, host in enumerate(hosts):
        firsts = (one for one in hosts[:at] if one not in found and {one, host} not in two)
        first = next((one for one in firsts if _is_one(answers, one, host, known.get(host))), None)
        if first is not None:
            found[host] = first
    return found


def _is_one(answers: Mapping[str, Answer], first: str, other: str, known: str | None) -> bool:
    """Once found they stay one: while a guest is made they differ for a moment, since each is asked by itself."""
    one, two = answers[first], answers[other]
    if same_way(one.uri) == same_way(two.uri):
        return True
    same_guests = known == first or (one.guests == two.guests and bool(one.guests))
    return bool(one.identity) and one.identity == two.identity and same_guests


def are_two(turns: Sequence[Mapping[str, Sign]]) -> bool:
    """Whether no single libvirt can have told this of its guests, by UUID: one way, the other, and both again.

    A guest may start or stop between two answers, but not there and back as often as they alternate.
    """
    guests = {uuid for turn in turns for uuid in turn}
    return any(_of_two_minds([turn.get(uuid) for turn in turns]) for uuid in guests)


def _of_two_minds(turns: Sequence[Sign | None]) -> bool:
    """Whether each way says twice the same, or that it went on, and what the other says does not fit between."""
    power = [sign and sign.power for sign in turns]
    told = [sign.worked for sign in turns if sign is not None and sign.worked is not None]
    worked = told if len(told) == len(turns) else []
    restarted = any(after < before for before, after in zip(worked, worked[2:], strict=False))
    if power[:2] != power[2:] or restarted:
        return False
    return power[0] != power[1] or worked != sorted(worked)


def words(first: str, other: str) -> str:
    """That they are one."""
    return f"{first} and {other} in lab.yaml are one machine: both URIs lead to the same libvirt"


def same_uris(uris: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Of hosts and their URIs: those that have an earlier one's, and whose."""
    firsts: dict[tuple[object, ...], str] = {}
    found = {host: firsts.setdefault(same_way(uri), host) for host, uri in uris}
    return {host: first for host, first in found.items() if first != host}
