"""Why an incident is over."""

from bot import incidents
from bot.core.incident import IncidentId
from bot.views.modals import REASON, RESOLVE
from handlers.desk import Desk
from handlers.submission import Modal, Submission


async def submit(desk: Desk, submission: Submission) -> None:
    """Resolve it; its card then says so."""
    number, reason = IncidentId(submission.about["incident"]), submission.answers[REASON]
    await desk.writer.do(incidents.resolve, desk.config, number, submission.user, reason)


MODAL = Modal(RESOLVE, submit)
