"""YAML text → groups, lists and texts, and the line of each. No meaning here; lab.yaml's only import of yaml.

Every scalar stays the text that was written: what `22:22`, `on` or `007` is depends on who reads it, not on YAML's
guesses. A setting that is empty counts as not written; a thing that has only a name is there.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import yaml

Where = tuple[str | int, ...]
"""The keys and list positions that lead to a place in the file."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CALLED = {"\n": "a line break", "\t": "a tab"}
_TYPOGRAPHIC = re.compile("[“”„‘’‚«»‹›](.+)[“”‘’«»‹›]")
_TOKEN = re.compile(r"xox[a-z]-|xapp-")
_NAMED = {("people",), ("hosts",), ("ups",), ("guests",), ("services",)}
_REFERS = ("while scanning an alias", "while scanning an anchor")
_DEEPEST = 12  # lab.yaml nests six deep; without an end an alias that contains itself would have none


class Group(dict[str, Any]):
    """A YAML mapping that knows where it stands."""

    def __init__(self, where: Where) -> None:
        super().__init__()
        self.where = where


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend."""

    line: int
    where: Where
    why: str

    def __str__(self) -> str:
        """The mistake after `file:line: `."""
        what = f"cannot read {spelt(self.where)}" if self.where else "cannot read this file"
        return f"{what}: because {self.why}"


@dataclass(slots=True)
class Document:
    """A file's content while it is being read, and what is wrong with it so far."""

    data: Any = None
    lines: dict[Where, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, where: Where, why: str) -> None:
        """Note a mistake at a place, or at the nearest place around it that was written."""
        self.mistakes.append(Mistake(self.line(where), where, why))

    def is_wrong(self, where: Where) -> bool:
        """Whether a mistake was noted at that very place."""
        return any(mistake.where == where for mistake in self.mistakes)

    def line(self, where: Where) -> int:
        """The line a place starts at; of what is not written, that of what should hold it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)


def spelt(where: Where) -> str:
    """A place as a person writes it: `hosts.atlas.ssh.port`, `ephemeral[0]`."""
    words = (f"[{step}]" if isinstance(step, int) else f".{_visible(step)}" for step in where)
    return "".join(words).lstrip(".")


def _visible(text: str) -> str:
    """A name in one line, whatever it holds."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def parse(text: str) -> Document:
    """Read YAML. Its mistakes are in the document's, never raised."""
    document = Document()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        document.mistakes.append(_unreadable(text, error))
    except yaml.YAMLError as error:
        document.mistakes.append(Mistake(1, (), str(error).splitlines()[0]))
    else:
        document.data = Group(()) if node is None else _value(document, node, ())
    return document


def _unreadable(text: str, error: yaml.MarkedYAMLError) -> Mistake:
    """What keeps a text from being YAML: what was left open is told where it was opened, not where that shows."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if error.context == "while scanning a quoted scalar" and error.context_mark:
        return Mistake(error.context_mark.line + 1, (), "the quote that begins in this line is never closed")
    if mark and (quoted := _quoted_before(text, mark.index)):
        return Mistake(
            quoted, (), f"a quote begins in this line and is closed in line {line}; is one missing here?"
        )
    if error.context_mark and "'<stream end>'" in (error.problem or ""):
        return Mistake(error.context_mark.line + 1, (), "the bracket that opens here is never closed")
    return Mistake(line, (), _unquoted(text, error) or _problem(error))


def _unquoted(text: str, error: yaml.MarkedYAMLError) -> str | None:
    """What to do where a text begins with what has a meaning of its own in YAML: @alex, *-tmp, %x, `x`."""
    mark = error.context_mark if error.context in _REFERS else error.problem_mark
    if mark and re.search("cannot start any token|undefined alias|expected alphabetic", error.problem or ""):
        word = re.split(r"[\s,\[\]{}]", text[mark.index :], maxsplit=1)[0].removesuffix(":")
        return f'a text that begins with {word[0]} needs quotes: "{word}"' if word else None
    return None


def _quoted_before(text: str, index: int) -> int | None:
    """The first line of the quoted text right before a place, if it is of several lines: nobody means that."""
    last = None
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if token.start_mark.index >= index:
                break
            last = token
    if not isinstance(last, yaml.ScalarToken) or last.style not in ("'", '"'):
        return None
    return last.start_mark.line + 1 if last.start_mark.line < last.end_mark.line else None


def _problem(error: yaml.MarkedYAMLError) -> str:
    """What the parser says, in words for someone who does not know its terms where it is a common mistake."""
    problem = error.problem or "it is not YAML"
    if "'\\t'" in problem:
        return "a tab stands here; use spaces"
    if problem == "mapping values are not allowed here":
        return "there is a second ': ' in this line, or the indentation is off; a text with ': ' needs quotes"
    if problem.startswith("expected <block end>"):
        return "the indentation is off, here or in the line before; what belongs together starts at one column"
    return f"it is not YAML: {problem}"


def _value(document: Document, node: yaml.Node, where: Where) -> Any:
    """A node's group, list or text; None where nothing is written."""
    document.lines.setdefault(where, node.start_mark.line + 1)
    if len(where) > _DEEPEST:
        return document.wrong(where, f"it is nested more than {_DEEPEST} deep")
    if isinstance(node, yaml.MappingNode):
        return _group(document, node, where)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, item, (*where, number)) for number, item in enumerate(node.value)]
    if why := _why_no_text(node.value):
        return document.wrong(where, why)
    if _TOKEN.match(node.value):
        return document.wrong(
            where,
            "a token does not belong in this file; put it into the environment (SLACK_BOT_TOKEN, SLACK_APP_TOKEN) "
            "or into a file named there (SLACK_BOT_TOKEN_FILE, SLACK_APP_TOKEN_FILE)",
        )
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def _why_no_text(text: str) -> str | None:
    """A text that holds a control character is nobody's name, address or path, and “this” is no quoted text."""
    if found := _TYPOGRAPHIC.fullmatch(text):
        return f'{text} stands in typographic quotes, which belong to the text here; write "{found[1]}"'
    found = _CONTROL.search(text)
    return f"{text!r} holds {_CALLED.get(found[0], 'a control character')}" if found else None


def _group(document: Document, node: yaml.MappingNode, where: Where) -> Group:
    group = Group(where)
    for key, inner, line in _entries(document, node, where):
        if why := _why_no_text(key):
            document.mistakes.append(Mistake(line, (*where, key), why))
            continue
        if (*where, key) in document.lines:
            first = document.lines[*where, key]
            document.mistakes.append(Mistake(line, (*where, key), f"it is written twice: first in line {first}"))
            continue
        document.lines[*where, key] = line
        value = _value(document, inner, (*where, key))
        if value is None and _is_named(where) and not document.is_wrong((*where, key)):
            value = Group((*where, key))  # `rack:` alone is a thing that is called so, and nothing more
        if value is not None:
            group[key] = value
    return group


def _is_named(where: Where) -> bool:
    """Whether what stands in that group are things under their names, and not settings."""
    return where in _NAMED or (len(where) == 3 and where[2] == "checks")


def _entries(document: Document, node: yaml.MappingNode, where: Where) -> Iterator[tuple[str, yaml.Node, int]]:
    """The keys of a mapping with their values and lines; a key must be a text."""
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            yield key.value, value, key.start_mark.line + 1
        else:
            line = key.start_mark.line + 1
            document.mistakes.append(Mistake(line, where, "a key must be a text, not a list or a group"))
