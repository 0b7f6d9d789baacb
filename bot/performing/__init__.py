"""Carries out what runs ask for: scripts over a reach, built-in actions, checks until they pass; reports back.

It decides nothing: how an ending moves a run is the core's. Whatever it started ends with it. Scripts that do
something have a record where they run (recorded.py): what a crash or a lost connection cut off is taken up again.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot import runs
from bot.actions import FAILURES, ActionType, Context, Outcome
from bot.core.jobs import (
    Cancel,
    Job,
    LabJob,
    ListChoices,
    LookBefore,
    Place,
    PlaceKind,
    RunAction,
    RunCheck,
    ScriptJob,
    SeekAction,
)
from bot.core.lab import Effect
from bot.core.lengths import moments_in
from bot.core.progress import Progress, last_line
from bot.core.run import ActionFinished, Answer, BeforeLooked, CheckFinished, Choice, ChoicesListed, Run
from bot.hypervisor import GuestRefused, HypervisorUnreachable
from bot.performing.bar import Bar
from bot.performing.recorded import SUMMARY, NotOver, Scripts
from bot.reach import Finished, Reach, Refused, Script, Unreachable
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.usecases import script_records
from bot.usecases.run_context import House, Moved

log = logging.getLogger(__name__)

NOTE_AGAIN = 5  # seconds until an end that could not be written is written again
CHOICES = 100  # what a list in Slack can hold
LEFT_OUT = (
    "[The beginning is left out: the last million characters are kept. The first line may not be a whole one.]\n"
)

OLD = Outcome(ok=False, text="my own process was stopped, or the clock set, meanwhile: look again", known=False)
"""What a look comes to across which that was so."""

Reaches = Callable[[Run, Place], Reach]
"""The way to a place, for a run: inside its guest means the very machine the run is about. Raises Refused."""

Work = LookBefore | RunAction | SeekAction | ListChoices | RunCheck


class Performer:
    """Performs requests, each as a task of its own. `progress`: of what runs now, by run and step."""

    def __init__(
        self,
        writer: Writer,
        house: House,
        reaches: Reaches,
        actions: Mapping[str, ActionType],
        context: Callable[[Run], Context],
        befell: Callable[[], Awaitable[int]],
    ) -> None:
        """`context`: what the actions of a run work with; `befell`: how often this process was stopped by now."""
        self.progress: dict[tuple[int, int], Progress] = {}
        self._writer = writer
        self._house = house
        self._reaches = reaches
        self._actions = actions
        self._context = context
        self._befell = befell
        self._tasks: dict[tuple[int, int, int], asyncio.Task[None]] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._scripts = Scripts(writer)

    async def take_up(self, resumed: Iterable[Moved]) -> None:
        """After a start: follow what goes on, and settle what nobody waits for any more."""
        for moved in resumed:
            self.perform(moved)
        for run, known in await self._writer.do(script_records.left_over):
            self._scripts.settle(run, known, partial(self._reaches, run, known.place))

    def perform(self, moved: Moved) -> None:
        """Begin what a committed move asks for, and call off what it has no more use for."""
        for request in moved.requests:
            key = (moved.run.id, request.step, request.attempt)
            if isinstance(request, Cancel):
                if key in self._tasks:
                    self._tasks[key].cancel()
                self._scripts.call_off(moved.run, request, partial(self._reaches, moved.run))
            else:
                task = asyncio.create_task(self._carry_out(moved.run, request), name=f"run {key}")
                self._tasks[key] = task
                task.add_done_callback(partial(self._over, key))

    def _over(self, key: tuple[int, int, int], task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        if not task.cancelled() and task.exception() is not None:
            log.error("cannot note how a step of run %d ended", key[0], exc_info=task.exception())

    async def close(self) -> None:
        """End everything, the remote processes too, also those that were being ended already."""
        self._scripts.closing = True
        tasks = [*self._tasks.values(), *self._telling]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._scripts.close()

    async def _carry_out(self, run: Run, work: Work) -> None:
        try:
            command, output = await self._answer(run, work)
        finally:
            self.progress.pop((run.id, work.step), None)
        self.perform(await self._note_end(run, work, command, output))
        if isinstance(command, ActionFinished) and isinstance(work, RunAction | SeekAction):
            job = work.job
            if isinstance(job, ScriptJob):
                self._scripts.read(run, work, partial(self._reaches, run, job.place))

    async def _note_end(self, run: Run, work: Work, command: Answer, output: str) -> Moved:
        """Write how it ended; a run must not wait for ever because the disk was full for a moment."""
        while True:
            try:
                return await self._writer.do(runs.finish, self._house, run.id, command, output)
            except StoreFailed as why:
                log.error("cannot note how step %d of run %d ended: because %s", work.step + 1, run.id, why)
                await asyncio.sleep(NOTE_AGAIN)

    async def _answer(self, run: Run, work: Work) -> tuple[Answer, str]:
        """Do it, and say how it ended, with the output people should see. What goes wrong is an ending too."""
        step, attempt = work.step, work.attempt
        match work:
            case LookBefore():
                done, output = await self._look(run, work.job, work.limit)
                return BeforeLooked(step, attempt, done.ok, done.text), "" if done.ok else output
            case RunAction() | SeekAction():
                try:
                    done, output = await self._act(run, work)
                except NotOver as why:
                    return why.answer, ""
                return ActionFinished(step, attempt, done.ok, done.text, done.known), output
            case RunCheck():
                done, output = await self._check(run, work)
                return CheckFinished(step, attempt, done.ok, done.text), "" if done.ok else output
            case ListChoices():
                done, output = await self._do(run, work.job, work.limit)
                if not done.ok:
                    return ChoicesListed(step, attempt, ok=False, summary=done.text), output
                return self._listed(step, attempt, output, cut=done.cut), ""

    def _listed(self, step: int, attempt: int, output: str, *, cut: bool) -> ChoicesListed:
        """One a line: the value, a tab, and how people know it. What stands twice is offered once."""
        if cut:
            why = "the list has more than a million characters, and its beginning is left out"
            return ChoicesListed(step, attempt, ok=False, summary=why)
        lines = (line.strip("\r").partition("\t") for line in output.split("\n") if line.strip())
        zone = self._house.config.zone
        by_value = {value: Choice(value, moments_in(label, zone) or value) for value, _, label in lines}
        all_ = tuple(by_value.values())
        more = f"Of {len(all_)}, the first {CHOICES}: a list in Slack can hold no more."
        summary = more if len(all_) > CHOICES else ""
        return ChoicesListed(step, attempt, ok=True, summary=summary, choices=all_[:CHOICES])

    async def _act(self, run: Run, work: RunAction | SeekAction) -> tuple[Outcome, str]:
        bar = Bar(partial(self._move_bar, run, work.step))
        doing = self._attempt(run, work, bar.hear)
        if work.watch is None or not isinstance(work.job, ScriptJob):
            return await doing
        weighing = asyncio.create_task(self._weigh(run, work.job, work.watch, bar))
        try:
            return await doing
        finally:
            weighing.cancel()
            await asyncio.gather(weighing, return_exceptions=True)

    async def _attempt(
        self, run: Run, work: RunAction | SeekAction, hear: Callable[[str], None]
    ) -> tuple[Outcome, str]:
        if not isinstance(work.job, ScriptJob):
            done, output = await self._do(run, work.job, work.limit)
            looks = self._actions[work.job.call.verb].verb.effect is Effect.LOOKS
            return replace(done, known=done.known or looks), output

        async def tell(answer: Answer) -> None:
            self.perform(await self._writer.do(runs.finish, self._house, run.id, answer, ""))

        reach = partial(self._reaches, run, work.job.place)
        try:
            if isinstance(work, RunAction):  # what runs already is followed to its end
                await self._is_about_its_guest(run, work.job)
            finished = await self._scripts.carried_out(run, work, reach, hear, tell)
        except (Unreachable, Refused, GuestRefused) as why:
            return Outcome(ok=False, text=str(why)), ""
        return _outcome(finished, work.limit), _printed(finished)

    async def _is_about_its_guest(self, run: Run, job: ScriptJob) -> None:
        """Raises GuestRefused where the guest that a script on a host knows by its name is another by now.

        Where its libvirt can't be asked, nothing is in the way: the script may be what mends that.
        """
        if job.place.kind is PlaceKind.HOST and "guest_uuid" in run.values and "guest" in job.values:
            with suppress(HypervisorUnreachable):
                await self._context(run).machine(run.values["guest"]).keeps_its_name()

    async def _weigh(self, run: Run, job: ScriptJob, path: str, bar: Bar) -> None:
        whole = job.values.get("bytes", "")
        await bar.weigh(self._reaches(run, job.place), path, int(whole) if whole.isdecimal() else None)

    async def _check(self, run: Run, work: RunCheck) -> tuple[Outcome, str]:
        """Look until it passes or its time is over; the last look decides. No look takes longer than that time."""
        deadline = time.monotonic() + work.within.total_seconds()
        limit = min(work.limit, work.within) if work.within else work.limit
        while True:
            outcome, output = await self._look(run, work.job, limit)
            if outcome.ok or time.monotonic() + work.every.total_seconds() > deadline:
                return outcome, output
            await asyncio.sleep(work.every.total_seconds())

    async def _look(self, run: Run, job: Job, limit: timedelta) -> tuple[Outcome, str]:
        """Look once. What began before this process was stopped may show how it was then: that proves nothing."""
        before = await self._befell()
        done, output = await self._do(run, job, limit)
        return (done, output) if await self._befell() == before else (OLD, output)

    async def _do(
        self, run: Run, job: Job, limit: timedelta, hear: Callable[[str], None] | None = None
    ) -> tuple[Outcome, str]:
        """Run one job once; its outcome, and its whole output."""
        try:
            if isinstance(job, LabJob):
                return await self._lab(run, job, limit), ""
            reach = self._reaches(run, job.place)
            script = Script(job.language, job.text)
            finished = await reach.run(script, values=job.values, limit=limit, on_output=hear)
        except HypervisorUnreachable as why:
            return Outcome(ok=False, text=str(why), known=not why.begun), ""
        except (Unreachable, Refused, *FAILURES) as why:
            return Outcome(ok=False, text=str(why)), ""
        except Exception as why:
            log.exception("a step of run %d failed", run.id)
            return Outcome(ok=False, text=f"{type(why).__name__}: {why}"), ""
        return _outcome(finished, limit), _printed(finished)

    async def _lab(self, run: Run, job: LabJob, limit: timedelta) -> Outcome:
        try:
            async with asyncio.timeout(limit.total_seconds()):
                return await self._actions[job.call.verb].run(job.call, self._context(run))
        except TimeoutError:
            return Outcome(ok=False, text=f"not done within {limit.total_seconds():g} s", known=False)

    def _move_bar(self, run: Run, step: int, progress: Progress, *, tell: bool) -> None:
        self.progress[run.id, step] = progress
        if tell:
            task = asyncio.create_task(self._writer.do(runs.show_progress, run, step))
            self._telling.add(task)  # kept, or it may vanish half way
            task.add_done_callback(self._told)

    def _told(self, task: asyncio.Task[None]) -> None:
        self._telling.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("cannot show how far a step has come", exc_info=task.exception())


def _printed(finished: Finished) -> str:
    return f"{LEFT_OUT}{finished.output}" if finished.cut else finished.output


def _outcome(finished: Finished, limit: timedelta) -> Outcome:
    """How a script went, in a line: the last it said, and how it ended if not well."""
    last = last_line(finished.output)[:SUMMARY]
    if finished.timed_out:
        how = f"ended after its time limit of {limit.total_seconds():g} s"
    elif finished.how:
        how = finished.how
    elif finished.ok:
        return Outcome(ok=True, text=last or "done", cut=finished.cut)
    else:
        how = "was ended by a signal" if finished.status is None else f"exit status {finished.status}"
    return Outcome(ok=False, text=f"{how}: {last}" if last else how, known=finished.known)
