"""What is said of a connection that failed."""

import errno

import pytest

from bot.reach.tcp import said


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionResetError(errno.ECONNRESET, "by the other side"), "Connection reset by peer"),
        (OSError("no route"), "no route"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_error_is_told_in_words_and_never_by_its_number(error, words) -> None:
    assert said(error) == words
