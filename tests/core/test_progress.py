"""How far a tool says it has come."""

import pytest

from bot.core.progress import Progress, in_bytes, of_size, on_screen, percent_in


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
        ("7%\r\n", "7%\r\n"),
        ("one\r\ntwo\r\n", "one\r\ntwo\r\n"),
        ("no bar at all\n", "no bar at all\n"),
    ],
)
def test_of_a_bar_only_what_a_terminal_shows_in_the_end_is_left(output, left):
    assert on_screen(output) == left
