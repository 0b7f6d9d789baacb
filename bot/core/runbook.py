"""What a runbook is once it has been read: a title, settings, steps. What is wrong in a file, reading.py says."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.core.health import Kind
from bot.core.lab import Effect, LabCall
from bot.core.values import shown_in, used_by_shell

DEFAULT_ROLE = "admin"
DEFAULT_LIMIT = timedelta(minutes=10)


class Language(StrEnum):
    """What a script can be written in. `sh` runs with -e, `bash` with -eo pipefail."""

    SH = "sh"
    BASH = "bash"


@dataclass(frozen=True, slots=True)
class ScriptAction:
    """A fence that runs where the step says. `run_on`: a host's name, `$host`, `$hypervisor`, `guest` or `bot`."""

    language: Language
    text: str
    run_on: str
    line: int

    @property
    def uses(self) -> frozenset[str]:
        """The values without which it must not run."""
        return used_by_shell(self.text) | ({"guest"} if self.run_on == "guest" else shown_in(self.run_on))


@dataclass(frozen=True, slots=True)
class LabAction:
    """A `lab` fence: a built-in action. `effect`: its verb's."""

    call: LabCall
    line: int
    effect: Effect = Effect.LOOKS

    @property
    def uses(self) -> frozenset[str]:
        """The values without which it must not run."""
        return self.call.uses


Action = ScriptAction | LabAction


@dataclass(frozen=True, slots=True)
class Verification:
    """What proves a step: its action is looked at every `every` until it passes or `within` is over.

    `within` of zero: one look only.
    """

    action: Action
    every: timedelta
    within: timedelta


@dataclass(frozen=True, slots=True)
class Before:
    """What must hold at the moment a step's action starts: looked at once, right then. `says`: that, in words."""

    action: Action
    says: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a step asks a person. `name`: the value it sets. `pattern`: what the whole answer must match.

    `choose`: picked from a list, either `options` or, where there are none, the output of the step's action.
    """

    name: str
    choose: bool
    options: tuple[str, ...] = ()
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What must be agreed to before a step runs. `typed`: the value whose text must be typed, or None."""

    text: str
    typed: str | None
    warnings: tuple[str, ...]


class OnFailure(StrEnum):
    """What follows when a step fails."""

    ASK = "ask"
    STOP = "stop"
    GO_TO = "go to"


@dataclass(frozen=True, slots=True)
class Step:
    """One `## Heading`. `prose`: what is shown of it, as markdown. `boxes`: to be ticked before it goes on.

    `go_to`: the heading that follows a failure, where `on_failure` is GO_TO. `watch`: the path whose size shows
    how far the action has come; it may name values. `who`: a role, or None for the runbook's own.
    """

    heading: str
    line: int
    prose: str = ""
    warnings: tuple[str, ...] = ()
    boxes: tuple[str, ...] = ()
    before: Before | None = None
    action: Action | None = None
    check: Verification | None = None
    question: Question | None = None
    confirm: str | None = None
    confirm_typed: str | None = None
    on_failure: OnFailure = OnFailure.ASK
    go_to: str | None = None
    on_request: bool = False
    optional: bool = False
    who: str | None = None
    limit: timedelta = DEFAULT_LIMIT
    watch: str | None = None

    @property
    def lists(self) -> bool:
        """Whether its action only lists what can be chosen."""
        asks = self.question
        return self.action is not None and asks is not None and asks.choose and not asks.options

    @property
    def acts(self) -> bool:
        """Whether it runs something to change the world, not only to list."""
        return self.action is not None and not self.lists

    @property
    def runs(self) -> tuple[Action, ...]:
        """All it runs, in its order: what it looks at before, its action, its check."""
        all_ = (
            self.before.action if self.before else None,
            self.action,
            self.check.action if self.check else None,
        )
        return tuple(one for one in all_ if one)

    @property
    def effect(self) -> Effect:
        """What it does to its machine, as far as can be told.

        A `lab` line says so itself. Of a script only this is known: what is proven, guarded or confirmed does not
        only look. What a person does counts once it is proven: only then is it the run's own.
        """
        if isinstance(self.action, LabAction):
            return self.action.effect
        guarded = self.acts and (self.before is not None or needs_confirmation(self) is not None)
        changes = self.check is not None or guarded
        return Effect.CHANGES if changes and not self.lists else Effect.LOOKS

    @property
    def uses(self) -> frozenset[str]:
        """The values without which this step must not go on; its own question's answer is among them if used."""
        names = shown_in(self.watch or "") | shown_in(self.confirm or "")
        if self.confirm_typed:
            names |= {self.confirm_typed}
        return names.union(*(action.uses for action in self.runs))


@dataclass(frozen=True, slots=True)
class Runbook:
    """One file, read and found good. `source` is its whole text and `hash` that text's SHA-256 in hexadecimal.

    `name`: the file's name without `.md`. `use_for`: the incidents it is offered for.
    """

    name: str
    title: str
    introduction: str
    use_for: tuple[Kind, ...]
    who: str | None
    steps: tuple[Step, ...]
    source: str
    hash: str

    def position(self, heading: str) -> int:
        """Where the step with this heading stands, from 0. Raises ValueError when there is none."""
        return [step.heading for step in self.steps].index(heading)


def who_may(step: Step, runbook: Runbook) -> str:
    """The role whose people may press this step's buttons (an admin always may)."""
    return step.who or runbook.who or DEFAULT_ROLE


def needs_confirmation(step: Step) -> Confirmation | None:
    """What must be agreed to before Run (or Done, in a step done by hand), or None where nothing must."""
    if step.confirm is None and step.confirm_typed is None:
        return None
    return Confirmation(step.confirm or "", step.confirm_typed, step.warnings)
