"""What a step's card says while it waits, runs, and is over."""

from dataclasses import replace

import pytest

from bot.core.progress import Progress
from bot.core.run import Button, Choice, RunStatus, State, StepState
from bot.core.runs.ground import pause
from bot.core.runs.lost import ActionLost, ActionUnended
from bot.views.boxes import ticked
from bot.views.modals import choose_view, type_name_view
from bot.views.run import MARKS, run_card
from bot.views.step import StepFacts, step_card
from tests.core.test_walk import LATER, Walk
from tests.views.wild import shown

BOOK = """\
# Mend it

## Stop it
- Confirm: This cuts the power of $guest.
- Time limit: 1 minute

> [!WARNING]
> What $guest has not written is lost.

It looks at `$disk` on ${hypervisor}.

```lab
start $guest
```

**Check** every 5 seconds for 1 minute:

```lab
healthy $guest
```

## Copy it
- Run on: bot

```sh
echo 1
echo "$guest"
echo 3
echo 4
echo 5
```

## Look
- Optional: yes

- [ ] A box with so long a text that it does not fit into the seventy-five characters of a line
- [ ] Another
"""


@pytest.fixture
def walk() -> Walk:
    return Walk(BOOK)


def card(walk: Walk, at: int = 0, **facts) -> str:
    return shown(step_card(StepFacts(walk.run, walk.runbook, at, **facts)))


def actions(walk: Walk) -> list[dict]:
    made = step_card(StepFacts(walk.run, walk.runbook, walk.run.current))
    return made.blocks[-1].to_dict()["elements"]


def test_it_tells_what_will_be_done_with_values_in_place(walk):
    told = card(walk)
    assert "👉 *Step 1 of 3 · Stop it*\\nReady when you are" in told
    assert "It looks at `/img/web1.img` on atlas." in told
    assert "⚠️ *What web1 has not written is lost.*" in told
    assert "'start web1'" in told
    assert "Proven by `healthy web1`, every 5 s for 60 s" in told


def test_of_a_run_that_is_paused_or_stopped_nobody_is_asked_for_anything(walk):
    walk.last = replace(walk.last, run=replace(walk.run, status=RunStatus.PAUSED, pause="web1 was started"))
    assert "⏸️ *Step 1 of 3 · Stop it*\\nPaused" in card(walk)
    walk.last = replace(walk.last, run=replace(walk.run, status=RunStatus.STOPPED, ended_at=LATER))
    assert "⏹️ *Step 1 of 3 · Stop it*\\nNot run" in card(walk)
    assert "👉" not in shown(run_card(walk.run, walk.runbook))


def test_a_value_that_could_pass_for_markup_stays_a_name(walk):
    walk.last = replace(walk.last, run=replace(walk.run, values={**walk.run.values, "disk": "*<!channel>*"}))
    assert "It looks at `$disk` on atlas." in card(walk)


def test_a_red_question_repeats_text_warning_and_command(walk):
    [run, _more] = actions(walk)
    assert run["style"] == "danger"
    assert run["confirm"]["title"]["text"] == "Stop it?"
    assert run["confirm"]["text"]["text"] == (
        "This cuts the power of web1.\nWhat web1 has not written is lost.\nstart web1"
    )


def test_a_list_that_is_longer_than_slack_bears_says_so_on_the_card_and_where_one_chooses() -> None:
    walk = Walk("# Restore\n\n## Choose it\n- Run on: bot\n- Choose: snapshot\n\n```sh\nrestic snapshots\n```\n")
    walk.press(Button.RUN)
    walk.listed(Choice("a1", "today"), summary="Of 250, the first 100")
    assert "⚠️ Of 250, the first 100" in card(walk)
    assert "⚠️ Of 250, the first 100" in str(choose_view(walk.run, walk.runbook, {}).to_dict())


def test_while_it_runs_a_bar_moves_and_only_stop_is_left(walk):
    walk.press(Button.RUN)
    assert "⏳ *Step 1 of 3" in card(walk)
    assert "under way" in card(walk)
    assert "▰▰▰▰▰▰▱▱▱▱  *62 %* · 12.4 GB of 20.0 GB" in card(walk, progress=Progress(62, "12.4 GB of 20.0 GB"))
    assert "⏳ 12.4 MB written" in card(walk, progress=Progress(None, "12.4 MB written"))
    [stop] = [one for one in actions(walk) if one["type"] == "button"]
    assert stop["text"]["text"] == "Stop"
    assert stop["confirm"]["confirm"]["text"] == "Stop it"


@pytest.mark.parametrize(
    ("given_up", "words", "offered"), [(False, "looking for it", 1), (True, "out of reach", 2)]
)
def test_what_is_out_of_reach_may_still_run_and_can_not_be_run_again(walk, given_up, words, offered):
    walk.press(Button.RUN)
    walk.give(ActionLost(0, 1, "lost atlas: because Connection reset", given_up))
    told = card(walk)
    assert f"❓ *Step 1 of 3 · Stop it*\\nUnknown: {words}" in told
    assert "❓ *It may still run.* lost atlas: because" in told
    assert len(actions(walk)) == offered
    assert actions(walk)[-1]["text"]["text"] == "Stop"


def test_what_can_not_be_ended_says_so_and_what_to_do(walk):
    walk.press(Button.RUN)
    walk.give(ActionUnended(0, 1, "pid 7 cp, although its time limit of 2 s is over"))
    told = card(walk)
    assert "⚠️ *Step 1 of 3 · Stop it*\\nStill runs, and can't be ended" in told
    assert "⚠️ *It still runs.* pid 7 cp, although its time limit of 2 s is over\\nEnd it there" in told
    assert [one["text"]["text"] for one in actions(walk)] == ["Look again", "Stop"]


def test_what_is_proven_says_so_and_by_whom_it_was_run(walk):
    walk.press(Button.RUN)
    walk.finished()
    walk.checked(summary="its agent answers")
    told = card(walk)
    assert "✅ *Step 1 of 3 · Stop it*\\n*Verified* · ada" in told
    assert "✅ check passed: its agent answers" in told
    assert "button" not in told


def test_a_failure_tells_what_was_heard_last_and_offers_what_can_be_done(walk):
    walk.press(Button.RUN)
    walk.finished(ok=False, summary="exit status 1: no such disk <b>")
    assert "Last heard: exit status 1: no such disk &lt;b&gt;" in card(walk)
    assert [one["text"]["text"] for one in actions(walk) if one["type"] == "button"] == ["Retry", "Skip", "Stop"]
    walk.last = pause(walk.run, "web1 was started", LATER)
    assert "Last heard: exit status 1: no such disk &lt;b&gt;" in card(walk)


def test_a_long_command_is_whole_before_it_runs_and_short_afterwards(walk):
    walk.press(Button.RUN)
    walk.finished()
    walk.checked()
    assert "echo 5" in card(walk, 1)
    assert "with guest = `web1`" in card(walk, 1)
    assert "Nothing verifies this step." in card(walk, 1)
    walk.press(Button.RUN)
    walk.finished(summary="5")
    assert "☑️ *Step 2 of 3 · Copy it*\\nDone, not verified" in card(walk, 1)
    assert "… and 2 more lines" in card(walk, 1)


def test_the_ticks_of_a_step_stay_on_record(walk):
    steps = (*walk.run.steps[:2], StepState(State.READY))
    walk.last = replace(walk.last, run=replace(walk.run, current=2, steps=steps))
    assert "'description'" in card(walk, 2)
    walk.tick(1)
    walk.press(Button.SKIP)
    assert "☐ A box with so long a text that it does not fit into the seventy-five characters" in card(walk, 2)
    assert "☑ Another" in card(walk, 2)


def test_a_value_that_is_not_set_is_named(walk):
    bare = Walk(BOOK, values={"hypervisor": "atlas"})
    assert "⛔ This step can't go on: `$guest` is not set." in card(bare)


GUARDED = """\
# Mend it

## Swap it
- Run on: $hypervisor
- Confirm by typing: $guest

**Before**: $guest is off.

```lab
is off $guest
```

```sh
mv new old
```

## Press it
- Run on: $hypervisor
- Confirm: Hard.

**Before**:

```sh
test -e "$disk"
```

```lab
start $guest
```
"""


def test_what_must_hold_before_is_shown_before_anyone_agrees():
    walk = Walk(GUARDED)
    told = card(walk)
    assert "🔎 *Before*: web1 is off.\\nChecked first; nothing runs unless it passes: `is off web1`" in told
    asked = str(type_name_view(walk.run, walk.runbook, Button.RUN, {}).to_dict())
    assert "`is off web1`" in asked
    walk.press(Button.RUN, typed="web1")
    walk.looked()
    walk.finished()
    assert "🔎 *Before*\\nChecked first; nothing runs unless it passes: on *atlas* (sh):" in card(walk, 1)
    [run, _more] = actions(walk)
    assert run["confirm"]["text"]["text"] == 'Hard.\nChecked first: On atlas: test -e "/img/web1.img"\nstart web1'


def test_what_is_held_back_says_what_was_found_and_that_nothing_was_run():
    walk = Walk(GUARDED)
    walk.press(Button.RUN, typed="web1")
    assert "🔎 looking …" in card(walk)
    walk.looked(holds=False, summary="web1 is not off: it is running")
    told = card(walk)
    assert "⛔ *Step 1 of 2 · Swap it*\\nHeld back" in told
    assert "⛔ *Nothing was run.* web1 is not off: it is running" in told
    assert [one["text"]["text"] for one in actions(walk) if one["type"] == "button"] == [
        "Check again",
        "Skip",
        "Stop",
    ]


def test_a_paused_run_says_why_on_its_step_and_what_still_runs():
    walk = Walk(GUARDED)
    walk.last = pause(walk.run, "web1 <was> started", LATER)
    told = card(walk)
    assert "⏸️ *Paused* since <!date^" in told
    assert ": web1 &lt;was&gt; started" in told
    assert "Nothing more runs until someone lets it go on." in told
    assert [one["text"]["text"] for one in actions(walk)] == ["Go on", "Stop"]
    assert "mv new old" not in told
    walk.press(Button.GO_ON)
    walk.press(Button.RUN, typed="web1")
    walk.looked()
    walk.last = pause(walk.run, "web1 moved", LATER)
    assert "What runs already goes on to its end." in card(walk)


def test_a_paused_step_that_nobody_can_see_claims_no_progress(walk):
    walk.press(Button.RUN)
    walk.give(ActionLost(0, 1, "atlas does not answer"))
    walk.last = pause(walk.run, "incident 6 has become another: power loss", LATER)
    told = card(walk)
    assert "❓ *It may still run.* atlas does not answer" in told
    assert "under way" not in told


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_mark(state):
    assert MARKS[state]


def test_ticks_of_all_groups_of_one_step_are_read_back():
    values = {
        "step_tick:3:2:0": {"step_tick:0": {"selected_options": [{"value": "0"}, {"value": "9"}]}},
        "step_tick:3:2:1": {"step_tick:1": {"selected_options": [{"value": "11"}]}},
        "step_tick:3:1:0": {"step_tick:0": {"selected_options": [{"value": "5"}]}},
    }
    assert ticked("step_tick:3:2:1", values) == (3, 2, (0, 9, 11))
    with pytest.raises(ValueError, match="it is no group of them"):
        ticked("other", {})


def test_a_red_question_names_its_machine_where_its_words_do_not():
    walk = Walk("# Burn\n\n## Burn\n- Confirm: Hard.\n\n```sh\ntrue\n```\n")
    run = actions(walk)[0]
    assert run["confirm"]["text"]["text"].startswith("Machine: web1\nHard.")


def test_while_it_waits_for_its_proof_it_says_so_since_when_and_what_it_saw(walk):
    walk.press(Button.RUN)
    walk.finished()
    assert walk.state is State.VERIFYING
    told = card(walk, progress=Progress(None, "web1: off"))
    assert "🔎 Done; waiting for its proof since <!date^" in told
    assert ", for 1 min at most.\\nLast seen: web1: off" in told
    assert "under way" not in told
