"""The log as the domain tells it: a line for each thing that happened, its time in UTC, its facts as `key=value`.

An entry is made where its row is written, and goes out once that is committed. What is in a line from outside
can't begin another: a message's further lines, such as a traceback's, stand indented.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from bot.core.mentions import undeadened

PERSON: Final = "person"
_PLAIN: Final = re.compile(r"[\w.@:/#+,-]+")
_UNSEEN: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_ID: Final = re.compile(r"<@([UW][A-Z0-9]+)>|\b([UW][A-Z0-9]+)\b")
_LONGEST: Final = 300  # characters of a value


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log. `facts`: what it names, but for those that are None; `person`: a Slack id or a name."""

    logger: str
    words: str
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    level: int = logging.INFO

    def write(self) -> None:
        """Hand it to the log."""
        logging.getLogger(self.logger).log(self.level, "%s", self.words, extra={"facts": self.facts})


class Pending:
    """The entries of a transaction that is not committed yet."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, logger: str, words: str, level: int = logging.INFO, **facts: object) -> None:
        """Put one in."""
        self._entries.append(Entry(logger, words, facts, level))

    def take(self) -> list[Entry]:
        """All of them; none is left."""
        entries, self._entries = self._entries, []
        return entries


class DomainFormatter(logging.Formatter):
    """Writes a record as one line; what Python adds to it, such as a traceback, stands indented below it."""

    def __init__(self, people: Mapping[str, str] = MappingProxyType({})) -> None:
        """`people`: names by Slack id."""
        super().__init__()
        self._people = people

    def format(self, record: logging.LogRecord) -> str:
        """The record's line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
        facts: Mapping[str, object] = getattr(record, "facts", {})
        line = f"{at}Z {record.levelname} {record.name}: {named(record.getMessage(), self._people)}"
        line += "".join(f" {name}={self._value(name, fact)}" for name, fact in facts.items() if fact is not None)
        if record.exc_info and record.exc_info[0] is not None:
            line += f"\n{self.formatException(record.exc_info)}"
        return shown(line)

    def _value(self, name: str, fact: object) -> str:
        text = undeadened(str(fact))
        text = self._people.get(text, text) if name == PERSON else named(text, self._people)
        return quoted(text)


def quoted(text: str) -> str:
    """`text` as the value of a `key=value`: in quotes, unless it is one plain word."""
    cut = f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
    return cut if _PLAIN.fullmatch(cut) else json.dumps(cut, ensure_ascii=False)


def named(text: str, people: Mapping[str, str]) -> str:
    """`text` with people's names in place of their Slack ids."""
    return _ID.sub(lambda found: people.get(found[1] or found[2], found[1] or found[2]), undeadened(text))


def shown(line: str) -> str:
    """A line of which nothing is hidden, and nothing begins another."""
    return _UNSEEN.sub(_written_out, line).replace("\n", "\n    ")


def _written_out(letter: re.Match[str]) -> str:
    return letter[0].encode("unicode_escape").decode()
