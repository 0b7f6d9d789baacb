"""`journal`: what is on record, a line each, newest last: read from the database, whether the bot runs or not."""

import argparse
import re
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from bot.config import Config, load
from bot.config.scalars import duration
from bot.core.incident import IncidentId
from bot.domain_log import named, quoted, shown
from bot.store.record import Line, Place
from bot.terminal import UserMistake
from bot.terminal.database import opened
from bot.terminal.life import moment
from bot.vocabulary import probe_params

LATELY = timedelta(days=1)
LOOK_EVERY = 0.5  # seconds
_FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


def journal(options: argparse.Namespace) -> int:
    """Print the record; 0. With --follow, until Ctrl-C."""
    config, now = load(options.config, probes=probe_params()), datetime.now(UTC)
    since = None if options.incident else now - LATELY
    if options.since:
        since = since_when(options.since, now, config.zone)
    place = _print(config, since, options.incident)
    while options.follow:
        time.sleep(LOOK_EVERY)
        place = _print_new(config, place, options.incident)
    return 0


def since_when(text: str, now: datetime, zone: tzinfo) -> datetime:
    """A length of time before `now`, a day, or a moment, in that zone. Raises UserMistake."""
    if re.fullmatch(r"\d{1,2}:\d{2}", text):
        hour, minute = map(int, text.split(":"))
        if hour < 24 and minute < 60:
            return now.astimezone(zone).replace(hour=hour, minute=minute, second=0, microsecond=0)
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=zone)
        except ValueError:
            continue
    try:
        return now - duration(text)
    except (ValueError, OverflowError) as why:
        ways = "a length of time (2h), a time of today (14:30), or a day and time (2026-03-01 14:30)"
        raise UserMistake(f"cannot use --since '{text}': because it is not {ways}") from why


def _print(config: Config, since: datetime | None, incident: int | None) -> Place:
    with opened(config) as store:
        if incident and store.incidents.get(IncidentId(incident)) is None:
            raise UserMistake(f"cannot find incident {incident}: because there is none of that number")
        empty = True
        for one in store.record.lines(since, incident):
            print(written(one, config.zone, _people(config)), flush=True)
            empty = False
        if empty and since:
            print(f"nothing is on record since {moment(since, config.zone)}", file=sys.stderr)
        return store.record.end()


def _print_new(config: Config, place: Place, incident: int | None) -> Place:
    with opened(config) as store:
        for one in store.record.after(place, incident):
            print(written(one, config.zone, _people(config)), flush=True)
        return store.record.end()


def written(line: Line, zone: tzinfo, people: Mapping[str, str]) -> str:
    """A line as it is printed: when, what, what it is about, and the words of it."""
    facts = (
        ("incident", line.incident),
        ("run", line.run),
        ("step", None if line.step is None else line.step + 1),
        ("target", line.target),
        ("person", people.get(line.by, line.by) if line.by else None),
    )
    pairs = "".join(f" {name}={quoted(str(fact))}" for name, fact in facts if fact is not None)
    kind = line.kind or ("undelivered" if line.text.startswith("cannot deliver ") else "bot")
    words = named(line.text, people).replace("\n", "\\n")
    return shown(f"{line.at.astimezone(zone).isoformat(timespec='seconds')} {kind}{pairs}: {words}")


def _people(config: Config) -> Mapping[str, str]:
    return {one.slack: one.name for one in config.people}
