"""The command line: which commands there are and what they take. What they do is in bot/terminal/.

A command's module is imported when it is run, so that `--help` answers at once and Ctrl-C ends it at any time.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from bot.terminal import LAB_FILE, UserMistake

ABOUT = "Caretaker watches a homelab while its owner is away, and walks a person through the repair in Slack."
AFTER = """\
Each command has its own --help, with an example.

exit codes:
  0     all is well
  1     something is not as it should be, or could not be seen: a check fails or proves nothing, a file has a
        mistake, a part is missing
  2     the command line itself is wrong
  75    only a new process may help (run): start it again
  130   interrupted
"""
STATUS_CODES = """\
exit codes:
  0     the bot runs, can write and is heard in Slack, and all it watches is proven well, or accepted by
        lab.yaml's `proof: running` or a person's word
  1     anything else, also that it is not known: the bot does not run, or something was not looked at yet

"""
DEMO_PORT = 8642

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no public name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. A user's mistake is a message, never a traceback."""
    try:
        return _run(make_parser().parse_args(arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the output has seen enough, and Python must not complain of it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(options: argparse.Namespace) -> int:
    from bot.config import ConfigError  # noqa: PLC0415  it takes its time, in which Ctrl-C may come

    try:
        code = int(_imported(options.command)(options))
        sys.stdout.flush()
    except (ConfigError, UserMistake) as mistake:
        print(mistake, file=sys.stderr)
        return 1
    return code


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        prog="caretaker", description=ABOUT, epilog=AFTER, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_running(commands)
    _add_examining(commands)
    _add_reading(commands)
    return parser


def _add_running(commands: _Commands) -> None:
    run = _add(commands, "run", "running:run", "run the bot until it is told to stop", "run --config lab.yaml")
    about = "a lab and a Slack-like page on this machine, to break and to mend"
    demo = _add(commands, "demo", "demo:demo", about, "demo")
    about = "where the page is (default: %(default)s); another where that is taken"
    demo.add_argument("--port", type=_port, default=DEMO_PORT, help=about)
    demo.add_argument("--folder", type=Path, metavar="DIR", help="keep the demo's files there (default: nowhere)")
    demo.add_argument("--real", action="store_true", help="with one real guest under QEMU's emulation")
    for command in (run, demo):
        command.add_argument("--verbose", "-v", action="store_true", help="log every detail")
    about = "whether the bot is alive, for whoever supervises it"
    health = _add(commands, "health", "health:health", about, "health --config lab.yaml")
    for command in (run, health):
        _add_config(command)
    _add_records(commands)


def _add_records(commands: _Commands) -> None:
    about = "the lab at a glance, as /lab status in Slack, whether the bot runs or not"
    status = _add(commands, "status", "status:status", about, "status", STATUS_CODES)
    _add_config(status)
    about = "what happened to incidents and runs, who pressed what, and what befell the bot, a line each"
    journal = _add(commands, "journal", "journal:journal", about, "journal --since 2h --follow")
    about = "2h, 14:30, 2026-03-01 or '2026-03-01 14:30' (default: the last day; of one incident, all)"
    journal.add_argument("--since", metavar="WHEN", help=about)
    journal.add_argument("--incident", "-i", type=int, metavar="N", help="only what belongs to incident N")
    journal.add_argument("--follow", "-f", action="store_true", help="go on printing what comes, until Ctrl-C")
    _add_config(journal)


def _add_examining(commands: _Commands) -> None:
    check = _add(commands, "check", "check:check", "look at everything once and print a table", "check")
    about = "what the bot still lacks before it can run, and how to mend it"
    doctor = _add(commands, "doctor", "doctor:doctor", about, "doctor --post")
    doctor.add_argument("--post", action="store_true", help="post a test message to the channel")
    doctor.add_argument("--send-test", action="store_true", help="send a test message over the second channel")
    for command in (check, doctor):
        _add_config(command)


def _add_reading(commands: _Commands) -> None:
    lint = _add(
        commands, "lint", "reading:lint", "check lab.yaml and the runbooks; mistakes with their lines", "lint"
    )
    runbook = commands.add_parser("runbook", help="show a runbook's flow, or walk it dry")
    verbs = runbook.add_subparsers(required=True, metavar="VERB")
    about = "its flow; without a name, the runbooks there are"
    show = _add(verbs, "show", "reading:show_runbook", about, "runbook show restore-boot-disk")
    show.add_argument("name", nargs="?")
    about = "what would run, where, with which values; nothing is run"
    dry = _add(verbs, "try", "reading:try_runbook", about, "runbook try guest-down --value guest=web1")
    dry.add_argument("name")
    about = "a value, as an incident sets it"
    dry.add_argument("--value", type=_value, action="append", default=[], metavar="NAME=TEXT", help=about)
    for command in (lint, show, dry):
        _add_config(command)
    about = "print the JSON Schema of lab.yaml, for editors"
    _add(commands, "schema", "reading:schema", about, "schema > lab.schema.json")
    about = "print the Slack app's manifest, to paste when creating the app"
    _add(commands, "manifest", "reading:manifest", about, "manifest > manifest.json")


def _add(
    commands: _Commands, name: str, command: str, about: str, example: str, more: str = ""
) -> argparse.ArgumentParser:
    """`command`: its function, as `module:name` within bot.terminal."""
    added = commands.add_parser(
        name,
        help=about,
        description=f"{about[0].upper()}{about[1:]}.",
        epilog=f"{more}example:\n  ./caretaker {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.set_defaults(command=command)
    return added


def _add_config(command: argparse.ArgumentParser) -> None:
    about = "the lab's file (default: %(default)s)"
    command.add_argument("--config", "-c", type=Path, default=LAB_FILE, metavar="FILE", help=about)


def _imported(command: str) -> Callable[[argparse.Namespace], int]:
    module, _, name = command.partition(":")
    found: Callable[[argparse.Namespace], int] = getattr(import_module(f"bot.terminal.{module}"), name)
    return found


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"cannot use {text!r}: because a port is a number up to 65535")
    return int(text)


def _value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"cannot use {text!r}: because a value is written NAME=TEXT")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
