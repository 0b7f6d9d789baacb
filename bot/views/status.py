"""`/lab status` and `/lab incidents`: the lab at a glance, never more than fits a phone."""

from typing import Final

from slack_sdk.models.blocks import Block

from bot.core.incident import Incident
from bot.core.kinds import PLURALS, TargetKind
from bot.core.names import Names
from bot.core.picture import IncidentList, LabPicture, Tally
from bot.core.run import Run
from bot.views import Card
from bot.views.emergency import cannot_write_line, noticed_lines
from bot.views.limits import NAME, context, section
from bot.views.outside import bold, safe
from bot.views.times import when
from bot.views.words import incident_line, name_of, names

ALL_WELL: Final = "🟢 All is well"
_SHOWN: Final = 10
_KINDS: Final = tuple(kind for kind in TargetKind if kind is not TargetKind.BOT)  # its trouble is an incident


def status_card(lab: LabPicture, *, past: bool = False) -> Card:
    """What is open, how everything is, what is under way, what is silenced. `past`: nobody has looked since."""
    head = "⚪ All was well" if past and is_all_well(lab) else _head(lab)
    blocks: list[Block] = [section(bold(head))]
    if lab.live:
        blocks.append(section(_lines(lab.live, lab.name)))
    blocks.append(section("\n".join(_tallies(lab, past=past)) or "Nothing is watched yet."))
    if lab.runs:
        blocks.append(section("\n".join(_run(lab, run) for run in lab.runs[:5])))
    if lab.silences:
        quiet = (
            f"🔕 {name_of(one.target, lab.name)} until {when(one.until)}: {safe(one.reason, 100)}"
            for one in lab.silences[:5]
        )
        blocks.append(context("\n".join(quiet)))
    return Card(head, tuple(blocks))


def is_all_well(lab: LabPicture) -> bool:
    """Whether the status says so."""
    return _head(lab) == ALL_WELL


def _tallies(lab: LabPicture, *, past: bool) -> list[str]:
    """How everything is; while that can't be written, as it was before, with what was noticed since."""
    old = lab.cannot_write is not None and not lab.cannot_write.unsafe
    kinds = (kind for kind in _KINDS if kind in lab.tallies)
    lines = [_tally(kind, lab.tallies[kind], lab.name, old=old or past) for kind in kinds]
    if lab.unlisted:
        lines.append(f"❔ guests of {names(lab.unlisted, lab.name)}: not listed yet")
    if lab.nowhere:
        lines.append(f"❔ in lab.yaml, but on no hypervisor: {_names(lab.nowhere)}")
    if old and lab.cannot_write is not None and lines:
        before = f"As it was at {when(lab.cannot_write.since)}:"
        return [before, *lines, *noticed_lines(lab.noticed, lab.name)]
    return lines


def _head(lab: LabPicture) -> str:
    """What matters most. All is well only where everything was looked at, could be seen, and is proven."""
    if lab.cannot_write is not None:
        return cannot_write_line(lab.cannot_write)
    if lab.live:
        return f"🔴 {len(lab.live)} open incident{'s' if len(lab.live) > 1 else ''}"
    tallies = lab.tallies.values()
    heads = (
        (any(one.failing for one in tallies), "🟡 No open incident, but not all is well"),
        (bool(lab.left_off), f"⚪ No open incident, but {_left_off(lab)}"),
        (
            any(one.unseen for one in tallies) or bool(lab.nowhere),
            "⚪ No open incident, but not everything can be seen",
        ),
        (
            any(one.unlooked for one in tallies) or bool(lab.unlisted),
            "⚪ No open incident, but not everything has been looked at yet",
        ),
        (not any(one.whole for one in tallies), "⚪ Nothing is watched yet"),
        (any(one.unproven for one in tallies), "⚪ No open incident, but not everything is proven healthy"),
    )
    return next((head for holds, head in heads if holds), ALL_WELL)


def _run(lab: LabPicture, run: Run) -> str:
    about = f" · {name_of(run.target, lab.name)}" if run.target else ""
    return f"📖 {bold(safe(run.title, 100))}{about}: {run.status}, step {run.current + 1}"


def _left_off(lab: LabPicture) -> str:
    """What ran before an incident and is off, e.g. `dev2 is off since today at 2:28 AM and ran before`."""
    called, paused = names(lab.left_off, lab.name), lab.paused & lab.left_off.keys()
    rest = "off or paused" if paused and paused != lab.left_off.keys() else "paused" if paused else "off"
    if len(lab.left_off) > 1:
        return f"{called} are {rest} and ran before"
    since = "".join(f" since {when(at)}" for at in lab.left_off.values() if at is not None)
    return f"{called} is {rest}{since} and ran before"


def _tally(kind: TargetKind, tally: Tally, name: Names, *, old: bool) -> str:
    """One line a kind, e.g. `❌ guests: 46 of 50 well, 2 off · failing: db1, web1`. `old`: nobody knows now."""
    doubtful = old or tally.unseen or tally.unlooked or tally.unproven
    mark = "❌" if tally.failing or tally.down else "❔" if doubtful else "✅"
    line = f"{mark} {PLURALS[kind]}: {tally.well} of {tally.whole} well"
    line += f", {tally.accepted} accepted" if tally.accepted else ""
    line += f", {tally.off} off" if tally.off else ""
    line += f", {tally.paused} paused" if tally.paused else ""
    parts = (
        ("failing", tally.failing),
        ("down", tally.down),
        ("not proven", tally.unproven),
        ("not seen", tally.unseen),
        ("not looked at yet", tally.unlooked),
        ("not watched", tally.unwatched),
    )
    return line + "".join(f" · {words}: {names(found, name)}" for words, found in parts if found)


def _names(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(safe(name, NAME) for name in names[:_SHOWN])}{more}"


def incidents_card(found: IncidentList) -> Card:
    """The open incidents, and the last ones that are over."""
    head = f"{len(found.live)} open" if found.live else "🟢 No open incident"
    blocks: list[Block] = [section(f"*{head}*\n{_lines(found.live, found.name)}" if found.live else f"*{head}*")]
    if found.over:
        blocks.append(section(f"Recent:\n{_lines(found.over, found.name)}"))
    return Card(head, tuple(blocks))


def _lines(incidents: tuple[Incident, ...], name: Names) -> str:
    lines = [incident_line(one, name) for one in incidents[:_SHOWN]]
    left = len(incidents) - len(lines)
    return "\n".join([*lines, *([f"… and {left} more"] if left else [])])
