"""The Web API client against the workspace in a box: what arrives, what is doubtful, what is refused."""

import io
import json
import logging
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.manifest import SCOPES
from bot.redact import RedactedLog, Redactor
from bot.slack import Slack
from bot.slack_errors import InDoubt, Offline, RateLimited, Rejected
from bot.slack_exam import examine
from bot.workspace.records import ALEX, FAMILY, HOMELAB
from bot.workspace.server import Box, Settings

CHANNEL = HOMELAB.id
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "*web1* is down"}}]
VIEW = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Silence"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "For how long?"}}],
}
HOME = {"type": "home", "blocks": BLOCKS}


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with Box.start(settings=Settings(scopes=frozenset(SCOPES))) as box:
        yield box


@pytest.fixture
async def slack(box: Box) -> AsyncIterator[Slack]:
    async with Slack(bot_token=box.bot_token, app_token=box.app_token, api_url=box.api_url) as slack:
        yield slack


def a_minute_ago() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=1)


def history(box: Box) -> list[dict]:
    return box.workspace.messages.history(CHANNEL)


async def test_a_post_arrives_with_its_key_and_can_be_found_by_it(box, slack):
    ts = await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")
    [message] = history(box)
    assert (message["ts"], message["text"]) == (ts, "web1 is down")
    assert await slack.find(CHANNEL, "incident-7", since=a_minute_ago()) == ts
    assert await slack.find(CHANNEL, "incident-8", since=a_minute_ago()) is None


async def test_a_reply_can_be_found_in_its_thread(slack):
    thread = await slack.post(CHANNEL, "web1 is down", BLOCKS, key="card")
    ts = await slack.post(CHANNEL, "step 1", BLOCKS, key="step", thread=thread)
    assert await slack.find(CHANNEL, "step", since=a_minute_ago(), thread=thread) == ts
    assert await slack.find(CHANNEL, "step", since=a_minute_ago()) is None


async def test_a_broadcast_reply_is_seen_in_the_channel_too(box, slack):
    thread = await slack.post(CHANNEL, "web1 is down", BLOCKS, key="card")
    await slack.post(CHANNEL, "still down", BLOCKS, key="reminder", thread=thread, broadcast=True)
    assert [message["text"] for message in history(box)] == ["web1 is down", "still down"]


async def test_what_was_posted_long_before_the_time_asked_for_is_not_taken_for_it(slack):
    await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")
    assert await slack.find(CHANNEL, "incident-7", since=datetime.now(UTC) + timedelta(hours=1)) is None


async def test_a_message_further_back_than_one_page_is_found(box, slack):
    ts = await slack.post(CHANNEL, "the first", BLOCKS, key="first")
    for number in range(250):
        box.workspace.messages.post(CHANNEL, {"user": ALEX.id, "text": f"chatter {number}"})
    assert await slack.find(CHANNEL, "first", since=a_minute_ago()) == ts


async def test_a_response_lost_after_the_post_leaves_one_message_that_can_be_found(box, slack):
    box.faults.fail("chat.postMessage", "lost_after")
    with pytest.raises(InDoubt):
        await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")
    [message] = history(box)
    assert await slack.find(CHANNEL, "incident-7", since=a_minute_ago()) == message["ts"]
    assert box.calls.counts["chat.postMessage"] == 1


async def test_a_request_lost_before_the_post_is_in_doubt_as_well_and_found_nowhere(box, slack):
    box.faults.fail("chat.postMessage", "lost_before")
    with pytest.raises(InDoubt):
        await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")
    assert await slack.find(CHANNEL, "incident-7", since=a_minute_ago()) is None


@pytest.mark.parametrize("how", ["server_error", "unavailable"])
async def test_a_server_error_is_in_doubt_and_not_repeated(box, slack, how):
    box.faults.fail("chat.postMessage", how)
    with pytest.raises(InDoubt):
        await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")
    assert len(history(box)) == 0


async def test_an_answer_that_does_not_come_in_time_is_in_doubt(box):
    box.faults.fail("chat.postMessage", "delayed", seconds=0.6)
    limit = timedelta(seconds=0.2)
    async with Slack(
        bot_token=box.bot_token, app_token=box.app_token, api_url=box.api_url, timeout=limit
    ) as slack:
        with pytest.raises(InDoubt):
            await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")


async def test_too_fast_says_after_how_many_seconds_to_come_back(box, slack):
    box.faults.fail("chat.postMessage", "rate_limited", seconds=7)
    with pytest.raises(RateLimited) as limited:
        await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")
    assert limited.value.retry_after == 7
    assert history(box) == []


async def test_nobody_there_means_surely_not_sent():
    with socket.socket() as unheard:  # bound, but not listening: refuses
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}/api/"
        async with Slack(bot_token="xoxb-1", app_token="xapp-1", api_url=url) as slack:
            with pytest.raises(Offline):
                await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")
            assert not await slack.reachable()


async def test_a_failed_tls_handshake_means_surely_not_sent(box):
    async with Slack(
        bot_token=box.bot_token, app_token=box.app_token, api_url=box.api_url.replace("http:", "https:")
    ) as slack:
        with pytest.raises(Offline):
            await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")


async def test_a_tls_handshake_that_never_ends_means_surely_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as mute:  # accepts, and says nothing
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/api/"
        async with Slack(
            bot_token="xoxb-1", app_token="xapp-1", api_url=url, timeout=timedelta(seconds=0.3)
        ) as slack:
            with pytest.raises(Offline):
                await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")


async def test_what_slack_refuses_for_good_says_which_block_was_wrong(slack):
    with pytest.raises(Rejected) as refusal:
        await slack.post(CHANNEL, "x", [{"type": "section"}], key="k")
    assert refusal.value.error == "invalid_blocks"
    assert refusal.value.is_permanent
    assert "/blocks/0" in str(refusal.value)


@pytest.mark.parametrize(
    ("channel", "error"), [(FAMILY.id, "not_in_channel"), ("C0NOSUCHCHAN", "channel_not_found")]
)
async def test_what_a_person_can_mend_is_not_permanent(slack, channel, error):
    with pytest.raises(Rejected) as refusal:
        await slack.post(channel, "x", BLOCKS, key="k")
    assert refusal.value.error == error
    assert not refusal.value.is_permanent


async def test_an_update_replaces_the_message_and_keeps_its_key(box, slack):
    ts = await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")
    await slack.update(CHANNEL, ts, "web1 is back", BLOCKS, key="incident-7")
    [message] = history(box)
    assert message["text"] == "web1 is back"
    assert await slack.find(CHANNEL, "incident-7", since=a_minute_ago()) == ts


async def test_a_whisper_is_for_one_person_only(box, slack):
    await slack.whisper(CHANNEL, ALEX.id, "only an admin may do this")
    assert history(box) == []
    assert [whisper["text"] for whisper in box.workspace.messages.ephemeral(CHANNEL, ALEX.id)] == [
        "only an admin may do this"
    ]


async def test_a_file_is_shared_once_in_its_thread_and_found_by_its_name(box, slack):
    thread = await slack.post(CHANNEL, "web1 is down", BLOCKS, key="card")
    file = await slack.upload(
        CHANNEL, "run-7.txt", b"fsck: clean\n", title="fsck", comment="Output", thread=thread
    )
    assert await slack.find_upload(CHANNEL, "run-7.txt", since=a_minute_ago(), thread=thread) == file
    assert await slack.find_upload(CHANNEL, "run-8.txt", since=a_minute_ago(), thread=thread) is None
    _, reply = box.workspace.messages.replies(CHANNEL, thread)
    assert (reply["text"], reply["files"][0]["title"]) == ("Output", "fsck")


async def test_an_upload_whose_last_answer_was_lost_is_in_doubt_and_there(box, slack):
    box.faults.fail("files.completeUploadExternal", "lost_after")
    with pytest.raises(InDoubt):
        await slack.upload(CHANNEL, "run-7.txt", b"x", title="t", comment="c")
    assert await slack.find_upload(CHANNEL, "run-7.txt", since=a_minute_ago())


async def test_an_upload_lost_before_it_was_shared_may_simply_be_repeated(box, slack):
    box.faults.fail("files.getUploadURLExternal", "lost_after")
    with pytest.raises(Offline):
        await slack.upload(CHANNEL, "run-7.txt", b"x", title="t", comment="c")
    assert history(box) == []


async def test_home_is_published(box, slack):
    await slack.publish_home(ALEX.id, HOME)
    assert box.workspace.modals.home(ALEX.id)["blocks"][0]["text"]["text"] == "*web1* is down"


async def test_a_modal_opens_and_changes(box, slack):
    trigger = box.workspace.modals.trigger(ALEX.id)
    view = await slack.open_view(trigger, VIEW)
    await slack.update_view(view, None, VIEW | {"title": {"type": "plain_text", "text": "Silenced"}})
    [shown] = box.workspace.modals.stack(ALEX.id)
    assert shown["title"]["text"] == "Silenced"
    with pytest.raises(Rejected, match="exchanged_trigger_id"):
        await slack.open_view(trigger, VIEW)


async def test_a_channel_is_known_by_name_and_asked_for_once(box, slack):
    assert await slack.channel_id("#homelab") == await slack.channel_id("#homelab") == CHANNEL
    assert await slack.channel_id(CHANNEL) == CHANNEL
    assert box.calls.counts["conversations.list"] == 1


async def test_an_unknown_channel_is_refused_with_what_to_do(slack):
    with pytest.raises(Rejected, match=r"cannot find channel '#attic'.*/invite"):
        await slack.channel_id("#attic")


async def test_a_message_has_an_address(box, slack):
    ts = await slack.post(CHANNEL, "web1 is down", BLOCKS, key="incident-7")
    assert (await slack.permalink(CHANNEL, ts)).startswith("http")


async def test_the_exam_of_a_bot_that_is_set_up_finds_nothing_missing(box, slack):
    exam = await examine(slack, "#homelab")
    assert (exam.missing, exam.channel, exam.in_channel, exam.app_token) == ((), CHANNEL, True, None)
    assert (exam.team, exam.bot_user) == (box.workspace.app.team_name, box.workspace.app.user_id)


async def test_the_exam_says_that_the_bot_was_not_invited(slack):
    by_name, by_id = await examine(slack, "#family"), await examine(slack, FAMILY.id)
    assert (by_name.channel, by_name.in_channel) == (by_id.channel, by_id.in_channel) == (FAMILY.id, False)


async def test_the_exam_says_which_scopes_are_missing():
    async with (
        Box.start(settings=Settings(scopes=frozenset(SCOPES) - {"files:write", "channels:read"})) as box,
        Slack(bot_token=box.bot_token, app_token=box.app_token, api_url=box.api_url) as slack,
    ):
        exam = await examine(slack, "#homelab")
    assert exam.missing == ("channels:read", "files:write")
    assert exam.channel is None


async def test_the_exam_says_when_the_app_token_is_refused(box):
    async with Slack(bot_token=box.bot_token, app_token="xapp-wrong", api_url=box.api_url) as slack:
        assert (await examine(slack, "#homelab")).app_token == "invalid_auth"


async def test_a_refused_bot_token_is_an_answer_all_the_same(box):
    async with Slack(bot_token="xoxb-wrong", app_token=box.app_token, api_url=box.api_url) as slack:
        with pytest.raises(Rejected) as refusal:
            await examine(slack, "#homelab")
        assert refusal.value.error == "invalid_auth"
        assert await slack.reachable()


@pytest.mark.parametrize("url", ["http://slack.example/api/", "http://10.0.0.5:8080/api/", "slack.com/api/", ""])
async def test_tokens_are_never_sent_in_the_clear_over_a_network(url):
    with pytest.raises(ValueError, match="cannot use SLACK_API_URL"):
        Slack(bot_token="xoxb-1", app_token="xapp-1", api_url=url)


async def test_neither_repr_nor_errors_nor_the_log_at_its_most_talkative_hold_a_token(box):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactedLog(Redactor([box.bot_token, box.app_token])))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        async with Slack(bot_token=box.bot_token, app_token=box.app_token, api_url=box.api_url) as slack:
            await examine(slack, "#homelab")
            with pytest.raises(Rejected) as refusal:
                await slack.post("C0NOSUCHCHAN", "x", BLOCKS, key="k")
            logging.getLogger().error("refused", exc_info=refusal.value)
            said = [repr(slack), repr(refusal.value), json.dumps(vars(refusal.value))]
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    said.append(stream.getvalue())
    assert "ticket=[secret]" in stream.getvalue()  # the library did talk, of the one-time address too
    for text in said:
        assert box.bot_token not in text
        assert box.app_token not in text
    assert refusal.value.__cause__ is None
