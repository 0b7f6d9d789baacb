"""Why the guests of one host are off, where libvirt does not tell: its daemon was started anew, or it tells half.

Of a guest whose QEMU got a signal, as by a stray `kill` or where memory is short, an event tells so while it ends;
its state only says that it was shut down, as someone wanted it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.core.guest import GuestEvent, GuestEventKind, GuestState, Power, Reason, still_off

_STOPS = {GuestEventKind.STOPPED, GuestEventKind.CRASHED}


class WhyOff:
    """The last known reason of each guest that is off, by UUID; it stands for as long as that stays off."""

    def __init__(self) -> None:
        self._known: dict[str, Reason] = {}
        self._signalled: set[str] = set()

    def recall(self, stopped: Iterable[str], told: Mapping[str, str]) -> None:
        """The bot has started: these were off then as someone wanted it; `told`: why each is as it is."""
        self._known = dict.fromkeys(stopped, Reason.SHUTDOWN_OR_SAVED) | self._known
        self._signalled.update(uuid for uuid, words in told.items() if Reason.SIGNALLED in words)

    def heard(self, event: GuestEvent) -> GuestEvent:
        """What the host told of its own accord, and may have forgotten when it is asked next, as it is meant."""
        if event.what is GuestEventKind.SHUT_DOWN:
            (self._signalled.add if event.reason is Reason.SIGNALLED else self._signalled.discard)(event.uuid)
        elif event.what is GuestEventKind.STARTED:
            self._signalled.discard(event.uuid)
            self._known.pop(event.uuid, None)
        elif event.what in _STOPS:
            event = replace(event, reason=self._meant(event.uuid, event.reason))
            self._known[event.uuid] = event.reason
        return event

    def _meant(self, uuid: str, reason: Reason) -> Reason:
        return Reason.SIGNALLED if reason is Reason.SHUTDOWN and uuid in self._signalled else reason

    def explained(self, states: Mapping[str, GuestState]) -> Mapping[str, GuestState]:
        """What the host tells now of all its guests, with the reasons it has forgotten or keeps to itself."""
        self._signalled -= {uuid for uuid, one in states.items() if one.power is Power.RUNNING}
        meant = {uuid: replace(one, reason=self._meant(uuid, one.reason)) for uuid, one in states.items()}
        told = still_off(meant, self._known)
        self._known = {uuid: one.reason for uuid, one in told.items() if _is_explained(one)}
        return told


def _is_explained(state: GuestState) -> bool:
    return state.power is Power.OFF and state.reason is not Reason.NONE
