"""`/lab incident 7`: one incident and what happened to it, short enough to read on a phone.

Machines that stand alike, and lines that say the same of many machines, are one line. Of a long history the
beginning and the end are shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from slack_sdk.models.blocks import Block

from bot.core.incident import Event, EventKind, Member
from bot.core.incidents.member import COUNTED, Standing
from bot.core.picture import IncidentPicture
from bot.views import Card
from bot.views.limits import fitting, section
from bot.views.outside import safe
from bot.views.spans import first_seen, spans_told
from bot.views.times import clock, seconds
from bot.views.words import STANDINGS, incident_line, name_of, names

_FEW: Final = 3  # what so many machines have in common is one line
_FIRST: Final = 8  # lines of a long history's beginning
_MANY: Final = frozenset({EventKind.BETTER, EventKind.WORSE})
"""What is said of each machine by itself; all else ends a group."""


def incident_history_card(picture: IncidentPicture) -> Card:
    """One incident, how its machines stand, and its timeline."""
    incident = picture.incident
    head = incident_line(incident, picture.name)
    about = [head, safe(first_seen(incident), 1_000), *spans_told(incident)]
    blocks: list[Block] = [section("\n".join(about))]
    if incident.members:
        blocks.append(section(fitting(_members(picture), most=2_000)))
    if picture.runs:
        blocks.append(section("\n".join(f"📖 {safe(run.title, 100)}: {run.status}" for run in picture.runs[:5])))
    blocks += _ends(list(_gathered(picture.history)))
    return Card(head, tuple(blocks))


def _members(picture: IncidentPicture) -> list[str]:
    """How each machine of an incident stands; those of which the same is said together."""
    members = sorted(picture.incident.members.values(), key=lambda one: picture.name(one.target))
    lines = list(_unsettled([one for one in members if not one.proven], picture))
    alike: dict[Standing, list[Member]] = defaultdict(list)
    for one in members:
        if one.proven:
            alike[one.standing].append(one)
    for standing, few in sorted(alike.items(), key=lambda one: list(Standing).index(one[0])):
        settled = [_settled(one, picture) for one in few]
        lines += settled if len(few) <= _FEW else [_together(standing, few, picture)]
    return lines


def _unsettled(members: Iterable[Member], picture: IncidentPicture) -> Iterator[str]:
    """What is not proven, and what each lacks."""
    alike: dict[tuple[Standing, str], list[Member]] = defaultdict(list)
    for one in members:
        alike[one.standing, picture.lacking.get(one.target, "")].append(one)
    for (standing, lacking), few in alike.items():
        lacks = safe(lacking, 200)
        says_itself = lacks.startswith(COUNTED[standing])
        how = lacks if says_itself else "; ".join(filter(None, (COUNTED[standing], lacks)))
        if len(few) > _FEW:
            listed = names((one.target for one in few), picture.name)
            yield f"{STANDINGS[standing]} {len(few)} {how}{_since(few)}: {listed}"
        else:
            of_each = (f"{name_of(one.target, picture.name)}: {how}{_since([one])}" for one in few)
            yield from (f"{STANDINGS[standing]} {line}" for line in of_each)


def _since(members: Iterable[Member]) -> str:
    times = sorted(one.unproven_since for one in members if one.unproven_since)
    if not times:
        return ""
    first, last = clock(times[0]), clock(times[-1])
    return f", since {first}" if first == last else f", since {first} to {last}"


def _settled(member: Member, picture: IncidentPicture) -> str:
    line = f"{STANDINGS[member.standing]} {name_of(member.target, picture.name)}: {COUNTED[member.standing]}"
    if member.ground is None:
        return line
    by = f" by <@{member.ground.by}>" if member.ground.by else ""
    why = f"; {safe(member.ground.why, 200)}" if member.ground.why else ""
    return f"{line}{by}, {clock(member.ground.at)}{why}"


def _together(standing: Standing, members: Sequence[Member], picture: IncidentPicture) -> str:
    times = [one.ground.at for one in members if one.ground is not None]
    listed = names((one.target for one in members), picture.name)
    return f"{STANDINGS[standing]} {len(members)} {COUNTED[standing]}{_between(times)}: {listed}"


def _between(times: Sequence[datetime]) -> str:
    if not times:
        return ""
    first, last = seconds(min(times)), seconds(max(times))
    return f" at {first}" if first == last else f" between {first} and {last}"


def _at(times: Sequence[datetime], what: str) -> str:
    one_moment = seconds(min(times)) == seconds(max(times))
    return f"{seconds(times[0])} {what}" if one_moment else f"{what}{_between(times)}"


def _gathered(history: Iterable[Event]) -> Iterator[str]:
    """The lines of a history; where it says the same of many machines, one line of them all."""
    group: list[Event] = []
    for event in history:
        if event.kind not in _MANY or event.by is not None:
            yield from _group(group)
            group = []
            yield _line(event)
        else:
            group.append(event)
    yield from _group(group)


def _group(events: Sequence[Event]) -> Iterator[str]:
    alike: dict[tuple[EventKind, str], list[Event]] = defaultdict(list)
    for event in events:
        alike[_what(event)].append(event)
    told: set[tuple[EventKind, str]] = set()
    for event in events:
        what = _what(event)
        if len(alike[what]) <= _FEW:
            yield _line(event)
        elif what not in told:
            told.add(what)
            many = alike[what]
            how = " back" if what[1] == _BACK else f": {safe(what[1], 150)}"
            count = len({_name(one) for one in many})
            yield _at([one.at for one in many], f"{count} machines{how}")


_BACK: Final = "is back"


def _name(event: Event) -> str:
    """The machine that a line is of: it stands first, as in `web1: off`."""
    return event.text.partition(":")[0].removesuffix(f" {_BACK}")


def _what(event: Event) -> tuple[EventKind, str]:
    """What a line says of its machine; how it was seen to be back makes no difference."""
    before, _, said = event.text.partition(": ")
    return event.kind, _BACK if before.endswith(_BACK) else said


def _line(event: Event) -> str:
    by = f"<@{event.by}> " if event.by else ""
    return f"{clock(event.at)} {by}{safe(event.text, 200)}"


def _ends(lines: list[str]) -> Iterator[Block]:
    """A history's beginning, and as much of its end as fits."""
    yield section(fitting(lines[:_FIRST]) or "No events yet.")
    if rest := lines[_FIRST:]:
        yield section(fitting(rest, last=True))
