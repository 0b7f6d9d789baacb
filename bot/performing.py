"""Carries out what runs ask for: scripts over a reach, built-in actions, checks until they pass; reports back.

It decides nothing: how an ending moves a run is the core's. Whatever it started ends with it; what a crash cut off
is not taken up again, because the run then waits for a person.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial

from bot import runs
from bot.actions import FAILURES, ActionType, Context, Outcome
from bot.core.jobs import Cancel, Job, LabJob, ListChoices, Place, Request, RunAction, RunCheck, ScriptJob
from bot.core.progress import Progress, of_size, percent_in
from bot.core.run import ActionFinished, CheckFinished, Choice, ChoicesListed, Command, Run
from bot.reach import Finished, Reach, Refused, Script, Unreachable
from bot.runs import House, Moved
from bot.store.writer import Writer

log = logging.getLogger(__name__)

SUMMARY = 200  # characters of the line that stands for a whole output
SHOWN = 2_800  # characters of output a message bears; more becomes a file
PROGRESS_EVERY = 2.0  # seconds
CHOICES = 100
_MEASURE = 'du -sb -- "$watched" 2>/dev/null || true'

Reaches = Callable[[Place], Reach]
"""The way to a place. Raises Refused where there is none."""


class Performer:
    """Performs requests, each as a task of its own. `progress`: of what runs now, by run and step."""

    def __init__(
        self,
        writer: Writer,
        house: House,
        reaches: Reaches,
        actions: Mapping[str, ActionType],
        context: Callable[[int], Context],
    ) -> None:
        """`context`: what the actions of a run work with, by the run's number."""
        self.progress: dict[tuple[int, int], Progress] = {}
        self._writer = writer
        self._house = house
        self._reaches = reaches
        self._actions = actions
        self._context = context
        self._tasks: dict[tuple[int, int, int], asyncio.Task[None]] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def perform(self, moved: Moved) -> None:
        """Begin what a committed move asks for."""
        for request in moved.requests:
            key = (moved.run.id, request.step, request.attempt)
            if isinstance(request, Cancel):
                if task := self._tasks.pop(key, None):
                    task.cancel()
                continue
            task = asyncio.create_task(self._carry_out(moved.run, request), name=f"run {key}")
            self._tasks[key] = task
            task.add_done_callback(partial(self._ended, key))

    def _ended(self, key: tuple[int, int, int], task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]

    async def close(self) -> None:
        """End everything; the remote processes too."""
        tasks = [*self._tasks.values(), *self._telling]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry_out(self, run: Run, request: Request) -> None:
        try:
            command = await self._answer(run, request)
        finally:
            self.progress.pop((run.id, request.step), None)
        try:
            self.perform(await self._writer.do(runs.finish, self._house, run.id, command))
        except Exception:
            log.exception("cannot note how step %d of run %d ended", request.step + 1, run.id)

    async def _answer(self, run: Run, request: Request) -> Command:
        """Do it, and say how it ended. What goes wrong is an ending too."""
        step, attempt = request.step, request.attempt
        match request:
            case RunAction():
                done = await self._act(run, request)
                return ActionFinished(step, attempt, done.ok, done.text)
            case RunCheck():
                done = await self._check(run, request)
                return CheckFinished(step, attempt, done.ok, done.text)
            case ListChoices():
                return await self._list(run, request)
        raise TypeError(f"cannot carry out {request!r}: because nothing here knows it")

    async def _act(self, run: Run, request: RunAction) -> Outcome:
        watcher = asyncio.create_task(self._watch(run, request)) if request.watch else None
        try:
            outcome, output = await self._do(run, request.job, request.limit, self._listener(run, request.step))
        finally:
            if watcher is not None:
                watcher.cancel()
        await self._show_output(run, request.step, request.attempt, output)
        return outcome

    async def _check(self, run: Run, request: RunCheck) -> Outcome:
        """Look until it passes or its time is over; the last look decides."""
        deadline = time.monotonic() + request.within.total_seconds()
        while True:
            outcome, _ = await self._do(run, request.job, request.limit)
            if outcome.ok or time.monotonic() + request.every.total_seconds() > deadline:
                return outcome
            await asyncio.sleep(request.every.total_seconds())

    async def _list(self, run: Run, request: ListChoices) -> ChoicesListed:
        outcome, output = await self._do(run, request.job, request.limit)
        choices = tuple(_choice(line) for line in output.splitlines() if line.strip())[:CHOICES]
        if outcome.ok and not choices:
            outcome = Outcome(ok=False, text="there is nothing to choose from")
        return ChoicesListed(
            request.step, request.attempt, outcome.ok, outcome.text, choices if outcome.ok else ()
        )

    async def _do(
        self, run: Run, job: Job, limit: timedelta, hear: Callable[[str], None] | None = None
    ) -> tuple[Outcome, str]:
        """Run one job once; its outcome, and its whole output."""
        try:
            if isinstance(job, LabJob):
                return await self._lab(run, job, limit), ""
            finished = await self._script(job, limit, hear)
        except (Unreachable, Refused, *FAILURES) as why:
            return Outcome(ok=False, text=str(why)), ""
        except Exception as why:
            log.exception("a step of run %d failed", run.id)
            return Outcome(ok=False, text=f"{type(why).__name__}: {why}"), ""
        return _outcome(finished, limit), finished.output

    async def _lab(self, run: Run, job: LabJob, limit: timedelta) -> Outcome:
        action = self._actions[job.call.verb]
        try:
            async with asyncio.timeout(limit.total_seconds()):
                return await action.run(job.call.arguments, self._context(run.id))
        except TimeoutError:
            return Outcome(ok=False, text=f"not done within {limit.total_seconds():g} s")

    async def _script(self, job: ScriptJob, limit: timedelta, hear: Callable[[str], None] | None) -> Finished:
        reach = self._reaches(job.place)
        script = Script(job.language, job.text)
        return await reach.run(script, values=job.values, limit=limit, on_output=hear)

    def _listener(self, run: Run, step: int) -> Callable[[str], None]:
        """Hears output, and moves the step's bar by the percentages in it."""
        tail = ""
        told = 0.0

        def hear(piece: str) -> None:
            nonlocal tail, told
            tail = (tail + piece)[-400:]
            percent = percent_in(tail)
            if percent is not None and time.monotonic() - told > PROGRESS_EVERY:
                told = time.monotonic()
                self._moved(run, step, Progress(percent))

        return hear

    async def _watch(self, run: Run, request: RunAction) -> None:
        """Move the step's bar by the size of what it writes, for tools that say nothing while they work."""
        assert isinstance(request.job, ScriptJob)
        whole = request.job.values.get("bytes") or run.values.get("bytes", "")
        reach = self._reaches(request.job.place)
        values = {"watched": request.watch or ""}
        while True:
            await asyncio.sleep(PROGRESS_EVERY)
            with suppress(Unreachable, Refused):
                seen = await reach.run(Script("sh", _MEASURE), values=values, limit=timedelta(seconds=10))
                size = seen.output.split(maxsplit=1)
                if size and size[0].isdigit():
                    self._moved(run, request.step, of_size(int(size[0]), int(whole) if whole.isdigit() else None))

    def _moved(self, run: Run, step: int, progress: Progress) -> None:
        if self.progress.get((run.id, step)) != progress:
            self.progress[run.id, step] = progress
            task = asyncio.create_task(self._writer.do(runs.show_progress, run, step))
            self._telling.add(task)  # kept, or it may vanish half way
            task.add_done_callback(self._telling.discard)

    async def _show_output(self, run: Run, step: int, attempt: int, output: str) -> None:
        """What a command printed goes into the thread; what is too long, as a file."""
        text = output.strip()
        if len(text) > SHOWN:
            name = f"run-{run.id}-step-{step + 1}-{attempt}.txt"
            await self._writer.do(runs.attach, run.id, name, f"Output of step {step + 1}", output.encode())
        elif text:
            await self._writer.do(runs.say, run.id, f"Output of step {step + 1}:\n{_fenced(text)}")


def _fenced(text: str) -> str:
    """Output as Slack shows code; three backticks in it would end the fence."""
    safe = text.replace("```", "'''")
    return f"```\n{safe}\n```"


def _outcome(finished: Finished, limit: timedelta) -> Outcome:
    """How a script went, in a line: the last it said, and how it ended if not well."""
    lines = [line.strip() for line in finished.output.splitlines() if line.strip()]
    last = lines[-1][:SUMMARY] if lines else ""
    if finished.timed_out:
        return Outcome(ok=False, text=f"ended after its time limit of {limit.total_seconds():g} s: {last}")
    if not finished.ok:
        how = "was ended by a signal" if finished.status is None else f"exit status {finished.status}"
        return Outcome(ok=False, text=f"{how}: {last}" if last else how)
    return Outcome(ok=True, text=last or "done")


def _choice(line: str) -> Choice:
    """One line of a list: the value, a tab, and how people know it."""
    value, _, label = line.strip("\r\n").partition("\t")
    return Choice(value, label or value)
