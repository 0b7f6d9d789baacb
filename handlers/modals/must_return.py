"""Which missing machines must come back."""

from bot.core.incident import IncidentId
from bot.usecases import missing
from bot.views.machines import MACHINES, MUST_RETURN
from handlers.desk import Desk
from handlers.machines import complain, ticked
from handlers.submission import Modal, Submission


async def submit(desk: Desk, submission: Submission) -> None:
    """Record it; the incident's card then says so."""
    number, seen = IncidentId(submission.about["incident"]), await ticked(desk, submission)
    await desk.writer.do(missing.must_return, desk.config, number, tuple(seen), submission.user, seen)


MODAL = Modal(MUST_RETURN, submit, complain, MACHINES)
