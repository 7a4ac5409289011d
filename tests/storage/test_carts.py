"""Carts: lines that hold nothing, keep the price that was shown, and are compared with their offers at each look."""

import pytest

from shop.orders import MOST_LINES
from storage import carts
from storage.carts import CartFull, InCart, NoMore
from storage.connection import Tx
from storage.people import NotFound
from storage.quotes import LimitReached, NotOpen, SoldOut
from storage.store import Refused, Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN
from tests.storage.trade import PRICE


async def put(store: Store, offer: int, quantity: int = 1, *, actor: int = ANN, price: int | None = None) -> object:
    return await store.write(
        carts.add, actor=actor, offer_id=offer, quantity=quantity, price=price, now=NOON, anchor=77
    )


async def held(store: Store, person: int = ANN) -> list[tuple[int, int, int]]:
    """(offer, quantity, price) of every line."""
    found = await store.read(carts.wishes, person)
    return [(wish.offer_id, wish.quantity, wish.price) for wish in found]


async def looked_at(store: Store, person: int = ANN) -> carts.Cart:
    return await store.read(carts.view, person, NOON)


async def change(store: Store, sql: str, **values: object) -> None:
    await store.write(lambda tx: tx.run(sql, **values))


# -- Putting in and taking out ---------------------------------------------------------------------------------


async def test_a_cart_holds_no_units_and_is_shown_after_each_change(store: Store) -> None:
    stall = await store.write(trade.stall)
    assert await put(store, stall.eggs, 2) == InCart()
    assert await trade.free(store, stall.eggs) == 10
    assert await held(store) == [(stall.eggs, 2, PRICE)]
    assert await trade.kinds_told(store) == [("cart", ANN)]
    assert await store.read(carts.count, ANN) == 1
    assert await store.read(carts.count, BEN) == 0
    await trade.assert_books_agree(store)


async def test_the_same_offer_again_adds_up(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    await put(store, stall.rice, 1)
    await put(store, stall.eggs, 3)
    assert await held(store) == [(stall.eggs, 5, PRICE), (stall.rice, 1, 1000)]


async def test_adding_up_ends_at_the_limit_with_what_is_in_orders_counted(store: Store) -> None:
    stall = await store.write(trade.stall)

    def limit(tx: Tx) -> None:
        tx.run("UPDATE offers SET limit_per_buyer = 5 WHERE id = :id", id=stall.eggs)
        trade.place(tx, ANN, (stall.eggs, 2))

    await store.write(limit)
    assert await put(store, stall.eggs, 4) == LimitReached(offer_id=stall.eggs, limit=5, already=2)
    await put(store, stall.eggs, 2)
    assert await put(store, stall.eggs, 2) == NoMore(offer_id=stall.eggs, carted=2, possible=3)
    assert await put(store, stall.eggs, 1) == InCart()
    assert await held(store) == [(stall.eggs, 3, PRICE)]


async def test_adding_up_ends_at_what_is_left(store: Store) -> None:
    stall = await store.write(trade.stall)
    assert await put(store, stall.eggs, 11) == SoldOut(offer_id=stall.eggs, free=10)
    await put(store, stall.eggs, 6)
    assert await put(store, stall.eggs, 6) == NoMore(offer_id=stall.eggs, carted=6, possible=10)
    assert await held(store) == [(stall.eggs, 6, PRICE)]


async def test_adding_up_ends_at_the_most_a_line_can_have(store: Store) -> None:
    stall = await store.write(trade.stall, eggs=None)
    await put(store, stall.eggs, 9_999)
    assert await put(store, stall.eggs, 1) == NoMore(offer_id=stall.eggs, carted=9_999, possible=9_999)


@pytest.mark.parametrize(("quantity", "price"), [(0, None), (-1, None), (10_000, None), (10**30, None), (1, -1)])
async def test_forged_numbers_put_nothing_in(store: Store, quantity: int, price: int | None) -> None:
    stall = await store.write(trade.stall, eggs=None)
    assert await put(store, stall.eggs, quantity, price=price) == NotFound()
    assert await held(store) == []
    assert await trade.kinds_told(store) == []


async def test_what_is_not_on_sale_does_not_go_in(store: Store) -> None:
    stall = await store.write(trade.stall, status="draft")
    assert await put(store, stall.eggs) == NotFound()
    assert await put(store, 999) == NotFound()
    await change(store, "UPDATE streams SET status = 'ended'")
    assert await put(store, stall.eggs) == NotOpen(offer_id=stall.eggs)
    assert await held(store) == []


async def test_a_cart_has_an_end(store: Store) -> None:
    stall = await store.write(trade.stall)

    def offers_of_many_products(tx: Tx) -> list[int]:
        return [
            seed.offer(tx, stall.stream, seed.product(tx, stall.egg_farm, f"P{number}"))
            for number in range(MOST_LINES)
        ]

    many = await store.write(offers_of_many_products)
    for offer in many:
        assert await put(store, offer) == InCart()
    assert await put(store, stall.eggs) == CartFull(most=MOST_LINES)
    assert await put(store, many[0]) == InCart()
    assert await store.read(carts.count, ANN) == MOST_LINES


async def test_a_quantity_can_always_be_lowered_and_raised_while_there_is_more(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 8)
    await store.write(trade.place, BEN, (stall.eggs, 7))

    async def to(quantity: int) -> object:
        return await store.write(carts.set_quantity, actor=ANN, offer_id=stall.eggs, quantity=quantity, now=NOON)

    assert await to(7) == InCart()
    assert await to(9) == NoMore(offer_id=stall.eggs, carted=7, possible=3)
    assert await to(3) == InCart()
    assert await to(0) == NotFound()
    assert await held(store) == [(stall.eggs, 3, PRICE)]
    assert await store.write(carts.set_quantity, actor=BEN, offer_id=stall.eggs, quantity=1, now=NOON) == NotFound()


async def test_a_line_is_removed_once_and_the_whole_cart_emptied(store: Store) -> None:
    stall = await store.write(trade.stall)
    for person in (ANN, BEN):
        await put(store, stall.eggs, actor=person)
        await put(store, stall.rice, actor=person)
    assert await store.write(carts.remove, actor=ANN, offer_id=stall.eggs, now=NOON) == InCart()
    assert await store.write(carts.remove, actor=ANN, offer_id=stall.eggs, now=NOON) == NotFound()
    assert await held(store) == [(stall.rice, 1, 1000)]
    await store.write(carts.clear, actor=ANN, now=NOON)
    assert await held(store) == []
    assert len(await held(store, BEN)) == 2


def test_every_refusal_undoes_what_was_begun() -> None:
    for refusal in (CartFull, NoMore):
        assert issubclass(refusal, Refused)


# -- Compared with the offers as they stand --------------------------------------------------------------------


async def test_a_line_keeps_the_price_that_was_shown_until_it_is_accepted(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2, price=PRICE)
    await change(store, "UPDATE offers SET price = 3900 WHERE id = :id", id=stall.eggs)
    (line,) = (await looked_at(store)).lines
    assert line.is_repriced
    assert not line.is_in_order
    # More of it at the new price: the old line stays as it is, and says so.
    await put(store, stall.eggs, 1, price=3900)
    assert await held(store) == [(stall.eggs, 3, PRICE)]
    accept = {"actor": ANN, "offer_id": stall.eggs, "now": NOON}
    await store.write(carts.accept_price, price=3800, **accept)
    assert await held(store) == [(stall.eggs, 3, PRICE)]
    assert await store.write(carts.accept_price, price=3900, **accept) == InCart()
    assert (await looked_at(store)).lines[0].is_in_order
    assert await store.write(carts.accept_price, price=3900, actor=BEN, offer_id=stall.eggs, now=NOON) == NotFound()


async def test_the_price_on_a_stale_card_is_the_one_the_line_keeps(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 1, price=100)
    (line,) = (await looked_at(store)).lines
    assert line.is_repriced


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE offers SET quantity = taken WHERE id = :eggs", SoldOut),
        ("UPDATE offers SET quantity = taken + 1 WHERE id = :eggs", SoldOut),
        ("UPDATE offers SET limit_per_buyer = 1 WHERE id = :eggs", LimitReached),
        ("UPDATE offers SET closes_at = 1 WHERE id = :eggs", NotOpen),
        ("UPDATE offers SET opens_at = 9000000000000000 WHERE id = :eggs", NotOpen),
    ],
    ids=["sold out", "fewer left", "limit", "closed", "not yet"],
)
async def test_what_keeps_a_line_from_being_ordered_is_seen_at_once(
    store: Store, sql: str, expected: type[object]
) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    await put(store, stall.rice, 1)
    await store.write(lambda tx: tx.run(sql, eggs=stall.eggs))
    eggs, rice = (await looked_at(store)).lines
    assert isinstance(eggs.refusal, expected)
    assert rice.is_in_order


async def test_a_line_that_is_dearer_and_sold_out_says_both(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    await change(store, "UPDATE offers SET price = 3900, quantity = 0 WHERE id = :id", id=stall.eggs)
    (line,) = (await looked_at(store)).lines
    assert line.is_repriced
    assert line.refusal == SoldOut(offer_id=stall.eggs, free=0)
    assert line.possible == 0


async def test_lines_of_one_stream_stand_together_in_the_order_they_came(store: Store) -> None:
    stall = await store.write(trade.stall)

    def another_stream(tx: Tx) -> int:
        other = seed.stream(tx, "NIGHT")
        return seed.offer(tx, other, tx.value("SELECT product_id FROM offers WHERE id = :id", id=stall.eggs))

    night = await store.write(another_stream)
    for number, offer in enumerate((stall.rice, night, stall.eggs)):
        await store.write(carts.add, actor=ANN, offer_id=offer, quantity=1, now=NOON + number)
    cart = await looked_at(store)
    assert [line.offer.id for line in cart.lines] == [stall.rice, stall.eggs, night]
    assert cart.streams == (stall.stream, cart.lines[2].offer.stream_id)


async def test_lines_of_a_stream_that_is_over_leave_and_are_named_once(store: Store) -> None:
    stall = await store.write(trade.stall)

    def presale(tx: Tx) -> int:
        product = tx.value("SELECT product_id FROM offers WHERE id = :id", id=stall.eggs)
        return seed.offer(tx, stall.stream, product, availability="presale")

    later = await store.write(presale)
    for offer in (stall.eggs, stall.rice, later):
        await put(store, offer)
    await change(store, "UPDATE streams SET status = 'ended'")
    await trade.all_said(store)
    await store.write(carts.show, actor=ANN, now=NOON)
    said = "SELECT json_extract(params, '$.gone') FROM outbox WHERE state = 'queued'"
    assert await trade.book(store, said) == f"{stall.eggs},{stall.rice}"
    assert await held(store) == [(later, 1, PRICE)]
    await trade.all_said(store)
    await store.write(carts.show, actor=ANN, now=NOON)
    assert await trade.book(store, said) is None


@pytest.mark.parametrize("sql", ["_LINES", "_COUNT", "_CARTED", "_REMOVE", "_TAKE_OUT", "_OF_OVER", "_ACCEPT"])
async def test_a_cart_is_found_by_its_person(store: Store, sql: str) -> None:
    values = {"person": ANN, "offer": 1, "quantity": 1, "price": 1}
    assert_no_scan(store.path, getattr(carts, sql), **values)
