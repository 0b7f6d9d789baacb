"""Someone in the workspace who reads, clicks, fills in and types as on the page, but faster and without a browser.

They see what Slack shows and no more: nothing here knows the bot's database, its values or its action ids.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.workspace.records import HOMELAB, Json, User
from bot.workspace.server import Box
from tests.waiting import until

PATIENCE = 15.0  # seconds


@dataclass(frozen=True, slots=True)
class Found:
    """Something to click on: in which message, which element, and which option of it."""

    message: Json
    block: str
    element: Json
    option: Json | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One user of the box's workspace, looking at the bot's channel."""

    box: Box
    user: User

    # Reading.

    def channel(self) -> list[Json]:
        """What the channel itself shows, oldest first; among it the replies that were sent to it as well."""
        return self.box.workspace.messages.history(HOMELAB.id)

    def own_messages(self) -> list[Json]:
        """The channel's messages that are no reply to another."""
        return [m for m in self.channel() if m.get("thread_ts", m["ts"]) == m["ts"]]

    def thread(self, message: Json) -> list[Json]:
        """The replies to a message, oldest first; of a broadcast: those beside it."""
        return self.box.workspace.messages.replies(HOMELAB.id, _card_of(message))[1:]

    def everything(self) -> list[Json]:
        """All messages and replies, oldest first."""
        replies = [reply for message in self.own_messages() for reply in self.thread(message)]
        return sorted([*self.own_messages(), *replies], key=lambda message: message["ts"])

    def ever_said(self) -> str:
        """All that any message or reply ever said, also where it was changed since."""
        messages = self.box.workspace.messages
        kept = (messages.versions(HOMELAB.id, message["ts"]) for message in self.everything())
        return "\n".join(words(version) for versions in kept for version in versions)

    def whispers(self) -> list[str]:
        """What only this person was shown, oldest first."""
        return [words(m) for m in self.box.workspace.messages.ephemeral(HOMELAB.id, self.user.id)]

    def pictures(self, message: Json) -> list[bytes]:
        """The files in a message's thread that are pictures, oldest first."""
        files = [file for reply in self.thread(message) for file in reply.get("files", [])]
        addresses = [file["url_private"].split("/") for file in files if file["filetype"] == "png"]
        return [self.box.workspace.files.content(*address[-3:-1]) or b"" for address in addresses]

    async def whispered(self, number: int) -> list[str]:
        """All that only this person was shown, once it is so much."""
        await until(lambda: len(self.whispers()) >= number, PATIENCE)
        return self.whispers()

    async def sees(self, *said: str, seconds: float = PATIENCE) -> Json:
        """The newest message or reply that says all this, once there is one."""
        return await self._awaits(self.everything, said, seconds)

    async def sees_in(self, message: Json, *said: str, seconds: float = PATIENCE) -> Json:
        """The newest reply to `message` that says all this, once there is one."""
        return await self._awaits(lambda: self.thread(message), said, seconds)

    async def sees_change(self, message: Json, *said: str, seconds: float = PATIENCE) -> Json:
        """`message` itself, once it says all this."""
        return await self._awaits(lambda: [self.now(message)], said, seconds)

    async def is_told(self, *said: str, seconds: float = PATIENCE) -> str:
        """The newest thing shown to this person alone that says all this, once there is one."""

        def newest() -> str:
            return next((w for w in reversed(self.whispers()) if all(one in w for one in said)), "")

        try:
            return await until(newest, seconds)
        except AssertionError:
            raise AssertionError(f"{self.user.name} was never told {said}, but {self.whispers()[-3:]}") from None

    def now(self, message: Json) -> Json:
        """`message` as it stands now; of a broadcast, which stays as it was sent: the card it stands under."""
        found = self.box.workspace.messages.get(HOMELAB.id, _card_of(message))
        assert found is not None, "it was deleted"
        return found

    async def _awaits(self, among: Callable[[], list[Json]], said: tuple[str, ...], seconds: float) -> Json:
        def newest() -> Json | None:
            fitting = (m for m in reversed(among()) if all(one in words(m) for one in said))
            return next(fitting, None)

        try:
            return await until(newest, seconds)
        except AssertionError:
            shown = "\n---\n".join(words(message) for message in among()[-6:])
            raise AssertionError(
                f"{self.user.name} never saw {said} within {seconds} s; at last there was:\n{shown}"
            ) from None

    # Doing.

    async def press(self, label: str, on: str = "", *, agreeing_to: str = "", seconds: float = PATIENCE) -> None:
        """Press the button, or choose the menu's line, that begins so, in the newest message that says `on`.

        `agreeing_to`: what the question must say that Slack asks first; where it asks unexpectedly, that fails.
        """
        found = await self._finds(label, on, seconds)
        self._agree(found.element, agreeing_to)
        await self.press_again(found)

    async def look_for(self, label: str, on: str = "", *, seconds: float = PATIENCE) -> Found:
        """The button of that label, to be pressed later, when it may be stale."""
        return await self._finds(label, on, seconds)

    async def press_again(self, found: Found) -> None:
        """Press what was found earlier."""
        problem = await self.tries_to_press(found)
        assert not problem, f"{self.user.name}'s click was not acknowledged: {problem}"

    async def tries_to_press(self, found: Found) -> str:
        """Press it; gives Slack's word for it when the bot did not take the click."""
        chosen = {"selected_option": found.option} if found.option else {}
        act = {"block_id": found.block, "action_id": found.element["action_id"], **chosen}
        return await self.box.workspace.click(self.user.id, found.message["ts"], act)

    async def tick(self, on: str) -> None:
        """Tick every box of the newest message that says `on` and has any."""

        def newest() -> Json | None:
            return next((m for m in reversed(self.everything()) if on in words(m) and list(boxes(m))), None)

        message = await until(newest, PATIENCE)
        for block, element in boxes(message):
            act = {"block_id": block, "action_id": element["action_id"], "selected_options": element["options"]}
            problem = await self.box.workspace.click(self.user.id, message["ts"], act)
            assert not problem, f"the ticks were not acknowledged: {problem}"

    async def fills(self, title: str, **answers: str) -> dict[str, str]:
        """Fill the open modal of that title and submit it; gives its complaints by label, {} when it closed.

        An answer's name is its label, with _ for blanks. Of a list, the line that begins so is chosen.
        """
        view = await self.sees_modal(title)
        state: Json = {}
        labels = {}
        for block in view["blocks"]:
            if block["type"] == "input":
                label = labels[block["block_id"]] = block["label"]["text"]
                answer = answers[label.rstrip("?").replace(" ", "_")]
                state[block["block_id"]] = {block["element"]["action_id"]: _filled(block["element"], answer)}
        response = await self.box.workspace.submit_view(self.user.id, view["id"], state)
        assert "error" not in response, response
        return {labels[block]: complaint for block, complaint in response.get("errors", {}).items()}

    async def sees_modal(self, title: str) -> Json:
        """The modal of that title, once it is open."""

        def top() -> Json | None:
            stack = self.box.workspace.modals.stack(self.user.id)
            return stack[-1] if stack and stack[-1]["title"]["text"] == title else None

        return await until(top, PATIENCE)

    async def types(self, command: str, seconds: float = PATIENCE) -> str:
        """Type a slash command; what it answers to this person."""
        before = len(self.whispers())
        name, _, rest = command.partition(" ")
        await self.box.workspace.slash_command(self.user.id, HOMELAB.id, name, rest)
        await until(lambda: len(self.whispers()) > before, seconds)
        return self.whispers()[-1]

    async def _finds(self, label: str, on: str, seconds: float) -> Found:
        def newest() -> Found | None:
            for message in reversed(self.everything()):
                if on in words(message):
                    for found in offered(message):
                        if _label(found).startswith(label):
                            return found
            return None

        try:
            return await until(newest, seconds)
        except AssertionError:
            there = [f"{_label(f)} ({words(f.message)[:60]!r})" for m in self.everything() for f in offered(m)]
            raise AssertionError(
                f"no “{label}” on any message saying {on!r}; there are: {there}; told: {self.whispers()[-3:]}"
            ) from None

    def _agree(self, element: Json, expected: str) -> None:
        dialog = element.get("confirm")
        asked = f"{dialog['title']['text']} {dialog['text']['text']}" if dialog else ""
        assert bool(dialog) == bool(expected), f"asked {asked!r}, expected {expected!r}"
        assert expected in asked, f"asked {asked!r}, expected {expected!r}"


def offered(message: Json) -> Iterator[Found]:
    """The buttons and menu lines of a message, in order."""
    for block in message.get("blocks", []):
        for element in block.get("elements", []):
            if element.get("type") == "button":
                yield Found(message, block["block_id"], element)
            elif element.get("type") == "overflow":
                yield from (Found(message, block["block_id"], element, option) for option in element["options"])


def boxes(message: Json) -> Iterator[tuple[str, Json]]:
    """The groups of checkboxes of a message, each with its block's id."""
    for block in message.get("blocks", []):
        yield from ((block["block_id"], e) for e in block.get("elements", []) if e.get("type") == "checkboxes")


def buttons(message: Json) -> list[str]:
    """The labels of a message's buttons."""
    return [_label(found) for found in offered(message) if found.option is None]


def words(message: Json) -> str:
    """All that a message says, but for the labels of its buttons: blocks, fallback text, titles of files."""
    files = [f"{file.get('title', '')} {file.get('name', '')}" for file in message.get("files", [])]
    return "\n".join([message.get("text", ""), *(w for b in message.get("blocks", []) for w in _said(b)), *files])


def _said(part: object) -> Iterator[str]:
    """Every text within a block."""
    if isinstance(part, dict):
        if part.get("type") in {"button", "overflow"}:
            return
        for key, value in part.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from _said(value)
    elif isinstance(part, list):
        for one in part:
            yield from _said(one)


def _label(found: Found) -> str:
    text: str = (found.option or found.element)["text"]["text"]
    return text


def _filled(element: Json, answer: str) -> Json:
    if element["type"] == "plain_text_input":
        return {"value": answer}
    fitting = [option for option in element["options"] if option["text"]["text"].startswith(answer)]
    assert fitting, f"no {answer!r} among {[option['text']['text'] for option in element['options']]}"
    if element["type"] == "checkboxes":
        return {"selected_options": fitting}
    return {"selected_option": fitting[0]}


def _card_of(message: Json) -> str:
    """The ts of what a message's reader follows: of a broadcast the thread's first message."""
    return message["thread_ts"] if message.get("subtype") == "thread_broadcast" else message["ts"]
