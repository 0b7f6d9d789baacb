"""The composition root: here alone the bot is built and its clock made; it knows the order of start and stop.

It decides nothing. No line here asks whether this is a demo: the demo has another config and another Slack URL.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from bot import actions, incidents, queries, runs
from bot.actions import Context, Outcome
from bot.children import end_orphans
from bot.clock import Clock
from bot.config import Config, Secrets
from bot.core.guest import GuestEvent
from bot.core.health import TargetId, guest_id
from bot.core.incident import IncidentId
from bot.core.jobs import Place, PlaceKind
from bot.core.permit import Act, demand
from bot.core.run import Command, Run
from bot.core.runbook import Runbook
from bot.core.written import Knowledge
from bot.hypervisor import GuestRefused
from bot.hypervisor.machine import Machine
from bot.markdown import parse
from bot.performing import Performer
from bot.probes import Parts, SshWays
from bot.probes.twins import Twins
from bot.reach import Reach, Refused
from bot.redact import redactor_of
from bot.rounds import Rounds
from bot.rounds.outlook import OutlookOnRecord
from bot.run_values import RunValues
from bot.scheduler import Scheduler
from bot.store import StoreFailed
from bot.store.reader import Reader
from bot.store.writer import Writer
from bot.usecases.run_context import House, PinnedTextBroken
from bot.vocabulary import knowledge, library_of
from bot.watching import Watch
from bot.ways import PUT_BACK, Ways, hypervisors_of

if TYPE_CHECKING:
    from bot.talking import Talk

log = logging.getLogger(__name__)

OUTLOOK_EVERY = timedelta(seconds=2)
LIBRARY_EVERY = 2  # seconds; a look costs a stat a file


class Caretaker:
    """The whole bot, built from a config and the secrets. Build it inside a running loop; start, then stop, once.

    `hopeless` is set when only a new process may help: whoever runs the bot should end it and start it anew.
    """

    def __init__(self, config: Config, secrets: Secrets) -> None:
        self.hopeless = asyncio.Event()
        self._config = config
        self._opened = AsyncExitStack()
        self._unreadable = ""  # why the runbook folders could not be read, if they could not
        clock = self._clock = Clock()
        self._writer = Writer(clock.now, redactor_of(config, secrets), config.zone)
        self._reader = Reader(clock.now, self._writer)
        self._scheduler = Scheduler(_failed)
        self._watch = Watch(config, self._writer, clock.now)
        ways = self._ways = Ways(config, redactor=self._writer.redactor)
        self._hypervisors = hypervisors_of(config, self._heard, ways.names)
        by_ssh = SshWays(ways.to_host, ways.door, ways.knows, ways.ssh_proof, twins=Twins(ways.share_key))
        parts = Parts(
            clock.now,
            self._hypervisors,
            ways.read_end,
            ways.names,
            by_ssh,
            self._watch.facts,
            ways.process_of,
            zone=config.zone,
        )
        self.rounds = Rounds(config, self._watch, self._writer, self._scheduler, parts, clock)
        self._values = RunValues(config, self.rounds, self._hypervisors, ways)
        self._library = library_of(config)
        self._house = House(config, _reader_of_texts(knowledge(config)))
        befell, known = self.rounds.own_time.befell, actions.discover()
        self._performer = Performer(self._writer, self._house, self._reach, known, self._context, befell)
        self._secrets = secrets

    def _heard(self, event: GuestEvent) -> None:
        """A hypervisor tells something; it is made before the rounds that listen to it."""
        self.rounds.heard(event)

    async def start(self) -> None:
        """Open the database, then look, then speak. Nothing here needs a network; what fails closes the rest.

        Raises StoreFailed.
        """
        if left := await asyncio.to_thread(end_orphans):
            log.warning("ended %d processes that an earlier bot had left behind", left)
        async with AsyncExitStack() as opened:
            opened.push_async_callback(self._ways.close)
            await self._open_database(opened)
            await self._look_into_library()
            resumed = await self._writer.do(runs.resume, self._house, "the bot was off")
            opened.push_async_callback(self._close_hypervisors)
            for hypervisor in self._hypervisors.values():
                await hypervisor.start()
            await self._start_rounds(opened)
            await self._performer.take_up(resumed)
            await self._start_talking(opened)
            self._opened = opened.pop_all()

    async def stop(self) -> None:
        """Stop in the reverse order: hang up, stop looking, end what runs, close the database."""
        await self._opened.aclose()

    async def _open_database(self, opened: AsyncExitStack) -> None:
        for thread in (self._writer, self._reader):  # the reader opens what the writer has made
            opened.push_async_callback(thread.close)
            await thread.open(self._config.database)

    async def _close_hypervisors(self) -> None:
        await asyncio.gather(*(hypervisor.close() for hypervisor in self._hypervisors.values()))

    async def _start_rounds(self, opened: AsyncExitStack) -> None:
        await self.rounds.start()
        on_record = OutlookOnRecord(self._writer, self.rounds.outlook)
        self._scheduler.every("outlook", OUTLOOK_EVERY, on_record.keep, at_once=True)
        opened.push_async_callback(self.rounds.close)
        opened.push_async_callback(self._performer.close)
        opened.push_async_callback(self._scheduler.ended)
        opened.callback(self._scheduler.stop)
        self._scheduler.start()

    async def _start_talking(self, opened: AsyncExitStack) -> None:
        """Deliver, listen, and notice edited runbooks."""
        talk = (await asyncio.to_thread(_import_talk))(
            config=self._config,
            now=self._clock.now,
            writer=self._writer,
            reader=self._reader,
            library=self._library,
            house=self._house,
            progress=self._performer.progress,
            start_run=self.start_run,
            move_run=self.move_run,
            on_hopeless=self.hopeless.set,
            outlook=self.rounds.outlook,
            unwritten=lambda: self._watch.unwritten.failing,
            names=self.rounds.names,
            stalled=self._scheduler.stalled,
            search=self.rounds.search,
        )
        delivering = talk.begin(self._secrets, opened)
        reading = asyncio.create_task(self._keep_library(), name="looking for edited runbooks")
        for task in (*delivering, reading):
            task.add_done_callback(self._must_go_on)
            opened.push_async_callback(_end, task)

    async def start_run(self, runbook: str, target: str | None, incident: int | None, by: str) -> int:
        """Start a runbook for a target, an incident, or neither; the number of its run.

        Raises NotAllowed, IllegalMove, UnknownName or NoSuchRunbook.
        """
        demand(self._config.people, by, Act.START_RUNBOOK)  # before anything is asked of a host for it
        text = self._library.get(runbook)
        aim, values = await self._values.of(await self._reader.ask(runs.aim, target, incident))
        moved = await self._writer.do(runs.start, self._house, text, values, aim, by)
        self._performer.perform(moved)
        return moved.run.id

    async def move_run(self, run: int, command: Command, by: str) -> None:
        """Press a button of a run. Raises NotAllowed, IllegalMove, NoSuchRun or PinnedTextBroken."""
        self._performer.perform(await self._writer.do(runs.move, self._house, run, command, by))

    def _machine(self, run: Run, name: str) -> Machine:
        """The guest that a run means by a name: its own, if it is called that. Raises GuestRefused."""
        own = run.values.get("guest_uuid")
        if own is not None and name == run.values.get("guest"):
            host = run.values["hypervisor"]
            if host not in self._hypervisors:
                why = f"lab.yaml has no hosts.{host}.hypervisor{PUT_BACK}"
                raise GuestRefused(f"cannot reach '{name}': because {why}")
            machine = self.rounds.machine(own, host, name)
            return replace(machine, began_with=run.began_with, called=name)
        probe = self.rounds.guest(self.rounds.meant(name))
        if probe is None:
            raise GuestRefused(f"cannot use '{name}' here: because it is no guest")
        return self.rounds.machine(probe.info.uuid, probe.host, name)

    def _target(self, run: Run, name: str) -> TargetId:
        """The target that a run means by a name: its own guest, if that is called so. Raises GuestRefused."""
        own = run.values.get("guest_uuid")
        return guest_id(own) if own and name == run.values.get("guest") else self.rounds.meant(name)

    def _reach(self, run: Run, place: Place) -> Reach:
        """The way to a place. Raises Refused where there is none, or another host may answer there."""
        if place.kind is PlaceKind.HOST and (doubt := self.rounds.who_answers(place.name)):
            raise Refused(f"cannot run anything on '{place.name}': because {doubt}")
        return self._ways.to(place, partial(self._machine, run))

    def _context(self, run: Run) -> Context:
        """What the actions of a run work with."""

        async def waiting_for(incident: str) -> Mapping[str, Machine | None]:
            found = await self._reader.ask(incidents.unproven, IncidentId(int(incident)))
            return {label: self._placed(target) for target, label in found.items()}

        async def healthy(name: str) -> Outcome:
            return await self.rounds.present.healthy(self._target(run, name))

        async def unwell(name: str) -> Outcome:
            return await self.rounds.present.unwell(self._target(run, name))

        async def show(name: str, title: str, picture: bytes) -> None:
            file = f"{name}-{run.id}-{self._clock.now().astimezone(self._config.zone):%H%M%S}.png"
            await self._writer.do(runs.attach, run.id, file, title, picture)

        async def status(incident: str) -> str | None:
            return await self._reader.ask(incidents.status, IncidentId(int(incident)))

        async def all_proven(incident: str) -> Outcome:
            proof = await self._reader.ask(queries.proof, IncidentId(int(incident)))
            return Outcome(ok=proof.ok, text=proof.words)

        return Context(partial(self._machine, run), healthy, unwell, waiting_for, show, status, all_proven)

    def _placed(self, target: TargetId) -> Machine | None:
        """A guest where it lives, None for what is no guest that a hypervisor has."""
        probe = self.rounds.guest(target)
        return self.rounds.machine(probe.info.uuid, probe.host, self.rounds.names(target)) if probe else None

    async def _keep_library(self) -> None:
        """Notice edited runbooks."""
        while True:
            await asyncio.sleep(LIBRARY_EVERY)
            await self._look_into_library()

    async def _look_into_library(self) -> None:
        """Look for what is new. A folder that can't be read is told once; what was read of it stays in use."""
        try:
            news = await asyncio.to_thread(self._library.refresh)
        except OSError as why:
            if str(why) != self._unreadable:
                log.error("cannot look into the runbook folders: because %s", why)
            self._unreadable = str(why)
            return
        self._unreadable = ""
        for broken in news.broken:
            log.error("\n".join(broken.lines))
        if news != type(news)():
            texts = {name: self._library.get(name).hash for name in news.changed}
            await self._writer.do(runs.library_changed, news, texts)

    def _must_go_on(self, task: asyncio.Task[None]) -> None:
        """A bot that can't speak is no bot: what ends by itself must not do so in silence."""
        if not task.cancelled() and task.exception() is not None:
            log.critical("%s failed", task.get_name(), exc_info=task.exception())
            self.hopeless.set()


def _reader_of_texts(known: Knowledge) -> Callable[[str, str], Runbook]:
    """Reads the texts runs are pinned to; a run moves many times, so each is parsed once."""

    @lru_cache(maxsize=64)
    def read(name: str, text: str) -> Runbook:
        reading = parse(name, text, known)
        if reading.runbook is None:
            raise PinnedTextBroken(f"cannot read '{name}' as the run has it: because line {reading.problems[0]}")
        return reading.runbook

    return read


def _import_talk() -> "type[Talk]":
    """Slack's libraries take most of the time that a start takes: the bot looks already meanwhile."""
    from bot.talking import Talk  # noqa: PLC0415

    return Talk


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _failed(job: str, why: BaseException) -> None:
    if not isinstance(why, asyncio.CancelledError | StoreFailed):  # the bot stops; the writer has told it already
        log.error("the job '%s' failed", job, exc_info=why)
