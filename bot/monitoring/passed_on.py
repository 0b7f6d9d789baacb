"""What was passed on of each check last: a look that tells the same is no news, and costs nothing."""

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.core.health import STATE, Evidence, Fingerprint, Health, Kind, Observation, TargetId
from bot.store.targets import Known

Word = tuple[Health, Kind | None, bool | None, Evidence]


def word(seen: Observation) -> Word:
    """What makes an observation news, where it differs from what was passed on before."""
    return (seen.health, seen.kind, seen.running, seen.evidence)


class PassedOn:
    """The last word of each check. A restart of the bot does not lose it: it is in the database, too."""

    def __init__(self) -> None:
        self._words: dict[Fingerprint, Word] = {}
        self._began: dict[TargetId, datetime] = {}  # when a guest was seen to have started or stopped last

    def remember(self, known: Collection[Known]) -> None:
        """What was passed on before a restart. What a guest showed before it last started is news again."""
        changed = {one.fingerprint.target: one.since for one in known if one.fingerprint.check == STATE}
        for one in known:
            check = one.fingerprint
            earlier = one.health is Health.OK and one.at < changed.get(check.target, one.at)
            if check.check == STATE or not earlier:
                self._words[check] = (one.health, one.kind, one.running, one.evidence)

    def is_new(self, seen: Observation) -> bool:
        """Whether it differs from what was passed on last."""
        return self._words.get(seen.fingerprint) != word(seen)

    def note(self, seen: Observation) -> Word | None:
        """This is passed on now; what was before.

        What a guest shows inside is news again once it has started or stopped, be it what it showed before: also
        where a look had begun before that, and is told only now.
        """
        check, was = seen.fingerprint, self._words.get(seen.fingerprint)
        if check.check == STATE and (seen.began_anew or self.is_new(seen)):
            self._forget_inside(check)
            self._began[check.target] = seen.at
        self._words[check] = word(seen)
        if seen.at < self._began.get(check.target, seen.at):
            self.forget(check)
        return was

    def forget(self, check: Fingerprint) -> None:
        """Whatever it tells next is news."""
        self._words.pop(check, None)

    def forget_targets(self, gone: Collection[TargetId]) -> None:
        """They are no longer there."""
        for target in gone:
            self._began.pop(target, None)

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._began = {target: at + step for target, at in self._began.items()}

    def _forget_inside(self, state: Fingerprint) -> None:
        for one, known in list(self._words.items()):
            if one.target == state.target and one != state and known[0] is Health.OK:
                self.forget(one)
