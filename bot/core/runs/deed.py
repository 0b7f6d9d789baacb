"""What a run itself did to its machine last, by which a change is known as its own or as another hand's."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.lab import Effect

SETTLING = timedelta(seconds=30)
"""For so long after a step's end what is seen of its machine may still be its doing."""

_AIM = {Effect.STARTS: True, Effect.STOPS: False}


@dataclass(frozen=True, slots=True)
class Deed:
    """The last step that did not only look.

    `running`: whether the machine should run by all that the run did to it, None where nobody can tell. `ended`:
    None while the step runs or is verified. `script`: it was a script, which may change anything.
    """

    running: bool | None
    ended: datetime | None = None
    script: bool = False

    def explains(self, *, running: bool | None, now: datetime) -> bool:
        """Whether the machine's change is its doing. `running`: what it came to, None for any other change."""
        contradicted = None not in {running, self.running} and running is not self.running
        if self.ended is None:
            return not (self.script and contradicted)
        return now - self.ended <= SETTLING and not contradicted

    def may_define(self, now: datetime) -> bool:
        """Whether another definition of the machine may be its doing."""
        return self.script and self.explains(running=None, now=now)

    @property
    def may_mend(self) -> bool:
        """Whether it may be what mended the machine: one that was to be off was not mended by that."""
        return self.ended is None or self.running is not False

    def came_to(self, *, running: bool) -> "Deed":
        """This deed, once it is seen what came of it."""
        return replace(self, running=running)


def begun(before: Deed | None, effect: Effect) -> Deed | None:
    """The deed once a step of that effect begins. One that only looks is none; a script keeps the last aim."""
    if effect is Effect.LOOKS:
        return before
    return Deed(_AIM.get(effect, before.running if before else None), script=effect is Effect.CHANGES)


def ended(deed: Deed | None, now: datetime) -> Deed | None:
    """The deed once its step has ended, however it did."""
    return replace(deed, ended=now) if deed and deed.ended is None else deed
