"""What the bot knows of its own work, as JSON that carries its version: for who asks while it runs, or after that.

That it can't write is not in it: it could not be written.
"""

import json
from collections.abc import Iterable

from bot.core.health import TargetId
from bot.core.picture import Outlook
from bot.store.json_value import Fields, read_value

VERSION = 1


def outlook_out(outlook: Outlook) -> str:
    """An outlook as stored."""
    return json.dumps(
        {
            "version": VERSION,
            "unlooked": sorted(outlook.unlooked),
            "unlisted": sorted(outlook.unlisted),
            "unwatched": sorted(outlook.unwatched),
            "nowhere": sorted(outlook.nowhere),
        }
    )


def outlook_in(text: str) -> Outlook:
    """A stored outlook. Raises ValueUnreadable."""
    return read_value("what the bot has not seen", text, VERSION, _outlook_in)


def _outlook_in(rest: Fields) -> Outlook:
    return Outlook(
        unlooked=_targets(rest["unlooked"]),
        unlisted=_targets(rest["unlisted"]),
        unwatched=_targets(rest["unwatched"]),
        nowhere=frozenset(rest["nowhere"]),
    )


def _targets(names: Iterable[str]) -> frozenset[TargetId]:
    return frozenset(map(TargetId, names))
