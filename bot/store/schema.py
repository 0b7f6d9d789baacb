"""The tables, as the migrations that make them. A migration that was ever released is never edited."""

import secrets

from sqlite_utils import Database, Migrations

migrations = Migrations("caretaker")


def migrate(db: Database) -> None:
    """Bring the tables up to date, each migration a transaction of its own."""
    migrations.apply(db)


def pending_migrations(db: Database) -> list[str]:
    """The names of migrations that were not applied yet."""
    return [one.name for one in migrations.pending(db)]


def unknown_migrations(db: Database) -> list[str]:
    """The names of migrations that a newer Caretaker has applied."""
    empty = Database(memory=True)
    known = {one.name for one in migrations.pending(empty)}
    empty.close()
    return [one.name for one in migrations.applied(db) if one.name not in known]


@migrations(name="0001_first_tables")
def first_tables(db: Database) -> None:
    """All tables of the first release. Times are ISO 8601 in UTC; `*_json` columns hold what is never searched."""
    _state(db)
    _history(db)
    _runs(db)
    _outbox(db)


@migrations(name="0002_identity")
def identity(db: Database) -> None:
    """A target's name is no longer its id: a guest is its UUID, which it gets with its next inventory."""
    db.table("target").add_column("name", str)
    db.execute("update target set name = substr(id, instr(id, ':') + 1)")


@migrations(name="0003_database_id")
def database_id(db: Database) -> None:
    """A database is told from every other. Cards that were posted before are drawn again, or would not count."""
    db.table("database_id").insert({"id": secrets.token_hex(6)}, pk="id")
    db.execute(
        "with live (subject, thread) as ("
        "select 'incident:' || id, null from incident where status != 'resolved' union all "
        "select 'run:' || id || ':step:' || json_extract(value_json, '$.current'), "
        "coalesce('incident:' || incident, 'run:' || id) from run where status = 'under way') "
        "insert into outbox (subject, tell, thread, text, state, attempts, doubtful, created_at, due_at) "
        "select subject, 'card', thread, '', 'waiting', 0, 0, at, at from post join live using (subject) "
        "where subject not in (select subject from outbox where tell = 'card' and state in ('waiting', 'sending'))"
    )


@migrations(name="0004_evidence")
def evidence(db: Database) -> None:
    """What a result rests on, and what the owner accepts as proof; both unknown until they are next told."""
    db.table("health").add_column("evidence", str)
    db.table("target").add_column("proof", str)


@migrations(name="0005_facts")
def facts(db: Database) -> None:
    """What a check has told beside its health, and what is to be compared later: a host's boot id."""
    db.table("health").add_column("facts_json", str)


@migrations(name="0006_inventory")
def inventory(db: Database) -> None:
    """That a guest of some name was rebuilt is asked once; each host's last good inventory, to compare with."""
    rebuilt = {"host": str, "name": str, "by": str, "at": str}
    db.table("rebuilt").create(rebuilt, pk=("host", "name"), not_null={"by", "at"})
    db.table("inventory").create({"host": str, "at": str, "value_json": str}, pk="host")


@migrations(name="0007_told")
def told(db: Database) -> None:
    """What was said once in the channel, so that it is said again only when it has changed."""
    db.table("told").create({"subject": str, "keys_json": str, "at": str}, pk="subject")


@migrations(name="0008_boots")
def boots(db: Database) -> None:
    """What is remembered of a guest's latest start, so that it is known again after a restart of the bot."""
    db.table("boot").create({"guest": str, "at": str, "value_json": str}, pk="guest")


@migrations(name="0009_own_boot")
def own_boot(db: Database) -> None:
    """By what the latest boot of the bot's own machine is told from every other; not known of earlier starts."""
    db.table("alive").add_column("boot_id", str)


@migrations(name="0010_script_records")
def script_records(db: Database) -> None:
    """What was, or is to be, started somewhere, so that it is found again there."""
    which = {"id": str, "run": int, "step": int, "attempt": int, "place": str, "limit_seconds": float}
    known = {"made_at": str, "boot": str, "over": int}
    not_null = {"run", "step", "attempt", "place", "limit_seconds", "made_at", "over"}
    db.table("script_record").create({**which, **known}, pk="id", not_null=not_null)
    db.table("script_record").create_index(["run", "step", "attempt"], unique=True)


@migrations(name="0011_left_off")
def left_off(db: Database) -> None:
    """The machines that ran before an incident and have not come back since it ended."""
    row = {"target": str, "incident": int, "at": str, "member_json": str}
    db.table("left_off").create(row, pk="target", not_null={"incident", "at", "member_json"})


@migrations(name="0012_elsewhere")
def elsewhere(db: Database) -> None:
    """What may have to go over the second channel, and when the heartbeat was taken last."""
    news = {"id": int, "incident": int, "what": str, "at": str, "outbox": int, "state": str, "attempts": int}
    tried = {"message": int, "due_at": str, "settled_at": str, "why": str}
    not_null = {"incident", "what", "at", "state", "attempts"}
    db.table("second_channel").create({**news, **tried}, pk="id", not_null=not_null)
    db.table("second_channel").create_index(["state"])
    db.table("second_channel").create_index(["incident"])
    pinged = {"id": int, "taken_at": str, "failing": int, "failed_at": str, "why": str}
    db.table("heartbeat").create(pinged, pk="id")


@migrations(name="0013_record")
def record(db: Database) -> None:
    """What a run did is on record, also where it belongs to no incident."""
    db.table("event").transform(not_null={"incident": False})
    db.table("event").add_column("run", int)
    db.table("event").add_column("step", int)
    db.table("event").create_index(["at"])


@migrations(name="0014_outlook")
def outlook(db: Database) -> None:
    """What the bot has not seen yet is told without it, too."""
    db.table("alive").add_column("outlook_json", str)


@migrations(name="0015_answered_while_off")
def answered_while_off(db: Database) -> None:
    """The looks that passed while their guest was off, and at which address: no proof of that guest."""
    row = {"target": str, "check": str, "place": str, "at": str}
    pk = ("target", "check")
    db.table("answered_while_off").create(row, pk=pk, not_null={"place", "at"})


@migrations(name="0016_card_mark")
def card_mark(db: Database) -> None:
    """What tells an incident's or a run's cards from those of another that had its number before a restore."""
    db.table("card_mark").create({"subject": str, "mark": str}, pk="subject", not_null={"mark"})


@migrations(name="0017_script_told")
def script_told(db: Database) -> None:
    """What people were told last of a script that nobody waits for, so that a restart does not break that off."""
    db.table("script_record").add_column("told", str)


@migrations(name="0018_inventory_compared")
def inventory_compared(db: Database) -> None:
    """When a host was last held against its last good inventory."""
    db.table("inventory").add_column("compared_at", str)


@migrations(name="0019_accepted_change")
def accepted_change(db: Database) -> None:
    """What differs, and a person said is well as it is, until that is what the host is to be like."""
    db.table("accepted_change").create({"target": str, "key": str, "words": str}, pk=("target", "key"))
    db.table("inventory").transform(drop={"compared_at"})


def _state(db: Database) -> None:
    incident = {"id": int, "kind": str, "subject": str, "status": str, "opened_at": str, "resolved_at": str}
    db.table("incident").create({**incident, "value_json": str}, pk="id", not_null={"kind", "subject", "status"})
    db.table("incident").create_index(["status", "resolved_at"])
    health = {"check": str, "target": str, "health": str, "kind": str, "running": int, "why": str}
    db.table("health").create({**health, "since": str, "at": str}, pk=("check", "target"), not_null={"health"})
    target = {"id": str, "runs_on": str, "powered_by": str, "behind": str, "wanted": int, "ephemeral": int}
    presence = {"running": int, "stopped_at": str, "stopped_on_purpose": int, "first_seen": str, "gone_at": str}
    db.table("target").create({**target, **presence}, pk="id")
    silence = {"id": int, "target": str, "since": str, "until": str, "by": str, "reason": str}
    db.table("silence").create(silence, pk="id", not_null={"target", "until"})
    db.table("alive").create({"id": int, "started_at": str, "at": str, "stopped_at": str}, pk="id")


def _history(db: Database) -> None:
    event = {"id": int, "incident": int, "at": str, "kind": str, "text": str, "by": str}
    db.table("event").create(event, pk="id", not_null={"incident", "at", "kind", "text"})
    db.table("event").create_index(["incident"])
    db.table("journal").create({"id": int, "at": str, "text": str}, pk="id", not_null={"at", "text"})


def _runs(db: Database) -> None:
    run = {"id": int, "incident": int, "runbook": str, "status": str, "version": int, "text_hash": str}
    db.table("run").create({**run, "value_json": str}, pk="id", not_null={"runbook", "status", "text_hash"})
    db.table("run").create_index(["status"])
    db.table("run").create_index(["incident"])
    db.table("runbook_text").create({"hash": str, "name": str, "text": str}, pk="hash")


def _outbox(db: Database) -> None:
    what = {"id": int, "subject": str, "tell": str, "thread": str, "text": str, "name": str, "content": bytes}
    state = {"state": str, "attempts": int, "doubtful": int, "created_at": str, "due_at": str, "error": str}
    not_null = {"subject", "tell", "state", "attempts", "doubtful", "created_at", "due_at"}
    db.table("outbox").create({**what, **state}, pk="id", not_null=not_null)
    db.table("outbox").create_index(["state"])
    db.table("outbox").create_index(["subject"])
    db.table("post").create({"subject": str, "channel": str, "ts": str, "at": str}, pk="subject")
