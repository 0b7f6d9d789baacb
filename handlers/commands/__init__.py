"""`/lab`: its verbs, one file each, and what a verb gets. Nothing typed here is ever run as a command anywhere."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial

from slack_bolt.async_app import AsyncAck

from bot.core.incident import IncidentId
from bot.core.nearest import did_you_mean
from bot.core.quotes import quoted, typed
from bot.views import Card
from handlers.click import Payload
from handlers.desk import Desk, Spot
from handlers.discovery import declared
from handlers.kindly import Mistake, kindly

NOTHING_TYPED = "status"
_NUMBER = r"#?(\d{1,9})"
MACHINE = "web1"  # stands for a machine's name in how a verb is written


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed after the verb, and by whom (a Slack id). `usage`: how the verb is written.

    A name with blanks stands in quotes, or needs none where nothing follows it.
    """

    by: str
    text: str
    usage: str

    @property
    def words(self) -> list[str]:
        """The words of it; what stands in quotes is one."""
        return [word.text for word in typed(self.text)]

    def word(self, at: int) -> str:
        """The word at that place, from 0. Raises Mistake where there is none."""
        if at >= len(self.words):
            raise Mistake(f"Usage: `/lab {self.usage}`")
        return self.words[at]

    def rest(self, after: int) -> str:
        """All that stands behind the first `after` words. Raises Mistake where there is nothing."""
        self.word(after)
        return self.text[typed(self.text)[after].start :]

    def name(self, after: int = 0) -> str:
        """All that stands behind the first `after` words, as one name, in quotes or not. Raises Mistake."""
        return self.word(after) if len(self.words) == after + 1 else self.rest(after)

    def name_before(self, follows: Callable[[str], bool]) -> tuple[str, int]:
        """The name in front of the first word that `follows`, and how many words it has. Raises Mistake."""
        name, words = self.word(0), typed(self.text)
        if words[0].quoted:
            return name, 1
        length = next((at for at, word in enumerate(words) if at and follows(word.text)), 1)
        return self.text[: words[length - 1].end], length

    @property
    def names_incident(self) -> bool:
        """Whether the first word is an incident's number."""
        return bool(self.words) and re.fullmatch(_NUMBER, self.words[0]) is not None

    @property
    def takes_more(self) -> bool:
        """Whether more than a number may follow, such as a reason."""
        return len(self.usage.split()) > 2  # the verb and the number

    def incident(self) -> IncidentId:
        """The first word as an incident's number. Raises Mistake."""
        word = self.words[0] if self.words else ""
        found = re.fullmatch(_NUMBER, word)
        if found is None:
            asked = f"'{word}' is not an incident's number." if word else "Which incident?"
            raise Mistake(f"{asked} For example `/lab {self.usage}`")
        return IncidentId(int(found[1]))


Answer = Callable[[Desk, Asked], Awaitable[Card]]


@dataclass(frozen=True, slots=True)
class Verb:
    """What can be typed after `/lab`. `usage`: an example of it; `help`: what it does, in a few words."""

    name: str
    usage: str
    help: str
    answer: Answer


@lru_cache(maxsize=1)
def verbs() -> dict[str, Verb]:
    """All there are, by name."""
    return {verb.name: verb for verb in declared(__name__, "VERB")}


def usages() -> list[tuple[str, str]]:
    """How each verb is written, and what it does."""
    return [(verb.usage, verb.help) for verb in verbs().values()]


def completions(machines: Iterable[str] = ()) -> list[tuple[str, str, str, str]]:
    """For a composer: what to type, what it does, an example of what follows it, and after what it is offered.

    `machines`: names to complete, where a verb takes one.
    """
    bare = [
        (f"/lab {verb.name}", verb.help, verb.usage.removeprefix(verb.name).strip(), "")
        for verb in verbs().values()
    ]
    named = ((verb, *verb.usage.partition(f" {MACHINE}")) for verb in verbs().values() if MACHINE in verb.usage)
    return bare + [
        (f"/lab {before} {quoted(machine)}", verb.help, more.strip(), f"/lab {before} ")
        for verb, before, _, more in named
        for machine in machines
    ]


def understand(by: str, text: str) -> tuple[Verb, Asked]:
    """The verb that was typed, and the rest. Raises Mistake, naming the nearest verb."""
    name, _, rest = text.strip().partition(" ")
    verb = verbs().get(name.casefold() or NOTHING_TYPED)
    if verb is None:
        hint = did_you_mean(name, verbs()) or "; `/lab help` lists all"
        raise Mistake(f"there is no command '{name}'{hint}")
    return verb, Asked(by, rest.strip(), verb.usage)


def unescaped(text: str) -> str:
    """What was typed, whose three special characters Slack escapes. `&` comes last: `&lt;` may have been typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def listener(desk: Desk) -> Callable[..., Awaitable[None]]:
    """Answers `/lab`, to the asker alone."""

    async def listen(ack: AsyncAck, command: Payload) -> None:
        await ack()
        spot = Spot(command["user_id"], command["channel_id"])
        answer = partial(desk.answer, spot, command["response_url"])
        text = unescaped(command.get("text") or "")
        async with kindly(answer, spot.user, f"/lab {text}"):
            await desk.demand_place(spot.user, spot.channel)
            verb, asked = understand(spot.user, text)
            await answer(await verb.answer(desk, asked))

    return listen
