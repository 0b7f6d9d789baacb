"""The values of lab.yaml's `heartbeat` and `second_channel`: who is told when Slack, line or house are dark.

Their addresses are secrets, and come from the environment: see secrets.py.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.core.kinds import Kind


class Method(StrEnum):
    """How the heartbeat's address is asked for."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"


class OnCritical(StrEnum):
    """What becomes of the heartbeat while a critical incident is open."""

    FAIL = "fail"
    PAUSE = "pause"
    IGNORE = "ignore"


CRITICAL = (
    Kind.POWER_LOSS,
    Kind.NETWORK_DOWN,
    Kind.HOSTS_DOWN,
    Kind.HOST_DOWN,
    Kind.GUESTS_DOWN,
    Kind.GUEST_TWICE,
)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life to somebody outside the house. Its address: CARETAKER_HEARTBEAT_URL."""

    every: timedelta = field(
        default=timedelta(minutes=1),
        metadata={
            "help": "The time between two pings; there are never more.",
            "least": timedelta(milliseconds=100),
        },
    )
    timeout: timedelta = field(
        default=timedelta(seconds=10),
        metadata={"help": "How long an answer is waited for.", "least": timedelta(milliseconds=10)},
    )
    method: Method = field(default=Method.GET, metadata={"help": "GET, HEAD or POST."})
    on_critical: OnCritical = field(
        default=OnCritical.FAIL,
        metadata={
            "help": "While a critical incident is open: `fail` pings the address with /fail behind its path, as "
            "Healthchecks has it; `pause` pings nothing; `ignore` goes on as if all were well."
        },
    )
    critical: tuple[Kind, ...] = field(
        default=CRITICAL, metadata={"help": "The kinds of incidents that are critical."}
    )
    tell: bool = field(
        default=False,
        metadata={"help": "true: /fail says in its body (by POST) which critical incidents are open."},
    )
    stalled_after: timedelta = field(
        default=timedelta(minutes=5),
        metadata={
            "help": "A check that is late by this much ends the pings: then the bot no longer looks.",
            "least": timedelta(milliseconds=100),
        },
    )


@dataclass(frozen=True, slots=True)
class SecondChannel:
    """What is used where Slack can't tell anybody. Its addresses, Apprise's: CARETAKER_SECOND_CHANNEL."""

    slack_silent: timedelta = field(
        default=timedelta(minutes=2),
        metadata={
            "help": "What Slack has not taken for so long goes over the second channel.",
            "least": timedelta(milliseconds=100),
        },
    )
    unacknowledged: timedelta = field(
        default=timedelta(minutes=30),
        metadata={
            "help": "An incident that nobody has acknowledged for so long is told there, too.",
            "least": timedelta(milliseconds=100),
        },
    )
    timeout: timedelta = field(
        default=timedelta(seconds=30),
        metadata={"help": "How long one message may take.", "least": timedelta(seconds=1)},
    )
