"""`lint`, `runbook show`, `runbook try`, `schema`, `manifest`: what only reads files and prints."""

import argparse
import json
import sys

from bot.app import folders, knowledge, probe_params
from bot.config import Config, ConfigError, load
from bot.config import schema as json_schema
from bot.core.outline import outline
from bot.core.runbook import LabAction, Runbook, ScriptAction, Step, who_may
from bot.library import Library, NoSuchRunbook
from bot.manifest import AFTERWARDS, as_json
from bot.terminal import UserMistake


def lint(options: argparse.Namespace) -> int:
    """Check lab.yaml, where there is one, and every runbook; 1 if anything is wrong."""
    mistakes: list[str] = []
    config = None
    if options.config.exists():
        try:
            config = load(options.config, probes=probe_params())
        except ConfigError as mistake:
            mistakes += str(mistake).splitlines()
    library = Library(folders(config), knowledge(config))
    mistakes += [line for broken in library.refresh().broken for line in broken.lines]
    for line in mistakes:
        print(line)
    read = f"{options.config}" if config else f"no {options.config}"
    print(f"{read}, {len(library.all())} runbooks: {len(mistakes)} mistakes", file=sys.stderr)
    return 1 if mistakes else 0


def schema(_options: argparse.Namespace) -> int:
    """The JSON Schema of lab.yaml."""
    print(json.dumps(json_schema(probe_params()), indent=2))
    return 0


def manifest(_options: argparse.Namespace) -> int:
    """The Slack app's manifest on stdout; what to do with it on stderr."""
    print(as_json())
    for hint in AFTERWARDS:
        print(hint, file=sys.stderr)
    return 0


def show_runbook(options: argparse.Namespace) -> int:
    """A runbook's flow; without a name, all there are."""
    library = _library(options)
    if options.name is None:
        for runbook in library.all():
            print(f"{runbook.name:<22} {runbook.title}")
        return 0
    print("\n".join(outline(_runbook(library, options.name))))
    return 0


def try_runbook(options: argparse.Namespace) -> int:
    """Walk a runbook dry: what would run, where, with which values. Nothing is executed."""
    runbook = _runbook(_library(options), options.name)
    values = dict(pair.partition("=")[::2] for pair in options.value)
    print(f"{runbook.title}\n")
    for number, step in enumerate(runbook.steps, 1):
        print(
            f"{number}. {step.heading}  [{who_may(step, runbook)}]{'  only on request' if step.on_request else ''}"
        )
        for line in _dry(step, values):
            print(f"     {line}")
    return 0


def _dry(step: Step, values: dict[str, str]) -> list[str]:
    action, lines = step.action, []
    if step.question is not None:
        lines.append(f"sets ${step.question.name}")
    if isinstance(action, LabAction):
        lines.append(f"would run: lab {action.call.filled({n: values.get(n, f'${n}') for n in action.uses})}")
    elif isinstance(action, ScriptAction):
        where = values.get(action.run_on.removeprefix("$"), action.run_on)
        lines += [
            f"would run with {action.language} on {where}:",
            *(f"  {one}" for one in action.text.splitlines()),
        ]
    else:
        lines.append("is done by hand" if step.question is None else "is asked of a person")
    for name in sorted(step.uses):
        lines.append(
            f"${name} = {values[name]!r}" if name in values else f"${name} is not given (--value {name}=…)"
        )
    return lines


def _library(options: argparse.Namespace) -> Library:
    config: Config | None = load(options.config, probes=probe_params()) if options.config.exists() else None
    library = Library(folders(config), knowledge(config))
    library.refresh()
    return library


def _runbook(library: Library, name: str) -> Runbook:
    try:
        return library.get(name)
    except NoSuchRunbook as mistake:
        raise UserMistake(str(mistake)) from mistake
