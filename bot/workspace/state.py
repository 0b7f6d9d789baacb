"""The workspace: who is in it, what was said, and what a person can do in it. No network in here.

What there is to see: `users`, `channels`, `commands`, `app`; `messages` (history, replies, ephemeral), `modals`
(stack, home), `files`; and `subscribe()` for every change since, as one of these JSON objects:

    {"type": "message" | "message_changed", "channel": C, "message": M}
    {"type": "message_deleted", "channel": C, "ts": TS}
    {"type": "ephemeral", "channel": C, "user": U, "message": M}            shown or replaced, to this person only
    {"type": "ephemeral_deleted", "channel": C, "user": U, "ts": TS}
    {"type": "view_opened" | "view_updated" | "view_closed", "user": U, "view": V}
    {"type": "home", "user": U, "view": V}
    {"type": "channel", "channel": C}                                       new, changed or deleted
    {"type": "action_failed", "user": U, "error": "operation_timeout" | …}  the app didn't take a click in time
    {"type": "reset"}                                                       everything was cleared: read it anew

What a person does is a coroutine here; it ends when the app has acknowledged (three seconds, as Slack has it).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from bot.workspace import answers, clicking, elements, payloads
from bot.workspace.feed import Feed, Subscription
from bot.workspace.files import Files
from bot.workspace.limits import Refusal, check_message, check_view
from bot.workspace.messages import Messages
from bot.workspace.modals import MOST_STACKED, Modals
from bot.workspace.payloads import Envelope
from bot.workspace.records import (
    APP,
    CHANNELS,
    COMMANDS,
    EVENTS,
    SLACKBOT,
    USERS,
    App,
    Channel,
    Command,
    Json,
)

TROUBLE: Final = "We had some trouble connecting. Try again?"  # what Slack's modal says when the app didn't answer


class Undelivered(Exception):
    """The app didn't take it. Its text is Slack's word: `dispatch_failed` or `operation_timeout`."""


Deliver = Callable[[Envelope], Awaitable[Json]]
"""Hands an envelope to the app and returns what it answered in its acknowledgement ({} for nothing).

Raises Undelivered."""


class Workspace:
    """One workspace. `deliver` reaches the app; `clock` is wall time in seconds since 1970.

    `messages_tab`: whether the app may write to people directly.
    """

    def __init__(
        self,
        deliver: Deliver,
        *,
        app: App = APP,
        commands: Iterable[Command] = COMMANDS,
        messages_tab: bool = True,
        events: Iterable[str] = EVENTS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.app = app
        self.base_url = ""
        self.commands = tuple(commands)
        self.messages_tab = messages_tab
        self.users = {user.id: user for user in USERS}
        self.channels = {channel.id: channel for channel in CHANNELS}
        self._events = frozenset(events)
        self._deliver = deliver
        self._clock = clock
        self._last_stamp = 0
        self._feed = Feed()
        self._tasks: set[asyncio.Task[None]] = set()
        self.messages = Messages(self._feed.emit, self.stamp)
        self.modals = Modals(app, self._feed.emit, clock)
        self.files = Files(app, lambda: self.base_url, clock)
        self.response_urls = answers.ResponseUrls(clock)

    def subscribe(self) -> Subscription:
        """An endless `async for` over the changes from this call on; use it in `with`, or close it."""
        return self._feed.subscribe()

    def stamp(self) -> str:
        """A ts: unique in the workspace and later than every one before."""
        self._last_stamp = max(self._last_stamp + 1, int(self._clock() * 1_000_000))
        seconds, micros = divmod(self._last_stamp, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def channel(self, name: str) -> Channel | None:
        """The channel with this id, `#name` or name; a person's id means their direct messages with the bot."""
        if name in self.users:
            return self.direct(name)
        named = (channel for channel in self.channels.values() if channel.name == name.removeprefix("#"))
        return self.channels.get(name) or next(named, None)

    def direct(self, user: str) -> Channel:
        """The person's direct messages with the bot, opened when there were none."""
        channel = Channel(f"D{user[1:]}", self.users[user].name, frozenset({user, self.app.user_id}), is_im=True)
        if channel.id not in self.channels:
            self.keep(channel)
        return self.channels[channel.id]

    def join(self, channel: Channel, user: str) -> Channel:
        """Make the person or the bot a member of the channel."""
        return self.keep(replace(channel, members=channel.members | {user}))

    def leave(self, channel: Channel, user: str) -> Channel:
        """Take the person or the bot out of the channel."""
        return self.keep(replace(channel, members=channel.members - {user}))

    def keep(self, channel: Channel) -> Channel:
        """Make it the channel with its id: a new one, or the old one changed."""
        self.channels[channel.id] = channel
        self._feed.emit({"type": "channel", "channel": channel.id})
        return channel

    def drop(self, channel: Channel) -> None:
        """Delete the channel and all that was said in it."""
        del self.channels[channel.id]
        self.messages.forget(channel.id)
        self._feed.emit({"type": "channel", "channel": channel.id})

    def as_bot(self, content: Json) -> Json:
        """A message of the app's, with the fields by which Slack tells whose it is."""
        whose = {"user": self.app.user_id, "bot_id": self.app.bot_id, "app_id": self.app.id}
        return {**whose, "team": self.app.team_id, "text": "", **content}

    def reset(self) -> None:
        """Forget messages, modals, files and response URLs; people, channels and connections stay."""
        for store in (self.messages, self.modals, self.files, self.response_urls):
            store.clear()
        self._feed.emit({"type": "reset"})

    async def close(self) -> None:
        """Give up what is still being delivered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def say(self, user: str, channel: str, text: str, thread_ts: str = "") -> Json:
        """Write a message, in a thread with `thread_ts`. Returns it at once; the app is told when it can be."""
        reply = {"thread_ts": thread_ts} if thread_ts else {}
        message = self.messages.post(channel, {"user": user, "team": self.app.team_id, "text": text, **reply})
        where = self.channels[channel]
        heard = self.app.user_id in where.members
        kind = "im" if where.is_im else "channel"
        content = {**message, "channel": channel, "event_ts": message["ts"]}
        if heard and f"message.{'im' if where.is_im else 'channels'}" in self._events:
            self._announce(content | {"channel_type": kind})
        if heard and f"<@{self.app.user_id}>" in text and "app_mention" in self._events:
            self._announce(content | {"type": "app_mention"})
        return message

    async def open_home(self, user: str) -> None:
        """Look at the app's Home tab; the app is told and may publish it anew."""
        about = {"type": "app_home_opened", "user": user, "channel": self.direct(user).id, "tab": "home"}
        home = {"view": view} if (view := self.modals.home(user)) else {}
        if "app_home_opened" in self._events:
            self._announce(about | {"event_ts": self.stamp()} | home)

    async def slash_command(self, user: str, channel: str, command: str, text: str) -> None:
        """Type a slash command. What the app answers, or that it didn't, is shown in the channel."""
        if command not in {known.name for known in self.commands}:
            self._slackbot(channel, user, f"`{command}` is not a valid command.")
            return
        spot = answers.Spot(user, channel)
        links = self.links(spot)
        who, where = self.users[user], self.channels[channel]
        try:
            answer = await self._deliver(payloads.slash_command(self.app, who, where, (command, text), links))
            self.answer(spot, answer)
        except Undelivered as error:
            self._slackbot(channel, user, f'{command} failed with the error "{error}"')
        except Refusal as refusal:
            self._slackbot(channel, user, f'{command} failed with the error "{refusal.error}"')

    def answer(self, spot: answers.Spot, answer: Json) -> None:
        """Show what the app answered; an empty answer shows nothing. Raises Refusal where Slack refuses it."""
        if answer.get("text") or answer.get("blocks"):
            check_message(answer.get("text", ""), answer.get("blocks"))
            answers.give(self, spot, answer)
        elif answer.get("delete_original"):
            answers.give(self, spot, answer)

    async def click(self, user: str, target: str, action: Json, state: Json | None = None) -> str:
        """Act on an element: `target` is a message's ts or a view's id.

        `action` names it by block_id (may be left out) and action_id, and carries what was chosen:
        selected_option, selected_options, selected_date or value. `state` is what the other elements hold, as in
        `state.values`. An element of an earlier version may be clicked too: a phone may not have seen the edit.
        Returns "" when the app acknowledged, otherwise Slack's word for why not. Raises ValueError for what is
        not there.
        """
        envelope = clicking.envelope(self, user, target, action, state or {})
        try:
            await self._deliver(envelope)
        except Undelivered as error:
            self._feed.emit({"type": "action_failed", "user": user, "error": str(error)})
            return str(error)
        return ""

    async def submit_view(self, user: str, view_id: str, state: Json) -> Json:
        """Press a modal's Submit with `state` as in `state.values`, and return the app's response.

        {} closes the modal; otherwise response_action is errors (with errors by block_id), update, push or clear.
        An app that can't be reached, or answers with what Slack refuses, gives {"error": what the modal says}.
        """
        view = self._view_of(user, view_id)
        values = elements.values(view["blocks"], state)
        if unfilled := elements.unfilled(view["blocks"], values):
            return {"response_action": "errors", "errors": unfilled}
        filled = {**view, "state": {"values": values}}
        trigger = self.modals.trigger(user)
        try:
            envelope = payloads.view_submission(self.app, self.users[user], filled, trigger)
            response = await self._deliver(envelope)
            self._respond(user, view, response)
        except (Undelivered, Refusal):
            return {"error": TROUBLE}
        return response

    async def close_view(self, user: str, view_id: str, *, everything: bool = False) -> None:
        """Dismiss a modal, or all of the person's; the app is told where it asked to be."""
        self._view_of(user, view_id)
        for view in self.modals.close(user, view_id, everything=everything):
            if view["notify_on_close"]:
                self._later(payloads.view_closed(self.app, self.users[user], view, is_cleared=everything))

    def _respond(self, user: str, view: Json, response: Json) -> None:
        kind, shown = response.get("response_action"), response.get("view")
        if kind == "errors":
            if not response.get("errors", {}).keys() <= {block["block_id"] for block in view["blocks"]}:
                raise Refusal("invalid_response", ["[ERROR] errors at blocks that the view hasn't got"])
        elif kind == "update":
            check_view(shown)
            self.modals.update(view["id"], self._named(shown))
        elif kind == "push":
            check_view(shown)
            if len(self.modals.stack(user)) >= MOST_STACKED:
                raise Refusal("push_limit_reached")
            self.modals.open(user, self._named(shown))
        else:
            self.modals.close(user, view["id"], everything=kind == "clear")

    @staticmethod
    def _named(view: Any) -> Json:
        return {**view, "blocks": elements.with_ids(view["blocks"])}

    def _view_of(self, user: str, view_id: str) -> Json:
        view = next((view for view in self.modals.stack(user) if view["id"] == view_id), None)
        if view is None:
            raise ValueError(f"cannot use the modal {view_id!r}: because {user} hasn't got it open")
        return view

    def links(self, spot: answers.Spot) -> Json:
        """The trigger_id and response_url that go with what a person just did."""
        url = f"{self.base_url}/response/{self.response_urls.issue(spot)}"
        return {"trigger_id": self.modals.trigger(spot.user), "response_url": url}

    def _slackbot(self, channel: str, user: str, text: str) -> None:
        self.messages.post_ephemeral(channel, user, {"user": SLACKBOT.id, "text": text})

    def _announce(self, content: Json) -> None:
        self._later(payloads.event(self.app, content, self._clock()))

    def _later(self, envelope: Envelope) -> None:
        task = asyncio.get_running_loop().create_task(self._try(envelope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try(self, envelope: Envelope) -> None:
        try:
            await self._deliver(envelope)
        except Undelivered:
            return  # as in Slack, nobody is told that an event didn't arrive
