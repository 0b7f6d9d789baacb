"""`/lab why web1`: all that is known of one target, and what would keep a failure of it quiet."""

from typing import Final

from slack_sdk.models.blocks import Block

from bot.core.health import Evidence, Health, TargetKind, is_unseen
from bot.core.incidents.condition import Condition
from bot.core.incidents.member import Standing
from bot.core.picture import Belief, TargetPicture
from bot.views import Card
from bot.views.limits import context, section
from bot.views.outside import bold, inline, safe
from bot.views.times import when
from bot.views.words import CONDITIONS, HEALTH, incident_line, name_of, title

_CHECKS: Final = 15


def target_card(picture: TargetPicture) -> Card:
    """What the checks say, what is expected, what it depends on, why it may be quiet, what befell it lately."""
    target, name = picture.target, picture.name
    head = f"{CONDITIONS[picture.condition]} {name_of(target.id, name)}"
    what = "a UPS" if target.kind is TargetKind.UPS else f"a {target.kind}"
    on = f", {what} on {name_of(target.runs_on, name)}" if target.runs_on else f", {what}"
    told = [one for one in picture.beliefs if not _goes_without_saying(one)]
    nothing = "Nothing looks at it: lab.yaml gives it no check." if picture.unwatched else "Not looked at yet."
    checks = "\n".join(map(_belief, told[:_CHECKS])) or nothing
    blocks: list[Block] = [
        section(f"{bold(head)}{on}\n{checks}"),
        section("\n".join(filter(None, [_expected(picture), _proof(picture), *_quiet(picture)]))),
    ]
    if picture.parents:
        up = " · ".join(f"{CONDITIONS[how]} {name_of(parent, name)}" for parent, how in picture.parents[:8])
        blocks.append(context(f"It depends on {up}"))
    if picture.incidents:
        lately = (incident_line(one, name) for one in picture.incidents[:5])
        blocks.append(section("\n".join(["Recent:", *lately])))
    return Card(f"{head}{on}", tuple(blocks))


def _goes_without_saying(belief: Belief) -> bool:
    """Whether it tells no more than that the watcher is let in, or could not try: other rows say so, too."""
    inner = "watching" in belief.check.split() and belief.health is not Health.FAIL
    return inner or (belief.health is Health.OK and belief.evidence is Evidence.NONE)


def _belief(belief: Belief) -> str:
    line = f"{HEALTH[belief.health]} {safe(belief.check, 60)}: {safe(belief.why, 200)}, since {when(belief.since)}"
    line += f"; before: {safe(belief.before, 200)}" if belief.before else ""
    return f"{line}\n      {belief.shows}" if belief.shows else line


def _proof(picture: TargetPicture) -> str:
    """Whether it is proven healthy, and what is still missing for that."""
    if picture.unwatched:
        return "🔎 Nobody can tell whether it is well."
    if picture.condition in {Condition.DOWN, Condition.OFF, Condition.PAUSED}:
        return ""  # how it is, is said already
    if not picture.lacks:
        return "🔎 Healthy."
    return f"🔎 Not proven healthy yet: {safe(picture.lacks, 300)}"


def _expected(picture: TargetPicture) -> str:
    target = picture.target
    if target.ephemeral:
        return "Ephemeral: it never opens an incident."
    wanted = "It is expected to run" if target.wanted else "It may be off"
    unseen = any(is_unseen(one.check, one.health) for one in picture.beliefs)
    if picture.paused:
        return _paused(picture, wanted)
    if picture.running is None or (unseen and not picture.running):  # by now it may run elsewhere
        return f"{wanted}."
    if picture.running:
        return f"{wanted}, and was running when last seen."
    since = f" since {when(picture.stopped_at)}" if picture.stopped_at else ""
    if picture.condition is Condition.DOWN:
        todo = f"Start it, or say that it may stay off: {inline(f'/lab stays-off {target.name}')}."
        return f"It is off{since}, and it ran before. {todo}"
    by = ", shut down by someone" if picture.stopped_on_purpose else ""
    return f"{wanted}, and is off{since}{by}{_word(picture)}."


def _paused(picture: TargetPicture, wanted: str) -> str:
    if picture.condition is not Condition.DOWN:
        return f"{wanted}, and is paused."
    todo = f"Resume it, or say that it may stay so: {inline(f'/lab stays-off {picture.target.name}')}."
    return f"It is paused, and it ran before. {todo}"


def _word(picture: TargetPicture) -> str:
    """Who has said, since it went off last, that it may stay off."""
    members = [incident.members.get(picture.target.id) for incident in picture.incidents[:1]]
    ground = next((one.ground for one in members if one and one.standing is Standing.STAYS_OFF), None)
    if ground is None or picture.stopped_at is None or ground.at < picture.stopped_at:
        return ""
    return f"; <@{ground.by}> said {when(ground.at)} that it may stay off"


def _quiet(picture: TargetPicture) -> list[str]:
    """Why a failure would open no incident of its own now, in words."""
    said = [f"🔕 {safe(picture.muted, 300)}"] if picture.muted else []
    if covering := picture.covered_by:
        said.append(f"🔕 Part of incident {covering.id}: {title(covering, picture.name)}")
    return said or ["🔔 Alerts are on."]
