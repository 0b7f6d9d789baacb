"""A person at the page, in a real browser, with a real app behind it."""

import io
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import expect

from bot.workspace.records import ALEX, HOMELAB, ROBIN
from bot.workspace.server import Box
from tests.waiting import until
from tests.workspace.browsing import CHROMIUM, SIZES, a_page, windows
from tests.workspace.small_app import INCIDENT, section, small_app

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt install chromium)"),
]
EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def window():
    async with windows() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_app():
    async with small_app() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def app(running_app):
    running_app.box.reset()
    running_app.heard.clear()
    return running_app


@pytest_asyncio.fixture(loop_scope="module", params=list(SIZES))
async def page(request, app, window):
    async with a_page(window[request.param], app.box.url) as opened:
        opened.size = request.param
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def desk(app, window):
    async with a_page(window["desk"], app.box.url) as opened:
        yield opened


def composer(page):
    return page.get_by_role("combobox", name="Message #homelab")


async def act_as(page, name):
    if page.size == "phone":
        await page.get_by_role("button", name="Channels and people").click()
    await page.get_by_role("radio", name=name).click()


async def test_a_command_is_completed_and_its_answer_shows_to_the_asker_until_dismissed(page):
    await composer(page).press_sequentially("/lab s")
    offers = page.get_by_role("listbox", name="Commands").get_by_role("option")
    await expect(offers).to_have_text(["/lab statusHow the lab is", "/lab silenceSay nothing for a while"])
    await composer(page).press("Enter")
    await expect(composer(page)).to_have_value("/lab status ")
    await composer(page).press("Enter")
    answer = page.get_by_role("article").filter(has_text="You asked for status")
    await expect(answer).to_contain_text("Only visible to you")
    await expect(composer(page)).to_have_value("")
    await composer(page).press("ArrowUp")
    await expect(composer(page)).to_have_value("/lab status")
    await answer.get_by_role("button", name="Dismiss").click()
    await expect(answer).to_have_count(0)


async def test_a_name_with_blanks_is_completed_once_its_verb_is_typed(page):
    offers = page.get_by_role("listbox", name="Commands").get_by_role("option")
    await composer(page).press_sequentially("/lab silence")
    await expect(offers).to_have_count(1)
    await composer(page).press_sequentially(" Web s")
    await expect(offers).to_have_text(['/lab silence "web server"Say nothing for a while'])
    await composer(page).press("Enter")
    await expect(composer(page)).to_have_value('/lab silence "web server" ')


async def test_enter_sends_and_shift_enter_breaks_the_line(app, desk):
    await composer(desk).press_sequentially("one")
    await composer(desk).press("Shift+Enter")
    await composer(desk).press_sequentially("two")
    await composer(desk).press("Enter")
    await expect(desk.get_by_role("article")).to_contain_text("onetwo")
    assert app.box.workspace.messages.history(HOMELAB.id)[0]["text"] == "one\ntwo"


async def test_a_dangerous_button_asks_first(app, page):
    await app.post(blocks=INCIDENT)
    await page.get_by_role("button", name="Restore…").click()
    dialog = page.get_by_role("dialog", name="Restore the disk?")
    await expect(dialog).to_contain_text("What is on it now is lost.")
    await dialog.get_by_role("button", name="Not now").click()
    await expect(dialog).to_have_count(0)
    assert app.heard == []
    await page.get_by_role("button", name="Restore…").click()
    await dialog.get_by_role("button", name="Restore", exact=True).click()
    await until(lambda: app.heard == [("restore", "alex", "restore")])


async def test_a_click_changes_the_message_for_whoever_looks(app, page):
    await app.post(blocks=INCIDENT)
    await act_as(page, "robin")
    await page.get_by_role("button", name="Acknowledge").click()
    await expect(page.get_by_role("article")).to_contain_text("Acknowledged by @robin (edited)")
    await expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


async def test_a_click_nobody_answers_is_marked(app, desk):
    await app.post(blocks=INCIDENT)
    await desk.get_by_role("button", name="Nobody answers").click()
    await expect(desk.get_by_role("img", name="The app did not answer in time. Try again.")).to_be_visible()


async def test_a_menu_is_opened_and_chosen_from_by_keyboard(app, desk):
    await app.post(blocks=INCIDENT)
    await desk.get_by_role("button", name="More actions").focus()
    await desk.keyboard.press("Enter")
    await desk.keyboard.press("ArrowDown")
    await desk.keyboard.press("Enter")
    await until(lambda: app.heard == [("more", "alex", "mute")])
    await expect(desk.get_by_role("menu")).to_have_count(0)


async def test_a_choice_in_a_select_is_told_at_once(app, desk):
    await app.post(blocks=INCIDENT)
    await desk.locator("[data-action=snapshot]").select_option("77ab")
    await until(lambda: app.heard == [("snapshot", "alex", "b")])


async def test_a_modal_shows_the_error_at_its_field_and_keeps_what_was_typed(app, page):
    await composer(page).fill("/lab silence")
    await composer(page).press("Enter")
    modal = page.get_by_role("dialog", name="Silence a target")
    await modal.get_by_role("textbox", name="Target").fill("web9")
    await modal.get_by_role("button", name="Silence").click()
    await expect(modal.locator("[data-block=length]").get_by_role("alert")).to_have_text(
        "Please complete this required field."
    )
    await modal.get_by_label("2 hours").check()
    await modal.get_by_role("button", name="Silence").click()
    error = modal.locator("[data-block=target]").get_by_role("alert")
    await expect(error).to_have_text("There is no “web9”. Did you mean web1?")
    await expect(modal.get_by_role("textbox", name="Target")).to_be_focused()
    await expect(modal.get_by_label("2 hours")).to_be_checked()
    await modal.get_by_role("textbox", name="Target").fill("web1")
    await modal.get_by_role("button", name="Silence").click()
    await expect(modal).to_have_count(0)
    assert ("silence", "alex", "2") in app.heard


async def test_the_focus_stays_in_a_modal_and_escape_closes_it(app, desk):
    await composer(desk).fill("/lab silence")
    await composer(desk).press("Enter")
    await expect(desk.get_by_role("textbox", name="Target")).to_be_focused()
    for _ in range(12):
        await desk.keyboard.press("Tab")
        outside = "!document.activeElement.closest('dialog') && document.activeElement !== document.body"
        assert not await desk.evaluate(outside)
    await desk.keyboard.press("Escape")
    await expect(desk.get_by_role("dialog")).to_have_count(0)
    await until(lambda: ("closed", "alex", None) in app.heard)


async def test_a_thread_is_read_and_answered_beside_the_channel(app, page):
    ts = await app.post("#7 damaged")
    await app.post("step 1 done", thread_ts=ts)
    await app.post("still open", thread_ts=ts, reply_broadcast=True)
    channel, thread = page.locator("#channel"), page.get_by_role("complementary", name="Thread")
    await expect(channel.get_by_role("article").last).to_contain_text("replied to a thread: #7 damaged")
    await expect(channel).not_to_contain_text("step 1 done")
    await channel.get_by_role("button", name="2 replies").click()
    await expect(thread.get_by_role("article")).to_have_count(3)
    await thread.get_by_role("combobox", name="Reply").fill("thanks")
    await thread.get_by_role("combobox", name="Reply").press("Enter")
    await expect(thread.get_by_role("article")).to_have_count(4)
    await thread.get_by_role("button", name="Back" if page.size == "phone" else "Close thread").click()
    await expect(thread).to_be_hidden()
    await expect(channel.get_by_role("button", name="3 replies")).to_be_visible()


async def test_what_arrives_disturbs_neither_the_draft_nor_the_reader(app, page):
    for number in range(30):
        await app.post(f"line {number}")
    await expect(page.get_by_text("line 29")).to_be_in_viewport()
    await page.locator("#channel .messages").evaluate("(list) => list.scrollTo(0, 0)")
    await composer(page).press_sequentially("half a thou")
    await app.post("the latest")
    pill = page.get_by_role("button", name="1 new message")
    await expect(pill).to_be_visible()
    await composer(page).press_sequentially("ght")
    await expect(composer(page)).to_have_value("half a thought")
    assert await page.locator("#channel .messages").evaluate("(list) => list.scrollTop") == 0
    await pill.click()
    await expect(page.get_by_text("the latest")).to_be_in_viewport()
    await expect(pill).to_be_hidden()


async def test_a_draft_waits_where_it_was_begun(app, desk):
    ts = await app.post("#7 damaged")
    await app.post("step 1", thread_ts=ts)
    await desk.get_by_role("button", name="1 reply").click()
    await desk.get_by_role("combobox", name="Reply").fill("in the thread")
    await composer(desk).fill("in the channel")
    await desk.get_by_role("button", name="family").click()
    await expect(desk.get_by_role("combobox", name="Message #family")).to_have_value("")
    await desk.get_by_role("button", name="homelab").click()
    await expect(composer(desk)).to_have_value("in the channel")


async def test_one_may_act_as_somebody_else(app, page):
    shown = {"user": app.box.workspace.app.user_id, "text": "for alex alone"}
    app.box.workspace.messages.post_ephemeral(HOMELAB.id, ALEX.id, shown)
    await expect(page.get_by_text("for alex alone")).to_be_visible()
    await act_as(page, "robin")
    await expect(page.get_by_text("for alex alone")).to_have_count(0)
    await composer(page).fill("it is me")
    await composer(page).press("Enter")
    await expect(page.get_by_role("article").filter(has_text="it is me")).to_contain_text("Robin")
    assert app.box.workspace.messages.history(HOMELAB.id)[0]["user"] == ROBIN.id
    assert "as=" in page.url


async def test_nothing_that_is_written_becomes_a_program(app, desk):
    choice = {"text": {"type": "plain_text", "text": EVIL[:70]}, "value": "x"}
    evil_button = {"type": "button", "action_id": "e", "text": {"type": "plain_text", "text": EVIL[:70]}}
    blocks = [
        section(
            EVIL, accessory={"type": "overflow", "action_id": "o", "options": [choice, choice | {"value": "y"}]}
        ),
        {"type": "markdown", "text": f"{EVIL} [x](javascript:window.hacked=1)"},
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": EVIL}]}],
        },
        {
            "type": "actions",
            "elements": [evil_button, {"type": "static_select", "action_id": "s", "options": [choice]}],
        },
        {"type": "context", "elements": [{"type": "mrkdwn", "text": EVIL}]},
    ]
    await app.post(EVIL, blocks=blocks)
    await app.post(EVIL)
    await app.client.files_upload_v2(channel=HOMELAB.id, content=EVIL, filename="x.html", title=EVIL)
    await composer(desk).fill(EVIL)
    await composer(desk).press("Enter")
    await expect(desk.get_by_role("article")).to_have_count(4)
    await desk.get_by_role("button", name="More actions").click()
    await expect(desk.get_by_role("menuitem").first).to_contain_text("<img")
    assert await desk.locator("article img[onerror], article script, dialog script").count() == 0
    assert await desk.get_by_text("<script>window.hacked=1</script>").count() >= 5
    assert await desk.evaluate("window.hacked") is None


async def test_a_picture_is_enlarged_and_a_text_shows_its_beginning(app, page):
    picture = io.BytesIO()
    Image.new("RGB", (320, 200), "navy").save(picture, "PNG")
    await app.client.files_upload_v2(
        channel=HOMELAB.id,
        content=picture.getvalue(),
        filename="console.png",
        title="Console",
        alt_txt="A blue screen",
    )
    lines = "\n".join(f"line {number}" for number in range(40))
    await app.client.files_upload_v2(channel=HOMELAB.id, content=lines, filename="restic.log", title="restic.log")
    await expect(page.get_by_text("28 more lines. Open the whole file")).to_be_visible()
    await page.get_by_role("button", name="Enlarge: A blue screen").click()
    large = page.get_by_role("dialog", name="A blue screen").get_by_role("img")
    await until(lambda: large.evaluate("(image) => image.naturalWidth === 320"))
    await page.keyboard.press("Escape")
    await expect(large).to_have_count(0)


async def test_the_home_tab_shows_what_the_app_published(app, page):
    if page.size == "phone":
        await page.get_by_role("button", name="Channels and people").click()
    await page.locator("#sidebar").get_by_role("button", name="Caretaker").click()
    await page.get_by_role("button", name="Look").click()
    await until(lambda: app.heard == [("look", "alex", "look")])
    await page.get_by_role("tab", name="Messages").click()
    await expect(page.get_by_role("combobox", name="Message Caretaker")).to_be_visible()


async def test_the_panel_acts_answers_and_keeps_its_note_fresh(page):
    panel = page.locator("#panel")
    if page.size == "phone":
        await panel.get_by_text("Break something").click()
    await panel.get_by_label("Crash a guest: which").select_option("files1")
    await panel.get_by_role("button", name="Crash a guest").click()
    await expect(panel).to_contain_text("files1 crashed.")
    await expect(panel).to_contain_text("broken: files1")


async def test_at_a_phone_s_width_nothing_scrolls_sideways_and_buttons_fit_a_thumb(app, window):
    wide = {"type": "markdown", "text": f"|a|\n|-|\n|{'wide' * 40}|"}
    await app.post(blocks=[*INCIDENT, section(f"`{'long' * 60}`"), wide])
    async with a_page(window["phone"], app.box.url) as phone:
        await expect(phone.get_by_role("button", name="Acknowledge")).to_be_visible()
        assert await phone.evaluate("document.documentElement.scrollWidth") == 390
        for text in await phone.locator("article .text").all():
            box = await text.bounding_box()
            assert box["x"] + box["width"] <= 390
        for button in await phone.locator(".block-actions").get_by_role("button").all():
            assert (await button.bounding_box())["height"] >= 44


async def test_after_the_workspace_was_away_the_page_finds_it_again(window):
    async with AsyncExitStack() as first:
        box = await first.enter_async_context(Box.start())
        async with a_page(window["desk"], box.url) as page:
            await first.aclose()
            await expect(page.get_by_role("status").filter(has_text="Reconnecting")).to_be_visible()
            async with Box.start(port=int(box.url.rpartition(":")[2])) as again:
                await again.workspace.say(ROBIN.id, HOMELAB.id, "here again")
                await expect(page.get_by_text("here again")).to_be_visible()
                await expect(page.get_by_text("Reconnecting")).to_be_hidden()
