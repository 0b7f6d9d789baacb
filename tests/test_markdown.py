"""A runbook's text becomes steps, or a list of all that is wrong with it, each with its line."""

from datetime import timedelta
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.health import Kind
from bot.core.lab import Effect, LabCall, LabVerb
from bot.core.runbook import Before, LabAction, Language, OnFailure, Question, ScriptAction
from bot.core.written import Knowledge
from bot.markdown import parse

VERBS = (
    LabVerb("start", ("guest",), effect=Effect.STARTS),
    LabVerb("power off", ("guest",), effect=Effect.STOPS),
    LabVerb("healthy", ("target",)),
    LabVerb("is off", ("guest",)),
)
KNOWN = Knowledge(VERBS, hosts=frozenset({"atlas", "nas"}), roles=frozenset({"admin", "hands"}))


def read(text, known=KNOWN):
    reading = parse("mend", dedent(text), known)
    assert not reading.problems, [str(problem) for problem in reading.problems]
    return reading.runbook


def step(body, **more):
    return read(f"# T\n## A\n{dedent(body)}", **more).steps[0]


def problems(text, known=KNOWN):
    reading = parse("mend", dedent(text), known)
    assert reading.runbook is None
    return [str(problem) for problem in reading.problems]


def problem(body, known=KNOWN):
    """The only problem of a step that begins in line 2."""
    (only,) = problems(f"# T\n## A\n{dedent(body)}", known)
    return only


SH = "\n```sh\nls\n```\n"
LAB = "\n```lab\nstart $guest\n```\n"
OFF = "\n```lab\nis off $guest\n```\n"


def test_a_runbook_has_a_title_an_introduction_settings_and_steps():
    runbook = read(
        """\
        # Mend *it*

        What this is for.

        - Use for: boot-disk, guest-down
        - Who: hands
        - and a thought

        ## First

        Look *here*.

        ### Not a step

        ## Second
        """
    )
    assert (runbook.name, runbook.title, runbook.who) == ("mend", "Mend *it*", "hands")
    assert runbook.introduction == "What this is for.\n\n- and a thought"
    assert runbook.use_for == (Kind.BOOT_DISK, Kind.GUEST_DOWN)
    assert [(one.heading, one.line, one.prose) for one in runbook.steps] == [
        ("First", 9, "Look *here*.\n\n### Not a step"),
        ("Second", 15, ""),
    ]
    assert runbook.source.startswith("# Mend")
    assert len(runbook.hash) == 64


def test_every_setting_of_a_step_is_read():
    made = step(
        """\
        - Run on: atlas
        - Confirm: Sure?
        - Confirm by typing: $guest
        - Ask: bay
        - Pattern: `[0-9]*`
        - If it fails: go to "B"
        - Only on request: no
        - Optional: yes
        - Who: hands
        - Time limit: 2 hours
        - watch the size of: $disk.new

        ```sh
        ls
        ```

        ## B
        """
    )
    assert made.question == Question("bay", choose=False, pattern="[0-9]*")
    assert (made.confirm, made.confirm_typed, made.who, made.watch) == ("Sure?", "guest", "hands", "$disk.new")
    assert (made.on_failure, made.go_to, made.optional, made.on_request) == (OnFailure.GO_TO, "B", True, False)
    assert made.limit == timedelta(hours=2)
    assert made.action == ScriptAction(Language.SH, "ls\n", "atlas", 15)
    assert made.prose == ""


def test_a_fence_without_run_on_is_shown_never_run():
    made = step("Try this:\n\n```sh\nls\n```\n\n```powershell\ndir\n```\n")
    assert made.action is None
    assert made.prose == "Try this:\n\n```sh\nls\n```\n\n```powershell\ndir\n```"


def test_a_fence_in_a_list_or_a_quote_is_shown_never_run():
    made = step("- Run on: atlas\n\n> ```sh\n> quoted\n> ```\n\n1. so:\n\n   ```sh\n   listed\n   ```\n" + SH)
    assert made.action.text == "ls\n"
    assert "quoted" in made.prose
    assert "listed" in made.prose


def test_a_fence_of_another_language_is_shown_beside_the_one_that_runs():
    made = step("- Run on: atlas\n" + SH + "\n```text\nwhat it prints\n```\n")
    assert made.action.line == 5
    assert made.prose == "```text\nwhat it prints\n```"


def test_a_lab_fence_needs_no_place():
    assert step(LAB).action == LabAction(LabCall("start", ("$guest",)), 4, Effect.STARTS)


@pytest.mark.parametrize(
    ("written", "every", "within"),
    [
        ("**Check**:", 5, 0),
        ("**Check** every 2 seconds for 3 minutes:", 2, 180),
        ("**Check** for 1 minute:", 5, 60),
        ("**check** every 1 minute:", 60, 0),
    ],
)
def test_a_check_is_a_paragraph_and_the_fence_behind_it(written, every, within):
    made = step(f"{LAB}\n{written}\n\n```lab\nhealthy $guest\n```\n")
    assert made.check.action == LabAction(LabCall("healthy", ("$guest",)), 10)
    assert (made.check.every, made.check.within) == (timedelta(seconds=every), timedelta(seconds=within))
    assert made.prose == ""


def test_a_script_that_checks_runs_where_the_step_ran():
    made = step("- Run on: nas\n" + SH + "\n**Check**:\n\n```sh\ntest -e x\n```\n")
    assert (made.check.action.run_on, made.check.action.text) == ("nas", "test -e x\n")
    by_hand = step("- Run on: nas\n\nLook.\n\n**Check**:\n" + SH)
    assert (by_hand.action, by_hand.prose) == (None, "Look.")


# --- what must hold before ---------------------------------------------------------------------------------------


def test_a_before_is_a_paragraph_and_the_fence_behind_it_ahead_of_the_fence_it_guards():
    made = step(
        f"Mind it.\n\n**Before**: the guest\nis off.\n{OFF}{LAB}\n**Check**:\n\n```lab\nhealthy $guest\n```\n"
    )
    assert made.before == Before(LabAction(LabCall("is off", ("$guest",)), 8), "the guest is off.")
    assert (made.action.line, made.check.action.line, made.prose) == (12, 18, "Mind it.")
    assert [action.line for action in made.runs] == [8, 12, 18]
    assert "guest" in made.uses


def test_a_before_may_be_a_script_that_runs_where_the_step_runs():
    made = step(f"- Run on: nas\n\n**before**:\n{SH}{SH}")
    assert (made.before.action.run_on, made.before.action.text, made.before.says) == ("nas", "ls\n", "")
    assert made.action.line == 11


def test_what_must_hold_before_a_list_is_made_or_a_person_does_it():
    listing = step(f"- Run on: nas\n- Choose: one\n\n**Before**: it is off.\n{OFF}{SH}")
    assert listing.lists
    by_hand = step(f"**Before**: it is off.\n{OFF}\nPress the button.\n\n```sh\nshown only\n```\n")
    assert by_hand.before
    assert by_hand.action is None


@pytest.mark.parametrize(
    "sentence",
    [
        "**Check status:** it should say `active`.",
        "**Check the logs** first, every time.",
        "**Check:** you should see this.",
        "**Check** that it blinks.",
        "**Checks**: none.",
        "**Before you begin:** breathe.",
        "**Before every run:** breathe.",
        "**Before** you begin, breathe.",
        "**Before:** read this.",
        "**Beforehand**: nothing.",
        "**check**mate",
        "Before: nothing stands in bold here.",
    ],
)
def test_a_sentence_that_only_begins_like_a_directive_is_prose(sentence):
    made = step(f"{sentence}\n")
    assert (made.prose, made.check, made.before) == (sentence, None, None)
    shown = step(f"**Check status:** it says\n\n```text\nactive\n```\n{LAB}")
    assert shown.prose == "**Check status:** it says\n\n```text\nactive\n```"
    assert shown.action


@pytest.mark.parametrize("sentence", ["**Check status:**", "**Check it:** with", "**Before you begin:**"])
def test_a_sentence_stays_prose_ahead_of_the_fence_that_the_step_runs(sentence):
    alone = step(f"{sentence}\n")
    assert (alone.prose, alone.check, alone.before) == (sentence, None, None)
    made = step(f"{sentence}\n{LAB}")
    assert (made.prose, made.check, made.before) == (sentence, None, None)
    assert made.action


NO_BEFORE = "because it is written `**Before**: it is off.`"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"**Before:** it is off.\n{OFF}{LAB}", f"3: cannot use “**Before:** it is off.”: {NO_BEFORE}"),
        (
            f"**Before** it starts\n{OFF}{LAB}",
            "3: cannot use “**Before** it starts”: because it is written `**Before**: what must hold`",
        ),
        (f"__Before__: it is off.\n{OFF}{LAB}", f"3: cannot use “__Before__: it is off.”: {NO_BEFORE}"),
        (f"**Before:** it is off.\n\nReally.\n{LAB}", f"3: cannot use “**Before:** it is off.”: {NO_BEFORE}"),
        ("**Before**: it is off.\n", "3: cannot use this Before: because no fence stands right behind it"),
        (
            f"**Before**: it is off.\n\nLook.\n{LAB}",
            "3: cannot use this Before: because no fence stands right behind it",
        ),
        (
            f"**Before**: a.\n{OFF}\n**Before**: b.\n{OFF}{LAB}",
            "9: cannot use a second Before: because a step has one Before",
        ),
        (f"{LAB}\n**Before**: late.\n{OFF}", "8: cannot use this Before here: because it has to stand ahead of"),
        (
            f"Do it.\n\n**Check**:\n{OFF}\n**Before**: late.\n{OFF}",
            "11: cannot use this Before here: because it has to stand ahead of what it guards (line 5)",
        ),
        (f"**Before**: a.\n{SH}{LAB}", "5: cannot run this Before: because no “Run on” says where"),
        (
            "- Run on: nas\n\n**Before**: a.\n\n```console\nls\n```\n" + SH,
            "7: cannot run this Before: because a `console` fence can't be run",
        ),
        (
            "- Run on: nas\n\n**Before**: a.\n\n```text\nls\n```\n" + SH,
            "7: cannot run this Before: because a `text` fence can't be run",
        ),
        (
            "**Before**: a.\n\n```lab\nis of $guest\n```\n" + LAB,
            "6: cannot use `is of $guest`: because there is no verb 'is of' (did you mean 'is off'?)",
        ),
        (
            "**Before**: a.\n\n```lab\npower off $guest\n```\n" + LAB,
            "5: cannot use this as a Before: because `power off` changes something, and a Before only looks",
        ),
        (
            f"- Run on: nas\n- Confirm: Sure?\n\n**Before**: it is off.\n{SH}",
            "8: cannot use this as a Before: because no other fence stands here that it guards; a step done by",
        ),
        (
            f"- Ask: bay\n\n**Before**: it is off.\n{OFF}",
            "7: cannot use this as a Before: because this step only asks, and runs nothing",
        ),
        (
            "**Check every 5 seconds**:\n\nLook.\n",
            "3: cannot use “**Check every 5 seconds**:”: because a check is written",
        ),
        ("**Check:**\n", "3: cannot use “**Check:**”: because a check is written"),
        ("**Check** every now and then:\n", "3: cannot use “**Check** every now and then:”: because a check"),
        (f"**Check:** it runs\n{OFF}", "3: cannot use “**Check:** it runs”: because a check is written"),
    ],
)
def test_what_is_nearly_a_directive_says_how_it_is_written(body, said):
    assert problem(body).startswith(said)


def test_a_before_ahead_of_the_first_step_belongs_to_none():
    assert problems(f"# T\n**Before**: it is off.\n{OFF}\n## A\n") == [
        "2: cannot use this Before here: because a Before belongs to a step"
    ]


HEALTHY_HOST = "# T\n- Use for: %s\n\n## A\n\n```lab\nhealthy $host\n```\n"
ONLY_OF_A_HOST = "and $host is known only of a host"


def test_a_value_that_nothing_it_is_for_has_is_a_mistake():
    reading = parse("t", HEALTHY_HOST % "guest-down, boot-disk", KNOWN)
    said = f"7: cannot use $host: because “Use for” names guest-down, boot-disk, {ONLY_OF_A_HOST}"
    assert [str(one) for one in reading.problems] == [said]


def test_a_value_that_not_all_it_is_for_has_is_a_hint():
    reading = parse("t", HEALTHY_HOST % "service-down, host-down", KNOWN)
    assert [str(one) for one in reading.hints] == [f"7: hint: “Use for” names service-down, {ONLY_OF_A_HOST}"]


def test_what_is_known_of_all_it_is_for_or_asked_for_by_an_optional_step_is_neither():
    optional = HEALTHY_HOST.replace("## A\n", "## B\n\n## A\n- Optional: yes\n")
    books = [HEALTHY_HOST % "host-down", HEALTHY_HOST.replace("- Use for: %s\n", ""), optional % "guest-down"]
    for book in books:
        reading = parse("t", book, KNOWN)
        assert (reading.problems, reading.hints) == ((), ())


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (f"- Confirm: Sure?\n{LAB}", "5: hint: “A” is confirmed beforehand: say with **Before** what must still"),
        (f"- Run on: nas\n- Confirm by typing: $guest\n{SH}", "6: hint: “A” is confirmed beforehand"),
        ("\n```lab\npower off $guest\n```\n", "4: hint: “A” stops a machine: say with **Before**"),
        (f"- Confirm: Sure?\n\n**Before**: it is off.\n{OFF}{LAB}", ""),
        (LAB, ""),
        ("- Confirm: Sure?\n\nBy hand.\n", ""),
        (f"- Run on: nas\n- Choose: one\n{SH}", ""),
    ],
)
def test_what_replaces_or_destroys_and_looks_at_nothing_before_is_a_hint_and_no_mistake(body, hint):
    reading = parse("mend", f"# T\n## A\n{body}", KNOWN)
    assert reading.runbook
    assert [str(one)[: len(hint)] for one in reading.hints] == ([hint] if hint else [])


def test_boxes_become_boxes_also_in_one_list_with_the_settings():
    made = step("- Who: hands\n\n- [ ] one\n  - [x] its part\n- [ ] two\n  lines\n- no box\n\n> - [ ] quoted\n")
    assert made.who == "hands"
    assert made.boxes == ("one", "its part", "two lines")
    assert made.prose == "- no box\n\n> - [ ] quoted"


def test_a_box_in_a_quote_in_a_list_is_prose():
    assert step("- x\n  > - [ ] quoted\n").boxes == ()


def test_a_warning_is_taken_out_of_the_prose_and_another_quote_is_not():
    made = step("> [!WARNING]\n> Hot.\n> Very.\n\n> [!NOTE]\n> Nice.\n" + LAB)
    assert made.warnings == ("Hot. Very.",)
    assert made.prose == "> [!NOTE]\n> Nice."


def test_options_are_a_list_with_commas():
    assert step("- Choose: how\n- Options: gently, very hard\n").question.options == ("gently", "very hard")


def test_a_byte_order_mark_and_windows_line_ends_change_no_line():
    text = "\ufeff# T\r\n\r\n## A\r\n- Runs on: atlas\r\n"
    (only,) = parse("x", text, KNOWN).problems
    assert only.line == 4


def test_a_separator_that_only_python_takes_for_a_line_end_changes_no_line():
    assert problem("a\x0cb\u2028c\n\n- Runs on: atlas\n").startswith("5: ")


@pytest.mark.parametrize("where", ["$host", "$hypervisor", "guest", "atlas"])
def test_a_script_can_run_on_what_the_config_knows(where):
    assert step(f"- Run on: {where}\n{SH}").action.run_on == where


def test_where_the_config_is_not_known_any_host_and_role_will_do():
    made = step(f"- Run on: mars\n- Who: pilot\n{SH}", known=Knowledge(VERBS))
    assert (made.action.run_on, made.who) == ("mars", "pilot")


def test_the_bots_own_machine_must_be_allowed():
    body = f"- Run on: bot\n{SH}"
    assert step(body, known=Knowledge((), bot=True)).action.run_on == "bot"
    assert problem(body).endswith(
        "because lab.yaml does not allow scripts on the bot's own machine (runbooks.run_on_bot)"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "hello\n",
            [
                "1: cannot read this: because a runbook begins with its title: `# What it mends`",
                "1: cannot read this: because it has no step: `## What to do first`",
            ],
        ),
        (
            "hello\n# T\n## A\n",
            ["1: cannot read this: because a runbook begins with its title: `# What it mends`"],
        ),
        ("# T\n", ["1: cannot read this: because it has no step: `## What to do first`"]),
        ("# T\n## A\n# U\n", ["3: cannot have a second title: because a step's heading is `## …`"]),
        ("# T\n##\n", ["2: cannot use this heading: because it is empty"]),
        ("# T\n## A\n## a\n", ["3: cannot use the heading “a”: because line 2 has it already"]),
        (
            "# T\n## A\n- Only on request: yes\n",
            ["1: cannot run this: because it has no step that is not only on request"],
        ),
        ("# T\n- Run on: atlas\n\n## A\n", ["2: cannot use “Run on”: because it belongs to a step"]),
        ("# T\n**Check**:\n\n## A\n", ["2: cannot use this check here: because a check belongs to a step"]),
        (
            "# T\n- Use for: boot-disc, host-down\n\n## A\n",
            [
                (
                    "2: cannot use “Use for: boot-disc, host-down”: because there is no incident of the kind "
                    "'boot-disc' "
                    "(did you mean 'boot-disk'?)"
                )
            ],
        ),
    ],
)
def test_what_is_no_runbook_says_what_it_lacks(text, said):
    assert problems(text) == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "- Runs on: atlas\n",
            "3: cannot use “Runs on”: because there is no such setting (did you mean 'Run on'?)",
        ),
        ("- Use for: boot-disk\n", "3: cannot use “Use for”: because it belongs before the first step"),
        (
            "- Run the runbook: other\n",
            "3: cannot use “Run the runbook”: because this version does not run it yet",
        ),
        ("- Who: hands\n- Who: admin\n", "4: cannot use “Who”: because it stands here twice, first in line 3"),
        ("- Who:\n", "3: cannot use “Who”: because nothing stands behind it"),
        ("- Who: hands\n  - more\n", "3: cannot use “Who”: because a setting is one line with nothing below it"),
        ("- look\n- Who: hands\n", "4: cannot use “Who”: because settings stand first in a section's first list"),
        (LAB + "\n- Who: hands\n", "8: cannot use “Who”: because settings stand before a step's first fence"),
        (
            "- Who: hand\n",
            "3: cannot use “Who: hand”: because nobody in lab.yaml has such a role (did you mean 'hands'?)",
        ),
        ("- Optional: perhaps\n", "3: cannot use “Optional: perhaps”: because it is either yes or no"),
        (
            f"- Run on: atlsa\n{SH}",
            "3: cannot use “Run on: atlsa”: because lab.yaml has no host 'atlsa' (did you mean 'atlas'?)",
        ),
        (
            f"- Run on: $guest\n{SH}",
            (
                "3: cannot use “Run on: $guest”: because of the values only $host and $hypervisor are machines a "
                "script can be sent to"
            ),
        ),
        (
            f"- Run on: atlas\n- Time limit: 5m\n{SH}",
            (
                "4: cannot use “Time limit: 5m”: because a time is written `90 seconds`, `10 minutes` or "
                "`1 hour 30 minutes`"
            ),
        ),
        (
            "- Ask: Bay\n",
            "3: cannot use “Ask: Bay”: because a value's name is lower-case letters, digits and _, a letter first",
        ),
        ("- Ask: path\n", "3: cannot use “Ask: path”: because a shell or Windows reserves 'path'"),
        (
            "- Ask: a\n- Choose: b\n- Options: c\n",
            "4: cannot use “Choose: b”: because a step asks one question, and this one has “Ask” already",
        ),
        ("- Ask: a\n- Pattern: [0-9\n", "4: cannot use “Pattern: [0-9”: because it is no regular expression: "),
        ("- Ask: a\n- Pattern: `(a+b?)+`\n", "4: cannot use “Pattern: (a+b?)+”: because it could take hours"),
        ("- Pattern: x\n", "3: cannot use “Pattern: x”: because nothing is asked or chosen here"),
        ("- Options: x\n", "3: cannot use “Options: x”: because nothing is chosen here"),
        ("- Choose: a\n- Options: x, x\n", "4: cannot use “Options: x, x”: because each stands in it once"),
        ("- Choose: a\n", "3: cannot use “Choose: a”: because neither “Options” nor a script says from what"),
        (
            "- Choose: a\n\n```lab\nstart $guest\n```\n",
            "3: cannot use “Choose: a”: because neither “Options” nor a script says from what",
        ),
        (
            f"- Choose: a\n- Run on: nas\n- Confirm: Sure?\n{SH}",
            "5: cannot use “Confirm: Sure?”: because a list is only looked at",
        ),
        ("- Ask: a\n- Confirm: Sure?\n", "4: cannot use “Confirm: Sure?”: because this step only asks"),
        (
            "- Confirm by typing: web1\n",
            "3: cannot use “Confirm by typing: web1”: because it names a value, e.g. $guest",
        ),
        (
            "- If it fails: panic\n",
            '3: cannot use “If it fails: panic”: because it is one of: ask, stop, go to "Heading"',
        ),
        (
            '- If it fails: go to "A"\n',
            '3: cannot use “If it fails: go to "A"”: because that is this step; “ask” offers to try it again',
        ),
        (
            "- If it fails: go to Help\n\n## Halp\n",
            "3: cannot use “If it fails: go to Help”: because no step has that heading (did you mean 'Halp'?)",
        ),
        ("- Time limit: 2 hours\n", "3: cannot use “Time limit: 2 hours”: because nothing runs here"),
        ("- Run on: atlas\n", "3: cannot use “Run on: atlas”: because no script stands here for it"),
        (
            "- Run on: atlas\n\n```\nls\n```\n",
            "3: cannot use “Run on: atlas”: because the fence in line 5 names no language; begin it with ```sh",
        ),
        (
            "- Run on: atlas\n\n```python\nls()\n```\n",
            "3: cannot use “Run on: atlas”: because a `python` fence (line 5) is only shown; sh and bash can",
        ),
        (
            "- Run on: atlas\n\n1. Do:\n\n   ```sh\n   ls\n   ```\n",
            "3: cannot use “Run on: atlas”: because the fence in line 7 is indented and so part of a list",
        ),
        (
            f"- Watch the size of: $disk\n{LAB}",
            "3: cannot use “Watch the size of: $disk”: because no script runs here",
        ),
        (
            "- Run on: atlas\n\n```powershell\ndir\n```\n",
            "5: cannot use a `powershell` fence: because this version does not run it yet",
        ),
        (
            "- Run on: atlas\n\n```cmd\ndir\n```\n",
            "5: cannot use a `cmd` fence: because this version does not run it yet",
        ),
        (LAB + LAB, "8: cannot run a second fence: because a step runs one, besides its"),
        (
            "\n```lab\npower of $guest\n```\n",
            "5: cannot use `power of $guest`: because there is no verb 'power of' (did you mean 'power off'?)",
        ),
        (
            "**Check** every 5s:\n\n```lab\nhealthy $guest\n```\n",
            (
                "3: cannot use “**Check** every 5s:”: because a check is written `**Check**:` or "
                "`**Check** every 5 seconds for 1 minute:`"
            ),
        ),
        (
            "**Check** it for 1 min:\n\n```lab\nhealthy $guest\n```\n",
            (
                "3: cannot use “**Check** it for 1 min:”: because a check is written `**Check**:` or "
                "`**Check** every 5 seconds for 1 minute:`"
            ),
        ),
        ("**Check**:\n\nSee above.\n", "3: cannot use this check: because no fence stands right behind it"),
        ("**Check**:\n" + SH, "5: cannot run this check: because no “Run on” says where"),
        (
            "- Run on: nas\n" + SH + "\n**Check**:\n\n```text\nx\n```\n",
            "11: cannot run this check: because a `text` fence can't be run",
        ),
        (
            "**Check**:\n\n```lab\nhealty $guest\n```\n",
            "6: cannot use `healty $guest`: because there is no verb 'healty' (did you mean 'healthy'?)",
        ),
        (
            "**Check**:\n\n```lab\nhealthy $guest\n```\n\n**Check**:\n\n```lab\nhealthy $guest\n```\n",
            "9: cannot check a second time: because a step has one check",
        ),
        (
            "- Confirm: $snap is lost.\n" + LAB,
            "3: cannot use $snap: because no step sets it",
        ),
        (
            '- Run on: nas\n\n```sh\necho "$dsik"\n```\n',
            "6: cannot use $dsik: because no step sets it (did you mean $disk?)",
        ),
        (
            '- Run on: nas\n- Choose: one\n\n```sh\necho "$one"\n```\n',
            "6: cannot use $one: because this very list is to set it",
        ),
        (
            f"- Run on: nas\n- Choose: one\n\n**Before**: so.\n\n```lab\nis off $one\n```\n{SH}",
            "8: cannot use $one: because this very list is to set it",
        ),
        (
            "\n```lab\nstart $bay\n```\n\n## Where?\n- Ask: bay\n",
            "5: cannot use $bay: because step 2 “Where?”, which sets it, comes later",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_reason(body, said):
    assert problem(body).startswith(said)


def test_a_list_holds_a_hundred_options_at_most():
    options = ", ".join(map(str, range(101)))
    assert problem(f"- Choose: a\n- Options: {options}\n").endswith("because a list holds 100 at most")


def test_a_step_on_request_may_use_and_set_values_out_of_order():
    runbook = read(
        """\
        # T
        ## On
        - Only on request: yes

        ```lab
        start $bay
        ```

        ## Where?
        - Ask: bay

        ## Use

        ```lab
        start $spare
        ```

        ## Spare?
        - Only on request: yes
        - Ask: spare
        """
    )
    assert len(runbook.steps) == 4


def test_all_mistakes_are_told_at_once_from_the_top():
    said = problems("# T\n- Who: nobody\n\n## A\n- Optional: maybe\n- Watch the size of: x\n\n## A\n")
    assert [one.partition(":")[0] for one in said] == ["2", "5", "6", "8"]


def test_prose_that_only_resembles_a_setting_is_prose():
    made = step("- Note: mind the step\n- Why: it is steep\n")
    assert made.prose == "- Note: mind the step\n- Why: it is steep"
    assert step("-\n- x\n").prose == "-\n- x"


def test_backticks_within_a_value_are_its_own():
    assert step("- Confirm: `a` and `b`\n").confirm == "`a` and `b`"


STRUCTURE = [
    "# T",
    "## A",
    "## B",
    "",
    "```sh",
    "```lab",
    "```",
    "1. one",
    "===",
    "---",
    "\t",
    "<!--",
    "- ",
    "* *",
]
SETTINGS = [
    "- Run on: atlas",
    "- Ask: bay",
    "- Choose: one",
    "- Options: a, b",
    '- If it fails: go to "B"',
    "- Who: x",
]
CONTENT = [
    "  - x",
    "- [ ] box",
    "**Check**:",
    "**Before**: it is off",
    "ls $bay",
    "start $guest",
    "> [!WARNING]",
    "> hot",
    "[a]: b",
    "\x00",
]


@given(st.lists(st.sampled_from(STRUCTURE + SETTINGS + CONTENT), max_size=25))
@settings(max_examples=200)
def test_any_text_is_a_runbook_or_has_mistakes_within_the_file(pieces):
    text = "\n".join(pieces)
    reading = parse("x", text, KNOWN)
    assert (reading.runbook is None) == bool(reading.problems)
    assert all(1 <= one.line <= len(pieces) + 1 for one in reading.problems)
    if reading.runbook:
        assert reading.runbook.source == text
