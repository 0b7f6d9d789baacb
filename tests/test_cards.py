"""Which card a subject has."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import runs
from bot.cards import Artist
from bot.config import Config, SlackConfig
from bot.core.health import Kind, TargetId
from bot.core.incident import Incident, IncidentId
from bot.core.permit import Person
from bot.core.progress import Progress
from bot.core.run import ActionFinished, Button, Press
from bot.core.written import Knowledge
from bot.library import Library
from bot.markdown import parse
from bot.store import Store
from bot.usecases.run_context import House, PinnedTextBroken
from tests.views.wild import shown

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
ALEX, ROBIN = Person("alex", "U0000000ALEX", ("admin",)), Person("robin", "U000000ROBIN", ("hands",))
KNOWN = Knowledge((), bot=True)
BOOK = """\
# Mend it

- Use for: guest-down

## Copy it
- Run on: bot

```sh
true
```

## Look
- Who: hands

By hand.
"""


class Lab:
    """A store with one incident, an artist, and a run of one runbook."""

    def __init__(self, folder: Path) -> None:
        (folder / "mend.md").write_text(BOOK)
        self.config = Config(folder / "lab.yaml", SlackConfig("homelab"), (ALEX, ROBIN))
        self.store = Store(folder / "caretaker.db")
        self.library = Library([folder], KNOWN)
        self.library.refresh()
        self.progress: dict[tuple[int, int], Progress] = {}
        self.readable = True
        self.house = House(self.config, self.read)
        self.artist = Artist(self.config, self.library, self.progress, self.house)
        web1 = Incident(IncidentId(7), Kind.GUEST_DOWN, TargetId("guest:web1"), "off", NOW, NOW)
        self.store.incidents.save([web1])

    def read(self, name: str, text: str):
        if not self.readable:
            raise PinnedTextBroken("cannot read 'mend': because atlas is gone")
        return parse(name, text, KNOWN).runbook

    def start(self, incident: int | None) -> None:
        book = self.library.get("mend")
        runs.start(self.store, NOW, self.house, book, {}, runs.Aim(None, incident), ALEX.slack)

    def draw(self, subject: str) -> str:
        card = self.artist.draw(self.store, subject, NOW)
        return "" if card is None else card.text + shown(card)


@pytest.fixture
def lab(tmp_path: Path):
    made = Lab(tmp_path)
    yield made
    made.store.close()


def test_an_incident_offers_the_runbook_that_fits_until_it_is_under_way(lab):
    assert "Start: Mend it" in lab.draw("incident:7")
    lab.start(7)
    assert "Start: Mend it" not in lab.draw("incident:7")
    assert "*Mend it*: step 1 of 2 · Copy it (ready when you are)" in lab.draw("incident:7")


def test_a_run_without_an_incident_has_a_card_of_its_own_and_one_a_step(lab):
    lab.start(None)
    assert "1. *Copy it* (ready when you are)" in lab.draw("run:1")
    assert "Step 1 of 2 · Copy it" in lab.draw("run:1:step:0")


def test_a_running_step_shows_how_far_it_has_come(lab):
    lab.start(None)
    runs.move(lab.store, NOW, lab.house, 1, Press(Button.RUN, 0, 1, "alex"), ALEX.slack)
    lab.progress[1, 0] = Progress(42)
    assert "*42 %*" in lab.draw("run:1:step:0")


def test_a_step_given_to_others_than_admins_mentions_them(lab):
    lab.start(None)
    runs.move(lab.store, NOW, lab.house, 1, Press(Button.RUN, 0, 1, "alex"), ALEX.slack)
    run = runs.read_run(lab.store, lab.house, 1)[0]
    runs.finish(lab.store, NOW, lab.house, 1, ActionFinished(0, run.steps[0].attempt, True, "done"), "")
    assert "<@U000000ROBIN>" in lab.draw("run:1:step:1")


NOWHERE = ["incident:8", "run:9", "run:9:step:0", "run:1:step:5", "library:x", "incident:7:step:0", "incident:x"]


@pytest.mark.parametrize("subject", NOWHERE)
def test_what_is_not_there_has_no_card(lab, subject):
    lab.start(7)
    assert lab.draw(subject) == ""


def test_a_run_whose_text_can_not_be_read_any_more_says_why(lab):
    lab.start(7)
    lab.readable = False
    assert "*Mend it* can't go on: cannot read 'mend': because atlas is gone" in lab.draw("run:1")
    assert "*Mend it*: under way" in lab.draw("incident:7")
    assert "can't go on: cannot read 'mend': because atlas is gone" in lab.draw("run:1:step:0")


def test_the_card_of_a_step_that_was_running_then_shows_what_holds_and_no_buttons(lab):
    lab.start(7)
    runs.move(lab.store, NOW, lab.house, 1, Press(Button.RUN, 0, 1, "alex"), ALEX.slack)
    lab.readable = False
    runs.resume(lab.store, NOW, lab.house, "the bot was off")
    card = lab.artist.draw(lab.store, "run:1:step:0", NOW)
    assert card.text == "❓ Step 1: unknown"
    assert [block.type for block in card.blocks] == ["section", "context", "section"]
    assert "under way when the run had to end" in shown(card)
