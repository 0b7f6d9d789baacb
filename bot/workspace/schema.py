"""Small rules from which Block Kit's schema is put together (block_kit.py). A rule judges one JSON value.

Complaints read as Slack's do, each with the JSON pointer of what it is about:
`[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.workspace.records import Json


@dataclass(slots=True)
class Complaints:
    """What is wrong so far."""

    messages: list[str] = field(default_factory=list)

    def add(self, pointer: str, what: str) -> None:
        """Say what is wrong where."""
        self.messages.append(f"[ERROR] {what} [json-pointer:{pointer}]")


Rule = Callable[[object, str, Complaints], None]
"""Judges a value found at a JSON pointer."""


def string(most: int, least: int = 1) -> Rule:
    """A string of so many characters."""

    def judge(value: object, at: str, complaints: Complaints) -> None:
        if not isinstance(value, str):
            complaints.add(at, "must be a string")
        elif len(value) > most:
            complaints.add(at, f"must be less than {most + 1} characters")
        elif len(value) < least:
            complaints.add(at, f"must be more than {least - 1} characters")

    return judge


def url(most: int = 3000) -> Rule:
    """An absolute http(s) address."""
    length = string(most)

    def judge(value: object, at: str, complaints: Complaints) -> None:
        length(value, at, complaints)
        if isinstance(value, str) and not value.startswith(("http://", "https://")):
            complaints.add(at, "must be a valid URL")

    return judge


def flag(value: object, at: str, complaints: Complaints) -> None:
    """True or false."""
    if not isinstance(value, bool):
        complaints.add(at, "must be a boolean")


def anything(_value: object, _at: str, _complaints: Complaints) -> None:
    """What nobody needs to judge."""


def whole(least: int, most: int) -> Rule:
    """A whole number within limits."""

    def judge(value: object, at: str, complaints: Complaints) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            complaints.add(at, "must be an integer")
        elif not least <= value <= most:
            complaints.add(at, f"must be between {least} and {most}")

    return judge


def one_of(*words: str) -> Rule:
    """One of these words."""

    def judge(value: object, at: str, complaints: Complaints) -> None:
        if value not in words:
            complaints.add(at, f"must be a valid enum value ({', '.join(words)})")

    return judge


def array(rule: Rule, most: int, least: int = 1) -> Rule:
    """A list of so many values, each by the same rule."""

    def judge(value: object, at: str, complaints: Complaints) -> None:
        if not isinstance(value, list):
            complaints.add(at, "must be an array")
            return
        if len(value) > most:
            complaints.add(at, f"no more than {most} items allowed")
        if len(value) < least:
            complaints.add(at, f"no less than {least} items allowed")
        for number, item in enumerate(value):
            rule(item, f"{at}/{number}", complaints)

    return judge


def record(
    required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *, also: Rule = anything
) -> Rule:
    """An object with these properties and no others (`type` apart, which `tagged` judges).

    `also` judges what no single property tells.
    """
    known = {**required, **(optional or {})}

    def judge(value: object, at: str, complaints: Complaints) -> None:
        if not isinstance(value, dict):
            complaints.add(at, "must be an object")
            return
        for name in required.keys() - value.keys():
            complaints.add(at, f"missing required field: {name}")
        for name in value.keys() - known.keys() - {"type"}:
            complaints.add(f"{at}/{name}", f"invalid additional property: {name}")
        for name in known.keys() & value.keys():
            known[name](value[name], f"{at}/{name}", complaints)
        also(value, at, complaints)

    return judge


def tagged(**by_type: Rule) -> Rule:
    """An object whose `type` says by which rule it is judged."""

    def judge(value: object, at: str, complaints: Complaints) -> None:
        if not isinstance(value, dict):
            complaints.add(at, "must be an object")
        elif "type" not in value:
            complaints.add(at, "missing required field: type")
        elif value["type"] not in by_type:
            complaints.add(f"{at}/type", f"unsupported type: {value['type']}")
        else:
            by_type[value["type"]](value, at, complaints)

    return judge


def only(**by_type: Rule) -> Callable[[str], Rule]:
    """Some of several tagged rules, chosen by name: which elements a block may hold."""

    def choose(names: str) -> Rule:
        return tagged(**{name: by_type[name] for name in names.split()})

    return choose


def exactly_one(*names: str) -> Rule:
    """Of these properties there must be one, and only one."""

    def judge(value: object, at: str, complaints: Complaints) -> None:
        if isinstance(value, dict) and sum(name in value for name in names) != 1:
            complaints.add(at, f"exactly one of {', '.join(names)} is required")

    return judge


def at_least_one(*names: str) -> Rule:
    """One or more of these properties must be there."""

    def judge(value: object, at: str, complaints: Complaints) -> None:
        if isinstance(value, dict) and not any(name in value for name in names):
            complaints.add(at, f"one of {', '.join(names)} is required")

    return judge


def all_of(*rules: Rule) -> Rule:
    """Every one of these rules holds."""

    def judge(value: object, at: str, complaints: Complaints) -> None:
        for rule in rules:
            rule(value, at, complaints)

    return judge


def texts(value: object) -> list[str]:
    """Every string under a `text` key, however deep: what a person gets to read."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for item in value.values() for text in texts(item)]


def objects(value: object) -> list[Json]:
    """The objects in a list, where it is one; for rules that look at what others judge."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
