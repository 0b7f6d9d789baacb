"""A section's settings: the leading `- Key: value` items of its first list, and what their values may be.

Nothing is overlooked: a key that is nearly a known one, or stands where it has no effect, is a problem.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.core.health import Kind
from bot.core.nearest import did_you_mean, nearest
from bot.core.pattern import why_not_a_pattern
from bot.core.runbook import OnFailure
from bot.core.values import why_not_a_name
from bot.core.written import Item, Knowledge, Problems, Section, Span

OF_RUNBOOKS = ("Use for", "Who")
OF_STEPS = (
    "Run on",
    "Confirm",
    "Confirm by typing",
    "Ask",
    "Choose",
    "Options",
    "Pattern",
    "If it fails",
    "Only on request",
    "Optional",
    "Who",
    "Time limit",
    "Watch the size of",
)
NOT_YET = ("Run the runbook",)
_ALL = (*OF_RUNBOOKS, *OF_STEPS, *NOT_YET)

_KEY_VALUE = re.compile(r"([^:]{1,40}):(?:\s+(.*))?", re.DOTALL)
_DURATION = re.compile(r"(\d+) (second|minute|hour)s?(?:,? (?:and )?|$)")
_GO_TO = re.compile(r"go to [\"“]?(.+?)[\"”]?", re.IGNORECASE)
_MACHINES = ("$host", "$hypervisor")
MOST_OPTIONS = 100  # what a list in Slack can hold


@dataclass(frozen=True, slots=True)
class Setting:
    """One `Key: value`."""

    key: str
    value: str
    line: int


class Settings:
    """A section's settings, each read once as what it should be; a value that can't be that is a problem."""

    def __init__(self, found: Mapping[str, Setting], spans: list[Span], problems: Problems) -> None:
        self._found = found
        self.spans = spans
        self._problems = problems

    def text(self, key: str) -> str | None:
        """The value as it was written."""
        return self._found[key].value if key in self._found else None

    def wrong(self, key: str, why: str) -> None:
        """The setting can't be used."""
        setting = self._found[key]
        self._problems.add(setting.line, f"use “{setting.key}: {setting.value}”", why)

    def yes(self, key: str) -> bool:
        """Whether it says yes."""
        said = (self.text(key) or "no").casefold()
        if said not in {"yes", "no"}:
            self.wrong(key, "it is either yes or no")
        return said == "yes"

    def duration(self, key: str, default: timedelta) -> timedelta:
        """A length of time, e.g. `90 seconds`, `1 hour 30 minutes`."""
        if (text := self.text(key)) is None:
            return default
        if (found := duration(text)) is None:
            self.wrong(key, "a time is written `90 seconds`, `10 minutes` or `1 hour 30 minutes`")
        return found or default

    def name(self, key: str) -> str | None:
        """The name of a value to be set."""
        if (name := self.text(key)) is not None and (why := why_not_a_name(name)):
            self.wrong(key, why)
        return name

    def role(self, roles: frozenset[str] | None) -> str | None:
        """Who may press."""
        who = self.text("Who")
        if who is not None and roles is not None and who not in roles:
            there = did_you_mean(who, roles) or _all_known(roles)
            self.wrong("Who", f"nobody in lab.yaml has such a role{there}")
        return who

    def kinds(self) -> tuple[Kind, ...]:
        """The incidents a runbook is for."""
        said = _listed(self.text("Use for") or "")
        known = {str(kind) for kind in Kind}
        for one in said:
            if one not in known:
                self.wrong(
                    "Use for",
                    f"there is no incident of the kind {one!r}{did_you_mean(one, known) or _all_known(known)}",
                )
        return tuple(Kind(one) for one in said if one in known)

    def options(self) -> tuple[str, ...]:
        """What can be chosen."""
        options = _listed(self.text("Options") or "")
        if len(set(options)) != len(options):
            self.wrong("Options", "each stands in it once")
        if len(options) > MOST_OPTIONS:
            self.wrong("Options", f"a list holds {MOST_OPTIONS} at most")
        return options

    def pattern(self) -> str | None:
        """A regular expression for the whole answer."""
        if (pattern := self.text("Pattern")) is not None and (why := why_not_a_pattern(pattern)):
            self.wrong("Pattern", why)
        return pattern

    def typed(self) -> str | None:
        """The value whose text must be typed."""
        typed = self.text("Confirm by typing")
        if typed is not None and not re.fullmatch(r"\$[a-z][a-z0-9_]*", typed):
            self.wrong("Confirm by typing", "it names a value, e.g. $guest")
            return None
        return typed.removeprefix("$") if typed else None

    def on_failure(self, heading: str, headings: tuple[str, ...]) -> tuple[OnFailure, str | None]:
        """What follows when the step `heading` fails, and the heading it goes to, if it does."""
        said = self.text("If it fails") or "ask"
        if found := _GO_TO.fullmatch(said):
            if found[1] == heading:
                self.wrong("If it fails", "that is this step; “ask” offers to try it again")
            elif found[1] not in headings:
                self.wrong("If it fails", f"no step has that heading{did_you_mean(found[1], headings)}")
            return OnFailure.GO_TO, found[1]
        if said.casefold() not in {"ask", "stop"}:
            self.wrong("If it fails", 'it is one of: ask, stop, go to "Heading"')
            return OnFailure.ASK, None
        return OnFailure(said.casefold()), None

    def place(self, knowledge: Knowledge) -> str | None:
        """Where scripts run."""
        if (where := self.text("Run on")) is not None and (why := _why_not_there(where, knowledge)):
            self.wrong("Run on", why)
        return where


def _why_not_there(where: str, knowledge: Knowledge) -> str | None:
    if where == "bot" and not knowledge.bot:
        return "lab.yaml does not allow scripts on the bot's own machine (runbooks.run_on_bot)"
    if where in {*_MACHINES, "guest", "bot"}:
        return None
    if where.startswith("$"):
        meant = did_you_mean(where, _MACHINES)
        return f"of the values only $host and $hypervisor are machines a script can be sent to{meant}"
    if knowledge.hosts is not None and where not in knowledge.hosts:
        there = did_you_mean(where, knowledge.hosts) or _all_known(knowledge.hosts)
        return f"lab.yaml has no host {where!r}{there}"
    return None


def _all_known(words: Iterable[str]) -> str:
    return f" (known here: {', '.join(sorted(words))})"


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def duration(text: str) -> timedelta | None:
    """`1 hour 30 minutes` → its length, longer than nothing; None where it is no such text."""
    total, at = timedelta(), 0
    while at < len(text):
        if not (found := _DURATION.match(text, at)):
            return None
        total += timedelta(**{f"{found[2]}s": int(found[1])})
        at = found.end()
    return total or None


def read_settings(section: Section, allowed: tuple[str, ...], problems: Problems) -> Settings:
    """The leading items that are settings; `allowed` are the keys that mean something in this section."""
    found: dict[str, Setting] = {}
    spans: list[Span] = []
    first_fence = min((fence.line for fence in section.fences), default=None)
    late = "settings stand first in a section's first list"
    leading = True
    for item in section.items:
        setting = _setting(item)
        if first_fence is not None and item.span[0] > first_fence:
            late, leading = "settings stand before a step's first fence", False
        if setting is None or not (leading or setting.key in _ALL):
            leading = False
            continue
        why = late if not leading else _why_not(setting, item, allowed, found)
        if why:
            problems.add(setting.line, f"use “{setting.key}”", why)
        else:
            found[setting.key] = setting
        spans.append(item.span)
    return Settings(found, spans, problems)


def _setting(item: Item) -> Setting | None:
    """The item as a setting whose key is a known one, or nearly; None where it is prose."""
    found = _KEY_VALUE.fullmatch(item.text)
    if not found or not nearest(found[1], _ALL):
        return None
    known = {key.casefold(): key for key in _ALL}
    value = " ".join((found[2] or "").split())
    return Setting(known.get(found[1].casefold(), found[1]), _unquoted(value), item.span[0])


def _unquoted(value: str) -> str:
    """Without the backticks that keep markdown from taking a pattern's stars for emphasis."""
    bare = value.removeprefix("`").removesuffix("`")
    return bare if value == f"`{bare}`" and "`" not in bare else value


def _why_not(setting: Setting, item: Item, allowed: tuple[str, ...], found: Mapping[str, Setting]) -> str | None:
    key = setting.key
    if key in NOT_YET:
        return "this version does not run it yet"
    if key not in _ALL:
        return f"there is no such setting{did_you_mean(key, _ALL)}"
    if key not in allowed:
        return f"it belongs {'before the first step' if key in OF_RUNBOOKS else 'to a step'}"
    if key in found:
        return f"it stands here twice, first in line {found[key].line}"
    if not setting.value:
        return "nothing stands behind it"
    below = "what stands below it is indented, and so part of it; begin that in the first column"
    return None if item.alone else f"a setting is one line with nothing below it; {below}"
