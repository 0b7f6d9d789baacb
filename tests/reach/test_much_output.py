"""A gigabyte of output, through a real shell: it is heard to its end, and next to nothing of it is held."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.progress import on_screen
from bot.performing.bar import Bar
from bot.reach import OUTPUT_LIMIT, Script
from bot.reach.local import LocalReach

pytestmark = pytest.mark.slow

BOUND = 60_000_000  # bytes of memory beyond what was used before


def most_memory(*, anew: bool = False) -> int:
    """The most memory this process has used, in bytes; counted `anew` from now on."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.parametrize(
    ("script", "end"),
    [
        pytest.param(
            "head -c 1000000000 /dev/zero | tr '\\0' x; echo; echo written", "x\nwritten\n", marks=pytest.mark.long
        ),
        pytest.param(
            "yes 'a line of output' | head -c 1000000000; echo; echo written",
            "\nwritten\n",
            marks=pytest.mark.long,
        ),
        ("yes '7%' | head -n 10000000 | tr '\\n' '\\r'; echo; echo written", "7%\r\nwritten\n"),
    ],
    ids=["one line of a gigabyte", "a gigabyte of lines", "a bar that moves ten million times"],
)
async def test_much_output_takes_little_memory_and_comes_to_its_end(script, end) -> None:
    moves: list[int | None] = []
    bar = Bar(lambda progress, *, tell: moves.append(progress.percent) if tell else None)
    before = most_memory(anew=True)
    done = await LocalReach().run(Script("sh", script), values={}, limit=timedelta(minutes=10), on_output=bar.hear)
    assert done.ok
    assert done.output.endswith(end)
    assert len(done.output) == OUTPUT_LIMIT
    assert on_screen(done.output).endswith("\nwritten\n")
    assert most_memory() - before < BOUND
    assert moves in ([], [7])
