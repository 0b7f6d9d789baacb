"""The reader as a program, run by its path: `python -I …/console_ocr < picture > text`.

Isolated, so that nothing of the environment or the working directory steers it, and alone: it imports nothing of
the bot, whose secrets a picture that breaks the decoder must not reach. It refuses with a line on stderr.
"""

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent.parent)  # so that the files beside this one are a package
    sys.exit(import_module("console_ocr.program").main())
