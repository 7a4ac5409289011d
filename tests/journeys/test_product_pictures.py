"""Pictures of products: by address, by a photo with a code, by an album; and what must not be taken for one."""

from pathlib import Path

import pytest

from playground.files import Upload
from playground.people import Person
from storage.roles import Role
from tests.clock import FakeClock
from tests.journeys.actors import import_catalogue, order, sends_album, stream_with
from tests.journeys.market import comes_in, link_to, spring_stream, works_as
from tests.playground.pictures import png
from tests.stall import TestStall, open_stall

ADDRESS = "https://pictures.example/egg.png"
PICTURE = png(50, 50)


async def a_host(stall: TestStall) -> Person:
    await import_catalogue(stall)
    return await works_as(stall, "Hana", Role.HOST)


async def photo(stall: TestStall, code: str = "EGG") -> object:
    return await stall.value("SELECT photo FROM products WHERE code = :code", code=code)


async def offered(stall: TestStall, address: str = ADDRESS) -> str:
    """Eggs on sale, their picture at an address; the link of the offer."""
    await spring_stream(stall, "EGG")
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE products SET picture = :a WHERE code = 'EGG'", a=address)
    )
    return link_to(f"o_{await stall.value('SELECT id FROM offers')}")


# -- By address ---------------------------------------------------------------------------------------------


async def test_telegram_loads_the_address_once_and_the_photo_is_kept(stall: TestStall) -> None:
    link = await offered(stall)
    stall.playground.web[ADDRESS] = Upload("egg.png", PICTURE)
    ann = stall.person("Ann")
    await ann.opens(link)
    card = await ann.sees("Free-range eggs")
    assert card.photo == PICTURE
    await ann.taps("+")
    await stall.settles()
    assert ann.last is card
    assert "2 boxes" in card.text
    kept = await photo(stall)
    ben = stall.person("Ben")
    await ben.opens(link)
    assert (await ben.sees("Free-range eggs")).photo == PICTURE
    asked = [call.params["photo"] for call in stall.playground.calls_of("sendPhoto")]
    assert asked == [ADDRESS, kept]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (ADDRESS, None),
        (ADDRESS, b"<html>no picture</html>"),
        (ADDRESS, PICTURE + bytes(5 * 1024 * 1024)),
        ("https://:80/egg.png", None),
    ],
)
async def test_an_address_telegram_can_not_load_is_left_away_and_hosts_are_told(
    stall: TestStall, address: str, found: bytes | None
) -> None:
    link = await offered(stall, address)
    hana = await works_as(stall, "Hana", Role.HOST)
    if found is not None:
        stall.playground.web[address] = Upload("egg.png", found)
    ann = stall.person("Ann")
    await ann.opens(link)
    card = await ann.sees("Free-range eggs")
    assert card.photo is None
    assert "Order now" in card.labels
    told = await hana.sees("Telegram could not load these pictures", since=0)
    assert address in told.text
    await ann.taps("+")
    await stall.settles()
    assert ann.last is card
    assert len(stall.playground.calls_of("sendPhoto")) == 1
    await hana.sends("/products")
    await hana.taps_when("EGG")
    await hana.sees("could not load the picture's address")


async def test_a_bad_address_is_tried_again_after_a_day_and_nobody_hears_of_it_twice(stall: TestStall) -> None:
    link = await offered(stall)
    ann = stall.person("Ann")
    await ann.opens(link)
    await ann.sees("Free-range eggs")
    await stall.settles()
    told = await stall.value("SELECT count(*) FROM outbox WHERE kind = 'pictures_refused'")
    stall.clock.advance(24 * 3600)
    await ann.opens(link)
    await ann.sees("Free-range eggs")
    stall.playground.web[ADDRESS] = Upload("egg.png", PICTURE)
    stall.clock.advance(24 * 3600)
    await ann.opens(link)
    assert (await ann.sees("Free-range eggs")).photo == PICTURE
    assert await stall.value("SELECT count(*) FROM outbox WHERE kind = 'pictures_refused'") == told == 1


async def test_another_refusal_is_not_taken_for_a_bad_picture(stall: TestStall) -> None:
    link = await offered(stall)
    stall.playground.web[ADDRESS] = Upload("egg.png", PICTURE)
    stall.playground.faults.add("bad_request", method="sendPhoto", description="can't parse entities")
    ann = stall.person("Ann")
    await ann.opens(link)
    while len(stall.playground.calls_of("sendPhoto")) < 2:
        await stall.passes(0.1)
    assert (await ann.sees("Free-range eggs")).photo == PICTURE
    assert await stall.value("SELECT picture_refused_at FROM products WHERE code = 'EGG'") is None


# -- By photo -----------------------------------------------------------------------------------------------


async def test_a_photo_with_a_code_is_the_products_picture(stall: TestStall) -> None:
    hana = await a_host(stall)
    await hana.sends_photo(PICTURE, caption=" egg ")
    told = await hana.sees("It has a new picture")
    assert "EGG" in told.text
    assert await photo(stall) is not None
    await hana.taps("Undo")
    await hana.sees("Undone")
    assert await photo(stall) is None


async def test_an_image_file_with_a_code_is_too(stall: TestStall) -> None:
    hana = await a_host(stall)
    await hana.sends_document(PICTURE, "egg.png", "image/png", caption="EGG")
    await hana.sees("It has a new picture")
    await hana.taps("See the product")
    assert (await hana.sees("Free-range eggs")).photo == PICTURE


async def test_a_code_nobody_knows_is_told_and_a_bare_photo_is_no_product(stall: TestStall) -> None:
    hana = await a_host(stall)
    await hana.sends_photo(PICTURE, caption="EGGS")
    await hana.sees("There is no product EGGS")
    await hana.sends_photo(PICTURE)
    await hana.sees("no order waiting for payment")
    assert await stall.value("SELECT count(*) FROM product_changes") == 0


async def test_a_viewers_photo_with_a_code_changes_nothing(stall: TestStall) -> None:
    await import_catalogue(stall)
    ann = await comes_in(stall, "Ann")
    await ann.sends_photo(PICTURE, caption="EGG")
    await ann.sees("no order waiting for payment")
    assert await photo(stall) is None


async def test_a_host_who_buys_sends_receipts_and_order_codes_win(stall: TestStall) -> None:
    hana = await a_host(stall)
    link = await stream_with(stall, hana, "EGG")
    await hana.taps("Announce")
    await stall.settles()
    code = await order(hana, link, "EGG")
    await hana.sends_photo(PICTURE, caption="EGG")
    await hana.sees("It has a new picture")
    await hana.sends_photo(png(40, 40), caption=code)
    await hana.sees("is with the cashier")
    await hana.sends_photo(png(41, 41))
    await hana.sees("sees this too")
    assert await stall.value("SELECT count(*) FROM receipts") == 2
    assert await stall.value("SELECT count(*) FROM product_changes") == 1


async def test_a_product_whose_code_looks_like_an_order_gives_way_to_that_order(stall: TestStall) -> None:
    hana = await a_host(stall)
    link = await stream_with(stall, hana, "EGG")
    await hana.taps("Announce")
    await stall.settles()
    code = await order(hana, link, "EGG")
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE products SET code = :code WHERE code = 'RICE'", code=code.replace("-", ""))
    )
    await hana.sends_photo(PICTURE, caption=code.replace("-", ""))
    await hana.sees("is with the cashier")
    assert await stall.value("SELECT count(*) FROM product_changes") == 0


# -- By album -----------------------------------------------------------------------------------------------


async def test_an_album_gives_each_product_its_picture_and_is_answered_once(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stall.settles()
    before = len(hana.inbox)
    shots = [png(30 + number, 30) for number in range(5)]
    await sends_album(hana, *zip(shots, ["EGG", "rice", None, "NOPE", "Honey"], strict=True))
    await stall.settles()
    assert len(hana.inbox) == before + 1
    told = hana.last
    for part in ("3 pictures", "EGG", "RICE", "HONEY", "1 picture without a code", "“NOPE”"):
        assert part in told.text
    assert all([await photo(stall, code) for code in ("EGG", "RICE", "HONEY")])
    await hana.taps("Undo")
    await stall.settles()
    assert hana.last is told
    assert "3 pictures were undone" in told.text
    assert not any([await photo(stall, code) for code in ("EGG", "RICE", "HONEY")])
    hana.press(f"1|undoalbum|{await stall.value('SELECT album FROM album_pictures LIMIT 1')}", told)
    assert (await hana.answered()).text == "There is nothing left to undo"


async def test_an_album_of_a_host_who_has_to_pay_is_a_receipt_until_a_code_stands_in_it(stall: TestStall) -> None:
    hana = await a_host(stall)
    link = await stream_with(stall, hana, "EGG")
    await hana.taps("Announce")
    await stall.settles()
    await order(hana, link, "EGG")
    await sends_album(hana, (png(30, 30), None), (png(31, 30), None))
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM receipts") == 2
    await sends_album(hana, (png(32, 30), "EGG"), (png(33, 30), None))
    await hana.sees("1 picture is on its product")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM receipts") == 2
    assert await stall.value("SELECT count(*) FROM album_pictures") == 2


async def test_an_album_cut_by_a_restart_and_delivered_twice_is_still_one(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        playground = stall.playground
        hana = await a_host(stall)
        await stall.settles()
        playground.faults.add("redeliver", times=2)
        await sends_album(hana, (png(30, 30), "EGG"), (png(31, 30), "RICE"))
    async with open_stall(tmp_path, clock=clock, playground=playground) as stall:
        stall.people["Hana"] = hana
        await stall.settles()
        assert await stall.value("SELECT count(*) FROM album_pictures") == 2
        assert await stall.value("SELECT count(*) FROM product_changes") == 2
        assert "2 pictures" in hana.last.text
        assert sum("on their products" in message.text for message in hana.inbox) == 1
