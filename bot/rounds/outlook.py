"""What the bot has not seen of its lab yet, and what keeps it from its work: for whoever asks how the lab is."""

from collections.abc import Collection, Iterable

from bot.config import Config
from bot.config.built_in import looks_inside
from bot.core.health import Target, TargetId, TargetKind, target_id
from bot.core.picture import Outlook
from bot.rounds.guests import GuestRounds
from bot.store.writer import Writer
from bot.watching import Watch


def outlook(
    config: Config, watch: Watch, writer: Writer, known: Collection[Target], guests: Iterable[GuestRounds]
) -> Outlook:
    """How it stands now."""
    idle = frozenset(_unwatched(config))
    return Outlook(
        cannot_write=writer.trouble,
        unlooked=frozenset(one.id for one in known if one.id not in idle and not watch.has_looked(one.id)),
        unlisted=frozenset(target_id(TargetKind.HOST, one.host) for one in guests if not one.listed),
        unwatched=idle,
    )


def _unwatched(config: Config) -> Iterable[TargetId]:
    """What lab.yaml names and nothing looks at: it is known, so that runbooks and others can name it."""
    for host in config.hosts.values():
        if not (host.checks or host.hypervisor or looks_inside(host)):
            yield target_id(TargetKind.HOST, host.name)
    for service in config.services.values():
        if not service.checks:
            yield target_id(TargetKind.SERVICE, service.name)
