"""The name that is typed where there is no way back. A wrong one is told at the field, and nothing happens."""

from bot.core.run import Button, Press
from bot.views.modals import ANSWERED, TYPE_NAME
from handlers.desk import Desk
from handlers.pressing import check_with, press_with
from handlers.submission import Modal, Submission


async def _press(_desk: Desk, submission: Submission) -> Press:
    about = submission.about
    typed = submission.answers[ANSWERED]
    return Press(Button(about["button"]), about["step"], about["version"], submission.user, typed=typed)


MODAL = Modal(TYPE_NAME, press_with(_press), check_with(_press), ANSWERED)
