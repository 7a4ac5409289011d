"""Products changed on their cards: asked once, told with what was before, undone with one tap."""

import pytest

from playground.people import Person
from storage.roles import Role
from tests.journeys.actors import import_catalogue, order, stream_with
from tests.journeys.market import comes_in, spring_stream, works_as
from tests.playground.pictures import png
from tests.stall import TestStall


async def a_card(stall: TestStall, code: str = "EGG", language: str = "en") -> Person:
    """A host before a product's card."""
    await import_catalogue(stall)
    hana = await works_as(stall, "Hana", Role.HOST)
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE people SET language = :l WHERE id = :p", l=language, p=hana.id)
    )
    await hana.sends("/products")
    await hana.taps_when(code)
    await stall.settles()
    return hana


async def egg(stall: TestStall, column: str) -> object:
    return await stall.value(f"SELECT {column} FROM products WHERE code = 'EGG'")


@pytest.mark.parametrize(
    ("button", "typed", "told", "column", "value", "before"),
    [
        ("Price", "¥38", "¥36.00 → ¥38.00", "price", 3800, 3600),
        ("Price", "1,234.50", "→ ¥1,234.50", "price", 123_450, 3600),
        ("Stock", "300", "500 boxes → 300 boxes", "stock", 300, 500),
        ("Stock", "0", "→ 0 boxes", "stock", 0, 500),
        ("Stock", "unlimited", "500 boxes → unlimited", "stock", None, 500),
    ],
)
async def test_a_figure_is_changed_and_undone(
    stall: TestStall, button: str, typed: str, told: str, column: str, value: object, before: object
) -> None:
    hana = await a_card(stall)
    await hana.taps(button)
    await hana.sees("/cancel leaves")
    await hana.sends(typed)
    message = await hana.sees(told)
    assert await egg(stall, column) == value
    await hana.taps("Undo")
    await stall.settles()
    assert "Undone" in message.text
    assert await egg(stall, column) == before
    await hana.taps("See the product")
    await hana.sees("Free-range eggs")


async def test_one_line_is_the_name_in_ones_own_language(stall: TestStall) -> None:
    hana = await a_card(stall, language="zh")
    await hana.taps("名称")
    question = await hana.sees("请发新名称")
    assert "English：Free-range eggs" in question.text
    await hana.sends("土鸡蛋 <b>")
    await hana.sees("Free-range eggs / 土鸡蛋 <b>")
    assert await egg(stall, "json_extract(names, '$.zh')") == "土鸡蛋 <b>"
    assert await egg(stall, "json_extract(names, '$.en')") == "Free-range eggs"


async def test_a_line_for_each_language_is_the_whole_name(stall: TestStall) -> None:
    hana = await a_card(stall)
    await hana.taps("Name")
    await hana.sees("Send the new name (English)")
    await hana.sends("Brown eggs\n土鸡蛋")
    await hana.sees("Free-range eggs / 散养土鸡蛋 → Brown eggs / 土鸡蛋")
    await hana.taps("Undo")
    await hana.sees("Undone")
    assert await egg(stall, "json_extract(names, '$.zh')") == "散养土鸡蛋"


@pytest.mark.parametrize(
    ("button", "typed", "told"),
    [
        ("Price", "free", "an amount above 0"),
        ("Price", "0", "an amount above 0"),
        ("Price", "36.001", "an amount above 0"),
        ("Stock", "many", "whole number from 0"),
        ("Stock", "-1", "whole number from 0"),
        ("Name", "a\nb\nc", "Send one line"),
        ("Name", "x" * 61, "up to 60 characters"),
        ("Name", "​", "Send one line"),
        ("Picture", "egg.jpg", "not a picture I can use"),
        ("Price", "36", "It is so already"),
    ],
)
async def test_an_answer_that_can_not_be_taken_is_told_and_changes_nothing(
    stall: TestStall, button: str, typed: str, told: str
) -> None:
    hana = await a_card(stall)
    await hana.taps(button)
    await hana.sees("/cancel leaves")
    await hana.sends(typed)
    await hana.sees(told)
    assert await stall.value("SELECT count(*) FROM product_changes") == 0


async def test_a_question_is_left_with_cancel(stall: TestStall) -> None:
    hana = await a_card(stall)
    await hana.taps("Price")
    await hana.sees("/cancel leaves")
    await hana.sends("/cancel")
    await hana.sees("Left.")
    await hana.sends("40")
    await hana.sees("I did not understand")


async def test_a_photo_and_an_image_file_become_the_picture(stall: TestStall) -> None:
    hana = await a_card(stall)
    await hana.taps("Picture")
    await hana.sees("Send the new picture")
    await hana.sends_photo(png(60, 60))
    await hana.sees("It has a new picture")
    await hana.taps("See the product")
    assert (await hana.sees("Free-range eggs")).photo == png(60, 60)
    await hana.taps("Picture")
    await hana.sees("Send the new picture")
    await hana.sends_document(png(70, 70), "egg.png", "image/png")
    await hana.sees("It has a new picture")
    await hana.taps("See the product")
    assert (await hana.sees("Free-range eggs")).photo == png(70, 70)


@pytest.mark.parametrize(
    ("data", "mime", "told"),
    [
        (b"no picture at all", "image/png", "not a picture I can use"),
        (b"%PDF-", "application/pdf", "not a picture I can use"),
        (bytes(10 * 1024 * 1024 + 1), "image/png", "larger than 10 MB"),
    ],
)
async def test_a_file_that_is_no_picture_is_told(stall: TestStall, data: bytes, mime: str, told: str) -> None:
    hana = await a_card(stall)
    await hana.taps("Picture")
    await hana.sees("Send the new picture")
    await hana.sends_document(data, "egg.png", mime)
    await hana.sees(told)
    await hana.sends_photo(png())
    await hana.sees("It has a new picture")


async def test_an_image_telegram_does_not_give_out_is_asked_for_again(stall: TestStall) -> None:
    hana = await a_card(stall)
    await hana.taps("Picture")
    await hana.sees("Send the new picture")
    stall.playground.faults.add("bad_request", method="getFile")
    await hana.sends_document(png(), "egg.png", "image/png")
    await hana.sees("did not give me the image")
    assert await egg(stall, "photo") is None


async def test_an_archived_product_leaves_the_pickers_and_nothing_else(stall: TestStall) -> None:
    hana = await a_card(stall)
    link = await stream_with(stall, hana, "EGG")
    await hana.taps("Announce")
    await stall.settles()
    await hana.sends("/products")
    await hana.taps_when("EGG")
    await hana.taps_when("Archive")
    archived = await hana.sees("Archived: it is not offered")
    code = await order(stall.person("Ann"), link, "EGG")
    assert code
    await hana.sends("/products")
    listed = await hana.sees("6 products")
    assert "EGG" not in listed.text
    await hana.taps("Archived (1)")
    await hana.sees("1 product")
    await hana.taps("EGG")
    card = await hana.sees("not offered for new streams")
    assert "Restore" in card.labels
    await hana.taps("Undo", on=archived)
    await stall.settles()
    await hana.sends("/products")
    assert "Archived" not in " ".join((await hana.sees("7 products")).labels)


async def test_an_archived_product_can_not_be_added_by_an_old_button(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    stream = await spring_stream(stall)
    await stall.program.deps.store.write(lambda tx: tx.run("UPDATE products SET archived_at = 1 WHERE code = 'EGG'"))
    hana.press(f"1|addp|{stream.id}|{await egg(stall, 'id')}", hana.last)
    assert (await hana.answered()).text == "This product is archived"
    assert await stall.value("SELECT count(*) FROM dialogs") == 0


async def test_a_product_archived_while_it_is_being_added_is_told(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    stream = await spring_stream(stall)
    hana.press(f"1|addp|{stream.id}|{await egg(stall, 'id')}", hana.last)
    await hana.sees("Free-range eggs")
    await stall.program.deps.store.write(lambda tx: tx.run("UPDATE products SET archived_at = 1 WHERE code = 'EGG'"))
    await hana.taps("Add")
    assert (await hana.answered()).text == "This product is archived"
    assert await stall.value("SELECT count(*) FROM offers") == 0


async def test_archiving_twice_and_undoing_twice_are_answered(stall: TestStall) -> None:
    hana = await a_card(stall)
    card = hana.last
    product = await egg(stall, "id")
    hana.press(f"1|shelve|{product}", card)
    await hana.sees("Archived: it is not offered")
    hana.press(f"1|shelve|{product}", card)
    assert "so already" in ((await hana.answered()).text or "")
    change = await stall.value("SELECT max(id) FROM product_changes")
    for _ in range(2):
        hana.press(f"1|undo|{change}", hana.last)
    assert (await hana.answered()).text == "Already undone"
    assert await egg(stall, "archived_at") is None


async def test_what_was_changed_again_is_not_undone(stall: TestStall) -> None:
    hana = await a_card(stall)
    for typed in ("38", "40"):
        hana.press(f"1|pedit|{await egg(stall, 'id')}|price", hana.last)
        await hana.sees("Send the new one")
        await hana.sends(typed)
        await hana.sees(f"→ ¥{typed}.00")
    first = await stall.value("SELECT min(id) FROM product_changes")
    hana.press(f"1|undo|{first}", hana.last)
    answer = await hana.answered()
    assert "changed again since" in (answer.text or "")
    assert await egg(stall, "price") == 4000


async def test_a_viewers_forged_buttons_change_nothing_and_tell_nothing(stall: TestStall) -> None:
    hana = await a_card(stall)
    await hana.taps("Archive")
    await hana.sees("Archived: it is not offered")
    ann = await comes_in(stall, "Ann")
    product = await egg(stall, "id")
    seen = len(ann.inbox)
    for data in (
        f"pedit|{product}|price", f"pedit|{product}|nonsense", "pedit|999|price", f"shelve|{product}",
        f"unshelve|{product}", "undo|1", "undo|99", "undoalbum|77", f"product|{product}", "archive|0", "products|0",
    ):  # fmt: skip
        ann.press(f"1|{data}", ann.last)
        await ann.answered()
    await stall.settles()
    assert len(ann.inbox) == seen
    assert await stall.value("SELECT count(*) FROM dialogs WHERE person_id = :p", p=ann.id) == 0
    assert await stall.value("SELECT count(*) FROM product_changes WHERE undone_at IS NULL") == 1
