"""Why the guests of one host are off, kept for when its libvirtd was started anew and no longer knows."""

from collections.abc import Iterable, Mapping

from bot.core.guest import GuestEvent, GuestEventKind, GuestState, Power, Reason, still_off

_STOPS = {GuestEventKind.STOPPED, GuestEventKind.CRASHED}


class WhyOff:
    """The last known reason of each guest that is off, by UUID; it stands for as long as that stays off."""

    def __init__(self) -> None:
        self._known: dict[str, Reason] = {}

    def recall(self, stopped: Iterable[str]) -> None:
        """The bot has started: these were off when it looked last, as someone wanted it."""
        self._known = dict.fromkeys(stopped, Reason.SHUTDOWN_OR_SAVED) | self._known

    def heard(self, event: GuestEvent) -> None:
        """The host told something of its own accord, which it may have forgotten when it is asked next."""
        if event.what in _STOPS:
            self._known[event.uuid] = event.reason
        elif event.what is GuestEventKind.STARTED:
            self._known.pop(event.uuid, None)

    def explained(self, states: Mapping[str, GuestState]) -> Mapping[str, GuestState]:
        """What the host tells now of all its guests, with the reasons it has forgotten."""
        told = still_off(states, self._known)
        self._known = {uuid: one.reason for uuid, one in told.items() if _is_explained(one)}
        return told


def _is_explained(state: GuestState) -> bool:
    return state.power is Power.OFF and state.reason is not Reason.NONE
