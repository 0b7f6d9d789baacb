"""Text from outside that is put into Caretaker's own lines."""

import pytest

from bot.core.mentions import deadened, undeadened


@pytest.mark.parametrize("text", ["<@U0000000ALEX>", "`x`", "web1", "", "a <@U1> `b`"])
def test_what_is_deadened_lives_no_more_and_can_be_had_back(text) -> None:
    dead = deadened(text)
    assert "<@" not in dead
    assert undeadened(dead) == text


def test_ordinary_text_stays_as_it_is() -> None:
    assert deadened("web1 <down>") == "web1 <down>"
