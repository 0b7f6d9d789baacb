"""The modals each person has open, their Home, and the trigger ids that allow opening one.

A trigger is good once and for three seconds. A person's modals are a stack of at most three.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.workspace.records import App, Json

TRIGGER_SECONDS: Final = 3.0
MOST_STACKED: Final = 3


class TriggerState(StrEnum):
    """Whether a trigger id may be used; otherwise Slack's name of the error."""

    GOOD = "good"
    UNKNOWN = "invalid_trigger_id"
    USED = "exchanged_trigger_id"
    EXPIRED = "expired_trigger_id"


@dataclass(slots=True)
class _Trigger:
    user: str
    until: float
    used: bool = False


class Modals:
    """Opens, changes and closes views. `clock` is wall time in seconds since 1970."""

    def __init__(self, app: App, emit: Callable[[Json], None], clock: Callable[[], float]) -> None:
        self._app = app
        self._emit = emit
        self._clock = clock
        self._triggers: dict[str, _Trigger] = {}
        self._stacks: dict[str, list[Json]] = {}
        self._homes: dict[str, Json] = {}

    def trigger(self, user: str) -> str:
        """A new trigger id for what this person just did."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = _Trigger(user, self._clock() + TRIGGER_SECONDS)
        return trigger

    def exchange(self, trigger_id: str) -> tuple[TriggerState, str]:
        """Use up a trigger id: whether it was good, and whose it is."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            return TriggerState.UNKNOWN, ""
        if trigger.used:
            return TriggerState.USED, trigger.user
        if self._clock() > trigger.until:
            return TriggerState.EXPIRED, trigger.user
        trigger.used = True
        return TriggerState.GOOD, trigger.user

    def stack(self, user: str) -> list[Json]:
        """The person's open modals, the visible one last."""
        return list(self._stacks.get(user, []))

    def home(self, user: str) -> Json | None:
        """What the person's Home shows, if the app ever published it."""
        return self._homes.get(user)

    def find(self, view_id: str) -> tuple[str, Json] | None:
        """Whose view it is and the view; an open modal or a Home."""
        everyone = [(user, view) for user, stack in self._stacks.items() for view in stack]
        everyone += list(self._homes.items())
        return next((found for found in everyone if found[1]["id"] == view_id), None)

    def by_external_id(self, external_id: str) -> Json | None:
        """The open modal with this id of the app's own choosing."""
        views = (view for stack in self._stacks.values() for view in stack)
        return next((view for view in views if view.get("external_id") == external_id), None)

    def open(self, user: str, view: Json) -> Json:
        """Show a modal on top of what the person has open (the first one, or a push)."""
        stack = self._stacks.setdefault(user, [])
        opened = self._complete(view)
        opened["root_view_id"] = stack[0]["id"] if stack else opened["id"]
        opened["previous_view_id"] = stack[-1]["id"] if stack else None
        stack.append(opened)
        self._emit({"type": "view_opened", "user": user, "view": opened})
        return opened

    def update(self, view_id: str, view: Json) -> Json:
        """Replace an open modal's content; its id stays, its hash changes."""
        found = self.find(view_id)
        if found is None:
            raise KeyError(view_id)
        user, before = found
        kept = {key: before[key] for key in ("id", "root_view_id", "previous_view_id")}
        after = {**self._complete(view), **kept}
        stack = self._stacks[user]
        stack[stack.index(before)] = after
        self._emit({"type": "view_updated", "user": user, "view": after})
        return after

    def publish(self, user: str, view: Json) -> Json:
        """Replace the person's Home."""
        before = self._homes.get(user)
        home = self._complete(view)
        home["id"] = before["id"] if before else home["id"]
        home["root_view_id"] = home["id"]
        self._homes[user] = home
        self._emit({"type": "home", "user": user, "view": home})
        return home

    def close(self, user: str, view_id: str, *, everything: bool = False) -> list[Json]:
        """Take the modal away, or all the person's modals, and return what was closed, the topmost first."""
        stack = self._stacks.get(user, [])
        closed = [view for view in reversed(stack) if everything or view["id"] == view_id]
        self._stacks[user] = [view for view in stack if view not in closed]
        for view in closed:
            self._emit({"type": "view_closed", "user": user, "view": view})
        return closed

    def clear(self) -> None:
        """Forget everything, telling nobody: whoever clears the workspace says so."""
        self._triggers.clear()
        self._stacks.clear()
        self._homes.clear()

    def _complete(self, view: Json) -> Json:
        return {
            "id": f"V{secrets.token_hex(5).upper()}",
            "team_id": self._app.team_id,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "submit": None,
            "close": None,
            "clear_on_close": False,
            "notify_on_close": False,
            "previous_view_id": None,
            **view,
            "hash": f"{self._clock():.0f}.{secrets.token_hex(4)}",
            "state": {"values": {}},
            "app_id": self._app.id,
            "app_installed_team_id": self._app.team_id,
            "bot_id": self._app.bot_id,
        }
