"""Whether a target is healthy, by what all that looks at it showed just now."""

from collections.abc import Sequence
from dataclasses import replace

from bot.actions import Outcome
from bot.core.health import BOOT, STALLED, Evidence, Health, Kind, Observation, Proof, Target
from bot.core.incidents.blind_spots import WAYS_OUT


def outcome(name: str, seen: Sequence[Observation]) -> Outcome:
    """What was seen of the target `name`, as the outcome of having looked.

    A check of its own that passes says more than that nothing tells whether it has come up.
    """
    if not seen:
        why = f"cannot tell whether {name} is healthy: because nothing here checks it"
        return Outcome(ok=False, text=why, known=False)
    inside = any(one.health is Health.OK and one.evidence is Evidence.INSIDE for one in seen)
    doubtful = [one for one in seen if one.health is not Health.OK]
    bad = [o.why for o in doubtful if not (inside and o.health is Health.UNKNOWN and o.fingerprint.check == BOOT)]
    known = not bad or any(one.health is Health.FAIL for one in seen)
    text = f"{name}: {'; '.join(dict.fromkeys(bad or [one.why for one in seen]))}"
    dark = not known and any(one.facts.get(STALLED) for one in doubtful)
    return Outcome(ok=not bad, text=f"{text}. {WAYS_OUT}" if dark else text, known=known)


def unwell(name: str, seen: Sequence[Observation], of_life: Sequence[Observation] = ()) -> Outcome:
    """Whether it surely is not healthy, by the same. `known`: something tells so, not only that nothing answers.

    A guest that is seen to run and shows no sign of life is not; of what could not be looked at, nobody can tell.
    `of_life`: what would show that a host is up, whichever of its services do not answer.
    """
    found = outcome(name, seen)
    if found.ok:
        return Outcome(ok=False, text=f"it is well: {found.text}")
    failing = [one for one in seen if one.health is Health.FAIL and one.kind is not Kind.CANNOT_WATCH]
    signs = [one.why for one in of_life if one.health is Health.OK and one.evidence is Evidence.INSIDE]
    if signs and all(one.is_silence for one in failing):
        return Outcome(ok=False, text=f"{name} is up: {signs[0]}. What does not answer: {found.text}")
    if failing:
        return Outcome(ok=True, text=found.text, known=any(not one.is_silence for one in failing))
    unseen = [one for one in seen if one.health is not Health.OK]
    whys = "; ".join(dict.fromkeys(one.why for one in unseen)) or "nothing here checks it"
    if unseen and all(one.running for one in unseen):
        return Outcome(ok=True, text=f"{name} is running, and not proven healthy: {whys}", known=False)
    return Outcome(ok=False, text=f"cannot tell whether {name} is well: {whys}", known=False)


def accepted(guest: Target, seen: Observation) -> Observation:
    """What a look at one that runs proves to whoever needs it healthy: a sign of life where the owner said so."""
    if seen.health is Health.FAIL or seen.evidence is Evidence.INSIDE:
        return seen
    if guest.proof is Proof.RUNNING:
        why = "it runs; it was not looked inside"
        return replace(seen, health=Health.OK, evidence=Evidence.OUTSIDE, why=why)
    return replace(seen, health=Health.UNKNOWN)
