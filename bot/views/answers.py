"""The short answers that only the asker sees: help, who one is, the timeline, the runbooks, what was refused."""

import re
from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.core.incident import Event, Member
from bot.core.incidents.member import COUNTED
from bot.core.permit import Act, Person, may
from bot.core.picture import IncidentPicture
from bot.core.runbook import Runbook
from bot.views import Card
from bot.views.limits import NAME, TEXT, context, cut, fitting, section
from bot.views.outside import bold, inline, safe
from bot.views.times import clock
from bot.views.words import STANDINGS, incident_line, name_of

_OWN = re.compile(r"(`/lab [A-Za-z0-9 _-]{1,80}`|^<@[UW][A-Z0-9]+>)")
_ASKED = ("Usage:", "Which ", "Why?")


def said(text: str) -> Card:
    """A plain sentence; words from outside in it must be safe already."""
    return Card(cut(text, TEXT))


def refusal_card(why: str) -> Card:
    """Why something was not done, kindly. `why`: an error's text, `cannot X: because Y` or a whole sentence."""
    words = (
        f"I {why.replace(': because', ', because', 1)}" if why.startswith("cannot ") else why[:1].upper() + why[1:]
    )
    shown = "".join(part if at % 2 else safe(part, TEXT - 50) for at, part in enumerate(_OWN.split(words)))
    return Card(f"{shown.rstrip('.')}.{'' if words.startswith(_ASKED) else ' Nothing was changed.'}")


def help_card(verbs: Sequence[tuple[str, str]]) -> Card:
    """What can be typed. `verbs`: usage and meaning of each."""
    lines = fitting([f"{inline(f'/lab {usage}')} {safe(meaning, 150)}" for usage, meaning in verbs], most=2_500)
    head = "I watch the lab, say once what broke, and walk you through the repair."
    return Card(head, (section(f"{head}\n\n{lines}"),))


def whoami_card(slack: str, person: Person | None, people: Sequence[Person]) -> Card:
    """Who is asking, and what they may do."""
    acts = ", ".join(act for act in Act if act is not Act.PRESS_STEP and may(person, act, people).allowed)
    if person is None:
        text = (
            f"You are <@{slack}> ({inline(slack)}), in no role: you may read. The owner can name you in lab.yaml."
        )
    else:
        roles = ", ".join(safe(role, NAME) for role in person.roles) or "no role"
        who = f"You are {bold(safe(person.name, NAME))} ({inline(slack)}): {roles}."
        text = f"{who} You may {acts}, and press the steps given to you."
    return Card(text)


def incident_history_card(picture: IncidentPicture) -> Card:
    """One incident and its timeline, its end where there is much of it."""
    incident = picture.incident
    head = incident_line(incident, picture.name)
    blocks: list[Block] = [section(f"{head}\n{safe(incident.why, 1_000)}")]
    if incident.members:
        blocks.append(section(fitting(_members(picture), most=2_000)))
    if picture.runs:
        blocks.append(section("\n".join(f"📖 {safe(run.title, 100)}: {run.status}" for run in picture.runs[:5])))
    lines = [_event(one) for one in picture.history]
    blocks.append(section(fitting(lines, last=True) or "Nothing has happened yet."))
    return Card(head, tuple(blocks))


def _members(picture: IncidentPicture) -> list[str]:
    """How each machine of an incident stands, what settled it, and what is missing of those that are not."""
    members = sorted(picture.incident.members.values(), key=lambda one: (one.proven, picture.name(one.target)))
    return [_member(one, picture) for one in members]


def _member(member: Member, picture: IncidentPicture) -> str:
    line = f"{STANDINGS[member.standing]} {name_of(member.target, picture.name)}: {COUNTED[member.standing]}"
    if member.ground is None or not member.proven:
        since = f", since {clock(member.unproven_since)}" if member.unproven_since else ""
        lacks = picture.lacking.get(member.target, "")
        return f"{line}{since}{f'; not yet: {safe(lacks, 200)}' if lacks else ''}"
    by = f" by <@{member.ground.by}>" if member.ground.by else ""
    why = f"; {safe(member.ground.why, 200)}" if member.ground.why else ""
    return f"{line}{by}, {clock(member.ground.at)}{why}"


def _event(event: Event) -> str:
    by = f"<@{event.by}> " if event.by else ""
    return f"{clock(event.at)} {by}{safe(event.text, 200)}"


def runbooks_card(books: Sequence[Runbook], broken: Sequence[str]) -> Card:
    """The runbooks there are. `broken`: what is wrong in files that can't be used, a line each."""
    lines = [f"{inline(book.name)} {safe(book.title, 100)}{_for(book)}" for book in books]
    head = f"{len(books)} runbook{'' if len(books) == 1 else 's'}"
    blocks: list[Block] = [section(fitting([f"*{head}*", *lines]))]
    if broken:
        blocks.append(section("\n".join(["⚠️ Not usable as they are:", *(safe(line, 300) for line in broken[:5])])))
    blocks.append(context("Start one with `/lab run NAME MACHINE`."))
    return Card(head, tuple(blocks))


def _for(book: Runbook) -> str:
    return f" · for {', '.join(book.use_for)}" if book.use_for else ""


def word_card(mark: str, name: str, how: str, by: str) -> Card:
    """A person's word of a machine is recorded: `⚪ dev2 stays off, says @robin`."""
    return Card(f"{mark} {safe(name, NAME)} {how}, says <@{by}>.")


def silenced_card(name: str, until: str, reason: str) -> Card:
    """A silence has begun. `until`: a moment as times.py writes it."""
    return Card(f"🔕 {safe(name, NAME)} is silent until {until}: {safe(reason, 500)}")
