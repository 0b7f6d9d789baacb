"""From what is written in a file to a runbook, or to all that is wrong with it.

A runbook with a problem is no runbook: what this version can't do is refused with its line, never left out.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

from bot.core.lab import Effect, LabMistake, take_apart
from bot.core.lint import hints, lint
from bot.core.runbook import (
    DEFAULT_LIMIT,
    Action,
    Before,
    LabAction,
    Language,
    Question,
    Runbook,
    ScriptAction,
    Step,
    Verification,
)
from bot.core.runbooks.directives import Word
from bot.core.runbooks.slips import stray_settings, why_no_script
from bot.core.settings import OF_RUNBOOKS, OF_STEPS, Settings, duration, read_settings
from bot.core.written import Directive, Fence, Hint, Knowledge, Problem, Problems, Section

_BEFORE = re.compile(r"\*\*before\*\*:(.*)", re.IGNORECASE)
_CHECK = re.compile(r"\*\*check\*\*(?: every ([^:]+?))?(?: for ([^:]+?))?:", re.IGNORECASE)
_NAMES = {Word.CHECK: "check", Word.BEFORE: "Before"}
_DEFAULT_EVERY = timedelta(seconds=5)
_NOT_YET = frozenset({"powershell", "cmd"})
_SCRIPTS = frozenset(Language) | _NOT_YET


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a file: a runbook, with hints for its author; or the problems that keep it from being one."""

    runbook: Runbook | None
    problems: tuple[Problem, ...]
    hints: tuple[Hint, ...] = ()


def read(
    name: str, source: str, introduction: Section, steps: tuple[Section, ...], knowledge: Knowledge
) -> Reading:
    """Understand a file's sections. `introduction`: what stands below the title, which is its heading."""
    problems = Problems()
    settings = read_settings(introduction, OF_RUNBOOKS, problems)
    problems.take(stray_settings(introduction.lines, introduction.first, settings.spans))
    for stray in introduction.directives:
        problems.add(
            stray.span[0], f"use this {_NAMES[stray.word]} here", f"a {_NAMES[stray.word]} belongs to a step"
        )
    headings = tuple(section.heading for section in steps)
    runbook = Runbook(
        name=name,
        title=introduction.heading,
        introduction=introduction.without(settings.spans),
        use_for=settings.kinds(),
        who=settings.role(knowledge.roles),
        steps=tuple(_Reader(section, knowledge, problems).step(headings) for section in steps),
        source=source,
        hash=hashlib.sha256(source.encode()).hexdigest(),
    )
    lint(runbook, problems)
    found = problems.all()
    return Reading(None, found) if found else Reading(runbook, found, hints(runbook))


class _Reader:
    """One section on its way to a step."""

    def __init__(self, section: Section, knowledge: Knowledge, problems: Problems) -> None:
        self._section = section
        self._knowledge = knowledge
        self._problems = problems
        self._settings = read_settings(section, OF_STEPS, problems)
        problems.take(stray_settings(section.lines, section.first, self._settings.spans))
        self._run_on = self._settings.place(knowledge)

    def step(self, headings: tuple[str, ...]) -> Step:
        """The step, as good as it can be made; what is wrong with it goes to the problems."""
        section, settings = self._section, self._settings
        fence = self._running_fence()
        action = self._action(fence) if fence else None
        on_failure, go_to = settings.on_failure(section.heading, headings)
        step = Step(
            heading=section.heading,
            line=section.line,
            prose=section.without(self._not_prose(fence)),
            warnings=tuple(warned.text for warned in section.warnings),
            boxes=tuple(box.text for box in section.boxes),
            before=self._before(fence),
            action=action,
            check=self._check(),
            question=self._question(),
            confirm=settings.text("Confirm"),
            confirm_typed=settings.typed(),
            on_failure=on_failure,
            go_to=go_to,
            on_request=settings.yes("Only on request"),
            optional=settings.yes("Optional"),
            who=settings.role(self._knowledge.roles),
            limit=settings.duration("Time limit", DEFAULT_LIMIT),
            watch=settings.text("Watch the size of"),
        )
        _without_effect(step, settings, section, fence)
        return step

    def _not_prose(self, fence: Fence | None) -> list[tuple[int, int]]:
        section = self._section
        spans = [
            *self._settings.spans,
            *(box.span for box in section.boxes),
            *(one.span for one in section.warnings),
        ]
        for one in section.directives:
            spans += [one.span, *([one.fence.span] if one.fence else [])]
        return spans + ([fence.span] if fence else [])

    def _runs(self, fence: Fence) -> bool:
        """Whether a fence is one that runs: `lab` always, a script where the step says on which machine."""
        if fence.language in _NOT_YET and self._run_on:
            self._problems.add(fence.line, f"use a `{fence.language}` fence", "this version does not run it yet")
        return fence.language == "lab" or (fence.language in set(Language) and self._run_on is not None)

    def _running_fence(self) -> Fence | None:
        running = [fence for fence in self._section.fences if self._runs(fence)]
        for extra in running[1:]:
            self._problems.add(
                extra.line, "run a second fence", "a step runs one, besides its **Before** and its **Check**"
            )
        return running[0] if running else None

    def _action(self, fence: Fence) -> Action | None:
        if fence.language != "lab":
            return ScriptAction(Language(fence.language), fence.text, self._run_on or "", fence.line)
        try:
            call = take_apart(fence.text, self._knowledge.verbs)
        except LabMistake as mistake:
            said = fence.text.strip().partition("\n")[0]
            self._problems.add(fence.line + 1, f"use `{said}`" if said else "run this fence", str(mistake))
            return None
        effect = next(verb.effect for verb in self._knowledge.verbs if verb.name == call.verb)
        return LabAction(call, fence.line, effect)

    def _behind(self, directive: Directive) -> Action | None:
        """What the fence behind a directive runs."""
        fence, name = directive.fence, _NAMES[directive.word]
        if fence is None:
            self._problems.add(directive.span[0], f"use this {name}", "no fence stands right behind it")
        elif not self._runs(fence):
            why = f"a `{fence.language}` fence can't be run" if self._run_on else "no “Run on” says where"
            self._problems.add(fence.line, f"run this {name}", why)
        else:
            return self._action(fence)
        return None

    def _before(self, guarded: Fence | None) -> Before | None:
        befores = self._section.said(Word.BEFORE)
        for extra in befores[1:]:
            self._problems.add(extra.span[0], "use a second Before", "a step has one Before")
        return self._guard(befores[0], guarded) if befores else None

    def _guard(self, before: Directive, guarded: Fence | None) -> Before | None:
        line = before.span[0]
        found = _BEFORE.fullmatch(before.text)
        late = min(
            [*(check.span[0] for check in self._section.said(Word.CHECK)), *([guarded.line] if guarded else [])],
            default=line,
        )
        if not found:
            right = _starred(before.text)
            right = right if _BEFORE.fullmatch(right) else "**Before**: what must hold"
            self._problems.add(line, f"use “{before.text}”", f"it is written `{right}`")
        elif late < line:
            self._problems.add(
                line, "use this Before here", f"it has to stand ahead of what it guards (line {late})"
            )
        elif action := self._behind(before):
            if why := self._why_no_guard(action, guarded):
                self._problems.add(action.line, "use this as a Before", why)
            return Before(action, found[1].strip())
        return None

    def _why_no_guard(self, action: Action, guarded: Fence | None) -> str | None:
        """A Before only looks. Where its fence was forgotten, the one to be guarded must not be taken for it."""
        if isinstance(action, LabAction) and action.effect is not Effect.LOOKS:
            return f"`{action.call.verb}` changes something, and a Before only looks"
        if guarded is None and (self._settings.text("Ask") or self._settings.text("Choose")):
            return "this step only asks, and runs nothing"
        if guarded is None and not isinstance(action, LabAction):
            return "no other fence stands here that it guards; a step done by hand looks with a `lab` line"
        return None

    def _check(self) -> Verification | None:
        checks = self._section.said(Word.CHECK)
        for extra in checks[1:]:
            self._problems.add(extra.span[0], "check a second time", "a step has one check")
        return self._verification(checks[0]) if checks else None

    def _verification(self, check: Directive) -> Verification | None:
        times = _times(check.text)
        if times is None:
            right = _starred(check.text)
            right = right if _times(right) else "**Check**:` or `**Check** every 5 seconds for 1 minute:"
            self._problems.add(check.span[0], f"use “{check.text}”", f"a check is written `{right}`")
        elif action := self._behind(check):
            return Verification(action, *times)
        return None

    def _question(self) -> Question | None:
        settings = self._settings
        asked, chosen = settings.name("Ask"), settings.name("Choose")
        if asked and chosen:
            settings.wrong("Choose", "a step asks one question, and this one has “Ask” already")
        name = chosen or asked
        return Question(name, chosen is not None, settings.options(), settings.pattern()) if name else None


def _times(check: str) -> tuple[timedelta, timedelta] | None:
    """How often and for how long a check is to look; None where it is not written as it should be."""
    found = _CHECK.fullmatch(check)
    every = duration(found[1]) if found and found[1] else _DEFAULT_EVERY
    within = duration(found[2]) if found and found[2] else timedelta()
    return None if not found or every is None or within is None else (every, within)


def _starred(text: str) -> str:
    """The text of a directive with its stars where they belong."""
    bare = re.sub(r"\*\*|__|^[*_]|(?<=\w)[*_](?=[: ])", "", text)
    word = bare[: len(Word.CHECK) if bare.casefold().startswith(Word.CHECK) else len(Word.BEFORE)]
    return f"**{word.capitalize()}**{bare.removeprefix(word)}"


def _without_effect(step: Step, settings: Settings, section: Section, fence: Fence | None) -> None:
    """A setting that has no effect where it stands was meant to have one."""
    asks = step.question
    scripted = fence is not None and fence.language != "lab"
    fences = [*section.fences, *(one.fence for one in section.directives if one.fence)]
    useless = {
        "Run on": None
        if any(one.language in _SCRIPTS for one in fences)
        else why_no_script(section.fences, section.lines, section.first),
        "Options": None if asks and asks.choose else "nothing is chosen here",
        "Pattern": None if asks else "nothing is asked or chosen here",
        "Choose": None if asks and (asks.options or scripted) else "neither “Options” nor a script says from what",
        "Confirm": _why_nothing_to_confirm(step),
        "Confirm by typing": _why_nothing_to_confirm(step),
        "Time limit": None if fence or section.said(Word.CHECK) else "nothing runs here",
        "Watch the size of": None if scripted and not step.lists else "no script runs here",
    }
    for key, why in useless.items():
        if why and settings.text(key) is not None:
            settings.wrong(key, why)


def _why_nothing_to_confirm(step: Step) -> str | None:
    if step.lists:
        return "a list is only looked at"
    return "this step only asks" if step.question and not step.action else None
