"""Letters that alphabets share: Latin as read, Cyrillic or Greek in a word of those.

Fonts draw an А of each alphabet the same, so its shape doesn't tell which it is; the letters beside it do.
"""

import re

_SAME_IN_CYRILLIC = str.maketrans(
    "ABCEHIJKMOPSTXacehijopsuxyĸäëèïöùÿÄËÈÏÖŸĂăĚěŭūħΑΒΓΕΗΙΚΜΟΠΡΤΦΧγκοπ3",
    "АВСЕНІЈКМОРЅТХасеһіјорѕихукӓёѐїӧѝӱӒЁЀЇӦӰӐӑӖӗйӣћАВГЕНІКМОПРТФХүкопЗ",
)
_SAME_IN_GREEK = str.maketrans(
    "ABEHIKMNOPTXYZajnosvwxµßóøĸÏŸÁÍÓÝ",
    "ΑΒΕΗΙΚΜΝΟΡΤΧΥΖαϳηοςνωχμβόφκΪΫΆΊΌΎ",
)
_CYRILLIC = re.compile(r"\w*[бвгджзилмнптфцчшщъыьэюяБГДЖЗИЛПУФЦЧШЩЪЫЬЭЮЯ]\w*")
_GREEK = re.compile(r"\w*[αβγδεζηθλμνξπρστφχψωάέήίύώΓΔΘΛΞΠΣΦΨΩ]\w*")
_WORD = re.compile(r"[^\W_]{2,}")


def mended(text: str) -> str:
    """Text in which the words of each alphabet are all of that alphabet."""
    return _WORD.sub(lambda word: _mended(word[0]), text)


def _mended(word: str) -> str:
    if _CYRILLIC.fullmatch(word):
        return word.translate(_SAME_IN_CYRILLIC)
    return word.translate(_SAME_IN_GREEK) if _GREEK.fullmatch(word) else word
