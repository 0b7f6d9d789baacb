"""Who may do what: a person and an act in, yes or no and the reason out. It does not know who is clicking.

Anyone in the channel may read. The role `hands` may also acknowledge and silence, give its word for a machine, and
press the steps that are given to it; an owner's own role (`hands at home`) may press the steps that are given to
that role; an admin may do everything. Nothing else gives a right: who holds only a role of the owner's own may not
acknowledge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """The roles that carry rights of their own. Any other role is a name that steps are given to."""

    ADMIN = "admin"
    HANDS = "hands"


class Act(StrEnum):
    """What a person may want to do, in the words of "only … may …"."""

    READ = "read"
    ACKNOWLEDGE = "acknowledge"
    TAKE_BACK = "hand an incident back"
    TAKE_OVER = "take an incident over"
    SILENCE = "silence"
    UNSILENCE = "end a silence"
    VOUCH = "say that a machine is well"
    STAY_OFF = "say that a machine may stay off"
    LET_GO = "say what became of a missing machine"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    START_RUNBOOK = "start a runbook"
    PRESS_STEP = "press this step"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone the owner named. `slack` is the id of their Slack account."""

    name: str
    slack: str = field(
        metadata={
            "help": "The person's Slack user id: in Slack, their profile, then ⋮, then Copy member ID.",
            "pattern": "[UW][A-Z0-9]{2,}",
            "words": "a Slack user id such as U012AB3CD (in Slack: profile, ⋮, Copy member ID)",
        }
    )
    roles: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "admin does everything; hands acknowledges, silences, says that a machine is well, may "
            "stay off or was deleted on purpose, and presses the steps given to hands; "
            "any other name is a role that a runbook's steps can be given to. Without a role: reads only."
        },
    )
    owner: bool = field(
        default=False,
        metadata={"help": "The one whom incidents mention. Exactly one person; by default the first admin."},
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether, and why or who else may: words for the person who asked."""

    allowed: bool
    why: str


_HANDS_MAY = frozenset(
    {
        Act.ACKNOWLEDGE,
        Act.TAKE_BACK,
        Act.TAKE_OVER,
        Act.SILENCE,
        Act.UNSILENCE,
        Act.VOUCH,
        Act.STAY_OFF,
        Act.LET_GO,
    }
)


def may(person: Person | None, act: Act, people: Sequence[Person], *, needs: str | None = None) -> Verdict:
    """Whether `person` (None: a stranger) may do `act`; a refusal names those of `people` who may.

    `needs` is the role a step is given to, None where it is given to nobody in particular (then: admins). It
    counts for PRESS_STEP alone.
    """
    if act is Act.READ:
        return Verdict(allowed=True, why="anyone in the channel may read")
    roles = _roles_for(act, needs)
    held = person.roles if person else ()
    for role in roles:
        if role in held:
            return Verdict(allowed=True, why=f"{_called(role)} may {act}")
    able = [one.name for one in people if set(roles) & set(one.roles)]
    if not able:
        wanted = " or ".join(_called(role) for role in roles)
        return Verdict(allowed=False, why=f"only {wanted} may {act}, and lab.yaml names none")
    names = " or ".join(filter(None, (", ".join(able[:-1]), able[-1])))
    return Verdict(allowed=False, why=f"only {names} can {act}")


def _roles_for(act: Act, needs: str | None) -> tuple[str, ...]:
    """The roles of which one is enough."""
    if act in _HANDS_MAY:
        return (Role.HANDS, Role.ADMIN)
    if act is Act.PRESS_STEP and needs not in (None, Role.ADMIN):
        return (str(needs), Role.ADMIN)
    return (Role.ADMIN,)


def _called(role: str) -> str:
    """A role in a sentence: there are many admins, but hands are hands."""
    return "an admin" if role == Role.ADMIN else role


class NotAllowed(Exception):
    """The person may not do this; the text says who may. Nothing was changed."""


def demand(people: Sequence[Person], slack: str, act: Act, *, needs: str | None = None) -> None:
    """Raise NotAllowed unless the person of that Slack id may do `act`; `needs` as in `may`."""
    verdict = may(person_of(people, slack), act, people, needs=needs)
    if not verdict.allowed:
        raise NotAllowed(verdict.why)


def person_of(people: Sequence[Person], slack: str) -> Person | None:
    """The person of that Slack id, None for a stranger."""
    return next((one for one in people if one.slack == slack), None)
