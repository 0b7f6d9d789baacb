"""Keeps secrets in: what leaves for Slack, the database or the log has no token or password of the bot's in it.

It knows the secrets it is told, also broken by line ends, colours or characters that nobody sees, and by their
shape Slack's tokens and private keys. What is short, or a plain word, can't be told from other text and passes.
"""

import logging
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any, Final

from bot.config import Config, Secrets
from bot.config.held import secrets_held
from bot.redact_forms import forms_of, is_told_apart

MARK: Final = "[secret]"
_HEAD: Final = 8  # characters by which a secret's beginning is looked for
_UNSEEN_BETWEEN: Final = 16  # times as long a secret may be by what nobody sees, if it comes in pieces, …
_MOST_UNSEEN: Final = 1_024  # … and this much longer
_LEAST_REST: Final = 4  # characters of a secret's end that are still told from other text

Span = tuple[int, int]
"""Where something begins and ends in a text."""

KEY_ENDS: Final = re.compile(r"-----END [A-Z ]{0,30}PRIVATE KEY-----")
LONGEST_KEY: Final = 20_000  # characters between its first line and its last
_IN_KEY: Final = r"[\w+/=:,\s\\-]"  # a backslash: its line ends as JSON has them

_TOKEN: Final = re.compile(r"\bx(?:ox[a-z]|app|wfp)-[\w-]{10,}")
_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
    rf"(?:{_IN_KEY}{{0,{LONGEST_KEY}}}?{KEY_ENDS.pattern}|{_IN_KEY}{{0,{LONGEST_KEY}}})"
)
_REST_OF_KEY: Final = re.compile(rf"\A{_IN_KEY}{{0,{LONGEST_KEY}}}?{KEY_ENDS.pattern}")


@dataclass(frozen=True, slots=True)
class Shape:
    """Secrets known by their shape. `sign`: what is in every one of them; `goes_on`: what may follow its match."""

    sign: str
    whole: re.Pattern[str]
    goes_on: re.Pattern[str]


KEY: Final = Shape(" PRIVATE KEY-", _KEY, re.compile(f"{_IN_KEY}*+"))
_OF_TOKEN: Final = re.compile(r"[\w-]*+")
_SHAPES: Final = (
    Shape("xox", _TOKEN, _OF_TOKEN),  # any Slack token, known to us or not
    Shape("xapp-", _TOKEN, _OF_TOKEN),
    Shape("xwfp-", _TOKEN, _OF_TOKEN),
    # the one-time ticket in a Socket Mode address
    Shape("ticket=", re.compile(r"(?<=[?&]ticket=)[\w%.~-]+"), re.compile(r"[\w%.~-]*+")),
    # whoever has a response_url can post with it
    Shape("hooks.", re.compile(r"(?<=hooks\.slack\.com/)[\w/-]+"), re.compile(r"[\w/-]*+")),
    KEY,
)
_UNSEEN = (
    r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)| (?=\r)"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f"
    r"\ufeff\U000e0000-\U000e01ef]"
)
"""What nobody sees between two letters; a shell breaks a long line by a blank and a return."""

_BREAKS = re.compile(_UNSEEN)
_RUN = re.compile(f"(?:{_UNSEEN})*+")
_SWALLOWED = re.compile(r"[0-?]*+[ -/]*+[@-~]")
"""Of what follows `ESC [`, that which is no longer seen: a secret there loses so much of its beginning."""
_UNSEEN_BEGUN = re.compile(r"(?:\x1b(?:\[[0-?]*+[ -/]*+|\][^\x07\x1b]*+\x1b?)?| )\Z")
_ALONE: Final = (
    (0, 9),
    (0x0A, 0x20),
    (0x7F, 0xA0),
    (0xAD, 0xAE),
    (0x34F, 0x350),
    (0x61C, 0x61D),
    (0x180B, 0x1810),
    (0x200B, 0x2010),
    (0x2028, 0x202F),
    (0x2060, 0x2070),
    (0xFE00, 0xFE10),
    (0xE0000, 0xE01F0),
)
_ONE_BY_ONE: Final = dict.fromkeys([0xFEFF, *(code for first, past in _ALONE for code in range(first, past))])


class Redactor:
    """Replaces secrets in texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        told = {secret.strip() for secret in secrets}
        forms = {_BREAKS.sub("", form) for one in told if is_told_apart(one) for form in forms_of(one)}
        self._known = tuple(sorted(forms, key=len, reverse=True))
        self._longest = len(self._known[0]) if self._known else 0
        self._by_first = {one[0]: [other for other in self._known if other[0] == one[0]] for one in self._known}

    def text(self, text: str, *, cut: bool = False) -> str:
        """The text with every secret replaced. `cut`: it may begin in the midst of one."""
        whole = self._without_rest(text) if cut else text
        return marked(whole, self.spans(whole))

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

    def spans(self, text: str, start: int = 0) -> list[Span]:
        """Where secrets stand, in order; none overlaps another. `start`: what is before was looked at already."""
        seen = _seen(text[start:])
        plain = text[start:].translate(_ONE_BY_ONE) if "\x1b" in text else seen
        known = (one for one in self._known if _swallowed(one) in seen or one in plain)
        found = [hit.span() for one in known for hit in _broken(one).finditer(text, start)]
        found += [hit.span() for one in _SHAPES if one.sign in text for hit in one.whole.finditer(text, start)]
        return merged(found)

    def open_end(self, text: str, start: int) -> tuple[Shape, int] | None:
        """The shape of a secret that reaches the text's end and may go on, and where that begins."""
        for one in _SHAPES:
            if one.sign in text:
                for hit in one.whole.finditer(text, start):
                    if hit.end() == len(text) and not (one is KEY and KEY_ENDS.search(text, hit.start())):
                        return one, hit.start()
        return None

    def begun(self, text: str, start: int = 0) -> int:
        """From where on the text's end may be a known secret that goes on; the text's length if it can't be."""
        window = max(start, len(text) - _UNSEEN_BETWEEN * self._longest - _MOST_UNSEEN)
        seen, places = _seen_places(text, window)
        firsts = [places(at) for one in self._known if (at := _overlap(seen, one)) is not None]
        return min([*firsts, *self._begun_unseen(text, window)], default=len(text))

    def _begun_unseen(self, text: str, start: int) -> Iterator[int]:
        """Where the text's end may be a known secret that begins within what nobody sees, as after `ESC [`."""
        end = cut.start() if (cut := _UNSEEN_BEGUN.search(text, start)) else len(text)
        within = [hit.span() for hit in _BREAKS.finditer(text, start, end) if hit.end() - hit.start() > 1]
        for since, to in [*within, (end, len(text))]:
            for at in range(since, to):
                may_be = self._by_first.get(text[at], ())
                yield from (at for one in may_be if _goes_on(text, at, end, one))

    def _without_rest(self, text: str) -> str:
        """Without what may be a secret's end at the text's beginning."""
        if (key := _REST_OF_KEY.match(text)) and "-----BEGIN" not in key[0]:
            return MARK + text[key.end() :]
        for one in self._known:
            for length in range(len(one) - 1, _LEAST_REST - 1, -1):
                if text.startswith(one[-length:]):
                    return MARK + text[length:]
        return text


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


def merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order; what overlaps is one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def marked(text: str, spans: Sequence[Span]) -> str:
    """The text with a mark in place of each span."""
    if not spans:
        return text
    kept = [text[end:start] for (_, end), (start, _) in zip([(0, 0), *spans], spans, strict=False)]
    return MARK.join([*kept, text[spans[-1][1] :]])


def _seen(text: str) -> str:
    """The text without what nobody sees. Most texts have none of what takes long."""
    return _BREAKS.sub("", text) if "\x1b" in text or " \r" in text else text.translate(_ONE_BY_ONE)


def _seen_places(text: str, start: int) -> tuple[str, Callable[[int], int]]:
    """What is seen of the text from `start` on, and where in the text each of its letters stands.

    A sequence that goes on is not seen either, nor is a blank at the end, which a return may follow.
    """
    end = len(text) - len(cut[0]) if (cut := _UNSEEN_BEGUN.search(text, start)) else len(text)
    parts, raw, at = [], [], start
    for hit in _BREAKS.finditer(text, start, end):
        parts.append(text[at : hit.start()])
        raw.append(at)
        at = hit.end()
    parts.append(text[at:end])
    raw.append(at)
    firsts = [0, *accumulate(map(len, parts))]

    def place(of: int) -> int:
        part = bisect_right(firsts, of) - 1
        return raw[part] + of - firsts[part]

    return "".join(parts), place


def _overlap(text: str, secret: str) -> int | None:
    """From where on the text's end is a beginning of the secret, the earliest; None if it is not."""
    at = max(0, len(text) - len(secret) + 1)
    head = secret[:_HEAD]
    while (at := text.find(head, at)) >= 0:
        if secret.startswith(text[at:]):
            return at
        at += 1
    last = range(max(0, len(text) - len(secret) + 1, len(text) - _HEAD + 1), len(text))
    return next((at for at in last if secret.startswith(text[at:])), None)


@cache
def _swallowed(secret: str) -> str:
    """What is seen of the secret after `ESC [`."""
    return secret[hit.end() :] if (hit := _SWALLOWED.match(secret)) else secret


def _goes_on(text: str, at: int, end: int, secret: str) -> bool:
    """Whether the text from `at` on is the secret's beginning. `end`: where a sequence begins that goes on."""
    if at >= end:
        return secret.startswith(text[at:].translate(_ONE_BY_ONE))
    for letter in secret:
        if at >= end:
            return True
        if text[at] != letter:
            return False
        run = _RUN.match(text, at + 1, end)
        at = run.end() if run else at + 1
    return False


@cache
def _broken(secret: str) -> re.Pattern[str]:
    """The secret, whatever unseen stands between its characters."""
    return re.compile(f"(?:{_UNSEEN})*+".join(map(re.escape, secret)))
