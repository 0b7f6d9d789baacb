"""The owner edits a runbook while the bot runs: no restart, no version lost, no run that changes midway."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import LIBRARY_EVERY
from bot.demonstration import TestStage as Stage
from bot.demonstration import demonstration
from bot.workspace.records import ALEX
from tests.story.person import Person, words
from tests.story.stages import FEW
from tests.waiting import until

pytestmark = pytest.mark.slow

KNOCK = """\
# Knock

- Who: admin

## Knock once

Knock at the door of the server room.

## Listen

Someone may be in.
"""


class StageWithRunbooks(Stage):
    """A lab whose owner keeps runbooks of their own."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, datetime.now(UTC), roster=FEW)
        self.runbooks = folder / "runbooks"
        self.runbooks.mkdir()

    def yaml(self) -> str:
        return f"{super().yaml()}runbooks: {{folder: {self.runbooks}}}\n"


@dataclass(frozen=True, slots=True)
class Study:
    """Where the owner sits: a runbook in an editor, the workspace beside it."""

    runbook: Path
    alex: Person

    def save(self, text: str) -> None:
        """Save the runbook as editors do: a new file takes the old one's place."""
        new = self.runbook.with_suffix(".new")
        new.write_text(text)
        new.replace(self.runbook)

    async def listed(self, *said: str) -> None:
        """Wait until the list of runbooks says all this."""

        async def told() -> bool:
            listed = await self.alex.types("/lab runbooks")
            return all(one in listed for one in said)

        await until(told, 10, every=0.2)


@pytest.fixture
async def study(tmp_path) -> AsyncIterator[Study]:
    stage = StageWithRunbooks(tmp_path)
    runbook = stage.runbooks / "knock.md"
    runbook.write_text(KNOCK)
    async with demonstration(stage, tmp_path) as box:
        await until(lambda: box.sockets.connected)
        yield Study(runbook, Person(box, ALEX))


async def test_an_edited_runbook_is_used_by_the_next_run_while_one_under_way_goes_on_as_it_began(study):
    alex = study.alex
    await alex.types("/lab run knock")
    first = await alex.sees("Knock: under way")
    await alex.sees_in(first, "Knock at the door of the server room.")

    study.save(KNOCK.replace("Knock once", "Knock twice").replace("Listen", "Wait"))
    await alex.sees_in(first, "“Knock” was edited. This run goes on as it began; the next uses the new text.")
    await alex.press("Done", on="Step 1 of 2 · Knock once")
    await alex.press("Done", on="Step 2 of 2 · Listen")
    await alex.sees_in(first, "“Knock” is done")

    await alex.types("/lab run knock")
    await alex.press("Done", on="Step 1 of 2 · Knock twice")
    await alex.sees("Step 2 of 2 · Wait")


async def test_a_mistake_is_told_once_with_its_line_and_the_last_good_version_stays_in_use(study):
    alex = study.alex
    study.save(KNOCK.replace("- Who: admin", "- Whoo: admin"))
    told = await alex.sees("There is a mistake in a runbook. The last good version stays in use.")
    assert f"{study.runbook}:3: cannot " in words(told)
    assert "Who" in words(told)
    await study.listed("`knock` Knock", "Not usable as they are", "knock.md:3")
    await alex.types("/lab run knock")
    await alex.press("Done", on="Step 1 of 2 · Knock once")

    study.save(KNOCK.replace("- Who: admin", "- Whoo: admin") + "\nReally.\n")
    saved = time.monotonic()
    await until(lambda: time.monotonic() - saved > 2 * LIBRARY_EVERY, 10)  # it was looked at, and is no better
    study.save(KNOCK.replace("Knock once", "Knock twice"))
    await alex.sees("“Knock” was edited")
    await alex.press("Done", on="Step 2 of 2 · Listen")
    await alex.types("/lab run knock")
    await alex.sees("Step 1 of 2 · Knock twice")
    assert len([m for m in alex.channel() if "There is a mistake" in words(m)]) == 1
