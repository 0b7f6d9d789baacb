"""Who looks once knows by the bot's database which systems guests were."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.core.health import TargetId
from bot.core.incidents.console_log import BootRecord, Mark
from bot.core.incidents.guest_system import System, Whose
from bot.store import Store
from bot.terminal.ran_before import boots_before
from tests.kept_lab import config

WEB1 = TargetId("guest:web1")


def test_what_a_guest_was_is_known_where_the_bot_has_run(tmp_path):
    lab = replace(config(), path=tmp_path / "lab.yaml", data=tmp_path)
    assert boots_before(lab) == {}
    record = BootRecord("", Mark(), whose=Whose(System("debian", "Debian", "web1")))
    lab.database.parent.mkdir(exist_ok=True)
    store = Store(lab.database)
    store.boots.keep({WEB1: record}, datetime(2026, 3, 1, tzinfo=UTC))
    store.close()
    assert boots_before(lab) == {WEB1: record}


def test_nothing_is_known_where_the_database_can_not_be_read(tmp_path):
    lab = replace(config(), path=tmp_path / "lab.yaml", data=tmp_path)
    lab.database.write_text("no database")
    assert boots_before(lab) == {}
