"""How the machines of an incident stand, in lines that fit a phone: each counted once, what is left by name."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from bot.core.health import Kind, TargetId
from bot.core.incident import Incident, Member, Status, Way
from bot.core.incidents.member import COUNTED, Standing
from bot.core.incidents.outcome import is_own_sight, standings
from bot.core.kinds import PICTURED
from bot.core.names import Names
from bot.views.outside import safe
from bot.views.words import STANDINGS, bar, names

_PLAIN: Final = (Standing.PROVEN, Standing.UNTOUCHED, Standing.WANTED_OFF)
"""Settled by what was seen: these are counted, and need no names."""

_NAMED: Final = tuple(one for one in Standing if one not in (*_PLAIN, Standing.UNPROVEN))
_REASONS: Final = 3  # what is unproven for so many reasons is told apart

_SEEN_RUNNING: Final = PICTURED | {Kind.FILESYSTEM_READONLY, Kind.GUEST_FROZEN}
"""What is seen of a machine that runs: it may be off by now, as while a runbook mends it."""

_WELL: Final = frozenset({Standing.PROVEN, Standing.UNTOUCHED})
_SAID_WELL: Final = frozenset({*_WELL, Standing.WORD})
_BACK: Final = frozenset({*_SAID_WELL, Standing.ACCEPTED})
"""What runs again, be it by a person's word: what is off or gone is no part of that."""

_SAID: Final[Mapping[Standing, tuple[str, str]]] = MappingProxyType(
    {
        Standing.WORD: ("is well", "are well"),
        Standing.STAYS_OFF: ("stays off", "stay off"),
        Standing.DELETED: ("was deleted on purpose", "were deleted on purpose"),
        Standing.REBUILT: ("was rebuilt as another", "were rebuilt as others"),
    }
)
"""What a person may have said of one machine, or of several."""


def counted(incident: Incident, name: Names, lacking: Mapping[TargetId, str]) -> str:
    """How many of those an incident hurt are settled, and how; of one machine alone, what it lacks."""
    found = standings(incident.members.values())
    if incident.members.keys() <= {incident.subject}:
        return _alone(incident, lacking)
    counts = _SAID_WELL if incident.failing or incident.ended else _BACK
    unsure = {check.target for check in incident.dropped}
    done = sum(target not in unsure for one in counts for target in found.get(one, ()))
    whole = sum(map(len, found.values()))
    lines = [f"{bar(done, whole)}  *{done} of {whole}* {'back' if counts is _BACK else 'well'}"]
    if found.keys() != {Standing.PROVEN}:
        plain = ", ".join(f"{len(found[one])} {_called(one, incident)}" for one in _PLAIN if one in found)
        lines += [f"✅ {plain}"] if plain else []
        for one in (one for one in _NAMED if one in found):
            lines += _said(incident, found[one], name) if one in _SAID else [_line(one, found[one], name)]
        lines += _unproven(incident, found.get(Standing.UNPROVEN, ()), name, lacking)
    if any(is_own_sight(one) and not one.proven for one in incident.members.values()):
        lines.append("❔ Caretaker's own sight is not back yet")
    lines += _unchecked(incident, name)
    return "\n".join(lines)


def _alone(incident: Incident, lacking: Mapping[TargetId, str]) -> str:
    """What the one machine that an incident is about lacks, while that is not plain from what fails."""
    member = incident.members.get(incident.subject)
    if member is None:
        return ""
    if incident.ended:
        closed = incident.end is not None and incident.end.way is Way.CLOSED
        unwell = not member.proven or member.standing is Standing.UNWATCHED
        return "It was not proven healthy when this was closed." if closed and unwell else ""
    if member.missing:
        expected = f" <@{member.must_return}> says that it must come back." if member.must_return else ""
        lacks = lacking.get(member.target, "its host no longer knows it")
        end = "" if lacks.endswith("?") else "."
        return f"{STANDINGS[Standing.MISSING]} Missing: {safe(lacks, 300)}{end}{expected}"
    if incident.failing and incident.kind in _SEEN_RUNNING and member.running is False:
        return f"It is {member.rest} now."
    recovering = incident.status is Status.RECOVERING
    if member.proven or not (recovering or (incident.reopened_by and not incident.failing)):
        return ""
    lacks = lacking.get(member.target, "")
    back = "Back, but not" if recovering and member.running is not False else "Not"
    return f"{back} proven healthy yet: {safe(lacks, 300)}" if lacks else ""


def _called(standing: Standing, incident: Incident) -> str:
    """While an outage lasts, nobody knows what never went off: it was not seen to."""
    unsure = standing is Standing.UNTOUCHED and incident.failing
    return "not seen to go off" if unsure else COUNTED[standing]


def _unchecked(incident: Incident, name: Names) -> Iterator[str]:
    """What has failed by a check that lab.yaml has lost since: nobody knows whether that is over."""
    for target in sorted({check.target for check in incident.dropped}):
        checks = sorted(check.check for check in incident.dropped if check.target == target)
        told = f"{names([target], name)}: no longer checked: {safe(', '.join(checks), 200)}"
        yield f"{STANDINGS[Standing.UNWATCHED]} {told}"


def _said(incident: Incident, targets: tuple[TargetId, ...], name: Names) -> Iterator[str]:
    """What people said of machines that stand alike, by who said it."""
    by_person: dict[str, list[TargetId]] = defaultdict(list)
    for target in targets:
        ground = incident.members[target].ground
        by_person[(ground.by if ground else None) or ""].append(target)
    standing = incident.members[targets[0]].standing
    for by, few in by_person.items():
        says = f", says <@{by}>" if by else ""
        one, several = _SAID[standing]
        told = f"{len(few)} {several}{says}: {names(few, name)}"
        yield f"{STANDINGS[standing]} {told if len(few) > 1 else f'{names(few, name)} {one}{says}'}"


def _line(standing: Standing, targets: tuple[TargetId, ...], name: Names) -> str:
    return f"{STANDINGS[standing]} {len(targets)} {COUNTED[standing]}: {names(targets, name)}"


def _unproven(
    incident: Incident, targets: tuple[TargetId, ...], name: Names, lacking: Mapping[TargetId, str]
) -> Iterator[str]:
    """What nothing has proven: first what is off or paused and ran before, then the rest by what it lacks."""
    off = tuple(target for target in targets if _is_still_off(incident.members[target]))
    still = "" if incident.failing else "still "
    for how in ("off", "paused"):
        if few := [target for target in off if incident.members[target].rest == how]:
            ran = "it ran" if len(few) == 1 else "they ran"
            yield f"{STANDINGS[Standing.UNPROVEN]} {len(few)} {still}{how}, and {ran} before: {names(few, name)}"
    rest = tuple(target for target in targets if target not in off)
    if not rest:
        return
    yield _line(Standing.UNPROVEN, rest, name)
    by_reason: dict[str, list[TargetId]] = defaultdict(list)
    for target in rest:
        by_reason[lacking.get(target, "")].append(target)
    by_reason.pop("", None)
    for reason, few in sorted(by_reason.items(), key=lambda one: -len(one[1]))[:_REASONS]:
        who = "" if len(by_reason) == 1 else f" ({names(few, name, 3)})"
        lacking_still = "" if any(incident.members[target].changes for target in few) else "not yet: "
        yield f"      {lacking_still}{safe(reason, 200)}{who}"


def _is_still_off(member: Member) -> bool:
    """Whether that it is off or paused, and ran before, is all that is to be said of it."""
    return member.was_running and member.running is False and not member.changes
