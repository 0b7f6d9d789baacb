"""What people say of machines on an incident's card: their word, that one was deleted, that it must come back."""

import re
from dataclasses import replace

import pytest

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.incidents.member import INVENTORY, Standing
from bot.sightings import believe
from bot.workspace.records import ALEX, ROBIN, SAM
from tests.handlers.rig import WEB1, labels, now
from tests.waiting import until

DB1, ATLAS = TargetId("guest:db1"), TargetId("host:atlas")


async def see(rig, *seen: Observation) -> None:
    await rig.writer.do(believe, rig.config, list(seen), None)


def observed(check: str, target: TargetId, health: Health, kind: Kind | None = None, **parts) -> Observation:
    return replace(Observation(Fingerprint(CheckName(check), target), health, now(), "seen", kind), **parts)


async def outage(rig, *missing: TargetId) -> dict:
    """The host was gone and is back; its guests have power, but for those that are missing. The card."""
    runs = {"running": True, "evidence": Evidence.OUTSIDE}
    await see(rig, *(observed("state", guest, Health.OK, **runs) for guest in (WEB1, DB1)))
    await see(rig, observed("ssh", ATLAS, Health.FAIL, Kind.HOST_DOWN))
    await see(rig, observed("ssh", ATLAS, Health.OK))
    await see(rig, *(observed(INVENTORY, one, Health.FAIL, Kind.GUEST_MISSING) for one in missing))
    return await rig.card("incident:1", "🔵 *Recovering*")


async def standing(rig, target: TargetId) -> Standing:
    return (await rig.incident()).members[target].standing


async def test_a_word_covers_whom_it_names_and_is_told_with_the_name_of_who_gave_it(rig):
    view = await rig.modal(ROBIN.id, await outage(rig), "It is well…")
    assert await rig.submit(ROBIN.id, view, **{"machines:0": "web1"}) == {}
    await rig.card("incident:1", f"web1 is well, says <@{ROBIN.id}>")
    assert (await standing(rig, WEB1), await standing(rig, DB1)) == (Standing.WORD, Standing.UNPROVEN)
    assert (await rig.incident()).members[WEB1].ground.by == ROBIN.id


async def test_a_word_for_all_of_them_ends_the_outage_after_its_grace_and_says_what_it_rests_on(rig):
    view = await rig.modal(ALEX.id, await outage(rig), "It is well…")
    assert await rig.submit(ALEX.id, view, **{"machines:0": "web1 db1"}) == {}
    await rig.card("incident:1", f"2 are well, says <@{ALEX.id}>: db1, web1")


async def test_whoever_ticks_nobody_is_asked_again_and_nothing_changes(rig):
    view = await rig.modal(ALEX.id, await outage(rig), "It is well…")
    answer = await rig.submit(ALEX.id, view, **{"machines:0": ""})
    assert answer == {
        "response_action": "errors",
        "errors": {"machines:0": "Please complete this required field."},
    }
    assert await standing(rig, WEB1) is Standing.UNPROVEN


async def left_off(rig) -> dict:
    """The host was gone and is back; web1 runs, db1 is off. The card."""
    card = await outage(rig)
    await see(rig, observed("state", DB1, Health.OK, running=False, evidence=Evidence.OUTSIDE))
    return await rig.card("incident:1", "still off, and it ran before") or card


def boxes(view: dict) -> list[str]:
    return [o["text"]["text"] for b in view["blocks"] for o in b.get("element", {}).get("options", ())]


async def test_what_is_off_may_stay_so_and_is_not_called_well(rig):
    card = await left_off(rig)
    assert boxes(await rig.modal(ALEX.id, card, "It is well…")) == ["web1"]
    view = await rig.modal(ROBIN.id, card, "May stay off…")
    assert boxes(view) == ["db1"]
    assert await rig.submit(ROBIN.id, view, **{"machines:0": "db1"}) == {}
    await rig.card("incident:1", f"⚪ db1 stays off, says <@{ROBIN.id}>")
    assert await standing(rig, DB1) is Standing.STAYS_OFF
    assert "💤 db1" in await rig.type(SAM.id, "why db1")


async def test_a_word_about_what_has_changed_meanwhile_is_refused(rig):
    view = await rig.modal(ALEX.id, await outage(rig), "It is well…")
    await see(rig, observed("state", DB1, Health.OK, running=False, evidence=Evidence.OUTSIDE))
    before = len(rig.whispers(ALEX.id))
    await rig.submit(ALEX.id, view, **{"machines:0": "db1"})
    await until(lambda: len(rig.whispers(ALEX.id)) > before)
    assert (
        "I cannot take your word for db1, because it has changed since you were asked" in rig.whispers(ALEX.id)[-1]
    )
    assert await standing(rig, DB1) is Standing.UNPROVEN


async def test_a_machine_that_has_crashed_since_its_owner_was_asked_may_not_stay_off(rig):
    view = await rig.modal(ROBIN.id, await left_off(rig), "May stay off…")
    crashed = observed("state", DB1, Health.FAIL, Kind.GUEST_DOWN, running=False, evidence=Evidence.OUTSIDE)
    await see(rig, crashed)
    before = len(rig.whispers(ROBIN.id))
    await rig.submit(ROBIN.id, view, **{"machines:0": "db1"})
    await until(lambda: len(rig.whispers(ROBIN.id)) > before)
    assert "db1, because it has changed since you were asked" in rig.whispers(ROBIN.id)[-1]
    assert await standing(rig, DB1) is not Standing.STAYS_OFF


async def test_what_ran_before_and_is_off_is_named_after_the_incident_was_closed_until_it_may_stay_off(rig):
    await left_off(rig)
    await rig.type(ALEX.id, "well web1")
    await rig.type(ALEX.id, "resolve 1 power is back")
    told = await rig.type(SAM.id, "status")
    assert "No open incident, but db1 is off since" in told
    assert "down: db1" in told
    assert "❌ db1" in await rig.type(SAM.id, "why db1")
    assert "only alex or robin can say that a machine may stay off" in (
        await rig.type(SAM.id, "stays-off db1")
    ).replace("Only", "only")
    assert f"⚪ db1 stays off, says <@{ROBIN.id}>." in await rig.type(ROBIN.id, "stays-off db1")
    await rig.card("incident:1", f"⚪ db1 stays off, says <@{ROBIN.id}>")
    assert "No open incident, but db1" not in await rig.type(SAM.id, "status")
    assert re.search(f"; <@{ROBIN.id}> said .* that it may stay off\\.", await rig.type(SAM.id, "why db1"))
    assert "nothing waits for it" in await rig.type(ROBIN.id, "stays-off db1")


async def test_what_ran_before_and_is_off_is_no_trouble_any_more_once_it_runs_and_is_proven(rig):
    await left_off(rig)
    await rig.type(ALEX.id, "resolve 1 power is back")
    await see(rig, observed("state", DB1, Health.OK, running=True, evidence=Evidence.OUTSIDE))
    assert "db1" in await rig.type(SAM.id, "status")
    await see(rig, observed("boot", DB1, Health.OK, running=True))
    await see(rig, observed("state", DB1, Health.OK, running=False, evidence=Evidence.OUTSIDE))
    assert "db1" not in await rig.type(SAM.id, "status")


async def test_a_word_that_a_machine_is_well_is_given_by_name_too_and_not_for_what_is_off(rig):
    await left_off(rig)
    assert f"☑️ web1 is well, says <@{ROBIN.id}>." in await rig.type(ROBIN.id, "well web1")
    assert "because it is off" in await rig.type(ROBIN.id, "well db1")
    assert "because no open incident waits for it" in await rig.type(ROBIN.id, "well atlas")


async def test_what_became_of_a_missing_machine_is_said_by_name_too_also_when_its_incident_is_over(rig):
    await outage(rig, WEB1, DB1)
    assert "because it is not missing" in await rig.type(ROBIN.id, "deleted atlas")
    assert "because its host has no other one of that name" in await rig.type(ROBIN.id, "rebuilt db1")
    assert f"🗑️ db1 was deleted on purpose, says <@{ROBIN.id}>." in await rig.type(ROBIN.id, "deleted db1")
    await rig.type(ALEX.id, "resolve 1 enough")
    assert "failing: web1" in await rig.type(SAM.id, "status")
    await rig.type(ROBIN.id, "deleted web1")
    assert "web1" not in await rig.type(SAM.id, "status")


async def test_a_question_about_a_missing_machine_stays_open_after_it_was_to_come_back(rig):
    card = await outage(rig, WEB1)
    view = await rig.modal(ROBIN.id, card, "It must come back…")
    await rig.submit(ROBIN.id, view, **{"machines:0": "web1"})
    anew = Target(TargetId("guest:anew"), runs_on=ATLAS, name="web1")
    await rig.writer.do(lambda store, at: store.targets.keep([anew], at))
    await see(rig, observed("state", anew.id, Health.OK, running=True, evidence=Evidence.OUTSIDE))
    assert f"♻️ web1 was rebuilt, says <@{ROBIN.id}>." in await rig.type(ROBIN.id, "rebuilt web1")
    assert await standing(rig, WEB1) is Standing.REBUILT


async def test_what_was_deleted_on_purpose_leaves_the_inventory_in_that_persons_name(rig):
    card = await outage(rig, WEB1)
    view = await rig.modal(ROBIN.id, card, "Deleted on purpose…")
    assert await rig.submit(ROBIN.id, view, **{"machines:0": "web1"}) == {}
    await rig.card("incident:1", f"web1 was deleted on purpose, says <@{ROBIN.id}>")
    assert WEB1 not in await rig.reader.ask(lambda store, _now: store.targets.inventory())
    history = await rig.reader.ask(lambda store, _now: store.incidents.history(1))
    assert [e.by for e in history if e.text == "says that it was deleted on purpose: web1"] == [ROBIN.id]


async def test_what_must_come_back_stays_and_nobody_is_asked_again(rig):
    card = await outage(rig, WEB1)
    assert "Deleted on purpose…" in labels(card)
    view = await rig.modal(ROBIN.id, card, "It must come back…")
    assert await rig.submit(ROBIN.id, view, **{"machines:0": "web1"}) == {}
    await until(lambda: rig_labels(rig))
    assert await standing(rig, WEB1) is Standing.MISSING


async def rig_labels(rig) -> bool:
    return "It must come back…" not in labels(await rig.card("incident:1"))


async def test_a_list_that_has_changed_under_a_choice_is_answered_kindly(rig):
    card = await outage(rig, WEB1)
    view = await rig.modal(ALEX.id, card, "Deleted on purpose…")
    await see(rig, observed(INVENTORY, WEB1, Health.OK, evidence=Evidence.OUTSIDE))
    before = len(rig.whispers(ALEX.id))
    await rig.submit(ALEX.id, view, **{"machines:0": "web1"})
    await until(lambda: len(rig.whispers(ALEX.id)) > before)
    assert "it has changed since you were asked, and is unproven now" in rig.whispers(ALEX.id)[-1]


async def test_nobody_deletes_a_guest_that_its_host_has_again_though_the_bot_has_not_noticed_yet(rig):
    card = await outage(rig, WEB1)
    view = await rig.modal(ALEX.id, card, "Deleted on purpose…")
    rig.there[WEB1] = "atlas"
    before = len(rig.whispers(ALEX.id))
    await rig.submit(ALEX.id, view, **{"machines:0": "web1"})
    await until(lambda: len(rig.whispers(ALEX.id)) > before)
    assert "web1 is back on atlas; there is nothing to delete" in rig.whispers(ALEX.id)[-1]
    assert await standing(rig, WEB1) is Standing.MISSING


async def test_nobody_deletes_a_guest_that_a_host_may_have_which_cant_be_asked(rig):
    card = await outage(rig, WEB1)
    view = await rig.modal(ALEX.id, card, "Deleted on purpose…")
    rig.unasked = ("borea",)
    before = len(rig.whispers(ALEX.id))
    await rig.submit(ALEX.id, view, **{"machines:0": "web1"})
    await until(lambda: len(rig.whispers(ALEX.id)) > before)
    assert "let go of web1, because borea can't be asked; try again once that answers" in rig.whispers(ALEX.id)[-1]
    assert "take hosts.borea out of lab.yaml" in await rig.type(ALEX.id, "deleted web1")
    assert await standing(rig, WEB1) is Standing.MISSING
    for typed in ("deleted web1", "rebuilt web1"):
        assert "Only alex or robin" in await rig.type(SAM.id, typed), "a stranger has nobody asked"


@pytest.mark.parametrize("label", ["It is well…", "Deleted on purpose…", "It must come back…"])
async def test_a_stranger_may_say_nothing_and_is_told_who_may(rig, label):
    card = await outage(rig, WEB1)
    answer = await rig.refused(SAM.id, card, label)
    assert "alex or robin" in answer
    assert rig.box.workspace.modals.stack(SAM.id) == []


async def test_where_three_buttons_are_about_machines_acknowledge_is_in_the_overflow(rig):
    card = await outage(rig, WEB1)
    await rig.press(ROBIN.id, card, "Acknowledge")
    await rig.card("incident:1", f"<@{ROBIN.id}> is on it")


async def test_what_an_incident_waits_for_is_listed_with_what_is_missing(rig):
    await outage(rig, WEB1)
    answer = await rig.type(SAM.id, "incident 1")
    assert "🕳️ web1: missing" in answer
    assert "❔ db1: unproven" in answer
    assert "unproven; its agent's answer, a login prompt" in answer


async def test_why_says_what_each_check_proves_and_what_is_missing(rig):
    await outage(rig)
    answer = await rig.type(SAM.id, "why web1")
    assert "proves only that it is powered on" in answer
    assert "Not proven healthy yet: its agent's answer" in answer
    assert "Healthy." in await rig.type(SAM.id, "why atlas")
