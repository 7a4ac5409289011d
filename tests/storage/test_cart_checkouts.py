"""Ordering what is in a cart: all of a stream or what is in order, one order, and only then it leaves the cart."""

from dataclasses import replace

import pytest

from storage import addresses, carts, checkouts, destinations, dialogs, endings, orders
from storage.checkouts import AlreadyPlaced, NotInOrder, Placed
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.people import NotFound
from storage.quotes import Wish
from storage.store import Refused, Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN
from tests.storage.trade import POLICY, PRICE


async def put(store: Store, offer: int, quantity: int = 1) -> None:
    await store.write(carts.add, actor=ANN, offer_id=offer, quantity=quantity, now=NOON)


async def held(store: Store) -> list[tuple[int, int, int]]:
    """(offer, quantity, price) of every line of Ann's."""
    found = await store.read(carts.wishes, ANN)
    return [(wish.offer_id, wish.quantity, wish.price) for wish in found]


async def check_out(store: Store, stream: int, *, rest: bool = False, actor: int = ANN) -> object:
    return await store.write(
        checkouts.begin_cart,
        actor=actor,
        stream_id=stream,
        first_step="recipient",
        summary_step="summary",
        rest=rest,
        now=NOON,
    )


async def place(store: Store, checkout: int, actor: int = ANN) -> object:
    return await store.write(
        checkouts.place, actor=actor, checkout=checkout, terms="v1", method="Pay", policy=POLICY, now=NOON
    )


def test_a_refusal_undoes_what_was_begun() -> None:
    assert issubclass(NotInOrder, Refused)


async def test_a_checkout_takes_every_line_of_the_stream_and_only_then_they_leave(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    await put(store, stall.rice, 3)
    dialog = await check_out(store, stall.stream)
    assert isinstance(dialog, Dialog)
    assert (dialog.kind, dialog.step) == ("checkout", "summary")
    assert len(await held(store)) == 2
    placed = await place(store, dialog.id)
    assert isinstance(placed, Placed)
    order = await store.read(orders.view, placed.order_id)
    assert order is not None
    assert [(line.offer_id, line.quantity, line.unit_price) for line in order.lines] == [
        (stall.eggs, 2, PRICE),
        (stall.rice, 3, 1000),
    ]
    assert order.total == 2 * PRICE + 3 * 1000
    assert await held(store) == []
    assert await place(store, dialog.id) == AlreadyPlaced(order_id=placed.order_id)
    assert await trade.book(store, "SELECT count(*) FROM orders") == 1
    await trade.assert_books_agree(store)


async def test_a_line_changed_since_the_checkout_began_stays_in_the_cart(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    await put(store, stall.rice, 3)
    dialog = await check_out(store, stall.stream)
    assert isinstance(dialog, Dialog)
    await put(store, stall.rice, 1)
    assert isinstance(await place(store, dialog.id), Placed)
    assert await held(store) == [(stall.rice, 4, 1000)]


async def test_order_now_leaves_the_cart_alone(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    await store.write(trade.place, ANN, (stall.eggs, 2))
    assert await held(store) == [(stall.eggs, 2, PRICE)]


async def test_a_checkout_with_something_out_of_order_is_refused_and_the_rest_can_be_had(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    await put(store, stall.rice, 3)
    await store.write(lambda tx: tx.run("UPDATE offers SET price = price + 1 WHERE id = :id", id=stall.rice))
    assert await check_out(store, stall.stream) == NotInOrder()
    dialog = await check_out(store, stall.stream, rest=True)
    assert isinstance(dialog, Dialog)
    assert checkouts.wishes(dialog) == [Wish(offer_id=stall.eggs, quantity=2, price=PRICE)]
    await place(store, dialog.id)
    assert await held(store) == [(stall.rice, 3, 1000)]
    assert await check_out(store, stall.stream, rest=True) == NotInOrder()
    assert await check_out(store, 999) == NotFound()
    assert await check_out(store, stall.stream, actor=BEN) == NotFound()


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE offers SET quantity = 2 WHERE id = :rice",
        "UPDATE offers SET price = 999 WHERE id = :rice",
        "UPDATE offers SET limit_per_buyer = 1 WHERE id = :rice",
        "UPDATE streams SET status = 'ended'",
    ],
    ids=["fewer left", "price", "limit", "stream over"],
)
async def test_if_one_line_fails_nothing_is_placed_and_the_cart_stays(store: Store, meanwhile: str) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    await put(store, stall.rice, 3)
    dialog = await check_out(store, stall.stream)
    assert isinstance(dialog, Dialog)
    await store.write(lambda tx: tx.run(meanwhile, rice=stall.rice))
    assert isinstance(await place(store, dialog.id), Refused)
    assert len(await held(store)) == 2
    assert await trade.book(store, "SELECT count(*) FROM orders") == 0
    assert await trade.book(store, "SELECT sum(taken) FROM offers") == 0
    assert await store.read(dialogs.view, dialog.id) == dialog


async def test_one_order_is_of_one_stream(store: Store) -> None:
    stall = await store.write(trade.stall)

    def another_stream(tx: Tx) -> tuple[int, int]:
        other = seed.stream(tx, "NIGHT")
        return other, seed.offer(tx, other, seed.product(tx, stall.egg_farm, "TEA"))

    night, tea = await store.write(another_stream)
    for offer in (stall.eggs, tea):
        await put(store, offer)
    dialog = await check_out(store, night)
    assert isinstance(dialog, Dialog)
    await place(store, dialog.id)
    assert await held(store) == [(stall.eggs, 1, PRICE)]
    assert await trade.book(store, "SELECT stream_id FROM orders") == night


async def test_a_checkout_of_the_cart_survives_the_address_questions(store: Store) -> None:
    stall = await store.write(trade.stall)
    await store.write(lambda tx: tx.run("UPDATE addresses SET replaced_at = 1"))
    await put(store, stall.eggs, 2)
    dialog = await check_out(store, stall.stream)
    assert isinstance(dialog, Dialog)
    assert dialog.step == "recipient"
    answered = replace(dialog, data={**dialog.data, "recipient": "Li Hua"})
    given = await store.write(
        destinations.give_address, actor=ANN, dialog=answered, address=trade.HOME, summary_step="summary", now=NOON
    )
    assert isinstance(given, Dialog)
    assert isinstance(await place(store, given.id), Placed)
    assert await held(store) == []


async def test_what_a_cancelled_order_took_does_not_come_back_into_the_cart(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    dialog = await check_out(store, stall.stream)
    assert isinstance(dialog, Dialog)
    placed = await place(store, dialog.id)
    assert isinstance(placed, Placed)
    await store.write(endings.cancel, actor=ANN, order_id=placed.order_id, now=NOON)
    assert await held(store) == []
    assert await trade.free(store, stall.eggs) == 10


async def test_somebody_elses_checkout_empties_nobodys_cart(store: Store) -> None:
    stall = await store.write(trade.stall)
    await put(store, stall.eggs, 2)
    dialog = await check_out(store, stall.stream)
    assert isinstance(dialog, Dialog)
    await store.write(lambda tx: addresses.save(tx, actor=BEN, address=trade.HOME, now=NOON))
    assert await place(store, dialog.id, actor=BEN) == NotFound()
    assert len(await held(store)) == 1
