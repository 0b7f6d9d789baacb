"""The channel is archived, locked, renamed or deleted, or the bot removed, while there is something to say."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.manifest import manifest
from bot.outbox.voice import kept, over_slack
from bot.store import Store
from bot.terminal import life
from bot.views import Card
from bot.workspace import moderation
from bot.workspace.records import ALEX, FAMILY
from bot.workspace.server import Box, installed
from tests.outbox.test_refusals import PRESS, QUICK, direct
from tests.test_outbox import CHANNEL, EIGHT, SEVEN, Bot, a_line, card, running, texts, thread
from tests.waiting import until


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with Box.start(settings=installed(manifest())) as box:
        yield box


@pytest.fixture
async def bot(box: Box, tmp_path: Path) -> AsyncIterator[Bot]:
    async with running(tmp_path / "bot.db", box.api_url, pace=QUICK) as bot:
        yield bot


async def silent(bot: Bot) -> str:
    """What `caretaker health` would say of it."""
    return await bot.writer.do(life.silent)


async def test_a_channel_archived_in_the_middle_of_an_outage_loses_nothing_and_an_admin_is_told(box, bot):
    await bot.tell(card(SEVEN), a_line("on battery"))
    await bot.done()
    moderation.archive(box.workspace, "homelab")
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(card(SEVEN), a_line("power is back"), card(EIGHT))
    told = await until(lambda: [text for text in direct(box) if "db1 is down" in text])
    assert "I can't speak in #homelab (Slack: is_" in told[0]
    assert "unarchive the channel" in told[0]
    assert "unarchive the channel" in await silent(bot)
    moderation.unarchive(box.workspace, "homelab")
    await bot.done()
    assert texts(box) == ["web1 is back", "db1 is down"]
    assert thread(box) == ["on battery", "power is back"]
    assert await silent(bot) == ""
    assert await bot.writer.do(lambda store, _: kept(store)) == (None, ())


async def test_each_new_incident_is_told_elsewhere_once_while_the_channel_is_lost(box, bot):
    moderation.lock(box.workspace, "homelab")
    await bot.tell(card(SEVEN))
    await until(lambda: direct(box))
    tries = box.calls.counts["chat.postMessage"]
    await until(lambda: box.calls.counts["chat.postMessage"] > tries + 5)
    assert len(direct(box)) == 1
    await bot.tell(card(EIGHT))
    await until(lambda: len(direct(box)) == 2)
    assert "web1" not in direct(box)[1]
    assert "db1 is down" in direct(box)[1]
    moderation.unlock(box.workspace, "homelab")
    await bot.done()
    assert texts(box) == ["web1 is down", "db1 is down"]


async def test_a_locked_channel_still_shows_the_present_of_what_stands_in_it(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    moderation.lock(box.workspace, "homelab")
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(card(EIGHT), card(SEVEN))
    await until(lambda: texts(box) == ["web1 is back"] and direct(box))
    bot.present[SEVEN] = Card("web1 is well")
    await bot.tell(card(SEVEN))
    await until(lambda: texts(box) == ["web1 is well"])
    assert len(direct(box)) == 1
    assert bot.voice.unheard is not None


async def test_a_bot_that_was_removed_says_so_and_goes_on_when_it_is_invited(box, bot):
    moderation.remove_bot(box.workspace, "homelab")
    await bot.tell(card(SEVEN), a_line("details"))
    [told] = await until(lambda: direct(box))
    assert "invite the bot" in told
    assert "web1 is down" in told
    moderation.invite_bot(box.workspace, "homelab")
    await bot.done()
    assert (texts(box), thread(box)) == (["web1 is down"], ["details"])


async def test_a_channel_deleted_and_made_anew_under_its_name_needs_no_restart(box, bot):
    await bot.tell(card(SEVEN), a_line("first"))
    await bot.done()
    moderation.delete_channel(box.workspace, "homelab")
    moderation.create(box.workspace, "C0000000NEW", "homelab")
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(card(SEVEN), a_line("second"))
    await bot.done()
    assert texts(box, "C0000000NEW") == ["web1 is back"]
    ts = box.workspace.messages.history("C0000000NEW")[0]["ts"]
    assert [m["text"] for m in box.workspace.messages.replies("C0000000NEW", ts)[1:]] == ["second"]


async def test_a_channel_that_was_renamed_while_the_bot_was_off_is_still_its_channel(box, tmp_path, caplog):
    for text in ("web1 is down", "web1 is back"):
        async with running(tmp_path / "bot.db", box.api_url, pace=QUICK) as bot:
            bot.present[SEVEN] = Card(text)
            await bot.tell(card(SEVEN), a_line(text))
            await bot.done()
            await bot.tell(card(EIGHT))
            await bot.done()
        moderation.rename(box.workspace, CHANNEL, "lab")
    assert texts(box) == ["web1 is back", "db1 is down"]


async def test_a_renamed_channel_is_posted_to_and_the_log_names_the_setting(box, tmp_path, caplog):
    async with running(tmp_path / "bot.db", box.api_url, pace=QUICK) as bot:
        await bot.tell(card(SEVEN))
        await bot.done()
    moderation.rename(box.workspace, CHANNEL, "lab")
    async with running(tmp_path / "bot.db", box.api_url, pace=QUICK) as bot:
        await bot.tell(card(EIGHT))
        await bot.done()
    assert texts(box) == ["web1 is down", "db1 is down"]
    assert "#homelab is called #lab now: correct slack.channel" in caplog.text


async def test_a_message_that_someone_deleted_comes_back_with_its_thread_and_no_reply_stays_outside(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    moderation.delete_message(box.workspace, "homelab", box.workspace.messages.history(CHANNEL)[0]["ts"])
    await bot.tell(a_line("first"), a_line("second"), a_line("still down", tell="broadcast"))
    await bot.done()
    assert texts(box) == ["web1 is down", "still down"]
    assert thread(box) == ["first", "second", "still down"]


async def test_a_reply_in_doubt_that_went_astray_is_not_said_twice(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    moderation.delete_message(box.workspace, "homelab", box.workspace.messages.history(CHANNEL)[0]["ts"])
    box.faults.fail("chat.postMessage", "lost_after")
    await bot.tell(a_line("first"))
    await bot.in_doubt()
    await bot.done()
    assert texts(box) == ["first"]


async def test_a_dead_token_is_known_before_there_is_something_to_say(box, bot):
    box.faults.refuse("auth.test", "token_revoked")
    await bot.voice.look()
    assert "token_revoked" in await silent(bot)
    assert "caretaker doctor" in await silent(bot)
    await bot.voice.look()
    assert await silent(bot) == ""


async def test_a_bot_outside_its_channel_is_known_before_there_is_something_to_say(box, tmp_path):
    async with running(tmp_path / "bot.db", box.api_url, channel="family", pace=QUICK) as bot:
        await bot.voice.look()
        assert "not_in_channel" in await silent(bot)
        assert "#family (Slack: not_in_channel)" in direct(box)[0]
        moderation.archive(box.workspace, "family")
        await bot.voice.look()
        assert len(direct(box)) == 1
    async with running(tmp_path / "bot.db", box.api_url, channel="family", pace=QUICK) as bot:
        await bot.voice.recall()
        moderation.unarchive(box.workspace, "family")
        moderation.invite_bot(box.workspace, "family")
        await bot.tell(card(SEVEN))
        await bot.done()
        assert await silent(bot) == ""
    assert texts(box, FAMILY.id) == ["web1 is down"]


async def test_the_fallback_channel_is_told_first_and_an_admin_only_if_that_fails(box, bot):
    moderation.create(box.workspace, "C00000000OPS", "ops")
    bot.voice.ways = over_slack(bot.slack, ["ops", ALEX.id])
    moderation.archive(box.workspace, "homelab")
    await bot.tell(card(SEVEN))
    await until(lambda: texts(box, "C00000000OPS"))
    assert direct(box) == []
    moderation.archive(box.workspace, "ops")
    await bot.tell(card(EIGHT))
    await until(lambda: direct(box))
    assert "db1 is down" in direct(box)[0]


async def test_a_way_without_slack_is_used_beside_and_when_the_token_is_dead(box, bot):
    heard: list[str] = []

    async def phone(_key: str, text: str) -> None:
        heard.append(text)

    bot.voice.outside = (phone,)
    box.faults.refuse("chat.postMessage", "invalid_auth", times=3)
    await bot.tell(card(SEVEN))
    await bot.done()
    [said] = heard
    assert "invalid_auth" in said
    assert "web1 is down" in said


async def test_with_a_token_that_is_refused_nobody_is_told_directly(box, bot):
    box.faults.refuse("chat.postMessage", "invalid_auth")
    await bot.tell(card(SEVEN))
    await bot.done()
    assert (texts(box), direct(box), box.calls.counts["chat.postMessage"]) == (["web1 is down"], [], 2)


async def test_what_is_told_elsewhere_in_doubt_is_not_told_again(box, bot):
    box.faults.fail("chat.postMessage", "lost_after")
    moderation.archive(box.workspace, "homelab")
    bot.courier._barred.clear()
    await bot.voice.look()
    await bot.voice.look()
    assert len(direct(box)) == 1


async def test_the_message_that_waits_longest_says_why_to_whoever_asks_for_its_health(box, bot):
    box.faults.refuse("chat.postMessage", "a_code_of_tomorrow", times=10_000)
    await bot.tell(card(SEVEN))
    await until(
        lambda: bot.writer.do(lambda store, _: store.outbox.waiting() and store.outbox.waiting()[0].attempts)
    )
    bot.move_on(180)
    said = await until(lambda: silent(bot))
    assert said.startswith("1 messages wait for Slack: cannot post")
    assert "a_code_of_tomorrow" in said


async def test_after_an_outage_of_slack_the_present_comes_first(bot):
    def prepare(store: Store, now) -> list[str]:
        insert = "insert into incident (id, kind, subject, status, value_json) values (?, 'x', 'x', ?, '')"
        for number, status in ((1, "resolved"), (2, "open"), (3, "resolved")):
            store._db.execute(insert, [number, status])
        for number in (1, 2, 3):
            subject = f"incident:{number}"
            for parcel in (a_line(f"{number} crashed", subject), card(subject), a_line(f"{number} …", subject)):
                store.outbox.add(parcel, now, now + timedelta(hours=1))
        return [f"{one.parcel.subject} {one.parcel.tell}" for one in store.outbox.waiting()]

    order = await bot.writer.do(prepare)
    assert order == [
        *("incident:2 card", "incident:2 line", "incident:2 line"),
        *("incident:1 card", "incident:3 card"),
        *("incident:1 line", "incident:1 line", "incident:3 line", "incident:3 line"),
    ]


async def test_forty_thousand_characters_arrive_cut_and_keep_their_buttons(box, bot):
    command = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "dd of=/dev/sda"}]}],
    }
    blocks = ({"type": "markdown", "text": "a" * 40_000}, command, PRESS)
    bot.present[SEVEN] = Card("web1 is down " + "x" * 40_000, blocks)
    await bot.tell(card(SEVEN), a_line("y" * 40_000))
    await bot.done()
    [message] = box.workspace.messages.history(CHANNEL)
    assert [block["type"] for block in message["blocks"]] == ["markdown", "rich_text", "actions"]
    assert len(message["blocks"][0]["text"]) > 9_000
    assert message["blocks"][1]["elements"] == command["elements"]
    assert "msg_blocks_too_long" not in [call.error for call in box.calls.all]
    assert len(thread(box)[0]) == 3_000
