"""Rows as values, kept in the memory: a whole table in groups, or single rows that were asked for."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from bot.store.memory import Memory

G = TypeVar("G", bound=str)
V = TypeVar("V")
F = TypeVar("F")

Row = dict[str, Any]
_MANY: Final = 2000
"""So many rows that were written are not read one by one: the whole table is."""


class KeptTable(Generic[G, V, F]):
    """The rows of a table that count, in groups: of each, what `fold` makes of it.

    `read`: the group and the value of a row, None where it doesn't count. Groups are in the order of their first
    rows, and `fold` gets the values of a group in that of theirs.
    """

    def __init__(
        self,
        memory: Memory,
        table: str,
        read: Callable[[Row], tuple[G, V] | None],
        fold: Callable[[Sequence[V]], F],
    ) -> None:
        self.changed: set[int] = set()
        self._memory, self._table, self._read, self._fold = memory, table, read, fold
        self._values: dict[int, tuple[G, V]] = {}
        self._rows: dict[G, set[int]] = {}
        self._folded: Mapping[G, F] | None = None  # None: nothing is kept
        memory.register(table, self)

    def all(self) -> Mapping[G, F]:
        """All groups. One that has not changed is the same object as before; so is the whole."""
        holds = self._memory.holds()
        if self._folded is None or not holds or len(self.changed) > _MANY:
            self.drop()
            whole = self._read_all()
        else:
            whole = self._brought_up_to_date(self._folded) if self.changed else self._folded
        if holds:
            self._folded = whole
        else:
            self.drop()
        return whole

    def drop(self) -> None:
        """Any of them may have been written."""
        self.changed.clear()
        self._values, self._rows, self._folded = {}, {}, None

    def _read_all(self) -> Mapping[G, F]:
        for row, found in self._found(""):
            self._put(row, found)
        return MappingProxyType({group: self._folded_of(group) for group in self._rows})

    def _brought_up_to_date(self, folded: Mapping[G, F]) -> Mapping[G, F]:
        """With the rows that were written since."""
        found = dict(self._found(f"where rowid in ({', '.join(map(str, self.changed))})"))
        news = {row: found.get(row) for row in self.changed if found.get(row) != self._values.get(row)}
        self.changed.clear()  # not before they could be read
        return self._with(folded, news) if news else folded

    def _with(self, folded: Mapping[G, F], news: Mapping[int, tuple[G, V] | None]) -> Mapping[G, F]:
        was = {row: self._values[row][0] for row in news if row in self._values}
        same_rows = all((found and found[0]) == was.get(row) for row, found in news.items())
        for row, group in was.items():
            del self._values[row]
            self._rows[group].discard(row)
        for row, found in news.items():
            if found is not None:
                self._put(row, found)
        touched = {*was.values(), *(found[0] for found in news.values() if found is not None)}
        left = {group for group in touched if self._rows[group]}
        for group in touched - left:
            del self._rows[group]
        fresh = {**folded, **{group: self._folded_of(group) for group in left}}
        order = folded if same_rows else sorted(self._rows, key=lambda group: min(self._rows[group]))
        return MappingProxyType({group: fresh[group] for group in order})

    def _found(self, where: str) -> Iterable[tuple[int, tuple[G, V]]]:
        sql = f"select rowid as row_number, * from {self._table} {where} order by rowid"  # noqa: S608  numbers alone
        for row in self._memory.db.query(sql):
            if (found := self._read(row)) is not None:
                yield row["row_number"], found

    def _put(self, row: int, found: tuple[G, V]) -> None:
        self._values[row] = found
        self._rows.setdefault(found[0], set()).add(row)

    def _folded_of(self, group: G) -> F:
        return self._fold([self._values[row][1] for row in sorted(self._rows[group])])


class KeptValues(Generic[V]):
    """The values of single rows, each made of its `columns` when it is asked for and not kept yet."""

    def __init__(self, memory: Memory, table: str, read: Callable[[Row], V], columns: str = "*") -> None:
        self.changed: set[int] = set()
        self._memory, self._table, self._read, self._columns = memory, table, read, columns
        self._values: dict[int, V] = {}
        memory.register(table, self)

    def of(self, rows: Collection[int]) -> Mapping[int, V]:
        """The values of these rows, in this order; those that are not there are left out."""
        holds = self._memory.holds()
        kept = {row: value for row, value in self._values.items() if holds and row not in self.changed}
        lacking = [row for row in rows if row not in kept]
        kept |= self._found(lacking) if lacking else {}
        self.changed.clear()
        self._values = kept if holds else {}
        return {row: kept[row] for row in rows if row in kept}

    def keep_only(self, rows: Collection[int]) -> None:
        """Nobody will ask for others soon."""
        self._values = {row: value for row, value in self._values.items() if row in rows}

    def drop(self) -> None:
        """Any of them may have been written."""
        self.changed.clear()
        self._values = {}

    def _found(self, rows: Iterable[int]) -> Mapping[int, V]:
        which = ", ".join(map(str, rows))
        sql = f"select rowid as row_number, {self._columns} from {self._table} where rowid in ({which})"  # noqa: S608
        return {row["row_number"]: self._read(row) for row in self._memory.db.query(sql)}


def one_of(values: Sequence[V]) -> V:
    """What to make of groups of one row each."""
    return values[0]
