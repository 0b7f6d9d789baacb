"""A person's mistake becomes one kind reply, and nothing has changed; what else goes wrong is told as a failure.

Every listener works inside `kindly`, after its acknowledgement.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.core import incident, run
from bot.core.permit import NotAllowed
from bot.domain_log import Entry
from bot.incidents import UnknownName
from bot.library import NoSuchRunbook
from bot.slack_errors import Rejected
from bot.slack_refusals import Remedy
from bot.store import StoreFailed
from bot.usecases.run_context import NoSuchRun, PinnedTextBroken
from bot.views import Card
from bot.views.answers import refusal_card, said
from handlers.desk import OtherDatabase


class Mistake(Exception):
    """What was typed can't be understood; the text says how it is written."""


MISTAKES = (
    Mistake,
    NotAllowed,
    incident.IllegalMove,
    run.IllegalMove,
    UnknownName,
    NoSuchRunbook,
    NoSuchRun,
    PinnedTextBroken,
    OtherDatabase,
)


@asynccontextmanager
async def kindly(tell: Callable[[Card], Awaitable[None]], user: str, what: str) -> AsyncIterator[None]:
    """Turn what a use case raises into a reply. What is nobody's mistake is raised again, for the log.

    `user`: a Slack id; `what`: what they did, in words for the log.
    """
    try:
        yield
    except MISTAKES as mistake:
        Entry(__name__, "refused", {"person": user, "what": what, "why": mistake}).write()
        await tell(refusal_card(str(mistake)))
    except StoreFailed as failed:
        await tell(refusal_card(f"cannot write my database: because {failed.reason}"))
        raise
    except Rejected as rejected:
        if rejected.remedy is Remedy.TRIGGER:
            await tell(said("That took too long. Please try again."))
            return
        await tell(said(f"Slack refused to show the answer ({rejected.error}). Details are in the log."))
        raise
    except Exception:
        await tell(said("Something went wrong on my side. Details are in the log."))
        raise
