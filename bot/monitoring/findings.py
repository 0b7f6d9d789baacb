"""What each witness said last: asked anew when somebody wants to know, and kept in between. It judges nothing."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.config import Witnesses as Settings
from bot.core.health import Health
from bot.core.incidents.visibility import Finding, Path, Sight, Witness
from bot.core.picture import Trouble
from bot.monitoring.lines import Gateway, Lines
from bot.monitoring.own_limits import OwnLimits
from bot.monitoring.own_process import OwnProcess
from bot.monitoring.witnesses import Witnesses

MOMENT = timedelta(seconds=3)  # after its cable is back, what fails on a link may fail for that
ASK_AGAIN = timedelta(minutes=5)  # a gateway that never answered
LINKS_FRESH = timedelta(milliseconds=50)


class Findings:
    """The last word of each witness. `disk`: since when and why the database can't be written, if it can't."""

    def __init__(self, settings: Settings, witnesses: Witnesses) -> None:
        self.process = OwnProcess()
        self.limits = OwnLimits()
        self.disk: Callable[[], Trouble | None] = lambda: None
        self._settings = settings
        self._witnesses = witnesses
        self._paths: dict[str, Path] = {}
        self._current: set[str] = set()  # whose paths were looked at since links or routes changed last
        self._links: dict[str, Finding] = {}
        self._down: dict[str, Finding] = {}  # of links that were, as they were then
        self._gateways: dict[Gateway, Finding] = {}
        self._lines = Lines()
        self._unresolved: dict[str, Finding] = {}
        self._upses: dict[str, Finding] = {}
        self._links_at: datetime | None = None
        self._turn = asyncio.Lock()

    def path(self, where: str, *, renew: bool = False) -> Path:
        """How a name or address is reached; `renew`: now, else when that was looked at last."""
        if renew or where not in self._paths:
            self._paths[where] = self._witnesses.path(where)
            self._current.add(where)
        return self._paths[where]

    def answered(self, where: str) -> Path:
        """Something answered there; over which way."""
        path = self.path(where, renew=where not in self._current)
        self._witnesses.answered(path)
        return path

    def sight(self, paths: Iterable[Path], answered: Mapping[str, datetime]) -> Sight:
        """All that the witnesses say of these paths; of what answered, whoever saw it must tell."""
        self._look_at_links()
        now, ways = self._witnesses.now(), {path for path in paths if not path.local}
        stopped, short, full = self.process.finding(now), self.limits.short(), self.disk()
        findings = [
            *([stopped] if stopped else []),
            *([Finding(Witness.LIMITS, Health.FAIL, short, now)] if short else []),
            *([Finding(Witness.DISK, Health.FAIL, f"I cannot write: {full.why}", full.since)] if full else []),
            *(self._link(name, now) for name in sorted({path.link for path in ways if path.link})),
            *(gone for path in ways if path.address and (gone := self._witnesses.no_route(path.address))),
            *(moved for path in ways if (moved := self._moved(path, now))),
            *self._gateways.values(),
            *self._lines.that_count(self._gateways),
            *self._unresolved.values(),
            *self._upses.values(),
        ]
        return Sight(tuple(findings), answered)

    def hear_ups(self, ups: str, health: Health, why: str, at: datetime) -> None:
        """A UPS told of the power."""
        self._upses[ups] = Finding(Witness.UPS, health, why, at, ups)

    def forget_moments(self) -> None:
        """The clock was stepped: what was a moment ago can't be told."""
        self._down.clear()
        self._lines.forget()
        self._links_at = None

    def links_changed(self) -> None:
        """Something of the links or routes is no longer as it was."""
        self._links_at = None
        self._current.clear()
        self._look_at_links()

    async def ask(self, paths: Collection[Path], lost: Collection[Path]) -> None:
        """Ask the gateways that these paths need, and for the names of what is lost, each within its deadline."""
        async with self._turn:
            ways = [path for path in paths if not path.local]
            gateways = self._wanted(ways)
            names = {path.name for path in lost if path.name}
            found, said = await asyncio.gather(
                asyncio.gather(*(self._gateway(one) for one in gateways)),
                asyncio.gather(*map(self._witnesses.name, names if self._settings.resolver else ())),
            )
            self._gateways = dict(zip(gateways, found, strict=True))
            await self._ask_lines(trouble=any(not path.local for path in lost))
            self._unresolved = {one.about: one for one in said if one.health is Health.FAIL}

    async def _gateway(self, gateway: Gateway) -> Finding:
        """A gateway that never answered costs seconds each time, and is asked seldom."""
        known, now = self._gateways.get(gateway), self._witnesses.now()
        if known and not self._witnesses.ever_answered(gateway[0]) and now - known.at < ASK_AGAIN:
            return known
        return await self._witnesses.gateway(*gateway)

    async def _ask_lines(self, *, trouble: bool) -> None:
        """Find out how well each gateway is heard. `trouble`: whether something does not answer."""
        due = self._lines.due(self._gateways, self._witnesses.now(), trouble=trouble)
        found = await asyncio.gather(*(self._witnesses.line(*one) for one in due))
        self._lines.keep(dict(zip(due, found, strict=True)), trouble=trouble)
        for one, line in self._lines.of(self._gateways).items():
            if line.health is self._gateways[one].health is Health.FAIL:  # it did answer, if late
                self._gateways[one] = replace(self._gateways[one], health=Health.UNKNOWN)

    def _wanted(self, ways: Collection[Path]) -> list[Gateway]:
        """The gateways that these paths lead through, and what else should answer on their links."""
        links = {path.link for path in ways}
        named = [self._settings.gateway] if self._settings.gateway else []
        paths = {where: self._witnesses.path(where) for where in (*named, *self._settings.also)}
        found: list[Gateway] = [(where, path.link, path.gateway) for where, path in paths.items() if path.link]
        if not named:
            found += [(where, link, None) for where, link in self._witnesses.gateways()]
        found += [(path.gateway, path.link, None) for path in ways if path.gateway and path.link]
        return [one for one in dict.fromkeys(found) if one[1] in links]

    def _look_at_links(self) -> None:
        now = self._witnesses.now()
        if self._links_at is not None and now - self._links_at < LINKS_FRESH:
            return  # a hundred checks that fail together need it once
        found = {one.about: one for one in self._witnesses.links()}
        for name, before in self._links.items():
            if name not in found:  # its device was pulled out
                found[name] = replace(before, health=Health.FAIL, why=f"{name} is gone", at=now)
        self._links, self._links_at = found, now
        self._down.update({name: one for name, one in found.items() if one.health is Health.FAIL})

    def _moved(self, path: Path, now: datetime) -> Finding | None:
        """That an address answered over another interface last: its silence over this one proves nothing."""
        before = self._witnesses.link_before(path)
        if before is None or path.address is None:
            return None
        link = self._link(before, now)
        gone = link.why if link.health is Health.FAIL else f"the way there no longer leads over {before}"
        why = f"{gone}, and there was no answer over {path.link} yet"
        return Finding(Witness.WAY, Health.FAIL, why, now, path.address)

    def _link(self, name: str, now: datetime) -> Finding:
        """What an interface says, or said until a moment ago."""
        link = self._links.get(name)
        if link is None:
            return Finding(Witness.LINK, Health.UNKNOWN, f"nothing is known of {name}", now, name)
        before = self._down.get(name)
        if link.health is Health.OK and before is not None and now - before.at < MOMENT:
            return replace(before, why=f"{before.why} (until a moment ago)")
        return link
