"""Every verb of /lab, typed as a person types it, answered to the asker alone."""

from datetime import timedelta

import pytest

from bot.core.health import Health, Kind, Target, TargetId
from bot.core.incident import Status
from bot.workspace.records import ALEX, FAMILY, HOMELAB, ROBIN, SAM
from handlers.commands import completions, verbs
from tests.handlers.rig import ATLAS

VERBS = {
    "deleted",
    "rebuilt",
    "stays-off",
    "well",
    "ack",
    "help",
    "incident",
    "incidents",
    "reopen",
    "resolve",
    "run",
    "runbooks",
    "silence",
    "status",
} | {
    "hand-back",
    "take-over",
    "unsilence",
    "whoami",
    "why",
}
CHANGES = ["ack 1", "resolve 1 x", "reopen 1", "silence web1 2h x", "unsilence web1", "run mend"]


SERVER = TargetId("guest:web server")


@pytest.fixture
async def with_blanks(rig):
    """A lab with a guest whose name has a blank in it, and another that its first word may be taken for."""
    known = [Target(SERVER, runs_on=ATLAS), Target(TargetId("guest:web"), runs_on=ATLAS)]
    await rig.writer.do(lambda store, now: store.targets.keep(known, now))
    return rig


@pytest.mark.parametrize("said", ["web server", '"web server"', "“web server”", "„web server“", "Web  server"])
async def test_a_name_with_blanks_needs_quotes_only_where_something_follows(with_blanks, said):
    answer = await with_blanks.type(SAM.id, f"why {said}")
    if said == "Web  server":
        assert "did you mean 'web server'?" in answer
    else:
        assert "web server*, a guest on atlas" in answer


@pytest.mark.parametrize("said", ["web server 2h", '"web server" 2h', "“web server” 2h"])
async def test_a_machine_with_blanks_in_its_name_is_silenced(with_blanks, said):
    await with_blanks.type(ROBIN.id, f"silence {said} robin’s new disk, till 4h after")
    [made] = await with_blanks.reader.ask(lambda store, now: store.silences.in_force(now))
    assert (made.target, made.reason, made.until - made.since) == (
        SERVER,
        "robin’s new disk, till 4h after",
        timedelta(hours=2),
    )
    await with_blanks.type(ROBIN.id, "unsilence web server")
    assert await with_blanks.reader.ask(lambda store, now: store.silences.in_force(now)) == ()


@pytest.mark.parametrize("said", ["web server", '"web server"', "“web server”"])
async def test_a_runbook_is_started_for_a_machine_with_blanks_in_its_name(with_blanks, said):
    assert "Run 1 started" in await with_blanks.type(ALEX.id, f"run mend {said}")
    assert (await with_blanks.run()).target == SERVER


async def test_what_is_typed_before_a_length_is_the_name_and_a_length_must_follow_it(with_blanks):
    answer = await with_blanks.type(ROBIN.id, 'silence "web server" soon x')
    assert "cannot silence 'web server' for 'soon', because a silence lasts" in answer
    assert "Usage: `/lab silence" in await with_blanks.type(ROBIN.id, "silence")


def test_each_file_is_a_verb_with_an_example_and_a_help():
    assert verbs().keys() == VERBS
    for verb in verbs().values():
        assert verb.usage.split()[0] == verb.name
        assert verb.help
    assert ("/lab ack", verbs()["ack"].help, "7", "") in completions()


def test_a_composer_completes_names_in_quotes_where_they_need_them():
    offered = {text: (hint, after) for text, _, hint, after in completions(["web server", "db1"])}
    assert offered['/lab silence "web server"'] == ("2h the reason", "/lab silence ")
    assert offered["/lab why db1"] == ("", "/lab why ")
    assert offered['/lab run restore-boot-disk "web server"'] == ("", "/lab run restore-boot-disk ")
    assert not [text for text in offered if text.startswith("/lab ack ")]


async def test_status_and_nothing_typed_show_the_lab_at_a_glance(rig):
    await rig.web1_crashes()
    assert "1 open incident" in await rig.type(SAM.id, "status")
    answer = await rig.type(SAM.id, "")
    assert "web1 down" in answer
    assert "guests: 0 of 2 well · failing: web1 · not seen: db1" in answer


async def test_all_is_well_when_all_is_seen_well(rig):
    await rig.writer.do(lambda store, now: store.targets.gone(["host:atlas", "guest:db1"], now))
    await rig.web1_is_back()
    assert "🟢 All is well" in await rig.type(SAM.id, "status")


async def test_incidents_lists_what_is_open_and_what_is_over(rig):
    assert "No open incident" in await rig.type(SAM.id, "incidents")
    await rig.web1_crashes()
    assert "1 open" in await rig.type(SAM.id, "incidents")
    await rig.type(ALEX.id, "resolve 1 it was me")
    answer = await rig.type(SAM.id, "incidents")
    assert "No open incident" in answer
    assert "Recent" in answer


async def test_incident_tells_its_timeline_and_nothing_from_outside_comes_alive(rig):
    await rig.web1_crashes()
    answer = await rig.type(SAM.id, "incident #1")
    assert "crashed &lt;!channel&gt;" in answer
    assert "<!channel>" not in answer


async def test_an_incident_that_does_not_exist_is_said_kindly(rig):
    assert "none of that number. Nothing was changed" in await rig.type(SAM.id, "incident 7")


async def test_ack_takes_an_incident_on_and_its_card_says_who(rig):
    await rig.web1_crashes()
    assert "you are on it" in await rig.type(ROBIN.id, "ack 1")
    assert (await rig.incident()).acknowledged_by == ROBIN.id
    await rig.card("incident:1", f"<@{ROBIN.id}> is on it")


async def test_resolve_needs_a_reason_and_reopen_takes_it_back(rig):
    await rig.web1_crashes()
    assert "Usage: `/lab resolve 7 the reason`" in await rig.type(ALEX.id, "resolve 1")
    await rig.type(ALEX.id, "resolve 1 it was  me")
    after = await rig.incident()
    assert (after.status, after.resolution) == (Status.RESOLVED, "it was  me")
    await rig.type(ALEX.id, "reopen 1")
    assert (await rig.incident()).status is Status.OPEN


async def test_silence_and_unsilence(rig):
    assert "silent until" in await rig.type(ROBIN.id, "silence web1 2h new disk coming")
    [made] = await rig.reader.ask(lambda store, now: store.silences.in_force(now))
    assert (made.target, made.reason, made.by) == ("guest:web1", "new disk coming", ROBIN.id)
    assert "🔕 web1 is silenced until" in await rig.type(SAM.id, "why web1")
    assert "Alerts for web1 are on again" in await rig.type(ROBIN.id, "unsilence web1")
    assert await rig.reader.ask(lambda store, now: store.silences.in_force(now)) == ()


@pytest.mark.parametrize(
    "typed", ["2 hours new disk, till 3 days", "2hrs new disk", "2 h new disk", "120 Minutes new disk"]
)
async def test_a_length_may_be_spelt_and_a_name_have_capitals(rig, typed):
    await rig.type(ROBIN.id, f"silence WEB1 {typed}")
    [made] = await rig.reader.ask(lambda store, now: store.silences.in_force(now))
    assert (made.target, made.until - made.since) == ("guest:web1", timedelta(hours=2))
    assert made.reason == typed[typed.index("new") :]


async def test_the_only_open_incident_needs_no_number(rig):
    await rig.web1_crashes()
    await rig.type(ROBIN.id, "ack")
    assert (await rig.incident()).acknowledged_by == ROBIN.id
    assert "web1 down" in await rig.type(SAM.id, "incident")
    await rig.type(ALEX.id, "resolve it was me")
    assert (await rig.incident()).resolution == "it was me"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (
            "silence web1 soon x",
            "cannot silence 'web1' for 'soon', because a silence lasts from 1m to 365d, such as 30m, 2h or 1d",
        ),
        ("silence web1 75ms x", "from 1m to 365d"),
        ("silence web1 99999999d x", "from 1m to 365d"),
        ("silence web1 366d x", "from 1m to 365d"),
        ("silence wbe1 2h x", "did you mean 'web1'?"),
        ("ack seven", "'seven' is not an incident's number. For example `/lab ack 7`. Nothing"),
        ("statsu", "did you mean 'status'?"),
        ("why wbe1", "did you mean 'web1'?"),
        ("run mnd web1", "There is no runbook 'mnd' (did you mean 'mend'?)."),
        ("run men web1", "There is no runbook 'men' (did you mean 'mend'?)."),
        ("xyzzy <!channel>", "There is no command 'xyzzy'; `/lab help` lists all. Nothing"),
    ],
)
async def test_what_is_mistyped_is_answered_with_how_it_is_meant(rig, typed, why):
    answer = await rig.type(ALEX.id, typed)
    assert why in answer
    assert "Nothing was changed" in answer
    assert "<!channel>" not in answer
    assert await rig.reader.ask(lambda store, now: store.silences.in_force(now)) == ()


@pytest.mark.parametrize(
    ("typed", "how"),
    [
        ("ack", "Which incident? For example `/lab ack 7`."),
        ("silence web1 2h", "Why? Please add the reason, as in `/lab silence web1 2h the reason`."),
        ("silence web1", "Usage: `/lab silence web1 2h the reason`."),
        ("run", "Usage: `/lab run restore-boot-disk web1`."),
    ],
)
async def test_where_something_is_missing_the_answer_is_an_example(rig, typed, how):
    assert f'"{how}"' in await rig.type(ALEX.id, typed)


async def test_where_several_are_open_the_example_is_one_of_them(rig):
    await rig.web1_crashes()
    await rig.see(ATLAS, Health.FAIL, "its key is refused", Kind.CANNOT_WATCH)
    assert "Which incident? Open: 1, 2. For example `/lab ack 2`." in await rig.type(ALEX.id, "ack")


async def test_who_is_on_an_incident_is_told_by_name(rig):
    await rig.web1_crashes()
    await rig.type(ROBIN.id, "ack 1")
    refused = await rig.type(ALEX.id, "ack 1")
    assert f"<@{ROBIN.id}> is already on incident 1. To take it over: `/lab take-over 1`." in refused
    assert "You are already on incident 1. Nothing was changed." in await rig.type(ROBIN.id, "ack 1")


async def test_an_incident_is_taken_over_and_handed_back_by_name(rig):
    await rig.web1_crashes()
    await rig.type(ROBIN.id, "ack 1")
    assert "You are on incident 1 now." in await rig.type(ALEX.id, "take-over 1")
    assert (await rig.incident()).acknowledged_by == ALEX.id
    assert "Nobody is on incident 1 now." in await rig.type(ALEX.id, "hand-back 1")
    assert (await rig.incident()).acknowledged_by is None


@pytest.mark.parametrize("typed", CHANGES)
async def test_a_stranger_changes_nothing_and_is_told_who_may(rig, typed):
    await rig.web1_crashes()
    answer = await rig.type(SAM.id, typed)
    assert "Only alex" in answer
    assert "can " in answer
    assert "Nothing was changed" in answer
    assert (await rig.incident()).status is Status.OPEN


async def test_whoever_is_in_no_role_is_answered_in_the_bots_channel_alone(rig):
    await rig.web1_crashes()
    answer = await rig.type(SAM.id, "status", FAMILY.id)
    assert "Only people in #homelab may ask" in answer
    assert "web1" not in answer
    assert "web1" in await rig.type(ALEX.id, "status", FAMILY.id)


async def test_hands_may_not_resolve(rig):
    await rig.web1_crashes()
    assert "Only alex can resolve. Nothing was changed." in await rig.type(ROBIN.id, "resolve 1 x")


async def test_why_tells_all_that_is_known_of_a_machine(rig):
    await rig.web1_crashes()
    answer = await rig.type(SAM.id, "why web1")
    assert "❌ web1" in answer
    assert "a guest on atlas" in answer
    assert "❌ guest: crashed &lt;!channel&gt;, since" in answer
    assert "It is expected to run, and is off since" in answer
    assert "It depends on ❔ atlas" in answer
    assert "🔔 Alerts are on." in answer
    assert "web1 down" in answer


async def test_why_names_the_outage_that_covers_a_machine(rig):
    await rig.web1_is_back()
    await rig.see(ATLAS, Health.FAIL, "no answer", Kind.HOST_DOWN)
    answer = await rig.type(SAM.id, "why web1")
    assert "Part of incident 1: atlas down" in answer


async def test_runbooks_are_listed_and_broken_ones_named_with_their_line(rig):
    (rig.config.runbooks.folder / "bad.md").write_text("# Bad\n\n## A\n- Runs on: bot\n")
    rig.library.refresh()
    answer = await rig.type(SAM.id, "runbooks")
    assert "`mend` Mend a guest · for guest-down" in answer
    assert "bad.md:4: cannot" in answer


async def test_run_starts_a_runbook_for_a_machine_in_a_thread_of_its_own(rig):
    assert "started" in await rig.type(ALEX.id, "run mend web1")
    card = await rig.card("run:1")
    step = await rig.card("run:1:step:0")
    assert "Mend a guest* · web1" in str(card)
    assert step["thread_ts"] == card["ts"]


async def test_run_goes_into_the_thread_of_the_machines_open_incident(rig):
    await rig.web1_crashes()
    await rig.type(ALEX.id, "run mend web1")
    step = await rig.card("run:1:step:0")
    assert step["thread_ts"] == (await rig.card("incident:1"))["ts"]


async def test_whoami_tells_everyone_what_they_may(rig):
    assert "*alex*" in await rig.type(ALEX.id, "whoami")
    assert "hands. You may read, acknowledge" in await rig.type(ROBIN.id, "whoami")
    assert "in no role: you may read" in await rig.type(SAM.id, "whoami")


async def test_help_names_every_verb(rig):
    answer = await rig.type(SAM.id, "help")
    assert all(f"`/lab {verb.usage}`" in answer for verb in verbs().values())


async def test_answers_are_for_the_asker_alone(rig):
    await rig.type(SAM.id, "help")
    assert rig.whispers(ALEX.id) == []
    assert rig.box.workspace.messages.history(HOMELAB.id) == []
