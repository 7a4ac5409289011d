"""Selling paused: by hosts only, refused wherever something would be ordered, and nothing that stands is touched."""

import pytest

from shop.offers import Standing
from shop.waitlist import Mode
from shop.wanted import Line
from storage import (
    additions,
    amendments,
    carts,
    checkouts,
    claiming,
    endings,
    groups,
    offers,
    pauses,
    payments,
    streams,
    waiting,
)
from storage.clock import MINUTE
from storage.connection import Tx
from storage.pauses import AlreadySo, Paused, Resumed
from storage.people import NotAllowed, NotFound
from storage.quotes import NotOpen, Wish
from storage.store import Store
from storage.streams import OutOfTurn
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OWNER
from tests.storage.trade import POLICY


@pytest.fixture
async def stall(store: Store) -> trade.Stall:
    return await store.write(lambda tx: trade.stall(tx, eggs=5, status="live"))


async def pause(store: Store, offer: int, *, actor: int = HOST) -> object:
    return await store.write(pauses.pause, actor=actor, offer_id=offer, now=NOON)


async def resume(store: Store, offer: int) -> object:
    return await store.write(pauses.resume, actor=HOST, offer_id=offer, now=NOON)


async def standing(store: Store, offer: int) -> Standing:
    found = await store.read(offers.view, offer)
    assert found is not None
    return found.standing(NOON)


async def test_only_hosts_pause_and_only_what_is_on_sale(store: Store, stall: trade.Stall) -> None:
    assert await pause(store, stall.eggs, actor=ANN) == NotAllowed()
    assert await pause(store, 99) == NotFound()
    assert await store.write(pauses.resume, actor=CASHIER, offer_id=stall.eggs, now=NOON) == NotAllowed()
    assert await store.write(pauses.pause_all, actor=ANN, stream_id=stall.stream, now=NOON) == NotAllowed()
    assert await store.write(pauses.resume_all, actor=ANN, stream_id=stall.stream, now=NOON) == NotAllowed()
    assert await store.write(pauses.pause_all, actor=OWNER, stream_id=99, now=NOON) == NotFound()
    await store.write(streams.end, actor=HOST, stream_id=stall.stream, now=NOON)
    assert isinstance(await pause(store, stall.eggs), OutOfTurn)
    assert isinstance(await store.write(pauses.pause_all, actor=HOST, stream_id=stall.stream, now=NOON), OutOfTurn)


async def test_a_second_time_finds_it_done_and_changes_nothing(store: Store, stall: trade.Stall) -> None:
    assert await pause(store, stall.eggs) == Paused(stream_id=stall.stream)
    assert await pause(store, stall.eggs, actor=OWNER) == AlreadySo(stream_id=stall.stream)
    assert await resume(store, stall.eggs) == Resumed(stream_id=stall.stream)
    assert await resume(store, stall.eggs) == AlreadySo(stream_id=stall.stream)


async def test_everything_and_one_product_are_paused_apart(store: Store, stall: trade.Stall) -> None:
    await pause(store, stall.eggs)
    await store.write(pauses.pause_all, actor=HOST, stream_id=stall.stream, now=NOON)
    assert await standing(store, stall.rice) is Standing.PAUSED
    await store.write(pauses.resume_all, actor=HOST, stream_id=stall.stream, now=NOON)
    assert await standing(store, stall.rice) is Standing.OPEN
    assert await standing(store, stall.eggs) is Standing.PAUSED


async def test_nothing_of_it_can_be_ordered_in_any_way(store: Store, stall: trade.Stall) -> None:
    wish = Wish(offer_id=stall.eggs, quantity=1, price=trade.PRICE)
    ready = await store.write(trade.checkout, BEN, (stall.eggs, 1))
    await store.write(carts.add, actor=CAI, offer_id=stall.eggs, quantity=1, now=NOON)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    addition = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    more = await store.write(trade.draft, CAI, await store.write(trade.place, CAI, (stall.eggs, 1)), EGG=2)
    await pause(store, stall.eggs)
    closed = NotOpen(offer_id=stall.eggs)
    assert await store.write(checkouts.begin, actor=ANN, wishes=[wish], now=NOON) == closed
    placed = await store.write(
        checkouts.place, actor=BEN, checkout=ready, terms="v1", method="Pay", policy=POLICY, now=NOON
    )
    assert placed == closed
    added = await store.write(
        additions.add, actor=ANN, checkout=addition, order_id=order, terms="v1", policy=POLICY, now=NOON
    )
    assert added == closed
    assert await store.write(amendments.save, actor=CAI, dialog_id=more, now=NOON) == closed
    assert await store.write(carts.add, actor=BEN, offer_id=stall.eggs, quantity=1, now=NOON) == closed
    cart = await store.write(
        checkouts.begin_cart,
        actor=CAI,
        stream_id=stall.stream,
        first_step="recipient",
        summary_step="summary",
        now=NOON,
    )
    assert isinstance(cart, checkouts.NotInOrder)
    joined = await store.write(waiting.join, actor=BEN, offer_id=stall.eggs, quantity=9, mode=Mode.ANY, now=NOON)
    assert joined == closed
    assert await trade.free(store, stall.eggs) == 3
    assert await trade.book(store, "SELECT count(*) FROM cart_lines") == 1


async def test_words_hold_nothing_of_it(store: Store, stall: trade.Stall) -> None:
    def link(tx: Tx) -> groups.Group:
        linked = groups.link(tx, actor=HOST, chat=-100, title="Friends", code=None, can_read=True, now=NOON)
        assert isinstance(linked, groups.Linked)
        return linked.group

    group = await store.write(link)
    await pause(store, stall.eggs)
    said = await store.write(
        claiming.say, person=ANN, group=group, lines=[Line(code="EGG", quantity=1)], rules=claiming.ClaimRules(),
        below=None, now=NOON,
    )  # fmt: skip
    assert said == claiming.Unheld(refused=(NotOpen(offer_id=stall.eggs),))


async def test_what_stands_is_paid_and_runs_out_in_its_time(store: Store, stall: trade.Stall) -> None:
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    late = await store.write(trade.place, BEN, (stall.eggs, 1))
    claim = await store.write(trade.send_receipt, ANN, order)
    await pause(store, stall.eggs)
    confirmed = await store.write(payments.confirm, actor=CASHIER, payment_id=claim, now=NOON)
    assert isinstance(confirmed, payments.Confirmed)
    assert await trade.status(store, order) == "paid"
    assert await store.write(endings.expire_due, now=NOON + 40 * MINUTE) == 1
    assert await trade.status(store, late) == "expired"


async def test_what_comes_free_is_handed_out_at_resume_and_what_was_held_is_ones_own(
    store: Store, stall: trade.Stall
) -> None:
    first = await store.write(trade.place, ANN, (stall.eggs, 5))
    held = await store.write(trade.wait, BEN, stall.eggs, 5)
    await store.write(
        amendments.save, actor=ANN, dialog_id=await store.write(trade.draft, ANN, first, EGG=4), now=NOON
    )
    assert (await store.read(trade.entry, held)).held == 1
    await pause(store, stall.eggs)
    await store.write(endings.cancel, actor=ANN, order_id=first, now=NOON)
    assert await trade.free(store, stall.eggs) == 4
    assert (await store.read(trade.entry, held)).held == 1
    await store.write(trade.place, BEN, (stall.eggs, 1))
    await resume(store, stall.eggs)
    assert (await store.read(trade.entry, held)).held == 4
    await trade.assert_books_agree(store)
