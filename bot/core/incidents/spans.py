"""When an incident's checks failed, each time by itself: the time between two failures counts to neither.

Of an incident that fails again and again the last spans are kept, and of those before them how many they were and
how long they lasted together.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

MOST: Final = 20
"""So many spans are kept one by one."""


@dataclass(frozen=True, slots=True)
class Span:
    """One time that it failed. `until`: None while it does."""

    since: datetime
    until: datetime | None = None

    def length(self, now: datetime) -> timedelta:
        """How long it lasted, or has lasted by `now`."""
        return max(timedelta(0), (self.until or now) - self.since)


@dataclass(frozen=True, slots=True)
class Spans:
    """All the times that it failed.

    `latest`: the last of them, oldest first. `earlier`: how many came before those; `before`: how long these
    lasted together.
    """

    latest: tuple[Span, ...] = ()
    earlier: int = 0
    before: timedelta = timedelta(0)

    @property
    def count(self) -> int:
        """How many there are, with the one that goes on."""
        return self.earlier + len(self.latest)

    @property
    def lasts(self) -> bool:
        """Whether it fails now."""
        return bool(self.latest) and self.latest[-1].until is None

    def total(self, now: datetime) -> timedelta:
        """How long it failed in all."""
        return sum((one.length(now) for one in self.latest), self.before)

    def began(self, at: datetime) -> "Spans":
        """These once it fails from `at` on, which is never before the last one ended."""
        if self.lasts:
            return self
        ended = self.latest[-1].until if self.latest else None
        latest = (*self.latest, Span(max(at, ended or at)))
        if len(latest) <= MOST:
            return replace(self, latest=latest)
        first, *rest = latest
        return Spans(tuple(rest), self.earlier + 1, self.before + first.length(at))

    def ended(self, at: datetime) -> "Spans":
        """These once it no longer fails since `at`."""
        return self.over_since(at) if self.lasts else self

    def goes_on(self) -> "Spans":
        """These where the last one is not over after all: a person had said so."""
        if not self.latest:
            return self
        return replace(self, latest=(*self.latest[:-1], replace(self.latest[-1], until=None)))

    def over_since(self, at: datetime) -> "Spans":
        """These where the last one, which is over, was so from `at` on."""
        last = self.latest[-1]
        return replace(self, latest=(*self.latest[:-1], replace(last, until=max(at, last.since))))

    def starts(self, since: datetime) -> int:
        """How often it has begun to fail since then."""
        return sum(one.since >= since for one in self.latest)

    def changes(self, since: datetime) -> int:
        """How often it has begun or ceased to fail since then."""
        times = (time for one in self.latest for time in (one.since, one.until) if time is not None)
        return sum(time >= since for time in times)

    def from_the_start(self, at: datetime) -> "Spans":
        """These where the first one, still kept, began at `at`."""
        if self.earlier or not self.latest:
            return self
        first, *rest = self.latest
        return replace(self, latest=(replace(first, since=min(at, first.until or at)), *rest))

    def began_by(self, at: datetime) -> "Spans":
        """These where the last one may have begun at `at` already: nobody saw it begin."""
        *others, last = self.latest
        earliest = max([at, *(one.until for one in others[-1:] if one.until is not None)])
        return replace(self, latest=(*others, replace(last, since=min(last.since, earliest))))

    @property
    def changed_at(self) -> datetime:
        """When it last began or ceased to fail; it has failed."""
        return self.latest[-1].until or self.latest[-1].since

    def shifted(self, step: timedelta) -> "Spans":
        """The clock was stepped: each lasted as long as it did."""
        moved = tuple(Span(one.since + step, one.until and one.until + step) for one in self.latest)
        return replace(self, latest=moved)
