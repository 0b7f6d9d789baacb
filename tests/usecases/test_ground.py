"""A run pauses in the transaction that notes a change which it did not make, and says why, once, in its thread."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot import incidents, runs, sightings
from bot.core.guest import GuestInfo, GuestState, Power, StartsFrom
from bot.core.health import CheckName, Evidence, Fingerprint, Health, Kind, Observation, TargetId, guest_id
from bot.core.incident import EventKind, IncidentId
from bot.core.incidents.member import INVENTORY
from bot.core.permit import NotAllowed
from bot.core.placements import Placements
from bot.core.run import ActionFinished, Button, CheckFinished, IllegalMove, Press, RunStatus, State, Stop
from bot.core.run_json import run_from_json, run_to_json
from bot.store import Store
from bot.usecases.ground import as_asked, definitions_read
from tests.walking import ALEX, ROBIN, SAM, house, lines, parcels, runbook, stored

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
UUID = "11111111-2222-3333-4444-555555555555"
WEB1, ATLAS = guest_id(UUID), TargetId("host:atlas")
START = """\
# Start it

## Look
- Run on: bot

```sh
ls
```

## Start it

```lab
start $guest
```

**Check**:

```lab
healthy $guest
```

## Tell everyone
- Who: hands
"""
HERE = GuestInfo("web1", UUID, autostart=True, persistent=True, has_agent=True)


class Lab:
    """atlas with web1, which has crashed: incident 1, and a run for it."""

    def __init__(self, store, folder):
        self.store = store
        self.house = house(folder)
        self.at = NOW
        self.do(sightings.take_inventory, self.house.config, "atlas", [HERE], Placements())
        self.sees(Health.OK, running=True)
        self.sees(Health.FAIL, running=False, kind=Kind.GUEST_DOWN, why="crashed")
        self.begins()
        self.forget_outbox()

    def begins(self, *, incident=1):
        aim = runs.Aim(WEB1, incident)
        return self.do(runs.start, self.house, runbook(START), {"guest": "web1"}, aim, ALEX)

    def do(self, use_case, *args):
        self.at += timedelta(minutes=5)
        with self.store.transaction():
            return use_case(self.store, self.at, *args)

    def sees(self, health, *, running=None, kind=None, check="state", why="seen", paused=False):
        evidence = Evidence.INSIDE if check == "boot" else Evidence.OUTSIDE
        seen = Observation(
            Fingerprint(CheckName(check), WEB1), health, self.at, why, kind, running=running, evidence=evidence
        )
        seen = replace(seen, facts={"paused": "paused by a person"}) if paused else seen
        self.do(sightings.believe, self.house.config, [seen], None)

    def comes_up(self):
        """It runs, and its agent answers: the incident is resolved."""
        self.sees(Health.OK, running=True)
        self.sees(Health.OK, running=True, check="boot")

    def press(self, button, by=ALEX):
        return self.do(runs.move, self.house, 1, Press(button, self.run.current, self.run.version, ""), by)

    def ends(self, kind, *, ok=True):
        attempt = self.run.steps[self.run.current].attempt
        return self.do(runs.finish, self.house, 1, kind(self.run.current, attempt, ok, "well"), "")

    def forget_outbox(self):
        for waiting in self.store.outbox.waiting():
            self.store.outbox.sent(waiting.id)

    @property
    def run(self):
        return stored(self.store, NOW)

    @property
    def incident(self):
        return self.store.incidents.get(IncidentId(1))


@pytest.fixture
def lab(tmp_path):
    store = Store(tmp_path / "caretaker.db")
    yield Lab(store, tmp_path)
    store.close()


def test_a_machine_that_another_hand_paused_pauses_its_run_once(lab):
    lab.comes_up()
    lab.do(runs.move, lab.house, 1, Stop(lab.run.version, ""), ALEX)
    lab.at += timedelta(minutes=30)
    lab.begins(incident=None)
    lab.forget_outbox()
    for _ in range(2):
        lab.sees(
            Health.FAIL, kind=Kind.GUEST_DOWN, why="paused by a person, but it should be running", paused=True
        )
    run = stored(lab.store, NOW, 2)
    assert (run.status, run.pause) == (RunStatus.PAUSED, "web1 is paused by a person")
    assert len([line for line in lines(lab.store) if "is paused: web1" in line]) == 1


def test_what_its_hypervisor_holds_for_a_moment_pauses_no_run(lab):
    lab.sees(Health.UNKNOWN, why="paused while it is saved, copied or moved")
    assert lab.run.status is RunStatus.UNDER_WAY


def test_a_run_of_an_older_caretaker_that_knew_its_guest_by_name_alone_can_only_be_stopped(lab):
    row = lab.store.runs.get(1)
    nameless = replace(run_from_json(row.value), target=None)
    with lab.store.transaction():
        lab.store.runs.save(replace(row, value=run_to_json(nameless)))
    with pytest.raises(IllegalMove, match="which knew its guest by the name web1 alone; stop it, and start"):
        lab.press(Button.RUN)
    assert lab.run.version == nameless.version
    lab.do(runs.move, lab.house, 1, Stop(lab.run.version, ""), ALEX)
    assert lab.run.ended


def test_a_machine_that_another_hand_started_pauses_its_run_and_is_told_once(lab):
    lab.sees(Health.OK, running=True)
    assert (lab.run.status, lab.run.pause) == (RunStatus.PAUSED, "web1 was started")
    assert [line for line in lines(lab.store) if "paused" in line] == [
        "⏸️ “Start it” is paused: web1 was started. Nothing more runs until someone presses Go on or Stop."
    ]
    assert [p.subject for p in parcels(lab.store) if p.tell == "card"] == ["incident:1", "run:1:step:0"]
    history = [event.text for event in lab.store.incidents.history(1) if event.kind is EventKind.RUN]
    assert history[-1] == "paused: web1 was started"
    lab.forget_outbox()
    lab.sees(Health.OK, running=True)
    assert lines(lab.store) == []


def test_an_incident_that_comes_to_its_end_by_itself_pauses_its_run(lab):
    lab.comes_up()
    assert lab.incident.ended
    assert lab.run.pause == "web1 was started; then: incident 1 was resolved (all proven healthy)"
    assert len([text for text in lines(lab.store) if "paused" in text]) == 1
    with pytest.raises(IllegalMove, match="because the run is paused"):
        lab.press(Button.RUN)


def test_a_start_is_asked_for_while_a_step_of_its_run_is_at_work_and_for_a_moment_after_it(lab):
    power = Fingerprint(CheckName("state"), WEB1)
    reset = [Observation(power, Health.OK, NOW, "reset", running=True, facts={"started": "now"})]
    assert as_asked(lab.store, lab.at, reset) == reset, "nothing has run yet"
    lab.press(Button.RUN)
    lab.ends(ActionFinished)
    lab.press(Button.RUN)
    asked = as_asked(lab.store, lab.at, reset)
    assert [(one.began_anew, one.restarted) for one in asked] == [(True, False)]
    lab.ends(ActionFinished, ok=False)
    assert as_asked(lab.store, lab.at + timedelta(minutes=1), reset) == reset


def test_a_person_who_resolves_an_incident_pauses_its_run(lab):
    lab.do(incidents.resolve, lab.house.config, IncidentId(1), ALEX, "false alarm")
    assert lab.run.pause == "incident 1 was closed (false alarm)"
    lab.forget_outbox()
    lab.press(Button.GO_ON)
    assert lines(lab.store) == [f"▶️ “Start it” goes on, says <@{ALEX}>."]
    lab.do(incidents.reopen, lab.house.config, IncidentId(1), ALEX)
    assert lab.run.pause == "incident 1 is open again"


def test_a_run_that_starts_its_machine_is_not_paused_by_that_nor_by_the_end_of_its_incident(lab):
    lab.press(Button.RUN)
    lab.ends(ActionFinished)
    lab.press(Button.RUN)
    lab.sees(Health.OK, running=True)
    lab.ends(ActionFinished)
    lab.ends(CheckFinished)
    lab.sees(Health.OK, running=True, check="boot")
    assert lab.incident.ended
    assert (lab.run.status, lab.run.state) == (RunStatus.UNDER_WAY, State.READY)
    assert not [line for line in lines(lab.store) if "paused" in line]
    assert lab.press(Button.DONE, ROBIN).run.status is RunStatus.DONE


def test_what_the_run_did_itself_is_remembered_without_a_word(lab):
    lab.press(Button.RUN)
    lab.ends(ActionFinished)
    lab.press(Button.RUN)
    lab.forget_outbox()
    version = lab.run.version
    lab.sees(Health.UNKNOWN, running=True)
    assert lab.run.deed.running is True
    assert (lab.run.version, [p for p in parcels(lab.store) if p.subject.startswith("run")]) == (version, [])


def test_a_machine_that_fails_again_after_the_run_started_it_pauses_the_run(lab):
    lab.press(Button.RUN)
    lab.ends(ActionFinished)
    lab.press(Button.RUN)
    lab.sees(Health.OK, running=True)
    lab.ends(ActionFinished)
    lab.ends(CheckFinished)
    lab.sees(Health.FAIL, running=False, kind=Kind.GUEST_DOWN, why="crashed")
    assert lab.run.pause == "web1 stopped (crashed); then: incident 1 failed again"


def test_a_machine_that_stopped_and_runs_again_in_one_moment_was_touched_all_the_same(lab):
    lab.sees(Health.OK, running=True)
    lab.press(Button.GO_ON)
    seen = [
        Observation(
            Fingerprint(CheckName("state"), WEB1),
            health,
            lab.at + timedelta(seconds=after),
            "seen",
            running=running,
        )
        for after, health, running in ((2, Health.OK, True), (1, Health.UNKNOWN, False))
    ]
    lab.do(sightings.believe, lab.house.config, seen, None)
    assert lab.run.pause.startswith("web1 stopped (seen); then: ")


def test_what_tells_nothing_of_the_machine_pauses_nothing(lab):
    lab.sees(Health.UNKNOWN)
    lab.sees(Health.FAIL, running=False, kind=Kind.GUEST_DOWN, why="still off")
    lab.do(incidents.acknowledge, lab.house.config, IncidentId(1), ROBIN)
    assert lab.run.status is RunStatus.UNDER_WAY


def test_a_machine_that_is_gone_or_has_moved_pauses_its_run(lab):
    on_borea = Placements().heard("atlas", {}).heard("borea", {UUID: GuestState("web1", Power.RUNNING)})
    lab.do(sightings.take_inventory, lab.house.config, "borea", [HERE], on_borea)
    assert lab.run.pause == "web1 moved from atlas to borea"
    lab.press(Button.GO_ON)
    lab.do(sightings.take_inventory, lab.house.config, "borea", [], Placements().heard("borea", {}))
    seen = Fingerprint(INVENTORY, WEB1)
    gone = Observation(seen, Health.FAIL, NOW, "its host no longer knows it", Kind.GUEST_MISSING)
    lab.do(sightings.believe, lab.house.config, [gone], None)
    assert lab.run.pause.endswith("web1 is missing")


def test_a_machine_that_is_defined_on_another_disk_pauses_its_run(lab):
    lab.do(runs.move, lab.house, 1, Stop(lab.run.version, ""), ALEX)
    aim = runs.Aim(WEB1, 1, StartsFrom(("/img/web1",)))
    lab.do(runs.start, lab.house, runbook(START), {"guest": "web1"}, aim, ALEX)
    lab.do(definitions_read, {guest_id("another"): StartsFrom(())})
    lab.do(definitions_read, {WEB1: StartsFrom(("/img/web1",))})
    assert stored(lab.store, NOW, 2).status is RunStatus.UNDER_WAY
    lab.do(definitions_read, {WEB1: StartsFrom(("/img/other",))})
    words = "web1 is defined anew: its disks are /img/other, and were /img/web1 when this run began"
    assert stored(lab.store, NOW, 2).pause == words


def test_a_run_without_an_incident_minds_its_machine_alone(lab):
    lab.do(runs.move, lab.house, 1, Stop("", "enough"), ALEX)
    lab.do(incidents.resolve, lab.house.config, IncidentId(1), ALEX, "false alarm")
    moved = lab.begins(incident=None)
    assert moved.run.id == 2
    lab.do(incidents.reopen, lab.house.config, IncidentId(1), ALEX)
    assert stored(lab.store, NOW, 2).status is RunStatus.UNDER_WAY
    lab.sees(Health.OK, running=True)
    assert stored(lab.store, NOW, 2).pause == "web1 was started"
    assert stored(lab.store, NOW, 1).status is RunStatus.STOPPED


def test_who_may_press_the_step_may_let_the_run_go_on(lab):
    lab.sees(Health.OK, running=True)
    with pytest.raises(NotAllowed, match="only Alex can"):
        lab.press(Button.GO_ON, SAM)
    lab.press(Button.GO_ON)
    assert lab.run.status is RunStatus.UNDER_WAY


def test_a_paused_run_survives_a_restart_and_keeps_another_from_starting(lab):
    lab.sees(Health.OK, running=True)
    lab.do(runs.resume, lab.house, "the bot was off")
    assert lab.run.status is RunStatus.PAUSED
    with pytest.raises(IllegalMove, match="because 'mend' is still paused in incident 1"):
        lab.begins()


def test_a_run_that_is_stopped_says_that_its_machine_is_still_off(lab):
    lab.do(runs.move, lab.house, 1, Stop("", "enough"), ALEX)
    told = [waiting.parcel.text for waiting in lab.store.outbox.waiting()]
    assert any(text.endswith(f"is stopped by <@{ALEX}>. web1 is still off.") for text in told), told
