"""Which missing machines were deleted on purpose, or rebuilt."""

from bot.core.incident import IncidentId
from bot.core.permit import Act
from bot.usecases import missing
from bot.views.machines import LET_GO, MACHINES
from handlers.desk import Desk
from handlers.machines import complain, demand_gone, ticked
from handlers.submission import Modal, Submission


async def submit(desk: Desk, submission: Submission) -> None:
    """Record it, unless a host has one of them again; the incident's card then says so."""
    desk.demand(submission.user, Act.LET_GO)
    number, seen = IncidentId(submission.about["incident"]), await ticked(desk, submission)
    await demand_gone(desk, seen)
    await desk.writer.do(missing.let_go, desk.config, number, tuple(seen), submission.user, seen)


MODAL = Modal(LET_GO, submit, complain, MACHINES)
