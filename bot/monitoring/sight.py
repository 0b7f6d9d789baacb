"""Whether the bot sees: which checks can't, for what its witnesses say, and the bot's own check that tells so.

It is asked at each failure that is mere silence, before that is believed. What follows from the findings is the
core's: visibility.py.
"""

import asyncio
import socket
from collections.abc import Callable, Collection, Mapping, Set
from contextlib import suppress
from datetime import datetime, timedelta

from bot.config import Witnesses as Settings
from bot.core.health import (
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
    TargetKind,
    is_condition,
    target_id,
)
from bot.core.incidents.visibility import LOCAL, Lost, Path, Sight, Verdict, Witness, verdict
from bot.core.kinds import SILENCE
from bot.core.picture import Trouble
from bot.monitoring.findings import Findings
from bot.monitoring.unseen import Unseen
from bot.monitoring.witnesses import Witnesses

BOT = Target(target_id(TargetKind.BOT, "caretaker"), name="Caretaker")
"""The bot itself as a target: what is told of its own sight."""

SIGHT = Fingerprint(CheckName("sight"), BOT.id)

LIMITS = Fingerprint(CheckName("limits"), BOT.id)
"""The check of whether the bot's process has what it needs to look."""

NAME = CheckName("name")
"""The check of whether there is such a name as lab.yaml says: if not, that is a fault of the watching."""

FORGOTTEN = timedelta(minutes=2)  # what failed and was not looked at again for so long is no longer lost
NAMED = 5
TOGETHER = timedelta(milliseconds=50)  # a container that starts changes links and routes a dozen times
SLICE = 200  # ways asked for in a row, some milliseconds


class SightMonitor:
    """Knows where each check looks, and what is in the way. `hasten` is called when `look` should come soon.

    `fails`: whether a check is believed to fail.
    """

    def __init__(
        self,
        settings: Settings,
        witnesses: Witnesses,
        names: Callable[[TargetId], str],
        fails: Callable[[Fingerprint], bool],
    ) -> None:
        self.hasten: Callable[[], None] = lambda: None
        self._settings = settings
        self._witnesses = witnesses
        self._names = names
        self._findings = Findings(settings, witnesses)
        self._where: dict[Fingerprint, str] = {}
        self._lost: dict[Fingerprint, tuple[datetime, datetime]] = {}  # since when it fails, and when it did last
        self._answered: dict[str, datetime] = {}
        self._unseen = Unseen(fails)
        self._starved: set[Fingerprint] = set()  # the checks that could not look because something had run out
        self._changes: socket.socket | None = None
        self._looking_up: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Hear at once of changes of links and routes, where the system tells them."""
        self._changes = self._witnesses.changes()
        if self._changes is not None:
            asyncio.get_running_loop().add_reader(self._changes, self._changed, self._changes)

    def close(self) -> None:
        """Hear and ask no more."""
        if self._changes is not None:
            asyncio.get_running_loop().remove_reader(self._changes)
            self._changes.close()
        if self._looking_up is not None:
            self._looking_up.cancel()
        self._witnesses.close()

    def mind(self, disk: Callable[[], Trouble | None]) -> None:
        """Have the bot's own disk asked, too: since when and why the database can't be written, if it can't."""
        self._findings.disk = disk

    def recall(self) -> None:
        """The bot was blind when it stopped. What it could not see is not known: all has to be seen again."""
        self._unseen.blind([check for check in self._where if self.needs_network(check)])

    def watch(self, check: Fingerprint, where: str) -> None:
        """A check looks at this name or address."""
        self._where[check] = where

    def forget(self, check: Fingerprint) -> None:
        """A check looks no more."""
        self._where.pop(check, None)
        self._lost.pop(check, None)
        self._starved.discard(check)
        self._unseen.seen(check)

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what answered did so by the old time."""
        self._answered.clear()
        self._unseen.shift(step)
        self._findings.forget_moments()
        self._lost = {check: (since + step, last + step) for check, (since, last) in self._lost.items()}

    def tick(self) -> timedelta | None:
        """To be called every second: for how long the bot's process was stopped, if it was."""
        return self._findings.process.tick()

    def needs_network(self, check: Fingerprint) -> bool:
        """Whether a check looks beyond this machine."""
        return not self._path(check).local

    def needs_gateway(self, check: Fingerprint) -> bool:
        """Whether a check looks through a gateway."""
        return self._path(check).gateway is not None

    def heard(self, seen: Observation) -> str | None:
        """Take note of what was seen. For a failure that says nothing of its target: why, in words."""
        if short := self._short(seen):
            return short if seen.health is Health.FAIL else None
        if seen.target.startswith(TargetKind.UPS) and not is_condition(seen.fingerprint):
            self._hear_ups(seen)
        if seen.is_silence:
            return self._doubt(seen)
        if seen.health is not Health.UNKNOWN:
            self._hear_answer(seen)
        elif (name := self._path(seen.fingerprint).name) and self._witnesses.unresolved(name):
            self._lose(seen)
        return None

    async def ask(self, checks: Collection[Fingerprint]) -> Verdict:
        """Ask all witnesses now, and judge why these checks fail."""
        await self._findings.ask(self._all_paths(), {self._path(check) for check in self._lost})
        now = self._witnesses.now()
        since = {check: self._lost.get(check, (now, now))[0] for check in checks}
        lost = {check: Lost(self._path(check, renew=True), since[check]) for check in checks}
        return verdict(self._findings.sight([one.path for one in lost.values()], self._answered), lost)

    async def in_the_way(self, target: TargetId, also: Collection[str]) -> str | None:
        """Ask all witnesses now: why nothing could be seen of a target by its checks, or there, if that is so."""
        if not self._settings.ask:
            return None
        places = [*(where for check, where in self._where.items() if check.target == target), *also]
        paths = {LOCAL, *(self._findings.path(where, renew=True) for where in places)}
        await self._findings.ask(self._all_paths() | paths, {*paths, *map(self._path, self._lost)})
        sight, now = self._findings.sight(paths, self._answered), self._witnesses.now()
        return next((one.why for path in paths if (one := sight.obstacle(Lost(path, now)))), None)

    async def look(self) -> Observation:
        """Ask all witnesses, and say whether the bot sees all that its checks look at.

        UNKNOWN while its own process has only just gone on, and while what could not be seen has not been since.
        """
        await self._renew_paths()
        lost = self._all_lost(self._witnesses.now())
        await self._findings.ask(self._all_paths(), {one.path for one in lost.values()})
        now = self._witnesses.now()
        sight = self._findings.sight(self._all_paths(), self._answered)
        judged = verdict(sight, self._all_lost(now))
        if own := sight.stopped or sight.short:
            return Observation(SIGHT, Health.UNKNOWN, now, own.why, evidence=Evidence.NONE)
        blind = {**self._unlinked(), **judged.unseen}
        if not blind:
            return self._sees(judged, now)
        self._unseen.blind(blind)
        whys = dict.fromkeys(blind[check] for check in sorted(blind, key=lambda one: self._names(one.target)))
        why = f"I can't see {self._named(blind)}: {'; '.join(whys)}"
        steady = self._settings.steady
        return Observation(SIGHT, Health.FAIL, now, why, Kind.NETWORK_DOWN, stated=not steady, steady=steady)

    def _sees(self, judged: Verdict, now: datetime) -> Observation:
        """Nothing is in the way; whether all that was behind it has been seen since."""
        if left := self._unseen.left(now):
            why = f"nothing is in the way any more, and {self._named(left)} has not been seen since"
            return Observation(SIGHT, Health.UNKNOWN, now, why, evidence=Evidence.NONE)
        why = "; ".join(judged.evidence) or "no witness says that I can't see"
        return Observation(SIGHT, Health.OK, now, why, evidence=Evidence.INSIDE)

    def limits(self) -> Observation:
        """Whether this process has what it needs to look; if not, which checks could not."""
        now, short = self._witnesses.now(), self._findings.limits.short()
        if short is None:
            self._starved.clear()
            return Observation(LIMITS, Health.OK, now, "nothing has run out", evidence=Evidence.INSIDE)
        if not self._starved:
            return Observation(LIMITS, Health.UNKNOWN, now, short, evidence=Evidence.NONE)
        why = f"I can't see {self._named(self._starved)}: {short}"
        return Observation(LIMITS, Health.FAIL, now, why, Kind.OWN_LIMITS)

    def names(self, believed: Callable[[Fingerprint], Health]) -> Collection[Observation]:
        """Which names do not exist, and which do again whose absence was `believed`."""
        found: dict[Fingerprint, Observation] = {}
        for check, where in self._where.items():
            name, why = Fingerprint(NAME, check.target), self._witnesses.no_such_name(where)
            at = self._witnesses.now()
            if why is not None:
                words = f"there is no {where} ({why}). Correct the address in lab.yaml, or the name in your DNS"
                found[name] = Observation(name, Health.FAIL, at, words, Kind.CANNOT_WATCH, evidence=Evidence.NONE)
            elif believed(name) is Health.FAIL and self._witnesses.is_found(where):
                words = f"{where} can be looked up again"
                found.setdefault(name, Observation(name, Health.OK, at, words, evidence=Evidence.NONE))
        return found.values()

    def _short(self, seen: Observation) -> str | None:
        """For a look that saw nothing: what this process has run out of, if it has."""
        kinds = {*SILENCE, Kind.CANNOT_WATCH}
        nothing = seen.health is Health.UNKNOWN or (seen.health is Health.FAIL and seen.kind in kinds)
        short = self._findings.limits.short() if nothing and seen.target != BOT.id else None
        if short is None:
            self._starved.discard(seen.fingerprint)
            return None
        self._starved.add(seen.fingerprint)
        self.hasten()
        return short

    def _hear_answer(self, seen: Observation) -> None:
        self._lost.pop(seen.fingerprint, None)
        self._unseen.seen(seen.fingerprint)
        where = self._where.get(seen.fingerprint)
        path = LOCAL if where is None else self._findings.answered(where)
        self._answered.update({over: seen.at for over in (path.link, path.gateway) if over})

    def _doubt(self, seen: Observation) -> str | None:
        lost = self._lose(seen)
        obstacle = self._findings.sight([lost.path], self._answered).obstacle(lost)
        if obstacle is not None:
            return obstacle.why
        if not lost.path.local:
            self.hasten()
        return None

    def _lose(self, seen: Observation) -> Lost:
        since, _ = self._lost.get(seen.fingerprint, (seen.at, seen.at))
        self._lost[seen.fingerprint] = (since, seen.at)
        return Lost(self._path(seen.fingerprint, renew=True), since)

    def _all_lost(self, now: datetime) -> Mapping[Fingerprint, Lost]:
        self._lost = {check: (s, last) for check, (s, last) in self._lost.items() if now - last < FORGOTTEN}
        return {check: Lost(self._path(check), since) for check, (since, _) in self._lost.items()}

    def _unlinked(self) -> Mapping[Fingerprint, str]:
        """What is known to be out of sight before any check has failed: its link is down, or its way is gone."""
        now = self._witnesses.now()
        sight = self._findings.sight(self._all_paths(), {})
        ways = {Witness.LINK, Witness.ROUTE}
        facts = Sight(tuple(f for f in sight.findings if f.witness in ways and f.health is Health.FAIL))
        if not facts.findings:
            return {}
        found = {check: facts.obstacle(Lost(self._path(check), now)) for check in self._where}
        return {check: obstacle.why for check, obstacle in found.items() if obstacle is not None}

    def _all_paths(self) -> Set[Path]:
        return {self._path(check) for check in self._where}

    async def _renew_paths(self) -> None:
        for number, where in enumerate(set(self._where.values()), 1):
            self._findings.path(where, renew=True)
            if number % SLICE == 0:
                await asyncio.sleep(0)

    def _path(self, check: Fingerprint, *, renew: bool = False) -> Path:
        where = self._where.get(check)
        return LOCAL if where is None else self._findings.path(where, renew=renew)

    def _hear_ups(self, seen: Observation) -> None:
        told = seen.health is Health.OK or seen.kind is Kind.POWER_LOSS
        why = f"{self._names(seen.target)} is {seen.why}"
        self._findings.hear_ups(seen.target, seen.health if told else Health.UNKNOWN, why, seen.at)

    def _named(self, checks: Collection[Fingerprint]) -> str:
        names = sorted({self._names(check.target) for check in checks})
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return ", ".join(names[:NAMED]) + more

    def _changed(self, changes: socket.socket) -> None:
        """Links or routes have changed, maybe many at once: what is told of it is read away."""
        with suppress(OSError):  # until there is nothing more; or there was too much to keep
            while changes.recv(1 << 16):
                pass
        if self._looking_up is None:
            self._looking_up = asyncio.get_running_loop().call_later(TOGETHER.total_seconds(), self._look_up)

    def _look_up(self) -> None:
        self._looking_up = None
        self._findings.links_changed()
        if self._unlinked():
            self.hasten()
