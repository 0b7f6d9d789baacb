"""How a secret looks where programs print it, and which can be told from other text at all."""

import html
import json
import re
from typing import Final
from urllib.parse import quote

_SHORTEST: Final = 8  # characters of a secret
_LONGEST_WORD: Final = 15  # letters that may be a word, e.g. a name of a machine
_GO: Final = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&"})
_ESCAPED: Final = re.compile(r"%[0-9A-F]{2}")
_QUOTED: Final = re.compile(r"[^\w@%+=:,./-]")  # what `printf %q` puts a backslash before


def is_told_apart(secret: str) -> bool:
    """Whether it can be told from other text."""
    return len(secret) >= _SHORTEST and not (secret.isalpha() and len(secret) <= _LONGEST_WORD)


def forms_of(secret: str) -> set[str]:
    """A secret as it is, and as it stands in HTML, addresses, JSON of several writers, Python and a shell."""
    return {secret, *_in_html(secret), *_in_addresses(secret), *_in_json(secret), *_in_code(secret)}


def _in_html(secret: str) -> set[str]:
    escaped = html.escape(secret)
    return {escaped, html.escape(secret, quote=False), escaped.replace("&#x27;", "&#39;")}


def _in_addresses(secret: str) -> set[str]:
    quoted = {quote(secret), quote(secret, safe="")}
    return quoted | {_ESCAPED.sub(lambda hit: hit[0].lower(), one) for one in quoted}


def _in_json(secret: str) -> set[str]:
    """Python's and most others', Go's (encoding/json escapes what HTML could take for its own), PHP's."""
    written = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return written | {one.translate(_GO) for one in written} | {one.replace("/", r"\/") for one in written}


def _in_code(secret: str) -> set[str]:
    python = {repr(secret)[1:-1], ascii(secret)[1:-1], repr(secret.encode())[2:-1]}
    shell = {secret.replace("'", r"'\''"), secret.replace("'", "'\"'\"'"), _QUOTED.sub(r"\\\g<0>", secret)}
    return python | shell
