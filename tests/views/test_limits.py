"""How texts are made to fit what Slack bears."""

import pytest

from bot.views.limits import unwrapped


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Give them time: disks\nare being checked.", "Give them time: disks are being checked."),
        ("One.\n\nTwo\ngoes on.", "One.\n\nTwo goes on."),
        ("- a box\n  of two lines\n- another", "- a box of two lines\n- another"),
        ("1. first\n2. second", "1. first\n2. second"),
        ("### Look\nat it", "### Look\nat it"),
        ("| a | b |\n| - | - |\n| 1 | 2 |", "| a | b |\n| - | - |\n| 1 | 2 |"),
        ("> quoted\n> on", "> quoted\n> on"),
        ("```text\nno\nchange\n```\nafter", "```text\nno\nchange\n```\nafter"),
        ("a hard break  \nstays", "a hard break  \nstays"),
    ],
)
def test_a_paragraph_wrapped_for_the_editor_is_one_line(written, shown):
    assert unwrapped(written) == shown
