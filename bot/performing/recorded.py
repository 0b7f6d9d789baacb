"""A run's recorded scripts: started once, sought when the connection is lost, ended when they are called off.

Until its end is known a script counts as running. How long it is sought by itself is its time limit, and a little
more; after that a person says when to look again.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain, repeat

from bot.core.jobs import Cancel, Place, RunAction, ScriptJob, SeekAction
from bot.core.progress import last_line
from bot.core.run import Answer, Run
from bot.core.runs.lost import ActionFound, ActionLost, ActionUnended
from bot.reach import Finished, Lost, Reach, Refused, Script, Unreachable
from bot.reach.records import Record, Recorded
from bot.reach.shell import GRACE
from bot.redact_stream import Stream
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.usecases import script_records
from bot.usecases.script_records import UNENDED, Known, Told

log = logging.getLogger(__name__)

PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between two looks for a lost script; the last again and again."""

SLACK = timedelta(seconds=5)  # beyond limit and grace: the far side began to count later
FORGOTTEN = timedelta(days=7)
"""A machine that can't be reached for so long is not asked to tidy up any more."""

SUMMARY = 200  # characters of the line that stands for a whole output

CLOSING = 5.0  # seconds; the bot is to end soon, and what it can't end now is found by the next one

_GIVEN_UP = "I have stopped trying to end it."
_AGAIN = "connected again: it runs, or has ended"

Tell = Callable[[Answer], Coroutine[None, None, None]]


class NotOver(Exception):
    """The script may run, or is known to: `answer` says it to its run."""

    def __init__(self, answer: ActionLost | ActionUnended) -> None:
        super().__init__(answer.summary)
        self.answer = answer


class Scripts:
    """All recorded scripts of one bot."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._ending: set[asyncio.Task[None]] = set()
        self.closing = False

    async def carried_out(
        self,
        run: Run,
        work: RunAction | SeekAction,
        reach: Callable[[], Reach],
        hear: Callable[[str], None] | None,
        tell: Tell,
    ) -> Finished:
        """Start the script, or seek what an earlier start has begun; how it ended.

        Raises Unreachable or Refused where nothing was started, NotOver where it may run.
        """
        assert isinstance(work.job, ScriptJob)
        known = await self._writer.do(script_records.find, run.id, work.step, work.attempt)
        assert known is not None, "it was written down with the request"
        one = _Script(self._writer, known, work, reach, hear, tell)
        try:
            return await one.carried_out()
        except (Unreachable, Refused):  # it was not started: where that is not known, it is sought
            await self._writer.do(script_records.settled, known.id)
            raise
        except asyncio.CancelledError:
            if self.closing:  # the next bot reads its record; what a person calls off, call_off ends
                self._in_background(one.stopped())
            raise

    def call_off(self, run: Run, request: Cancel, reach: Callable[[Place], Reach]) -> None:
        """End what that attempt started, if it has a record, wherever it runs; tell what can't be ended."""
        self._in_background(self._call_off(run, request, reach))

    def read(self, run: Run, work: RunAction | SeekAction, reach: Callable[[], Reach]) -> None:
        """Its end is written down: remove its record. What fails here is done at the next start."""
        self._in_background(self._forget(run, work, reach))

    def settle(self, run: Run, known: Known, reach: Callable[[], Reach]) -> None:
        """End what nobody waits for, if it still runs, and remove its record; tell what can't be ended."""
        self._in_background(self._settle(run, known, reach))

    async def close(self) -> None:
        """Let what is being ended be ended."""
        tasks = set(self._ending)
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSING)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._ending.add(task)
        task.add_done_callback(partial(_noted, self._ending))

    async def _call_off(self, run: Run, request: Cancel, reach: Callable[[Place], Reach]) -> None:
        known = await self._writer.do(script_records.find, run.id, request.step, request.attempt)
        if known is not None:
            await self._settle(run, known, partial(reach, known.place))

    async def _forget(self, run: Run, work: RunAction | SeekAction, reach: Callable[[], Reach]) -> None:
        known = await self._writer.do(script_records.find, run.id, work.step, work.attempt)
        if known is not None:
            with suppress(Unreachable, Refused):
                await Recorded(reach, _record(known)).forget()
                await self._writer.do(script_records.settled, known.id)

    async def _settle(self, run: Run, known: Known, reach: Callable[[], Reach]) -> None:
        """Until nothing of it runs, or it is given up. Who was told that it may run is told its end."""
        began, pauses = time.monotonic(), chain(PAUSES, repeat(PAUSES[-1]))
        recorded, told = Recorded(reach, _record(known)), known.told
        said: tuple[str, ...] = ()
        say = partial(self._say, run, known)
        while True:
            try:
                done = await recorded.stop()
                if not done.left:
                    if told is Told.MAY_RUN:
                        told = await say(f"It does not run on {known.place} any more: {_end(done)}.", Told.END)
                    await recorded.forget()
                    break
                if done.left != said:
                    told = await say(_still_run(done.left, known.place), Told.MAY_RUN)
                said = done.left
            except (Unreachable, Refused) as why:
                may_run = f"It may still run on {known.place}: {why}."
                if _is_given_up(known, timedelta(seconds=time.monotonic() - began)):
                    if told is not Told.END:
                        await say(f"{may_run} {_GIVEN_UP}", Told.END)
                    break
                if told is None:
                    told = await say(f"{may_run} {UNENDED}", Told.MAY_RUN)
            await asyncio.sleep(next(pauses))
        await self._writer.do(script_records.settled, known.id)

    async def _say(self, run: Run, known: Known, text: str, told: Told) -> Told:
        try:
            await self._writer.do(script_records.tell, run, known.id, text, told)
        except StoreFailed as why:
            log.error("cannot tell of a script of run %d: because %s", run.id, why)
        return told


class _Script:
    """One attempt."""

    def __init__(
        self,
        writer: Writer,
        known: Known,
        work: RunAction | SeekAction,
        reach: Callable[[], Reach],
        hear: Callable[[str], None] | None,
        tell: Tell,
    ) -> None:
        self.work = work
        self._writer = writer
        self._known = known
        self._tell = tell
        self._sought = isinstance(work, SeekAction)
        self._telling: set[asyncio.Task[None]] = set()
        self._redactor = writer.redactor
        self._stream = Stream(self._redactor, hear) if hear else None
        heard = self._stream.hear if self._stream else None
        self.recorded = Recorded(reach, _record(known), heard, self._found)

    async def carried_out(self) -> Finished:
        """Its end, with no secrets in its output. Raises NotOver where there is none."""
        done = await self._ended()
        if self._stream:
            self._stream.end()
        output = self._redactor.text(done.output, cut=done.cut)
        done = replace(done, output=output)
        if done.left:
            raise NotOver(ActionUnended(self.work.step, self.work.attempt, _unended(done, self._known.limit)))
        return done

    async def _ended(self) -> Finished:
        if isinstance(self.work, RunAction):
            job = self.work.job
            assert isinstance(job, ScriptJob)
            try:
                return await self.recorded.begin(Script(job.language, job.text), job.values)
            except Lost as why:
                await self._lost(why)
        return await self._seek()

    async def _seek(self) -> Finished:
        last = _longest(self._known) - (self._known.age or timedelta())
        deadline, tries = time.monotonic() + last.total_seconds(), 0
        while True:
            try:
                return await self.recorded.join()
            except (Unreachable, Refused) as why:
                if not self._sought:
                    tries = 0
                    await self._lost(why)
                if time.monotonic() > deadline:
                    lost = ActionLost(self.work.step, self.work.attempt, str(why), given_up=True)
                    raise NotOver(lost) from why
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1

    async def _lost(self, why: Exception) -> None:
        self._sought = True
        await self._tell(ActionLost(self.work.step, self.work.attempt, str(why)))

    def _found(self, boot: str) -> None:
        if self._known.boot is None:
            self._do(self._writer.do(script_records.heard, self._known.id, boot))
        if self._sought:
            self._sought = False
            self._do(self._tell(ActionFound(self.work.step, self.work.attempt, _AGAIN)))

    async def stopped(self) -> None:
        """End it, and leave its record for whoever looks for it next."""
        with suppress(Unreachable, Refused):  # it is looked for then
            await self.recorded.stop()

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._telling.add(task)
        task.add_done_callback(partial(_noted, self._telling))


def _noted(tasks: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
    tasks.discard(task)
    if not task.cancelled() and (why := task.exception()) is not None:
        log.error("cannot note or settle a script: because %s", why, exc_info=why)


def _unended(finished: Finished, limit: timedelta) -> str:
    """What of it could not be ended, when it should have, and the last it said."""
    due = f"its time limit of {limit.total_seconds():g} s is over" if finished.timed_out else "it was stopped"
    last = last_line(finished.output)[:SUMMARY]
    return f"{', '.join(finished.left)}, although {due}" + (f": {last}" if last else "")


def _end(done: Finished) -> str:
    """How what was to be ended has ended."""
    if done.status is not None:
        return f"it ended by itself, exit status {done.status}"
    if done.timed_out:
        return "its time limit ended it"
    return {"": "a signal ended it", "stopped": "I have ended it"}.get(done.how, done.how)


def _still_run(left: Sequence[str], place: Place) -> str:
    return f"{', '.join(left)} still {'runs' if len(left) == 1 else 'run'} on {place}: it could not be ended."


def _longest(known: Known) -> timedelta:
    """After which its own time limit has ended it, where it runs at all."""
    return known.limit + 2 * GRACE + SLACK


def _is_given_up(known: Known, sought: timedelta) -> bool:
    """Whether what was sought for so long is sought no more. A clock that was set alone ends no search."""
    age = sought if known.age is None else known.age + sought
    return age >= FORGOTTEN and sought >= _longest(known)


def _record(known: Known) -> Record:
    began = time.monotonic()

    def age() -> timedelta | None:
        return None if known.age is None else known.age + timedelta(seconds=time.monotonic() - began)

    return Record(known.id, known.place.machine, known.limit, age, known.boot)
