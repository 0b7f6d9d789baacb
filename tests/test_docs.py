"""The documentation names what there is, and what it names is there."""

import re
from pathlib import Path

import pytest

from bot import actions, probes
from bot.__main__ import make_parser
from bot.core.kinds import Kind
from bot.vocabulary import SHIPPED
from handlers.commands import verbs
from tests import configuration_page

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / "lab.example.yaml").read_text()
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text()
PAGES = sorted(page for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *SHIPPED.glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
COMMAND = re.compile(r"\./caretaker(?: --)? ([a-z]+)(?: ([a-z]+))?")
LAUNCHERS = ("test", "bench")


def commands() -> dict[str, set[str]]:
    """The commands of the command line, and the verbs of those that have any."""
    return {name: set(subcommands(parser)) for name, parser in subcommands(make_parser()).items()}


def subcommands(parser):
    return next(
        (action.choices for action in parser._actions if action.dest == "==SUPPRESS==" and action.choices), {}
    )


@pytest.mark.parametrize("name", probes.discover())
def test_every_probe_is_named(name):
    assert re.search(rf"probe: {name}\b", EXAMPLE) or f"`{name}`" in README


@pytest.mark.parametrize("verb", [action.verb.name for action in actions.discover().values()])
def test_every_action_is_named(verb):
    assert re.search(rf"^\| `{verb}\b", RUNBOOKS, re.MULTILINE)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_incident_that_a_runbook_may_be_for_is_named(kind):
    (row,) = [line for line in RUNBOOKS.splitlines() if line.startswith("| `Use for:")]
    assert f"`{kind}`" in row


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_of_lab_is_named(verb):
    assert re.search(rf"`/lab {verb}\b", README)


@pytest.mark.parametrize("name", [file.stem for file in SHIPPED.glob("*.md") if file.name != "README.md"])
def test_every_shipped_runbook_is_linked(name):
    assert f"]({name}.md)" in (SHIPPED / "README.md").read_text()


@pytest.mark.parametrize("name", [*commands(), *LAUNCHERS])
def test_every_command_is_named(name):
    assert f"./caretaker {name}" in README
    for verb in commands().get(name, ()):
        assert f"./caretaker {name} {verb}" in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_is_there(page):
    text = page.read_text()
    assert not [link for link in LINK.findall(text) if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_a_page_names_are_there(page):
    known = commands()
    for name, verb in COMMAND.findall(page.read_text()):
        assert name in known or name in LAUNCHERS, f"./caretaker {name}"
        if known.get(name):
            assert verb in known[name], f"./caretaker {name} {verb}"


def test_the_changelog_names_every_verb_and_command():
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert not [
        name
        for name in (*verbs(), *commands())
        if f"`{name}" not in changes and f"caretaker {name}" not in changes
    ]


def test_the_configuration_page_is_what_the_code_says():
    text = configuration_page.PAGE.read_text()
    made = configuration_page.page(configuration_page.by_hand(text))
    assert text == made, "make it anew: python -m tests.configuration_page"
