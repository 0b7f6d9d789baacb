"""Another program that is connected to Slack as the same app is told once, and its end is on record."""

from datetime import datetime

import pytest

from bot.store import Store
from bot.terminal.health import _elsewhere
from bot.usecases.company import WHAT, company_changed, since
from tests.kept_lab import KeptLab
from tests.walking import parcels


@pytest.fixture
def lab(tmp_path):
    store = Store(tmp_path / "caretaker.db")
    lab = KeptLab(store)
    lab.begin()
    yield lab
    store.close()


def test_it_is_told_once_with_what_to_do_until_it_has_gone(lab):
    lab.do(company_changed, False)
    assert (since(lab.store), lab.store.alive.journal(1)) == ("", [])
    for _ in range(2):  # as after a restart of ours
        lab.do(company_changed, True)
    [told] = [one.text for one in parcels(lab.store)]
    assert told.startswith(f"⚠️ {WHAT}. Then both of us post each incident")
    assert told.endswith("Stop one of us, or give it an app of its own.")
    begun = datetime.fromisoformat(since(lab.store))
    assert list(_elsewhere(lab.store, lab.config.zone)) == [
        f"not alone? {WHAT}, since {begun:%Y-%m-%d %H:%M:%S} UTC. Stop one of them"
    ]
    lab.do(company_changed, False)
    assert (since(lab.store), list(_elsewhere(lab.store, lab.config.zone))) == ("", [])
    assert lab.store.alive.journal(1)[0][1] == "Slack says that no other program is connected as this app now."
