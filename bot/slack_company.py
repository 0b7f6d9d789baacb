"""Whether other programs are connected to Slack as the same app: it counts the connections whenever one begins.

A connection of ours that was cut off is counted for a while, so more than ours are believed only if they are still
there when that must be over. Then a new connection is put in the place of the present one, to have them counted.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

LASTING: Final = 180.0
"""Seconds after which Slack no longer counts a connection that was cut off."""

_AGAIN: Final = 1.0
"""Seconds that pass at least before they are to be counted again where that could not be done."""


class Company:
    """Hears Slack's greetings. `changed` is told whether there are others once that is known, and when it changes.

    `lasting`: see LASTING.
    """

    def __init__(self) -> None:
        self.changed: Callable[[bool], Awaitable[None]] = _nobody_cares
        self.lasting = LASTING
        self._ours = 2
        self._since: float | None = None  # since when there have been more than ours
        self._told: bool | None = None
        self._due: float | None = None  # when they are to be counted anew

    def connects(self) -> None:
        """A connection is about to begin in no other's place. One that was lost may be counted for a while."""
        self._ours, self._since = 1, None

    def is_due(self) -> bool:
        """Whether they are to be counted anew now; it is said again after a while if no greeting follows."""
        now = time.monotonic()
        due = self._due is not None and now >= self._due
        if due:
            self._due = now + max(self.lasting, _AGAIN)
        return due

    async def hear(self, _client: object, message: Mapping[str, Any], _raw: str | None) -> None:
        """What Slack has sent; it greets each new connection, and still counts the one whose place that takes."""
        if message.get("type") != "hello":
            return
        others, self._ours = int(message.get("num_connections") or 0) > self._ours, 2
        now, since = time.monotonic(), self._since
        self._since = (now if since is None else since) if others else None
        if others and (since is None or now - since < self.lasting):
            self._due = now + self.lasting
            return
        self._due = now + self.lasting if others else None  # nobody tells when they are gone
        if others is not self._told:
            await self.changed(others)
            self._told = others


async def _nobody_cares(_there: bool) -> None:  # noqa: FBT001
    """Where nobody is to be told."""
