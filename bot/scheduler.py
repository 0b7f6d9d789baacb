"""When each job is due, on APScheduler: the only import of it. It knows names and intervals, not checks.

- Slots: jobs are due on a half-second grid, so that those of one interval are due in the same instant and are
  started together. A machine that wakes once for fifty checks is a machine mostly asleep.
- A look that comes late still looks at the present, so there is no misfire limit; missed looks are one look.
- One instance: a job that is still busy is not started again, but once it has ended if that was asked for at once.
- Clock steps: APScheduler holds its plan against the wall clock. A step backwards would stop every job until wall
  time has caught up: `replan` is called after one. After a step forwards everything is due, once; the trigger here
  skips what was missed, where APScheduler's own counts it out, which over years takes it minutes.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

SLOT = timedelta(seconds=0.5)
NEVER_TOO_LATE = None

Job = Callable[[], Awaitable[None]]


class Scheduler:
    """Jobs by name. Belongs to the loop it is started on."""

    def __init__(self, on_error: Callable[[str, BaseException], None]) -> None:
        """`on_error` hears the name of a job that raised, and what."""
        self._busy: set[str] = set()
        self._once_more: set[str] = set()
        self._running: set[asyncio.Task[Any]] = set()
        self._ended_at: dict[str, float] = {}  # by the monotonic clock
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": NEVER_TOO_LATE},
        )

        def failed(event: JobExecutionEvent) -> None:
            on_error(event.job_id, event.exception)

        self._scheduler.add_listener(failed, EVENT_JOB_ERROR)
        self._scheduler.add_listener(self._ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)

    def start(self) -> None:
        """Begin. Jobs may be added before and after."""
        self._scheduler.start()

    def stop(self) -> None:
        """No job is started any more, and what runs is called off: `ended` waits for it."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def ended(self) -> None:
        """Wait until what ran has ended, and with it the processes it had started."""
        await asyncio.gather(*self._running, return_exceptions=True)

    def every(self, name: str, interval: timedelta, job: Job, *, at_once: bool = False) -> None:
        """Run `job` every `interval`, in place of an earlier job of that name; `at_once`: the first time now."""
        trigger = _EverySlots(interval)
        now = datetime.now(UTC)
        self._ended_at[name] = time.monotonic()
        self._scheduler.add_job(
            self._run,  # APScheduler awaits only what is defined with `async def`, which a lambda is not
            trigger,
            args=[name, job],
            id=name,
            replace_existing=True,
            next_run_time=trigger.slot_before(now) if at_once else trigger.slot_after(now + interval),
        )

    def hasten(self, name: str, delay: timedelta) -> None:
        """Let the job of that name run in the first slot after `delay`, if it is not due sooner; at once for 0.

        Its interval counts from there. One that is busy just then runs once more: it may have looked already.
        """
        if not delay and name in self._busy:
            self._once_more.add(name)
            return
        job = self._scheduler.get_job(name)
        if job is None:
            return
        now = datetime.now(UTC)
        due = job.trigger.slot_after(now + delay) if delay else job.trigger.slot_before(now)
        if due < job.next_run_time:
            job.modify(next_run_time=due)

    def cancel(self, name: str) -> None:
        """Forget the job of that name, if there is one."""
        if self._scheduler.get_job(name) is not None:
            self._scheduler.remove_job(name)

    def stalled(self, patience: timedelta) -> list[str]:
        """The names of jobs that have not ended for their interval and `patience`: they hang, or nothing runs."""
        now = time.monotonic()
        jobs = ((job.id, job.trigger.interval + patience) for job in self._scheduler.get_jobs())
        return [name for name, longest in jobs if now - self._ended_at[name] > longest.total_seconds()]

    def replan(self) -> None:
        """The wall clock was stepped: what would wait for longer than its interval is due at the next slot."""
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            if job.next_run_time > job.trigger.slot_after(now + job.trigger.interval):
                job.modify(next_run_time=job.trigger.slot_after(now))

    async def _run(self, name: str, job: Job) -> None:
        self._busy.add(name)
        running = asyncio.current_task()
        assert running is not None, "a coroutine runs in a task"
        self._running.add(running)
        try:
            with suppress(asyncio.CancelledError):  # a job is cancelled only when all is stopped: no failure
                await job()
        finally:
            self._running.discard(running)

    def _ended(self, event: JobExecutionEvent) -> None:
        """Only now does APScheduler itself take a job for ended, well or not."""
        self._busy.discard(event.job_id)
        self._ended_at[event.job_id] = time.monotonic()
        if event.job_id in self._once_more:
            self._once_more.discard(event.job_id)
            self.hasten(event.job_id, timedelta(0))


class _EverySlots(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Every `interval`, in slots; shorter intervals are slots of their own."""

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval
        self._slot = min(SLOT, interval)

    def __str__(self) -> str:
        return f"every {self.interval.total_seconds():g} s"

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The slot an interval after the previous one; where that was missed, one an interval from now."""
        due = self.slot_after((previous_fire_time or now) + self.interval)
        return due if due > now else self.slot_after(now + self.interval)

    def slot_after(self, time: datetime) -> datetime:
        """The first slot at or after `time`."""
        return self._slot_at(time, math.ceil)

    def slot_before(self, time: datetime) -> datetime:
        """The last slot at or before `time`: what is due then is due at once."""
        return self._slot_at(time, math.floor)

    def _slot_at(self, time: datetime, to_whole: Callable[[float], int]) -> datetime:
        return _EPOCH + to_whole((time - _EPOCH) / self._slot) * self._slot


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
