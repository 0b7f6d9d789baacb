"""A submitted modal, taken out of Slack's payload; a modal's own check answers in its acknowledgement."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.store import StoreFailed
from bot.views.origin import ORIGIN
from handlers.click import Payload, subject_of
from handlers.desk import Desk, Spot
from handlers.kindly import kindly


@dataclass(frozen=True, slots=True)
class Submission:
    """`about`: what the modal was opened for. `answers`: what was put in, by the input's block id.

    `ticked`: the values of all boxes that are ticked.
    """

    spot: Spot
    about: Mapping[str, Any]
    answers: Mapping[str, str]
    ticked: tuple[str, ...] = ()

    @property
    def user(self) -> str:
        """Who submitted it."""
        return self.spot.user


Submit = Callable[[Desk, Submission], Awaitable[None]]
Check = Callable[[Desk, Submission], Awaitable[str | None]]


async def _no_check(_desk: Desk, _submission: Submission) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Modal:
    """A modal: its callback id, what its submission does, and what in it must be right before it closes.

    `check` gives the complaint shown at `field`, None where all is right. It must be quick: Slack waits for it.
    """

    callback: str
    submit: Submit
    check: Check = _no_check
    field: str = ""


def read_submission(body: Payload) -> Submission:
    """Read a `view_submission` payload of a modal of ours."""
    view = body["view"]
    about = json.loads(view["private_metadata"])
    held = {block: next(iter(state.values())) for block, state in view["state"]["values"].items()}
    answers = {block: _held(state) for block, state in held.items()}
    boxes = (option for state in held.values() for option in state.get("selected_options") or ())
    ticked = tuple(option["value"] for option in boxes)
    return Submission(Spot(body["user"]["id"], about["channel"], about["thread"]), about, answers, ticked)


def _held(state: Mapping[str, Any]) -> str:
    """What one input holds."""
    return str((state.get("selected_option") or state).get("value") or "")


def on_submit(desk: Desk, modal: Modal) -> Callable[..., Awaitable[None]]:
    """A listener: it checks, acknowledges, and only then acts."""

    async def listen(ack: AsyncAck, body: Payload) -> None:
        submission = read_submission(body)
        mark = submission.about.get(ORIGIN), subject_of(submission.about)
        complaint = await modal.check(desk, submission) if await _is_own(desk, *mark) else None
        if complaint:
            await ack(response_action="errors", errors={modal.field: complaint})
            return
        await ack()
        async with kindly(partial(desk.whisper, submission.spot), submission.user, modal.callback):
            await desk.demand_own(*mark)
            await modal.submit(desk, submission)

    return listen


async def _is_own(desk: Desk, origin: str | None, subject: str) -> bool:
    """Whether the modal was opened from a card of ours. What can't be read is told once the modal has closed."""
    try:
        return await desk.is_own(origin, subject)
    except StoreFailed:
        return False
