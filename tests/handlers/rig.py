"""A bot without a lab: real store, bolt over Socket Mode, courier and performer, with a workspace in a box."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot import actions, runs
from bot.cards import Artist
from bot.config import Config, Runbooks, SlackConfig
from bot.core.health import CheckName, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.permit import Person
from bot.core.placements import Found
from bot.core.written import Knowledge
from bot.library import Library
from bot.manifest import manifest
from bot.markdown import parse
from bot.outbox import Courier
from bot.performing import Performer
from bot.reach.local import LocalReach
from bot.sightings import believe
from bot.slack import Slack
from bot.slack_app import make_app
from bot.slack_socket import Line
from bot.store.reader import Reader
from bot.store.writer import Writer
from bot.usecases.run_context import House
from bot.workspace.records import ALEX, HOMELAB, ROBIN
from bot.workspace.server import Box, installed
from handlers import Desk, register
from tests.waiting import until
from tests.walking import never

PEOPLE = (Person("alex", ALEX.id, ("admin",), owner=True), Person("robin", ROBIN.id, ("hands",)))
ATLAS, WEB1 = TargetId("host:atlas"), TargetId("guest:web1")
LAB = (Target(ATLAS), Target(WEB1, runs_on=ATLAS), Target(TargetId("guest:db1"), runs_on=ATLAS))

MEND = """\
# Mend a guest

- Use for: guest-down

## Look
- Run on: bot

Have a look at $guest.

```sh
echo "looked at $guest"
```

**Check**:

```sh
true
```

## Choose the flavour
- Choose: flavour
- Options: sweet, sour

## Say why
- Ask: note
- Pattern: [a-z]+

## Wipe it
- Run on: bot
- Confirm by typing: $guest

> [!WARNING]
> $guest is gone afterwards.

```sh
echo "wiped $guest: $flavour, $note <!channel>"
```

## Look at the lights
- Who: hands
- Confirm: They are bright.

- [ ] The left one
- [ ] The right one

## Ask for help
- Only on request: yes

Write in the thread.
"""
SECOND = "# Start anew\n\n- Use for: guest-damaged\n\n## Do it\n\nBy hand.\n"
THIRD = "# Leave it\n\n- Use for: guest-damaged\n\n## Do nothing\n\nBy hand.\n"


class Rig:
    """What a test does and sees; built by `rig()`."""

    def __init__(self, folder: Path, box: Box) -> None:
        books = folder / "runbooks"
        books.mkdir()
        for name, text in (("mend", MEND), ("anew", SECOND), ("leave", THIRD)):
            (books / f"{name}.md").write_text(text)
        self.box = box
        self.there: dict[TargetId, str] = {}  # the hosts that have guests now, whatever was noticed
        self.unasked: tuple[str, ...] = ()  # the hosts that can't be asked
        self.config = Config(
            folder / "lab.yaml",
            SlackConfig("homelab"),
            PEOPLE,
            data=folder,
            runbooks=Runbooks(books, run_on_bot=True),
        )
        known = Knowledge(tuple(a.verb for a in actions.discover().values()), bot=True)
        self.writer, self.reader = Writer(now), Reader(now)
        self.library = Library([books], known)
        self.house = House(self.config, lambda name, text: parse(name, text, known).runbook)
        known_actions = actions.discover()
        self.performer = Performer(
            self.writer, self.house, lambda _run, _place: LocalReach(), known_actions, lambda _: None, never
        )
        self.slack = Slack(bot_token=box.bot_token, app_token=box.app_token, api_url=box.api_url)
        artist = Artist(self.config, self.library, self.performer.progress, self.house)
        self.courier = Courier(self.writer, self.slack, "homelab", artist.draw, now)
        self.writer.wake = self.courier.poke
        self.app = make_app(self.slack)
        self.line = Line(self.app, self.slack, now=now, on_hopeless=lambda: None)

    async def listen(self) -> None:
        """Answer what people do, once the database is open."""
        register(
            self.app,
            Desk(
                self.writer,
                self.reader,
                self.slack,
                self.config,
                self.library,
                self.house,
                self.start_run,
                self.move_run,
                search=self.search,
            ),
        )

    async def search(self, guests):
        return Found({guest: host for guest, host in self.there.items() if guest in guests}, self.unasked)

    async def start_run(self, runbook: str, target: str | None, incident: int | None, by: str) -> int:
        book = self.library.get(runbook)
        aim = await self.reader.ask(runs.aim, target, incident)
        values = {"guest": aim.target.partition(":")[2]} if aim.target else {}
        moved = await self.writer.do(runs.start, self.house, book, values, aim, by)
        self.performer.perform(moved)
        return moved.run.id

    async def move_run(self, run: int, command, by: str) -> None:
        self.performer.perform(await self.writer.do(runs.move, self.house, run, command, by))

    # What befalls the lab.

    async def see(self, target: TargetId, health: Health, why: str, kind: Kind | None = None) -> None:
        fingerprint = Fingerprint(CheckName("guest"), target)
        running = health is Health.OK
        seen = Observation(fingerprint, health, now(), why, kind, stated=True, running=running)
        await self.writer.do(believe, self.config, [seen], None)

    async def web1_crashes(self, kind: Kind = Kind.GUEST_DOWN) -> None:
        """Incident 1, posted."""
        await self.see(WEB1, Health.OK, "running")
        await self.see(WEB1, Health.FAIL, "crashed <!channel>", kind)
        await self.card("incident:1")

    async def web1_is_back(self) -> None:
        await self.see(WEB1, Health.OK, "running")

    # What is in the database.

    async def incident(self, number: int = 1):
        return await self.reader.ask(lambda store, _now: store.incidents.get(number))

    async def run(self, number: int = 1):
        return (await self.reader.ask(lambda store, _now: runs.read_run(store, self.house, number)))[0]

    # What a person does and sees.

    async def card(self, subject: str, says: str = "") -> dict:
        """A subject's message, once it says so."""

        async def shown():
            post = await self.reader.ask(lambda store, _now: store.outbox.post(subject))
            message = post and self.box.workspace.messages.get(post.channel, post.ts)
            return message if message and says in json.dumps(message, ensure_ascii=False) else None

        return await until(shown)

    async def buttons_gone(self, subject: str) -> None:
        """A subject's message has nothing left to click."""

        async def bare() -> bool:
            return not labels(await self.card(subject))

        await until(bare)

    async def type(self, user: str, text: str, channel: str = HOMELAB.id) -> str:
        """Type after /lab; the answer."""
        before = len(self.whispers(user, channel))
        await self.box.workspace.slash_command(user, channel, "/lab", text)
        await until(lambda: len(self.whispers(user, channel)) > before)
        return self.whispers(user, channel)[-1]

    def whispers(self, user: str, channel: str = HOMELAB.id) -> list[str]:
        """What only this person saw there, each as one text."""
        messages = self.box.workspace.messages.ephemeral(channel, user)
        return [json.dumps([m["text"], m.get("blocks", [])], ensure_ascii=False) for m in messages]

    async def press(self, user: str, message: dict, label: str) -> None:
        """Click the button, or the entry of the overflow, of that label."""
        assert await self.box.workspace.click(user, message["ts"], clickable(message, label)) == ""

    async def refused(self, user: str, message: dict, label: str) -> str:
        """Click it, and read why nothing came of it."""
        before = len(self.whispers(user))
        await self.press(user, message, label)
        await until(lambda: len(self.whispers(user)) > before)
        return self.whispers(user)[-1]

    async def modal(self, user: str, message: dict, label: str) -> dict:
        """Click what opens a modal; the modal."""
        await self.press(user, message, label)
        return (await until(lambda: self.box.workspace.modals.stack(user)))[-1]

    async def submit(self, user: str, view: dict, **values: str) -> dict:
        """Fill the modal's inputs, by block id, and submit it; what the app answered."""
        return await self.box.workspace.submit_view(user, view["id"], filled(view, values))


def now() -> datetime:
    return datetime.now(UTC)


def labels(message: dict) -> list[str]:
    """All that can be clicked in a message."""
    return [label for label, _ in _clickables(message)]


def clickable(message: dict, label: str) -> dict:
    """The click on what has that label."""
    found = dict(_clickables(message))
    assert label in found, f"{label!r} is not among {list(found)}"
    return found[label]


def _clickables(message: dict):
    for block in message["blocks"]:
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            action = {"action_id": element["action_id"], "block_id": block["block_id"]}
            if element["type"] == "button":
                yield element["text"]["text"], action
            if element["type"] == "overflow":
                for option in element["options"]:
                    yield option["text"]["text"], action | {"selected_option": option}
            if element["type"] == "checkboxes":
                yield "boxes", action


def filled(view: dict, values: dict[str, str]) -> dict:
    """`state.values` with these inputs filled."""
    state = {}
    for block in view["blocks"]:
        if block["block_id"] in values:
            element, value = block["element"], values[block["block_id"]]
            match element["type"]:
                case "plain_text_input":
                    held = {"value": value}
                case "checkboxes":
                    ticked = [o for o in element["options"] if o["text"]["text"] in value.split()]
                    held = {"selected_options": ticked}
                case _:
                    held = {"selected_option": {"value": value}}
            state[block["block_id"]] = {element["action_id"]: held}
    return state


@asynccontextmanager
async def rig(folder: Path, clock: Callable[[], float] = time.time) -> AsyncIterator[Rig]:
    """A rig, connected, with a host and two guests known. `clock`: the workspace's."""
    async with workspace(clock) as box, rig_in(folder, box) as made:
        yield made


@asynccontextmanager
async def workspace(clock: Callable[[], float] = time.time) -> AsyncIterator[Box]:
    """The workspace alone."""
    settings = replace(installed(manifest()), rate_limits=False, clock=clock)
    async with Box.start(settings=settings) as box:
        yield box


@asynccontextmanager
async def rig_in(folder: Path, box: Box) -> AsyncIterator[Rig]:
    """A rig in that workspace, its database in that folder."""
    async with AsyncExitStack() as stack:
        made = Rig(folder, box)
        stack.push_async_callback(made.slack.close)
        await made.writer.open(folder / "caretaker.db")
        stack.push_async_callback(made.writer.close)
        await made.reader.open(folder / "caretaker.db")
        stack.push_async_callback(made.reader.close)
        await made.listen()
        made.library.refresh()
        assert not made.library.broken(), made.library.broken()
        await made.writer.do(lambda store, at: store.targets.keep(LAB, at))
        delivering = asyncio.create_task(made.courier.run())
        stack.push_async_callback(_end, delivering)
        stack.push_async_callback(made.performer.close)
        made.line.start()
        stack.push_async_callback(made.line.close)
        await until(lambda: made.line.state.connected)
        yield made


async def _end(task: asyncio.Task) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
