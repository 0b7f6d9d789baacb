"""Other machines that answer for a guest: what passes while a guest is surely off does not come from it.

Its address in lab.yaml may be wrong, floating, forwarded or leased anew. What such a look shows once the guest
runs proves nothing, until it looks at another address. That is remembered over a restart of the bot, and however
long nothing answers there: silence, as in an outage, is no sign that the other machine is gone.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Observation, Target, TargetId
from bot.reach.ssh_answer import Answer, SshAnswer
from bot.rounds.found_at import FoundAt
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.usecases import answered_while_off

Knows = Callable[[TargetId], bool]
Look = Callable[[], Awaitable[Sequence[Observation]]]

_WHY: Final = (
    "it was so while the guest was off, too: another machine answers there. Correct its address in lab.yaml"
)
_SSH: Final = CheckName("its SSH server")


class Impostors:
    """Knows which looks pass without their guest. `off`: whether a target is a guest that is known to be off.

    `paused`: whether it is one that is known to be paused. What passes then is not it either; but it may go on,
    and answer, before its hypervisor has told, so that this is held against nobody. `found`: where guests are.
    """

    def __init__(self, off: Knows, paused: Knows, found: FoundAt, writer: Writer) -> None:
        self.off, self._paused, self._found = off, paused, found
        self._writer = writer
        self._passed: dict[Fingerprint, str] = {}  # and at which address
        self._unsaved: set[Fingerprint] = set()

    async def recall(self) -> None:
        """Go on from what was known before a restart. Raises StoreFailed."""
        self._passed |= await self._writer.do(answered_while_off.known)

    async def look(self, target: Target, look: Look, where: str = "") -> Sequence[Observation]:
        """What a look tells of its target: nothing of a guest that is off or paused, or was when it began.

        `where`: the address that it looks at.
        """
        was_off, was_paused = self.off(target.id), self._paused(target.id)
        seen = await look()
        judged = await self._found.judged(target, where, seen)
        is_off, is_paused = self.off(target.id), self._paused(target.id)
        if was_off and is_off:
            await self.note({one.fingerprint: where for one in seen if _passes(one)})
        silent = was_off or is_off or was_paused or is_paused
        return [] if silent else [self._judged(one, where) for one in judged]

    async def note(self, looks: Mapping[Fingerprint, str]) -> None:
        """These looks at guests that are off have passed, each at that address."""
        changed = {check for check, where in looks.items() if self._passed.get(check) != where}
        self._passed |= looks
        unsaved, self._unsaved = self._unsaved | changed, set()
        if unsaved:
            try:
                await self._writer.do(answered_while_off.keep, {check: self._passed[check] for check in unsaved})
            except StoreFailed:  # the writer has said so; it is written with the next look
                self._unsaved |= unsaved

    def answers(self, check: Fingerprint, where: str) -> bool:
        """Whether that look passes at that address without its guest."""
        return self._passed.get(check) == where

    def _judged(self, seen: Observation, where: str) -> Observation:
        if seen.health is not Health.OK or not self.answers(seen.fingerprint, where):
            return seen
        return replace(seen, health=Health.UNKNOWN, evidence=Evidence.NONE, why=f"{seen.why}; {_WHY}")


class SshAnswers:
    """Asks guests' SSH servers, and believes none that answered for one that was off. `ask`: does the asking."""

    def __init__(self, ask: Callable[[Target], Awaitable[SshAnswer | None]], impostors: Impostors) -> None:
        self._ask = ask
        self._impostors = impostors

    async def __call__(self, guest: Target) -> SshAnswer | None:
        """Its answer; None where nobody needs to be asked, or nothing answers."""
        answer = await self._ask(guest)
        if answer is not None and answer.proves and self._impostors.answers(_ssh(guest), answer.said_at):
            return SshAnswer(Answer.OTHER_KEY, f"{answer.why}; {_WHY}")
        return answer

    async def ask_those_off(self, guests: Collection[Target]) -> None:
        """Ask for those that are off: whoever answers is another machine."""
        for guest in [one for one in guests if self._impostors.off(one.id)]:
            answer = await self._ask(guest)
            if answer is not None and answer.proves and self._impostors.off(guest.id):
                await self._impostors.note({_ssh(guest): answer.said_at})


def _passes(seen: Observation) -> bool:
    return seen.health is Health.OK and seen.evidence is Evidence.INSIDE


def _ssh(guest: Target) -> Fingerprint:
    return Fingerprint(_SSH, guest.id)
