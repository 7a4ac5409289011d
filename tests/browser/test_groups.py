"""Groups and channels on the page: made there, written in, seen by their members, growing up."""

from playwright.async_api import Page, expect

from playground import Playground
from tests.browser.hearing import heard
from tests.browser.test_people import ADD
from tests.browser.window import Window
from tests.playground.conftest import Voice


async def make(page: Page, title: str, kind: str, **people: str) -> None:
    await page.get_by_role("button", name=ADD).click()
    await page.get_by_role("menuitem", name="Group or channel").click()
    sheet = page.get_by_role("dialog")
    await sheet.get_by_label("Name").fill(title)
    await sheet.get_by_label("Kind").select_option(kind)
    for name, standing in people.items():
        await sheet.get_by_label(name, exact=True).select_option(standing)
    await sheet.get_by_role("button", name="Make it").click()
    await expect(Window(page, "Ann").region.get_by_role("tab", name=title)).to_have_attribute("aria-selected", "true")


async def test_a_group_is_made_and_written_in_side_by_side(page: Page, pg: Playground, bot: Voice) -> None:
    pg.person("Ben", id=2002)
    await expect(Window(page, "Ben").region).to_be_visible()
    await make(page, "Friends", "group", Ann="administrator", Ben="member")
    ann, ben = Window(page, "Ann"), Window(page, "Ben")
    await expect(ann.composer).to_be_focused()
    await ann.writes("Hello Ben")
    await ben.region.get_by_role("tab", name="Friends 1 new").click()
    await expect(ben.message("Hello Ben")).to_contain_text("Ann")
    joined, heard = (await bot.updates())[-2:]
    assert joined["my_chat_member"]["new_chat_member"]["status"] == "administrator"
    group = heard["message"]["chat"]
    assert (heard["message"]["text"], group["title"], group["type"]) == ("Hello Ben", "Friends", "group")
    await bot("sendMessage", chat_id=group["id"], text="Welcome, all")
    for window in (ann, ben):
        await expect(window.newest).to_contain_text("Welcome, all")
    await ben.region.get_by_role("tab", name="Livestall").press("ArrowRight")
    await expect(ben.region.get_by_role("tab", name="Livestall")).to_be_visible()


async def test_in_a_channel_only_its_administrators_post(page: Page, pg: Playground, bot: Voice) -> None:
    pg.person("Ben", id=2002)
    await expect(Window(page, "Ben").region).to_be_visible()
    await make(page, "Stall news", "channel", Ann="administrator", Ben="member")
    ann, ben = Window(page, "Ann"), Window(page, "Ben")
    await ann.writes("Live at eight")
    await expect(ann.newest).to_contain_text("Live at eight")
    assert (await heard(bot, "channel_post"))["text"] == "Live at eight"
    await ben.region.get_by_role("tab", name="Stall news").click()
    await expect(ben.newest).to_contain_text("Live at eight")
    await expect(ben.composer).to_be_hidden()
    await expect(ben.region).to_contain_text("Only administrators post in this channel.")


async def test_a_group_becomes_a_supergroup_and_the_bot_is_thrown_out(page: Page, pg: Playground, bot: Voice) -> None:
    await make(page, "Friends", "group", Ann="administrator")
    window = Window(page, "Ann")
    old = next(iter(pg.chats))
    await window.sets("Members")
    await page.get_by_role("button", name="Make it a supergroup").click()
    await expect(window.log).to_contain_text("The group is a supergroup now")
    new = pg.chats[old].migrated_to
    assert new is not None
    assert (await bot.refused("sendMessage", chat_id=old, text="x")).parameters == {"migrate_to_chat_id": new}
    await window.sets("Members")
    await page.get_by_label("The bot is").select_option("kicked")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert (await bot.refused("sendMessage", chat_id=new, text="x")).code == 403
