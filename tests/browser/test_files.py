"""Pictures and documents on the page: from disk, by paste and drop, alone and as albums, looked at and downloaded."""

from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import FilePayload, Page, expect

from playground import Person
from playground.files import Upload
from tests.browser.hearing import heard
from tests.browser.window import Window
from tests.playground.conftest import Voice
from tests.playground.pictures import png

DROP = """(node, [name, type, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type }));
  for (const kind of ["dragover", "drop"])
    node.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
PASTE = """(node, [name, type, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type }));
  node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def picture(number: int) -> FilePayload:
    return {"name": f"{number}.png", "mimeType": "image/png", "buffer": png(200 + 40 * number, 160, 40 * number)}


async def pick(page: Page, window: Window, files: Sequence[FilePayload]) -> None:
    async with page.expect_file_chooser() as chooser:
        await window.button("Send photos or files as Ann").click()
    await (await chooser.value).set_files(files)


async def test_a_photo_from_disk_goes_out_with_its_caption(page: Page, bot: Voice, ann: Person) -> None:
    window = Window(page, "Ann")
    await pick(page, window, [picture(1)])
    await page.get_by_label("Caption").fill("the receipt")
    await page.keyboard.press("Enter")
    await expect(window.newest.get_by_role("img", name="Photo from you: the receipt")).to_be_visible()
    message = await heard(bot)
    assert (message["caption"], message["photo"][-1]["width"]) == ("the receipt", 240)
    assert list(ann.chat.messages.values())[-1].photo == png(240, 160, 40)


async def test_several_pictures_from_disk_are_one_album(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await pick(page, window, [picture(number) for number in range(4)])
    await page.get_by_label("Caption").fill("four eggs")
    await page.get_by_role("button", name="Send", exact=True).click()
    album = window.region.get_by_role("group", name="Album of 4 photos")
    await expect(album.get_by_role("img")).to_have_count(4)
    await expect(window.newest).to_contain_text("four eggs")
    messages = [update["message"] for update in await bot.updates()]
    assert len({message["media_group_id"] for message in messages}) == 1
    assert [message.get("caption") for message in messages] == ["four eggs", None, None, None]


async def test_pictures_can_go_as_files(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await pick(page, window, [picture(1), picture(2)])
    await page.get_by_label("Send as files, not as photos").check()
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(window.newest.get_by_role("link", name="2.png")).to_be_visible()
    names = [update["message"]["document"]["file_name"] for update in await bot.updates()]
    assert names == ["1.png", "2.png"]


async def test_an_album_of_the_bot_is_a_grid_and_is_looked_through(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    parts = {f"p{at}": Upload(f"p{at}.png", png(100 + at, 80)) for at in range(3)}
    media = [{"type": "photo", "media": f"attach://{name}", "caption": name} for name in parts]
    await bot("sendMediaGroup", chat_id=2001, media=media, **parts)
    album = window.region.get_by_role("group", name="Album of 3 photos")
    await expect(album.get_by_role("button")).to_have_count(3)
    boxes = [await one.bounding_box() for one in await album.get_by_role("button").all()]
    (first, second, third) = [box for box in boxes if box]
    assert first["width"] > second["width"] * 1.5
    assert (second["y"], second["width"]) == (third["y"], third["width"])
    await album.get_by_role("button").nth(1).click()
    looking = page.get_by_role("dialog", name="Photo")
    await expect(looking).to_contain_text("2 of 3 · p1")
    await page.keyboard.press("ArrowRight")
    await expect(looking).to_contain_text("3 of 3 · p2")
    await page.keyboard.press("Escape")
    await expect(looking).to_have_count(0)
    await expect(album.get_by_role("button").nth(1)).to_be_focused()


async def test_a_document_is_downloaded_byte_for_byte_and_by_its_name(page: Page, bot: Voice) -> None:
    window, data = Window(page, "Ann"), bytes(range(256)) * 40
    await bot("sendDocument", chat_id=2001, document=Upload("价目表.html", data, "text/html"), caption="prices")
    link = window.newest.get_by_role("link", name="价目表.html")
    await expect(link).to_contain_text("10.0 KB")
    async with page.expect_download() as waiting:
        await link.click()
    download = await waiting.value
    assert download.suggested_filename == "价目表.html"
    assert Path(await download.path()).read_bytes() == data


async def test_a_dropped_and_a_pasted_file_are_offered_to_be_sent(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    for where, how, name in ((window.region, DROP, "list.csv"), (window.composer, PASTE, "more.csv")):
        await where.evaluate(how, [name, "text/csv", "EGG,36"])
        await expect(page.get_by_role("dialog", name="Send a file as Ann")).to_contain_text(name)
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(window.newest.get_by_role("link", name=name)).to_be_visible()
    names = [update["message"]["document"]["file_name"] for update in await bot.updates()]
    assert names == ["list.csv", "more.csv"]


async def test_a_picture_that_is_none_is_refused_in_the_sheet(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    await pick(page, window, [{"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}])
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("alert").filter(has_text="IMAGE_PROCESS_FAILED")).to_be_visible()
    assert await bot.updates() == []


async def test_what_has_gone_out_is_not_sent_twice_when_the_rest_is_refused(page: Page, bot: Voice) -> None:
    window = Window(page, "Ann")
    empty: FilePayload = {"name": "empty.csv", "mimeType": "text/csv", "buffer": b""}
    await pick(page, window, [picture(1), empty])
    for _ in range(2):
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_role("alert").filter(has_text="non-empty")).to_be_visible()
    assert len(await bot.updates()) == 1
