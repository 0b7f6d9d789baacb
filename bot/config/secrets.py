"""The Slack tokens, from the environment or from files it names; never from lab.yaml, and never shown."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_IROTH
from urllib.parse import urlsplit

from bot.config.values import ConfigError

SLACK_API = "https://www.slack.com/api/"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What proves to Slack who the bot is, and where Slack is. `warnings`: what its keeper should mend."""

    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    api_url: str = SLACK_API
    warnings: tuple[str, ...] = ()


def load_secrets(env: Mapping[str, str]) -> Secrets:
    """SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or the files named by …_FILE; SLACK_API_URL. Raises ConfigError."""
    mistakes: list[str] = []
    warnings: list[str] = []
    found = {}
    for name, start in (("SLACK_BOT_TOKEN", "xoxb-"), ("SLACK_APP_TOKEN", "xapp-")):
        try:
            found[name] = _token(env, name, start, warnings)
        except ConfigError as mistake:
            mistakes.append(str(mistake))
    try:
        api_url = _api_url(env.get("SLACK_API_URL") or SLACK_API)
    except ConfigError as mistake:
        mistakes.append(str(mistake))
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return Secrets(found["SLACK_BOT_TOKEN"], found["SLACK_APP_TOKEN"], api_url, tuple(warnings))


def _token(env: Mapping[str, str], name: str, start: str, warnings: list[str]) -> str:
    """One token. Its text is never quoted: messages end up in logs and screenshots."""
    text, file = env.get(name), env.get(f"{name}_FILE")
    if text and file:
        raise ConfigError(f"cannot read {name}: because {name}_FILE is set too; keep one of them")
    if file:
        text = _from_file(f"{name}_FILE", Path(file).expanduser(), warnings)
    if not text:
        raise ConfigError(f"cannot read {name}: because neither it nor {name}_FILE is set in the environment")
    if not text.strip().startswith(start):
        raise ConfigError(f"cannot read {name}: because such a token starts with {start!r}, and this one does not")
    return text.strip()


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
