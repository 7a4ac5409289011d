"""Who stands on the page: added, renamed, given a language, hidden, moved, blocking, still there after a reload."""

from playwright.async_api import Page, expect

from playground import Person, Playground
from tests.browser.hearing import heard
from tests.browser.window import Window
from tests.playground.conftest import Voice

ADD = "Add somebody, a group or a channel"


async def add(page: Page, name: str, language: str) -> None:
    await page.get_by_role("button", name=ADD).click()
    await page.get_by_role("menuitem", name="Somebody new").click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Language of their Telegram").select_option(language)
    await page.get_by_role("button", name="Add", exact=True).click()


async def names(page: Page) -> list[str | None]:
    return [await one.get_attribute("aria-label") for one in await page.locator("section.column").all()]


async def test_somebody_new_gets_a_window_and_starts(page: Page, pg: Playground, bot: Voice) -> None:
    await add(page, "王波", "zh-hans")
    wang = Window(page, "王波")
    await expect(wang.composer).to_be_focused()
    await wang.button("Start").click()
    await expect(wang.newest).to_contain_text("/start")
    await expect(wang.button("Start")).to_have_count(0)
    sender = (await heard(bot))["from"]
    assert (sender["first_name"], sender["language_code"]) == ("王波", "zh-hans")


async def test_a_name_is_needed_and_the_sheet_says_so(page: Page, pg: Playground) -> None:
    await add(page, "  ", "en")
    await expect(page.get_by_role("alert").filter(has_text="Give them a name")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(pg.people) == 1


async def test_a_person_is_renamed_and_speaks_another_language(page: Page, ann: Person) -> None:
    await Window(page, "Ann").sets("Name and language")
    await page.get_by_label("Name").fill("Anna")
    await page.get_by_label("Language of their Telegram").select_option("zh-hans")
    await page.get_by_role("button", name="Save").click()
    await expect(Window(page, "Anna").composer).to_be_visible()
    assert (ann.name, ann.language) == ("Anna", "zh-hans")


async def test_blocking_takes_the_composer_away_and_unblocking_gives_it_back(
    page: Page, ann: Person, bot: Voice
) -> None:
    window = Window(page, "Ann")
    await window.sets("Block the bot")
    await expect(window.composer).to_be_hidden()
    assert (await bot.refused("sendMessage", chat_id=2001, text="x")).code == 403
    await window.button("Unblock the bot").click()
    await expect(window.composer).to_be_visible()
    standings = [update["my_chat_member"]["new_chat_member"]["status"] for update in await bot.updates()]
    assert standings == ["kicked", "member"]


async def test_windows_are_hidden_shown_and_moved_and_stay_so(page: Page, pg: Playground) -> None:
    pg.person("Ben", id=2002)
    await expect(Window(page, "Ben").region).to_be_visible()
    await Window(page, "Ben").sets("Move left")
    await expect(page.locator("section.column").first).to_have_attribute("aria-label", "Ben")
    await page.get_by_role("button", name="Ann", exact=True).click()
    await expect(Window(page, "Ann").region).to_have_count(0)
    await page.reload()
    await expect(Window(page, "Ben").region).to_be_visible()
    assert await names(page) == ["Ben"]
    await page.get_by_role("button", name="Ann", exact=True).click()
    await expect(Window(page, "Ann").region).to_be_visible()
    assert await names(page) == ["Ben", "Ann"]


async def test_a_cleared_history_leaves_an_empty_window(page: Page) -> None:
    window = Window(page, "Ann")
    await expect(window.message("/start")).to_be_visible()
    await window.sets("Clear history")
    await expect(window.log.locator("li.message")).to_have_count(0)
    await expect(window.button("Start")).to_be_visible()


async def test_a_crowd_is_not_shown_all_at_once(page: Page, pg: Playground) -> None:
    for number in range(100):
        await pg.person(f"Buyer {number}").sends("/start")
    await expect(page.get_by_role("navigation")).to_contain_text("and 41 more")
    await expect(page.locator("section.column")).to_have_count(8)
    await page.get_by_role("button", name="Buyer 50", exact=True).click()
    await expect(Window(page, "Buyer 50").region).to_be_visible()


async def test_a_name_given_elsewhere_is_taken_over_everywhere(page: Page, ann: Person, pg: Playground) -> None:
    ann.name = "Annette"
    pg.bump(ann.chat)
    await expect(Window(page, "Annette").region).to_be_visible()
    await expect(page.get_by_role("navigation")).to_contain_text("Annette")
