"""The documentation names what there is, and what it names is there."""

import re
import textwrap
from pathlib import Path

import pytest

from bot import actions, probes
from bot.__main__ import make_parser
from bot.config import doubts_of, load
from bot.core.kinds import Kind
from bot.core.permit import Act, Person, may
from bot.manifest import APP_TOKEN_SCOPE, SCOPES
from bot.vocabulary import SHIPPED, probe_params
from handlers.commands import verbs
from tests import configuration_page

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
WATCHING = (ROOT / "docs" / "watching.md").read_text()
EXAMPLE = (ROOT / "lab.example.yaml").read_text()
SECURITY = (ROOT / "docs" / "security.md").read_text()
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text()
PAGES = sorted(page for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *SHIPPED.glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
PART = re.compile(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)")
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
    assert f"`{name}`" in WATCHING


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


def headings(page: Path) -> set[str]:
    """What GitHub calls the parts of a page in a link."""
    text = re.sub(r"^(`{3,}).*?^\1$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_part_of_a_page_that_a_link_leads_to_is_there(page):
    for file, part in PART.findall(page.read_text()):
        assert part in headings(page.parent / file if file else page), f"{file}#{part}"


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


def rights() -> dict[str, list[str]]:
    """What the page on security says of who may do what: of each act its other cells."""
    (table,) = re.findall(r"^\| to \| in Slack \|.*\n\|[-|]+\n((?:\|.*\n)+)", SECURITY, re.MULTILINE)
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    return {act: cells for act, *cells in rows}


@pytest.mark.parametrize("act", [act for act in Act if act is not Act.PRESS_STEP])
def test_the_rights_of_each_role_are_as_the_page_on_security_says(act):
    people = [Person("Robin", "U0ROBIN", ("hands",)), Person("Alex", "U0ALEX", ("admin",))]
    allowed = ["yes" if may(one, act, people).allowed else "no" for one in (None, *people)]
    assert rights()[act][1:] == allowed


def test_a_steps_buttons_work_for_whom_the_page_on_security_says():
    robin = Person("Robin", "U0ROBIN", ("hands",))
    given = {"press a step that a runbook gives to `hands`": "hands", "press any other step": "admin"}
    for row, role in given.items():
        assert (rights()[row][2] == "yes") is may(robin, Act.PRESS_STEP, [robin], needs=role).allowed


def test_each_verb_of_lab_stands_in_one_row_of_the_rights():
    said = re.findall(r"`/lab ([a-z-]+)`", " ".join(cells[0] for cells in rights().values()))
    assert sorted(said) == sorted(verbs())


def test_the_scopes_in_slack_are_those_of_the_manifest():
    _, _, said = SECURITY.partition("asks for these scopes and no others:")
    scopes = re.findall(r"`([^`]+)`", said.partition(" prints them")[0])
    assert scopes == [*sorted(SCOPES), APP_TOKEN_SCOPE, "./caretaker manifest"]


def test_the_lab_of_the_readme_is_enough_to_begin_with(tmp_path):
    (lab,) = re.findall(r"^   ```yaml\n(.*?)^   ```$", README, re.DOTALL | re.MULTILINE)
    file = tmp_path / "lab.yaml"
    file.write_text(textwrap.dedent(lab))
    config = load(file, probes=probe_params(), env={})
    assert doubts_of(config) == []
    assert config.owner.name == "alex"
