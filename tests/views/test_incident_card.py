"""What an incident's card says."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from bot.core.health import CheckName, Fingerprint, Kind, TargetId
from bot.core.incident import Earlier, End, Incident, IncidentId, Member, Status, Way
from bot.core.incidents.inventory_changes import Change
from bot.core.incidents.member import COUNTED, INVENTORY, Ground, Standing
from bot.core.incidents.spans import Spans
from bot.core.names import UNTOLD
from bot.core.runbook import Runbook
from bot.views.incident import IncidentFacts, incident_card
from bot.views.machines import LET_GO, VOUCH, machines_view
from bot.views.modals import resolve_view
from bot.views.words import ENDS, MARKS, STANDINGS, incident_line, title

NOW = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
OWNER = "U0000000ALEX"
OWN = frozenset({Fingerprint(CheckName("ups"), TargetId("ups:rack"))})
RETURNING = {"status": Status.RECOVERING, "failing": frozenset()}
ACKNOWLEDGED = {"status": Status.ACKNOWLEDGED, "acknowledged_by": OWNER}


UNWATCHED = Ground(Standing.UNWATCHED, "", NOW)


def outage(*left: str, back: int = 44, **changes) -> Incident:
    """A power failure that took guests along, of which those named are not back."""
    seen = Ground(Standing.PROVEN, "it asks for a login", NOW)
    well = [Member(TargetId(f"guest:vm{n}"), True, running=True, ground=seen) for n in range(back)]
    lost = [Member(TargetId(f"guest:{name}"), True) for name in left]
    members = MappingProxyType({one.target: one for one in well + lost})
    rack = TargetId("ups:rack")
    made = Incident(IncidentId(7), Kind.POWER_LOSS, rack, "on battery", NOW, NOW, own=OWN, failing=OWN)
    return replace(made, members=members, **changes)


def lines(incident: Incident, lacking: Mapping[TargetId, str] = MappingProxyType({})) -> list[str]:
    """The card's sections."""
    card = incident_card(IncidentFacts(incident, OWNER, lacking=lacking))
    return [block.text.text for block in card.blocks if block.type == "section"]


def labels(incident: Incident) -> list[str]:
    """What can be pressed."""
    blocks = [block for block in incident_card(IncidentFacts(incident, OWNER)).blocks if block.type == "actions"]
    return [element.text.text for block in blocks for element in block.elements if element.type == "button"]


def test_the_first_line_tells_state_subject_since_when_and_whom_it_waits_for():
    since = "<!date^1772373720^{date_short_pretty} at {time}|01 Mar 14:02 UTC>"
    assert lines(outage())[0] == f"🔴 *Open* · *Power failure (rack)* · since {since} · <@{OWNER}>"


def test_a_power_failure_tells_for_how_long_the_power_was_gone():
    back_at = NOW + timedelta(minutes=42)
    card = lines(outage("dev2", **RETURNING, spans=Spans().began(NOW).ended(back_at)))
    assert card[1] == f"The power was gone for 42 min, until {at(42)}.\nWhile it was gone: on battery"


def gone(*lengths: int, lasts: bool = False) -> Spans:
    """Spans of so many seconds, one every seven minutes; `lasts`: the last has not ended."""
    spans = Spans()
    for n, seconds in enumerate(lengths):
        began = NOW + n * timedelta(minutes=7)
        spans = spans.began(began).ended(began + timedelta(seconds=seconds))
    return spans.began(NOW + len(lengths) * timedelta(minutes=7)) if lasts else spans


def at(minute: int) -> str:
    moment = NOW + timedelta(minutes=minute)
    return f"<!date^{int(moment.timestamp())}^{{time}}|{moment:%H:%M} UTC>"


def test_a_power_failure_that_came_twice_tells_each_and_not_the_time_between():
    twice = outage("dev2", **RETURNING, spans=gone(19, 35))
    assert lines(twice)[1].startswith(f"The power was gone 2 times: 19 s at {at(0)}, 35 s at {at(7)}.\n")
    over = replace(twice, status=Status.RESOLVED, end=End(Way.PROVEN), resolved_at=NOW + timedelta(hours=1))
    assert lines(over)[0].endswith(" · 2 times, 54 s in all")
    assert incident_line(over, UNTOLD).endswith(", 2 times, 54 s in all")


def test_while_it_is_gone_again_the_card_says_since_when_and_how_long_before():
    told = lines(outage(spans=gone(19, lasts=True)))[1]
    assert told == f"On battery\nThe power is gone again since {at(7)}. Before: 19 s at {at(0)}."


def test_of_many_times_the_card_has_the_sum_and_the_last():
    down = replace(outage(spans=gone(*[1] * 26), **RETURNING), kind=Kind.GUEST_DOWN)
    assert f"It was down 26 times: 26 s in all, last 1 s at {at(25 * 7)}." in lines(down)[1]
    five = gone(1, 2, 3, 4, lasts=True)
    told = lines(replace(outage(spans=five), kind=Kind.BOOT_DISK))[1]
    assert f"It fails again since {at(28)}. Before: 4 times, 10 s in all, last 4 s at {at(21)}." in told
    changed = lines(replace(outage(spans=five), kind=Kind.HOST_CHANGED))[1]
    assert f"It differs again since {at(28)}." in changed


def test_an_unstable_one_says_that_only_its_card_tells_of_changes():
    assert "Unstable: no more messages until nothing" in lines(outage(spans=gone(1, 1), unstable_since=NOW))[1]


def test_one_that_comes_again_later_names_the_one_before():
    again = outage(earlier=Earlier(IncidentId(2), NOW - timedelta(minutes=65)))
    assert "Incident 2 was the same; it ended 1 h 5 min before this." in lines(again)[1]


def test_one_that_a_person_reopened_says_who_and_when_and_what_holds_now():
    by = {"reopened_at": NOW, "reopened_by": OWNER, "failing": frozenset()}
    said = f"Reopened by <@{OWNER}> at <!date^1772373720^{{time}}|14:02 UTC>."
    nothing = "Nothing fails now, as far as I can see. Close it when you are done."
    assert lines(outage(**by))[1] == f"{said} {nothing}\nWhile it was gone: on battery"
    assert lines(outage("dev2", **by))[1] == f"{said}\nWhile it was gone: on battery"
    assert lines(outage(**{**by, "failing": outage().own}))[1] == f"{said}\nOn battery"
    recovering = outage(**by, status=Status.RECOVERING, recovering_since=NOW, spans=gone(49))
    assert "The power was gone for 49 s, until " in lines(recovering)[1]
    assert incident_card(IncidentFacts(outage(**by), OWNER)).text.endswith(nothing)
    assert "Reopened" not in lines(replace(outage(**by), status=Status.RESOLVED))[1]


def test_one_that_nobody_saw_is_said_to_be_suspected_and_claims_no_more_than_is_known():
    back_at = NOW + timedelta(minutes=42)
    card = lines(outage(**RETURNING, spans=Spans().began(NOW).ended(back_at), suspected=True))
    assert "*Suspected: Power failure (rack)*" in card[0]
    assert card[1] == f"The power was gone for at most 42 min, until {at(42)}.\nWhile it was gone: on battery"
    card = lines(outage(**RETURNING, spans=Spans().began(back_at).ended(back_at), suspected=True))
    assert card[1].startswith(f"The power was gone until {at(42)}; for how long is not known.")


def test_of_a_host_that_never_went_off_the_card_has_no_length_of_a_power_failure():
    atlas = TargetId("host:atlas")
    stayed = Member(atlas, True, ground=Ground(Standing.PROVEN, "its own system answers: it never went off", NOW))
    made = replace(outage(**RETURNING, spans=gone(49)), subject=atlas)
    assert lines(made)[1].startswith("The power was gone for 49 s")
    made = replace(made, members=MappingProxyType({atlas: stayed}))
    assert lines(made)[1].startswith("Out of reach for 49 s, until ")


def test_the_fallback_text_tells_it_without_blocks():
    assert incident_card(IncidentFacts(outage(), OWNER)).text == "🔴 Open: Power failure (rack). On battery"


def test_it_counts_who_is_well_and_names_who_is_not_with_what_is_missing():
    lacks = {TargetId(f"guest:{name}"): "an answer of its agent" for name in ("db1", "mail1")}
    assert lines(outage("db1", "mail1"), lacks)[2].split("\n") == [
        "▰▰▰▰▰▰▰▰▰▱  *44 of 46* well",
        "✅ 44 proven healthy",
        "❔ 2 unproven: db1, mail1",
        "      not yet: an answer of its agent",
    ]
    returning = outage("db1", "mail1", failing=frozenset(), status=Status.RECOVERING)
    assert lines(returning)[2].startswith("▰▰▰▰▰▰▰▰▰▱  *44 of 46* back")


def test_each_way_to_stand_is_told_apart_and_the_numbers_add_up():
    rack, mail, web, files, printer, db, dev, nas = (
        TargetId(f"{kind}:{name}")
        for kind, name in (
            ("ups", "rack"),
            ("guest", "mail"),
            ("guest", "web"),
            ("guest", "files"),
            ("guest", "printer"),
            ("guest", "db"),
            ("guest", "dev"),
            ("host", "nas"),
        )
    )
    made = outage(back=2)
    for member in (
        Member(rack, False, failing=frozenset({CheckName("ups")})),
        Member(mail, True, ground=Ground(Standing.WORD, "its agent's answer", NOW, by=OWNER)),
        Member(web, True, failing=frozenset({INVENTORY})),
        Member(files, True, ground=Ground(Standing.UNTOUCHED, "", NOW)),
        Member(printer, True, ground=Ground(Standing.ACCEPTED, "running", NOW)),
        Member(db, True),
        Member(dev, True, running=False).let_off(OWNER, NOW),
        Member(nas, False).let_go(UNWATCHED),
    ):
        made = made.with_member(member)
    assert lines(made, {db: "a login prompt"})[2].split("\n") == [
        "▰▰▰▰▱▱▱▱▱▱  *4 of 10* well",
        "✅ 2 proven healthy, 1 not seen to go off",
        "🔌 1 accepted, not looked inside: printer",
        f"☑️ mail is well, says <@{OWNER}>",
        f"⚪ dev stays off, says <@{OWNER}>",
        "⚪ 1 no longer watched: nas",
        "🕳️ 1 missing: web",
        "❌ 1 failing: rack",
        "❔ 1 unproven: db",
        "      not yet: a login prompt",
    ]


def test_the_watchers_own_sight_is_not_counted_among_what_was_hurt():
    own_sight = Member(TargetId("bot:caretaker"), False, failing=frozenset({CheckName("network")}))
    told = "\n".join(lines(outage("web1", back=1).with_member(own_sight)))
    assert "*1 of 2* well" in told
    assert "❔ Caretaker's own sight is not back yet" in told
    assert told.count("Caretaker") == 1


def test_many_names_are_counted_and_hosts_come_first():
    many = outage(*(f"vm{n}" for n in range(100, 130)), back=0)
    host = Member(TargetId("host:zeus"), False)
    told = lines(many.with_member(host))[2]
    assert told.endswith("31 unproven: zeus, vm100, vm101, vm102, vm103, vm104, vm105, vm106 and 23 more")


def test_what_is_unproven_for_several_reasons_is_told_by_each():
    lacks = {TargetId("guest:a"): "its agent's answer", TargetId("guest:b"): "http has not passed"}
    assert lines(outage("a", "b", back=0), lacks)[2].split("\n")[2:] == [
        "      not yet: its agent's answer (a)",
        "      not yet: http has not passed (b)",
    ]


def test_what_differs_from_before_is_no_proof_that_is_still_to_come():
    differs = (Change("autostart", "it no longer starts with its host"),)
    held = Member(TargetId("guest:web1"), False, changes=differs)
    lacking = {held.target: differs[0].words}
    assert lines(outage(back=1).with_member(held), lacking)[-1].splitlines()[-2:] == [
        "❔ 1 unproven: web1",
        "      it no longer starts with its host",
    ]


def test_what_is_off_and_ran_before_is_said_to_be_so():
    def off(*names, **more):
        made = outage(*names, "a", back=0, **more)
        for name in names:
            made = made.with_member(Member(TargetId(f"guest:{name}"), True, running=False))
        return lines(made, {TargetId("guest:a"): "its agent's answer"})[2].split("\n")[1:]

    assert off("dev2", **RETURNING) == [
        "❔ 1 still off, and it ran before: dev2",
        "❔ 1 unproven: a",
        "      not yet: its agent's answer",
    ]
    assert off("dev1", "dev2", **RETURNING)[0] == "❔ 2 still off, and they ran before: dev1, dev2"
    assert off("dev2")[0] == "❔ 1 off, and it ran before: dev2", "the outage goes on: nothing could be back"


def test_what_is_paused_and_ran_before_is_not_called_off():
    made = outage("dev1", "dev2", "a", back=0, **RETURNING)
    for name, paused in (("dev1", True), ("dev2", False)):
        made = made.with_member(Member(TargetId(f"guest:{name}"), True, running=False, paused=paused))
    assert lines(made, {})[2].split("\n")[1:] == [
        "❔ 1 still off, and it ran before: dev2",
        "❔ 1 still paused, and it ran before: dev1",
        "❔ 1 unproven: a",
    ]


def test_once_all_are_back_nobody_is_named():
    assert lines(outage(failing=frozenset(), status=Status.RECOVERING))[2] == "▰▰▰▰▰▰▰▰▰▰  *44 of 44* back"


def over(way: Way, **parts) -> Incident:
    """An outage that has ended."""
    ended = {
        "status": Status.RESOLVED,
        "failing": frozenset(),
        "resolved_at": NOW + timedelta(hours=2, minutes=5),
        "end": End(way, IncidentId(3) if way is Way.MOVED else None),
    }
    return outage(**{**ended, **parts})


def test_one_that_was_proven_is_green_and_tells_how_long_it_lasted():
    made = over(Way.PROVEN, resolution="all proven healthy")
    assert lines(made)[:2] == [
        "🟢 *Resolved* · *Power failure (rack)* · lasted 2 h 5 min",
        "While it was gone: on battery\nResolved: all proven healthy",
    ]
    assert labels(made) == ["Reopen"]


def test_one_that_a_person_closed_says_who_and_why_and_is_not_green():
    made = over(Way.CLOSED, resolved_by=OWNER, resolution="db1 is gone for good")
    assert lines(made)[0] == "☑️ *Closed* · *Power failure (rack)* · lasted 2 h 5 min"
    assert lines(made)[1] == f"While it was gone: on battery\nClosed by <@{OWNER}>: db1 is gone for good"
    assert labels(made) == ["Reopen"]


def test_one_that_is_part_of_another_says_of_which_and_offers_nothing():
    made = over(Way.MOVED, resolution="Part of incident 3: what is still unproven is followed there.")
    assert lines(made)[0] == "⚪ *Moved to incident 3* · *Power failure (rack)*"
    assert lines(made)[1].endswith("\nPart of incident 3: what is still unproven is followed there.")
    assert (labels(made), "lasted" in str(incident_card(IncidentFacts(made, OWNER)).text)) == ([], False)


def test_one_that_was_the_bots_own_blindness_says_so_and_offers_nothing():
    made = over(Way.WITHDRAWN, resolution="my own network was down")
    assert lines(made)[0] == "⚫ *Withdrawn* · *Power failure (rack)*"
    assert lines(made)[1] == "While it was gone: on battery\nWithdrawn: my own network was down"
    assert labels(made) == []


@pytest.mark.parametrize("way", Way)
def test_each_end_is_told_in_lists_and_in_the_fallback_text_too(way):
    made = over(way)
    line, card = incident_line(made, UNTOLD), incident_card(IncidentFacts(made, OWNER))
    assert line.startswith(ENDS[way])
    assert card.text.startswith(f"{ENDS[way]} {str(made.end).capitalize()}: ")
    assert ("lasted" in line) is (way in {Way.PROVEN, Way.CLOSED})


MISSING = frozenset({INVENTORY})
MEND = Runbook("mend", "Mend it", "", (), None, (), "", "hash")


def offered(incident: Incident, *, anew: bool = False, books: int = 1) -> tuple[list[str], list[str]]:
    """The buttons, and what the overflow has."""
    new = frozenset(incident.members) if anew else frozenset()
    card = incident_card(IncidentFacts(incident, OWNER, (MEND,) * books, anew=new))
    [actions] = [block for block in card.blocks if block.type == "actions"]
    more = [element for element in actions.elements if element.type == "overflow"]
    buttons = [element.text.text for element in actions.elements if element.type == "button"]
    return buttons, [o["text"]["text"] for element in more for o in element.to_dict()["options"]]


def of_states(*states: str, **changes) -> Incident:
    """An outage with members in these states."""
    made = outage(back=1, **changes)
    members = {
        "unproven": Member(TargetId("guest:a"), True),
        "off": Member(TargetId("guest:d"), True, running=False),
        "missing": Member(TargetId("guest:b"), True, failing=MISSING),
        "expected": Member(TargetId("guest:c"), True, failing=MISSING, must_return=OWNER),
    }
    for state in states:
        made = made.with_member(members[state])
    return made


USUAL = ["Resolve…", "Silence…", "Timeline", "Other runbooks…"]


@pytest.mark.parametrize(
    ("states", "changes", "buttons", "more"),
    [
        ((), {}, ["Acknowledge", "Start: Mend it"], USUAL),
        (("unproven",), {}, ["Acknowledge", "Start: Mend it"], USUAL),
        (("unproven",), RETURNING, ["Acknowledge", "It is well…", "Start: Mend it"], USUAL),
        (("off",), {}, ["Acknowledge", "Start: Mend it"], USUAL),
        (("off",), RETURNING, ["Acknowledge", "May stay off…", "Start: Mend it"], USUAL),
        (("off", "unproven"), RETURNING, ["Acknowledge", "May stay off…", "It is well…"], USUAL),
        (
            ("off", "unproven", "missing"),
            RETURNING,
            ["Deleted on purpose…", "It must come back…", "May stay off…"],
            ["Acknowledge", *USUAL],
        ),
        (("missing",), RETURNING, ["Acknowledge", "Deleted on purpose…", "It must come back…"], USUAL),
        (("expected",), RETURNING, ["Acknowledge", "Start: Mend it"], USUAL),
        (
            ("unproven", "missing"),
            RETURNING,
            ["Deleted on purpose…", "It must come back…", "It is well…"],
            ["Acknowledge", *USUAL],
        ),
        (
            ("missing",),
            ACKNOWLEDGED,
            ["Deleted on purpose…", "It must come back…", "Start: Mend it"],
            ["Hand back", "Take over", *USUAL[:-1]],
        ),
        ((), ACKNOWLEDGED, ["Start: Mend it", "Other runbooks…"], ["Hand back", "Take over", *USUAL[:-1]]),
    ],
)
def test_a_card_offers_three_buttons_at_most_and_what_its_state_asks_for(states, changes, buttons, more):
    assert offered(of_states(*states, **changes)) == (buttons, more)


def test_a_guest_that_its_host_has_anew_was_rebuilt_or_is_missing():
    missing = of_states("missing", **RETURNING)
    assert offered(missing, anew=True)[0] == ["Acknowledge", "Rebuilt…", "It must come back…"]
    expected = of_states("expected", **RETURNING)
    assert offered(expected, anew=True)[0] == ["Acknowledge", "Rebuilt…", "Start: Mend it"]
    both = missing.with_member(Member(TargetId("guest:d"), True, failing=MISSING))
    card = incident_card(IncidentFacts(both, OWNER, anew=frozenset({TargetId("guest:d")})))
    assert "Deleted or rebuilt…" in str([block.to_dict() for block in card.blocks])


def boxes(view) -> list[tuple[str, str, bool]]:
    """What can be ticked in a modal, what stands below it, and whether it is ticked."""
    found = []
    for block in view.to_dict()["blocks"]:
        element = block.get("element", {})
        ticked = element.get("initial_options", [])
        found += [(o["text"]["text"], o["description"]["text"], o in ticked) for o in element.get("options", [])]
    return found


def test_of_several_machines_none_is_ticked_beforehand_and_each_says_what_is_missing():
    lost = [Member(TargetId("guest:db1"), True), Member(TargetId("guest:auth1"), True)]
    view = machines_view(VOUCH, lost, UNTOLD, {lost[0].target: "its agent's answer"}, {})
    assert boxes(view) == [("auth1", "–", False), ("db1", "its agent's answer", False)]


def test_one_machine_alone_is_ticked_already():
    assert boxes(machines_view(LET_GO, [Member(TargetId("guest:db1"), True)], UNTOLD, {}, {})) == [
        ("db1", "–", True)
    ]


def test_a_hundred_machines_are_listed_and_the_rest_is_counted():
    view = machines_view(VOUCH, [Member(TargetId(f"guest:vm{n:03}"), True) for n in range(130)], UNTOLD, {}, {})
    assert len(boxes(view)) == 100
    assert "30 more are listed once these are settled." in str(view.to_dict())


def test_who_closes_an_incident_is_told_what_is_still_off_and_what_is_not_proven():
    left = of_states("off", "unproven", **RETURNING)
    told = str(resolve_view(left, {}).to_dict())
    assert "Still off, and ran before: d" in told
    assert "Not proven healthy: a" in told
    assert "⚠️" not in str(resolve_view(outage(), {}).to_dict())


def test_where_nothing_is_left_to_say_nothing_can_be_submitted():
    assert machines_view(VOUCH, [], UNTOLD, {}, {}).submit is None


def alone(**parts) -> Incident:
    """A guest's own incident."""
    web1 = TargetId("guest:web1")
    made = Incident(IncidentId(7), Kind.GUEST_DOWN, web1, "crashed", NOW, NOW, Status.RECOVERING)
    return made.with_member(replace(Member(web1, True), **parts))


def test_of_one_machine_it_says_what_is_still_missing():
    lacks = {TargetId("guest:web1"): "its agent's answer"}
    told = lines(alone(running=True), lacks)[-1]
    assert told == "Back, but not proven healthy yet: its agent's answer"
    off = lines(alone(running=False), lacks)[-1]
    assert off == "Not proven healthy yet: its agent's answer", "it is not back"
    assert len(lines(alone())) == 2
    assert len(lines(replace(alone(), status=Status.OPEN), lacks)) == 2


def test_of_a_check_that_lab_yaml_has_lost_it_names_it_and_its_machine_is_not_counted_as_well():
    lost = frozenset(Fingerprint(CheckName(check), TargetId("guest:vm1")) for check in ("web", "mail"))
    end = {"failing": frozenset(), "status": Status.RESOLVED, "resolved_at": NOW, "end": End(Way.CLOSED)}
    told = lines(outage(back=3, dropped=lost, **end))[-1]
    assert "*2 of 3* well" in told
    assert told.endswith("vm1: no longer checked: mail, web")


def test_of_one_machine_that_was_reopened_it_says_so_only_where_it_is_not_plain():
    lacks = {TargetId("guest:web1"): "its agent's answer"}
    again = replace(alone(), status=Status.OPEN, reopened_by=OWNER, reopened_at=NOW)
    assert lines(again, lacks)[-1] == "Not proven healthy yet: its agent's answer"
    fails = replace(again, failing=frozenset({Fingerprint(CheckName("state"), TargetId("guest:web1"))}))
    assert "proven" not in str(lines(fails, lacks))


def test_of_one_machine_that_is_being_mended_it_says_that_it_is_off():
    state = frozenset({Fingerprint(CheckName("boot"), TargetId("guest:web1"))})
    runs = replace(alone(), kind=Kind.BOOT_DISK, status=Status.OPEN, failing=state)
    assert "off" not in str(lines(runs))
    assert lines(runs.with_member(replace(runs.members[runs.subject], running=False)))[-1] == "It is off now."


def test_of_one_machine_that_was_closed_it_says_that_it_was_not_well_then():
    closed = replace(alone(), status=Status.RESOLVED, resolved_at=NOW, resolution="rebuild", end=End(Way.CLOSED))
    assert lines(closed)[-1] == "It was not proven healthy when this was closed."
    assert "closed after less than a second" in lines(closed)[0], "that it is over, nobody knows"
    unwatched = closed.with_member(closed.members[closed.subject].let_go(UNWATCHED))
    assert lines(unwatched) == lines(closed)
    unchecked = closed.with_member(Member(closed.subject, True, ground=Ground(Standing.PROVEN, "it answers", NOW)))
    assert "lasted" in lines(unchecked)[0]
    lost = frozenset({Fingerprint(CheckName("web"), closed.subject)})
    assert "closed after" in lines(replace(unchecked, dropped=lost))[0]
    moved = replace(closed, end=End(Way.MOVED, IncidentId(8)))
    assert "proven" not in str(lines(moved))


def test_of_one_machine_that_is_missing_it_says_that_and_who_expects_it_back():
    gone = alone(failing=frozenset({INVENTORY}))
    assert lines(gone)[-1] == "🕳️ Missing: its host no longer knows it."
    anew = {TargetId("guest:web1"): "its host has another one of its name: rebuilt, or missing?"}
    assert lines(gone, anew)[-1] == "🕳️ Missing: its host has another one of its name: rebuilt, or missing?"
    expected = alone(failing=frozenset({INVENTORY}), must_return=OWNER)
    assert lines(expected)[-1].endswith(f"<@{OWNER}> says that it must come back.")


def test_of_one_machine_that_is_over_nothing_is_counted():
    proven = Ground(Standing.PROVEN, "it answers", NOW)
    assert (
        len(lines(replace(alone(ground=proven), status=Status.RESOLVED, resolved_at=NOW, end=End(Way.CLOSED))))
        == 2
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_that_name_its_subject(kind):
    assert "rack" in title(replace(outage(), kind=kind), UNTOLD)


@pytest.mark.parametrize("standing", Standing)
def test_every_way_to_stand_has_a_mark_and_words(standing):
    assert STANDINGS[standing]
    assert COUNTED[standing]


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_mark(status):
    assert MARKS[status]
