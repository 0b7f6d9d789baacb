"""What a runbook's steps are, and how its flow is drawn."""

from datetime import timedelta

import pytest

from bot.core.lab import Effect, LabVerb
from bot.core.outline import outline
from bot.core.runbook import Confirmation, needs_confirmation, who_may
from bot.core.settings import duration
from bot.core.written import Knowledge
from bot.markdown import parse

KNOWN = Knowledge(
    (
        LabVerb("start", ("guest",), effect=Effect.STARTS),
        LabVerb("healthy", ("target",)),
        LabVerb("is off", ("guest",)),
    )
)

TEXT = """# Mend it
- Use for: guest-down, boot-disk
- Who: hands

## Look
- Run on: $hypervisor
- Optional: yes

```sh
ls "$disk"
```

## Pick
- Choose: snapshot
- Run on: atlas
- Time limit: 1 hour 30 minutes

```bash
list
```

## Start
- Confirm by typing: $guest
- Confirm: This starts $guest from $snapshot.
- If it fails: go to "Ask for help"
- Who: admin

> [!WARNING]
> There is no way back.

**Before**: it is off.

```lab
is off $guest
```

```lab
start $guest
```

**Check** every 5 seconds for 2 minutes:

```lab
healthy $guest
```

## Which bay?
- Ask: bay
- If it fails: stop

## How?
- Choose: how
- Options: gently, hard

## Ask for help
- Only on request: yes
- Confirm: Wakes everybody.

- [ ] Look once more
- [ ] Breathe

**Check**:

```lab
healthy $guest
```
"""


@pytest.fixture
def runbook():
    reading = parse("mend", TEXT, KNOWN)
    assert not reading.problems, [str(problem) for problem in reading.problems]
    return reading.runbook


def test_a_step_is_pressed_by_its_own_role_else_the_runbooks_else_an_admin(runbook):
    assert [who_may(step, runbook) for step in runbook.steps[1:3]] == ["hands", "admin"]
    plain = parse("p", "# T\n## A\n", KNOWN).runbook
    assert who_may(plain.steps[0], plain) == "admin"


def test_a_confirmation_carries_its_words_the_name_to_type_and_the_warnings(runbook):
    assert needs_confirmation(runbook.steps[0]) is None
    wanted = Confirmation("This starts $guest from $snapshot.", "guest", ("There is no way back.",))
    assert needs_confirmation(runbook.steps[2]) == wanted


def test_a_step_knows_the_values_without_which_it_must_not_go_on(runbook):
    assert [set(step.uses) for step in runbook.steps] == [
        {"disk", "hypervisor"},
        set(),
        {"guest", "snapshot"},
        set(),
        set(),
        {"guest"},
    ]


def test_only_an_action_that_is_no_list_changes_the_world(runbook):
    assert [step.acts for step in runbook.steps] == [True, False, True, False, False, False]
    assert [step.lists for step in runbook.steps] == [False, True, False, False, False, False]


SCRIPT, IS_OFF = "\n```sh\nls\n```\n", "\n```lab\nis off $guest\n```\n"


@pytest.mark.parametrize(
    ("body", "effect"),
    [
        ("\n```lab\nstart $guest\n```\n", Effect.STARTS),
        (IS_OFF, Effect.LOOKS),
        (f"- Confirm: Sure?\n{IS_OFF}", Effect.LOOKS),
        (f"- Run on: bot\n{SCRIPT}", Effect.LOOKS),
        (f"- Run on: bot\n- Confirm: Sure?\n{SCRIPT}", Effect.CHANGES),
        (f"- Run on: bot\n- Confirm by typing: $guest\n{SCRIPT}", Effect.CHANGES),
        (f"- Run on: bot\n\n**Before**: off.\n{IS_OFF}{SCRIPT}", Effect.CHANGES),
        (f"- Run on: bot\n{SCRIPT}\n**Check**:\n{IS_OFF}", Effect.CHANGES),
        (f"- Run on: bot\n- Choose: one\n{SCRIPT}\n**Check**:\n{IS_OFF}", Effect.LOOKS),
        ("By hand.\n", Effect.LOOKS),
        ("- Confirm: Sure?\n\nBy hand.\n", Effect.LOOKS),
        (f"By hand.\n\n**Check**:\n{IS_OFF}", Effect.CHANGES),
    ],
)
def test_a_step_that_is_proven_guarded_or_confirmed_does_not_only_look(body, effect):
    assert parse("e", f"# T\n## A\n{body}", Knowledge(KNOWN.verbs, bot=True)).runbook.steps[0].effect is effect


def test_the_outline_shows_who_presses_what_runs_what_proves_it_and_where_a_failure_leads(runbook):
    assert (
        "\n".join(outline(runbook))
        == """\
Mend it (mend), offered for guest-down, boot-disk

  1  Look
       pressed by hands, may be skipped
       runs sh on $hypervisor (at most 10 minutes)
       is not verified
  2  Pick
       pressed by hands
       runs bash on atlas (at most 1 hour 30 minutes), and a person chooses $snapshot
       is not verified
  3  Start
       pressed by admin
       confirms by typing $guest
       looks first, and goes on only if it holds: `lab is off $guest` (it is off.)
       runs `lab start $guest` (at most 10 minutes)
       is proven by `lab healthy $guest`, looked at every 5 seconds for 2 minutes
       if it fails: goes to 6 “Ask for help”
  4  Which bay?
       pressed by hands
       asks for $bay
       is not verified
       if it fails: the run stops
  5  How?
       pressed by hands
       chooses $how
       is not verified
  6  Ask for help  (only on request)
       pressed by hands
       ticks 2 boxes
       confirms
       is done by hand
       is proven by `lab healthy $guest`"""
    )


def test_a_runbook_for_nothing_in_particular_is_started_by_hand():
    text = "# T\n## A\n\n- [ ] one\n"
    assert outline(parse("p", text, KNOWN).runbook) == (
        "T (p), started by hand",
        "",
        "  1  A",
        "       pressed by admin",
        "       ticks 1 box",
        "       is done by hand",
        "       is not verified",
    )


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1 second", timedelta(seconds=1)),
        ("90 seconds", timedelta(seconds=90)),
        ("2 hours", timedelta(hours=2)),
        ("1 hour 30 minutes", timedelta(minutes=90)),
        ("1 hour and 5 minutes", timedelta(minutes=65)),
        ("1 hour, 5 minutes", timedelta(minutes=65)),
        ("5s", None),
        ("soon", None),
        ("5 minutes or so", None),
        ("0 seconds", None),
    ],
)
def test_a_length_of_time_is_read_as_people_write_it(text, length):
    assert duration(text) == length
