r"""Text from outside, shown letter by letter: names, output, errors, values. One function for each medium.

Nothing of it comes alive, whatever it is: no mention, link, markup or emoji. What nobody would see (control and
zero-width characters, those that turn the direction of writing) is shown as Python writes it: `\u202e`.
"""

import re
import unicodedata
from typing import Final

from bot.core.mentions import undeadened

_UNSEEN_KINDS: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"})
_BLANKS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Letters and signs that show nothing."""

_PLAIN = re.compile(r"[\n\t -~\xa1-\xac\xae-\u02ff]*")
_WORDS = re.compile(r"\s+|\S+")
_LIVE = re.compile(r"[*~`]|(?<!\w)_|_(?!\w)|^>|:(?:100|1234|[\w+'-]*[a-zA-Z+-][\w+'-]*):")
"""What may be markup in mrkdwn, within a word: bold, struck, code, italic (not `a_b`), a quote, an emoji."""

_NOT_IN_NAMES = re.compile(r"[^\w.-]+", re.ASCII)


def visible(text: str) -> str:
    """`text` with what nobody sees written out. For plain text, code and files: there nothing else comes alive."""
    text = undeadened(text)
    return text if _PLAIN.fullmatch(text) else "".join(map(_seen, text))


def safe(text: str, most: int = 2_900) -> str:
    """`text` in mrkdwn, in at most `most` characters. A word that might be markup is shown as code.

    A backtick can't be shown there: a letter that looks like it stands for it.
    """
    words = _WORDS.findall(visible(text[: most + 1]))
    whole = "".join(map(_word, words))
    if len(text) <= most and len(whole) <= most:
        return whole
    kept, room = "", most - 1  # for the ellipsis
    for word in words:
        shown = _word(word)
        if len(kept) + len(shown) > room:
            kept += _beginning(word, room - len(kept))
            break
        kept += shown
    return f"{kept.rstrip()}…"


def inline(text: str, most: int = 100) -> str:
    """`text` as code within a line; what would end the code or the line is shown as something alike."""
    one_line = visible(text[: most + 1]).replace("\n", "⏎")
    left = _fitting(one_line, most)
    return f"`{_escaped(left) or ' '}{'…' if left != one_line else ''}`"


def bold(mrkdwn: str) -> str:
    """What was made safe, in bold; not where it holds code, whose letters could end that."""
    return mrkdwn if "`" in mrkdwn else f"*{mrkdwn}*"


def file_name(text: str) -> str:
    """`text` within a file's name: letters, digits, dots and hyphens."""
    return _NOT_IN_NAMES.sub("_", text.strip())[:60].strip(".") or "file"


def _seen(letter: str) -> str:
    if letter in "\n\t" or (unicodedata.category(letter) not in _UNSEEN_KINDS and letter not in _BLANKS):
        return letter
    return letter.encode("unicode_escape", "surrogatepass").decode()


def _word(word: str) -> str:
    return f"`{_escaped(word)}`" if _LIVE.search(word) else _escaped(word)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "ˋ")


def _beginning(word: str, most: int) -> str:
    """As much of a word as fits, whole entities only."""
    live = bool(_LIVE.search(word))
    left = _fitting(word, most - 2 * live)
    return f"`{_escaped(left)}`" if live and left else _escaped(left)


def _fitting(text: str, most: int) -> str:
    """The beginning of a text that, escaped, has at most so many characters."""
    size = 0
    for at, letter in enumerate(text):
        size += len(_escaped(letter))
        if size > most:
            return text[:at]
    return text
