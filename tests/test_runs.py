"""Runs as use cases on a real database: who may, what is told, what stays after a restart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import incidents, runs
from bot.core.health import Kind, Target, TargetId
from bot.core.incident import EventKind, IncidentId
from bot.core.jobs import Cancel, RunAction, SeekAction
from bot.core.permit import NotAllowed
from bot.core.run import ActionFinished, Button, GoTo, IllegalMove, Press, RunStatus, StaleClick, State, Stop, Tick
from bot.core.written import Knowledge, Problem
from bot.incidents import UnknownName
from bot.library import Broken, Refreshed
from bot.store import Store
from bot.usecases import script_records
from bot.usecases.run_context import NoSuchRun, PinnedTextBroken
from bot.views.line import line
from tests.walking import ALEX, ROBIN, SAM, STRANGER, WEB1, house, lines, parcels, runbook, stored, web1_crashes

ATLAS = TargetId("host:atlas")
NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)

MEND = """\
# Mend a guest

## Wipe it
- Run on: bot

```sh
echo "wiped $guest"
```

## Look at the lights
- Who: hands

- [ ] The left one
- [ ] The right one

## Pull the plug
- Who: hands at home

## Ask for help
- Only on request: yes
"""


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "caretaker.db")
    yield store
    store.close()


class Walked:
    """A run of MEND for incident 1, started by Alex."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.house = house(folder)
        web1_crashes(store, NOW, self.house.config)
        self.last = self.do(runs.start, self.house, runbook(MEND), {"guest": "web1"}, runs.Aim(WEB1, 1), ALEX)

    @property
    def run(self):
        return stored(self.store, NOW)

    @property
    def history(self) -> list[tuple[str, str | None]]:
        return [(event.text, event.by) for event in self.store.incidents.history(1) if event.kind is EventKind.RUN]

    def do(self, use_case, *args, now=NOW):
        with self.store.transaction():
            return use_case(self.store, now, *args)

    def forget_outbox(self) -> None:
        for waiting in self.store.outbox.waiting():
            self.store.outbox.sent(waiting.id)

    def press(self, button, by=ALEX, *, step=None, version=None, **more):
        run = self.run
        step, version = run.current if step is None else step, run.version if version is None else version
        self.last = self.move(Press(button, step, version, "somebody", **more), by)
        return self.last

    def move(self, command, by=ALEX):
        return self.do(runs.move, self.house, 1, command, by)

    def finish(self, *, ok=True, output="", attempt=1):
        command = ActionFinished(self.run.current, attempt, ok, "wiped web1")
        return self.do(runs.finish, self.house, 1, command, output)

    def at(self, step: int) -> None:
        """Walk to a step of the normal order."""
        if step > 0:
            self.press(Button.RUN)
            self.finish()
        if step > 1:
            self.move(Tick(1, (0, 1), ""), ROBIN)
            self.press(Button.DONE, ROBIN)


@pytest.fixture
def walked(store, tmp_path):
    return Walked(store, tmp_path)


# --- starting ----------------------------------------------------------------------------------------------------


def test_a_started_run_is_told_in_its_incident_and_waits_for_a_person(walked) -> None:
    assert walked.last.requests == ()
    assert walked.run.state is State.READY
    assert [(p.subject, p.tell, p.thread) for p in parcels(walked.store)] == [
        ("incident:1", "card", None),
        ("run:1:step:0", "card", "incident:1"),
    ]
    assert walked.history == [("“Mend a guest” was started", ALEX)]
    assert walked.run.started_by == "Alex"


@pytest.mark.parametrize("by", [ROBIN, SAM, STRANGER])
def test_only_an_admin_starts_a_run(walked, by) -> None:
    with pytest.raises(NotAllowed, match="only Alex can start a runbook"):
        walked.do(runs.start, walked.house, runbook(MEND), {"guest": "db1"}, runs.Aim(None, None), by)
    assert walked.store.runs.next_id() == 2


def test_an_incident_has_one_run_at_a_time(walked) -> None:
    with pytest.raises(IllegalMove, match="cannot start 'mend': because 'mend' is still under way in incident 1"):
        walked.do(runs.start, walked.house, runbook(MEND), {"guest": "web1"}, runs.Aim(WEB1, 1), ALEX)
    walked.move(Stop("", "enough"))
    assert (
        walked.do(runs.start, walked.house, runbook(MEND), {"guest": "web1"}, runs.Aim(WEB1, 1), ALEX).run.id == 2
    )


def test_a_script_that_was_called_off_and_may_still_run_has_to_end_before_another_run_begins(walked) -> None:
    again = (runs.start, walked.house, runbook(MEND), {"guest": "web1"})
    walked.press(Button.RUN)
    walked.move(Stop("", "enough"))
    for aim in (runs.Aim(WEB1, 1), runs.Aim(WEB1, None), runs.Aim(None, 1)):
        with pytest.raises(
            IllegalMove, match=r"because a script of run 1 \('Mend a guest'\) may still be running on"
        ):
            walked.do(*again, aim, ALEX)
    (row,) = walked.store.script_records.all()
    walked.do(script_records.settled, row.id)
    assert walked.do(*again, runs.Aim(WEB1, 1), ALEX).run.id == 2


def test_a_script_whose_end_was_read_keeps_nobody_waiting(walked) -> None:
    walked.press(Button.RUN)
    walked.finish()
    walked.move(Stop("", "enough"))
    assert walked.store.script_records.all(), "its record is still to be removed where it is"
    again = walked.do(runs.start, walked.house, runbook(MEND), {"guest": "web1"}, runs.Aim(WEB1, 1), ALEX)
    assert again.run.id == 2


def test_an_earlier_attempt_that_has_ended_keeps_nobody_waiting_when_a_later_one_was_called_off(walked) -> None:
    walked.press(Button.RUN)
    walked.finish(ok=False)
    walked.press(Button.RETRY)
    walked.move(Stop("", "enough"))
    ids = {row.attempt: row.id for row in walked.store.script_records.all()}
    assert (ids.keys(), walked.run.state) == ({1, 2}, State.UNKNOWN)
    walked.do(script_records.settled, ids[2])
    again = walked.do(runs.start, walked.house, runbook(MEND), {"guest": "web1"}, runs.Aim(WEB1, 1), ALEX)
    assert again.run.id == 2


def test_a_run_without_an_incident_is_told_in_a_thread_of_its_own(walked) -> None:
    walked.forget_outbox()
    moved = walked.do(runs.start, walked.house, runbook(MEND), {"guest": "db1"}, runs.Aim(None, None), ALEX)
    assert moved.run.id == 2
    assert [(p.subject, p.tell, p.thread) for p in parcels(walked.store)] == [
        ("run:2", "card", None),
        ("run:2:step:0", "card", "run:2"),
    ]
    walked.do(runs.move, walked.house, 2, Stop("", "enough"), ALEX)
    assert lines(walked.store) == [f"“Mend a guest” is stopped by <@{ALEX}>."]


def test_what_a_run_is_aimed_at(walked) -> None:
    assert walked.do(runs.aim, "web1", None) == runs.Aim("guest:web1", 1)
    assert walked.do(runs.aim, None, 1) == runs.Aim("guest:web1", 1)
    assert walked.do(runs.aim, None, None) == runs.Aim(None, None)
    with pytest.raises(IllegalMove, match="cannot find incident 9"):
        walked.do(runs.aim, None, 9)
    with pytest.raises(UnknownName, match="did you mean 'web1'"):
        walked.do(runs.aim, "web", None)


# --- pressing ----------------------------------------------------------------------------------------------------


def test_a_press_asks_for_the_action_with_the_runs_values(walked) -> None:
    (request,) = walked.press(Button.RUN).requests
    assert isinstance(request, RunAction)
    assert request.job.values["guest"] == "web1"
    assert walked.run.state is State.RUNNING


def test_who_pressed_stays_by_name_in_the_step_and_by_account_in_the_history(walked) -> None:
    walked.press(Button.RUN)
    assert walked.run.steps[0].by == "Alex"
    assert walked.history[-1] == ("step 1: Run", ALEX)
    walked.finish()
    assert walked.history[-1] == ("step 1: wiped web1", None)


@pytest.mark.parametrize("by", [ROBIN, SAM, STRANGER])
def test_an_admins_step_is_pressed_by_admins(walked, by) -> None:
    with pytest.raises(NotAllowed, match="only Alex can press this step"):
        walked.press(Button.RUN, by)
    assert walked.run.state is State.READY


def test_a_step_given_to_a_role_is_pressed_by_its_people_and_by_admins(walked) -> None:
    walked.at(1)
    with pytest.raises(NotAllowed, match="only Alex or Robin can press this step"):
        walked.move(Tick(1, (0,), ""), SAM)
    walked.move(Tick(1, (0,), ""), ALEX)
    walked.move(Tick(1, (0, 1), ""), ROBIN)
    walked.press(Button.DONE, ROBIN)
    with pytest.raises(NotAllowed, match=r"^only "):
        walked.press(Button.DONE, ROBIN)
    walked.press(Button.DONE, SAM)
    assert walked.run.status is RunStatus.DONE


def test_whoever_may_not_press_a_step_may_not_go_to_it(walked) -> None:
    with pytest.raises(NotAllowed):
        walked.move(GoTo(3, walked.run.version, ""), ROBIN)
    walked.move(GoTo(3, walked.run.version, ""), ALEX)
    assert walked.run.current == 3


def test_whoever_may_not_press_the_step_a_run_is_at_may_not_take_it_away_from_there(walked) -> None:
    walked.at(2)
    with pytest.raises(NotAllowed, match=r"^only "):
        walked.move(GoTo(1, walked.run.version, ""), ROBIN)
    assert walked.run.current == 2


def test_only_an_admin_stops_a_run_from_elsewhere(walked) -> None:
    with pytest.raises(NotAllowed):
        walked.move(Stop("", "enough"), ROBIN)
    walked.press(Button.RUN)
    moved = walked.move(Stop("", "enough"), ALEX)
    assert moved.requests == (Cancel(0, 1),)


def test_a_click_on_a_button_of_yesterday_changes_nothing(walked) -> None:
    version = walked.run.version
    walked.press(Button.RUN)
    before, said = walked.run, walked.history
    walked.forget_outbox()
    for step, stale in ((0, version), (2, version + 1), (77, version + 1), (-1, version + 1)):
        with pytest.raises(StaleClick):
            walked.press(Button.RUN, step=step, version=stale)
    assert (walked.run, walked.history, parcels(walked.store)) == (before, said, [])


def test_nobody_but_the_performer_says_how_a_step_ended(walked) -> None:
    walked.press(Button.RUN)
    with pytest.raises(TypeError, match="that is no button"):
        walked.move(ActionFinished(0, 1, ok=True, summary="surely"), ALEX)


def test_a_run_that_is_not_there_is_named(walked) -> None:
    with pytest.raises(NoSuchRun, match="cannot find run 9"):
        walked.do(runs.move, walked.house, 9, Stop("", ""), ALEX)


def test_the_cards_that_look_different_now_are_drawn_again(walked) -> None:
    walked.press(Button.RUN)
    walked.forget_outbox()
    walked.finish()
    assert [p.subject for p in parcels(walked.store) if p.tell == "card"] == [
        "incident:1",
        "run:1:step:0",
        "run:1:step:1",
    ]


def test_the_end_of_a_run_is_said_once(walked) -> None:
    walked.at(2)
    walked.press(Button.DONE, SAM)
    assert walked.run.status is RunStatus.DONE
    assert lines(walked.store) == ["“Mend a guest” is done."]


# --- what comes back ---------------------------------------------------------------------------------------------


def test_output_goes_into_the_thread_as_code(walked) -> None:
    walked.press(Button.RUN)
    walked.finish(output="\nwiped web1\n```\n<!channel>\n\n")
    card = line(lines(walked.store)[0])
    assert shown(card.blocks) == "Output of step 1:\nwiped web1\n```\n<!channel>"
    assert "<" not in card.text


@pytest.mark.parametrize("output", ["x" * 2_801, "<" * 800])
def test_output_too_long_for_a_message_becomes_a_file(walked, output) -> None:
    walked.press(Button.RUN)
    walked.finish(output=output)
    (file,) = (p for p in parcels(walked.store) if p.tell == "file")
    assert (file.thread, file.name, file.text, file.content) == (
        "incident:1",
        "run-1-step-1-1.txt",
        "Output of step 1",
        output.encode(),
    )
    assert lines(walked.store) == []


def test_output_that_fits_a_message_exactly_is_one(walked) -> None:
    walked.press(Button.RUN)
    walked.finish(output="x" * 2_800)
    assert [shown(line(text).blocks) for text in lines(walked.store)] == [f"Output of step 1:\n{'x' * 2_800}"]


@pytest.mark.parametrize("output", ["wiped web1", "x" * 3_000])
def test_what_a_step_printed_comes_before_the_next_steps_buttons(walked, output) -> None:
    walked.press(Button.RUN)
    walked.forget_outbox()
    walked.finish(output=output)
    subjects = [p.subject if p.tell == "card" else p.text.partition(":")[0] for p in parcels(walked.store)]
    assert subjects.index("Output of step 1") < subjects.index("run:1:step:1")


@pytest.mark.parametrize(("ok", "said"), [(True, "is done, not verified"), (False, "failed")])
def test_who_pressed_a_long_step_is_mentioned_once_it_has_ended(walked, ok, said) -> None:
    walked.press(Button.RUN)
    walked.forget_outbox()
    ended = ActionFinished(0, 1, ok, "wiped web1")
    walked.do(runs.finish, walked.house, 1, ended, "", now=NOW + timedelta(minutes=2, seconds=5))
    (told,) = lines(walked.store)
    why = "" if ok else ": wiped web1"
    assert told == f"<@{ALEX}> step 1 of “Mend a guest” {said} after 2 min 5 s{why}"


def test_who_pressed_a_short_step_is_not_mentioned(walked) -> None:
    walked.press(Button.RUN)
    walked.forget_outbox()
    walked.do(
        runs.finish, walked.house, 1, ActionFinished(0, 1, ok=True, summary=""), "", now=NOW + timedelta(minutes=1)
    )
    assert lines(walked.store) == []


def test_what_nobody_would_see_of_an_output_is_written_out(walked) -> None:
    walked.press(Button.RUN)
    walked.finish(output="7%\r\x1b[K100%\r\n<@U0000000ALEX>\u202e\x00\n")
    card = line(lines(walked.store)[0])
    assert shown(card.blocks) == "Output of step 1:\n100%\n<@U0000000ALEX>\\u202e\\x00"
    assert "<@" not in card.text


def shown(blocks) -> str:
    """A line's title, and what was printed."""
    (title, printed) = (block.to_dict() for block in blocks)
    return f"{title['text']['text']}\n{printed['elements'][0]['elements'][0]['text']}"


def test_a_late_answer_changes_nothing(walked) -> None:
    walked.press(Button.RUN)
    walked.finish(ok=False)
    walked.press(Button.RETRY)
    before, said = walked.run, walked.history
    assert walked.finish(attempt=1).requests == ()
    assert (walked.run, walked.history) == (before, said)


def test_a_picture_goes_into_the_thread_of_its_run(walked) -> None:
    walked.forget_outbox()
    walked.do(runs.attach, 1, "web1.png", "The screen of web1", b"PNG")
    walked.do(runs.attach, 9, "web1.png", "of a run that is not there", b"PNG")
    (picture,) = parcels(walked.store)
    assert (picture.thread, picture.name, picture.content) == ("incident:1", "web1.png", b"PNG")


def test_a_moved_bar_waits_two_seconds_for_company(walked) -> None:
    walked.forget_outbox()
    for _ in range(3):
        walked.do(runs.show_progress, walked.run, 0)
    (card,) = walked.store.outbox.waiting()
    assert (card.parcel.subject, card.due_at - NOW) == ("run:1:step:0", timedelta(seconds=2))


# --- after a restart ---------------------------------------------------------------------------------------------


def test_what_was_under_way_is_sought_after_a_restart_and_nothing_is_run(walked) -> None:
    walked.press(Button.RUN)
    (moved,) = walked.do(runs.resume, walked.house, "the bot was off", now=LATER)
    assert (walked.run.state, walked.run.steps[0].summary) == (State.SEEKING, "the bot was off")
    assert [type(request) for request in moved.requests] == [SeekAction]


def test_what_has_no_record_is_unknown_after_a_restart_and_a_person_is_asked(walked) -> None:
    walked.press(Button.RUN)
    walked.store.script_records.over(1, 0, 1)
    walked.do(runs.resume, walked.house, "the bot was off", now=LATER)
    assert (walked.run.state, walked.run.steps[0].summary) == (State.UNKNOWN, "the bot was off")
    assert walked.history[-1] == ("step 1: the bot was off", None)
    assert walked.finish().requests == ()
    assert walked.run.state is State.UNKNOWN, "an answer to what was cut off is no answer any more"
    (request,) = walked.press(Button.RUN_AGAIN).requests
    assert request.attempt == 2


def test_who_pressed_is_mentioned_after_a_restart_where_the_step_needs_a_person(walked) -> None:
    walked.press(Button.RUN)
    walked.store.script_records.over(1, 0, 1)
    walked.forget_outbox()
    walked.do(runs.resume, walked.house, "the bot was off", now=NOW + timedelta(minutes=3))
    (told,) = lines(walked.store)
    assert told == f"<@{ALEX}> step 1 of “Mend a guest” is unknown after 3 min: the bot was off"


def test_nobody_is_mentioned_after_a_restart_for_a_step_that_goes_on(walked) -> None:
    walked.press(Button.RUN)
    walked.forget_outbox()
    walked.do(runs.resume, walked.house, "the bot was off", now=NOW + timedelta(minutes=3))
    assert lines(walked.store) == []


def test_what_was_not_under_way_is_as_it_was(walked) -> None:
    before = walked.run
    walked.forget_outbox()
    walked.do(runs.resume, walked.house, "the bot was off")
    assert (walked.run, parcels(walked.store)) == (before, [])


def test_a_second_restart_says_nothing_more(walked) -> None:
    walked.press(Button.RUN)
    walked.do(runs.resume, walked.house, "the bot was off")
    said = walked.history
    walked.do(runs.resume, walked.house, "the bot was off")
    assert walked.history == said


def test_a_run_whose_text_cant_be_read_any_more_is_ended_and_stands_in_nobodys_way(walked, tmp_path) -> None:
    changed = house(tmp_path, Knowledge((), bot=False))  # lab.yaml takes away what the runbook needs
    walked.forget_outbox()
    with pytest.raises(PinnedTextBroken):
        walked.do(runs.move, changed, 1, Stop("", ""), ALEX)
    walked.do(runs.resume, changed, "the bot was off")
    assert walked.run.status is RunStatus.STOPPED
    assert walked.history[-1][0].startswith("stopped: cannot read 'mend' as the run has it: because line 4")
    assert any("can't go on: cannot read 'mend'" in line for line in lines(walked.store))
    assert (
        walked.do(runs.start, walked.house, runbook(MEND), {"guest": "web1"}, runs.Aim(WEB1, 1), ALEX).run.id == 2
    )


def test_what_a_script_of_it_may_still_do_is_ended_before_another_begins(walked, tmp_path) -> None:
    walked.press(Button.RUN)
    walked.do(runs.resume, house(tmp_path, Knowledge((), bot=False)), "the bot was off")
    assert [run.id for run, _ in walked.do(script_records.left_over)] == [1]
    assert lines(walked.store)[-1].startswith("Its step 1 may still run on the bot's machine. I end it as soon as")
    with pytest.raises(IllegalMove, match=r"a script of run 1 .* may still be running on the bot's machine"):
        walked.do(runs.start, walked.house, runbook(MEND), {"guest": "web1"}, runs.Aim(WEB1, 1), ALEX)


# --- edited runbooks ---------------------------------------------------------------------------------------------


def broken(problem="use “Runs on”", *, in_use=True):
    return Refreshed(broken=(Broken("mend", Path("/books/mend.md"), (Problem(4, problem, "of that"),), in_use),))


def test_a_mistake_in_a_runbook_is_told_in_the_channel_once(walked) -> None:
    walked.forget_outbox()
    for _ in range(2):  # the second is what a restart finds
        walked.do(runs.library_changed, broken(), {})
    (parcel,) = parcels(walked.store)
    assert parcel.thread is None
    assert parcel.text == (
        "There is a mistake in a runbook. The last good version stays in use.\n"
        "/books/mend.md:4: cannot use “Runs on”: because of that"
    )
    walked.do(runs.library_changed, broken("use “Run at”", in_use=False), {})
    assert "It can't be used." in lines(walked.store)[-1]


def test_a_run_under_way_hears_once_that_its_runbook_was_edited(walked) -> None:
    walked.forget_outbox()
    for _ in range(2):
        walked.do(runs.library_changed, Refreshed(changed=("mend",)), {"mend": "another"})
    assert lines(walked.store) == [
        "“Mend a guest” was edited. This run goes on as it began; the next uses the new text."
    ]
    walked.do(runs.library_changed, Refreshed(changed=("mend",)), {"mend": "a third"})
    assert len(lines(walked.store)) == 2


def test_a_run_goes_on_with_the_text_it_began_with(walked) -> None:
    walked.do(runs.library_changed, Refreshed(changed=("mend",)), {"mend": "another"})
    _, book = runs.read_run(walked.store, walked.house, 1)
    assert book.source == MEND
    walked.forget_outbox()
    walked.do(runs.library_changed, Refreshed(changed=("mend",)), {"mend": walked.run.text_hash})
    assert lines(walked.store) == []


def test_a_run_counts_as_progress_of_its_incident(walked) -> None:
    before = walked.store.incidents.get(1)
    walked.do(runs.move, walked.house, 1, Press(Button.RUN, 0, walked.run.version, ""), ALEX, now=LATER)
    after = walked.store.incidents.get(1)
    assert (before.progress_at, after.progress_at, after.kind) == (NOW, LATER, Kind.GUEST_DOWN)


# --- where a run makes no sense ----------------------------------------------------------------------------------


def refused(walked, **how) -> str:
    """Why MEND, or another, is not started."""
    how = {"book": MEND, "values": {"guest": "web1"}, "aim": runs.Aim(WEB1, None)} | how
    before = walked.store.runs.next_id()
    with pytest.raises(IllegalMove) as raised:
        walked.do(runs.start, walked.house, runbook(how["book"]), how["values"], how["aim"], ALEX)
    assert walked.store.runs.next_id() == before
    return str(raised.value)


def test_a_stale_start_button_of_an_incident_that_is_over_starts_nothing_and_says_what_to_do(walked) -> None:
    walked.move(Stop("", "enough"))
    walked.do(incidents.resolve, walked.house.config, IncidentId(1), ALEX, "false alarm")
    why = "because incident 1 was closed (false alarm); if it is not over, reopen it first (/lab reopen 1)"
    assert refused(walked, aim=runs.Aim(WEB1, IncidentId(1))) == f"cannot start 'mend': {why}"
    with pytest.raises(IllegalMove, match="cannot start a runbook: because incident 1 was closed"):
        walked.do(runs.aim, None, 1)
    assert walked.do(runs.aim, "web1", None) == runs.Aim(WEB1, None)


def test_a_machine_has_one_run_at_a_time_also_where_one_is_for_no_incident(walked) -> None:
    assert (
        refused(walked)
        == "cannot start 'mend': because 'mend' is still under way for web1 (run 1); stop that first"
    )


def test_what_is_missing_is_named_and_nothing_begins(walked) -> None:
    walked.move(Stop("", "enough"))
    assert refused(walked, values={}) == (
        "cannot start 'mend': because $guest is not known: no hypervisor that answers has web1"
    )
    assert refused(walked, values={}, aim=runs.Aim(None, None)) == (
        "cannot start 'mend': because it is for a guest; say which, for example `/lab run mend web1`"
    )


def test_a_runbook_that_holds_a_token_is_not_started(walked) -> None:
    """What is kept of it would lack the token, and so would what is run."""
    told = runbook("# Tell\n\n## Tell it\n- Run on: bot\n\n```sh\ncurl -H xoxb-12-abcdefghij\n```\n")
    with pytest.raises(IllegalMove, match="its text holds a token or a password"):
        walked.do(runs.start, walked.house, told, {}, runs.Aim(None, None), ALEX)


def test_a_runbook_for_guests_is_not_started_for_a_host(walked) -> None:
    walked.do(lambda store, now: store.targets.keep([Target(ATLAS)], now))
    book = MEND.replace("## Wipe", "- Use for: guest-down\n\n## Wipe")
    assert refused(walked, book=book, aim=runs.Aim(ATLAS, None)) == (
        "cannot start 'mend': because it is for guest-down, and atlas is a host"
    )
