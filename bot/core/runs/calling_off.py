"""What is true of a step that is called off: whether anything was run, and whether it may still run."""

from collections.abc import Mapping

from bot.core.jobs import ScriptJob, job_of
from bot.core.run import ONLY_LOOKING, OUT_OF_REACH, State
from bot.core.runbook import Step


def called_off(state: State, step: Step, values: Mapping[str, str]) -> tuple[State, str]:
    """The state of a step that was in `state` and under way, or out of reach, and what is said of it."""
    if state in ONLY_LOOKING:
        return State.HELD, "called off before anything was run"
    if state is State.UNENDED:
        return State.UNKNOWN, "called off; it could not be ended"
    if state not in OUT_OF_REACH:
        return State.UNKNOWN, "called off while it was under way"
    job = job_of(step.action, values) if step.action else None
    where = f" on {job.place}" if isinstance(job, ScriptJob) else ""
    return State.UNKNOWN, f"called off while out of reach: it may still run{where}"
