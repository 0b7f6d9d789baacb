"""Where a guest stands at its boot, as it is told: as an observation of its boot."""

from dataclasses import replace
from datetime import datetime, timedelta
from shlex import quote

from bot.core.health import BOOT, STALLED, Evidence, Fingerprint, Health, Kind, Observation, TargetId
from bot.core.incidents.boot_place import Place
from bot.core.incidents.boot_signs import Stage
from bot.core.incidents.guest_boot import GuestBoot
from bot.probes.guest import GuestProbe

WAITS_FOR = timedelta(seconds=30)
"""How long a menu or a question stands there before it is told: a key server or a person may answer it at once."""

_DECIDED = frozenset({Stage.FAILED, Stage.WAITING})


def observed(probe: GuestProbe, boot: GuestBoot, now: datetime, patience: timedelta) -> Observation:
    """Where a guest stands, as an observation of its boot."""
    place = boot.where(now, patience)
    fingerprint = Fingerprint(BOOT, probe.guest.id)
    if place.stage in _DECIDED:
        why = f"{place.why}: “{place.line[:200]}”" if place.line else place.why
        waits = place.stage is Stage.WAITING
        steady = min(WAITS_FOR, patience) if waits else timedelta(0)
        seen = Observation(fingerprint, Health.FAIL, now, why, kind_of(place), running=True, steady=steady)
        return replace(seen, evidence=Evidence.OUTSIDE)
    if boot.frozen and place.overdue:
        return _stays_frozen(probe, place, now)
    if place.proven:
        return Observation(fingerprint, Health.OK, now, place.why, running=True)
    if boot.whose.other is not None:
        return Observation(fingerprint, Health.UNKNOWN, now, place.why, running=True, evidence=Evidence.OUTSIDE)
    if boot.hint:
        return Observation(fingerprint, Health.OK, now, place.why, running=True, evidence=Evidence.OUTSIDE)
    silent = ", and its agent is silent" if probe.info.has_agent and place.stage is Stage.UNKNOWN else ""
    why = place.why if "silent" in place.why else f"{place.why}{silent}"
    seen = Observation(fingerprint, Health.UNKNOWN, now, why, running=True, evidence=Evidence.NONE)
    return replace(seen, facts={STALLED: "yes"}) if place.overdue or place.started is None else seen


def _stays_frozen(probe: GuestProbe, place: Place, now: datetime) -> Observation:
    """No backup takes so long over it: whoever froze them died before it thawed them."""
    thaw = f"thaw them on {probe.host}: “virsh domfsthaw {quote(probe.guest.name)}”"
    fingerprint, why = Fingerprint(BOOT, probe.guest.id), f"{place.why} that did not end; {thaw}"
    seen = Observation(fingerprint, Health.FAIL, now, why, Kind.GUEST_FROZEN, stated=True, running=True)
    return replace(seen, evidence=Evidence.OUTSIDE, since=place.since)


def unseen(guest: TargetId, now: datetime, why: str) -> Observation:
    """That nobody could look where a guest stands."""
    return Observation(Fingerprint(BOOT, guest), Health.UNKNOWN, now, why, running=True, evidence=Evidence.NONE)


def kind_of(place: Place) -> Kind:
    """What a machine's failure or waiting at its boot is about."""
    if place.stage is Stage.WAITING:
        return Kind.BOOT_WAITING
    return Kind.BOOT_DISK if place.disk else Kind.GUEST_DAMAGED
