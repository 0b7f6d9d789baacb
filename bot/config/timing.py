"""The values of lab.yaml's `timing`: how soon, how often, how long. Each is a default of the whole lab."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.core.incidents.rules import Rules

_RULES: Final = Rules()
"""The defaults of all that the core decides by stand there."""

A_MOMENT: Final = timedelta(milliseconds=10)
"""The least time between two looks of anything."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How soon, how often, how long. Each is a default of the whole lab."""

    check_every: timedelta = field(
        default=timedelta(seconds=30),
        metadata={"help": "The time between two looks of a check.", "least": A_MOMENT},
    )
    retry_every: timedelta = field(
        default=timedelta(seconds=5), metadata={"help": "The same while a check fails.", "least": A_MOMENT}
    )
    failures: int = field(
        default=3, metadata={"help": "Consecutive failures before an incident is opened.", "least": 1}
    )
    clears: int = field(default=2, metadata={"help": "Consecutive successes that clear a failure.", "least": 1})
    grace: timedelta = field(
        default=_RULES.grace,
        metadata={
            "help": "How long things may take to come back after the power or their host did, "
            "and how long what starts anew meanwhile has to stay well."
        },
    )
    company: timedelta = field(
        default=timedelta(milliseconds=75),
        metadata={"help": "How long a first message waits for what failed at the same moment."},
    )
    storm_guests: int = field(
        default=_RULES.storm_guests,
        metadata={"help": "Guests of one host lost together that make it one incident of the host.", "least": 2},
    )
    storm_hosts: int = field(
        default=_RULES.storm_hosts,
        metadata={"help": "Hosts lost together that make it a power failure.", "least": 2},
    )
    on_battery: timedelta = field(
        default=timedelta(seconds=5),
        metadata={
            "help": "How long a UPS must be on battery before it is a power failure; "
            "a low battery is one at once, a battery test never."
        },
    )
    storm_within: timedelta = field(
        default=_RULES.storm_within, metadata={"help": "The time within which hosts count as lost together."}
    )
    shutdown_within: timedelta = field(
        default=_RULES.shutdown_within,
        metadata={
            "help": "What is shut down so shortly before its host goes off, or so soon after the power is back, "
            "has to return with it."
        },
    )
    steady: timedelta = field(
        default=_RULES.steady,
        metadata={"help": "How long a UPS must stay on line power before that counts as proof."},
    )
    reopen_within: timedelta = field(
        default=_RULES.reopen_within,
        metadata={"help": "What fails again so soon after it was resolved reopens the incident."},
    )
    reopen_power_within: timedelta = field(
        default=_RULES.reopen_power_within, metadata={"help": "The same for a power failure."}
    )
    brief: timedelta = field(
        default=_RULES.brief,
        metadata={
            "help": "An incident that is over so soon, and that nobody pressed anything on, "
            "ends with an edit of its card alone."
        },
    )
    flapping_changes: int = field(
        default=_RULES.flapping_changes,
        metadata={
            "help": "After so many changes, an incident that fails once more is unstable: "
            "told once, then only that it stays down for `grace`; its card keeps up.",
            "least": 2,
        },
    )
    flapping_within: timedelta = field(
        default=_RULES.flapping_within,
        metadata={
            "help": "Within what time those are counted, and how long nothing may change "
            "before it is stable again."
        },
    )
    remind_after: tuple[timedelta, ...] = field(
        default=_RULES.remind_after,
        metadata={"help": "When everyone is reminded of an incident that nobody has acknowledged."},
    )
    remind_every: timedelta = field(
        default=_RULES.remind_every,
        metadata={"help": "How often after that.", "least": timedelta(minutes=1)},
    )
    acknowledgement_lapses: timedelta = field(
        default=_RULES.acknowledgement_lapses,
        metadata={"help": "An acknowledged incident without progress is open again after this."},
    )
    alive_every: timedelta = field(
        default=timedelta(seconds=30),
        metadata={
            "help": "How often the bot notes that it lives: the precision with which it tells its own downtime.",
            "least": A_MOMENT,
            "most": timedelta(minutes=10),
        },
    )
    boot_look: timedelta = field(
        default=timedelta(minutes=3),
        metadata={"help": "How long a guest may stand still on its way up before it is said not to have come up."},
    )
