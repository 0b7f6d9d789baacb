"""`doctor` and `health` on heartbeat and second channel: that they work, what is wrong, or why they are needed."""

from datetime import UTC, datetime

import pytest

from bot.core.incident import IncidentId
from bot.core.incidents.elsewhere import What
from bot.store import Store
from tests.outside import kept, outside
from tests.terminal.commands import caretaker, write_lab
from tests.terminal.test_doctor import mended

pytestmark = pytest.mark.slow
TOPIC = "hush-topic-4711"


async def test_without_either_it_says_what_they_are_for(tmp_path):
    write_lab(tmp_path)
    told = await caretaker("doctor", folder=tmp_path)
    assert "note     nobody is told when the house is dark" in told.out
    assert "→ let somebody outside the house miss it: CARETAKER_HEARTBEAT_URL" in told.out
    assert "note     nobody is told while Slack is out of reach" in told.out


async def test_what_lab_yaml_has_and_the_environment_lacks_is_missing(tmp_path):
    write_lab(tmp_path, "heartbeat: {every: 2m}\nsecond_channel: {slack_silent: 1m}\n")
    told = await caretaker("doctor", folder=tmp_path)
    assert "When the house is dark" in mended(told.out, "CARETAKER_HEARTBEAT_URL is not set")
    assert "When the house is dark" in mended(told.out, "CARETAKER_SECOND_CHANNEL is not set")


async def test_a_heartbeat_is_sent_and_a_test_only_when_asked_for(tmp_path):
    write_lab(tmp_path)
    secret = tmp_path / "channel"
    async with outside() as server:
        secret.write_text(f"# mine\n{server.url(f'/{TOPIC}', 'json')}\n")
        secret.chmod(0o600)
        env = {"CARETAKER_HEARTBEAT_URL": server.url("/uuid"), "CARETAKER_SECOND_CHANNEL_FILE": str(secret)}
        told = await caretaker("doctor", folder=tmp_path, env=env)
        assert "ok       the heartbeat is taken" in told.out
        assert "ok       Apprise knows the 1 service of the second channel" in told.out
        assert server.paths == ["/uuid"]
        told = await caretaker("doctor", "--send-test", folder=tmp_path, env=env)
        assert "ok       a test went over the second channel, by 1 service" in told.out
        assert sorted(server.paths) == [f"/{TOPIC}", "/uuid", "/uuid"]


async def test_where_no_test_can_be_sent_that_is_said(tmp_path):
    write_lab(tmp_path)
    told = await caretaker("doctor", "--send-test", folder=tmp_path)
    assert told.code == 1
    assert "MISSING  cannot send a test: because CARETAKER_SECOND_CHANNEL is not set" in told.out


async def test_what_does_not_work_is_missing_and_no_address_is_shown(tmp_path):
    write_lab(tmp_path)
    async with outside() as server:
        server.status = 404
        urls = server.url(f"/{TOPIC}", "json")
        env = {"CARETAKER_HEARTBEAT_URL": server.url(f"/{TOPIC}"), "CARETAKER_SECOND_CHANNEL": urls}
        told = await caretaker("doctor", "--send-test", folder=tmp_path, env=env)
        assert "CARETAKER_HEARTBEAT_URL" in mended(told.out, "the heartbeat is not taken: it answers 404")
        assert "CARETAKER_SECOND_CHANNEL" in mended(told.out, "the second channel did not take a test (failed)")
        env["CARETAKER_SECOND_CHANNEL"] = f"nonsense://{TOPIC} {urls}"
        more = await caretaker("doctor", folder=tmp_path, env=env)
        assert "by address 1 of the second channel" in more.out
        env["CARETAKER_HEARTBEAT_URL"] = f"ftp://x/{TOPIC}"
        wrong = await caretaker("doctor", folder=tmp_path, env=env)
        assert "When the house is dark" in mended(wrong.out, "cannot read CARETAKER_HEARTBEAT_URL")
    assert TOPIC not in told.out + told.err + more.out + more.err + wrong.out + wrong.err
    assert not [text for text in kept(tmp_path) if TOPIC in text]


async def test_health_says_when_each_went_well_last(tmp_path):
    write_lab(tmp_path)
    (tmp_path / "data").mkdir()
    now = datetime.now(UTC)
    store = Store(tmp_path / "data" / "caretaker.db")
    with store.transaction():
        store.alive.start(now)
    told = await caretaker("health", folder=tmp_path)
    assert (told.code, len(told.out.splitlines())) == (0, 1)
    with store.transaction():
        store.heartbeat.answered(now, failing=True)
        for _ in range(3):
            store.second_channel.add(IncidentId(1), What.OPENED, now)
        store.second_channel.settle([1], "sent", now)
    told = await caretaker("health", folder=tmp_path)
    assert "heartbeat: last taken 20" in told.out
    assert "saying that a critical incident is open" in told.out
    assert "second channel: last sent 20" in told.out
    with store.transaction():
        store.heartbeat.failed(now, "it answers 404")
        store.second_channel.settle([2], "timeout", datetime.now(UTC), "no answer")
        store.second_channel.begin([3], 3, 1)
        store.second_channel.again([3], now, "nobody listens")
    told = await caretaker("health", folder=tmp_path)
    assert told.code == 0, "a supervisor that starts it anew mends nothing"
    assert "since then not: it answers 404" in told.out
    assert "a message was not answered in time and may have arrived" in told.out
    assert "not sent again: no answer" in told.out
    assert "not sent yet, and tried again: nobody listens" in told.out
    store.close()
