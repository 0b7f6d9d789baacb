"""Which runbook to start for an incident."""

from bot.views.modals import RUNBOOK
from handlers.desk import Desk
from handlers.submission import Modal, Submission


async def submit(desk: Desk, submission: Submission) -> None:
    """Begin the run; its first step appears in the thread."""
    name = submission.answers[RUNBOOK]
    await desk.start_run(name, None, submission.about["incident"], submission.user)


MODAL = Modal(RUNBOOK, submit)
