"""Which machines may stay off."""

from bot.core.incident import IncidentId
from bot.usecases import persons_word
from bot.views.machines import MACHINES, STAY_OFF
from handlers.desk import Desk
from handlers.machines import complain, ticked
from handlers.submission import Modal, Submission


async def submit(desk: Desk, submission: Submission) -> None:
    """Record it; the incident's card then says so."""
    number, seen = IncidentId(submission.about["incident"]), await ticked(desk, submission)
    await desk.writer.do(persons_word.stays_off, desk.config, number, tuple(seen), submission.user, seen)


MODAL = Modal(STAY_OFF, submit, complain, MACHINES)
