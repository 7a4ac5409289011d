"""The cart, told through the chat: lines of several suppliers, everything that changes under it, one order."""

import json
from pathlib import Path

from playground.people import Person
from shop.streams import StreamStatus
from storage import dossiers, erasures, exports, products, recount, reports, roles
from storage.roles import Role
from tests.journeys.actors import RECEIPT, code_in
from tests.journeys.market import becomes, comes_in, link_to, spring_stream
from tests.journeys.players import Cast, cast
from tests.stall import OWNER, TestStall, open_stall

ADDRESS = "12 Dingjiang West Road, Tonggu, Yichun, Jiangxi"
PRODUCTS, ADD = {"en": "Products", "zh": "看商品"}, {"en": "Add to cart", "zh": "加入购物车"}


async def puts(stall: TestStall, buyer: Person, link: str, *codes: str, lang: str = "en") -> None:
    """One pack of each into the cart, from the offers' cards."""
    for code in codes:
        await buyer.opens(link)
        await buyer.taps_when(PRODUCTS[lang])
        await buyer.taps_when(code)
        await buyer.taps_when(ADD[lang])
        await stall.settles()


async def tells_where(buyer: Person) -> None:
    """The three questions about the address."""
    for question, answer in (("recipient", "Li Hua"), ("phone", "138 0013 8000"), ("address", ADDRESS)):
        await buyer.sees(question)
        await buyer.sends(answer)


async def changes(stall: TestStall, sql: str, code: str) -> None:
    """The host changes an offer, as the books show it."""
    where = "WHERE product_id = (SELECT id FROM products WHERE code = :code)"
    await stall.program.deps.store.write(lambda tx: tx.run(f"UPDATE offers SET {sql} {where}", code=code))


async def supplies(stall: TestStall, name: str, code: str) -> Person:
    """Somebody who speaks for the supplier of a product."""
    person, store = await comes_in(stall, name), stall.program.deps.store
    product = await store.read(products.by_code, code)
    assert product is not None
    await store.write(
        roles.grant,
        person=person.id,
        role=Role.SUPPLIER,
        supplier=product.supplier_id,
        by=OWNER,
        now=stall.clock.now(),
    )
    return person


async def placed_cart(stall: TestStall, players: Cast) -> str:
    """Ann's cart as an order; its code."""
    await players.ann.taps("Check out")
    await tells_where(players.ann)
    await players.ann.taps_when("Place order")
    code = code_in((await players.ann.sees("Pay by")).text)
    await stall.settles()
    return code


# -- From the first line to the parcels ------------------------------------------------------------------------


async def test_goods_of_two_suppliers_become_one_order_one_payment_and_two_parcels(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE", "HONEY")
    ann, cai, sun = players.ann, players.cai, players.sun
    ron = await supplies(stall, "Ron", "RICE")
    await puts(stall, ann, players.link, "EGG", "RICE")
    assert "Total ¥114.00" in ann.last.text
    assert await stall.value("SELECT sum(taken) FROM offers") == 0
    code = await placed_cart(stall, players)
    picture = next(message for message in reversed(ann.inbox) if message.photo)
    assert "1 × Free-range eggs" in picture.text
    assert "1 × Handmade rice noodles" in picture.text
    assert "¥114.00" in picture.text
    await ann.sends("/cart")
    await ann.sees("Your cart is empty")

    await ann.sends_photo(RECEIPT)
    slip = await cai.sees(f"Receipt for {code}", since=0)
    assert "Handmade rice noodles" in slip.text
    marks = sun.mark(), ron.mark()
    await cai.taps("Confirm", on=slip)
    eggs, rice = await sun.sees(code, since=marks[0]), await ron.sees(code, since=marks[1])
    assert "EGG" in eggs.text
    assert "RICE" not in eggs.text
    assert "RICE" in rice.text
    assert "EGG" not in rice.text
    assert ADDRESS in eggs.text
    assert ADDRESS in rice.text

    # One supplier can't: its part of the money goes back, the rest goes on.
    await stall.settles()
    mark = ann.mark()
    await ron.taps("Cannot supply", on=rice)
    await ron.taps_when("Yes, cannot supply")
    told = await ann.sees("¥78.00", since=mark)
    assert "Handmade rice noodles" in told.text
    assert "Free-range eggs" not in told.text
    await sun.taps("Mark shipped", on=eggs)
    await sun.taps_when("No tracking")
    await ann.sees("on its way")
    await ann.taps_when("Received")
    await ann.sees("is completed")
    await stall.settles()

    store = stall.program.deps.store
    assert await store.read(recount.orders) == []
    found = await store.read(reports.view, 1)
    assert found is not None
    assert (found.orders, found.turnover, found.refunds_owed_amount) == (1, 11_400, 7_800)
    assert [(line.code, line.packs) for line in found.goods.sold] == [("EGG", 1)]
    page = await store.read(exports.EXPORTS["orders"].page, 0, None)
    (record,) = page.records
    assert [(line["code"], line["unit_price"]) for line in record["lines"]] == [("EGG", "36.00"), ("RICE", "78.00")]
    assert sorted(shipment["status"] for shipment in record["shipments"]) == ["delivered", "failed"]
    await ann.sends(code)
    card = (await ann.sees(f"Order {code}")).text
    assert "1 × Free-range eggs" in card
    assert "Tonggu Free-Range Poultry Cooperative" in card
    assert "Paibu Rice Noodle Workshop" in card


async def test_a_chinese_buyer_orders_a_cart_in_chinese(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG", "HONEY")
    bo = await comes_in(stall, "Bo", language="zh-hans")
    await puts(stall, bo, link_to(f"s_{stream.code}"), "EGG", "HONEY", lang="zh")
    assert "放进购物车不留货" in bo.last.text
    await bo.sends("/start")
    await bo.taps_when("购物车（2）")
    await bo.taps_when("去结算")
    for question, answer in (
        ("收件人", "李华"),
        ("电话", "138 0013 8000"),
        ("地址", "江西省宜春市铜鼓县定江西路12号"),
    ):
        await bo.sees(question)
        await bo.sends(answer)
    await bo.taps_when("提交订单")
    assert "¥95.00" in (await bo.sees("付款")).text
    await bo.sends("/cart")
    await bo.sees("购物车是空的")


async def test_quantities_are_changed_and_lines_removed_on_the_card_itself(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    await puts(stall, ann, players.link, "EGG", "RICE")
    seen = len(ann.inbox)
    await ann.taps("+")
    await stall.settles()
    assert "Free-range eggs · 2 boxes × ¥36.00 = ¥72.00" in ann.last.text
    await ann.taps("−")
    await stall.settles()
    await ann.taps("−")
    assert (await ann.answered()).text == "One is the least; Remove takes it out"
    await ann.taps("Remove EGG")
    await stall.settles()
    assert "Free-range eggs" not in ann.last.text
    await ann.taps("Empty the cart")
    await stall.settles()
    assert "Your cart is empty" in ann.last.text
    assert len(ann.inbox) == seen


async def test_the_limit_and_what_is_left_end_adding_up_with_a_word(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    await changes(stall, "limit_per_buyer = 2", "EGG")
    await puts(stall, ann, players.link, "EGG", "EGG", "EGG")
    assert ann.alerts[-1].text == "Your cart has 2; 2 can be had now."
    assert "2 boxes" in ann.last.text
    await ann.taps("+")
    assert (await ann.answered()).show_alert
    assert await stall.value("SELECT quantity FROM cart_lines") == 2


async def test_the_cart_has_its_button_wherever_one_looks_around(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    await ann.opens(players.link)
    assert not any("My cart" in label for label in (await ann.sees("Spring stream")).labels)
    await puts(stall, ann, players.link, "EGG", "RICE")
    for go in (ann.opens(players.link), ann.sends("/start")):
        await go
        await stall.settles()
        assert "My cart (2)" in [label.removeprefix("🧺 ") for label in ann.last.labels]
    await ann.opens(link_to("o_1"))
    await ann.taps_when("My cart (2)")
    await ann.sees("Your cart")


# -- What changes under it -------------------------------------------------------------------------------------


async def test_what_sells_out_or_changes_its_price_is_told_at_the_next_tap_and_not_before(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE", "HONEY")
    ann = players.ann
    await puts(stall, ann, players.link, "EGG", "RICE", "HONEY")
    seen = len(ann.inbox)
    await changes(stall, "price = 3900", "EGG")
    await changes(stall, "quantity = taken", "RICE")
    await stall.settles()
    assert len(ann.inbox) == seen
    assert "⚠️" not in ann.last.text
    await ann.taps("+")
    await stall.settles()
    assert "It was ¥36.00 and is ¥39.00 now." in ann.last.text
    assert "Sold out." in ann.last.text
    assert "What can be ordered: ¥59.00" in ann.last.text
    await ann.taps("Accept ¥39.00")
    await stall.settles()
    assert "It was" not in ann.last.text
    await ann.taps("Order the rest")
    await tells_where(ann)
    await ann.taps_when("Place order")
    assert "¥137.00" in (await ann.sees("Pay by")).text
    assert await stall.value("SELECT group_concat(offer_id) FROM cart_lines") == "2"


async def test_a_stale_check_out_is_refused_with_the_reason(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ann = players.ann
    await puts(stall, ann, players.link, "EGG", "RICE")
    await changes(stall, "quantity = taken", "RICE")
    await ann.taps("Check out")
    assert (await ann.answered()).text == "Your cart has changed"
    assert "Sold out." in (await ann.sees("lines marked ⚠️")).text
    assert await stall.value("SELECT count(*) FROM dialogs") == 0


async def test_if_one_line_fails_at_placing_the_rest_can_be_ordered(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "HONEY")
    ann = players.ann
    await puts(stall, ann, players.link, "EGG", "HONEY")
    await ann.taps("Check out")
    await tells_where(ann)
    await ann.sees("Your order")
    await changes(stall, "quantity = taken", "HONEY")
    await ann.taps("Place order")
    told = await ann.sees("Nothing was ordered")
    assert "Sold out." in told.text
    assert await stall.value("SELECT count(*) FROM orders") == 0
    await ann.taps("Order the rest")
    await ann.taps_when("Place order")
    assert "¥36.00" in (await ann.sees("Pay by")).text
    await ann.sends("/cart")
    await ann.sees("Wild-flower honey")


async def test_what_a_stream_sold_leaves_the_cart_with_it_and_is_named(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = await comes_in(stall, "Ann")
    await puts(stall, ann, link_to(f"s_{stream.code}"), "EGG")
    await becomes(stall, stream, StreamStatus.LIVE)
    await becomes(stall, stream, StreamStatus.ENDED)
    await ann.sends("/cart")
    told = await ann.sees("has left your cart: Free-range eggs")
    assert "Your cart is empty" in told.text
    await ann.sends("/cart")
    assert "has left" not in (await ann.sees("Your cart is empty")).text


async def test_leaving_a_checkout_leaves_the_cart_as_it_was(stall: TestStall) -> None:
    players = await cast(stall, "EGG")
    await puts(stall, players.ann, players.link, "EGG")
    await players.ann.taps("Check out")
    await tells_where(players.ann)
    await players.ann.taps_when("Cancel")
    await players.ann.sees("Your cart is as it was")
    assert await stall.value("SELECT count(*) FROM cart_lines") == 1


# -- Trouble on the way ----------------------------------------------------------------------------------------


async def test_a_tap_delivered_twice_adds_once(stall: TestStall) -> None:
    players = await cast(stall, "EGG")
    stall.playground.faults.add("redeliver", contains="tocart")
    await puts(stall, players.ann, players.link, "EGG")
    assert await stall.value("SELECT quantity FROM cart_lines") == 1


async def test_place_order_tapped_twice_is_one_order(stall: TestStall) -> None:
    players = await cast(stall, "EGG")
    ann = players.ann
    await puts(stall, ann, players.link, "EGG")
    await ann.taps("Check out")
    await tells_where(ann)
    summary = await ann.sees("Your order")
    data = next(button.data for row in summary.buttons for button in row if "Place order" in button.text)
    assert data is not None
    ann.press(data, summary)
    ann.press(data, summary)
    assert (await ann.answered()).text == "This order has been placed already."
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM orders") == 1
    assert await stall.value("SELECT taken FROM offers") == 1


async def test_a_restart_in_the_middle_keeps_the_cart_and_its_checkout(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        players = await cast(stall, "EGG", "RICE")
        ann, playground, clock = players.ann, stall.playground, stall.clock
        await puts(stall, ann, players.link, "EGG", "RICE")
        await ann.taps("Check out")
        await ann.sees("recipient")
        await ann.sends("Li Hua")
        await ann.sees("phone")
        await stall.settles()
    async with open_stall(tmp_path, playground=playground, clock=clock) as again:
        await ann.sends("138 0013 8000")
        await ann.sees("address")
        await ann.sends(ADDRESS)
        await ann.taps_when("Place order")
        assert "¥114.00" in (await ann.sees("Pay by")).text
        assert await again.value("SELECT count(*) FROM cart_lines") == 0


async def test_somebody_who_blocks_the_bot_finds_the_cart_again(stall: TestStall) -> None:
    players = await cast(stall, "EGG")
    ann = players.ann
    await puts(stall, ann, players.link, "EGG")
    await ann.blocks()
    await stall.settles()
    await ann.unblocks()
    await ann.sends("/cart")
    await ann.sees("Free-range eggs · 1 box")


async def test_the_cart_is_in_the_copy_of_ones_data_and_goes_with_an_erasure(stall: TestStall) -> None:
    players = await cast(stall, "EGG")
    await puts(stall, players.ann, players.link, "EGG")
    store, now = stall.program.deps.store, stall.clock.now()
    record = await store.read(dossiers.about, players.ann.id, now)
    assert record is not None
    (line,) = json.loads(json.dumps(record["cart"]))
    assert (line["code"], line["quantity"], line["price_shown"]) == ("EGG", 1, "36.00")
    await store.write(erasures.erase, person=players.ann.id, now=now)
    assert await stall.value("SELECT count(*) FROM cart_lines") == 0
