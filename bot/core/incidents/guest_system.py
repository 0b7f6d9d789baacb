"""Which system the agent in a guest is in: the one that the guest was seen to be, or another.

A live or rescue system that boots in place of a damaged one may have an agent, too: that it answers proves nothing
of the guest. What a guest calls itself is kept over its starts. A system that goes on without one may change its
name, and an upgrade changes neither its kind nor its name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bot.core.incidents.boot_reading import Reading
from bot.core.incidents.boot_signs import Stage

_MOST = 64
_NOT_INSTALLED = re.compile(r"rescue|\b(?:live|installer)\b")
"""Within ID or VARIANT_ID of os-release, as in `systemrescue` or NixOS's `installer`."""


@dataclass(frozen=True, slots=True)
class System:
    """What an agent tells of the system it is in; "" for what it does not. Any of it may be a lie.

    `id`, `name`: as os-release has them, `debian` and `Debian GNU/Linux`. `live`: it calls itself a live or rescue
    system, or an installer's.
    """

    id: str = ""
    name: str = ""
    hostname: str = ""
    live: bool = False

    def is_other_than(self, before: "System") -> bool:
        """Whether it is another one. What either does not tell, tells nothing; a host's domain may change."""
        kinds = {one.id.casefold() for one in (self, before)} - {""}
        hosts = {one.host for one in (self, before)} - {""}
        return len(kinds) > 1 or len(hosts) > 1 or (self.live and not before.live)

    def after(self, before: "System | None") -> "System":
        """This, with what it did not tell now and had before."""
        if before is None:
            return self
        kind = self if self.id else before
        return System(kind.id, kind.name, self.hostname or before.hostname, kind.live)

    @property
    def host(self) -> str:
        """Its host name without a domain, by which it is compared."""
        return self.hostname.partition(".")[0].casefold()

    def __str__(self) -> str:
        kind = self.name or self.id
        return f"“{self.hostname}”{f' ({kind})' if kind else ''}" if self.hostname else kind


def system_told(about: Mapping[str, object], host: Mapping[str, object]) -> System | None:
    """What an agent answered to guest-get-osinfo and guest-get-host-name; None where it told neither."""
    kind, variant = _word(about.get("id")), _word(about.get("variant-id"))
    live = bool(_NOT_INSTALLED.search(f"{kind} {variant}".casefold()))
    told = System(kind, _word(about.get("name")), _word(host.get("host-name")), live)
    return told if told.id or told.hostname else None


def _word(told: object) -> str:
    return " ".join(told.split())[:_MOST] if isinstance(told, str) else ""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose agent answers in a guest.

    `own`: the system that the guest was seen to be, None while nobody knows. `other`: one that answers since its
    latest start, and is another. `here`: its own has answered since then.
    """

    own: System | None = None
    other: System | None = None
    here: bool = field(default=False, compare=False)

    def anew(self) -> "Whose":
        """Once the guest may have started: whose agent answers is to be seen."""
        return Whose(self.own)

    def answered(self, seen: System | None) -> "Whose":
        """Once its agent answered for that system; None: it does not say for which."""
        if seen is None:
            return self
        before = self.own or System()
        if not self.here and seen.is_other_than(before):
            return replace(self, other=seen)
        return Whose(seen.after(self.own), here=True)

    def accepted(self) -> "Whose":
        """Once the other is known to be its own system."""
        return self if self.other is None else Whose(self.other, here=True)

    @property
    def doubt(self) -> Reading | None:
        """Why its agent's answer proves nothing; None where it does."""
        if self.other is None:
            return None
        before = f"it was {self.own} before" if self.own else "that calls itself no installed one"
        return Reading(Stage.TROUBLED, f"its agent answers for another system, {self.other}; {before}")


NOT_ASKED: Final = Whose()
"""Nobody knows yet whose agent answers."""
