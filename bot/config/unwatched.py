"""What lab.yaml lists and nothing looks at, though nobody said that this is meant."""

from collections.abc import Callable, Iterator

from bot.config.built_in import looks_inside
from bot.config.values import Config, Host, Service

LineOf = Callable[[tuple[str | int, ...]], int]
"""The line of lab.yaml on which a thing stands, by the keys that lead to it."""


def unwatched(config: Config) -> Iterator[Host | Service]:
    """The hosts and services at which nothing looks: without SSH, hypervisor and checks of their own."""
    for host in config.hosts.values():
        if not (host.checks or host.hypervisor or looks_inside(host)):
            yield host
    yield from (service for service in config.services.values() if not service.checks)


def overlooked(config: Config, line_of: LineOf) -> Iterator[tuple[int, str]]:
    """What nothing looks at, with its line: `9`, `cannot watch hosts.nas: because …`."""
    for thing in unwatched(config):
        if thing.watched:
            host = isinstance(thing, Host)
            add = "`ssh`, a `hypervisor` or a check" if host else "a check"
            where = ("hosts" if host else "services", thing.name)
            why = f"because nothing looks at it; add {add}, or say `watched: false`"
            yield line_of(where), f"cannot watch {'.'.join(where)}: {why}"
    if not any(host.hypervisor for host in config.hosts.values()):
        for name in config.guests:
            why = "because no host in this file has a `hypervisor`"
            yield line_of(("guests", name)), f"cannot watch guests.{name}: {why}"
