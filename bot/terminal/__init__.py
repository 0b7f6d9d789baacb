"""The commands of the command line, one function each: `command(options) -> exit code`.

running.py is what runs until it is stopped, demo.py the same with a lab of its own; health.py asks from outside
whether the bot lives; check.py and doctor.py look once; reading.py only reads files. They print for people: a
user's mistake is raised as UserMistake or ConfigError, never shown as a traceback.
"""

from pathlib import Path

LAB_FILE = Path("lab.yaml")
"""Where the lab is described, unless --config says otherwise."""


class UserMistake(Exception):
    """What a person can mend; the text says what and where."""


def counted(number: int, what: str) -> str:
    """`1 guest`, `2 guests`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
