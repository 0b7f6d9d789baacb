"""What lab.yaml and runbooks can speak of: the probes, the actions' verbs, the folders of runbooks.

It only names what there is; nothing is looked at and nothing is built with it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot import actions, probes
from bot.config import Config
from bot.core.permit import Role
from bot.core.written import Knowledge
from bot.library import Library

SHIPPED = Path(__file__).resolve().parent.parent / "runbooks"


def probe_params() -> Mapping[str, type[Any]]:
    """The probes' parameters, for reading lab.yaml."""
    return {name: kind.params for name, kind in probes.discover().items()}


def knowledge(config: Config | None) -> Knowledge:
    """What runbooks may refer to: all there is, or, without a config, any host and role."""
    verbs = tuple(a.verb for a in actions.discover().values())
    if config is None:
        return Knowledge(verbs, bot=True)
    roles = {role for person in config.people for role in person.roles} | set(Role)
    return Knowledge(verbs, frozenset(config.hosts), frozenset(roles), bot=config.runbooks.run_on_bot)


def library_of(config: Config | None) -> Library:
    """The runbooks, not read yet: the owner's own folder first, because it wins, also once it is made later."""
    own = (config.runbooks.folder or config.path.absolute().parent / "runbooks") if config else SHIPPED
    return Library((own, SHIPPED), knowledge(config))
