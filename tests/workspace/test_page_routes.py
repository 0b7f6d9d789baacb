"""The page's own interface: who is refused, what is answered, and what never reaches a browser as a program."""

import json

import aiohttp
import pytest

from bot.workspace.records import ALEX, FAMILY, HOMELAB, ROBIN
from bot.workspace.server import Box, Settings
from tests.workspace.conftest import a_world
from tests.workspace.small_app import Lab, completions


@pytest.fixture
async def box():
    async with Box.start(settings=Settings(ack_seconds=0.1), panel=Lab().panel(), completions=completions) as made:
        yield made


@pytest.fixture
async def web(box):
    async with aiohttp.ClientSession(box.url) as session:
        yield session


async def post(web, path, **body):
    async with web.post(f"/page/{path}", json={"user": ALEX.id, **body}) as response:
        return response.status, await response.json()


async def state(web, user=ALEX.id):
    async with web.get("/page/state", params={"user": user}) as response:
        return await response.json()


def shown(state, channel=HOMELAB.id):
    return next(one for one in state["channels"] if one["id"] == channel)["messages"]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
async def test_another_page_cannot_say_anything(box, web, origin):
    body = {"user": ALEX.id, "channel": HOMELAB.id, "text": "hi"}
    async with web.post("/page/say", json=body, headers={"Origin": origin}) as response:
        assert response.status == 403
    assert box.workspace.messages.history(HOMELAB.id) == []


async def test_another_name_for_this_machine_reads_nothing(web):
    for path in ("/", "/page/state", "/page/panel", "/static/app.js", "/api/api.test"):
        async with web.get(path, headers={"Host": "evil.example"}) as response:
            assert response.status == 403, path


async def test_another_site_may_link_to_the_page_and_cause_nothing_else(box, web):
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    said = {"token": box.bot_token, "channel": HOMELAB.id, "text": "hi"}
    async with web.get("/api/chat.postMessage", params=said, headers=elsewhere) as response:
        assert response.status == 403
    async with web.get("/", headers=elsewhere) as response:
        assert response.status == 200
    assert box.workspace.messages.history(HOMELAB.id) == []


async def test_a_form_on_another_site_cannot_post(web):
    async with web.post(
        "/page/say", data=json.dumps({"text": "hi"}), headers={"Content-Type": "text/plain"}
    ) as answer:
        assert answer.status == 415


async def test_the_page_may_run_only_its_own_files(web):
    async with web.get("/") as response:
        policy = response.headers["Content-Security-Policy"]
        html = await response.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert html.count("<script") == html.count('<script type="module" src="/static/')
    assert "style=" not in html


@pytest.mark.parametrize("name", ["nothing.js", "..%2fpage.py", "%2e%2e%2fpage.py"])
async def test_only_the_page_s_own_files_are_served(web, name):
    async with web.get(f"/static/{name}") as response:
        assert response.status == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        (
            "say",
            {"user": "nobody", "channel": HOMELAB.id, "text": "x"},
            404,
            "there is nobody called 'nobody' here",
        ),
        ("say", {"channel": "C0", "text": "x"}, 404, "there is no channel 'C0' here"),
        ("say", {"channel": HOMELAB.id, "text": 7}, 400, "cannot read 'text': because 7 is no str"),
        ("say", {"channel": HOMELAB.id, "text": "  "}, 400, "there is nothing to send"),
        (
            "say",
            {"channel": HOMELAB.id, "text": "/lab x", "thread_ts": "1.2"},
            409,
            "/lab is not supported in threads",
        ),
        ("click", {"target": "1.2", "action": {"action_id": "a"}, "values": {}}, 409, "no such message or view"),
        ("submit", {"view_id": "V1", "values": {}}, 409, "hasn't got it open"),
        ("panel", {"id": "explode"}, 409, "no such item"),
        ("panel", {"id": "crash", "choice": "router"}, 409, "not on offer now"),
    ],
)
async def test_what_is_not_there_is_refused_with_a_reason(web, path, body, status, reason):
    answered, answer = await post(web, path, **body)
    assert (answered, reason in answer["error"]) == (status, True), answer


async def test_what_a_person_types_is_escaped_and_mentions_found(box, web):
    await post(web, "say", channel=HOMELAB.id, text="<b> & @robin in #family, not a@sam or @nobody")
    text = box.workspace.messages.history(HOMELAB.id)[0]["text"]
    assert text == f"&lt;b&gt; &amp; <@{ROBIN.id}> in <#{FAMILY.id}>, not a@sam or @nobody"


async def test_a_thread_shows_in_the_channel_only_what_was_sent_there_too(box, web):
    store = box.workspace.messages
    parent = store.post(
        HOMELAB.id, box.workspace.as_bot({"text": "*#7* <b> since <!date^1772366400^{time}|noon>\nIt is."})
    )
    store.post(HOMELAB.id, box.workspace.as_bot({"text": "step 1", "thread_ts": parent["ts"]}))
    broadcast = {"text": "still open", "thread_ts": parent["ts"], "subtype": "thread_broadcast"}
    store.post(HOMELAB.id, box.workspace.as_bot(broadcast))
    first, step, reminder = shown(await state(web))
    assert (first["reply_count"], step["only_in_thread"], reminder["only_in_thread"]) == (2, True, False)
    noon = '<time class="date" data-epoch="1772366400" data-pattern="{time}">noon</time>'
    assert reminder["thread_preview"] == f"#7 &lt;b&gt; since {noon}"


async def test_an_ephemeral_message_shows_to_its_reader_until_dismissed(box, web):
    kept = box.workspace.messages.post_ephemeral(HOMELAB.id, ALEX.id, box.workspace.as_bot({"text": "psst"}))
    assert [message["ephemeral"] for message in shown(await state(web))] == [True]
    assert shown(await state(web, ROBIN.id)) == []
    await post(web, "dismiss", user=ROBIN.id, ts=kept["ts"])
    assert len(shown(await state(web))) == 1
    await post(web, "dismiss", ts=kept["ts"])
    assert shown(await state(web)) == []


async def test_a_person_may_be_named_instead_of_numbered(web):
    assert (await state(web, "robin"))["me"] == ROBIN.id
    assert (await state(web, ""))["me"] == ALEX.id


async def test_an_uploaded_page_is_shown_as_text_and_may_not_run(box, web):
    content = b"<script>alert(1)</script>\n" * 20
    upload = box.workspace.files.reserve("evil.html", len(content), "")
    box.workspace.files.receive(upload.secret, content)
    file = box.workspace.files.complete(upload, "Evil")
    box.workspace.messages.post(HOMELAB.id, box.workspace.as_bot({"text": "", "files": [file]}))
    drawn = shown(await state(web))[0]["files"][0]
    assert drawn["preview"].startswith("<script>")
    assert drawn["more_lines"] == 8
    async with web.get(drawn["src"]) as response:
        assert response.content_type == "text/plain"
        assert "sandbox" in response.headers["Content-Security-Policy"]


async def test_a_picture_from_another_machine_gets_no_address(box, web):
    def image(url):
        return {"type": "image", "image_url": url, "alt_text": "x"}

    blocks = [image("https://example.org/x.png"), image(f"{box.url}/static/app.svg")]
    box.workspace.messages.post(HOMELAB.id, box.workspace.as_bot({"text": "", "blocks": blocks}))
    assert [block["src"] for block in shown(await state(web))[0]["blocks"]] == [None, "/static/app.svg"]


async def test_the_stream_says_that_something_changed_but_not_what_others_alone_see(box, web):
    async with web.get("/page/live", params={"user": ALEX.id}) as stream:
        lines = (line.decode().strip() async for line in stream.content)
        assert [await anext(lines) for _ in range(2)] == ["event: change", "data: {}"]
        box.workspace.messages.post_ephemeral(HOMELAB.id, ROBIN.id, box.workspace.as_bot({"text": "psst"}))
        box.workspace.messages.post(HOMELAB.id, box.workspace.as_bot({"text": "hello"}))
        events = []
        async for line in lines:
            if line.startswith("data:") and "type" in line:
                events.append(json.loads(line.removeprefix("data:"))["type"])
                break
    assert events == ["message"]


async def test_the_panel_offers_acts_and_notes(web):
    status, answer = await post(web, "panel", id="crash", choice="web1")
    assert (status, answer) == (200, {"answer": "web1 crashed."})
    async with web.get("/page/panel") as response:
        panel = (await response.json())["panel"]
    assert panel["note"] == "broken: web1"
    assert panel["items"][0]["choices"] == ["web1", "files1"]


async def test_without_a_panel_there_is_none_and_the_bare_commands_are_offered():
    async with a_world() as world, aiohttp.ClientSession(world.box.url) as web:
        async with web.get("/page/panel") as response:
            assert await response.json() == {"panel": None}
        async with web.get("/page/commands") as response:
            offered = (await response.json())["commands"]
        assert [command["text"] for command in offered] == ["/lab"]
        assert (await post(web, "panel", id="crash", choice="web1"))[0] == 404
