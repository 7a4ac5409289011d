"""The longest cart and the longest order there can be: every message about them can be sent, and says what matters.

Thirty lines, each with the longest name and unit a catalogue takes; no message is cut off at its end.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers import routes
from handlers.cartcards import PAGE
from handlers.wording import QrPicture, Rendered
from shop.coupons import Terms
from shop.delivery import Tariff
from shop.orders import MOST_LINES
from storage import addresses, carts, changes, checkouts, destinations, questions, tariffs
from storage.addresses import Address
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.outbox import Params
from storage.store import Store
from tests.clock import NOON
from tests.handlers.faces import face, read, words
from tests.storage import seed, trade
from tests.storage.seed import ANN, CASHIER, HOST
from tests.storage.test_coupons import give, make
from tests.storage.test_deliveries import a_point

KINDS = routes().all_kinds()
LONG = Address(recipient="R" * 60, phone="+8613800138000", address="A" * 300)
LANGUAGES = pytest.mark.parametrize("lang", ["en", "zh"])


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as opened:
        yield opened


async def show(store: Store, kind: str, lang: str, reader: int = ANN, **params: int | str | bool | None) -> Rendered:
    """What the kind says to the reader, as the books stand."""

    def load(tx: Tx) -> object:
        given: Params = params
        return KINDS[kind].load(tx, given, reader)

    view = await store.read(load)
    assert view is not None
    shown = KINDS[kind].show(face(lang, reader=reader), view)
    assert isinstance(shown, Rendered)
    return shown


def _long_offers(tx: Tx) -> tuple[trade.Stall, list[int]]:
    stall = trade.stall(tx)
    addresses.save(tx, actor=ANN, address=LONG, now=NOON)
    found = [
        seed.offer(tx, stall.stream, seed.product(tx, stall.egg_farm, f"PRODUCT{number:05}"), quantity=9_999)
        for number in range(MOST_LINES)
    ]
    names = '{"en":"' + "<" * 59 + 'n","zh":"' + "蛋" * 60 + '"}'
    units = '{"en":"' + "u" * 40 + '","zh":"' + "装" * 40 + '"}'
    tx.run("UPDATE products SET names = :names, units = :units, price = 99999999", names=names, units=units)
    tx.run("UPDATE offers SET price = 99999999")
    return stall, found


async def long_cart(store: Store) -> int:
    """Ann's cart, full; returns the stream."""

    def fill(tx: Tx) -> int:
        stall, found = _long_offers(tx)
        for offer in found:
            carts.add(tx, actor=ANN, offer_id=offer, quantity=9_999, now=NOON)
        return stall.stream

    return await store.write(fill)


async def long_order(store: Store) -> int:
    """Ann's order of everything."""

    def place(tx: Tx) -> int:
        _, found = _long_offers(tx)
        return trade.place(tx, ANN, *((offer, 9_999) for offer in found))

    return await store.write(place)


@LANGUAGES
async def test_a_full_cart_fits_page_by_page(store: Store, lang: str) -> None:
    await long_cart(store)
    await store.write(lambda tx: tx.run("UPDATE offers SET price = 1, quantity = 5"))
    for line in range(0, MOST_LINES, PAGE):
        shown = await show(store, "cart", lang, at=NOON, line=line)
        assert read(shown).count("⚠️") == 2 * min(PAGE, MOST_LINES - line)
        assert sum(map(len, shown.rows)) <= 100  # Bot API, InlineKeyboardMarkup
    assert "PRODUCT00029" in read(await show(store, "cart", lang, at=NOON, line=10**9))


@LANGUAGES
async def test_the_summary_of_a_full_cart_has_every_line_and_the_address(store: Store, lang: str) -> None:
    stream = await long_cart(store)

    def begin(tx: Tx) -> Dialog:
        dialog = checkouts.begin_cart(
            tx, actor=ANN, stream_id=stream, first_step="recipient", summary_step="summary", now=NOON
        )
        assert isinstance(dialog, Dialog)
        return dialog

    dialog = await store.write(begin)
    said = read(await show(store, "question", lang, dialog=dialog.id, step="summary"))
    assert said.count("9999") == MOST_LINES
    assert LONG.address in said


async def long_order_of_many(store: Store, lang: str) -> tuple[str, str]:
    """Ann's summary of thirty suppliers' goods, each with a long name and a fee, and the card of the order."""

    def begin(tx: Tx) -> int:
        _, found = _long_offers(tx)
        for number, offer in enumerate(found):
            supplier = seed.supplier(tx, f"{number:02}" + "<" * 78)
            tx.run("UPDATE offers SET supplier_id = :supplier WHERE id = :offer", supplier=supplier, offer=offer)
            terms = tariffs.change(
                tx, actor=HOST, supplier_id=supplier, tariff=Tariff(fee=500, free_from=10**15), now=NOON
            )
            assert isinstance(terms, changes.Changed), terms
        return trade.checkout(tx, ANN, *((offer, 9_999) for offer in found))

    dialog = await store.write(begin)
    summary = read(await show(store, "question", lang, dialog=dialog, step="summary"))
    placed = await store.write(
        checkouts.place, actor=ANN, checkout=dialog, terms="v1", method="WeChat Pay", policy=trade.POLICY, now=NOON
    )
    assert isinstance(placed, checkouts.Placed), placed
    return summary, read(await show(store, "order_card", lang, order=placed.order_id))


@LANGUAGES
async def test_fees_of_very_many_suppliers_stand_in_one_line(store: Store, lang: str) -> None:
    for said in await long_order_of_many(store, lang):
        assert "¥150.00" in said
        assert "¥299,969,997,150.30" in said
        assert LONG.address in said


@LANGUAGES
async def test_the_code_of_a_long_order_says_what_to_pay_and_counts_the_lines_it_leaves_out(
    store: Store, lang: str
) -> None:
    order = await long_order(store)
    shown = await show(store, "order_placed", lang, order=order)
    assert isinstance(shown.media, QrPicture)
    said = read(shown)
    assert "¥299,969,997,000.30" in said
    lines = sum("9999" in line for line in said.splitlines())
    assert f"{MOST_LINES - lines}" in said
    assert 0 < lines < MOST_LINES
    assert "TG-" in said.splitlines()[-2]


@LANGUAGES
async def test_the_card_of_a_long_order_has_every_line(store: Store, lang: str) -> None:
    order = await long_order(store)
    said = read(await show(store, "order_card", lang, order=order))
    assert sum("9999" in line for line in said.splitlines()) == MOST_LINES
    assert LONG.address in said


@LANGUAGES
async def test_the_slip_of_a_long_order_keeps_the_warnings(store: Store, lang: str) -> None:
    order = await long_order(store)
    payment = await store.write(lambda tx: trade.send_receipt(tx, ANN, order, proof=trade.PHOTO))
    await store.write(lambda tx: tx.run("UPDATE receipts SET text = :text", text="t" * 200))
    await store.write(lambda tx: tx.run("UPDATE orders SET status = 'cancelled' WHERE id = :id", id=order))
    said = read(await show(store, "payment_card", lang, reader=CASHIER, payment=payment))
    assert said.splitlines()[-1].startswith("⚠️")


@LANGUAGES
async def test_the_parcel_of_a_long_order_has_every_line_and_the_address(store: Store, lang: str) -> None:
    order = await long_order(store)
    await store.write(trade.pay, ANN, order)
    (parcel,) = (await store.read(trade.parcels, order)).values()
    said = read(await show(store, "shipment_card", lang, reader=trade.SUPPLIER, shipment=parcel))
    assert sum("PRODUCT" in line for line in said.splitlines()) == MOST_LINES
    assert LONG.address in said
    await store.write(trade.send, parcel)
    assert read(await show(store, "shipment_shipped", lang, shipment=parcel))
    paid = await store.read(lambda tx: tx.value("SELECT id FROM payments"))
    assert read(await show(store, "payment_confirmed", lang, payment=paid))


@LANGUAGES
async def test_a_question_with_a_picture_about_a_long_order_fits(store: Store, lang: str) -> None:
    order = await long_order(store)

    def ask(tx: Tx) -> int:
        questions.ask(tx, actor=ANN, order_id=order, text="t" * 700, photo="photo-1", now=NOON)
        found: int = tx.value("SELECT id FROM questions")
        return found

    question = await store.write(ask)
    assert read(await show(store, "question_card", lang, reader=seed.HOST, question=question))


@LANGUAGES
async def test_what_is_picked_up_and_costs_nothing_has_its_number_at_once(store: Store, lang: str) -> None:
    point = (await store.write(trade.stall), await a_point(store))[1]

    def place(tx: Tx) -> int:
        offer: int = tx.value("SELECT min(id) FROM offers")
        make(tx, Terms(code="FREE", percent=100))
        checkout, _ = give(tx, ANN, "FREE", (offer, 1))
        destinations.choose_pickup(
            tx,
            actor=ANN,
            checkout=checkout,
            point_id=point,
            contact_step="recipient",
            summary_step="summary",
            now=NOON,
        )
        placed = checkouts.place(
            tx, actor=ANN, checkout=checkout, terms="v1", method="Pay", policy=trade.POLICY, now=NOON
        )
        assert isinstance(placed, checkouts.Placed), placed
        return placed.order_id

    order = await store.write(place)
    said = read(await show(store, "order_placed", lang, order=order))
    assert {"en": "Pick-up number 1", "zh": "取货号 1"}[lang] in said


async def test_a_short_order_leaves_out_nothing(store: Store) -> None:
    def place(tx: Tx) -> int:
        stall = trade.stall(tx)
        return trade.place(tx, ANN, (stall.eggs, 2), (stall.rice, 1))

    order = await store.write(place)
    assert read(await show(store, "order_placed", "en", order=order)).splitlines()[1:3] == ["2 × Eggs", "1 × Eggs"]


# -- What the cart says of each line -------------------------------------------------------------------------

TROUBLES = [
    ("UPDATE offers SET quantity = 0", "Sold out.", "已售罄。", [["Remove EGG"], ["Join waiting list"]]),
    ("UPDATE offers SET quantity = 1", "Only 1 box left.", "只剩1份了。",
     [["Take 1 box", "Remove EGG"], ["Join waiting list"]]),
    ("UPDATE offers SET limit_per_buyer = 1", "Up to 1 box per person; you have 0 boxes in your orders.",
     "每人限购1份，您的订单里已有0份。", [["Take 1 box", "Remove EGG"]]),
    ("UPDATE offers SET closes_at = 1", "No longer on sale.", "已经停售。", [["Remove EGG"]]),
    ("UPDATE offers SET opens_at = 9000000000000000", "Not on sale yet.", "还没有开卖。", [["Remove EGG"]]),
    ("UPDATE offers SET price = 3900", "It was ¥36.00 and is ¥39.00 now.", "原来¥36.00，现在¥39.00。",
     [["−", "2 × EGG", "+"], ["Accept ¥39.00", "Remove EGG"]]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "english", "chinese", "rows"), TROUBLES)
async def test_each_trouble_is_told_on_its_line_with_what_mends_it(
    store: Store, sql: str, english: str, chinese: str, rows: list[list[str]]
) -> None:
    def fill(tx: Tx) -> None:
        stall = trade.stall(tx)
        carts.add(tx, actor=ANN, offer_id=stall.eggs, quantity=2, now=NOON)
        tx.run(sql)

    await store.write(fill)
    shown = await show(store, "cart", "en", at=NOON, line=0)
    assert read(shown).splitlines()[2] == f"⚠️ {english}"
    assert words(shown)[: len(rows)] == rows
    assert not any("Check out" in label for row in words(shown) for label in row)
    assert f"⚠️ {chinese}" in read(await show(store, "cart", "zh", at=NOON, line=0))


async def test_carts_of_several_streams_show_them_apart_with_one_button_each(store: Store) -> None:
    def fill(tx: Tx) -> None:
        stall = trade.stall(tx)
        night = seed.stream(tx, "NIGHT")
        tx.run("UPDATE streams SET title = 'Night market' WHERE id = :id", id=night)
        tea = seed.offer(tx, night, seed.product(tx, stall.egg_farm, "TEA", price=500))
        for offer in (stall.eggs, tea):
            carts.add(tx, actor=ANN, offer_id=offer, quantity=1, now=NOON)

    await store.write(fill)
    shown = await show(store, "cart", "en", at=NOON, line=0)
    said = read(shown).splitlines()
    assert [line for line in said if line.startswith(("🌱", "Total"))] == [
        "🌱 Spring stream",
        "Total ¥36.00",
        "🌱 Night market",
        "Total ¥5.00",
    ]
    assert [row for row in words(shown) if "Check out" in row[0]] == [
        ["✅ Check out · Spring stream"],
        ["✅ Check out · Night market"],
    ]
