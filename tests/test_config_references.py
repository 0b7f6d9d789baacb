"""What lab.yaml's parts say of each other must fit together."""

from pathlib import Path

import pytest

from bot.config import ConfigError, load
from bot.probes.tcp import Params

PEOPLE = "people: {alex: {slack: U0ALEX, roles: admin}}\n"
PROBES = {"tcp": Params}


@pytest.fixture
def mistakes(tmp_path):
    def read(text: str, people: str = PEOPLE) -> list[str]:
        path = tmp_path / "lab.yaml"
        path.write_text(f"{text}\nslack: {{channel: homelab}}\n{people}")
        try:
            load(path, probes=PROBES, env={})
        except ConfigError as error:
            return [line.removeprefix(f"{path}:") for line in str(error).splitlines()]
        return []

    return read


def test_what_refers_to_something_of_this_file_is_fine(mistakes):
    assert not mistakes(
        "hosts: {a: {powered_by: u, behind: b, hypervisor: 'test:///default'}, b: {behind: s}}\n"
        "ups: {u: {}}\nguests: {g: {host: a}}\nservices: {s: {}, t: {behind: s}}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "hosts: {a: {powered_by: rack}}\nups: {rakc: {}}",
            "hosts.a.powered_by: because 'rack' is not a UPS of this file (did you mean 'rakc'?)",
        ),
        ("guests: {g: {host: a}}", "guests.g.host: because 'a' is not a host of this file"),
        (
            "guests: {g: {host: a}}\nhosts: {a: {}}",
            "guests.g.host: because 'a' has no hypervisor: there are no guests on it",
        ),
        ("services: {s: {behind: gw}}", "services.s.behind: because 'gw' is not a host or service of this file"),
        (
            "hosts: {h: {behind: u}}\nups: {u: {}}",
            "hosts.h.behind: because 'u' is not a host or service of this file",
        ),
        (
            "services: {a: {}}\nhosts: {a: {}}",
            "services.a: because a host is called 'a' too; `behind` could mean either",
        ),
        (
            "hosts: {bot: {}}",
            "hosts.bot: because runbooks use the word 'bot' themselves; call the host otherwise",
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_named(mistakes, text, expected):
    assert mistakes(text) == [f"1: cannot read {expected}"]


def test_a_circle_is_told_once_also_by_those_who_lead_into_it(mistakes):
    circle = "hosts:\n  into: {behind: a}\n  a: {behind: b}\nservices:\n  b: {behind: a}\n  self: {behind: self}"
    assert mistakes(circle) == [
        "3: cannot read hosts.a.behind: because it goes in a circle: a → b → a",
        "6: cannot read services.self.behind: because it goes in a circle: self → self",
    ]


def test_a_mistake_in_a_value_hides_no_reference(mistakes):
    assert mistakes("hosts: {a: {ssh: {port: x}, powered_by: rack}, b: 3}") == [
        "1: cannot read hosts.a.powered_by: because 'rack' is not a UPS of this file",
        "1: cannot read hosts.a.ssh.port: because 'x' is not a whole number from 1 to 65535",
        "1: cannot read hosts.b: because '3' is not a group of settings (indented lines of key: value)",
    ]


@pytest.mark.parametrize(
    "people", ["people: {}", "people: {a: {slack: U0A, roles: hands}}", "people: {a: {slack: U0A}}"]
)
def test_somebody_must_be_an_admin(mistakes, people):
    assert mistakes("", people) == [
        "3: cannot read people: because nobody in it is an admin; give one person `roles: admin`"
    ]


def test_there_is_one_owner(mistakes):
    people = "people:\n  a: {slack: U0A, roles: admin, owner: true}\n  b: {slack: U0B, owner: true}"
    assert mistakes("", people) == [
        "5: cannot read people.b.owner: because there is one owner, and a is it (line 4)"
    ]


def test_a_slack_account_is_one_persons(mistakes):
    people = "people:\n  a: {slack: U0A, roles: admin}\n  b: {slack: U0A}"
    assert mistakes("", people) == ["5: cannot read people.b.slack: because a has this Slack account already"]


def test_a_slack_name_is_no_slack_id(mistakes):
    (found,) = mistakes("", "people: {a: {slack: alex, roles: admin}}")
    assert "because 'alex' is not a Slack user id such as U012AB3CD" in found


def test_the_path_is_shown_as_it_was_given():
    given = Path("no/such/lab.yaml")
    with pytest.raises(ConfigError, match=r"^cannot read no/such/lab.yaml: "):
        load(given, probes=PROBES, env={})
