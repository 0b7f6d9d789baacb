"""A panel beside the workspace: ways to act on what the app watches, given to the box by whoever owns that.

It is not part of Slack. It refuses to know what its items do: it offers them, and shows the sentence each answers.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.workspace.records import Json


@dataclass(frozen=True, slots=True)
class PanelItem:
    """One button. `choices`, where there are any, are asked anew each time; `act` gets the one that was chosen."""

    id: str
    label: str
    hint: str
    choices: Callable[[], Sequence[str]] | None
    act: Callable[[str | None], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Panel:
    """The panel. `note` is one line on the present state of things, asked for every second: it must be quick."""

    title: str
    items: Sequence[PanelItem]
    note: Callable[[], str] = lambda: ""

    def shown(self) -> Json:
        """What the page shows of it now."""
        return {"title": self.title, "note": self.note(), "items": [_shown(item) for item in self.items]}

    async def act(self, item_id: str, choice: str | None) -> str:
        """Press an item's button and return its answer. Raises ValueError for what isn't offered."""
        item = next((item for item in self.items if item.id == item_id), None)
        if item is None:
            raise ValueError(f"cannot do {item_id!r}: because the panel has no such item")
        offered = None if item.choices is None else item.choices()
        if (offered is None) != (choice is None) or (offered is not None and choice not in offered):
            raise ValueError(f"cannot do {item_id!r} with {choice!r}: because that is not on offer now")
        return await item.act(choice)


def _shown(item: PanelItem) -> Json:
    choices = None if item.choices is None else list(item.choices())
    return {"id": item.id, "label": item.label, "hint": item.hint, "choices": choices}
