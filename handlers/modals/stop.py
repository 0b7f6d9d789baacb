"""Whether a run is really to be stopped."""

from bot.core.run import Button, Press
from bot.views.modals import STOP
from handlers.desk import Desk
from handlers.submission import Modal, Submission


async def submit(desk: Desk, submission: Submission) -> None:
    """Stop it."""
    about = submission.about
    command = Press(Button.STOP, about["step"], about["version"], submission.user)
    await desk.move_run(about["run"], command, submission.user)


MODAL = Modal(STOP, submit)
