"""What the modals of a step have in common: what was put in is a press, tried first, then made."""

from collections.abc import Awaitable, Callable

from bot import queries
from bot.core.run import Press
from handlers.desk import Desk
from handlers.kindly import MISTAKES
from handlers.submission import Check, Submission, Submit

MakePress = Callable[[Desk, Submission], Awaitable[Press]]
"""The press that a submission stands for."""


def press_with(make: MakePress) -> Submit:
    """Make the press."""

    async def submit(desk: Desk, submission: Submission) -> None:
        await desk.move_run(submission.about["run"], await make(desk, submission), submission.user)

    return submit


def check_with(make: MakePress) -> Check:
    """Why what was typed will not do. What else may be wrong with the press is told once it is made."""

    async def check(desk: Desk, submission: Submission) -> str | None:
        try:
            press = await make(desk, submission)
            return await desk.reader.ask(queries.why_not, desk.house, submission.about["run"], press)
        except MISTAKES:
            return None

    return check
