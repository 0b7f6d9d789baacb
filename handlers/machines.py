"""What the buttons and modals about several machines have in common: who is listed, and who was ticked."""

from collections.abc import Callable, Collection, Mapping

from bot import queries
from bot.core.health import TargetId
from bot.core.incident import IncidentId, Member
from bot.core.permit import Act
from bot.views.machines import key, machines_view
from handlers.click import Click, Press
from handlers.desk import Desk
from handlers.kindly import Mistake
from handlers.submission import Submission


def ask_which(what: str, act: Act, fits: Callable[[Member], bool]) -> Press:
    """A press that opens the modal `what` for those members of the incident that fit."""

    async def press(desk: Desk, click: Click) -> None:
        desk.demand(click.user, act)
        picture = await desk.reader.ask(queries.incident, click.incident, desk.config)
        listed = [one for one in picture.incident.members.values() if fits(one)]
        await desk.open(click.trigger, machines_view(what, listed, picture.name, picture.lacking, click.about))

    return press


async def ticked(desk: Desk, submission: Submission) -> Mapping[TargetId, str]:
    """The members of the incident that were ticked, and how they were when they were listed.

    Raises Mistake where they are no longer in it.
    """
    picture = await desk.reader.ask(queries.incident, IncidentId(submission.about["incident"]))
    found = {key(target): target for target in picture.incident.members}
    said = dict(one.split(".") for one in submission.ticked)
    if not said.keys() <= found.keys():
        raise Mistake("cannot do that: because the list has changed; press the button again")
    return {found[one]: state for one, state in said.items()}


async def demand_gone(desk: Desk, targets: Collection[TargetId]) -> None:
    """Nobody deletes what is back: all hypervisors are asked at this very moment. Raises Mistake."""
    found, name = await desk.search(targets), (await desk.reader.ask(queries.names))
    if found.hosts:
        back = ", ".join(f"{name(target)} is back on {host}" for target, host in found.hosts.items())
        raise Mistake(f"cannot let go of them: because {back}; there is nothing to delete")
    if targets and found.unasked:
        hosts, lines = " and ".join(found.unasked), " and ".join(f"hosts.{host}" for host in found.unasked)
        raise Mistake(
            f"cannot let go of {', '.join(map(name, targets))}: because {hosts} can't be asked; try again once "
            f"that answers, or, if it is gone for good, take {lines} out of lab.yaml and restart Caretaker"
        )


async def complain(_desk: Desk, submission: Submission) -> str | None:
    """Why the modal can't be submitted as it is."""
    return None if submission.ticked else "Tick at least one machine."
