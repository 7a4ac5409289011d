"""Talking to the bot on the page: words, taps, toasts, alerts, edits under one's eyes, links, commands."""

from typing import Any

from playwright.async_api import Page, expect

from playground import Person, Playground
from playground.server import Server, serve
from tests.browser.hearing import answers, heard
from tests.browser.window import Window
from tests.playground.conftest import Voice


def keyboard(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


def key(text: str, **action: Any) -> dict[str, Any]:
    return {"text": text, **(action or {"callback_data": text})}


async def test_words_are_sent_by_enter_and_lines_broken_by_shift_enter(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await window.composer.click()
    await page.keyboard.type("2 boxes")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("of eggs")
    await page.keyboard.press("Enter")
    await expect(window.newest).to_contain_text("2 boxes\nof eggs")
    await expect(window.composer).to_have_value("")
    assert (await heard(bot))["text"] == "2 boxes\nof eggs"


async def test_a_tap_changes_the_message_under_the_finger(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    markup = keyboard([key("−"), key("1"), key("+")], [key("Order now")])
    sent = await bot("sendMessage", chat_id=2001, text="How many? <b>1</b>", parse_mode="HTML", reply_markup=markup)
    await window.button("+").click()
    tap = await heard(bot, "callback_query")
    assert tap["data"] == "+"
    await expect(window.button("+")).to_have_attribute("aria-busy", "true")
    markup = keyboard([key("−"), key("2"), key("+")], [key("Order now")])
    about = {"chat_id": 2001, "message_id": sent["message_id"], "reply_markup": markup}
    await bot("editMessageText", text="How many? <b>2</b>", parse_mode="HTML", **about)
    await bot("answerCallbackQuery", callback_query_id=tap["id"])
    await expect(window.newest).to_contain_text("How many? 2")
    await expect(window.newest).to_contain_text("edited")
    await expect(window.button("+")).to_be_focused()
    assert await window.button("+").get_attribute("aria-busy") != "true"


async def test_a_toast_passes_and_an_alert_has_to_be_closed(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await bot("sendMessage", chat_id=2001, text="card", reply_markup=keyboard([key("Pay"), key("Leave")]))
    await window.button("Pay").click()
    await answers(bot, "Added")
    await expect(window.said).to_have_text("Added")
    await window.button("Leave").click()
    await answers(bot, "Sold out", alert=True)
    alert = page.get_by_role("alertdialog", name="Livestall")
    await expect(alert).to_contain_text("Sold out")
    await expect(alert.get_by_role("button", name="OK")).to_be_focused()
    assert await window.region.locator(".inside").evaluate("(node) => node.inert")
    await page.keyboard.press("Enter")
    await expect(alert).to_have_count(0)
    await expect(window.button("Leave")).to_be_focused()


async def test_several_alerts_are_closed_one_after_the_other(page: Page, bot: Voice, ann: Person) -> None:
    await bot("sendMessage", chat_id=2001, text="card", reply_markup=keyboard([key("Pay")]))
    await expect(Window(page, "Ann").button("Pay")).to_be_visible()
    for words in ("First", "Second"):
        await ann.taps("Pay")
        await answers(bot, words, alert=True)
    alert = page.get_by_role("alertdialog")
    await expect(alert).to_contain_text("First")
    await page.get_by_role("button", name="OK").click()
    await expect(alert).to_contain_text("Second")
    await alert.get_by_role("button", name="OK").press("Escape")
    await expect(alert).to_have_count(0)


async def test_typing_is_shown_until_the_message_comes(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await bot("sendChatAction", chat_id=2001, action="typing")
    await expect(window.log.get_by_text("Livestall is typing")).to_be_visible()
    await bot("sendMessage", chat_id=2001, text="Here it is")
    await expect(window.newest).to_contain_text("Here it is")
    await expect(window.log.get_by_text("Livestall is typing")).to_be_hidden()


async def test_a_deep_link_is_followed_by_whoever_clicks_it(page: Page, bot: Voice, pg: Playground) -> None:
    ben = pg.person("Ben", id=2002)
    await ben.sends("/start")
    for chat in (2001, 2002):
        await bot("sendMessage", chat_id=chat, text="Open https://t.me/stall_bot?start=s_ABC soon")
    window = Window(page, "Ben")
    await window.region.get_by_role("link", name="https://t.me/stall_bot?start=s_ABC").click()
    await expect(window.newest).to_contain_text("/start s_ABC")
    last = await heard(bot)
    assert (last["from"]["first_name"], last["text"]) == ("Ben", "/start s_ABC")


async def test_a_pasted_link_opens_a_button_with_a_link_too_and_a_code_is_copied(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await window.writes("https://t.me/stall_bot?start=i_1")
    await expect(window.newest).to_contain_text("/start i_1")
    markup = keyboard(
        [key("Open", url="https://t.me/stall_bot?start=o_7"), key("Watch", url="https://live.example/1")]
    )
    await bot("sendMessage", chat_id=2001, text="<code>TG-7</code>", parse_mode="HTML", reply_markup=markup)
    watch = window.region.get_by_role("link", name="Watch")
    assert await watch.get_attribute("href") == "https://live.example/1"
    assert await watch.get_attribute("rel") == "noopener noreferrer"
    await window.button("Copy TG-7").click()
    await expect(window.said).to_have_text("Copied: TG-7")
    assert await page.evaluate("navigator.clipboard.readText()") == "TG-7"
    await window.button("Open").click()
    await expect(window.newest).to_contain_text("/start o_7")


async def test_commands_are_offered_in_the_persons_language(page: Page, bot: Voice, pg: Playground) -> None:
    for code, words in (("", "All streams"), ("zh", "全部直播")):
        commands = [{"command": "streams", "description": words}, {"command": "shop", "description": words}]
        await bot("setMyCommands", commands=commands, language_code=code)
    bo = pg.person("Bo", id=2002, language="zh-hans")
    await bo.sends("/start")
    window = Window(page, "Bo")
    await window.composer.fill("/st")
    await expect(window.region.get_by_role("option")).to_have_text(["/streams全部直播"])
    await window.composer.press("Enter")
    await expect(window.newest).to_contain_text("/streams")
    await window.button("Commands of the bot for Bo").click()
    await window.composer.press("ArrowDown")
    await window.composer.press("ArrowDown")
    await expect(window.region.get_by_role("option", selected=True)).to_contain_text("/shop")
    await window.composer.press("Escape")
    await expect(window.region.get_by_role("option")).to_have_count(0)


async def test_a_reply_a_change_and_a_forward(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await bot("sendMessage", chat_id=2001, text="Which address?")
    await expect(window.newest).to_contain_text("Which address?")
    await window.does("Reply", window.newest)
    await window.writes("Dingjiang Rd 12")
    await expect(window.newest.get_by_role("button", name="Which address?")).to_be_visible()
    await window.does("Change", window.newest)
    await window.writes("Dingjiang Road 12")
    await expect(window.newest).to_contain_text("Dingjiang Road 12")
    await window.does("Forward", window.message("Which address?").first)
    await page.get_by_role("button", name="Forward", exact=True).click()
    await expect(window.newest).to_contain_text("Forwarded from Livestall")
    reply, edit, forward = await bot.updates()
    assert reply["message"]["reply_to_message"]["text"] == "Which address?"
    assert edit["edited_message"]["text"] == "Dingjiang Road 12"
    assert forward["message"]["forward_origin"]["type"] == "user"


async def test_keys_of_the_bot_send_their_words(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await bot("sendMessage", chat_id=2001, text="Well?", reply_markup={"keyboard": [["Yes", "No"]]})
    await window.button("Yes").click()
    await expect(window.newest).to_contain_text("Yes")
    assert (await heard(bot))["text"] == "Yes"


async def test_what_the_server_refuses_is_said_and_the_words_stay(page: Page, pg: Playground) -> None:
    window = Window(page, "Ann")
    await window.writes("x" * 4097)
    await expect(window.said).to_contain_text("too long")
    await expect(window.composer).to_have_value("x" * 4097)


async def test_a_thousand_messages_stay_readable_and_only_some_are_drawn(page: Page, bot: Voice, ann: Person) -> None:
    window = Window(page, "Ann")
    for number in range(1_000):
        await bot("sendMessage", chat_id=2001, text=f"message {number}")
    await expect(window.newest).to_contain_text("message 999")
    assert await window.log.locator("li.message").count() <= 240
    await page.reload()
    await expect(window.newest).to_contain_text("message 999")
    assert await window.log.locator("li.message").count() <= 60
    await window.log.evaluate("(node) => { node.scrollTop = 0; }")
    await expect(window.message("message 900")).to_be_attached()
    await expect(window.button("To the newest message")).to_be_visible()
    # Whoever reads above stays there while the bot goes on below.
    before = await window.message("message 900").evaluate("(node) => node.getBoundingClientRect().top")
    last = ann.last.id
    await bot("editMessageText", chat_id=2001, message_id=last, text="message 999, changed\nand longer")
    await bot("sendMessage", chat_id=2001, text="one more")
    await window.region.get_by_role("button", name="To the newest message, 1 new").wait_for()
    after = await window.message("message 900").evaluate("(node) => node.getBoundingClientRect().top")
    assert abs(after - before) < 2
    await window.region.get_by_role("button", name="To the newest message").click()
    await expect(window.newest).to_be_in_viewport()


async def test_a_server_that_goes_away_is_told_and_found_again(page: Page, pg: Playground, server: Server) -> None:
    port = int(server.base_url.rpartition(":")[2])
    await server.close()
    await expect(page.get_by_role("alert")).to_contain_text("does not answer")
    fresh = Playground()
    fresh.add_bot("123456:TEST", username="stall_bot", name="Livestall")
    await fresh.person("Ann", id=2001).sends("hello again")
    async with await serve(fresh, port=port):
        await expect(Window(page, "Ann").newest).to_contain_text("hello again")
        await expect(page.get_by_role("alert")).to_be_hidden()
        await page.goto("about:blank")
