"""What lab.yaml lists and nothing looks at, though nobody said that this is meant."""

from collections.abc import Iterator

from bot.config.built_in import looks_inside
from bot.config.values import Config, Host, Service


def unwatched(config: Config) -> Iterator[Host | Service]:
    """The hosts and services at which nothing looks: without SSH, hypervisor and checks of their own."""
    for host in config.hosts.values():
        if not (host.checks or host.hypervisor or looks_inside(host)):
            yield host
    yield from (service for service in config.services.values() if not service.checks)


def overlooked(config: Config) -> Iterator[str]:
    """What is wrong with those of them that are to be watched, a line each: `hosts.nas: …`."""
    for thing in unwatched(config):
        if thing.watched:
            host = isinstance(thing, Host)
            add = "`ssh`, a `hypervisor` or a check" if host else "a check"
            where = f"{'hosts' if host else 'services'}.{thing.name}"
            yield f"cannot watch {where}: because nothing looks at it; add {add}, or say `watched: false`"
