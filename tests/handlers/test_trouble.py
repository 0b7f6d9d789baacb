"""What goes wrong on the way is told to whoever clicked, and nothing is left half done."""

import itertools
import time

from bot.core.incident import Status
from bot.workspace.records import ALEX, SAM
from tests.handlers import rig as rigs
from tests.waiting import until


async def test_a_modal_that_came_too_late_is_asked_for_once_more(tmp_path):
    hours = itertools.count(0, 3600)  # an hour passes with every look at this clock: no trigger id lives so long
    async with rigs.rig(tmp_path, clock=lambda: time.time() + next(hours)) as rig:
        await rig.web1_crashes()
        answer = await rig.refused(ALEX.id, await rig.card("incident:1"), "Resolve…")
        assert "That took too long. Please try again." in answer


async def test_what_fails_through_no_fault_of_the_person_is_told_as_such_and_logged(rig, caplog):
    await rig.web1_crashes()
    rig.box.faults.fail("views.open", "server_error")
    answer = await rig.refused(ALEX.id, await rig.card("incident:1"), "Resolve…")
    assert "Something went wrong on my side. Details are in the log." in answer
    await until(lambda: "cannot answer a click on 'incident_more'" in caplog.text)
    assert (await rig.incident()).status is Status.OPEN


async def test_a_click_that_cannot_be_written_is_told_so_and_changes_nothing(rig):
    await rig.web1_crashes()
    card = await rig.card("incident:1")
    await rig.writer.do(lambda store, _now: store._db.execute("PRAGMA query_only = on") and None)
    answer = await rig.refused(ALEX.id, card, "Acknowledge")
    await rig.writer.do(lambda store, _now: store._db.execute("PRAGMA query_only = off") and None)
    assert (
        "I cannot write my database, because attempt to write a readonly database. Nothing was changed." in answer
    )
    assert (await rig.incident()).status is Status.OPEN


async def test_a_run_whose_database_is_gone_is_said_kindly(rig):
    await rig.web1_crashes()
    await rig.press(ALEX.id, await rig.card("incident:1"), "Start: Mend a guest")
    card = await rig.card("run:1:step:0")
    await rig.writer.do(lambda store, _now: store.runs._db.execute("delete from run"))
    assert "cannot find run 1" in await rig.refused(ALEX.id, card, "Run")


async def test_a_refusal_is_logged_with_who_did_what_and_why(rig, caplog):
    caplog.set_level("INFO", "handlers")
    await rig.web1_crashes()
    await rig.refused(SAM.id, await rig.card("incident:1"), "Acknowledge")
    [refused] = [record for record in caplog.records if record.message == "refused"]
    assert refused.facts["person"] == SAM.id
    assert refused.facts["what"] == "incident_acknowledge incident 1"
    assert "can acknowledge" in str(refused.facts["why"])
