"""The Slack tokens and the addresses of heartbeat and second channel, from the environment or from files it names.

They never stand in lab.yaml, and are never shown.
"""

import ipaddress
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_IROTH
from urllib.parse import urlsplit

from bot.config.values import ConfigError

SLACK_API = "https://www.slack.com/api/"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What proves to Slack who the bot is, and where Slack is. `warnings`: what its keeper should mend.

    `heartbeat`: the address to ping, "" for none; `second_channel`: Apprise's addresses.
    """

    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    api_url: str = SLACK_API
    warnings: tuple[str, ...] = ()
    heartbeat: str = field(default="", repr=False)
    second_channel: tuple[str, ...] = field(default=(), repr=False)


HEARTBEAT = "CARETAKER_HEARTBEAT_URL"
SECOND_CHANNEL = "CARETAKER_SECOND_CHANNEL"
_NAMES = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", HEARTBEAT, SECOND_CHANNEL)


def take_secrets(environment: MutableMapping[str, str]) -> Secrets:
    """The secrets, out of the environment: what this process starts has no business with them."""
    secrets = load_secrets(environment)
    for name in _NAMES:
        environment.pop(name, None)
    return secrets


def load_secrets(env: Mapping[str, str]) -> Secrets:
    """SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or the files named by …_FILE; SLACK_API_URL. Raises ConfigError.

    CARETAKER_HEARTBEAT_URL and CARETAKER_SECOND_CHANNEL, or their files, may be missing.
    """
    mistakes: list[str] = []
    warnings: list[str] = []
    found = {}
    for name, start in (("SLACK_BOT_TOKEN", "xoxb-"), ("SLACK_APP_TOKEN", "xapp-")):
        try:
            found[name] = _token(env, name, start, warnings)
        except ConfigError as mistake:
            mistakes.append(str(mistake))
    outward: tuple[str, tuple[str, ...]] = ("", ())
    api_url = SLACK_API
    try:
        api_url = _api_url(env.get("SLACK_API_URL") or SLACK_API)
    except ConfigError as mistake:
        mistakes.append(str(mistake))
    try:
        outward = load_outward(env, warnings)
    except ConfigError as mistake:
        mistakes.append(str(mistake))
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    tokens = found["SLACK_BOT_TOKEN"], found["SLACK_APP_TOKEN"]
    return Secrets(*tokens, api_url, tuple(warnings), *outward)


def load_outward(env: Mapping[str, str], warnings: list[str]) -> tuple[str, tuple[str, ...]]:
    """The heartbeat's address, and the second channel's, one a line or apart by blanks. Raises ConfigError."""
    url = (_written(env, HEARTBEAT, warnings) or "").strip()
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or any(map(str.isspace, url))):
        raise ConfigError(
            f"cannot read {HEARTBEAT}: because it is no address that begins with https:// or http://"
        )
    channel = _written(env, SECOND_CHANNEL, warnings) or ""
    lines = (line for line in channel.splitlines() if not line.lstrip().startswith("#"))
    urls = tuple(url for line in lines for url in line.split())
    if not all(re.match(r"[a-z][a-z0-9+.-]*://", one, re.IGNORECASE) for one in urls):
        raise ConfigError(f"cannot read {SECOND_CHANNEL}: because not all in it are addresses such as ntfys://…")
    return url, urls


def _token(env: Mapping[str, str], name: str, start: str, warnings: list[str]) -> str:
    """One token. Its text is never quoted: messages end up in logs and screenshots."""
    text = _written(env, name, warnings)
    if not text:
        raise ConfigError(f"cannot read {name}: because neither it nor {name}_FILE is set in the environment")
    if not text.strip().startswith(start):
        raise ConfigError(f"cannot read {name}: because such a token starts with {start!r}, and this one does not")
    return text.strip()


def _written(env: Mapping[str, str], name: str, warnings: list[str]) -> str | None:
    """A secret's text, as the environment has it or the file that it names."""
    text, file = env.get(name), env.get(f"{name}_FILE")
    if text and file:
        raise ConfigError(f"cannot read {name}: because {name}_FILE is set too; keep one of them")
    return _from_file(f"{name}_FILE", Path(file).expanduser(), warnings) if file else text


def _from_file(name: str, path: Path, warnings: list[str]) -> str:
    try:
        text = path.read_text()
        if path.stat().st_mode & S_IROTH:
            warnings.append(f"everyone on this machine can read {path}: chmod 600 {path}")
    except OSError as error:
        raise ConfigError(f"cannot read {name}: because '{path}' gives: {error.strerror}") from error
    if not text.strip():
        raise ConfigError(f"cannot read {name}: because '{path}' is empty")
    return text


def _api_url(text: str) -> str:
    """Slack's address. Without TLS only where nobody can listen: the token travels with every call."""
    url = urlsplit(text)
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        raise ConfigError(
            f"cannot read SLACK_API_URL: because {text!r} would send the tokens unencrypted; use https:// "
            "(plain http is for this machine alone)"
        )
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ConfigError(f"cannot read SLACK_API_URL: because {text!r} is not an address such as {SLACK_API}")
    return text if text.endswith("/") else f"{text}/"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
