"""Keeps secrets out of the log: whatever a library writes at whatever level, tracebacks included.

It redacts what is about to be written, not what is held in memory; a handler without it writes what it likes.
"""

import logging
import re
from collections.abc import Iterable

_MARK = "[secret]"
_SHAPES = re.compile(
    r"\bx(?:ox[a-z]|app|wfp)-[\w-]+"  # any Slack token, known to us or not
    r"|(?<=ticket=)[\w%.~-]+"  # the one-time ticket in a Socket Mode address
    r"|(?<=hooks\.slack\.com/)[\w/-]+"  # whoever has a response_url can post with it
)


class Redactor(logging.Formatter):
    """Wraps a handler's formatter: `handler.setFormatter(Redactor(secrets, handler.formatter))`.

    It is a formatter, not a filter, because only the finished text holds arguments, exception and stack alike.
    """

    def __init__(self, secrets: Iterable[str], inner: logging.Formatter | None = None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()
        known = sorted((re.escape(secret) for secret in secrets if secret), key=len, reverse=True)
        self._known = re.compile("|".join(known)) if known else None

    def format(self, record: logging.LogRecord) -> str:
        """The inner formatter's text with every secret replaced."""
        text = _SHAPES.sub(_MARK, self._inner.format(record))
        return self._known.sub(_MARK, text) if self._known else text
