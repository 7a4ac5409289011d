"""The page for everybody: by keyboard, by screen reader, with contrast, on a phone; and against the hostile."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize, expect

from playground import Person, Playground
from playground.files import Upload
from tests.browser.conftest import PHONE
from tests.browser.hearing import answers, heard
from tests.browser.window import Window
from tests.playground.conftest import Voice
from tests.playground.pictures import png

NAMED = {
    "button", "link", "textbox", "combobox", "checkbox", "switch", "spinbutton", "tab", "menuitem", "option", "img",
    "image", "dialog", "alertdialog", "log", "region", "navigation", "complementary", "main", "listbox", "tablist",
}  # fmt: skip
LEAST_CONTRAST = 4.5
STICKS_OUT = """() => [...document.querySelectorAll(".column.current :is(.scroll, .text, .bubble, .key, .composer)")]
  .filter((node) => node.checkVisibility())
  .filter((node) => node.getBoundingClientRect().right > innerWidth
    || (node.className === "text" && node.scrollWidth > node.clientWidth))
  .map((node) => node.className)"""
HOSTILE = "<img src=x onerror=window.broken=1>\"'><script>window.broken=1</script>"

# Every text on the screen with the contrast between it and what lies under it (WCAG 2.2, 1.4.3).
CONTRASTS = Path(__file__).with_name("contrasts.js").read_text(encoding="utf-8")


async def fill(pg: Playground, bot: Voice, ann: Person) -> None:
    """Everything a chat can show, in the private chat and a group."""
    rows = [[{"text": "Pay", "callback_data": "p"}, {"text": "Live", "url": "https://a.example"}],
            [{"text": "Copy", "copy_text": {"text": "TG-7"}}]]  # fmt: skip
    rich = (
        "<b>Bold</b> <i>and</i> <code>TG-7</code> <a href='https://a.example'>there</a> /help https://b.example"
        "<blockquote>said</blockquote><pre>pre</pre><tg-spoiler>hidden</tg-spoiler>"
    )
    card = await bot(
        "sendMessage", chat_id=2001, text=rich, parse_mode="HTML", reply_markup={"inline_keyboard": rows}
    )
    await bot("sendDocument", chat_id=2001, document=Upload("a.csv", b"1,2", "text/csv"), caption="list")
    await ann.replies(ann.inbox[0], "a reply with /help and https://c.example")
    await ann.forwards(ann.inbox[0])
    await ann.sends_photo(png(200, 120), "my receipt")
    await ann.sends_album([Upload("a.png", png(), ""), Upload("b.png", png(), "")])
    await ann.sends_document(b"1", "mine.csv")
    await bot("setMessageReaction", chat_id=2001, message_id=1, reaction=[{"type": "emoji", "emoji": "👍"}])
    await bot("pinChatMessage", chat_id=2001, message_id=card["message_id"])
    await bot("setMyCommands", commands=[{"command": "help", "description": "How it works"}])
    ben = pg.person("Ben", id=2002)
    group = pg.group("Friends", members=[ann, ben])
    await ben.sends("Hello from Ben", chat=group)
    await bot("sendMessage", chat_id=group.id, text="Hello from the bot")
    await bot("sendMessage", chat_id=2001, text="Well?", reply_markup={"keyboard": [["Yes", "No"]]})
    await bot("sendChatAction", chat_id=2001, action="typing")


async def show_everything(page: Page) -> None:
    window = Window(page, "Ann")
    await expect(window.region.get_by_role("tab", name="Friends")).to_be_visible()
    await expect(window.newest).to_contain_text("Well?")
    await page.get_by_role("button", name="Switches", exact=True).click()
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.get_by_role("button", name="Clear all")).to_be_visible()
    await window.composer.fill("/")
    await expect(window.region.get_by_role("option")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_stands_out_from_what_is_under_it(
    page: Page, pg: Playground, bot: Voice, ann: Person, scheme: Any
) -> None:
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await fill(pg, bot, ann)
    await show_everything(page)
    measured = await page.evaluate(CONTRASTS)
    await Window(page, "Ben").region.get_by_role("tab", name="Friends").click()
    await page.get_by_role("button", name="Add somebody, a group or a channel").click()
    measured += await page.evaluate(CONTRASTS)
    await page.get_by_role("menuitem", name="Group or channel").click()
    measured += await page.evaluate(CONTRASTS)
    assert len(measured) > 150
    assert [one for one in measured if one["contrast"] < LEAST_CONTRAST] == []


async def test_everything_that_can_be_used_has_a_name(page: Page, pg: Playground, bot: Voice, ann: Person) -> None:
    await fill(pg, bot, ann)
    await show_everything(page)
    tools = await page.context.new_cdp_session(page)

    async def nameless() -> list[str]:
        nodes = (await tools.send("Accessibility.getFullAXTree"))["nodes"]
        seen = [node for node in nodes if not node["ignored"] and node["role"]["value"] in NAMED]
        assert len(seen) > 60
        return [
            json.dumps(node["role"]["value"])
            for node in seen
            if not str(node.get("name", {}).get("value", "")).strip()
        ]

    assert await nameless() == []
    await page.get_by_role("button", name="Add somebody, a group or a channel").click()
    await page.get_by_role("menuitem", name="Group or channel").click()
    nodes = (await tools.send("Accessibility.getFullAXTree"))["nodes"]
    fields = [
        node for node in nodes if node.get("role", {}).get("value") in ("combobox", "textbox", "dialog", "button")
    ]
    assert fields
    assert all(node["name"]["value"].strip() for node in fields if not node["ignored"])


async def test_landmarks_and_live_regions_are_there(page: Page) -> None:
    for role in ("banner", "navigation", "main"):
        await expect(page.get_by_role(role)).to_have_count(1)  # type: ignore[arg-type]
    window = Window(page, "Ann")
    await expect(window.log).to_have_attribute("aria-live", "polite")
    await expect(window.log).to_have_attribute("aria-label", "Ann's chat: Livestall")
    await expect(page.get_by_role("heading", name="Ann")).to_be_visible()


async def focused(page: Page) -> str:
    """What has the focus, by its name."""
    found: str = await page.evaluate(
        "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"
    )
    return found


async def presses_until(page: Page, key: str, name: str) -> None:
    for _ in range(40):
        await page.keyboard.press(key)
        if await focused(page) == name:
            return
    raise AssertionError(f"{key} does not lead to {name!r}; it ended at {await focused(page)!r}")


async def test_by_keyboard_alone_one_sends_taps_and_reads_back(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await presses_until(page, "Tab", "Message from Ann")
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await expect(window.newest).to_contain_text("hello")
    rows = [[{"text": "Pay", "callback_data": "p"}, {"text": "Leave", "callback_data": "l"}]]
    card = await bot("sendMessage", chat_id=2001, text="card", reply_markup={"inline_keyboard": rows})
    await expect(window.button("Leave")).to_be_visible()
    await presses_until(page, "Shift+Tab", "Leave")
    await page.keyboard.press("Enter")
    tap = await heard(bot, "callback_query")
    assert tap["data"] == "l"
    rows[0][1]["text"] = "Gone"
    markup = {"inline_keyboard": rows}
    await bot("editMessageText", chat_id=2001, message_id=card["message_id"], text="left", reply_markup=markup)
    await bot("answerCallbackQuery", callback_query_id=tap["id"], text="Bye", show_alert=True)
    await expect(page.get_by_role("alertdialog")).to_contain_text("Bye")
    await page.keyboard.press("Escape")
    await page.keyboard.press("ArrowUp")
    assert "hello" in await focused(page)
    await page.keyboard.press("Home")
    assert "/start" in await focused(page)
    await page.keyboard.press("Tab")
    assert await focused(page) == "/start"
    await page.keyboard.press("Escape")
    assert await focused(page) == "Message from Ann"
    outline = await window.composer.evaluate("(node) => getComputedStyle(node).outlineStyle")
    assert outline == "solid"


async def test_a_menu_and_a_sheet_are_walked_through_by_keys(page: Page, ann: Person) -> None:
    await presses_until(page, "Tab", "Settings for Ann")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem").first).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("menuitem", name="Hide this window")).to_be_focused()
    await page.keyboard.press("Escape")
    assert await focused(page) == "Settings for Ann"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Annie")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert ann.name == "Annie"
    assert await focused(page) == "Settings for Annie"


async def test_hostile_words_and_names_stay_words(page: Page, pg: Playground, bot: Voice, ann: Person) -> None:
    mallory = pg.person(HOSTILE, id=2666)
    mallory.about = HOSTILE
    group = pg.group(HOSTILE, members=[ann, mallory])
    for chat in (None, group):
        await mallory.sends(HOSTILE, chat=chat)
    await mallory.sends_document(b"<script>", HOSTILE, "text/html", HOSTILE)
    rows = [[{"text": HOSTILE, "callback_data": "x"}]]
    for who in (2001, 2666):
        await bot("sendMessage", chat_id=who, text=HOSTILE, reply_markup={"inline_keyboard": rows})
    await bot("sendMessage", chat_id=2001, text="<a href='javascript:window.broken=1'>x.y</a>", parse_mode="HTML")
    await bot("sendMessage", chat_id=2001, text="javascript:window.broken=1 data:text/html,x")
    await bot("setMyCommands", commands=[{"command": "help", "description": HOSTILE}])
    window = Window(page, HOSTILE)
    await expect(window.newest).to_contain_text("<img src=x")
    await window.region.get_by_role("button", name="Commands of the bot").click()
    await expect(window.region.get_by_role("option")).to_contain_text("<img src=x")
    await page.keyboard.press("Escape")
    await window.newest.locator(".key").click()
    await answers(bot, HOSTILE, alert=True)
    await page.get_by_role("alertdialog").get_by_role("button", name="OK").click()
    await window.region.get_by_role("tab").last.click()
    assert await page.evaluate("window.broken") is None
    schemes = await page.evaluate("[...document.querySelectorAll('a')].map((link) => link.protocol)")
    assert set(schemes) <= {"http:", "https:"}
    assert await page.locator("script").count() == 1
    assert await page.locator("main img").count() == 0


async def test_even_a_page_that_forgot_itself_could_run_nothing(page: Page, complaints: list[str]) -> None:
    """Raw HTML put in by hand stays dead, because the browser is told to run only our files."""
    await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.broken=1\">')")
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 100))")
    assert await page.evaluate("window.broken") is None
    assert "Content Security Policy" in complaints.pop(0)


class TestOnAPhone:
    """390 points wide."""

    @pytest.fixture
    def viewport(self) -> ViewportSize:
        return PHONE

    async def test_one_chat_at_a_time_and_nothing_sticks_out(
        self, page: Page, pg: Playground, bot: Voice, ann: Person
    ) -> None:
        await fill(pg, bot, ann)
        ann_window, ben = Window(page, "Ann"), Window(page, "Ben")
        await expect(ann_window.newest).to_contain_text("Well?")
        await expect(ben.region).to_be_hidden()
        await bot("sendMessage", chat_id=2001, text="W" * 300 + " https://a.example/" + "x" * 300)
        await expect(ann_window.newest).to_contain_text("WWW")
        for _ in range(2):
            widths = await page.evaluate(
                "[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]"
            )
            assert max(widths) == PHONE["width"]
            inside = await page.evaluate(STICKS_OUT)
            assert inside == []
            await page.get_by_role("button", name="Ben", exact=False).first.click()
            await expect(ann_window.region).to_be_hidden()
            await expect(ben.region).to_be_visible()
        box = await ben.composer.bounding_box()
        assert box is not None
        assert box["height"] > 30
        await ben.writes("from my phone")
        await expect(ben.newest).to_contain_text("from my phone")

    async def test_who_is_not_on_the_screen_has_a_count(self, page: Page, pg: Playground, bot: Voice) -> None:
        ben = pg.person("Ben", id=2002)
        await ben.sends("/start")
        await expect(page.get_by_role("button", name="Ben")).to_be_visible()
        await bot("sendMessage", chat_id=2002, text="one")
        await page.get_by_role("button", name="Ben 1 new").click()
        await expect(Window(page, "Ben").newest).to_contain_text("one")
        await expect(page.get_by_role("button", name="Ben", exact=True)).to_be_visible()

    async def test_the_switches_fill_the_screen(self, page: Page) -> None:
        await page.get_by_role("button", name="Switches", exact=True).click()
        box = await page.get_by_role("complementary").bounding_box()
        assert box is not None
        assert box["width"] == PHONE["width"]
        await page.keyboard.press("Escape")
        await expect(Window(page, "Ann").composer).to_be_visible()
