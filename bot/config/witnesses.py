"""The values of lab.yaml's `witnesses`: how the bot makes sure that it can see."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

_ADDRESS: Final = {
    "words": "an IP address such as 10.0.0.1",
    "pattern": r"\d{1,3}(\.\d{1,3}){3}|(?=[^:]*:[^:]*:)[0-9a-fA-F:.]+",
}
"""No name: it would have to be looked up while the network is in doubt."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What tells the bot whether it can see at all. Without a witness it believes what it sees."""

    ask: bool = field(
        default=True,
        metadata={"help": "Whether the bot makes sure that it can see before it believes that machines are gone."},
    )
    gateway: str | None = field(
        default=None,
        metadata={"help": "The gateway's address; by default what the system's routes say.", **_ADDRESS},
    )
    also: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "Addresses that answer as long as the network works: a switch, an access point.",
            **_ADDRESS,
        },
    )
    resolver: bool = field(
        default=True,
        metadata={"help": "Whether names that can't be looked up are an incident of the network."},
    )
    every: timedelta = field(
        default=timedelta(seconds=10),
        metadata={
            "help": "The time between two questions while all is well.",
            "least": timedelta(milliseconds=10),
        },
    )
    steady: timedelta = field(
        default=timedelta(seconds=5),
        metadata={"help": "How long the bot must be blind before that is an incident."},
    )
