"""From looks to beliefs to transactions: what counts, what comes together, what costs nothing, what is kept."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import Config
from bot.config.values import Host, Service, SlackConfig, Ups
from bot.core.health import (
    CONDITION,
    STATE,
    THERE,
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
)
from bot.core.incident import EventKind, Incident, IncidentId, Status
from bot.core.incidents.situation import Gap
from bot.core.kinds import title
from bot.core.mute import Silence
from bot.core.permit import Person
from bot.monitoring.looked import ONE_LOOK
from bot.monitoring.pace import Pace
from bot.rounds.own_time import STOPPED
from bot.sightings import begin, stopped
from bot.store import Store, StoreFailed
from bot.store.writer import Writer
from bot.usecases.clock_steps import clock_stepped
from bot.watching import Watch
from tests.waiting import until

GATE, WEB, MAIL = (TargetId(f"service:{name}") for name in ("gate", "web", "mail"))
ATLAS, WEB1, RACK = TargetId("host:atlas"), TargetId("guest:web1"), TargetId("ups:rack")
PACE = Pace(timedelta(seconds=30), timedelta(seconds=5), failures=3)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

CONFIG = Config(
    Path("lab.yaml"),
    SlackConfig("homelab"),
    (Person("alex", "U1", ("admin",)),),
    ups={"rack": Ups("rack", "127.0.0.1")},
    hosts={"atlas": Host("atlas")},
    services={"gate": Service("gate"), "web": Service("web", behind="gate"), "mail": Service("mail")},
)
KINDS = {"service": Kind.SERVICE_DOWN, "host": Kind.HOST_DOWN, "guest": Kind.GUEST_DOWN, "ups": Kind.POWER_LOSS}


class Bot:
    """A watch over a database, at a time that the test sets, counting transactions."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.transactions = 0
        self.damaged: list[Incident] = []
        self.writer = Writer(self._one_more)
        self.targets: dict[TargetId, Target] = {}

    def _one_more(self) -> datetime:
        """The writer asks for the time once a transaction."""
        self.transactions += 1
        return self.time

    async def start(self, database: Path) -> None:
        await self.writer.open(database)
        await self.begin()

    async def begin(self) -> None:
        """Come back, as after a time in which the bot was off."""
        beginning = await self.writer.do(begin, CONFIG)
        self.watch = Watch(CONFIG, self.writer, lambda: self.time)
        self.watch.damaged = self.damaged.append
        self.watch.remember(beginning)
        await self.writer.do(lambda store, now: store.targets.keep([Target(WEB1, runs_on=ATLAS)], now))
        self.targets = dict(await self.writer.do(lambda store, _: store.targets.inventory()))

    def see(self, target: TargetId, health: Health, **more) -> bool:
        kind = more.pop("kind", KINDS[target.partition(":")[0]])
        kind = kind if health is Health.FAIL else None
        check, at = Fingerprint(more.pop("check", CheckName("look")), target), more.pop("at", self.time)
        seen = Observation(check, health, at, str(health), kind, **more)
        return self.watch.see(seen, self.targets[target], PACE)

    async def written(self) -> int:
        """Wait until all that was seen is written; how many transactions there have been so far."""
        await self.watch.close()
        return self.transactions

    async def incidents(self) -> dict[TargetId, Status]:
        await self.watch.close()
        latest = await self.writer.do(lambda store, _: store.incidents.latest(100))
        return {one.subject: one.status for one in latest}

    async def titles(self) -> list[str]:
        """What the open incidents are about."""
        await self.watch.close()
        live = await self.writer.do(lambda store, _: store.incidents.live())
        return [title(one.kind, one.subject, one.subject.partition(":")[2]) for one in live]

    async def believe(self, target: TargetId, health: Health, **more) -> None:
        """Look until it is believed."""
        for _ in range(PACE.failures):
            self.see(target, health, **more)
        await self.watch.close()

    async def health(self, target: TargetId) -> Health | None:
        known = await self.writer.do(lambda store, _: store.targets.health())
        return next((one.health for one in known if one.fingerprint.target == target), None)


@asynccontextmanager
async def started(database: Path) -> AsyncIterator[Bot]:
    bot = Bot()
    await bot.start(database)
    yield bot
    await bot.watch.close()
    await bot.writer.close()


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    async with started(tmp_path / "bot.db") as bot:
        yield bot


async def test_a_silence_tells_when_there_was_an_answer_last_and_a_failure_does_not(bot):
    begun, one = bot.time, IncidentId(1)
    for target, kind in ((ATLAS, Kind.HOST_DOWN), (MAIL, Kind.GUEST_DAMAGED)):
        bot.see(target, Health.OK)
        bot.time += MINUTE
        await bot.believe(target, Health.FAIL, kind=kind)
    known = await bot.writer.do(lambda store, _: {i.subject: i for i in store.incidents.latest(9)})
    assert (known[ATLAS].id, known[ATLAS].since, known[ATLAS].opened_at) == (one, begun, begun + MINUTE)
    assert known[MAIL].since == known[MAIL].opened_at


async def test_an_outage_lasts_from_the_first_look_that_saw_it_to_the_first_that_saw_its_end(bot):
    for health, seconds in ((Health.OK, 3), (Health.FAIL, 8), (Health.OK, 3), (Health.FAIL, 9), (Health.OK, 3)):
        for _ in range(seconds):
            bot.see(MAIL, health, kind=Kind.FILESYSTEM_READONLY, steady=timedelta(seconds=5))
            bot.time += timedelta(seconds=1)
            await bot.watch.close()
    (known,) = await bot.writer.do(lambda store, _: store.incidents.latest(9))
    first, second = known.spans.latest
    assert [one.length(bot.time).seconds for one in (first, second)] == [8, 9]
    assert known.since == first.since == bot.time - timedelta(seconds=23)
    assert first.until is not None
    assert second.since - first.until == timedelta(seconds=3)


async def test_a_failure_is_in_doubt_until_it_was_seen_often_enough(bot):
    assert [bot.see(MAIL, Health.FAIL) for _ in range(2)] == [False, False]
    assert await bot.incidents() == {}
    assert bot.see(MAIL, Health.FAIL) is True
    assert await bot.incidents() == {MAIL: Status.OPEN}


async def test_a_host_that_refused_is_down_once_it_was_silent_as_often_as_any(bot):
    refused = {"kind": Kind.SERVICE_DOWN, "facts": {THERE: "it refuses"}}
    await bot.believe(ATLAS, Health.FAIL, **refused)
    assert await bot.titles() == ["A service of atlas down"]
    assert [bot.see(ATLAS, Health.FAIL) for _ in range(2)] == [False, False], "look again soon"
    bot.see(ATLAS, Health.FAIL, **refused)
    for _ in range(2):
        bot.see(ATLAS, Health.FAIL)
    assert await bot.titles() == ["A service of atlas down"]
    bot.see(ATLAS, Health.FAIL)
    assert await bot.titles() == ["atlas down"]


@pytest.mark.parametrize(("kind", "facts"), [(Kind.SERVICE_DOWN, {THERE: "it refuses"}), (Kind.HOST_DOWN, {})])
async def test_after_a_restart_what_refused_is_still_there_and_what_was_silent_is_still_gone(bot, kind, facts):
    await bot.believe(ATLAS, Health.FAIL, kind=kind, facts=facts)
    await bot.begin()
    assert bot.see(ATLAS, Health.FAIL) is (kind is Kind.HOST_DOWN)
    await bot.watch.close()
    assert await bot.titles() == ["A service of atlas down" if facts else "atlas down"]


async def test_what_an_event_states_is_believed_at_once(bot):
    assert bot.see(WEB1, Health.FAIL, stated=True)
    assert await bot.incidents() == {WEB1: Status.OPEN}


async def test_one_odd_look_between_good_ones_changes_nothing(bot):
    await bot.believe(WEB, Health.OK)
    before = await bot.written()
    assert bot.see(WEB, Health.FAIL) is False
    assert bot.see(WEB, Health.OK) is True
    assert await bot.written() == before


async def test_a_failure_ends_when_it_was_seen_well_often_enough(bot):
    await bot.believe(WEB, Health.FAIL)
    assert bot.see(WEB, Health.OK) is False
    assert await bot.incidents() == {WEB: Status.OPEN}
    assert bot.see(WEB, Health.OK) is True
    assert await bot.incidents() == {WEB: Status.RESOLVED}


async def test_who_could_not_look_opens_nothing_resolves_nothing_and_breaks_no_count(bot):
    for health in (Health.FAIL, Health.UNKNOWN, Health.FAIL, Health.UNKNOWN):
        bot.see(WEB, health)
    assert await bot.incidents() == {}
    bot.see(WEB, Health.FAIL)
    assert await bot.incidents() == {WEB: Status.OPEN}
    for _ in range(5):
        assert bot.see(WEB, Health.UNKNOWN) is True
    assert await bot.incidents() == {WEB: Status.OPEN}
    assert await bot.health(WEB) is Health.UNKNOWN


async def test_what_comes_in_one_moment_is_one_transaction(bot):
    before = await bot.written()
    for target in (GATE, WEB, MAIL, ATLAS, WEB1):
        bot.see(target, Health.OK)
    assert await bot.written() == before + 1
    assert [await bot.health(target) for target in (GATE, WEB, MAIL, ATLAS, WEB1)] == [Health.OK] * 5


async def test_a_look_that_changes_nothing_costs_no_transaction(bot):
    await bot.believe(WEB, Health.OK)
    await bot.believe(MAIL, Health.FAIL)
    before = await bot.written()
    for _ in range(100):
        bot.see(WEB, Health.OK)
        bot.see(MAIL, Health.FAIL)
        await bot.watch.close()
    assert bot.transactions == before


async def test_another_boot_id_is_news_although_the_host_was_well_all_the_while(bot):
    one, other = {"boot_id": "1111", "root": "writable"}, {"boot_id": "2222", "root": "writable"}
    for facts, transactions in ((one, 1), (one, 0), (other, 1), (other, 0)):
        before = await bot.written()
        bot.see(ATLAS, Health.OK, facts=facts)
        assert await bot.written() - before == transactions
    assert [text for _, text in await bot.writer.do(lambda store, _: store.alive.journal(5))] == [
        "atlas booted anew: ok"
    ]


async def test_what_a_host_told_is_remembered_while_it_fails_and_forgotten_with_it(bot):
    check = Fingerprint(CheckName("look"), ATLAS)
    await bot.believe(ATLAS, Health.OK, facts={"boot_id": "1111", "mend": "nothing"})
    await bot.believe(ATLAS, Health.FAIL)
    assert bot.watch.facts(check) == {"boot_id": "1111"}
    known = await bot.writer.do(lambda store, _: store.targets.health())
    assert [one.facts for one in known] == [{"boot_id": "1111"}]
    bot.watch.forget([ATLAS])
    assert bot.watch.facts(check) == {}


async def test_what_is_seen_while_another_is_written_is_written_after_it(bot):
    go = threading.Event()
    busy = asyncio.create_task(bot.writer.do(lambda _store, _now: go.wait(5)))
    bot.see(WEB, Health.OK)
    await until(lambda: not bot.watch._company)
    bot.see(MAIL, Health.OK)
    go.set()
    await busy
    await bot.watch.close()
    assert await bot.health(WEB) is await bot.health(MAIL) is Health.OK


async def test_behind_a_dead_gateway_nothing_can_be_seen(bot):
    await bot.believe(GATE, Health.FAIL)
    await bot.believe(WEB, Health.FAIL)
    assert await bot.incidents() == {GATE: Status.OPEN}
    assert await bot.health(WEB) is Health.UNKNOWN
    [why] = await bot.writer.do(
        lambda store, _: [k.why for k in store.targets.health() if k.fingerprint.target == WEB]
    )
    assert why == "can't be seen: gate does not answer (fail)"


async def test_behind_a_gateway_that_seems_to_fail_no_failure_is_believed_before_the_gateways(bot):
    bot.see(GATE, Health.FAIL)
    await bot.believe(WEB, Health.FAIL)
    assert await bot.incidents() == {}
    bot.see(GATE, Health.OK)
    await bot.believe(WEB, Health.FAIL)
    assert await bot.incidents() == {WEB: Status.OPEN}


async def test_a_guest_is_behind_what_its_host_is_behind(bot):
    """Its host's hypervisor may be reached another way, and says what it says."""
    bot.targets[ATLAS] = Target(ATLAS, behind=GATE)
    bot.watch.find = bot.targets.get
    await bot.believe(GATE, Health.FAIL)
    await bot.believe(WEB1, Health.FAIL, kind=Kind.SERVICE_DOWN)
    assert await bot.incidents() == {GATE: Status.OPEN}
    assert await bot.health(WEB1) is Health.UNKNOWN
    for _ in range(3):
        bot.see(GATE, Health.OK)
    await bot.believe(WEB1, Health.FAIL, kind=Kind.SERVICE_DOWN)
    assert await bot.incidents() == {GATE: Status.RESOLVED, WEB1: Status.OPEN}


async def test_what_a_hypervisor_states_is_believed_whatever_its_guest_is_behind(bot):
    bot.targets[ATLAS] = Target(ATLAS, behind=GATE)
    bot.watch.find = bot.targets.get
    await bot.believe(GATE, Health.FAIL)
    await bot.believe(WEB1, Health.FAIL)
    assert await bot.incidents() == {GATE: Status.OPEN, WEB1: Status.OPEN}


async def test_what_stands_between_is_looked_at_before_a_failure_is_believed(bot):
    looked = []

    async def look(target: TargetId) -> None:
        looked.append(target)
        bot.see(GATE, Health.FAIL)

    bot.watch.look_at = look
    await bot.believe(WEB, Health.FAIL)
    assert (looked, await bot.incidents()) == ([GATE], {})
    assert await bot.health(WEB) is Health.UNKNOWN
    bot.watch.look_at = nobody
    for _ in range(2):
        bot.see(GATE, Health.OK)
    assert [bot.see(WEB, Health.FAIL) for _ in range(2)] == [False, False], "it is counted anew"
    assert await bot.incidents() == {}
    await bot.believe(WEB, Health.FAIL)
    assert await bot.incidents() == {WEB: Status.OPEN}


async def test_what_is_seen_through_something_is_looked_at_once_more_after_that_has_answered(bot):
    looked = []

    async def look(target: TargetId) -> None:
        looked.append(target)
        bot.see(target, Health.OK)

    bot.watch.look_at = look
    await bot.believe(WEB, Health.FAIL)
    assert (looked, await bot.incidents()) == ([GATE, WEB], {})

    async def look_again(target: TargetId) -> None:
        bot.see(target, Health.OK if target == GATE else Health.FAIL)

    bot.watch.look_at = look_again
    await bot.believe(WEB, Health.FAIL)
    assert await bot.incidents() == {WEB: Status.OPEN}


async def nobody(_target: TargetId) -> None:
    """Looks at nothing."""


async def test_what_answers_while_that_is_made_sure_of_is_not_gone(bot):
    async def look(_target: TargetId) -> None:
        bot.see(GATE, Health.OK)
        bot.see(WEB, Health.OK)

    bot.watch.look_at = look
    await bot.believe(WEB, Health.FAIL)
    assert await bot.incidents() == {}


async def test_what_can_not_be_looked_at_hides_nothing(bot, caplog):
    async def look(_target: TargetId) -> None:
        raise OSError("no more files")

    bot.watch.look_at = look
    await bot.believe(WEB, Health.FAIL)
    assert await bot.incidents() == {WEB: Status.OPEN}
    assert "no more files" in caplog.text


async def test_a_power_failure_is_one_once_it_has_lasted(bot):
    power = {"kind": Kind.POWER_LOSS, "steady": timedelta(seconds=5)}
    assert bot.see(ATLAS, Health.FAIL, **power) is False
    bot.time += timedelta(seconds=3)
    assert bot.see(ATLAS, Health.FAIL, **power) is False
    assert await bot.incidents() == {}
    bot.watch.shift(timedelta(hours=1))
    bot.time += timedelta(hours=1, seconds=2)
    assert bot.see(ATLAS, Health.FAIL, **power) is True
    assert await bot.incidents() == {ATLAS: Status.OPEN}


async def reminders(bot: Bot) -> int:
    """How often anyone was reminded."""
    await bot.watch.pass_time()
    history = await bot.writer.do(lambda store, _: store.incidents.history(IncidentId(1)))
    return sum(event.kind is EventKind.REMINDER for event in history)


async def test_after_a_start_nobody_is_reminded_before_the_bot_has_looked(bot):
    await bot.believe(MAIL, Health.FAIL)
    bot.time += HOUR
    await bot.begin()
    assert await reminders(bot) == 0
    bot.see(MAIL, Health.FAIL)
    assert await reminders(bot) == 0, "other looks at it may not have had their time yet"
    bot.time += ONE_LOOK
    assert await reminders(bot) == 1


async def test_what_nothing_looks_at_any_more_is_waited_for_no_longer_than_machines_take_to_come_up(bot):
    await bot.believe(MAIL, Health.FAIL)
    bot.time += HOUR
    await bot.begin()
    bot.time += CONFIG.timing.grace
    assert await reminders(bot) == 1


async def test_a_look_that_saw_nothing_or_is_not_believed_yet_is_no_reason_to_remind_anyone_after_a_start(bot):
    await bot.believe(MAIL, Health.FAIL)
    bot.time += HOUR
    await bot.begin()
    bot.time += ONE_LOOK
    bot.see(MAIL, Health.UNKNOWN)
    assert await reminders(bot) == 0
    bot.see(MAIL, Health.OK)
    assert await reminders(bot) == 0, "it may be well: it is believed after a second look"
    await bot.believe(MAIL, Health.FAIL)
    assert await reminders(bot) == 1


ON_BATTERY = {"kind": Kind.POWER_LOSS, "steady": timedelta(seconds=5)}
LOW = {"kind": Kind.POWER_LOSS, "stated": True}


async def recovering(bot: Bot) -> None:
    """The power is back; just after a look at it the process is stopped until the time to recover is over."""
    bot.see(RACK, Health.FAIL, **LOW)
    await bot.watch.close()
    await bot.believe(RACK, Health.OK)
    assert await bot.incidents() == {RACK: Status.RECOVERING}
    bot.time += MINUTE
    bot.see(RACK, Health.OK)
    gap = Gap(bot.time, bot.time + 2 * CONFIG.timing.grace, STOPPED)
    bot.time = gap.until
    turn, gaps = asyncio.Lock(), [gap]

    async def catch_up() -> None:
        async with turn:
            for gap in gaps:
                await bot.writer.do(stopped, CONFIG, gap)
                bot.watch.gap(gap)
            gaps.clear()

    bot.watch.catch_up = catch_up


async def told(bot: Bot) -> str:
    """What was told to everyone."""
    waiting = await bot.writer.do(lambda store, _: store.outbox.waiting())
    return "\n".join(one.parcel.text for one in waiting if one.parcel.tell == "broadcast")


@pytest.mark.parametrize("how", [ON_BATTERY, LOW], ids=["on battery", "battery low"])
async def test_after_a_stop_nothing_is_told_of_the_power_before_the_word_of_the_ups_is_written(bot, how):
    await recovering(bot)
    await bot.watch.pass_time()
    bot.see(RACK, Health.FAIL, **how)
    await bot.watch.pass_time()
    assert "the power has been back" not in await told(bot)
    bot.time += timedelta(seconds=5)
    bot.see(RACK, Health.FAIL, **how)
    assert await bot.incidents() == {RACK: Status.OPEN}
    await bot.watch.pass_time()
    assert "the power has been back" not in await told(bot)
    assert "again before all was well" in await told(bot)


async def test_after_a_stop_the_answer_of_another_check_of_the_ups_is_no_word_of_the_power(bot):
    await recovering(bot)
    await bot.watch.pass_time()
    battery = Fingerprint(CONDITION, RACK)
    bot.watch.see(Observation(battery, Health.OK, bot.time, "in order"), bot.targets[RACK], PACE)
    await bot.watch.close()
    await bot.watch.pass_time()
    assert "the power has been back" not in await told(bot)


async def test_after_a_start_nothing_is_told_of_a_ups_before_it_could_show_that_the_power_stays(bot):
    bot.see(RACK, Health.FAIL, **LOW)
    await bot.watch.close()
    await bot.believe(RACK, Health.OK, evidence=Evidence.INSIDE)
    bot.time += HOUR
    await bot.begin()
    for _ in range(2):
        bot.see(RACK, Health.OK, evidence=Evidence.INSIDE)
        await bot.watch.close()
        await bot.watch.pass_time()
        assert await bot.incidents() == {RACK: Status.RECOVERING}
        bot.time += CONFIG.timing.steady / 2
    assert "not proven" not in await told(bot)
    bot.see(RACK, Health.OK, evidence=Evidence.INSIDE)
    assert await bot.incidents() == {RACK: Status.RESOLVED}
    await bot.watch.pass_time()
    assert "not proven" not in await told(bot)


@pytest.mark.parametrize("stop", [False, True])
async def test_a_first_look_after_a_start_or_stop_proves_what_an_outage_waits_for(bot, stop):
    """It shows what was written before: that it is well is no news, but nobody had looked meanwhile."""
    await bot.believe(ATLAS, Health.FAIL)
    await bot.believe(ATLAS, Health.OK, evidence=Evidence.INSIDE)
    gap = Gap(bot.time, bot.time + CONFIG.timing.steady / 2, STOPPED)
    bot.time = gap.until
    if stop:
        await bot.writer.do(stopped, CONFIG, gap)
        bot.watch.gap(gap)
    else:
        await bot.begin()
    assert await unproven(bot) == (ATLAS,)
    bot.see(ATLAS, Health.OK, evidence=Evidence.INSIDE)
    assert await unproven(bot) == ()


async def unproven(bot: Bot) -> tuple[TargetId, ...]:
    """What the only open incident waits for."""
    await bot.watch.close()
    [incident] = await bot.writer.do(lambda store, _: store.incidents.live())
    return tuple(incident.unproven)


async def test_what_came_just_before_a_stop_proves_nothing_after_it(bot):
    await recovering(bot)
    assert await bot.incidents() == {RACK: Status.RECOVERING}


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1)])
async def test_a_clock_step_is_no_time_on_battery(bot, step):
    power = {"kind": Kind.POWER_LOSS, "steady": timedelta(seconds=5)}
    assert bot.see(ATLAS, Health.FAIL, **power) is False
    bot.time += timedelta(seconds=3)
    bot.watch.shift(step)
    bot.time += step
    assert bot.see(ATLAS, Health.FAIL, **power) is False
    assert await bot.incidents() == {}
    bot.time += timedelta(seconds=2)
    assert bot.see(ATLAS, Health.FAIL, **power) is True


async def writes(bot: Bot, *, can: bool) -> None:
    """Let the database be written, or not."""
    pragma = f"PRAGMA query_only = {'off' if can else 'on'}"
    await bot.writer.do(lambda store, _: store._db.execute(pragma) and None)


async def test_what_could_not_be_written_is_kept_and_written_once_it_can_be(bot, caplog):
    await writes(bot, can=False)
    await bot.believe(WEB, Health.FAIL)
    assert "cannot write the database" in caplog.text
    assert [one.target for one in bot.watch.unwritten.failing] == [WEB]
    await writes(bot, can=True)
    bot.time += MINUTE
    assert await bot.writer.do(lambda store, _: store.incidents.live()) == []
    await bot.watch.pass_time()
    assert await bot.incidents() == {WEB: Status.OPEN}
    assert not bot.watch.unwritten
    [incident] = await bot.writer.do(lambda store, _: store.incidents.live())
    history = await bot.writer.do(lambda store, _: store.incidents.history(incident.id))
    assert "I could not write my database 12:00–12:01 UTC; this may have begun then." in [e.text for e in history]


async def test_of_what_was_well_since_a_start_it_is_not_said_that_it_may_have_begun_before(tmp_path):
    async with started(tmp_path / "bot.db") as bot:
        bot.watch.gap(Gap(bot.time - HOUR, bot.time))
        bot.time += timedelta(seconds=12)
        bot.see(MAIL, Health.OK)
        await bot.believe(MAIL, Health.FAIL)
        await bot.believe(WEB, Health.FAIL)
        live = await bot.writer.do(lambda store, _: store.incidents.live())
        last = [await bot.writer.do(lambda store, _, one=one: store.incidents.history(one.id)) for one in live]
    hints = {
        one.subject: "this may have begun then" in events[-1].text for one, events in zip(live, last, strict=True)
    }
    assert hints == {MAIL: False, WEB: True}


async def test_after_a_start_a_first_look_that_only_fails_confirms_nothing_of_before(bot):
    await bot.believe(MAIL, Health.OK)
    await bot.begin()
    bot.see(MAIL, Health.FAIL)
    bot.see(MAIL, Health.UNKNOWN, check=CheckName("root"))
    assert (await bot.health(MAIL), bot.watch.has_looked(MAIL)) == (Health.OK, False)
    await bot.believe(MAIL, Health.FAIL)
    assert (await bot.health(MAIL), bot.watch.has_looked(MAIL)) == (Health.FAIL, True)


async def test_after_a_long_stop_nothing_was_looked_at_before_it_is_looked_at_again(bot):
    bot.see(WEB1, Health.OK)
    bot.see(MAIL, Health.OK)
    bot.time += HOUR
    stop = Gap(bot.time - HOUR, bot.time)
    bot.see(MAIL, Health.OK)
    bot.watch.gap(stop)
    assert (bot.watch.has_looked(WEB1), bot.watch.has_looked(MAIL)) == (False, True)
    bot.watch.shift(-HOUR)
    bot.time -= HOUR
    bot.watch.gap(Gap(bot.time - MINUTE, bot.time))
    assert bot.watch.has_looked(MAIL)


async def test_what_ended_while_it_could_not_be_written_is_told_with_its_end(bot):
    await writes(bot, can=False)
    bot.see(WEB1, Health.FAIL, stated=True, running=False)
    await bot.watch.close()
    bot.time += MINUTE
    await bot.believe(WEB1, Health.OK, running=True)
    await writes(bot, can=True)
    await bot.watch.pass_time()
    assert await bot.incidents() == {WEB1: Status.RESOLVED}


async def test_what_the_core_cannot_take_is_news_again_at_the_next_look(bot, caplog):
    await bot.writer.do(lambda store, _: store._db.execute("alter table health rename to away") and None)
    await bot.believe(WEB, Health.FAIL)
    assert "cannot write 1 observations; the next look brings them again" in caplog.text
    await bot.writer.do(lambda store, _: store._db.execute("alter table away rename to health") and None)
    bot.see(WEB, Health.FAIL)
    assert await bot.incidents() == {WEB: Status.OPEN}


async def test_after_a_restart_what_was_believed_is_believed_and_not_told_again(tmp_path):
    async with started(tmp_path / "bot.db") as bot:
        await bot.believe(WEB, Health.FAIL)
        await bot.believe(MAIL, Health.OK)
        opened = await bot.writer.do(lambda store, _: store.outbox.waiting())
    async with started(tmp_path / "bot.db") as bot:
        bot.see(MAIL, Health.OK)
        bot.see(WEB, Health.FAIL)
        await bot.watch.close()
        assert await bot.writer.do(lambda store, _: store.outbox.waiting()) == opened
        assert bot.watch.believed(Fingerprint(CheckName("look"), WEB)) is Health.FAIL
        bot.see(WEB, Health.OK)
        assert await bot.incidents() == {WEB: Status.OPEN}, "one good look ends nothing, as before"
        bot.see(WEB, Health.OK)
        assert await bot.incidents() == {WEB: Status.RESOLVED}


async def test_a_good_look_at_what_an_incident_waits_for_is_news_once_although_it_is_no_change(bot):
    await bot.believe(WEB1, Health.OK, running=True)
    await bot.believe(ATLAS, Health.FAIL)
    await bot.believe(ATLAS, Health.OK)
    before = await bot.written()
    bot.see(WEB1, Health.OK, running=True)
    assert await bot.written() == before + 1
    bot.see(WEB1, Health.OK, running=True)
    assert await bot.written() == before + 1
    assert await bot.incidents() == {ATLAS: Status.RECOVERING}
    bot.time += CONFIG.timing.grace
    await bot.watch.pass_time()
    assert await bot.incidents() == {ATLAS: Status.RESOLVED}


async def test_after_a_restart_a_guest_that_is_still_off_is_no_news(tmp_path):
    async with started(tmp_path / "bot.db") as bot:
        await bot.believe(WEB1, Health.FAIL, running=False)
    async with started(tmp_path / "bot.db") as bot:
        before = await bot.written()
        await bot.believe(WEB1, Health.FAIL, running=False)
        assert await bot.written() == before


async def test_damage_is_told_to_whom_it_concerns_once(bot):
    bot.see(WEB1, Health.FAIL, stated=True, kind=Kind.BOOT_DISK)
    await bot.watch.close()
    bot.see(WEB1, Health.FAIL, stated=True, kind=Kind.BOOT_DISK)
    await bot.watch.close()
    assert [one.kind for one in bot.damaged] == [Kind.BOOT_DISK]


async def test_a_guest_that_is_gone_is_forgotten_and_new_when_it_comes_back(bot):
    await bot.believe(WEB1, Health.OK)
    await bot.believe(WEB, Health.OK)
    bot.watch.forget({WEB1})
    assert bot.watch.believed(Fingerprint(CheckName("look"), WEB1)) is Health.UNKNOWN
    assert bot.watch.believed(Fingerprint(CheckName("look"), WEB)) is Health.OK
    before = await bot.written()
    bot.see(WEB1, Health.OK)
    assert await bot.written() == before + 1


async def silence_web(bot: Bot, length: timedelta) -> None:
    def put(store: Store, now: datetime) -> None:
        store.silences.add(Silence(WEB, now, now + length, "U1", "patching"))

    await bot.writer.do(put)


async def test_a_failure_that_outlasts_its_silence_is_told_when_that_ends(bot):
    await silence_web(bot, 10 * MINUTE)
    await bot.believe(WEB, Health.FAIL)
    for _ in range(9):
        bot.time += MINUTE
        await bot.watch.pass_time()
    assert await bot.incidents() == {}
    bot.time += MINUTE
    await bot.watch.pass_time()
    assert await bot.incidents() == {WEB: Status.OPEN}


@pytest.mark.parametrize("looked_between", [True, False])
@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1)])
async def test_a_silence_that_ends_after_a_clock_step_is_still_noticed(bot, step, looked_between):
    await silence_web(bot, 10 * MINUTE)
    await bot.believe(WEB, Health.FAIL)
    await bot.watch.pass_time()
    bot.time += step
    bot.watch.shift(step)
    await bot.writer.do(clock_stepped, CONFIG, step)
    if looked_between:
        await bot.watch.pass_time()
    assert await bot.incidents() == {}
    bot.time += 10 * MINUTE
    await bot.watch.pass_time()
    assert await bot.incidents() == {WEB: Status.OPEN}


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1)])
async def test_a_host_that_booted_before_a_clock_step_did_so_as_long_ago_as_before(bot, step):
    for boot in ("one", "two"):
        bot.see(ATLAS, Health.OK, facts={"boot_id": boot, "booted": bot.time.isoformat()})
        bot.time += MINUTE
    latest, [(before, after)] = bot.watch.boots.latest[ATLAS], bot.watch.boots.changed
    bot.watch.shift(step)
    assert bot.watch.boots.latest == {ATLAS: latest.shifted(step)}
    assert bot.watch.boots.changed == [(before.shifted(step), after.shifted(step))]


async def test_time_that_could_not_be_noted_as_passed_passes_the_next_time(bot):
    await silence_web(bot, MINUTE)
    await bot.believe(WEB, Health.FAIL)
    await bot.writer.do(lambda store, _: store._db.execute("PRAGMA query_only = on") and None)
    bot.time += MINUTE
    with pytest.raises(StoreFailed):
        await bot.watch.pass_time()
    await bot.writer.do(lambda store, _: store._db.execute("PRAGMA query_only = off") and None)
    bot.time += MINUTE
    await bot.watch.pass_time()
    assert await bot.incidents() == {WEB: Status.OPEN}


async def test_what_proved_a_guest_while_it_failed_is_told_again_once_it_fails_no_more(bot):
    inside = Observation(Fingerprint(CheckName("boot"), WEB1), Health.OK, bot.time, "it answers", running=True)
    power = {"running": True, "evidence": Evidence.OUTSIDE}
    await bot.believe(WEB1, Health.FAIL)
    bot.watch.see(inside, bot.targets[WEB1], PACE)
    for _ in range(2):
        bot.see(WEB1, Health.OK, **power)
    assert await bot.incidents() == {WEB1: Status.RECOVERING}
    bot.watch.see(inside, bot.targets[WEB1], PACE)
    assert await bot.incidents() == {WEB1: Status.RESOLVED}


async def test_what_may_prove_something_is_told_again_after_a_while_for_as_long_as_it_is_waited_for(bot):
    await bot.believe(WEB1, Health.FAIL, running=False)
    power = {"running": True, "evidence": Evidence.OUTSIDE}
    for _ in range(2):
        bot.see(WEB1, Health.OK, **power)
    before = await bot.written()
    bot.see(WEB1, Health.OK, **power)
    assert await bot.written() == before
    bot.time += CONFIG.timing.steady
    bot.see(WEB1, Health.OK, **power)
    assert await bot.written() == before + 1


async def test_that_a_guest_started_anew_is_news_though_it_runs_as_before(bot):
    bot.see(WEB1, Health.OK, running=True)
    before = await bot.written()
    bot.see(WEB1, Health.OK, running=True)
    assert await bot.written() == before
    bot.see(WEB1, Health.OK, running=True, facts={"started": "now"})
    assert await bot.written() == before + 1


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_look_that_began_before_its_guest_started_is_followed_by_one_that_proves_it(bot, restarted):
    began = bot.time
    bot.time += timedelta(milliseconds=70)
    bot.see(WEB1, Health.OK, check=STATE, running=True)
    bot.see(WEB1, Health.OK, at=began, evidence=Evidence.INSIDE)
    await bot.written()
    if restarted:
        await bot.begin()
    for _ in range(2):
        bot.time += MINUTE
        bot.see(WEB1, Health.OK, evidence=Evidence.INSIDE)
    await bot.watch.close()
    known = await bot.writer.do(lambda store, _: store.targets.health())
    assert [one.at for one in known if one.fingerprint.check == "look"] == [
        began + MINUTE + timedelta(milliseconds=70)
    ]


async def test_hosts_that_fall_silent_while_their_guests_answer_have_not_lost_their_power(bot):
    hosts = [TargetId(f"host:{name}") for name in ("atlas", "borea", "cesar")]
    guests = [TargetId(f"guest:{name}") for name in ("web1", "web2", "web3")]
    there = [*map(Target, hosts), *(Target(one, runs_on=on) for one, on in zip(guests, hosts, strict=True))]
    await bot.writer.do(lambda store, now: store.targets.keep(there, now))
    bot.targets = {one.id: one for one in there}
    for target in (*hosts, *guests):
        bot.see(target, Health.OK)
    for _ in range(PACE.failures):
        bot.time += timedelta(seconds=5)
        for target in (*guests, *hosts):
            bot.see(target, Health.OK if target in guests else Health.FAIL)
    await bot.watch.close()
    (only,) = await bot.writer.do(lambda store, _: store.incidents.latest(9))
    assert (only.kind, only.why[-58:]) == (
        Kind.HOSTS_DOWN,
        "; no power failure, as web1, web2, web3 answered meanwhile",
    )
