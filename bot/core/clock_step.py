"""What a step of the system's clock does to a value: every moment in it shifts, and nothing lasts longer."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")


def shifted(value: T, step: timedelta) -> T:
    """A dataclass with each of its own moments as long ago as before; what it holds of others stays as it is."""
    known: Any = value
    moments = {one.name: getattr(known, one.name) for one in fields(known)}
    moved = {name: at + step for name, at in moments.items() if isinstance(at, datetime)}
    return replace(known, **moved)  # type: ignore[no-any-return]
