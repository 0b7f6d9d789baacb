"""Whatever happens to a host in whatever order: what was lost unseen is asked about, and nothing else is."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot.core.health import Kind, TargetId
from bot.core.incidents.aftermath import held_by
from bot.core.incidents.inventory import DiskFacts, GuestFacts, HostFacts, ThingFacts, ThingKind
from bot.incidents import resolve
from bot.store import Store
from bot.usecases.inventory import Inventory, take_facts
from bot.usecases.persons_word import vouch
from tests.core.labs import ATLAS, VAULT, back, up
from tests.kept_lab import ALEX, KeptLab

pytestmark = pytest.mark.slow

ROOT, DATA, POOL = "disk /img/root", "disk /img/data", "storage pool default"
DISKS, THINGS = {ROOT, DATA}, st.sampled_from([ROOT, DATA, POOL])
SECOND = timedelta(seconds=1)
WEB1 = TargetId("guest:web1")


class OneHost(RuleBasedStateMachine):
    """A host with a pool, and a guest with two disks.

    `lost`: what is not as it was at first. `due`: what of that has to be asked about. `edited`: what may be, as
    people changed it since it was known for sure; `meant`: what need not be, as they did so before.
    """

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.lab = KeptLab(Store(Path(self.folder.name) / "caretaker.db"))
        self.lost, self.due, self.edited, self.meant = set(), set(), set(), set()
        self.there, self.missed = True, None
        self.lab.begin()
        self.lab.inventory("web1")
        self.lab.see(back(ATLAS), back(VAULT), up(WEB1))
        self.look()
        self.lab.now += timedelta(minutes=11)

    def teardown(self) -> None:
        self.lab.store.close()
        self.folder.cleanup()

    def facts(self) -> HostFacts:
        root, data = (DiskFacts(one[5:], present=one not in self.lost, capacity=100) for one in (ROOT, DATA))
        guest = GuestFacts("web1", "web1", True, True, disks=(root, data))
        pool = ThingFacts(ThingKind.POOL, "p1", "default", POOL not in self.lost, True, True)
        return HostFacts("atlas", (guest,) if self.there else (), (pool,), (), whole=True)

    def held(self) -> set[str]:
        held = (held_by(one) for one in self.lab.store.incidents.live() if one.kind is Kind.HOST_CHANGED)
        return {change.key for changes in held for of in changes.values() for change in of}

    @rule()
    def look(self) -> None:
        self.lab.now += SECOND
        taken = self.lab.do(take_facts, self.lab.config, Inventory(self.facts(), {"web1"}), self.missed)
        self.missed = taken.missed

    @rule(lost=st.sets(THINGS), mended=st.sets(THINGS))
    def restart(self, lost: set[str], mended: set[str]) -> None:
        self.lab.now += SECOND
        self.missed = None
        unseen = lost - self.lost
        self.due |= unseen - self.meant
        self.edited |= unseen & self.meant
        self.lost |= lost
        self.due -= mended
        self.lost -= mended
        self.lab.begin()

    @rule(what=THINGS)
    def edit(self, what: str) -> None:
        if what not in self.lost:
            self.edited.add(what)
            self.meant.add(what)
        self.lost.add(what)

    @rule(what=THINGS)
    def mend(self, what: str) -> None:
        self.lost.discard(what)
        self.due.discard(what)

    @rule()
    def undefine_or_define(self) -> None:
        self.there = not self.there

    @precondition(lambda self: self.held())
    @rule()
    def word(self) -> None:
        (live,) = self.lab.store.incidents.live()
        held = self.held()
        self.lab.do(vouch, self.lab.config, live.id, live.unproven, ALEX)
        self.said(held)

    @precondition(lambda self: self.held())
    @rule()
    def closes(self) -> None:
        (live,) = self.lab.store.incidents.live()
        held = self.held()
        self.lab.do(resolve, self.lab.config, live.id, ALEX, "meant so")
        self.said(held)

    def said(self, held: set[str]) -> None:
        self.due -= held
        self.edited -= held
        self.meant |= held

    @rule()
    def settle(self) -> None:
        for _ in range(2):
            self.lab.now += timedelta(minutes=11)
            self.look()
        held = self.held()
        known = {POOL, *DISKS} if self.there else {POOL}
        assert self.due & known <= held
        assert held & known <= self.due | self.edited
        assert held & known <= self.lost
        self.due |= held & self.lost
        sure = known - held - (DISKS if held & DISKS else set())
        self.edited -= sure
        self.meant -= sure - self.lost


class TestWhateverHappens(OneHost.TestCase):
    settings = settings(max_examples=250, stateful_step_count=25, deadline=None)
