"""`/lab why web1`: all that is known of one target, and what would keep a failure of it quiet."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from slack_sdk.models.blocks import Block

from bot.core.health import Evidence, Health
from bot.core.picture import Belief, TargetPicture
from bot.views import Card
from bot.views.limits import context, section
from bot.views.outside import bold, safe
from bot.views.times import when
from bot.views.words import CONDITIONS, HEALTH, incident_line, name_of, title

_CHECKS: Final = 15
_RESTS: Final[Mapping[Evidence, str]] = MappingProxyType(
    {
        Evidence.INSIDE: "from inside",
        Evidence.OUTSIDE: "from outside",
        Evidence.WORD: "on someone's word",
        Evidence.NONE: "from nothing that is known",
    }
)


def target_card(picture: TargetPicture) -> Card:
    """What the checks say, what is expected, what it depends on, why it may be quiet, what befell it lately."""
    target, name = picture.target, picture.name
    head = f"{CONDITIONS[picture.condition]} {name_of(target.id, name)}"
    on = f", a {target.kind} on {name_of(target.runs_on, name)}" if target.runs_on else f", a {target.kind}"
    told = [one for one in picture.beliefs if not _goes_without_saying(one)]
    checks = "\n".join(map(_belief, told[:_CHECKS])) or "No check has looked at it yet."
    blocks: list[Block] = [
        section(f"{bold(head)}{on}\n{checks}"),
        section("\n".join([_expected(picture), _proof(picture), *_quiet(picture)])),
    ]
    if picture.parents:
        up = " · ".join(f"{CONDITIONS[how]} {name_of(parent, name)}" for parent, how in picture.parents[:8])
        blocks.append(context(f"It depends on {up}"))
    if picture.incidents:
        lately = (incident_line(one, name) for one in picture.incidents[:5])
        blocks.append(section("\n".join(["Lately:", *lately])))
    return Card(f"{head}{on}", tuple(blocks))


def _goes_without_saying(belief: Belief) -> bool:
    """Whether it tells no more than that the watcher is let in."""
    return belief.health is Health.OK and belief.evidence is Evidence.NONE


def _belief(belief: Belief) -> str:
    line = f"{HEALTH[belief.health]} {safe(belief.check, 60)}: {safe(belief.why, 200)}, since {when(belief.since)}"
    rests = "" if belief.health is Health.UNKNOWN else f"{_RESTS[belief.evidence]}: "
    return f"{line}\n      {rests}{belief.shows}"


def _proof(picture: TargetPicture) -> str:
    """Whether it is proven healthy, and what is still missing for that."""
    if not picture.lacks:
        return "🔎 Its checks prove it well."
    return f"🔎 Not proven healthy yet: {safe(picture.lacks, 300)}"


def _expected(picture: TargetPicture) -> str:
    target = picture.target
    if target.ephemeral:
        return "It comes and goes, and nobody waits for it."
    wanted = "It is expected to run" if target.wanted else "It may be off"
    if picture.running is None:
        return f"{wanted}."
    stopped = "was off, shut down by someone" if picture.stopped_on_purpose else "was off"
    return f"{wanted}, and {'was running' if picture.running else stopped} when last seen."


def _quiet(picture: TargetPicture) -> list[str]:
    """Why a failure would open no incident of its own now, in words."""
    said = [f"🔕 {safe(picture.muted, 300)}"] if picture.muted else []
    if covering := picture.covered_by:
        said.append(f"🔕 Incident {covering.id} ({title(covering, picture.name)}) covers it.")
    return said or ["🔔 Nothing mutes it: a failure is told."]
