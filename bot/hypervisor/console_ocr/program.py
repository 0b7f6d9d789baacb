"""The reader as a program: a picture on stdin to text on stdout, within bounds of time and memory."""

import os
import resource
import signal
import sys

from .picture import UnreadablePicture
from .reading import text_of

LARGEST = 200_000_000  # bytes of picture: 64 megapixels as PPM
SECONDS = 10  # of computing
MEMORY = 1 << 30  # bytes


def main() -> int:
    """Read a picture on stdin to text on stdout, politely: nobody waits for it so much as for the bot."""
    os.nice(10)
    signal.signal(signal.SIGXCPU, _out_of_time)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        data = sys.stdin.buffer.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise UnreadablePicture(f"cannot read a picture: because it has more than {LARGEST} bytes")
        sys.stdout.buffer.write(text_of(data).encode())
    except UnreadablePicture as why:
        print(why, file=sys.stderr)
        return 1
    except MemoryError:
        print(f"cannot read a picture: because it takes more than {MEMORY} bytes of memory", file=sys.stderr)
        return 1
    return 0


def _out_of_time(_signal: int, _frame: object) -> None:
    raise UnreadablePicture(f"cannot read a picture: because it takes more than {SECONDS} s of computing")
