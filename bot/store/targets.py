"""What is watched and how it was last found: the inventory and hard health, in rows."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

from sqlite_utils import Database

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Kind, Observation, Proof, Target, TargetId
from bot.core.names import Names, names_of
from bot.store.json_value import Fields, read_value
from bot.store.kept_rows import KeptTable, one_of
from bot.store.memory import Memory
from bot.store.rows import moment, time_in, time_out

FACTS_VERSION = 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """What a check was last believed to show.

    `since`: when this began, of a guest's power its latest start or stop; `at`: when it was last written. `facts`:
    what it has told to be remembered (Observation.kept), however it is now.
    """

    fingerprint: Fingerprint
    health: Health
    kind: Kind | None
    running: bool | None
    why: str
    since: datetime
    at: datetime
    evidence: Evidence
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a target was last seen running, and if not, since when and whether someone shut it down."""

    running: bool | None
    stopped_at: datetime | None
    stopped_on_purpose: bool


class TargetRows:
    """The tables `target` and `health`."""

    def __init__(self, db: Database, memory: Memory) -> None:
        self._db = db
        self._here = KeptTable(memory, "target", _here(_target), one_of)
        self._presences = KeptTable(memory, "target", _here(_presence), one_of)
        self._gone = KeptTable(memory, "target", _gone, one_of)
        self._known = KeptTable(memory, "health", _known_of, _by_check)
        self._names: tuple[object, object, Names] | None = None

    def inventory(self) -> Mapping[TargetId, Target]:
        """All targets that are still there; the same object while they are the same."""
        return self._here.all()

    def names(self, inventory: Mapping[TargetId, Target] | None = None) -> Names:
        """What to call each target, also those that are gone: old incidents are about them.

        `inventory`: what is there, where that was read already.
        """
        gone, here = self._gone.all(), self.inventory() if inventory is None else inventory
        if self._names is None or self._names[0] is not gone or self._names[1] is not here:
            labels = {**gone, **names_of(here.values()).labels}
            self._names = gone, here, Names(MappingProxyType(labels))
        return self._names[2]

    def rename(self, old: TargetId, new: TargetId) -> None:
        """A target gets another id, everywhere: databases before 0002 knew a guest by its name."""
        places = (("target", "id"), ("health", "target"), ("silence", "target"), ("incident", "subject"))
        for table, column in places:
            self._db.execute(f"update {table} set {column} = ? where {column} = ?", [new, old])  # noqa: S608
        quoted = f"%{json.dumps(old)}%"
        self._db.execute(
            "update incident set value_json = replace(value_json, ?, ?) where value_json like ?",
            [json.dumps(old), json.dumps(new), quoted],
        )

    def presences(self) -> Mapping[TargetId, Presence]:
        """How each target that is still there was last seen."""
        return self._presences.all()

    def keep(self, targets: Iterable[Target], now: datetime) -> None:
        """Write targets into the inventory, new or changed; what is known of their presence stays."""
        for target in targets:
            self._db.execute(
                "insert into target (id, name, runs_on, powered_by, behind, wanted, ephemeral, proof, first_seen) "
                "values (:id, :name, :runs_on, :powered_by, :behind, :wanted, :ephemeral, :proof, :now) "
                "on conflict (id) do update set name = :name, runs_on = :runs_on, powered_by = :powered_by, "
                "behind = :behind, wanted = :wanted, ephemeral = :ephemeral, proof = :proof, "
                "first_seen = iif(gone_at is null, first_seen, :now), gone_at = null",
                {**_row(target), "now": time_out(now)},
            )

    def gone(self, targets: Iterable[TargetId], now: datetime) -> None:
        """Targets that are no longer there; their rows stay, in case they come back."""
        for target in targets:
            self._db.execute("update target set gone_at = ? where id = ?", [time_out(now), target])
            self._db.execute("delete from health where target = ?", [target])
            self._db.execute("delete from boot where guest = ?", [target])
            self._db.execute("delete from answered_while_off where target = ?", [target])
            self._db.execute("delete from left_off where target = ?", [target])

    def unchecked(self, checks: Iterable[Fingerprint]) -> None:
        """What nobody looks with any more."""
        for one in checks:
            self._db.execute('delete from health where target = ? and "check" = ?', [one.target, one.check])

    def replaced_by(self, target: TargetId) -> frozenset[TargetId]:
        """The targets that went at the very moment at which this one came: it may be one of them, renamed."""
        went = self._db.query(
            "select id from target "
            "where gone_at = (select first_seen from target where id = ? and gone_at is null)",
            [target],
        )
        return frozenset(TargetId(row["id"]) for row in went)

    def saw(self, seen: Observation, presence: Presence | None) -> None:
        """Write what a check is now believed to show, and what that says of its target's presence."""
        at = time_out(seen.at)
        self._db.execute(
            'insert into health ("check", target, health, kind, running, evidence, why, facts_json, since, at) '
            "values (:check, :target, :health, :kind, :running, :evidence, :why, :facts, :at, :at) "
            "on conflict do update set since = iif(:anew or health != :health or kind is not :kind or "
            "running is not :running, :at, since), "
            "health = :health, kind = :kind, running = :running, evidence = :evidence, why = :why, at = :at, "
            "facts_json = iif(:facts is null, facts_json, json_patch(ifnull(facts_json, '{}'), :facts))",
            {
                "check": seen.fingerprint.check,
                "target": seen.target,
                "health": seen.health,
                "kind": seen.kind,
                "running": seen.running,
                "anew": seen.began_anew,
                "evidence": seen.evidence,
                "why": seen.why,
                "facts": json.dumps({"version": FACTS_VERSION, **seen.kept}) if seen.kept else None,
                "at": at,
            },
        )
        if presence is not None:
            self._keep_presence(seen.target, presence)

    def _keep_presence(self, target: TargetId, presence: Presence) -> None:
        self._db.execute(
            "update target set running = :running, stopped_on_purpose = :on_purpose, "
            # What was never seen running has not stopped.
            "stopped_at = case when :running then null when running then :stopped else stopped_at end "
            "where id = :id",
            {
                "running": presence.running,
                "on_purpose": presence.stopped_on_purpose,
                "stopped": time_out(presence.stopped_at),
                "id": target,
            },
        )

    def health(self) -> list[Known]:
        """What every check was last believed to show, in the order of targets and checks."""
        known = self.known()
        return [one for target in sorted(known) for one in known[target]]

    def known(self) -> Mapping[TargetId, tuple[Known, ...]]:
        """What every check was last believed to show, by target; the same object where nothing has changed."""
        return self._known.all()

    def facts(self, check: Fingerprint) -> Mapping[str, str]:
        """What a check has told to be remembered."""
        rows = self._db.query(
            'select facts_json from health where "check" = ? and target = ?', [check.check, check.target]
        )
        return next((_facts(row) for row in rows), {})

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what was seen a minute ago was so a minute ago."""
        for row in list(self._db.query("select id, stopped_at from target where stopped_at is not null")):
            stopped = time_out(moment(row["stopped_at"]) + step)
            self._db.execute("update target set stopped_at = ? where id = ?", [stopped, row["id"]])
        for row in list(self._db.query('select "check", target, since, at from health')):
            times = [time_out(moment(row[name]) + step) for name in ("since", "at")]
            where = [row["check"], row["target"]]
            self._db.execute('update health set since = ?, at = ? where "check" = ? and target = ?', times + where)


def _here(value: Callable[[dict[str, Any]], T]) -> Callable[[dict[str, Any]], tuple[TargetId, T] | None]:
    """What reads a value of those targets that are still there."""
    return lambda row: None if row["gone_at"] else (TargetId(row["id"]), value(row))


def _gone(row: dict[str, Any]) -> tuple[TargetId, str] | None:
    return None if row["gone_at"] is None else (TargetId(row["id"]), row["name"])


def _known_of(row: dict[str, Any]) -> tuple[TargetId, Known]:
    return TargetId(row["target"]), _known(row)


def _by_check(values: Sequence[Known]) -> tuple[Known, ...]:
    return tuple(sorted(values, key=lambda one: one.fingerprint))


def _row(target: Target) -> dict[str, Any]:
    return {
        "id": target.id,
        "name": target.name,
        "runs_on": target.runs_on,
        "powered_by": target.powered_by,
        "behind": target.behind,
        "wanted": target.wanted,
        "ephemeral": target.ephemeral,
        "proof": target.proof,
    }


def _target(row: dict[str, Any]) -> Target:
    return Target(
        TargetId(row["id"]),
        runs_on=row["runs_on"],
        powered_by=row["powered_by"],
        behind=row["behind"],
        wanted=bool(row["wanted"]),
        ephemeral=bool(row["ephemeral"]),
        proof=Proof(row["proof"] or Proof.INSIDE),
        name=row["name"],
    )


def _presence(row: dict[str, Any]) -> Presence:
    return Presence(_running(row), time_in(row["stopped_at"]), bool(row["stopped_on_purpose"]))


def _known(row: dict[str, Any]) -> Known:
    kind = None if row["kind"] is None else Kind(row["kind"])
    fingerprint = Fingerprint(CheckName(row["check"]), TargetId(row["target"]))
    since, at, evidence = moment(row["since"]), moment(row["at"]), Evidence(row["evidence"] or Evidence.NONE)
    health, running = Health(row["health"]), _running(row)
    return Known(fingerprint, health, kind, running, row["why"], since, at, evidence, _facts(row))


def _facts(row: dict[str, Any]) -> Mapping[str, str]:
    return read_value("what a check has told", row["facts_json"] or "{}", FACTS_VERSION, _named)


def _named(told: Fields) -> Mapping[str, str]:
    return {name: str(value) for name, value in told.items() if name != "version"}


def _running(row: dict[str, Any]) -> bool | None:
    return None if row["running"] is None else bool(row["running"])
