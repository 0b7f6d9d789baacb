"""The command line: which commands there are and what they take. What they do is in bot/terminal/.

Exit codes: 0 all is well; 1 something is not as it should be (a check fails, a mistake in a file); 2 the command
line itself is wrong; 75 start me again.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.config import ConfigError
from bot.terminal import UserMistake, examining, reading, running

ABOUT = "Caretaker watches a homelab while its owner is away, and walks a person through the repair in Slack."
DEMO_PORT = 8642

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. A user's mistake is a message, never a traceback."""
    options = make_parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (ConfigError, UserMistake) as mistake:
        print(mistake, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0  # whoever read the output has seen enough


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(prog="caretaker", description=ABOUT)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    runs = _add(commands, "run", running.run, "run the bot", config=True)
    demo = _add(
        commands, "demo", running.demo, "a lab and a Slack-like page on this machine, to break and to mend"
    )
    demo.add_argument(
        "--port", type=int, default=DEMO_PORT, help="where the page is (default: %(default)s or a free one)"
    )
    demo.add_argument("--folder", type=Path, metavar="DIR", help="keep the demo's files there (default: nowhere)")
    demo.add_argument("--real", action="store_true", help="with one real guest under QEMU's emulation")
    for command in (runs, demo):
        command.add_argument("--verbose", "-v", action="store_true", help="log every detail")
    _add(commands, "check", examining.check, "probe everything once and print a table", config=True)
    doctor = _add(commands, "doctor", examining.doctor, "what is missing before the bot can run", config=True)
    doctor.add_argument("--post", action="store_true", help="post a test message to the channel")
    _add(commands, "lint", reading.lint, "check lab.yaml and the runbooks", config=True)
    _add_runbook(commands)
    _add(commands, "schema", reading.schema, "print the JSON Schema of lab.yaml, for editors")
    _add(commands, "manifest", reading.manifest, "print the Slack app's manifest, to paste when creating the app")
    _add(commands, "health", running.health, "whether the bot is alive (for supervisors)", config=True)
    return parser


def _add_runbook(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    runbook = commands.add_parser("runbook", help="show a runbook's flow, or walk it dry")
    verbs = runbook.add_subparsers(required=True, metavar="VERB")
    show = _add(verbs, "show", reading.show_runbook, "its flow; without a name, all there are", config=True)
    show.add_argument("name", nargs="?")
    dry = _add(verbs, "try", reading.try_runbook, "what would run, where, with which values", config=True)
    dry.add_argument("name")
    dry.add_argument("--value", action="append", default=[], metavar="NAME=TEXT", help="a value, e.g. guest=web1")


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Command,
    about: str,
    *,
    config: bool = False,
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    added.set_defaults(command=command)
    if config:
        added.add_argument(
            "--config",
            "-c",
            type=Path,
            default=Path("lab.yaml"),
            metavar="FILE",
            help="the lab's file (default: %(default)s)",
        )
    return added


if __name__ == "__main__":
    sys.exit(main())
