"""One text of lab.yaml → a number, a time, a path …, and the words for what it must be. No file is touched."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_WITH_UNIT = "with its unit, such as 75ms, 30s, 10m or 4h"
_DURATION = r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A way to write one value. `read` raises ValueError for any text that isn't `words`."""

    read: Callable[[str], Any]
    words: str
    schema: Mapping[str, Any]


def duration(text: str) -> timedelta:
    """`75ms`, `30s`, `1h30m`, `2d` as a time. Raises ValueError: a number without a unit is no time."""
    if not re.fullmatch(_DURATION, text):
        raise ValueError(f"{text!r} is not a time {_WITH_UNIT}")
    parts = re.findall(r"([\d.]+)(ms|s|m|h|d)", text)
    try:
        return timedelta(milliseconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any time can be") from None


def written(value: Any) -> str | int | float | bool | None:
    """A value as it would stand in the file; None for what is no scalar."""
    if isinstance(value, timedelta):
        milliseconds = round(value.total_seconds() * 1000)
        unit = next(unit for unit, size in _UNITS.items() if milliseconds % size == 0)
        return f"{milliseconds // _UNITS[unit]}{unit}" if milliseconds else "0s"
    if isinstance(value, (str, Path)):
        return str(value)
    return value if isinstance(value, (bool, int, float)) else None


def scalar(want: Any, rules: Mapping[str, Any], folder: Path) -> Scalar:
    """How a value of type `want` is written, under a field's `rules` (its metadata); paths start at `folder`.

    Raises TypeError for a type that has no way to be written: a mistake in the program, not in the file.
    """
    if want in _MEASURES:
        return _bounded(_MEASURES[want], rules)
    if want is str:
        return _text(rules)
    if want is bool:
        return Scalar(_truth, "true or false", {"type": "boolean"})
    if want is Path:
        return Scalar(lambda text: folder / Path(text).expanduser(), "a path", {"type": "string"})
    if isinstance(want, type) and issubclass(want, StrEnum):
        names = [str(member) for member in want]
        return Scalar(want, f"one of: {', '.join(names)}", {"enum": names})
    raise TypeError(f"cannot read a {want}: because lab.yaml has no way to write one")


def _text(rules: Mapping[str, Any]) -> Scalar:
    pattern = rules.get("pattern", "(?s).+")

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    schema = {"type": "string", "pattern": f"^(?:{pattern})$"} if "pattern" in rules else {"type": "string"}
    return Scalar(read, rules.get("words", "a text"), schema)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        raise ValueError(text)
    return float(text)


_MEASURES: Mapping[type[Any], Scalar] = {
    int: Scalar(_whole, "a whole number", {"type": "integer"}),
    float: Scalar(_number, "a number", {"type": "number"}),
    timedelta: Scalar(duration, f"a time {_WITH_UNIT}", {"type": "string", "pattern": f"^{_DURATION}$"}),
}


def _bounded(measure: Scalar, rules: Mapping[str, Any]) -> Scalar:
    """A number or time between a field's `least` and `most`, as far as it has them."""
    least, most = rules.get("least"), rules.get("most")

    def within(text: str) -> Any:
        value = measure.read(text)
        if (least is not None and value < least) or (most is not None and value > most):
            raise ValueError(text)
        return value

    words = measure.words
    if least is not None and most is not None:
        words += f" from {written(least)} to {written(most)}"
    elif least is not None or most is not None:
        words += f" (at least {written(least)})" if most is None else f" (at most {written(most)})"
    limits = {"minimum": least, "maximum": most} if measure.schema["type"] != "string" else {}
    return Scalar(within, words, {**measure.schema, **{k: v for k, v in limits.items() if v is not None}})
