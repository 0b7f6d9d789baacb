"""Other machines that answer for a guest: what passes while a guest is surely off does not come from it.

Its address in lab.yaml may be wrong, floating, forwarded or leased anew. What such a look shows once the guest
runs proves nothing, until it has failed while the guest was off.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from bot.core.health import Evidence, Fingerprint, Health, Observation, Target, TargetId
from bot.reach.ssh_answer import Answer, SshAnswer

Look = Callable[[], Awaitable[Sequence[Observation]]]

_WHY: Final = "it was so while the guest was off, too: another machine answers there"


class Impostors:
    """Knows which looks pass without their guest. `off`: whether a target is a guest that is known to be off."""

    def __init__(self, off: Callable[[TargetId], bool]) -> None:
        self._off = off
        self._passed: set[Fingerprint] = set()

    async def look(
        self, target: TargetId, look: Callable[[], Awaitable[Sequence[Observation]]]
    ) -> list[Observation]:
        """What a look tells of its target: nothing of a guest that is off, or that went on or off meanwhile."""
        was_off = self._off(target)
        found = await look()
        is_off = self._off(target)
        if was_off and is_off:
            for one in found:
                self._note(one.fingerprint, passed=one.health is Health.OK and one.evidence is Evidence.INSIDE)
        return [] if was_off or is_off else [self._judged(one) for one in found]

    def _note(self, check: Fingerprint, *, passed: bool) -> None:
        (self._passed.add if passed else self._passed.discard)(check)

    def _judged(self, seen: Observation) -> Observation:
        if seen.health is not Health.OK or seen.fingerprint not in self._passed:
            return seen
        return replace(seen, health=Health.UNKNOWN, evidence=Evidence.NONE, why=f"{seen.why}; {_WHY}")


class SshAnswers:
    """Asks guests' SSH servers, and believes none that answered for one that was off. `ask`: does the asking."""

    def __init__(
        self, ask: Callable[[Target], Awaitable[SshAnswer | None]], off: Callable[[TargetId], bool]
    ) -> None:
        self._ask = ask
        self._off = off
        self._passed: set[TargetId] = set()

    async def __call__(self, guest: Target) -> SshAnswer | None:
        """Its answer; None where nobody needs to be asked, or nothing answers."""
        answer = await self._ask(guest)
        if answer is not None and answer.proves and guest.id in self._passed:
            return SshAnswer(Answer.OTHER_KEY, f"{answer.why}; {_WHY}")
        return answer

    async def ask_those_off(self, guests: Collection[Target]) -> None:
        """Ask for those that are off: whoever answers is another machine."""
        for guest in [one for one in guests if self._off(one.id)]:
            answer = await self._ask(guest)
            if self._off(guest.id):
                passed = answer is not None and answer.proves
                (self._passed.add if passed else self._passed.discard)(guest.id)
