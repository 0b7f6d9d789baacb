"""What the rounds of all hypervisors know together."""

from datetime import UTC, datetime

from bot.core.guest import GuestState, Power
from bot.core.health import Health, Target, TargetId, guest_id
from bot.monitoring.placement import Whereabouts
from bot.rounds.shared import Shared

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEB1 = Target(guest_id("u1"), runs_on=TargetId("host:atlas"), name="web1")
RUNS = {"u1": GuestState("web1", Power.RUNNING, uuid="u1")}


def test_a_second_name_of_one_machine_holds_up_no_word_of_what_is_missing_there_when_it_cant_be_asked():
    shared = Shared({}, lambda: None)
    shared.release = dict.fromkeys(("atlas", "borea"), lambda _guests: None)
    shared.doubles = {"borea": "atlas"}
    shared.heard("atlas", RUNS)
    shared.heard("borea", RUNS)
    shared.lost("borea")
    shared.heard("atlas", {})
    shared.lost("borea")
    known = Whereabouts(shared.places, frozenset(shared.release), lambda _check: False, NOW)
    assert [one.health for one in known.missing([WEB1])] == [Health.FAIL]
    assert known.unasked == []
