"""What the owner wrote, `lab.yaml` and the environment, as frozen values. No secret is ever read from the file.

values.py is what the rest of the program sees. document.py (YAML), scalars.py, reading.py (pydantic) and
references.py turn the file into it and name every mistake with its line; they are imported when a file is read.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.config.outward import Heartbeat, Method, OnCritical, SecondChannel
from bot.config.places import Known, as_written
from bot.config.secrets import Secrets, load_outward, load_secrets, take_secrets
from bot.config.timing import Timing
from bot.config.values import (
    Backup,
    Check,
    Config,
    ConfigError,
    Expect,
    Guest,
    Host,
    Runbooks,
    Service,
    SlackConfig,
    Ssh,
    Ups,
)
from bot.config.witnesses import Witnesses

__all__ = [
    "Backup",
    "Check",
    "Config",
    "ConfigError",
    "Expect",
    "Guest",
    "Heartbeat",
    "Host",
    "Method",
    "OnCritical",
    "Runbooks",
    "SecondChannel",
    "Secrets",
    "Service",
    "SlackConfig",
    "Ssh",
    "Timing",
    "Ups",
    "Witnesses",
    "absent_files",
    "doubts_of",
    "lines_of",
    "load",
    "load_outward",
    "load_secrets",
    "schema",
    "take_secrets",
]


def load(path: Path, *, probes: Mapping[str, type[Any]], env: Mapping[str, str] = os.environ) -> Config:
    """The values of the file at `path`. `probes`: name and dataclass of parameters of each (one at least).

    Relative paths in the file are relative to its folder; `CARETAKER_DATA` in `env` overrides `data`. Raises
    ConfigError with every mistake that was found.
    """
    from bot.config.reading import read  # noqa: PLC0415  13 MB and 0.2 s, for who reads a file

    return read(path, probes, env)


def lines_of(path: Path) -> Callable[[tuple[str | int, ...]], int]:
    """Tells the line on which a thing stands in a file that could be read, by the keys that lead to it."""
    from bot.config.document import parse  # noqa: PLC0415  see load

    return parse(path.read_text()).line


def doubts_of(config: Config, known: Known = as_written) -> list[str]:
    """What can't be meant as a file says it, though it could be read: `lab.yaml:9: cannot …`, a line each.

    `known`: the addresses that the names of hosts were looked up to, if they were.
    """
    from bot.config.doubts import doubts  # noqa: PLC0415  see load

    return [f"{config.path}:{line}" for line in doubts(config, lines_of(config.path), known)]


def absent_files(config: Config) -> list[str]:
    """The files that it names and that can't be read on this machine: `lab.yaml:12: …`, a line each."""
    from bot.config.doubts import absent  # noqa: PLC0415  see load

    return [f"{config.path}:{line}" for line in absent(config, lines_of(config.path))]


def schema(probes: Mapping[str, type[Any]]) -> dict[str, Any]:
    """The JSON Schema of the file, for editors that complete and check YAML."""
    from bot.config.reading import json_schema  # noqa: PLC0415  see load

    return json_schema(probes)
