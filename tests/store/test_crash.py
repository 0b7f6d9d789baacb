"""Killed at any moment, the database opens and is whole; each use case is there wholly or not at all."""

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.store import Store

ROOT = Path(__file__).parent.parent.parent
KILLS = 12


def killed_after(seconds: float, database: Path) -> int:
    """Let the writer run for some time after its first commit, kill it; the last number it said, 0 for none."""
    command = [sys.executable, "-m", "tests.store.busy_writer", str(database)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        first = child.stdout.readline()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            pass  # the moment is to be exact
        child.kill()
        said = [first, *child.stdout]
    whole = [line for line in said if line.endswith("\n")]
    return int(whole[-1]) if whole else 0


def numbers(store: Store, sql: str) -> Counter[int]:
    return Counter(number for (number,) in store._db.execute(sql))


@pytest.mark.slow
def test_killed_at_any_moment_nothing_committed_is_lost_and_nothing_is_half_there(tmp_path):
    database, seen = tmp_path / "caretaker.db", 0
    chance = random.Random(20260301)
    for _ in range(KILLS):
        said = killed_after(chance.uniform(0, 0.25), database)
        store = Store(database)
        assert store._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        incidents = numbers(store, "select id from incident")
        assert numbers(store, "select incident from event") == incidents
        assert {w.parcel.subject for w in store.outbox.waiting()} == {f"incident:{n}" for n in incidents}
        assert len(store.outbox.waiting()) == 2 * len(incidents)
        assert set(incidents) == set(range(1, len(incidents) + 1))
        assert len(incidents) in (said, said + 1)  # committed, but killed before it could say so
        assert said > seen
        seen = said
        store.close()
