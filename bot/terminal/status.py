"""`status`: the lab at a glance, as `/lab status` tells it, from the database alone: without bot or Slack.

What stands there is the present only while the bot runs, and writes. Otherwise it is the past, and said to be.
"""

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot import queries
from bot.config import Config, load
from bot.core.picture import LabPicture, Trouble
from bot.store import Store
from bot.terminal import UserMistake
from bot.terminal.database import opened
from bot.terminal.life import Life, is_used_deleted, life_of, moment
from bot.terminal.wrapping import wrapped
from bot.views.plain import Reader, plain
from bot.views.status import is_all_well, status_card
from bot.views.times import lasted
from bot.vocabulary import probe_params

JUST_STARTED = "⚪ Caretaker has only just started: what it has looked at is not known yet"


def status(options: argparse.Namespace) -> int:
    """Print how the lab is; 0 only if the bot runs, is heard, and everything is proven well."""
    config, now = load(options.config, probes=probe_params()), datetime.now(UTC)
    if is_used_deleted(config.database):
        raise UserMistake(f"cannot read '{config.database}': because it was deleted or replaced under the bot")
    with opened(config) as store:
        life = life_of(config, store, now)
        lab = _lab(config, store, life, now)
        looked = store.alive.outlook() is not None
    _print(
        [
            *_heads(config, life, now, looked=looked),
            *_said(lab, config, now, past=not life.lives),
            _footer(life, now),
        ]
    )
    watched = not any(tally.unwatched for tally in lab.tallies.values())
    return 0 if life.well and looked and watched and is_all_well(lab) else 1


def _lab(config: Config, store: Store, life: Life, now: datetime) -> LabPicture:
    outlook = store.alive.outlook() or queries.WELL
    if life.lives and not life.writes and life.last is not None:
        outlook = replace(outlook, cannot_write=Trouble(life.last.at, life.trouble))
    return queries.status(store, now, config, outlook)


def _heads(config: Config, life: Life, now: datetime, *, looked: bool) -> Sequence[str]:
    """What is to be known before the rest is read: that it is the past, or not all of it."""
    if life.lives:
        return [] if looked else [JUST_STARTED]
    if life.last is None:
        return ["⛔ Caretaker has never run here"]
    how = "was stopped at" if life.last.stopped_at else "does not run: it was last seen at"
    since = f"{moment(life.last.at, config.zone)}, {lasted(now - life.last.at)} ago"
    return [f"⛔ Caretaker {how} {since}. Nobody has looked since. As it was then:"]


def _said(lab: LabPicture, config: Config, now: datetime, *, past: bool) -> Sequence[str]:
    reader = Reader(config.zone, _people(config), now)
    return [plain(text, reader) for text in status_card(lab, past=past).texts]


def _footer(life: Life, now: datetime) -> str:
    if life.last is None or not life.lives:
        return ""
    if not life.writes:
        return f"Caretaker is {life.words}"
    age = max(0, round((now - life.last.at).total_seconds()))
    trouble = life.words if life.trouble or life.silent else "alive"
    return f"Caretaker is {trouble}. Its last sign of life is {age} s old."


def _print(paragraphs: Sequence[str]) -> None:
    """Within the width of the terminal; elsewhere a line is a line."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no such letter
    for at, paragraph in enumerate(filter(None, paragraphs)):
        print(*([""] if at else []), *wrapped(paragraph, width), sep="\n")


def _people(config: Config) -> Mapping[str, str]:
    return {one.slack: one.name for one in config.people}
