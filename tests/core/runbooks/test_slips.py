"""What an author meant otherwise than markdown takes it is told where it stands, with what to write instead."""

import pytest

from bot.core.lab import Effect, LabVerb
from bot.core.written import Knowledge
from bot.markdown import parse

VERBS = (LabVerb("start", ("guest",), effect=Effect.STARTS), LabVerb("healthy", ("target",)))
KNOWN = Knowledge(VERBS, hosts=frozenset({"atlas"}), roles=frozenset({"admin", "hands"}))
HEAD = "# Mend it\n\n## Start it\n"
START = "\n```lab\nstart $guest\n```\n"
HEALTHY = "\n```lab\nhealthy $guest\n```\n"


def problems(text: str) -> list[str]:
    return [str(one) for one in parse("mend", text, KNOWN).problems]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"{HEAD}\n```lab\nstart $guest\n\n**Check**:\n{HEALTHY}",
            (
                "5: cannot read the fence “```lab”: because it is not closed when the next one begins in line 10; "
                "close it with a line of ```"
            ),
        ),
        (
            f"{HEAD}- Run on: atlas\n\n```sh\nls\n\n## Then\n{START}\n## Last\n{HEALTHY}",
            (
                "6: cannot read the fence “```sh”: because it is not closed when the next one begins in line 11; "
                "close it with a line of ```"
            ),
        ),
        (
            f"{HEAD}\n~~~lab\nstart $guest\n```\n\n## Then\n",
            "5: cannot read the fence “~~~lab”: because it is never closed; close it with a line of ~~~",
        ),
        (
            f"{HEAD}\n```lab",
            "5: cannot read the fence “```lab”: because it is never closed; close it with a line of ```",
        ),
        (
            "---\ntitle: Mend it\n---\n# Mend it\n\n## Start it\n",
            "1: cannot read this: because front matter means nothing here: a runbook begins with its title, `# …`",
        ),
        ("#Mend it\n\n## Start it\n", "1: cannot use “#Mend it”: because a heading has a blank: `# Mend it`"),
        ("# Mend it\n\n##Start it\n", "3: cannot use “##Start it”: because a heading has a blank: `## Start it`"),
        ("# Mend it\n\n### Start it\n", "3: cannot read this: because a step's heading is `## Start it`"),
        ("", "1: cannot read this: because it is empty; a runbook begins with its title: `# What it mends`"),
        (
            f"{HEAD}\nBefore: it is off.\n{HEALTHY}{START}",
            "5: cannot use “Before: it is off.”: because it is written `**Before**: it is off.`",
        ),
        (
            f"{HEAD}{START}\n*Check* every 5 seconds:\n{HEALTHY}",
            "9: cannot use “*Check* every 5 seconds:”: because a check is written `**Check** every 5 seconds:`",
        ),
        (
            f"{HEAD}{START}\n**Check every 5 seconds for 2 minutes:**\n{HEALTHY}",
            (
                "9: cannot use “**Check every 5 seconds for 2 minutes:**”: because a check is written "
                "`**Check** every 5 seconds for 2 minutes:`"
            ),
        ),
        (
            f"{HEAD}{START}\nCheck every 5s:\n{HEALTHY}",
            (
                "9: cannot use “Check every 5s:”: because a check is written `**Check**:` or "
                "`**Check** every 5 seconds for 1 minute:`"
            ),
        ),
        (
            f"{HEAD}\n```lab\nstart $guest\nhealthy $guest\n```\n",
            (
                "6: cannot use `start $guest`: because a `lab` fence holds one line; what comes next is a step of "
                "its own"
            ),
        ),
        (f"{HEAD}\n```lab\n```\n", "6: cannot run this fence: because the fence is empty"),
        (
            f"{HEAD}- Run on: $hypervisr\n\n```sh\nls\n```\n",
            (
                "4: cannot use “Run on: $hypervisr”: because of the values only $host and $hypervisor are "
                "machines a script can be sent to (did you mean '$hypervisor'?)"
            ),
        ),
        (
            f"{HEAD}- Run on: root@nas\n\n```sh\nls\n```\n",
            "4: cannot use “Run on: root@nas”: because lab.yaml has no host 'root@nas' (known here: atlas)",
        ),
        (
            f"{HEAD}- Who: boss\n",
            "4: cannot use “Who: boss”: because nobody in lab.yaml has such a role (known here: admin, hands)",
        ),
        (
            f'{HEAD}- Run on: atlas\n\n```sh\nls\necho\nvirsh start "$gest"\n```\n',
            "9: cannot use $gest: because no step sets it (did you mean $guest?)",
        ),
        (
            f"{HEAD}\n```lab\nstart $gest\n```\n",
            "6: cannot use $gest: because no step sets it (did you mean $guest?)",
        ),
    ],
)
def test_a_slip_is_told_once_where_it_stands(text, said):
    assert problems(text) == [said]


@pytest.mark.parametrize(
    "written",
    [
        "1. Run on: atlas",
        "Run on: atlas",
        "-\xa0Run on: atlas",
        "– Run on: atlas",
        "• **Run on:** atlas",
        "* Run on $hypervisor",
    ],
)
def test_what_reads_like_a_setting_and_is_none_is_told_with_how_it_is_written(written):
    right = "$hypervisor" if "$" in written else "atlas"
    said = f"4: cannot use “{written.strip()}”: because a setting is written `- Run on: {right}`"
    assert problems(f"{HEAD}{written}\n\n```sh\nls\n```\n") == [said]
    for_what = problems("# Mend it\n\nUse for: guest-down\n\n## Start it\n")
    assert for_what == [
        "3: cannot use “Use for: guest-down”: because a setting is written `- Use for: guest-down`"
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "They run on battery.",
        "The machines that\nrun on battery are few.",
        "Use for the spare drive only what is new.",
        "If it fails: call Robin.",
        "#!shebang",
        "Check the fans.",
        "    ```sh",
    ],
)
def test_prose_is_prose(prose):
    assert problems(f"{HEAD}\n{prose}\n{START}") == []


def test_what_stands_behind_a_fence_or_in_it_is_no_slip():
    inner = "\n````text\n```sh\n#Mend\nRun on: atlas\n```\n````\n"
    assert problems(f"{HEAD}{inner}") == []
    assert problems(f"{HEAD}{START}\nRun on: atlas\n") == []
