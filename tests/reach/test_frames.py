"""What the follower of a recorded script says, read from bytes that are cut anywhere."""

import time

import pytest

from bot.reach.frames import Frames, Garbled

SAID = b"b abc-1\no 0 7\nh\ne no\nh\no 7 3\nabcd 20\no 20 2\n\xff\nm\ne exit 0\nlate"


def frames(position: int = 0) -> tuple[Frames, list[bytes]]:
    heard: list[bytes] = []
    return Frames(heard.append, position), heard


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_pieces_may_be_cut_anywhere(size):
    read, heard = frames()
    for at in range(0, len(SAID), size):
        read.feed(SAID[at : at + size])
    assert b"".join(heard) == b"h\ne no\n" + b"abc" + b"\n[10 bytes were dropped here]\n" + b"\xff\n"
    assert (read.boot, read.position, read.dropped) == ("abc-1", 22, 10)
    assert (read.end, read.no_room, read.over) == (("exit", "0"), True, True)


@pytest.mark.parametrize(
    "nonsense",
    [b"hello\n", b"o 5 3\n", b"o x 3\n", b"d 0\no 1 1\n", b"e\n", b"\xff\xfe\n", b"x" * 5000, b"o 0 -1\n"],
)
def test_what_makes_no_sense_is_no_output(nonsense):
    read, heard = frames()
    with pytest.raises(Garbled):
        read.feed(nonsense)
    assert heard == []


def test_it_goes_on_from_where_it_was_lost():
    read, heard = frames()
    read.feed(b"o 0 10\nabcd")
    again, more = frames(read.position)
    again.feed(b"b abc-1\no 4 6\nefghij")
    assert heard + more == [b"abcd", b"efghij"]


def test_the_signs_without_words():
    for said, what in ((b"w\n", "runs"), (b"n\n", "no_record")):
        read, _ = frames()
        read.feed(said)
        assert getattr(read, what)
        assert read.over
    read, _ = frames()
    read.feed(b"x 17 18\n")
    assert (read.marked, read.over) == (("17", "18"), True)
    read, _ = frames()
    read.feed(b"f /home/sam: No space left on device\n")
    assert (read.unwritten, read.over) == ("/home/sam: No space left on device", False)
    read.feed(b"g\n")
    assert (read.removed, read.over) == (True, True)


def test_much_output_takes_time_that_grows_with_it_and_no_more():
    def seconds(size: int) -> float:
        read, heard = Frames(lambda _: None), b"o 0 %d\n" % size + b"x" * size
        began = time.process_time()
        for at in range(0, len(heard), 1000):
            read.feed(heard[at : at + 1000])
        assert read.position == size
        return time.process_time() - began

    seconds(1_000_000)
    assert seconds(32_000_000) < 64 * max(seconds(1_000_000), 0.002)
