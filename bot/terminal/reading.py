"""`lint`, `runbook show`, `runbook try`, `schema`, `manifest`: what only reads files and prints."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.config import Config, ConfigError, absent_files, doubts_of, load
from bot.config import schema as json_schema
from bot.core.nearest import did_you_mean
from bot.core.outline import outline
from bot.core.runbook import Action, LabAction, Runbook, Step, needs_confirmation, who_may
from bot.core.runs.beginning import why_unknown
from bot.core.values import BUILT_IN
from bot.library import Library, NoSuchRunbook, Refreshed
from bot.manifest import AFTERWARDS, as_json
from bot.terminal import LAB_FILE, UserMistake, counted
from bot.terminal.scripts import unreadable
from bot.vocabulary import library_of, probe_params


def lint(options: argparse.Namespace) -> int:
    """Check lab.yaml, where there is one, and every runbook; 1 if anything is wrong."""
    config, mistakes = None, []
    try:
        config = _config(options.config)
    except ConfigError as mistake:
        mistakes += str(mistake).splitlines()
    library = library_of(config)
    if config is not None:
        mistakes += doubts_of(config)
    mistakes += [line for broken in _refresh(library).broken for line in broken.lines]
    scripts = [(book.name, found) for book in library.all() for found in unreadable(book)]
    good = len(library.all()) - len({name for name, _ in scripts})
    mistakes += [f"{library.file_of(name)}:{line}: {what}" for name, (line, what) in scripts]
    there = absent_files(config) if config is not None else []
    hints = [*(line.replace(": ", ": hint: ", 1) for line in there), *library.hints()]
    for line in (*mistakes, *hints):
        print(line)
    read = (
        f"{options.config}"
        if options.config.exists()
        else f"no {options.config} found: runbooks are checked without it"
    )
    found = counted(len(mistakes), "mistake") if mistakes else "no mistakes"
    found += f", {counted(len(hints), 'hint')}" if hints else ""
    print(f"{read}, {counted(good, 'good runbook')}: {found}", file=sys.stderr)
    return 1 if mistakes else 0


def schema(_options: argparse.Namespace) -> int:
    """The JSON Schema of lab.yaml."""
    print(json.dumps(json_schema(probe_params()), indent=2))
    return 0


def manifest(_options: argparse.Namespace) -> int:
    """The Slack app's manifest on stdout; what is to be done with it on stderr."""
    print(as_json())
    print(AFTERWARDS, end="", file=sys.stderr)
    return 0


def show_runbook(options: argparse.Namespace) -> int:
    """A runbook's flow; without a name, all there are."""
    library = _library(options.config)
    if options.name is None:
        for runbook in library.all():
            print(f"{runbook.name:<22} {runbook.title}")
        return 0
    print("\n".join(outline(_runbook(library, options.name))))
    return 0


def try_runbook(options: argparse.Namespace) -> int:
    """Walk a runbook dry: what would run, where, with which values. Nothing is run."""
    runbook, values = _runbook(_library(options.config), options.name), dict(options.value)
    known = set(BUILT_IN).union(*(step.uses for step in runbook.steps))
    for name in values.keys() - known:
        why = f"the runbook uses no ${name}{did_you_mean(name, known)}"
        raise UserMistake(f"cannot take --value {name}={values[name]}: because {why}")
    print(f"{runbook.title}, dry: nothing is run")
    if unknown := why_unknown(runbook, values, None):
        print(f"With no more than this it could not be started: {unknown}")
    for number, step in enumerate(runbook.steps, 1):
        heading = f"{step.heading}  [{who_may(step, runbook)}]{'  only on request' if step.on_request else ''}"
        print(f"\n{number}. {heading}")
        for line in _dry(step, values):
            print(f"     {line}")
    return 0


def _dry(step: Step, values: Mapping[str, str]) -> Iterator[str]:
    """What would happen in a step, a line each, in its order; at the end, the values it would have."""
    if step.question:
        yield f"a person {'chooses' if step.question.choose else 'answers'}, which sets ${step.question.name}"
    if confirmation := needs_confirmation(step):
        yield f"a person types ${confirmation.typed}" if confirmation.typed else "a person confirms"
    if step.before:
        yield from _would("checks this first; stops if it isn't true", step.before.action, values)
    if step.action:
        yield from _would("would run", step.action, values)
    elif not step.question:
        yield "is done by hand"
    if step.check:
        yield from _would("would prove it", step.check.action, values)
    for name in sorted(step.uses):
        yield f"${name} = {values[name]!r}" if name in values else f"${name} is not given (--value {name}=…)"


def _would(what: str, action: Action, values: Mapping[str, str]) -> Iterator[str]:
    if isinstance(action, LabAction):
        shown = {name: values.get(name, f"${name}") for name in action.uses}
        yield f"{what}: lab {action.call.filled(shown)}"
        return
    where = values.get(action.run_on[1:], action.run_on) if action.run_on.startswith("$") else action.run_on
    yield f"{what}, with {action.language} on {where}:"
    yield from (f"  {line}" for line in action.text.splitlines())


def _config(path: Path) -> Config | None:
    """What lab.yaml says; None where there is none and none was asked for. Raises ConfigError."""
    if path == LAB_FILE and not path.exists():
        return None
    return load(path, probes=probe_params())


def _library(path: Path) -> Library:
    library = library_of(_config(path))
    _refresh(library)
    return library


def _refresh(library: Library) -> Refreshed:
    try:
        return library.refresh()
    except OSError as why:
        raise UserMistake(f"cannot read the runbooks: because {why}") from why


def _runbook(library: Library, name: str) -> Runbook:
    try:
        return library.get(name)
    except NoSuchRunbook as mistake:
        why = str(mistake)
        raise UserMistake(why if why.startswith("cannot") else f"cannot find it: because {why}") from mistake
