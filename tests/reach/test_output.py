"""What is kept of a script's output: its end, whole characters, and never much more than that."""

import tracemalloc

import pytest

from bot.reach.output import Output


def kept(*pieces: bytes, limit: int = 10) -> str:
    output = Output(None, limit)
    for piece in pieces:
        output.add(piece)
    return output.close()


def test_the_end_is_kept_however_it_is_cut() -> None:
    assert kept(b"0123456789abc") == "3456789abc"
    assert kept(*(bytes([one]) for one in b"0123456789abc")) == "3456789abc"
    assert kept(b"012", b"", b"345") == "012345"
    assert kept() == ""


@pytest.mark.parametrize(
    ("pieces", "cut"), [((b"0123456789",), False), ((b"0123456789a",), True), ((b"01234", b"56789", b"a"), True)]
)
def test_it_is_known_whether_all_of_it_was_kept(pieces: tuple[bytes, ...], cut: bool) -> None:
    output = Output(None, 10)
    for piece in pieces:
        output.add(piece)
    assert output.finished(0).cut is cut


def test_a_character_may_be_cut_in_two() -> None:
    assert kept(b"Gr\xc3", b"\xbc\xc3\x9fe \xff") == "Grüße \ufffd"
    assert kept(b"cut off \xc3") == "cut off \ufffd"


def test_whoever_listens_hears_each_piece() -> None:
    heard: list[str] = []
    output = Output(heard.append, 3)
    for piece in (b"one", b"", b"two three"):
        output.add(piece)
    assert heard == ["one", "two three"]
    assert output.close() == "ree"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("piece", "times"),
    [(b"x", 300_000), (b"\r42 %", 300_000), (b"x" * 65_536, 500), (b"x" * 20_000_000, 3)],
    ids=["a character at a time", "a bar", "much", "one long line"],
)
def test_however_much_comes_little_is_held(piece, times) -> None:
    """A million characters of a byte each, twice over while they are put together; and the piece, decoded."""
    output = Output(None, 1_000_000)
    tracemalloc.start()
    try:
        for _ in range(times):
            output.add(piece)
        end = output.close()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert end.encode() == (piece * min(times, 1_000_000 // len(piece) + 1))[-1_000_000:]
    assert most < 4_000_000 + 2 * len(piece)
