"""Makes docs/configuration.md anew: `python -m tests.configuration_page`. A test fails where that would change it.

Each key's type, default and meaning are those of its field in bot/config, and each example is the part of
lab.example.yaml that shows it. The first part of the page is written by hand and stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from bot.config.scalars import scalar, written
from bot.config.values import Check, Config
from bot.vocabulary import probe_params

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "configuration.md"
EXAMPLE = (ROOT / "lab.example.yaml").read_text()
NOT_WRITTEN = {"path", "name", "params"}
PLACES = {
    "host": "Of hosts with `ssh`, which have it without being told: write it only to change how often it looks.",
    "ssh": "Of hosts, guests and services.",
    "tcp": "Of hosts, guests and services.",
}
"""Where a check by each probe may stand. The `ups` probe is for what stands under `ups`, and for no check."""

BELOW = "<!-- All below is made from the code by: python -m tests.configuration_page -->"
"""What stands above it in the page is written by hand, and kept."""


def page(written_by_hand: str) -> str:
    """The whole page."""
    top = _table("Key", Config)
    singles = [_example(item.name) for item in _keys(Config) if not _record_in(_type_of(Config, item))]
    parts = [f"{written_by_hand}{BELOW}\n", "## All sections\n", top, _fenced("\n".join(singles))]
    for item in _keys(Config):
        if record := _record_in(_type_of(Config, item)):
            parts += _section(item, record)
        if item.name == "services":
            parts += _checks()
    return "\n".join(parts)


def by_hand(text: str) -> str:
    """What of the page is written by hand."""
    return text.partition(BELOW)[0]


def _section(item: Field[Any], record: type[Any]) -> Iterator[str]:
    """A top-level key: its help, its table, those of the groups within it, and the example."""
    yield f"## `{item.name}`\n"
    yield f"{item.metadata['help']}\n"
    yield _table("Key", record)
    for inner in _keys(record):
        group = _record_in(_type_of(record, inner))
        if group not in (None, Check):
            yield f"### `{inner.name}` of `{item.name}`\n"
            yield f"{inner.metadata['help']}\n"
            yield _table("Key", group)
    yield _fenced(_example(item.name))


def _checks() -> Iterator[str]:
    yield "## `checks`\n"
    yield "What to look at besides, under `checks` of a host, guest or service. Each has a name of your own, says"
    yield "which `probe` looks, and has that probe's keys beside it.\n"
    yield _table("Key of every check", Check)
    for name, place in PLACES.items():
        yield f"### `probe: {name}`\n"
        yield f"{place}\n"
        yield _table("Key", probe_params()[name])
    yield _fenced("checks:\n  http: {probe: tcp, port: 80}\n  ssh: {probe: ssh, every: 15s, failures: 2}")


def _keys(kind: type[Any]) -> Iterator[Field[Any]]:
    return (item for item in fields(kind) if item.name not in NOT_WRITTEN)


def _type_of(kind: type[Any], item: Field[Any]) -> Any:
    return get_type_hints(kind)[item.name]


def _record_in(want: Any) -> type[Any] | None:
    """The group of settings that a value is, or that stands under each of its names."""
    return next((one for one in (want, *get_args(want)) if isinstance(one, type) and is_dataclass(one)), None)


def _table(first: str, kind: type[Any]) -> str:
    cells = ((f"`{item.name}`", _written_as(kind, item), _default(item), _help(item)) for item in _keys(kind))
    rows = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([f"| {first} | Type | Default | Meaning |", "|---|---|---|---|", *rows, ""])


def _help(item: Field[Any]) -> str:
    return str(item.metadata["help"]).replace("|", r"\|")


def _written_as(kind: type[Any], item: Field[Any]) -> str:
    want = _type_of(kind, item)
    if record := _record_in(want):
        link = "checks" if record is Check else item.name if kind is Config else f"{item.name}-of-hosts"
        named = get_origin(want) in (Mapping, tuple)
        return f"[{'groups, by name' if named else 'group'}](#{link})"
    inner = [arg for arg in get_args(want) if arg not in (NoneType, ...)]
    words = scalar(inner[0] if inner else want, item.metadata, Path()).words
    words = re.sub(r"^an? | with its unit, such as .+ or 4h", "", words)
    return f"{words}, or a list of such" if get_origin(want) is tuple else words


def _default(item: Field[Any]) -> str:
    if item.default is MISSING and item.default_factory is MISSING:
        return "**required**"
    if isinstance(item.default, tuple):
        return f"`[{', '.join(str(written(one)) for one in item.default)}]`" if item.default else "none"
    value = written(item.default)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value not in (None, "") else ""


def _example(key: str) -> str:
    """The part of lab.example.yaml that shows a top-level key."""
    found = re.search(rf"^{key}:.*\n(?:[ #].*\n)*", EXAMPLE, re.MULTILINE)
    assert found, f"lab.example.yaml does not show {key}"
    return found[0].rstrip()


def _fenced(text: str) -> str:
    return f"```yaml\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(by_hand(PAGE.read_text())))
