"""A console's log as a terminal shows it, whatever bytes stand in it."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.incidents.boot_lines import CLEARED
from bot.core.incidents.boot_screen import LAST
from bot.monitoring.console import render

PIECES = [
    "\x1b",
    "[",
    "]",
    "P",
    ";",
    "?",
    "0",
    "9",
    "99999",
    "m",
    "H",
    "J",
    "K",
    "r",
    "h",
    "l",
    "@",
    "L",
    "M",
    "S",
    "T",
]
PIECES += [
    "\x1b[",
    "\x1b]0;",
    "\x07",
    "\r",
    "\n",
    "\b",
    "\t",
    "\x0e",
    "\x0f",
    "\x9b",
    "\x9d",
    "�",
    "é",
    "漢",
    "\u0301",
]
PIECES += [
    "\x1b[?1049h",
    "\x1b[2J",
    "\x1b[1;999H",
    "\x1bc",
    "\x1b(0",
    "\x1b#8",
    "\x1b[3;1r",
    "\x1bM",
    "\x1bD",
    "web1 login: ",
]


def shown(log: str) -> list[str]:
    return [line for line in render(log) if line.strip()]


def test_what_was_overwritten_is_gone() -> None:
    assert shown("loading 10%\rloading 99%\r\n") == ["loading 99%"]
    assert shown("passwd\b\b\b\b\b\bsecret") == ["secret"]
    assert shown("a start job\r\x1b[Kdone") == ["done"]


def test_colours_and_a_terminals_questions_leave_no_trace() -> None:
    assert shown("\x1b[1;31mred\x1b[0m web1 login: \x1b[6n\x1b[?2004h\x1b[!p\x1b[=3h\x1b[>0c") == [
        "red web1 login:"
    ]


def test_strings_for_the_terminal_are_no_text() -> None:
    assert shown("\x1b]0;a title\x07\x1b]3008;start=1\x1b\\\x1bP+q544e\x1b\\hello") == ["hello"]


def test_a_string_without_an_end_swallows_nothing_after_it() -> None:
    assert shown("\x1b]0;cut off\nweb1 login: ")[-1] == "web1 login:"


def test_what_was_cleared_stands_before_what_is_shown() -> None:
    old = "".join(f"old {number}\n" for number in range(100))
    for clear in ("\x1b[2J\x1b[H", "\x1b[H\x1b[J", "\x1bc", "\x1b[2J\x1b[2J\x1b[H"):
        assert render(f"{old}{clear}GRUB") == [*old.splitlines(), CLEARED, "GRUB"]
    assert render("\x1b[2J\x1b[HGRUB") == ["GRUB"]


@pytest.mark.parametrize("mode", [47, 1047, 1049])
def test_a_program_that_fills_the_screen_hides_what_was_there_until_it_ends(mode: int) -> None:
    running = f"web1:~# top\r\n\x1b[?{mode}h\x1b[H\x1b[2Jtasks\x1b[H\x1b[2Jload"
    assert render(running) == ["web1:~# top", CLEARED, "load"]
    assert render(f"{running}\x1b[?{mode}l\x1b[2;1Hweb1:~# ") == ["web1:~# top", "web1:~#"]


def test_what_scrolled_away_is_kept_in_order() -> None:
    lines = [f"line {number}" for number in range(200)]
    assert shown("\n".join(lines)) == lines


def test_a_long_line_stays_one_as_far_as_a_screen_is_wide() -> None:
    assert shown("[    0.0] " + "x" * 380) == ["[    0.0] " + "x" * 380]


def test_a_program_that_addresses_more_rows_has_them() -> None:
    assert shown("\x1b[31;1Hbottom\x1b[1;1Htop") == ["top", "bottom"]
    assert shown("a\x1b[999;1Hb") == ["a", "b"]


def test_lines_that_scroll_within_a_window_are_not_kept() -> None:
    assert shown("top\x1b[2;3r\x1b[3;1Ha\nb\nc") == ["top", "b", "c"]


def test_nothing_is_no_line() -> None:
    assert render("") == []


def test_only_the_end_of_a_log_is_read() -> None:
    assert "first" not in "".join(render("first\n" + "x\n" * LAST))


@settings(max_examples=150)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=120))
def test_garbage_never_raises(pieces: list[str]) -> None:
    render("".join(pieces))


@pytest.mark.parametrize(
    "garbage",
    [
        random.Random(1).randbytes(LAST).decode(errors="replace"),
        random.Random(2).randbytes(LAST).decode("latin-1"),
        "x" * LAST,
        "\x1b[" * (LAST // 2),
        "\x1b[9999;9999H" * (LAST // 12),
        "\x1b[9999@\x1b[9999L" * (LAST // 14),
        "\x1b]" * (LAST // 2),
        "\x1b[2J" * (LAST // 4),
        "\x1b#8" * (LAST // 3),
        "漢" * LAST,
        "\u0301" * LAST,
        "\n" * LAST,
        "\t" * LAST,
    ],
    ids=lambda garbage: repr(garbage[:6]),
)
def test_any_input_takes_bounded_time(garbage: str) -> None:
    began = time.process_time()
    assert len(render(garbage)) <= 500
    assert time.process_time() - began < 2
