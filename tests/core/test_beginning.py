"""Where a run makes no sense, and what is missing for it, by name and by the place where it is said."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.health import TargetId
from bot.core.incident import Incident, IncidentId, Move
from bot.core.kinds import KINDS, Kind, TargetKind
from bot.core.runs.beginning import About, needed, why_not_here, why_over, why_unknown
from tests.core.test_walk import read

NOW = datetime(2026, 3, 1, tzinfo=UTC)
INCIDENT = Incident(IncidentId(3), Kind.GUEST_DOWN, TargetId("guest:web1"), "crashed", NOW, NOW)
WEB1, ATLAS, RACK = (
    About(TargetKind.GUEST, "web1"),
    About(TargetKind.HOST, "atlas"),
    About(TargetKind.UPS, "rack"),
)

RESTORE = """# Restore
- Use for: boot-disk

## Look
- Run on: $hypervisor

```sh
ls "$disk"
```

## Which?
- Choose: snapshot
- Run on: $hypervisor

```sh
list "$backup_repository" "$backup_password_file"
```

## Restore
- Run on: $hypervisor

**Before**: it is off.

```lab
is off $guest
```

```sh
restore "$snapshot" "${bay:-none}" "$bytes"
```

## If you like
- Optional: yes

```lab
start $host
```

## Help
- Only on request: yes

```lab
start $incident
```
"""
VALUES = {
    "guest": "web1",
    "guest_uuid": "u",
    "hypervisor": "atlas",
    "disk": "/web1.img",
    "bytes": "8",
    "backup_repository": "/b",
    "backup_password_file": "/p",
}


@pytest.fixture
def restore():
    return read(RESTORE)


def without(*names):
    return {name: value for name, value in VALUES.items() if name not in names}


def test_what_the_normal_way_uses_is_needed_and_what_it_asks_for_is_not(restore):
    assert needed(restore) == VALUES.keys() - {"guest_uuid"}
    assert why_unknown(restore, VALUES, WEB1) is None


@pytest.mark.parametrize(
    ("values", "about", "why"),
    [
        (
            without("backup_repository"),
            WEB1,
            "$backup_repository is not known: hosts.atlas.backup.repository in lab.yaml says it",
        ),
        (
            without("backup_repository", "backup_password_file"),
            WEB1,
            (
                "$backup_password_file is not known: hosts.atlas.backup.password_file in lab.yaml says it; "
                "$backup_repository is not known: hosts.atlas.backup.repository in lab.yaml says it"
            ),
        ),
        (
            without("disk"),
            WEB1,
            (
                "$disk is not known: the first disk of web1 is no file or device of its host; "
                "guests.web1.disk in lab.yaml can say it"
            ),
        ),
        (
            without("bytes"),
            WEB1,
            (
                "$bytes is not known: the size of the disk can't be told; "
                "hosts.atlas.ssh in lab.yaml is the way there"
            ),
        ),
        (
            {},
            WEB1,
            (
                "$backup_password_file, $backup_repository, $bytes, $disk, $guest, $hypervisor are not known: "
                "no hypervisor that answers has web1"
            ),
        ),
        (
            {},
            None,
            ("it is for a guest; say which, for example `/lab run mend web1`"),
        ),
        (
            {"host": "atlas", "backup_repository": "/b"},
            ATLAS,
            (
                "$backup_password_file is not known: hosts.atlas.backup.password_file in lab.yaml says it; "
                "$bytes, $disk, $guest, $hypervisor are not known: "
                "it is for a guest; say which, for example `/lab run mend web1`"
            ),
        ),
    ],
)
def test_what_is_missing_is_named_with_the_place_where_it_is_said(restore, values, about, why):
    assert why_unknown(restore, values, about) == why


def test_a_host_and_an_incident_are_missed_by_their_own_words():
    book = read("# T\n## A\n\n```lab\nstart $host\n```\n\n## B\n\n```lab\nstart $incident\n```\n")
    assert why_unknown(book, {}, WEB1) == (
        "$host is not known: it is for a host; say which, for example `/lab run mend atlas`; "
        "$incident is not known: start it from the incident's card, or name a machine that has an open incident"
    )


def test_a_runbook_for_guests_is_not_started_for_a_host_but_for_any_incident_of_a_guest(restore):
    assert why_not_here(restore, ATLAS, None) == "it is for boot-disk, and atlas is a host"
    assert why_not_here(restore, RACK, None) == "it is for boot-disk, and rack is a UPS"
    assert why_not_here(restore, WEB1, None) is None
    assert why_not_here(restore, WEB1, INCIDENT) is None, "a person saw on its screen that it is the disk"
    assert why_not_here(restore, None, None) is None
    assert why_not_here(replace(restore, use_for=()), ATLAS, None) is None


def test_what_its_own_incidents_are_about_fits_whatever_the_table_says(restore):
    assert why_not_here(restore, ATLAS, replace(INCIDENT, kind=Kind.BOOT_DISK)) is None


@pytest.mark.parametrize(
    ("over", "why"),
    [
        (
            INCIDENT.move(Move.RESOLVE, NOW, why="all proven healthy"),
            "incident 3 was resolved (all proven healthy); if it is not over, reopen it first (/lab reopen 3)",
        ),
        (
            INCIDENT.move(Move.CLOSE, NOW, by="U0ADA", why="false alarm"),
            "incident 3 was closed (false alarm); if it is not over, reopen it first (/lab reopen 3)",
        ),
        (
            INCIDENT.move(Move.MOVE, NOW, why="atlas is down", into=IncidentId(9)),
            (
                "incident 3 was moved to incident 9 (atlas is down); what is left to do is followed there "
                "(/lab incident 9)"
            ),
        ),
        (INCIDENT.move(Move.WITHDRAW, NOW, why="my cable was out"), "incident 3 was withdrawn (my cable was out)"),
        (INCIDENT, None),
    ],
)
def test_an_incident_that_is_over_gets_no_run_and_says_what_to_do(over, why):
    assert why_over(over) == why


def test_every_kind_says_what_it_may_be_about():
    assert all(facts.about for facts in KINDS.values())
