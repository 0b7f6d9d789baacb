"""What the bot has not seen of its lab yet, and what keeps it from its work: for whoever asks how the lab is."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from bot.config import Config, Host, Service
from bot.config.unwatched import unwatched
from bot.core.health import Target, TargetKind, target_id
from bot.core.picture import Outlook
from bot.rounds.guests import GuestRounds
from bot.store import Store
from bot.store.writer import Writer
from bot.watching import Watch


def outlook(
    config: Config, watch: Watch, writer: Writer, known: Collection[Target], guests: Iterable[GuestRounds]
) -> Outlook:
    """How it stands now."""
    rounds = tuple(guests)
    idle = frozenset(target_id(_kind(one), one.name) for one in unwatched(config))
    return Outlook(
        cannot_write=writer.trouble,
        unlooked=frozenset(one.id for one in known if one.id not in idle and not watch.has_looked(one.id)),
        unlisted=frozenset(target_id(TargetKind.HOST, one.host) for one in rounds if not one.listed),
        unwatched=idle,
        nowhere=frozenset(_nowhere(config, rounds)),
        noticed=tuple(watch.unwritten.failing),
    )


class OutlookOnRecord:
    """Writes down how it stands, whenever that has changed: for who asks without the bot."""

    def __init__(self, writer: Writer, outlook: Callable[[], Outlook]) -> None:
        self._writer = writer
        self._outlook = outlook
        self._written: Outlook | None = None

    async def keep(self) -> None:
        """Write it down, if it is news. Raises StoreFailed."""
        now = replace(self._outlook(), cannot_write=None, noticed=())
        if now != self._written:
            await self._writer.do(keep_outlook, now)
            self._written = now


def keep_outlook(store: Store, _now: datetime, outlook: Outlook) -> None:
    """How it stands now."""
    store.alive.keep_outlook(outlook)


def _nowhere(config: Config, rounds: Collection[GuestRounds]) -> Collection[str]:
    """The guests that lab.yaml names and no hypervisor has, once all have told."""
    there = {guest.name for one in rounds for guest in one.guests}
    return [said for said in config.guests if said not in there and all(one.listed for one in rounds)]


def _kind(thing: Host | Service) -> TargetKind:
    return TargetKind.HOST if isinstance(thing, Host) else TargetKind.SERVICE
