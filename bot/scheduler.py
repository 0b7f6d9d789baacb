"""When each job is due, on APScheduler: the only import of it. It knows names and intervals, not checks.

- Slots: all jobs start on the same half-second grid, so that those of one interval are due in the same instant and
  are started together. A machine that wakes once for fifty checks is a machine mostly asleep.
- Coalescing, and no misfire limit: a look that comes late still looks at the present. Missed ones are one look.
- One instance: a job that is still busy is not started again.
- Clock steps: APScheduler holds its plan against the wall clock, so that a step backwards would stop every job
  until wall time caught up. `replan` is called after a step.
"""

import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

SLOT = timedelta(seconds=0.5)
NEVER_TOO_LATE = None

Job = Callable[[], Awaitable[None]]


class Scheduler:
    """Jobs by name. Belongs to the loop it is started on."""

    def __init__(self, on_error: Callable[[str, BaseException], None]) -> None:
        """`on_error` hears the name of a job that raised, and what."""
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": NEVER_TOO_LATE},
        )

        def failed(event: JobExecutionEvent) -> None:
            on_error(event.job_id, event.exception)

        self._scheduler.add_listener(failed, EVENT_JOB_ERROR)

    def start(self) -> None:
        """Begin. Jobs may be added before and after."""
        self._scheduler.start()

    def stop(self) -> None:
        """No job is started any more; what runs is its owner's to end."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def every(self, name: str, interval: timedelta, job: Job, *, at_once: bool = False) -> None:
        """Run `job` every `interval`, in place of an earlier job of that name; `at_once`: the first time now."""
        now = datetime.now(UTC)
        self._scheduler.add_job(
            _run,  # APScheduler awaits only what is defined with `async def`, which a lambda is not
            IntervalTrigger(seconds=interval.total_seconds(), start_date=_next_slot(now)),
            args=[job],
            id=name,
            replace_existing=True,
            next_run_time=now if at_once else _next_slot(now + interval),
        )

    def hasten(self, name: str, delay: timedelta) -> None:
        """Let the job of that name run after `delay`, if it is not due sooner; its interval counts from there."""
        job = self._scheduler.get_job(name)
        if job is None:
            return
        due = _next_slot(datetime.now(UTC) + delay) if delay else datetime.now(UTC)
        if job.next_run_time is None or due < job.next_run_time:
            job.modify(next_run_time=due)

    def cancel(self, name: str) -> None:
        """Forget the job of that name, if there is one."""
        if self._scheduler.get_job(name) is not None:
            self._scheduler.remove_job(name)

    def replan(self) -> None:
        """The wall clock was stepped: every job is due at the next slot, and goes on from there."""
        due = _next_slot(datetime.now(UTC))
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=due)


async def _run(job: Job) -> None:
    await job()


def _next_slot(time: datetime) -> datetime:
    """The first slot at or after `time`."""
    slot = SLOT.total_seconds()
    return datetime.fromtimestamp(math.ceil(time.timestamp() / slot) * slot, UTC)
