"""What an answer may have to match: no answer keeps the bot from its work."""

import pytest

from bot.core.pattern import LONGEST, why_no_match, why_not_a_pattern

TYPO = "001a2b3c4d5e001a2b3c4d5e001a2b3c4d5el"


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("[0-9]+", "12"),
        ("yes|no", "no"),
        ("[0-9a-f]{2}(:[0-9a-f]{2}){5}", "52:54:00:12:34:56"),
        (r"\d+\.\d+\.\d+\.\d+", "192.168.1.10"),
        (r"\d{1,3}(\.\d{1,3}){3}", "192.168.1.10"),
        ("[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}", "fe80:0:0:0:0:0:0:1"),
        (r"[^@ ]+@[^@ ]+\.[a-z]+", "alex@example.org"),
        (r"/dev/(sd[a-z]+|nvme\d+n\d+)", "/dev/nvme0n1"),
        ("(?i)^[a-z][a-z0-9-]*$", "Web1"),
        ("ab*?c++", "abbc"),
    ],
)
def test_what_people_ask_for_may_be_asked_for_and_a_typo_is_told_at_once(pattern: str, answer: str) -> None:
    assert why_not_a_pattern(pattern) is None
    assert why_no_match(pattern, answer) is None
    for wrong in (answer + "!", TYPO, "1" * 99 + "!", "1.1" * 33, "f" * LONGEST):
        why_no_match(pattern, wrong)  # the test's time limit is the assertion


@pytest.mark.parametrize(
    "pattern",
    [
        "([0-9a-f]+:?)+",
        "(a|a?b?)*",
        "(ab|[ab]b)+",
        "(a?){30}a{30}",
        "a?" * 30,
        ".*.*.*.*.*x",
        ".*.*.*(.*.*.*x{97})",
        "(((){65535}){65535}){65535}",
        r"(a+)\1",
        "(?=.*a)b",
    ],
)
def test_what_could_be_tried_for_hours_is_no_pattern(pattern: str) -> None:
    assert (why_not_a_pattern(pattern) or "").startswith("it could take hours")


@pytest.mark.parametrize("pattern", ["[0-9", "a{99999999999}", "(" * 5_000])
def test_what_is_no_regular_expression_is_told_as_that(pattern: str) -> None:
    assert (why_not_a_pattern(pattern) or "").startswith("it is no regular expression")


def test_an_answer_that_is_longer_than_any_that_is_tried_is_not_tried() -> None:
    assert why_no_match("a*", "a" * LONGEST) is None
    assert why_no_match("a*", "a" * (LONGEST + 1)) == "it has 101 characters, and may have 100"
    assert "matches none that is so short" in (why_not_a_pattern("a{101}") or "")
