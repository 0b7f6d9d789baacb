"""What a person may have to be told elsewhere stands in the database with what causes it."""

from dataclasses import replace
from datetime import timedelta

from bot import incidents
from bot.core.health import CheckName, Evidence, Fingerprint, Health, Kind, Observation, TargetId
from bot.core.incident import IncidentId
from bot.errands import tidy
from bot.store import Store
from bot.usecases.clock_steps import clock_stepped
from bot.usecases.second_channel import is_news
from tests.kept_lab import ALEX, KeptLab

GATE = TargetId("service:gate")


def news(store: Store) -> list[str]:
    return [f"{one.what}" for one in store.second_channel.waiting()]


def of_gate(lab: KeptLab, health: Health) -> Observation:
    why = "port 53 is closed" if health is Health.FAIL else "port 53 is open"
    kind = Kind.SERVICE_DOWN if health is Health.FAIL else None
    return Observation(Fingerprint(CheckName("dns"), GATE), health, lab.now, why, kind, evidence=Evidence.INSIDE)


def a_lab(path) -> KeptLab:
    lab = KeptLab(Store(path / "caretaker.db"))
    lab.begin()
    return lab


def test_an_opening_its_end_and_its_relapse_are_news(tmp_path):
    lab = a_lab(tmp_path)
    lab.see(of_gate(lab, Health.FAIL))
    assert news(lab.store) == ["opened", "unacknowledged"]
    lab.see(of_gate(lab, Health.OK))
    assert news(lab.store) == ["opened", "unacknowledged", "over"]
    lab.wait(timedelta(minutes=1))
    lab.see(of_gate(lab, Health.FAIL))
    assert news(lab.store)[3:] == ["opened", "worse", "unacknowledged"]


def test_an_acknowledgement_that_lapses_starts_its_half_hour_anew(tmp_path):
    lab = a_lab(tmp_path)
    lab.see(of_gate(lab, Health.FAIL))
    lab.do(incidents.acknowledge, lab.config, IncidentId(1), ALEX)
    assert news(lab.store) == ["opened", "unacknowledged"]
    lab.wait(timedelta(hours=5))
    assert news(lab.store)[2:] == ["worse", "unacknowledged"]


def test_what_is_worse_is_known_to_slack_once_its_line_was_delivered(tmp_path):
    lab = a_lab(tmp_path)
    lab.see(of_gate(lab, Health.FAIL))
    lab.do(incidents.acknowledge, lab.config, IncidentId(1), ALEX)
    lab.wait(timedelta(hours=5))
    [worse] = [one for one in lab.store.second_channel.waiting() if one.what == "worse"]
    assert not worse.slack_took
    lab.deliver()
    [worse] = [one for one in lab.store.second_channel.waiting() if one.what == "worse"]
    assert worse.slack_took


def test_a_step_of_the_clock_moves_what_waits(tmp_path):
    lab = a_lab(tmp_path)
    lab.see(of_gate(lab, Health.FAIL))
    lab.do(lambda store, now: store.second_channel.again([1], now, "nobody listens"))
    step = timedelta(hours=-3)
    lab.do(clock_stepped, lab.config, step)
    first, second = lab.store.second_channel.waiting()
    assert (first.at, first.due, second.at) == (lab.now + step, lab.now + step, lab.now + step)


def test_what_was_settled_long_ago_is_forgotten_but_of_what_is_still_open(tmp_path):
    lab = a_lab(tmp_path)
    lab.see(of_gate(lab, Health.FAIL))
    lab.do(lambda store, now: store.second_channel.settle([1], "sent", now))
    lab.now += timedelta(days=30)
    lab.do(tidy)
    assert lab.store.second_channel.was_told(IncidentId(1))
    lab.see(replace(of_gate(lab, Health.OK), at=lab.now))
    lab.do(tidy)
    assert not lab.store.second_channel.was_told(IncidentId(1))


def test_an_emergency_is_news_once(tmp_path):
    lab = a_lab(tmp_path)
    assert lab.do(is_news, "unheard:2026")
    assert not lab.do(is_news, "unheard:2026")
    assert lab.do(is_news, "unheard:2027")
