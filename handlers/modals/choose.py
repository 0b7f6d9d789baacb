"""What was chosen of a step's list, known by its position."""

from bot import queries
from bot.core.offer import choices
from bot.core.run import Button, Press, StaleClick
from bot.views.modals import ANSWERED, CHOOSE
from handlers.desk import Desk
from handlers.pressing import check_with, press_with
from handlers.submission import Modal, Submission


async def _press(desk: Desk, submission: Submission) -> Press:
    about, position = submission.about, submission.answers[ANSWERED]
    run, book = await desk.reader.ask(queries.run, desk.house, about["run"])
    offered = {str(at): one.value for at, one in enumerate(choices(run, book, about["step"]))}
    if position not in offered:
        raise StaleClick("cannot choose that: because the list has changed")
    return Press(Button.CHOOSE, about["step"], about["version"], submission.user, answer=offered[position])


MODAL = Modal(CHOOSE, press_with(_press), check_with(_press), ANSWERED)
