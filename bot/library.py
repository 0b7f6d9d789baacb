"""The runbook folders: the shipped one and the owner's own, which wins by name. Loads, lints, notices changes.

Has no thread of its own: refresh() looks when it is called, and tells what to announce. A file that breaks stays
in use as it last was good, for as long as the bot runs; an owner's file that never was good is not replaced by a
shipped one of the same name, which its owner meant not to use.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.health import Kind
from bot.core.nearest import did_you_mean
from bot.core.reading import Reading
from bot.core.runbook import Runbook
from bot.core.written import Hint, Knowledge, Problem
from bot.markdown import parse

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_NO_RUNBOOK = "readme.md"
_SHOWN = 12  # names of runbooks in an error

_Seen = tuple[int, int, int]
"""A file's time of change (ns), size and inode: as long as they stay, it is not read again."""


class NoSuchRunbook(Exception):
    """Nothing in the folders has that name, or what has it never was good. The user's mistake, or the author's."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that can't be used as it is. `in_use`: an older, good version of it still is."""

    name: str
    path: Path
    problems: tuple[Problem, ...]
    in_use: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """Each problem as `runbooks/x.md:12: cannot …: because …`."""
        return tuple(f"{_shown(self.path)}:{problem}" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a look at the folders found new: names of runbooks added or changed, and gone, and what broke.

    `mended`: what was broken and is good again; `changed` has it too, where its text differs from the one in use.
    """

    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    broken: tuple[Broken, ...] = ()
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is known of one name. `good`: the version in use. `hints`: on the file as it is."""

    path: Path
    seen: _Seen
    good: Runbook | None
    broken: Broken | None
    hints: tuple[Hint, ...] = ()


class Library:
    """The runbooks there are. `folders`: the first that has a name wins it, so the owner's own come first.

    A folder that does not exist is an empty one. Nothing is read before the first refresh().
    """

    def __init__(self, folders: Sequence[Path], knowledge: Knowledge) -> None:
        self._folders = tuple(folders)
        self._knowledge = knowledge
        self._entries: dict[str, _Entry] = {}

    def refresh(self) -> Refreshed:
        """Look at every file's time and size, read those that changed, and tell what is new since the last look.

        Raises OSError where a folder is there but can't be listed; everything stays in use as it was.
        """
        before, known = self._entries, self._knowledge
        files = self._files().items()
        self._entries = {name: _looked(name, path, seen, before.get(name), known) for name, (path, seen) in files}
        return _difference(before, self._entries)

    def _files(self) -> Mapping[str, tuple[Path, _Seen]]:
        """The file each name stands for."""
        found: dict[str, tuple[Path, _Seen]] = {}
        for folder in self._folders:
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if _is_runbook(path):
                    stat = path.stat()
                    found.setdefault(path.stem, (path, (stat.st_mtime_ns, stat.st_size, stat.st_ino)))
        return found

    def get(self, name: str) -> Runbook:
        """The version in use. Raises NoSuchRunbook."""
        entry = self._entries.get(name)
        if entry and entry.good:
            return entry.good
        if entry and entry.broken:
            raise NoSuchRunbook(f"cannot use the runbook {name!r}: because of {entry.broken.lines[0]}")
        known = [runbook.name for runbook in self.all()]
        begun = next((f" (did you mean {one!r}?)" for one in known if name and one.startswith(name)), "")
        meant = begun or did_you_mean(name, known)
        raise NoSuchRunbook(f"there is no runbook {name!r}{meant or _those_there_are(known)}")

    def file_of(self, name: str) -> str:
        """The file that has that name, as short as it can be clicked on. Raises KeyError."""
        return _shown(self._entries[name].path)

    def all(self) -> tuple[Runbook, ...]:
        """Every runbook in use, by name."""
        return tuple(entry.good for _, entry in sorted(self._entries.items()) if entry.good)

    def for_kind(self, kind: Kind) -> tuple[Runbook, ...]:
        """Those meant for incidents of this kind, by name."""
        return tuple(runbook for runbook in self.all() if kind in runbook.use_for)

    def broken(self) -> tuple[Broken, ...]:
        """Every file that can't be used as it is, by name."""
        return tuple(entry.broken for _, entry in sorted(self._entries.items()) if entry.broken)

    def hints(self) -> tuple[str, ...]:
        """What could be better in files that are good, as `runbooks/x.md:12: hint: …`, by name."""
        entries = [entry for _, entry in sorted(self._entries.items())]
        return tuple(f"{_shown(entry.path)}:{hint}" for entry in entries for hint in entry.hints)


def _those_there_are(names: Sequence[str]) -> str:
    return f"; there are: {', '.join(names[:_SHOWN])}{' …' if len(names) > _SHOWN else ''}" if names else ""


def _is_runbook(path: Path) -> bool:
    """Not the README, nor what editors leave beside a file."""
    hidden = path.name.startswith(".") or path.name.casefold() == _NO_RUNBOOK
    return path.suffix == ".md" and not hidden and path.is_file()


def _looked(name: str, path: Path, seen: _Seen, old: _Entry | None, knowledge: Knowledge) -> _Entry:
    """What is known of a name after a look at its file."""
    if old and (old.path, old.seen) == (path, seen):
        return old
    reading = _read(name, path, knowledge)
    good, before = reading.runbook, old.good if old else None
    if not good:
        return _Entry(path, seen, before, Broken(name, path, reading.problems, in_use=before is not None))
    return _Entry(path, seen, before if before and before.hash == good.hash else good, None, reading.hints)


def _read(name: str, path: Path, knowledge: Knowledge) -> Reading:
    if not _NAME.fullmatch(name):
        why = "it is lower-case letters, digits, - and _, so that it can be typed"
        return Reading(None, (Problem(1, f"use the name {name!r}", why),))
    try:
        return parse(name, path.read_text(encoding="utf-8"), knowledge)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        why = f"it is not UTF-8 text (byte {error.start}); save it as UTF-8"
        return Reading(None, (Problem(line, "read this file", why),))
    except OSError as error:
        return Reading(None, (Problem(1, "read this file", f"the system says: {error.strerror}"),))


def _difference(before: Mapping[str, _Entry], after: Mapping[str, _Entry]) -> Refreshed:
    """What is new since the look before, once."""
    changed, broken, mended = [], [], []
    for name, entry in sorted(after.items()):
        old = before.get(name)
        if entry.good and entry.good is not (old.good if old else None):
            changed.append(name)
        if entry.broken and entry.broken != (old.broken if old else None):
            broken.append(entry.broken)
        if old and old.broken and not entry.broken:
            mended.append(name)
    gone = [name for name, old in sorted(before.items()) if old.good and name not in after]
    return Refreshed(tuple(changed), tuple(gone), tuple(broken), tuple(mended))


def _shown(path: Path) -> str:
    """The path as short as it can be clicked on."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
