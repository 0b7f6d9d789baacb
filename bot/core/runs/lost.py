"""What the shell says of an action whose connection broke: it may go on where it runs, and is looked for."""

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
