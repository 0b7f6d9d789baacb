"""To which step to go."""

from bot.core.run import GoTo
from bot.views.modals import ANSWERED, GO_TO
from handlers.desk import Desk
from handlers.submission import Modal, Submission


async def submit(desk: Desk, submission: Submission) -> None:
    """Go there."""
    to, version = int(submission.answers[ANSWERED]), submission.about["version"]
    await desk.move_run(submission.about["run"], GoTo(to, version, submission.user), submission.user)


MODAL = Modal(GO_TO, submit)
