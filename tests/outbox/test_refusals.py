"""Each error code that Slack documents is answered once: what becomes of the message, and who is told."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from bot.manifest import manifest
from bot.outbox import Pace
from bot.outbox.delivery import NEW_ONES
from bot.outbox.earlier import GONE
from bot.slack_errors import Rejected, SlackError
from bot.slack_refusals import MAYBE_DONE, TOO_FAST, Remedy, mend_for, remedy_for
from bot.store.outbox import Parcel
from bot.views import Card
from bot.workspace import moderation
from bot.workspace.records import ALEX
from bot.workspace.server import Box, installed
from tests.outbox.codes import DOCUMENTED
from tests.test_outbox import CHANNEL, SEVEN, Bot, a_file, a_line, card, running, texts, thread, unsettled
from tests.waiting import until

SOON = timedelta(milliseconds=20)
DAY = timedelta(
    days=1
)  # so late is a file: its clock is moved on by minutes where a test waits for something else
QUICK = Pace(first=SOON, longest=SOON, refused=SOON, refused_longest=SOON, slow=SOON, slowest=SOON, late_file=DAY)
PRESS = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Acknowledge"}}],
}
PROSE = {"type": "markdown", "text": "The *second* disk is full."}
SHOWN = Card("web1 is down", (PROSE, PRESS))

MOVED = "➡️ Incident 7 goes on in a newer message."
WHOLE, BUTTONS = "whole", "its words and buttons"
BECAME = {
    Remedy.LATER: WHOLE,
    Remedy.CONTENT: BUTTONS,
    Remedy.ANEW: WHOLE,
    Remedy.FILE: WHOLE,
    Remedy.CHANNEL: WHOLE,
    Remedy.TOKEN: WHOLE,
    Remedy.UNKNOWN: WHOLE,
}
ODD = ["a_code_of_tomorrow"]


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with Box.start(settings=installed(manifest())) as box:
        yield box


@pytest.fixture
async def bot(box: Box, tmp_path: Path) -> AsyncIterator[Bot]:
    async with running(tmp_path / "bot.db", box.api_url, pace=QUICK) as bot:
        bot.present[SEVEN] = SHOWN
        yield bot


def codes(method: str) -> list[str]:
    """Too fast is apart: it says for how long to wait."""
    return [code for code in DOCUMENTED[method] if code not in TOO_FAST] + ODD


def each(method: str) -> Iterator[ParameterSet]:
    """The codes of a method; of those with one remedy, the first is quick."""
    tried = set()
    for code in codes(method):
        kind = (code in MAYBE_DONE, code in GONE, remedy_for(code))
        yield pytest.param(code, marks=[pytest.mark.slow] if kind in tried else [])
        tried.add(kind)


def shown(box: Box, at: int = 0) -> str:
    """How much of the card stands in the channel."""
    blocks = box.workspace.messages.history(CHANNEL)[at].get("blocks", [])
    kinds = [block["type"] for block in blocks]
    return {("markdown", "actions"): WHOLE, ("section", "actions"): BUTTONS}.get(tuple(kinds), str(kinds))


def without_links(said: list[str]) -> list[str]:
    return [text.partition(" <http")[0] for text in said]


def direct(box: Box) -> list[str]:
    """What the admin was told directly."""
    return texts(box, f"D{ALEX.id[1:]}")


async def delivered(bot: Bot) -> None:
    """Everything is settled; what is in doubt may settle at once, and waits are over at once."""

    async def nothing_waits() -> bool:
        bot.move_on(10)
        return not await bot.writer.do(unsettled)

    await until(nothing_waits, 8)


@pytest.mark.parametrize("code", sorted({code for method in DOCUMENTED.values() for code in method}))
def test_every_documented_code_is_known(code):
    assert code in MAYBE_DONE | TOO_FAST or remedy_for(code) is not Remedy.UNKNOWN
    assert mend_for(code)


@pytest.mark.parametrize("code", list(each("chat.postMessage")))
async def test_a_first_message_that_is_refused_once_is_there_once_in_the_end(box, bot, code):
    box.faults.refuse("chat.postMessage", code)
    await bot.tell(card(SEVEN), a_line("details"))
    await delivered(bot)
    assert texts(box) == ["web1 is down"]
    assert thread(box) == ["details"]
    assert shown(box) == (WHOLE if code in MAYBE_DONE else BECAME[remedy_for(code)])
    assert len(direct(box)) == (remedy_for(code) is Remedy.CHANNEL)


@pytest.mark.parametrize("code", list(each("conversations.list")))
async def test_a_message_is_whole_whatever_was_refused_of_the_look_for_its_channel(box, bot, code):
    box.faults.refuse("conversations.list", code)
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert texts(box) == ["web1 is down"]
    assert shown(box) == WHOLE


@pytest.mark.parametrize("code", list(each("chat.update")))
async def test_a_change_that_is_refused_once_is_shown_in_the_end_in_a_new_message_only_if_the_old_is_closed(
    box, bot, code
):
    await bot.tell(card(SEVEN))
    await bot.done()
    bot.present[SEVEN] = Card("web1 is back", (PROSE, PRESS))
    box.faults.refuse("chat.update", code)
    await bot.tell(card(SEVEN))
    await delivered(bot)
    anew = remedy_for(code) is Remedy.ANEW
    old = "web1 is down" if code in GONE else MOVED
    assert without_links(texts(box)) == ([old, "web1 is back"] if anew else ["web1 is back"])
    assert shown(box, -1) == (WHOLE if code in MAYBE_DONE else BECAME[remedy_for(code)])


async def test_a_card_that_is_posted_anew_since_no_form_of_it_is_taken_leaves_no_old_state_beside_it(box, bot):
    await bot.tell(card(SEVEN), a_line("details"))
    await bot.done()
    bot.present[SEVEN] = Card("web1 is back", (PROSE, PRESS))
    box.faults.refuse("chat.update", "invalid_blocks", times=4)
    await bot.tell(card(SEVEN))
    await delivered(bot)
    old, new = box.workspace.messages.history(CHANNEL)
    assert without_links([old["text"]]) == [MOVED]
    assert [block["text"]["text"] for block in old["blocks"]] == [old["text"]]
    assert new["ts"].replace(".", "") in old["text"]
    assert "web1 is back" in new["text"]
    bot.present[SEVEN] = Card("web1 is down again")
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert without_links(texts(box)) == [MOVED, "web1 is down again"]


@pytest.mark.parametrize("link", [True, False])
async def test_an_old_card_that_can_not_be_changed_is_deleted(box, bot, link):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.faults.refuse("chat.update", "edit_window_closed", times=2)
    if not link:
        box.faults.refuse("chat.getPermalink", "message_not_found")
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert texts(box) == ["web1 is back"]


async def test_or_else_the_log_says_that_it_keeps_its_old_state(box, bot, caplog):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.faults.refuse("chat.update", "edit_window_closed", times=2)
    box.faults.refuse("chat.delete", "cant_delete_message")
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert texts(box) == ["web1 is down", "web1 is back"]
    assert "incident:7: its old message keeps its old state" in caplog.text


@pytest.mark.parametrize("method", ["chat.update", "chat.delete"])
async def test_an_old_card_is_changed_later_where_slack_takes_nothing_just_then(box, bot, method):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.faults.refuse("chat.update", "edit_window_closed", times=1 if method == "chat.update" else 2)
    bot.present[SEVEN] = Card("web1 is back")
    box.faults.refuse(method, "team_added_to_org")
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert texts(box)[-1] == "web1 is back"
    assert without_links(texts(box)[:-1]) == [MOVED]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_a_file_that_is_refused_is_there_once_or_said_to_be_missing(box, bot, method):
    await bot.tell(card(SEVEN))
    await bot.done()
    became = {}
    for number, code in enumerate(codes(method)):
        box.faults.refuse(method, code)
        await bot.tell(a_file(f"{number}.png"))
        await delivered(bot)
        ts = box.workspace.messages.history(CHANNEL)[0]["ts"]
        said = box.workspace.messages.replies(CHANNEL, ts)[-1]
        became[code] = "there" if said.get("files") else said["text"]
        assert len(box.workspace.messages.replies(CHANNEL, ts)) == number + 2, code
    missing = {code for code, what in became.items() if what != "there"}
    assert missing == {
        code for code in became if remedy_for(code) in {Remedy.FILE, Remedy.CONTENT} or code == "missing_scope"
    }
    assert all(f"could not be uploaded (Slack: {code})" in became[code] for code in missing)


async def test_the_end_of_a_text_that_can_not_be_uploaded_is_shown(box, bot):
    box.faults.refuse("files.getUploadURLExternal", "file_uploads_disabled")
    output = Parcel(SEVEN, "file", SEVEN, "Output of fsck", "fsck.txt", b"start " * 1_000 + b"3 errors left")
    await bot.tell(card(SEVEN), output)
    await delivered(bot)
    [said] = thread(box)
    assert said.startswith(
        "Output of fsck, which could not be uploaded (Slack: file_uploads_disabled), ends with:"
    )
    assert said.endswith("3 errors left")


def asked(box: Box, method: str) -> int:
    """How often Slack was asked for that, whatever it answered."""
    return sum(call.method == method for call in box.calls.all)


def upload_to(url: str) -> str:
    return json.dumps({"ok": True, "file_id": "F0LATE0001", "upload_url": url})


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("", "Slack answered 'a_code_of_tomorrow'"),
        ("{box}/upload/v1/none", "the server answered 'HTTP 400 Bad Request'"),
        ("http://127.0.0.1:9/upload", "Cannot connect to host 127.0.0.1:9"),
    ],
)
async def test_a_file_that_can_not_be_uploaded_for_long_is_told_of_once_and_comes_later(box, bot, where, why):
    if where:
        host = box.api_url.removesuffix("/").removesuffix("/api")
        box.faults.answer("files.getUploadURLExternal", upload_to(where.format(box=host)), times=10_000)
    else:
        box.faults.refuse("files.getUploadURLExternal", "a_code_of_tomorrow", times=10_000)
    output = Parcel(SEVEN, "file", SEVEN, "Output of fsck", "fsck.txt", b"start " * 1_000 + b"3 errors left")
    await bot.tell(card(SEVEN))
    await bot.done()
    await bot.tell(output, a_line("the next step"))
    await until(lambda: "the next step" in thread(box))
    assert thread(box) == ["the next step"]
    bot.move_on(DAY.total_seconds() + 1)
    [_, said] = await until(lambda: thread(box) if len(thread(box)) == 2 else [])
    assert said.startswith(f"Output of fsck, which can't be uploaded yet ({why}")
    assert ") and is tried again, ends with:" in said
    assert said.endswith("3 errors left")
    tries = asked(box, "files.getUploadURLExternal")
    await until(lambda: asked(box, "files.getUploadURLExternal") > tries + 2)
    box.faults.clear()
    await delivered(bot)
    assert thread(box)[:2] == ["the next step", said]
    ts = box.workspace.messages.history(CHANNEL)[0]["ts"]
    [*_, last] = box.workspace.messages.replies(CHANNEL, ts)
    assert [file["name"] for file in last["files"]] == ["fsck.txt"]
    assert len(box.workspace.messages.replies(CHANNEL, ts)) == 4


async def test_that_a_file_is_late_is_not_said_while_slack_takes_nothing_else(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    for method in ("files.getUploadURLExternal", "api.test"):
        box.faults.fail(method, "lost_before", times=10_000)
    await bot.tell(a_file())
    bot.move_on(DAY.total_seconds() + 1)
    await until(lambda: asked(box, "api.test") > 2)
    assert thread(box) == []


@pytest.mark.parametrize("method", ["chat.postEphemeral", "views.open", "views.update", "views.publish"])
async def test_what_answers_a_person_says_how_it_failed(box, bot, method):
    view = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": [PRESS]}
    ask = {
        "chat.postEphemeral": lambda: bot.slack.whisper(CHANNEL, ALEX.id, "x"),
        "views.open": lambda: bot.slack.open_view(box.workspace.modals.trigger(ALEX.id), view),
        "views.update": lambda: bot.slack.update_view("V1", None, view),
        "views.publish": lambda: bot.slack.publish_home(ALEX.id, view),
    }[method]
    for code in codes(method):
        box.faults.refuse(method, code)
        with pytest.raises(SlackError) as failed:
            await ask()
        if isinstance(failed.value, Rejected):
            assert (failed.value.error, code in str(failed.value)) == (code, True)
        else:
            assert code in MAYBE_DONE


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "[1]", "7", '"ok"', "<html>", "{}", '{"ok": true}', '{"ok": tr']
)
async def test_a_strange_answer_doubles_and_loses_nothing(box, bot, body):
    for method in ("chat.postMessage", "chat.update", "files.completeUploadExternal"):
        box.faults.answer(method, body)
    await bot.tell(card(SEVEN), a_line("details"), a_file())
    await delivered(bot)
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert texts(box) == ["web1 is back"]
    ts = box.workspace.messages.history(CHANNEL)[0]["ts"]
    replies = box.workspace.messages.replies(CHANNEL, ts)[1:]
    assert sorted(reply["text"] or reply["files"][0]["name"] for reply in replies) == [
        "The screen of web1",
        "details",
    ]


async def test_what_is_refused_in_every_form_is_tried_again_and_never_dropped(box, bot, caplog):
    box.faults.refuse("chat.postMessage", "invalid_blocks", times=7)
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert len(texts(box)) == 1
    assert "cannot deliver incident:7" in caplog.text


async def test_an_unknown_code_is_told_in_the_log_once_and_the_message_comes_through(box, bot, caplog):
    box.faults.refuse("chat.postMessage", "a_code_of_tomorrow", times=12)
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert (texts(box), shown(box)) == (["web1 is down"], WHOLE)
    told = [record for record in caplog.records if "a_code_of_tomorrow" in record.getMessage()]
    assert len(told) == 1


AWAY = ["unavailable", "rate_limited", "lost_before"]


@pytest.mark.parametrize("how", AWAY)
async def test_however_long_slack_was_away_a_card_that_is_gone_is_posted_anew(box, bot, how):
    await bot.tell(card(SEVEN))
    await delivered(bot)
    box.faults.fail("chat.update", how, times=5, seconds=0)
    moderation.delete_message(box.workspace, "homelab", box.workspace.messages.history(CHANNEL)[0]["ts"])
    bot.present[SEVEN] = Card("web1 and db1 are down", (PROSE, PRESS))
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert texts(box) == ["web1 and db1 are down"]


@pytest.mark.parametrize("code", ["edit_window_closed", "invalid_blocks"])
async def test_however_long_slack_was_away_a_card_that_can_not_be_changed_is_posted_anew(box, bot, code):
    await bot.tell(card(SEVEN))
    await delivered(bot)
    box.faults.refuse("chat.update", "fatal_error", times=5)
    box.faults.refuse("chat.update", code, times=1_000)
    bot.present[SEVEN] = Card("web1 and db1 are down", (PROSE, PRESS))
    await bot.tell(card(SEVEN))
    await delivered(bot)
    assert texts(box) == ["web1 and db1 are down"], "the old one is taken back"


@pytest.mark.parametrize("how", AWAY)
async def test_however_long_slack_was_away_a_line_whose_thread_is_gone_brings_its_card_back(box, bot, how):
    await bot.tell(card(SEVEN))
    await delivered(bot)
    box.faults.fail("chat.postMessage", how, times=5, seconds=0)
    box.workspace.messages.delete(CHANNEL, box.workspace.messages.history(CHANNEL)[0]["ts"])
    await bot.tell(a_line("first"))
    await delivered(bot)
    assert (texts(box), thread(box)) == (["web1 is down"], ["first"])


async def test_a_thread_that_is_never_taken_floods_no_channel(box, bot):
    await bot.tell(card(SEVEN))
    await delivered(bot)
    for _ in range(50):
        box.faults.refuse("chat.postMessage", "thread_not_found")
        box.faults.fail("chat.postMessage", "delayed", seconds=0)  # the card that is posted for it
    await bot.tell(a_line("details"))
    await until(lambda: len(texts(box)) == 1 + NEW_ONES)
    for _ in range(20):
        bot.move_on(60)
        await bot.writer.do(unsettled)
    assert len(texts(box)) == 1 + NEW_ONES


async def test_a_thread_that_stays_locked_floods_no_channel(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.faults.refuse("chat.postMessage", "restricted_action_thread_locked", times=1)
    await bot.tell(a_line("details"))
    await delivered(bot)
    assert len(texts(box)) == 2


async def test_metadata_that_is_refused_does_not_cost_the_message(box, bot):
    box.faults.refuse("chat.postMessage", "metadata_must_be_sent_from_app", times=3)
    await bot.tell(card(SEVEN))
    await delivered(bot)
    [message] = box.workspace.messages.history(CHANNEL)
    assert "metadata" not in message
    assert json.dumps(message).count("incident:7") == 1
