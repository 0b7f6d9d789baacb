"""How long delivery rests after what went wrong. Rests are by the loop's clock, which nobody sets."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Pace:
    """`first`, `longest`: rests of a method that Slack can't be reached with, or fails on, doubling between them.

    `refused`, `refused_longest`: likewise while a person has to mend token or channel, so that a mend is noticed
    within a minute. `slow`, `slowest`: between tries of one message that is refused for no known reason. `store`:
    between tries to write. `look`: between looks whether the bot may speak. `late_file`: so long a file may wait
    before its thread is told, should Slack take all else.
    """

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(seconds=15)
    refused: timedelta = timedelta(seconds=5)
    refused_longest: timedelta = timedelta(minutes=1)
    slow: timedelta = timedelta(seconds=5)
    slowest: timedelta = timedelta(minutes=15)
    store: timedelta = timedelta(seconds=5)
    look: timedelta = timedelta(minutes=10)
    late_file: timedelta = timedelta(minutes=1)


USUAL: Final = Pace()
