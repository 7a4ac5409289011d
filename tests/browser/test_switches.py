"""The panel of switches: what is set there happens to the bot, and what has happened is seen there."""

from playwright.async_api import Locator, Page, expect

from playground import Playground
from playground.clock import TurnedClock
from tests.browser.window import Window
from tests.playground.conftest import Voice


async def panel(page: Page) -> Locator:
    await page.get_by_role("button", name="Switches", exact=True).click()
    found = page.get_by_role("complementary", name="Telegram's switches")
    await expect(found).to_be_visible()
    return found


async def test_trouble_switched_on_hits_the_bot_as_told_and_is_called_off(page: Page, bot: Voice) -> None:
    switches = await panel(page)
    await switches.get_by_label("What goes wrong").select_option("too_many")
    await switches.get_by_label("With the method").select_option("sendMessage")
    await switches.get_by_label("In the chat").select_option(label="Ann")
    await switches.get_by_label("How many times").fill("2")
    await switches.get_by_label("Retry after").fill("7")
    await switches.get_by_role("button", name="Switch on").click()
    planned = switches.get_by_role("list", name="Trouble that is switched on")
    await expect(planned).to_contain_text("sendMessage to Ann · 0 of 2")
    refusal = await bot.refused("sendMessage", chat_id=2001, text="x")
    assert (refusal.code, refusal.parameters) == (429, {"retry_after": 7})
    await expect(planned).to_contain_text("1 of 2")
    await expect(switches.get_by_role("list", name="The bot's newest calls")).to_contain_text("429sendMessage")
    await switches.get_by_role("button", name="Call off: 429 Too Many Requests, sendMessage to Ann").click()
    await expect(planned.get_by_role("listitem")).to_have_count(0)
    assert (await bot("sendMessage", chat_id=2001, text="x"))["text"] == "x"


async def test_every_kind_of_trouble_can_be_chosen_and_all_of_it_cleared(
    page: Page, pg: Playground, bot: Voice
) -> None:
    switches = await panel(page)
    kinds = switches.get_by_label("What goes wrong")
    known = await kinds.evaluate("(field) => [...field.options].map((option) => option.value)")
    told = await page.evaluate("fetch('/play/switches').then((answer) => answer.json())")
    assert sorted(known) == sorted(told["kinds"])
    for kind in known:
        await kinds.select_option(kind)
        await switches.get_by_label("How many times").fill("")
        await switches.get_by_role("button", name="Switch on").click()
    planned = switches.get_by_role("list", name="Trouble that is switched on")
    await expect(planned.get_by_role("listitem")).to_have_count(len(known))
    assert [(fault.kind, fault.times) for fault in pg.faults] == [(kind, None) for kind in known]
    await switches.get_by_role("button", name="Clear all").click()
    await expect(planned.get_by_role("listitem")).to_have_count(0)
    assert len(pg.faults) == 0


async def test_nonsense_in_the_form_is_told_there(page: Page, pg: Playground) -> None:
    switches = await panel(page)
    await switches.get_by_label("How many times").fill("0")
    await switches.get_by_role("button", name="Switch on").click()
    await expect(switches.get_by_role("alert")).to_contain_text("times is a number from 1")
    assert len(pg.faults) == 0


async def test_rate_limits_are_switched_on_changed_and_off(page: Page, pg: Playground, bot: Voice) -> None:
    switches = await panel(page)
    await switches.get_by_label("At once in a rested chat").fill("1")
    await switches.get_by_label("Refuse what is beyond").check()
    await expect(switches).to_contain_text("Refused so far: 0")
    await bot("sendMessage", chat_id=2001, text="one")
    assert (await bot.refused("sendMessage", chat_id=2001, text="two")).code == 429
    await expect(switches).to_contain_text("Refused so far: 1")
    assert (pg.limits.per_chat_burst, pg.limits.group_per_minute) == (1, 20)
    await switches.get_by_label("Refuse what is beyond").uncheck()
    await expect(switches.get_by_label("Refuse what is beyond")).not_to_be_checked()
    await bot("sendMessage", chat_id=2001, text="two")


async def test_the_clock_jumps_and_runs_and_the_page_says_whom_it_moves(page: Page, pg: Playground) -> None:
    clock = pg.clock
    assert isinstance(clock, TurnedClock)
    switches = await panel(page)
    await expect(switches).to_contain_text("only the playground's own clock")
    await switches.get_by_role("button", name="+1 day").click()
    await switches.get_by_role("button", name="+10 min").click()
    await expect(switches.get_by_role("button", name="×1", exact=True)).to_have_attribute("aria-pressed", "true")
    await switches.get_by_role("button", name="×60", exact=True).click()
    await expect(switches.get_by_role("button", name="×60", exact=True)).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#clock")).to_contain_text("×60")
    assert clock.speed == 60
    assert clock.ahead >= 87_000
    clock.shared = True
    await expect(switches).to_contain_text("The bot lives by this clock too")
    await Window(page, "Ann").writes("tomorrow")
    await expect(Window(page, "Ann").log.locator("li.day")).to_have_count(2)


async def test_escape_closes_the_panel_and_gives_the_focus_back(page: Page) -> None:
    switches = await panel(page)
    await expect(switches.get_by_role("button", name="Close the switches")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(switches).to_be_hidden()
    await expect(page.get_by_role("button", name="Switches", exact=True)).to_be_focused()
