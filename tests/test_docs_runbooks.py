"""docs/runbooks.md: its example is a good runbook, and what it says of `lint` is what `lint` says."""

import re
from pathlib import Path

import pytest

from bot.actions import discover
from bot.core.settings import NOT_YET, OF_RUNBOOKS, OF_STEPS
from bot.core.values import BUILT_IN
from bot.core.written import Knowledge
from bot.markdown import parse
from bot.terminal.scripts import unreadable

PAGE = (Path(__file__).parent.parent / "docs" / "runbooks.md").read_text()
(EXAMPLE,) = re.findall(r"^````markdown\n(.*?)^````$", PAGE, re.DOTALL | re.MULTILINE)
VERBS = tuple(action.verb for action in discover().values())
LAB = Knowledge(VERBS, hosts=frozenset({"atlas"}), roles=frozenset({"admin", "hands"}))
REMOVE = "- Run on: $hypervisor\n- Confirm"
GUARD = "**Before**: the guest is still not well.\n"
MISTAKES = (
    (REMOVE, "- Runs on: $hypervisor\n- Confirm"),
    (REMOVE, "Run on: $hypervisor\n\n- Confirm"),
    ("$image from $hypervisor.\n", "$image from $hypervisor.\n\n  Think twice.\n"),
    (REMOVE, "- Run on: atlsa\n- Confirm"),
    (REMOVE, "- Run on: bot\n- Confirm"),
    (REMOVE, "- Confirm"),
    ("- Who: admin", "- Who: admins"),
    ("guest-damaged", "guest-broken"),
    ('rm -- "$image"', 'rm -- "$imgae"'),
    ("resume $guest", "restart $guest"),
    ("resume $guest", "resume my-$guest"),
    ("resume $guest", "resume $guest\nstart $guest"),
    ("- If it fails", "- Run the runbook: guest-down\n- If it fails"),
    ("resume $guest\n```", "resume $guest\n"),
    ("**Check** every 5 seconds for 2 minutes:", "**Check every 5s:**"),
    (GUARD, "**Before** the guest is not well:\n"),
    ("not healthy $guest", "power off $guest"),
    ('go to "Ask for help"', 'go to "Ask"'),
    ("## Let the guest go on", "##Let the guest go on"),
    ("## Let the guest go on", "## Remove it"),
    ("# Make room", "---\ntitle: x\n---\n# Make room"),
    ("- Only on request: yes", "- Only on request: true"),
    ("- Confirm:", "- Time limit: 10m\n- Confirm:"),
    ("[A-Za-z0-9._-]+", "([A-Za-z0-9._-]+x?)+"),
)
"""What is put in the place of a part of the example; each is explained in a row of the page, in this order."""
HINTS = (
    (f"{GUARD}\n```lab\nnot healthy $guest\n```\n\n", ""),
    ("- Use for: guest-damaged", "- Use for: guest-damaged, service-down"),
)


def rows(title: str) -> list[str]:
    """What the first column of a table quotes."""
    (table,) = re.findall(rf"^\| {title} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [re.match(r"\| (`+)(.+?)\1 \|", row)[2].strip() for row in table.splitlines()]


def written(mistake: tuple[str, str]) -> str:
    """The example with that mistake."""
    assert mistake[0] in EXAMPLE
    return EXAMPLE.replace(*mistake, 1)


def test_it_names_every_setting_every_value_and_every_action():
    assert [key for key in (*OF_RUNBOOKS, *OF_STEPS, *NOT_YET) if f"`{key}" not in PAGE] == []
    assert [name for name in BUILT_IN if f"`${name}`" not in PAGE] == []
    assert [verb.name for verb in VERBS if f"`{verb.name}" not in PAGE] == []


def test_lint_has_nothing_to_say_about_the_worked_example():
    reading = parse("example", EXAMPLE, LAB)
    assert reading.problems == ()
    assert reading.hints == ()
    assert list(unreadable(reading.runbook)) == []


@pytest.mark.parametrize(("because", "mistake"), list(zip(rows("Because …")[:-1], MISTAKES, strict=True)))
def test_each_mistake_is_explained_in_the_words_that_lint_has_for_it(because, mistake):
    assert because in str(parse("example", written(mistake), LAB).problems[0])


def test_a_script_that_its_shell_cannot_read_is_told_with_its_line():
    text = written(('rm -- "$image"', "rm -- )"))
    ((line, why),) = unreadable(parse("example", text, LAB).runbook)
    assert text.splitlines()[line - 1] == "rm -- )"
    assert rows("Because …")[-1].removesuffix("…") in why


@pytest.mark.parametrize(("hint", "slip"), list(zip(rows("Hint")[:-1], HINTS, strict=True)))
def test_each_hint_is_explained(hint, slip):
    assert hint in str(parse("example", written(slip), LAB).hints[0])
