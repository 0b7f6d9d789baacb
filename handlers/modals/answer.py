"""What a step asked to be typed."""

from bot.core.run import Button, Press
from bot.views.modals import ANSWER, ANSWERED
from handlers.desk import Desk
from handlers.pressing import check_with, press_with
from handlers.submission import Modal, Submission


async def _press(_desk: Desk, submission: Submission) -> Press:
    about = submission.about
    typed = submission.answers[ANSWERED]
    return Press(Button.ANSWER, about["step"], about["version"], submission.user, answer=typed)


MODAL = Modal(ANSWER, press_with(_press), check_with(_press), ANSWERED)
