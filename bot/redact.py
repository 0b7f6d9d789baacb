"""Keeps secrets in: what leaves for Slack, the database or the log has no token or password of the bot's in it.

It knows the secrets it is told, also broken by line ends, colours or characters that nobody sees, and by their
shape Slack's tokens and private keys. What is short, or a plain word, can't be told from other text and passes.
"""

import html
import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from bot.config import Config, Secrets
from bot.config.held import secrets_held

_MARK: Final = "[secret]"
_SHORTEST: Final = 8  # characters of a secret
_LONGEST_WORD: Final = 15  # letters that may be a word, e.g. a name of a machine
_LEAST_REST: Final = 4  # characters of a secret's end that are still told from other text
_LONGEST_TOKEN: Final = 255

Span = tuple[int, int]
"""Where something begins and ends in a text."""

_TOKEN: Final = re.compile(r"\bx(?:ox[a-z]|app|wfp)-[\w-]{10,}")
_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
    r"(?:[\w+/=:,\s-]{0,20000}?-----END [A-Z ]{0,30}PRIVATE KEY-----|[A-Za-z0-9+/=:,\s-]{0,20000})"
)
_SHAPES: Final = (
    ("xox", _TOKEN),  # any Slack token, known to us or not
    ("xapp-", _TOKEN),
    ("xwfp-", _TOKEN),
    ("ticket=", re.compile(r"(?<=[?&]ticket=)[\w%.~-]+")),  # the one-time ticket in a Socket Mode address
    ("hooks.", re.compile(r"(?<=hooks\.slack\.com/)[\w/-]+")),  # whoever has a response_url can post with it
    (" PRIVATE KEY-", _KEY),
)
"""Secrets known by their shape, each with what is in every one of them."""
_SHAPE_BEGUN = re.compile(r"\bx(?:ox[a-z]|app|wfp)-[\w-]*\Z|\bx(?:o(?:x[a-z]?)?|ap{0,2}|w(?:fp?)?)?\Z")
_UNSEEN = (
    r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)| (?=\r)"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
"""What nobody sees between two letters; a shell breaks a long line by a blank and a return."""

_BREAKS = re.compile(_UNSEEN)
_ALONE: Final = (
    (0, 9),
    (0x0A, 0x20),
    (0x7F, 0xA0),
    (0xAD, 0xAE),
    (0x200B, 0x2010),
    (0x2028, 0x202F),
    (0x2060, 0x2070),
)
_ONE_BY_ONE: Final = dict.fromkeys([0xFEFF, *(code for first, past in _ALONE for code in range(first, past))])


class Redactor:
    """Replaces secrets in texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        told = {secret.strip() for secret in secrets}
        self._known = tuple(
            sorted({form for one in told if _is_told_apart(one) for form in _forms(one)}, key=len, reverse=True)
        )

    def text(self, text: str, *, cut: bool = False) -> str:
        """The text with every secret replaced. `cut`: it may begin in the midst of one."""
        whole = self._without_rest(text) if cut else text
        return _marked(whole, self.spans(whole))

    def data(self, data: bytes) -> bytes:
        """The same for a file, if it is one of text."""
        try:
            return self.text(data.decode()).encode()
        except UnicodeDecodeError:
            return data

    def all_in(self, value: Any) -> Any:
        """The same for all texts in a JSON-like value, but for what says who asks (`token`)."""
        match value:
            case str():
                return self.text(value)
            case bytes():
                return self.data(value)
            case Mapping():
                return {key: one if key == "token" else self.all_in(one) for key, one in value.items()}
            case list() | tuple():
                return [self.all_in(one) for one in value]
            case _:
                return value

    def spans(self, text: str) -> list[Span]:
        """Where secrets stand, in order; none overlaps another."""
        seen = _seen(text)
        found = [hit.span() for one in self._known if one in seen for hit in _broken(one).finditer(text)]
        found += [hit.span() for sign, shape in _SHAPES if sign in text for hit in shape.finditer(text)]
        merged: list[Span] = []
        for start, end in sorted(found):
            if merged and start < merged[-1][1]:
                merged[-1] = merged[-1][0], max(end, merged[-1][1])
            else:
                merged.append((start, end))
        return merged

    def begun(self, text: str, spans: Sequence[Span]) -> int:
        """From where on the text's end may be a secret that goes on; the text's length if it can't be.

        `spans`: of the whole secrets in it.
        """
        end = text[-_LONGEST_TOKEN:]
        shape = _SHAPE_BEGUN.search(end)
        first = shape.start() if shape else len(end)
        longest = len(self._known[0]) - 1 if self._known else 0
        for at in range(max(0, len(end) - longest), first):
            if any(one[0] == end[at] and one.startswith(_BREAKS.sub("", end[at:])) for one in self._known):
                first = at
                break
        first += len(text) - len(end)
        return next((past for start, past in spans if start < first < past < len(text)), first)

    def _without_rest(self, text: str) -> str:
        """Without what may be a secret's end at the text's beginning."""
        for one in self._known:
            for length in range(len(one) - 1, _LEAST_REST - 1, -1):
                if text.startswith(one[-length:]):
                    return _MARK + text[length:]
        return text


class Stream:
    """Hears text in pieces and passes it on without secrets. It holds back only what may be the start of one."""

    def __init__(self, redactor: Redactor, listener: Callable[[str], None]) -> None:
        self._redactor = redactor
        self._listener = listener
        self._held = ""

    def hear(self, piece: str) -> None:
        """Take the next piece."""
        text = self._held + piece
        spans = self._redactor.spans(text)
        at = self._redactor.begun(text, spans)
        self._held = text[at:]
        self._pass_on(_marked(text[:at], [one for one in spans if one[1] <= at]))

    def end(self) -> None:
        """No more will come."""
        self._pass_on(self._redactor.text(self._held))
        self._held = ""

    def _pass_on(self, text: str) -> None:
        if text:
            self._listener(text)


def redactor_of(config: Config, secrets: Secrets) -> Redactor:
    """What knows all secrets that the bot holds."""
    return Redactor(secrets_held(config, secrets))


class RedactedLog(logging.Formatter):
    """Wraps a handler's formatter: `handler.setFormatter(RedactedLog(redactor, handler.formatter))`.

    It is a formatter, not a filter, because only the finished text holds arguments, exception and stack alike. It
    redacts what is about to be written, not what is held in memory; a handler without it writes what it likes.
    """

    def __init__(self, redactor: Redactor, inner: logging.Formatter | None = None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The inner formatter's text with every secret replaced."""
        return self._redactor.text(self._inner.format(record))


def _marked(text: str, spans: Sequence[Span]) -> str:
    """The text with a mark in place of each span."""
    if not spans:
        return text
    kept = [text[end:start] for (_, end), (start, _) in zip([(0, 0), *spans], spans, strict=False)]
    return _MARK.join([*kept, text[spans[-1][1] :]])


def _seen(text: str) -> str:
    """The text without what nobody sees. Most texts have none of what takes long."""
    return _BREAKS.sub("", text) if "\x1b" in text or " \r" in text else text.translate(_ONE_BY_ONE)


def _is_told_apart(secret: str) -> bool:
    """Whether it can be told from other text."""
    return len(secret) >= _SHORTEST and not (secret.isalpha() and len(secret) <= _LONGEST_WORD)


def _forms(secret: str) -> set[str]:
    """A secret as it is, and as it stands in HTML, JSON and addresses."""
    written = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    return {secret, html.escape(secret, quote=False), html.escape(secret), quote(secret, safe=""), *written}


@cache
def _broken(secret: str) -> re.Pattern[str]:
    """The secret, whatever unseen stands between its characters."""
    return re.compile(f"(?:{_UNSEEN})*+".join(map(re.escape, secret)))
