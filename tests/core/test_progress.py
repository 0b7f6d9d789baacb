"""How far a tool says it has come."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from bot.core.progress import SPAN, Percentages, Progress, in_bytes, last_line, of_size, on_screen, percent_in


@pytest.mark.parametrize(
    ("output", "percent"),
    [
        ("    (42.00/100%)\r", 42),
        ("(0.00/100%)", 0),
        ("(99.99/100%)\r    (100.00/100%)\r", 100),
        ('{"message_type":"status","percent_done":0.4213,"total_files":7}', 42),
        ('{"percent_done": 1}', 100),
        ('{"percent_done":0.1}\n{"percent_done":0.25}\n', 25),
        ("copied 42 %", 42),
        ("7%... 8%... 9%", 9),
        ("[0:12] 99.60%  1 / 1 packs", 99),
        ("speed 1.250% of 3 disks", 1),
    ],
)
def test_the_last_percentage_counts(output, percent) -> None:
    assert percent_in(output) == percent


@pytest.mark.parametrize(
    "output",
    [
        "",
        "no number at all %",
        "restored 12 files",
        '{"percent_done":3.1e-07,"total_files":7}',
        '{"percent_done":1e-07,"total_files":7}',
        '{"percent_done":0.',
        "worth 250 %",
    ],
)
def test_what_is_no_percentage_is_none(output) -> None:
    assert percent_in(output) is None


def test_a_size_is_a_share_where_the_whole_is_known() -> None:
    assert of_size(250_000, 1_000_000) == Progress(25, "250.0 kB of 1.0 MB")
    assert of_size(2_000_000, 1_000_000) == Progress(100, "2.0 MB of 1.0 MB")
    assert of_size(12_400_000, None) == Progress(None, "12.4 MB written")
    assert of_size(5, 0) == Progress(None, "5 B written")


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (12_400_000, "12.4 MB"),
        (3 * 10**12, "3.0 TB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_sizes_are_told_as_drives_are_sold(size, words) -> None:
    assert in_bytes(size) == words


@pytest.mark.parametrize(
    ("output", "left"),
    [
        ("begun\n7%\r42%\r100%\rwritten\n", "begun\nwritten\n"),
        ("7%\r\n", "7%\n"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("99%\rok\n", "ok%\n"),
        ("99%\r\x1b[Kok\n", "ok\n"),
        ("99%\r\x1b[0Kok", "ok"),
        ("99%\x1b[2K\rok", "ok"),
        ("paswo\x08\x08sword\n", "password\n"),
        ("\x08\x08one", "one"),
        ("\x1b[1;31mred\x1b[0m \x1b]0;a title\x07and \x1b]8;;http://x\x1b\\a link\x1b(B\x1b=", "red and a link"),
        ("rings\x07", "rings"),
        ("cut off \x1b", "cut off "),
        ("\x1b]never closed", "]never closed"),
        ("a\ttab, Grüße, 終", "a\ttab, Grüße, 終"),
        ("no bar at all\n", "no bar at all\n"),
    ],
)
def test_of_a_bar_only_what_a_terminal_shows_in_the_end_is_left(output, left):
    assert on_screen(output) == left


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("one\n\ntwo \n\n", "two"),
        ("7%\r42%\r\x1b[Kwritten", "written"),
        ("", ""),
        ("\n \n", ""),
        ("first\n" + "x" * SPAN, "x" * SPAN),
    ],
)
def test_the_last_line_is_the_last_that_says_something(output, line) -> None:
    assert last_line(output) == line


def heard(*pieces: str) -> list[int | None]:
    percentages = Percentages()
    return [percentages.hear(piece) for piece in pieces]


def test_a_percentage_may_come_in_pieces() -> None:
    assert heard("1", "2", " ", "%", " done") == [None, None, None, 12, None]
    assert heard('{"percent_', 'done":0.4', "2,") == [None, None, 42]
    assert heard("(42.0", "0/100%)", " 7") == [None, 42, None]
    assert heard("25", "0 %", "0 %") == [None, None, 0]


def test_a_percentage_is_told_once() -> None:
    assert heard("42 %", "", "of it", "43%") == [42, None, None, 43]


def test_a_file_that_is_called_fifty_percent_moves_no_bar_that_a_tool_moves() -> None:
    assert heard('{"percent_done":0.1,', '"files":["50%"]}', "(2.00/100%)") == [10, None, None]
    assert heard('{"percent_done":0.1,', "x" * SPAN, "50%") == [10, None, 50]


def test_the_end_of_a_long_number_is_no_percentage() -> None:
    assert heard("1" * 100, "2%") == [None, None]
    assert heard("1." + "2" * (SPAN + 10) + "%") == [None]
    assert heard("4", "x" * SPAN + "y 2%") == [None, 2]


SHAPES = {
    "one line": "x",
    "a bar that only goes back": "\r",
    "a bar": "\r 42 %",
    "digits": "1",
    "dots": "1.",
    "colours": "\x1b[31m",
    "colours never closed": "\x1b[",
    "titles never closed": "\x1b]a",
    "erasing": "ab\x1b[K\x1b[2K",
    "backspaces": "ab\x08\x08",
    "JSON": '"percent_done"   :   0.',
    "blanks": "% ",
}


def steps(work: Callable[[], object]) -> float:
    """How long it takes, in seconds of this thread alone: the best of three."""
    spent = []
    for _ in range(3):
        began = time.thread_time()
        work()
        spent.append(time.thread_time() - began)
    return min(spent)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_output_of_any_shape_costs_what_it_is_long(shape) -> None:
    """Sixteen times as much takes about sixteen times as long; what grows by the square takes 256 times."""
    few, many = (shape * (size // len(shape)) for size in (10_000, 160_000))
    for work in (on_screen, last_line, percent_in, lambda text: heard(*text[:3_000], text)):
        assert steps(partial(work, many)) < 64 * max(steps(partial(work, few)), 0.0005)
