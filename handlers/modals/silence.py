"""For how long, and why, an incident's subject is silent."""

from bot import incidents, queries
from bot.config.scalars import duration
from bot.core.incident import IncidentId
from bot.views.answers import silenced_card
from bot.views.modals import LENGTH, REASON, SILENCE
from bot.views.times import when
from handlers.desk import Desk
from handlers.submission import Modal, Submission


async def submit(desk: Desk, submission: Submission) -> None:
    """Silence it, and say until when."""
    number, reason = IncidentId(submission.about["incident"]), submission.answers[REASON]
    picture = await desk.reader.ask(queries.incident, number)
    subject = picture.incident.subject
    length = duration(submission.answers[LENGTH])
    made = await desk.writer.do(incidents.silence, desk.config, subject, length, submission.user, reason)
    await desk.whisper(submission.spot, silenced_card(picture.name(subject), when(made.until), reason))


MODAL = Modal(SILENCE, submit)
