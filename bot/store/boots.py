"""What is remembered of guests' latest starts, in rows."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.core.incidents.console_log import BootRecord, Mark
from bot.core.incidents.guest_system import System, Whose
from bot.store.json_value import read_value
from bot.store.rows import time_in, time_out

VERSION = 1


class BootRows:
    """The table `boot`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> Mapping[TargetId, BootRecord]:
        """What is remembered, by guest."""
        rows = self._db.query("select guest, value_json from boot")
        return {TargetId(row["guest"]): _read(row) for row in rows}

    def keep(self, records: Mapping[TargetId, BootRecord], now: datetime) -> None:
        """Remember these starts, in place of earlier ones."""
        at = time_out(now)
        rows = [{"guest": guest, "at": at, "value_json": _out(record)} for guest, record in records.items()]
        self._db.table("boot").upsert_all(rows, pk="guest")


def _read(row: Mapping[str, Any]) -> BootRecord:
    return read_value(f"what is known of the start of {row['guest']}", row["value_json"], VERSION, _in)


def _out(record: BootRecord) -> str:
    return json.dumps(
        {
            "version": VERSION,
            "process": record.process,
            "size": record.mark.size,
            "tail": record.mark.tail,
            "started": time_out(record.started),
            "spoke": record.spoke,
            "came_up": record.came_up,
            "up": record.up,
            "system": record.whose.own and asdict(record.whose.own),
            "other_system": record.whose.other and asdict(record.whose.other),
        }
    )


def _in(told: Mapping[str, Any]) -> BootRecord:
    mark, started = Mark(told["size"], told["tail"]), time_in(told["started"])
    came_up, up, whose = bool(told["came_up"]), bool(told.get("up")), _whose(told)
    return BootRecord(
        told["process"], mark, started, spoke=bool(told["spoke"]), came_up=came_up, up=up, whose=whose
    )


def _whose(told: Mapping[str, Any]) -> Whose:
    return Whose(_system(told.get("system")), _system(told.get("other_system")))


def _system(told: Mapping[str, Any] | None) -> System | None:
    if told is None:
        return None
    return System(str(told["id"]), str(told["name"]), str(told["hostname"]), live=bool(told["live"]))
