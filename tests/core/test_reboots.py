"""Whether the lab lost its power while the bot was off, told from what has booted meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import INSIDE, CheckName, Kind, Target, TargetId
from bot.core.incident import Status, Tell
from bot.core.incidents.reboots import Boots, power_was_lost, why_no_failure
from bot.core.incidents.situation import Gap
from bot.core.incidents.spans import Span
from bot.core.mute import Silence
from tests.core.labs import (
    ATLAS,
    FILES,
    GUESTS,
    HOSTS,
    NOOK,
    NOON,
    RACK,
    VAULT,
    Desk,
    back,
    crashed,
    gone,
    inventory,
    mains_stay,
    on_battery,
    on_mains,
    up,
    well,
)

MINUTE = timedelta(minutes=1)
SINCE, UNTIL = NOON - 30 * MINUTE, NOON - MINUTE
GAP = Gap(SINCE, UNTIL)
AT = {ATLAS: NOON - 9 * MINUTE, VAULT: NOON - 10 * MINUTE}
BOTH = Boots(GAP, AT)
STOPPED = "someone had stopped the bot"


@pytest.fixture
def lab():
    """Three hosts without a UPS, after the bot was off."""
    return Desk(targets=inventory(powered=False))


def concluded(lab, boots=BOTH):
    return lab.take(power_was_lost(lab.situation, boots, lab.now))


def test_two_hosts_that_have_booted_while_the_bot_was_cut_off_are_one_suspected_power_failure(lab):
    concluded(lab)
    assert (lab.only.kind, lab.only.status, lab.only.suspected) == (Kind.POWER_LOSS, Status.RECOVERING, True)
    assert lab.only.why == (
        "the lab seems to have lost its power while I was off, or someone restarted it, "
        "between 11:30 and 11:51 UTC: "
        "atlas booted at 11:51, vault booted at 11:50"
    )
    assert (lab.only.opened_at, lab.only.recovering_since) == (SINCE, NOON - 9 * MINUTE)
    assert not lab.only.failing
    assert "nobody saw it: told from the boots of atlas, vault" in lab.history(1)


def test_it_waits_for_proof_of_each_of_them_and_of_what_ran_on_them(lab):
    concluded(lab)
    assert set(lab.only.unproven) == {ATLAS, VAULT, FILES, *GUESTS}
    lab.see(*(well(host, INSIDE) for host in AT), *(up(guest) for guest in (FILES, *GUESTS)))
    lab.wait(10 * MINUTE)
    assert (
        lab.broadcasts()[-1] == "🟢 Resolved: Suspected: Power failure (atlas), after 40 min. All proven healthy."
    )


def test_the_bots_own_machine_counts_and_may_be_one_of_them(lab):
    own = Boots(GAP, {ATLAS: AT[ATLAS]}, own=AT[ATLAS] - MINUTE)
    concluded(lab, own)
    assert lab.only.why.endswith("atlas booted at 11:51, my own machine at 11:50")
    other = Desk(targets=inventory(powered=False))
    concluded(other, replace(own, own=AT[ATLAS], own_host=ATLAS))
    assert other.only.why.endswith(": atlas booted at 11:51")


def test_a_host_that_was_only_out_of_reach_is_said_to_have_never_been_off(lab):
    lab.see(gone(NOOK))
    lab.see(replace(back(NOOK), why="its own system answers: it never went off (up since 09:00 UTC)"))
    lab.wait(10 * MINUTE)
    assert lab.broadcasts()[-1] == "🟢 Resolved: nook down, after 10 min. All proven healthy; nook never went off."


NEVER = "its own system answers: it never went off (up since 12:03 UTC), root file system writable"


def test_one_that_booted_anew_within_the_incident_did_go_off_however_often_it_is_out_of_reach(lab):
    lab.see(on_battery())
    lab.see(gone(NOOK))
    lab.see(replace(back(NOOK), why="booted anew at 12:03 UTC", facts={"started": "now"}))
    lab.see(gone(NOOK))
    lab.see(replace(back(NOOK), why=NEVER))
    mains_stay(lab)
    lab.see(replace(back(NOOK), why=NEVER))
    assert "never went off" not in lab.only.members[NOOK].ground.why
    assert NOOK not in lab.only.stayed_on
    assert "nook is back: its own system answers: up since 12:03 UTC, root file system writable" in lab.history(1)


@pytest.mark.parametrize(("after", "stayed"), [(MINUTE, False), (-MINUTE, True)])
def test_one_that_booted_since_the_incident_began_did_go_off_whoever_saw_that(lab, after, stayed):
    lab.see(gone(NOOK))
    booted = (lab.only.since + after).isoformat()
    lab.see(replace(back(NOOK), why=NEVER, facts={"up_since": booted}))
    lab.wait(10 * MINUTE)
    assert lab.only.ended
    assert (lab.only.stayed_on == (NOOK,)) is stayed
    assert ("never went off" in lab.broadcasts()[-1]) is stayed


def test_over_midnight_it_says_the_days(lab):
    night = Gap(SINCE - timedelta(days=1), UNTIL)
    concluded(lab, Boots(night, AT))
    assert "between 28 Feb 11:30 and 01 Mar 11:51 UTC" in lab.only.why


@pytest.mark.parametrize(
    ("boots", "why"),
    [
        (Boots(GAP, {ATLAS: AT[ATLAS]}), "one machine alone may have been restarted"),
        (Boots(GAP, {}, own=AT[ATLAS]), "one machine alone may have been restarted"),
        (replace(BOTH, cut_off=False), STOPPED),
        (replace(BOTH, stayed=frozenset({NOOK})), "nook never went off"),
        (replace(BOTH, booted={ATLAS: NOON, VAULT: NOON - 11 * MINUTE}), "they booted one after the other"),
        (replace(BOTH, own=NOON - 20 * MINUTE), "they booted one after the other"),
    ],
)
def test_what_is_no_power_failure_opens_nothing(lab, boots, why):
    assert why_no_failure(lab.situation, boots, sorted(boots.booted)) == why
    concluded(lab, boots)
    assert lab.incidents == {}


ALL = replace(BOTH, booted={**AT, NOOK: NOON - 9 * MINUTE}, cut_off=False)


@pytest.mark.parametrize("own", [None, NOON - 9 * MINUTE])
def test_all_hosts_that_booted_at_once_after_the_bot_was_stopped_in_order_are_a_suspected_power_failure(lab, own):
    concluded(lab, replace(ALL, own=own))
    assert (lab.only.kind, lab.only.suspected) == (Kind.POWER_LOSS, True)
    assert lab.only.why.startswith(
        "the lab seems to have lost its power while I was off, "
        "or someone restarted it (I had been stopped in order before), between "
    )


def test_the_bots_own_machine_is_one_of_as_many_as_are_lost_together(lab):
    own = replace(BOTH, cut_off=False, own=NOON - 9 * MINUTE)
    assert why_no_failure(lab.situation, replace(own, own_host=ATLAS), [ATLAS, VAULT]) == STOPPED
    assert why_no_failure(lab.situation, own, [ATLAS, VAULT]) is None


@pytest.mark.parametrize(
    "boots",
    [
        replace(ALL, stayed=frozenset({FILES})),
        replace(ALL, booted={**ALL.booted, NOOK: NOON - 13 * MINUTE}),
        replace(ALL, own=NOON - 13 * MINUTE),
        replace(ALL, kernels={ATLAS: "k1", NOOK: "k1"}),
    ],
)
def test_after_an_orderly_stop_hosts_that_may_have_been_restarted_one_by_one_are_none(lab, boots):
    concluded(lab, boots)
    assert lab.incidents == {}


def test_a_machine_and_its_container_are_one_machine(lab):
    one = replace(BOTH, kernels={ATLAS: "k1", VAULT: "k1"})
    assert why_no_failure(lab.situation, one, (ATLAS, VAULT)) == "one machine alone may have been restarted"
    assert why_no_failure(lab.situation, replace(BOTH, kernels={ATLAS: "k1", VAULT: "k2"}), (ATLAS, VAULT)) is None


def test_a_host_on_a_ups_that_ran_on_contradicts_nothing():
    lab = Desk()
    concluded(lab, replace(BOTH, stayed=frozenset({NOOK})))
    assert lab.only.kind is Kind.POWER_LOSS


def test_what_booted_before_the_bot_was_off_does_not_count(lab):
    concluded(lab, replace(BOTH, booted={ATLAS: AT[ATLAS], VAULT: SINCE - 2 * MINUTE}))
    concluded(lab, Boots(GAP, {ATLAS: AT[ATLAS]}, own=SINCE - 2 * MINUTE))
    assert lab.incidents == {}


@pytest.mark.parametrize("own", [None, NOON - 9 * MINUTE])
def test_where_the_clock_is_behind_what_has_booted_since_did_so_while_the_bot_was_off(lab, own):
    concluded(lab, Boots(Gap(NOON, NOON), AT, own=own))
    assert (lab.only.kind, lab.only.status) == (Kind.POWER_LOSS, Status.RECOVERING)
    assert "or someone restarted it, before 11:51 UTC: atlas booted at 11:51" in lab.only.why
    assert lab.only.opened_at == AT[VAULT]
    assert lab.only.spans.latest == (Span(AT[ATLAS], AT[ATLAS]),), "nobody knows for how long"


@pytest.mark.parametrize("off", [MINUTE, 3 * MINUTE])
def test_a_clock_by_which_the_bots_machine_booted_before_the_bot_lived_last_tells_nothing(lab, off):
    """No battery keeps its time: it goes on from about where it stood when the power went."""
    concluded(lab, Boots(Gap(NOON - off, NOON), AT, own=NOON - 9 * MINUTE))
    assert lab.only.why.endswith(
        "before 11:51 UTC: atlas booted at 11:51, vault booted at 11:50, my own machine at 11:51"
    )


def test_one_host_and_the_bots_own_machine_are_a_power_failure_by_whatever_clock(lab):
    concluded(lab, Boots(Gap(NOON - MINUTE, NOON), {ATLAS: NOON - 4 * MINUTE}, own=NOON - 3 * MINUTE))
    assert lab.only.kind is Kind.POWER_LOSS


def test_another_machine_that_the_bot_was_moved_to_says_nothing_of_the_clock(lab):
    for booted in ({ATLAS: NOON - 9 * MINUTE}, {host: at - 60 * MINUTE for host, at in AT.items()}):
        concluded(lab, Boots(GAP, booted, own=NOON - 60 * 24 * MINUTE))
        assert lab.incidents == {}
    concluded(lab, replace(BOTH, own=NOON - 60 * 24 * MINUTE))
    assert "my own machine" not in lab.only.why


def test_boots_within_one_minute_are_told_by_that_minute(lab):
    at = NOON - 9 * MINUTE
    concluded(lab, Boots(Gap(at, UNTIL), {host: at + timedelta(seconds=9) for host in AT}))
    assert "at 11:51 UTC: atlas booted at 11:51" in lab.only.why


def test_a_host_that_is_silenced_may_be_restarted(lab):
    lab.silences = (Silence(VAULT, SINCE, NOON + MINUTE, "U1", "a new kernel"),)
    concluded(lab)
    assert lab.incidents == {}


def test_what_showed_first_becomes_part_of_it_and_what_fails_still_holds_it_open(lab):
    lab.see(crashed(GUESTS[0]))
    lab.see(gone(NOOK))
    concluded(lab)
    first, second = lab.incidents.values()
    assert (first.kind, first.status, first.suspected) == (Kind.POWER_LOSS, Status.RECOVERING, True)
    assert first.opened_at == NOON, "its message stands since then"
    assert second.end.into == first.id
    assert first.members[NOOK].failing == {CheckName("hypervisor")}
    assert first.members[GUESTS[0]].failing == {CheckName("state")}


def test_an_outage_that_was_open_before_is_told_and_there_is_no_second(lab):
    lab.see(*map(gone, HOSTS))
    told = len(lab.notices)
    concluded(lab)
    assert len(lab.incidents) == 1
    lines = (notice.text for notice in lab.notices[told:] if notice.tell is Tell.LINE)
    assert next(lines).startswith("the lab seems to have lost its power while I was off")
    assert not lab.only.suspected


def test_an_outage_that_was_open_before_explains_the_boots_that_follow_the_bots_own_return(lab):
    lab.now = SINCE
    lab.see(*map(gone, HOSTS))
    lab.now, told = NOON + MINUTE, len(lab.notices)
    after = dict.fromkeys((ATLAS, VAULT), NOON + MINUTE / 2)
    concluded(lab, replace(BOTH, booted=after))
    assert lab.notices[told:] == []


def test_a_guest_that_was_off_before_is_not_waited_for(lab):
    lab.targets = {**lab.targets, FILES: Target(FILES, runs_on=VAULT)}
    lab.running.discard(FILES)
    concluded(lab)
    assert FILES not in lab.only.members


# --- while the bot looks: what is over before a host is believed to be gone ---

JUST_NOW = Boots(
    Gap(NOON - 2 * MINUTE, NOON), {ATLAS: NOON - MINUTE, VAULT: NOON - 1.5 * MINUTE}, frozenset(), watched=True
)


def test_hosts_that_were_seen_to_fail_and_have_booted_were_without_power_once(lab):
    lab.see(gone(ATLAS), gone(VAULT))
    lab.wait(MINUTE)
    lab.see(back(ATLAS), back(VAULT))
    booted = {ATLAS: lab.now, VAULT: lab.now - MINUTE / 6}
    concluded(lab, Boots(Gap(lab.now - 2 * MINUTE, lab.now), booted, watched=True))
    outage = next(one for one in lab.incidents.values() if one.kind is Kind.POWER_LOSS)
    assert [span.until - span.since for span in outage.spans.latest] == [MINUTE]


def test_the_power_was_gone_once_where_the_host_that_was_told_as_down_has_only_just_answered(lab):
    lab.see(gone(ATLAS))
    lab.wait(MINUTE)
    booted = {ATLAS: lab.now, VAULT: lab.now - MINUTE / 2}
    concluded(lab, Boots(Gap(lab.now - 2 * MINUTE, lab.now), booted, watched=True))
    lab.see(well(VAULT, INSIDE))
    lab.see(back(ATLAS))
    outage = next(one for one in lab.incidents.values() if one.kind is Kind.POWER_LOSS)
    assert [span.until - span.since for span in outage.spans.latest] == [MINUTE]
    assert [told for told in lab.broadcasts() if "again" in told] == []


def test_two_hosts_that_have_booted_within_moments_are_one_suspected_power_failure(lab):
    concluded(lab, JUST_NOW)
    assert (lab.only.kind, lab.only.suspected) == (Kind.POWER_LOSS, True)
    assert lab.only.why == (
        "the lab seems to have lost its power, or someone restarted it, between 11:58 and 11:59 UTC: "
        "atlas booted at 11:59, vault booted at 11:58"
    )
    assert set(lab.only.unproven) == {ATLAS, VAULT, FILES, *GUESTS}


@pytest.mark.parametrize("booted", [NOON - MINUTE / 6, NOON - 1.5 * MINUTE])
def test_what_showed_only_when_it_was_over_tells_nothing_of_how_long_that_was(lab, booted):
    lab.see(crashed(GUESTS[0]))
    concluded(lab, replace(JUST_NOW, booted=dict.fromkeys((ATLAS, VAULT), booted)))
    assert (lab.only.kind, lab.only.spans.latest) == (Kind.POWER_LOSS, (Span(NOON - 2 * MINUTE, booted),))


def test_boots_that_a_failure_explains_that_was_seen_are_no_other_one(lab):
    lab.now = NOON - 2 * MINUTE
    lab.see(*map(gone, HOSTS))
    lab.now = NOON
    told = len(lab.events)
    concluded(lab, JUST_NOW)
    assert lab.events[told:] == []
    lab.see(*map(back, HOSTS))
    lab.now += 10 * MINUTE
    again = replace(
        JUST_NOW, gap=Gap(lab.now - 2 * MINUTE, lab.now), booted=dict.fromkeys((ATLAS, VAULT), lab.now)
    )
    concluded(lab, again)
    assert "lost its power" in lab.history(1)[-1], "nobody saw that they went off a second time"


def test_failures_that_overlapped_explain_together_what_has_booted():
    """Atlas on one UPS, vault on another that fails while the first does, and is back later."""
    other = TargetId("ups:den")
    known = {**inventory(), other: Target(other)}
    lab = Desk(targets=known | {VAULT: replace(known[VAULT], powered_by=other)})
    lab.now = NOON - 3 * MINUTE
    lab.see(on_battery())
    lab.see(gone(ATLAS))
    lab.now += MINUTE
    lab.see(on_battery(other))
    lab.see(gone(VAULT))
    lab.now = NOON
    assert [one.kind for one in lab.incidents.values()] == [Kind.POWER_LOSS, Kind.POWER_LOSS]
    concluded(lab, JUST_NOW)
    assert len(lab.incidents) == 2
    concluded(lab, replace(JUST_NOW, booted={**JUST_NOW.booted, NOOK: NOON - MINUTE}))
    assert len(lab.incidents) == 2, "one machine alone may have been restarted"


def test_a_failure_that_nobody_saw_explains_no_later_boots(lab):
    concluded(lab, JUST_NOW)
    lab.now += 10 * MINUTE
    later = dict.fromkeys((ATLAS, VAULT), lab.now)
    concluded(lab, replace(JUST_NOW, gap=Gap(lab.now - 2 * MINUTE, lab.now), booted=later))
    assert lab.history(1)[-1].startswith(
        "the lab seems to have lost its power, or someone restarted it, between 12:08 and 12:10"
    )


def test_hosts_that_have_booted_minutes_apart_were_restarted(lab):
    apart = replace(JUST_NOW, booted={ATLAS: NOON - MINUTE, VAULT: NOON - 4 * MINUTE}, gap=Gap(SINCE, NOON))
    assert why_no_failure(lab.situation, apart, (ATLAS, VAULT)) == "they booted one after the other"


def test_hosts_whose_ups_was_on_line_were_restarted():
    lab = Desk(targets=inventory())
    lab.see(on_mains())
    fed = replace(JUST_NOW, fed=frozenset({RACK}))
    assert why_no_failure(lab.situation, fed, (ATLAS, VAULT)) == "the UPS that powers them was on line"
    concluded(lab, fed)
    assert not lab.incidents


def test_a_host_whose_ups_was_on_line_was_restarted_whatever_else_booted():
    nook = replace(inventory()[NOOK], powered_by=None)
    lab = Desk(targets={**inventory(), NOOK: nook})
    lab.see(on_mains())
    both = replace(JUST_NOW, booted=dict.fromkeys((ATLAS, NOOK), NOON - MINUTE), fed=frozenset({RACK}))
    assert why_no_failure(lab.situation, both, (ATLAS, NOOK)) == "one machine alone may have been restarted"
    concluded(lab, both)
    assert not lab.incidents


def test_that_a_ups_is_on_line_by_now_says_nothing_of_when_its_hosts_went_off():
    lab = Desk(targets=inventory())
    lab.see(on_mains())
    assert why_no_failure(lab.situation, JUST_NOW, (ATLAS, VAULT)) is None


def test_a_host_that_was_down_for_days_keeps_its_own_incident(lab):
    lab.now = NOON - timedelta(days=7)
    lab.see(gone(NOOK))
    lab.now = NOON
    concluded(lab, JUST_NOW)
    nook, power = lab.incidents.values()
    assert (nook.kind, nook.subject, nook.ended) == (Kind.HOST_DOWN, NOOK, False)
    assert (power.kind, power.opened_at) == (Kind.POWER_LOSS, JUST_NOW.gap.since)
