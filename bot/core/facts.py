"""What an observation may say besides: the names of its facts. Their values are text."""

from typing import Final

ANSWERED: Final = "answered"
"""The fact of a silence that says when there was an answer last: a moment, in ISO 8601."""

REFUSAL: Final = "refusal"
"""The fact of a watching that is refused: by what, in a word."""

TOO_LATE: Final = frozenset({"stalled", "frozen"})
"""The refusals that are none: it takes a connection, and does not go on in time."""

THERE: Final = "there"
"""The fact of a machine that fails, and is there: how it showed that, as by refusing a connection."""

STALLED: Final = "stalled"
"""The fact of a machine that nothing shows to be up, nor to be on its way up within its time."""


RAN: Final = "ran"
"""The fact of a guest that is off, and ran when it was last looked at before nobody could: how, in words."""

RESTARTED_AT: Final = "restarted_at"
"""The fact of a machine that has started anew lately: when, the latest first."""

PROVEN_AT: Final = "proven_at"
"""The fact of a machine that is asked by a name: that name, and the addresses it led to when it was proven."""
