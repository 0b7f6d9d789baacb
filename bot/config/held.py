"""The secrets that the bot holds: its tokens, and what lab.yaml and the files it names give away."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from bot.config.secrets import Secrets
from bot.config.values import Backup, Config, Ssh

_IN_ADDRESS = re.compile(
    r"://[^/@\s:]*:([^/@\s]+)@|[?&](?:token|key|api_?key|password|passwd|secret)=([^&\s]+)", re.IGNORECASE
)
_LONGEST_FILE: Final = 65_536
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{32,}")  # of a private key, or a part of it could be printed unnoticed


def secrets_held(config: Config, secrets: Secrets) -> frozenset[str]:
    """All of them, as far as they can be read here."""
    addresses = [secrets.heartbeat, *secrets.second_channel]
    given_away = (part for address in addresses for part in _in_secret_address(address))
    return frozenset({secrets.bot_token, secrets.app_token, *given_away, *_held(config)})


def _in_secret_address(address: str) -> Iterator[str]:
    """An address that is a secret: the whole of it, and all in it but its host."""
    if address:
        yield address
        for part in re.split(r"[/?&=@:]+", address.partition("://")[2]):
            if "." not in part:
                yield part
                yield unquote(part)


def _held(value: Any) -> Iterator[str]:
    """What a value of lab.yaml gives away, and all within it."""
    match value:
        case str():
            yield from _in_address(value)
        case Backup():
            yield _text_of(Path(value.password_file).expanduser()).strip()
            yield from _in_address(value.repository)
        case Ssh():
            yield from _KEY_LINE.findall(_text_of(value.key)) if value.key else ()
        case Mapping():
            yield from _all_held(value.values())
        case list() | tuple():
            yield from _all_held(value)
        case _ if is_dataclass(value):
            yield from _all_held(getattr(value, one.name) for one in fields(value))
        case _:
            pass


def _all_held(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from _held(value)


def _in_address(text: str) -> Iterator[str]:
    """The passwords and tokens in an address, as they stand there and as they are meant."""
    for found in _IN_ADDRESS.findall(text):
        secret = found[0] or found[1]
        yield secret
        yield unquote(secret)


def _text_of(path: Path) -> str:
    """What a file holds; nothing where it can't be read, or is too long for a secret."""
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text() if path.is_file() and path.stat().st_size <= _LONGEST_FILE else ""
    return ""
