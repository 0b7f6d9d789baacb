"""The values of a run: their names, which of them a text uses, and how they are shown in it.

A script gets them as environment variables. Nothing here pastes a value into a script, or takes one apart.
"""

import re
from collections.abc import Mapping

from bot.core.kinds import TargetKind

BUILT_IN = {
    "host": "the incident's host",
    "guest": "the incident's guest",
    "guest_uuid": "the UUID of that guest: which machine it is, whatever it is called",
    "hypervisor": "the host the guest runs on",
    "disk": "the path of the guest's boot disk on $hypervisor",
    "bytes": "how many bytes the guest's boot disk holds",
    "incident": "the incident's number",
    "backup_repository": "where restic finds the backups, from the config",
    "backup_password_file": "the file with that repository's password, from the config",
}
"""What a run knows without asking. Which of them are set depends on the incident's target."""

_OF_BACKUPS = frozenset({"backup_repository", "backup_password_file"})
KNOWN_OF: Mapping[TargetKind, frozenset[str]] = {
    TargetKind.HOST: _OF_BACKUPS | {"incident", "host"},
    TargetKind.GUEST: frozenset(BUILT_IN) - {"host"},
}
"""Which of them a target of that kind may have; one of another kind has an incident alone."""

_OF_SHELLS = "all_proxy ftp_proxy http_proxy https_proxy no_proxy auto_resume histchars"
_OF_WINDOWS = (  # which knows no difference between `path` and `PATH`
    "appdata cd cmdcmdline comspec computername date errorlevel homedrive homepath localappdata os path pathext "
    "programdata programfiles prompt psmodulepath public random systemdrive systemroot temp time tmp userdomain "
    "username userprofile windir"
)
RESERVED = frozenset(_OF_SHELLS.split()) | frozenset(_OF_WINDOWS.split())
"""Names that a shell or Windows gives a meaning of its own."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SHOWN = re.compile(r"\$(?:([a-z][a-z0-9_]*)|\{([a-z][a-z0-9_]*)\})")
_LITERAL_HEREDOC = re.compile(r"<<-?\s*['\"\\](\w+).*?^\s*\1$", re.DOTALL | re.MULTILINE)
_SHELL = re.compile(
    r"\\."  # an escaped character
    r"|(?P<comment>(?<![^\s;&|(])\#[^\n]*)"
    r"|(?P<single>'[^']*')"
    r"|(?P<double>\")"
    r"|(?P<open>\$?\()|(?P<close>\))"
    r"|\$\{[!#]?(?P<braced>\w+)(?P<fallback>:?[-=+?])?"
    r"|\$(?P<plain>\w+)",
    re.DOTALL,
)
_ASSIGNED = re.compile(
    r"(?:^|[\s;&|(])(\w+)\+?=|\bfor\s+(\w+)\b|\b(?:read|mapfile|readarray)\b([^;|&\n<]*)", re.MULTILINE
)


def why_not_a_name(name: str) -> str | None:
    """Why `name` cannot name a value, or None where it can."""
    if not _NAME.fullmatch(name):
        return "a value's name is lower-case letters, digits and _, a letter first"
    if name in RESERVED:
        return f"a shell or Windows reserves {name!r}"
    if name in BUILT_IN:
        return f"${name} is already {BUILT_IN[name]}"
    return None


def shown_in(text: str) -> frozenset[str]:
    """The values that a text for people, a path or a word of a `lab` line names as `$x` or `${x}`."""
    return frozenset(plain or braced for plain, braced in _SHOWN.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text as a person reads it: each `$x` that is set shows its value, once; the others stay as they are."""
    return _SHOWN.sub(lambda found: values.get(found[1] or found[2], found[0]), text)


def used_by_shell(script: str) -> frozenset[str]:
    """The values that a `sh` or `bash` script takes from its environment, as well as can be seen by reading it.

    Left out are upper-case names (the machine's own), what the script assigns itself, what stands in single
    quotes or comments, and `${x:-…}`, whose author thought of its being unset.
    """
    text = _LITERAL_HEREDOC.sub("", script)
    return frozenset(name for name in _expanded(text) if _NAME.fullmatch(name)) - _assigned(text) - RESERVED


def _expanded(script: str) -> list[str]:
    """Every name the shell would expand. Keeps account of quotes, since `'` is nothing special within `"`."""
    names, quoted, at = [], [False], 0
    while found := _SHELL.search(script, at):
        at = found.end()
        if quoted[-1] and (found["single"] or found["comment"]):
            at = found.start() + 1  # within double quotes these are letters like any other
        elif found["double"]:
            quoted[-1] = not quoted[-1]
        elif found["open"] and (not quoted[-1] or found["open"] == "$("):
            quoted.append(False)
        elif found["close"] and not quoted[-1] and len(quoted) > 1:
            quoted.pop()
        elif not found["fallback"]:
            names += [name for name in (found["braced"], found["plain"]) if name]
    return names


def _assigned(script: str) -> frozenset[str]:
    names: set[str] = set()
    for assigned, looped, read in _ASSIGNED.findall(script):
        names |= {assigned, looped, *read.split()}
    return frozenset(names)
