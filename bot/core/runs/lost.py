"""What the shell says of an action that goes on where it runs, or may: its connection broke, or it has no end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionLost:
    """The connection was lost while the action ran. `given_up`: it is not looked for any more."""

    step: int
    attempt: int
    summary: str
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class ActionFound:
    """The action that was lost runs, and is followed again."""

    step: int
    attempt: int
    summary: str


@dataclass(frozen=True, slots=True)
class ActionUnended:
    """The action was to be ended, by its time limit or by a person, and is known to run on."""

    step: int
    attempt: int
    summary: str
