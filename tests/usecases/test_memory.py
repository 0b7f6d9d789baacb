"""Whatever befalls a lab and its database, in whatever order: what is kept in memory is what the database has."""

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot import incidents
from bot.config import Check, Guest, Host
from bot.core.health import Proof, TargetId
from bot.core.incident import IllegalMove, IncidentId
from bot.core.incidents.situation import Gap
from bot.core.permit import NotAllowed
from bot.incidents import UnknownName, situation
from bot.probes.host import Params as Inside
from bot.store import Store, StoreFailed
from bot.usecases import left_off, unwatched
from bot.usecases.clock_steps import clock_stepped
from bot.usecases.passing_time import pass_time
from tests.core.labs import (
    ATLAS,
    RACK,
    VAULT,
    back,
    crashed,
    gone,
    off,
    on_battery,
    on_mains,
    powered_on,
    unseen,
    up,
    well,
)
from tests.kept_lab import ALEX, KeptLab, config
from tests.stateful import walk

MINUTE = timedelta(minutes=1)
NAMES = ("web1", "web2", "db1", "ci-7")
GUESTS = tuple(TargetId(f"guest:{name}") for name in NAMES)
CONFIGS = {
    "as it was": {},
    "a guest has checks": {"guests": {"web1": Guest("web1", checks={"agent": Check("agent", "host", Inside())})}},
    "a host is renamed": {
        "hosts": {"atlas1": Host("atlas1", hypervisor="test:///default"), "vault": Host("vault")}
    },
    "a host is gone": {"hosts": {"vault": Host("vault", powered_by="rack")}},
}
SEEN: dict[str, Callable] = {
    "up": up,
    "crashed": crashed,
    "off": off,
    "powered on": powered_on,
    "unseen": unseen,
    "well": lambda guest: well(guest, "agent"),
}
ACTS = {
    "acknowledge": incidents.acknowledge,
    "take back": incidents.take_back,
    "take over": incidents.take_over,
    "reopen": incidents.reopen,
}
STATEMENTS = (
    "update target set running = 0, stopped_at = null where id = 'guest:web1'",
    "update target set gone_at = null",
    "update target set proof = 'running' where id = 'guest:web2'",
    "update health set health = 'fail', kind = 'guest-down' where target = 'guest:web2'",
    "update incident set subject = 'guest:db1' where id = 1",
    "delete from health where target = 'host:atlas'",
    "delete from target where id = 'guest:ci-7'",
    "insert or replace into target (id, name, wanted, ephemeral) values ('guest:db1', 'web1', 1, 0)",
    "delete from silence",
    "update left_off set incident = 1",
    "delete from left_off where target = 'guest:web1'",
)


class TakenBack(Exception):
    """Something goes wrong after all was written."""


class Lab(RuleBasedStateMachine):
    """A lab, its bot, its people, and whatever else writes its database."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "caretaker.db"
        self.lab = KeptLab(Store(self.path))
        self.lab.begin()
        self.lab.inventory(*NAMES)
        self.lab.see(*map(up, GUESTS))

    def teardown(self):
        self.lab.store.close()
        self.folder.cleanup()

    def _try(self, work):
        """People may be refused."""
        with suppress(IllegalMove, NotAllowed, UnknownName):
            work()

    # What the bot does.

    @rule(seen=st.dictionaries(st.sampled_from(GUESTS), st.sampled_from(sorted(SEEN)), min_size=1))
    def guests_are_seen(self, seen):
        self.lab.see(*(SEEN[how](guest) for guest, how in sorted(seen.items())))

    @rule(host=st.sampled_from([ATLAS, VAULT]), there=st.booleans(), gap=st.booleans())
    def a_host_goes_or_returns(self, host, there, gap):
        now = self.lab.now
        self.lab.see(back(host) if there else gone(host), gap=Gap(now - MINUTE, now) if gap else None)

    @rule(on=st.booleans())
    def the_power_goes_or_returns(self, on):
        self.lab.see(on_mains() if on else on_battery(RACK))

    @rule(names=st.lists(st.sampled_from(NAMES), unique=True), host=st.sampled_from(["atlas", "vault"]))
    def an_inventory_is_taken(self, names, host):
        self.lab.inventory(*names, host=host)
        self.lab.do(unwatched.settle, self.lab.config, self.lab.places)

    @rule(minutes=st.sampled_from([1, 12, 45, 6 * 60, 8 * 24 * 60]))
    def time_passes(self, minutes):
        self.lab.wait(minutes * MINUTE)

    @rule(minutes=st.sampled_from([-90, -1, 1, 90]))
    def the_clock_is_set(self, minutes):
        self.lab.now += minutes * MINUTE
        self.lab.do(clock_stepped, self.lab.config, minutes * MINUTE)

    @rule(to=st.sampled_from(sorted(CONFIGS)))
    def it_starts_with_another_config(self, to):
        self.lab.config = config(**CONFIGS[to])
        self.lab.begin()

    @rule()
    def it_starts_anew(self):
        self.lab.store.close()
        self.lab.store = Store(self.path)
        self.lab.begin()

    # What people do.

    @rule(act=st.sampled_from(sorted(ACTS)), number=st.integers(1, 3))
    def a_person_acts(self, act, number):
        self._try(lambda: self.lab.do(ACTS[act], self.lab.config, IncidentId(number), ALEX))

    @rule(number=st.integers(1, 3))
    def a_person_closes(self, number):
        self._try(lambda: self.lab.do(incidents.resolve, self.lab.config, IncidentId(number), ALEX, "enough"))

    @rule(name=st.sampled_from([*NAMES, "atlas"]), minutes=st.integers(1, 60))
    def a_person_silences(self, name, minutes):
        args = (self.lab.config, name, minutes * MINUTE, ALEX, "quiet")
        self._try(lambda: self.lab.do(incidents.silence, *args))

    @rule(name=st.sampled_from([*NAMES, "atlas"]))
    def a_person_ends_a_silence(self, name):
        self._try(lambda: self.lab.do(incidents.unsilence, self.lab.config, name, ALEX))

    # What goes wrong, and who else writes.

    @rule(guest=st.sampled_from(GUESTS), sql=st.sampled_from(STATEMENTS))
    def a_transaction_fails(self, guest, sql):
        def fail(store, now):
            self._write(store, now, guest, sql)
            raise TakenBack

        with pytest.raises(TakenBack):
            self.lab.do(fail)

    @rule(guest=st.sampled_from(GUESTS), sql=st.sampled_from(STATEMENTS))
    def a_part_of_a_transaction_is_taken_back(self, guest, sql):
        def fail(store, now):
            self._write(store, now, guest, sql)
            raise TakenBack

        def carry_on(store, now):
            with pytest.raises(TakenBack), store.transaction():
                fail(store, now)
            self._compare(store)
            pass_time(store, now, self.lab.config, now)

        self.lab.do(carry_on)

    @rule(guest=st.sampled_from(GUESTS))
    def the_disk_is_full(self, guest):
        db = self.lab.store._db
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")

        def write_on(store, now):
            self._write(store, now, guest, STATEMENTS[0])
            while True:
                store.alive.write("more" * 1000, now)

        with pytest.raises(StoreFailed, match="full"):
            self.lab.do(write_on)
        db.execute("PRAGMA max_page_count = 1000000")

    def _write(self, store, now, guest, sql):
        """A use case, something by hand, and all is read in between."""
        incidents.situation(store, self.lab.config, now)
        store.targets.saw(crashed(guest), None)
        left_off.forget(store, [guest])
        store._db.execute(sql)
        self._compare(store)

    @rule(sql=st.sampled_from(STATEMENTS))
    def a_statement_writes(self, sql):
        self.lab.do(lambda store, _now: store._db.execute(sql))

    @rule(sql=st.sampled_from(STATEMENTS))
    def another_connection_writes(self, sql):
        other = sqlite3.connect(self.path)
        with other:
            other.execute(sql)
        other.close()

    @rule(guest=st.sampled_from(GUESTS))
    def another_bot_writes(self, guest):
        other = Store(self.path)
        KeptLab(other, self.lab.config, self.lab.now).see(crashed(guest))
        other.close()

    # What always holds.

    @invariant()
    def what_is_kept_is_what_the_database_has(self):
        self.lab.do(lambda store, _now: self._compare(store))

    def _compare(self, store):
        anew = copy(store)
        anew._name_rows()  # of the same connection, and nothing is kept
        assert not anew.memory.holds()
        for gap in (None, Gap(self.lab.now - 10 * MINUTE, self.lab.now)):
            kept, read = (situation(one, self.lab.config, self.lab.now, gap) for one in (store, anew))
            assert replace(kept, zone=UTC) == replace(read, zone=UTC)  # the system's zone equals no other
        assert _in_order(store) == _in_order(anew)


def _in_order(store):
    targets, incidents_kept = store.targets, store.incidents
    return (
        list(targets.inventory().items()),
        list(targets.presences().items()),
        list(targets.known().items()),
        targets.health(),
        incidents_kept.live(),
        list(store.left_off.all().items()),
    )


def test_who_is_well_is_told_anew_when_what_proves_it_changes_and_when_it_is_seen_otherwise(tmp_path):
    lab = KeptLab(Store(tmp_path / "caretaker.db"))
    lab.begin()
    lab.inventory("web1", "web2")
    web1, web2, *_ = GUESTS
    lab.see(powered_on(web1), up(web2))

    def well_now():
        return set(GUESTS) & lab.do(lambda store, now: situation(store, lab.config, now)).well

    assert well_now() == {web2}
    lab.config = config(guests={"web1": Guest("web1", proof=Proof.RUNNING)})
    lab.inventory("web1", "web2")
    assert well_now() == {web1, web2}
    lab.see(powered_on(web2))
    assert well_now() == {web1}
    lab.config = config(guests={"web1": Guest("web1", checks={"agent": Check("agent", "host", Inside())})})
    lab.inventory("web1", "web2")
    assert well_now() == set()
    lab.store.close()


def test_what_is_kept_in_memory_is_what_the_database_has():
    walk(Lab, examples=6, steps=10)


@pytest.mark.slow
@pytest.mark.long
def test_what_is_kept_in_memory_is_what_the_database_has_for_long():
    walk(Lab, examples=40, steps=30)
