"""The short answers that only the asker sees: help, who one is, the timeline, the runbooks, what was refused."""

import re
from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.core.permit import Act, Person, may
from bot.core.runbook import Runbook
from bot.views import Card
from bot.views.limits import NAME, TEXT, context, cut, fitting, section
from bot.views.outside import bold, inline, safe

_OWN = re.compile(r"(`/lab [A-Za-z0-9 _-]{1,80}`|^<@[UW][A-Z0-9]+>)")
SHOWN = 8  # names
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


def closed_card(incident: int, left: Sequence[str]) -> Card:
    """That someone has closed an incident. `left`: the names of the machines that are not proven healthy."""
    shown = ", ".join(safe(name, NAME) for name in left[:SHOWN])
    more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
    return said(f"Incident {incident} is closed." + (f" Not proven healthy: {shown}{more}." if left else ""))


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
