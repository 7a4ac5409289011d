"""Where one part of the trade meets another: moved dates with delivery and codes, words with open orders, and a clock
that is set right."""

from shop.coupons import Terms
from shop.delivery import Tariff
from shop.orders import OrderStatus
from storage import (
    additions,
    addresses,
    checkouts,
    choices,
    claims,
    decisions,
    delays,
    destinations,
    dialogs,
    discounts,
    lapses,
    orders,
    pauses,
    recount,
    refunds,
    reports,
    requests,
    salesboard,
    setback,
    shipments,
    streams,
)
from storage.checkouts import Placed
from storage.choices import Chosen
from storage.clock import HOUR
from storage.connection import Tx
from storage.delays import Choice, Tally
from storage.orders import Order
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.presale import LATER, WINDOW, ask_all, moved, opened, sold_out
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OWNER
from tests.storage.test_claims import place as group_of
from tests.storage.test_claims import say
from tests.storage.test_coupons import make, order_with
from tests.storage.test_deliveries import a_point, charge, picked_up
from tests.storage.trade import POLICY, Stall


async def seen(store: Store, order: int) -> Order:
    found = await store.read(orders.view, order)
    assert found is not None
    return found


async def assert_fits(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []
    assert await store.read(lambda tx: list(discounts.recount(tx))) == []


def moves(tx: Tx, offer: int) -> None:
    """A presale ships later, and its buyers are asked."""
    moved(tx, offer)
    ask_all(tx)


async def choose(store: Store, buyer: int, order: int, choice: Choice, delay: int = 1) -> object:
    return await store.write(choices.choose, actor=buyer, delay_id=delay, order_id=order, choice=choice, now=NOON)


async def test_the_buyers_of_a_date_moved_by_a_clock_that_was_ahead_are_asked_once_it_is_right(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=20)
        trade.buy(tx, BEN, (offer, 2))
        moved(tx, offer, now=NOON + HOUR)

    await store.write(act)
    assert await store.read(setback.is_needed, NOON)
    assert await store.write(setback.put_right, now=NOON) == 1
    await store.write(ask_all)
    assert (await store.read(delays.tally, 1)).silent == 1
    assert not await store.read(setback.is_needed, NOON)


def with_free_rice(tx: Tx) -> tuple[Stall, int]:
    """Ben's unpaid order of a presale that has moved, and of rice that a code has made free."""
    stall = sold_out(tx)
    offer = opened(tx, stall.eggs, quantity=20)
    make(tx, Terms(code="FREERICE", percent=100, products=("RICE",)))
    placed = order_with(tx, BEN, "FREERICE", (offer, 2), (stall.rice, 1))
    assert isinstance(placed, Placed), placed
    moves(tx, offer)
    return stall, placed.order_id


async def test_an_unpaid_order_of_which_only_free_goods_are_left_is_paid(store: Store) -> None:
    _, order = await store.write(with_free_rice)
    assert isinstance(await choose(store, BEN, order, Choice.REFUND), Chosen)
    left = await seen(store, order)
    assert (left.total, left.status) == (0, OrderStatus.PAID)
    assert len(left.shipments) == 1
    await assert_fits(store)


async def test_free_goods_that_others_have_paid_for_meanwhile_end_the_order(store: Store) -> None:
    def act(tx: Tx) -> int:
        stall = sold_out(tx)
        trade.first_paid(tx, stall.rice)
        offer = opened(tx, stall.eggs, quantity=20)
        make(tx, Terms(code="FREERICE", percent=100, products=("RICE",)))
        placed = order_with(tx, BEN, "FREERICE", (offer, 2), (stall.rice, 1))
        assert isinstance(placed, Placed), placed
        trade.buy(tx, ANN, (stall.rice, 10))
        moves(tx, offer)
        return placed.order_id

    order = await store.write(act)
    assert isinstance(await choose(store, BEN, order, Choice.REFUND), Chosen)
    assert await trade.status(store, order) == "cancelled"
    await assert_fits(store)


async def test_a_part_refunded_takes_its_delivery_with_it_and_all_figures_agree(store: Store) -> None:
    stall = await store.write(sold_out)
    await charge(store, stall.egg_farm, Tariff(fee=500))
    await charge(store, stall.rice_farm, Tariff(fee=300))
    offer = await store.write(lambda tx: opened(tx, stall.eggs, quantity=20))
    order = await store.write(lambda tx: trade.buy(tx, BEN, (offer, 2), (stall.rice, 1)))
    await store.write(lambda tx: moves(tx, offer))
    done = await choose(store, BEN, order, Choice.REFUND)
    assert isinstance(done, Chosen)
    refund = await store.read(refunds.view, done.refund_id or 0)
    assert refund is not None
    assert refund.amount == 7700
    left = await seen(store, order)
    assert (left.delivery_fee, left.total) == (300, 1300)
    report = await store.read(reports.view, stall.stream)
    board = await store.read(salesboard.view, stall.stream)
    assert report is not None
    assert (report.turnover, report.delivery) == (board.paid, 300) == (1300, 300)
    await assert_fits(store)
    parcel = await store.read(lambda tx: trade.parcels(tx, order)[stall.rice_farm])
    await store.write(trade.send, parcel)
    await store.write(lambda tx: shipments.receive(tx, actor=BEN, shipment_id=parcel, now=NOON))
    assert await trade.status(store, order) == "completed"
    await assert_fits(store)


async def test_what_was_ordered_at_the_new_date_stays_when_the_older_lines_are_given_back(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, int]:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=20)
        order = trade.place(tx, BEN, (offer, 2))
        moves(tx, offer)
        more = trade.checkout(tx, BEN, (offer, 3))
        added = additions.add(tx, actor=BEN, checkout=more, order_id=order, terms="v1", policy=POLICY, now=NOON)
        assert isinstance(added, additions.Added), added
        return offer, order

    _, order = await store.write(act)
    asked = await store.read(choices.view, 1, order, BEN)
    assert asked is not None
    assert [line.quantity for line in asked.lines] == [2]
    assert isinstance(await choose(store, BEN, order, Choice.REFUND), Chosen)
    left = await seen(store, order)
    assert [line.quantity for line in left.lines] == [3]
    assert await store.read(delays.tally, 1) == Tally(keep=0, refund=1, silent=0)
    await assert_fits(store)


async def test_words_of_a_first_paid_offer_are_over_once_they_are_in_the_open_order(store: Store) -> None:
    stall, group = await store.write(group_of, 5)
    await store.write(trade.first_paid, stall.eggs)
    order = await store.write(trade.place, ANN, (stall.rice, 1))
    await store.write(lambda tx: say(tx, ANN, group, ("EGG", 2)))
    asked = await store.read(dialogs.of, ANN)
    assert asked is not None
    assert "claim" in asked.data
    added = await store.write(
        additions.add, actor=ANN, checkout=asked.id, order_id=order, terms="v1", policy=POLICY, now=NOON
    )
    assert isinstance(added, additions.Added), added
    assert await store.read(claims.live, ANN, stall.stream) is None
    await assert_fits(store)


async def test_what_is_left_out_of_an_order_in_words_is_free_at_once(store: Store) -> None:
    stall, group = await store.write(group_of, 5)
    await store.write(lambda tx: say(tx, ANN, group, ("EGG", 2), ("RICE", 1)))
    entry = await store.write(
        lambda tx: (trade.place(tx, BEN, (stall.eggs, 3)), trade.wait(tx, CAI, stall.eggs, 2))[1]
    )
    asked = await store.read(dialogs.of, ANN)
    assert asked is not None
    left = await store.write(
        destinations.leave_out,
        actor=ANN,
        checkout=asked.id,
        supplier_id=stall.egg_farm,
        summary_step="summary",
        now=NOON,
    )
    assert isinstance(left, dialogs.Dialog), left
    assert (await store.read(trade.entry, entry)).held == 2
    placed = await store.write(
        checkouts.place, actor=ANN, checkout=asked.id, terms="v1", method="Pay", policy=POLICY, now=NOON
    )
    assert isinstance(placed, Placed), placed
    assert await store.read(claims.live, ANN, stall.stream) is None
    await assert_fits(store)


async def test_a_presale_added_by_words_in_the_middle_of_the_address_is_shown_anew_if_its_date_moves(
    store: Store,
) -> None:
    def act(tx: Tx) -> tuple[int, int]:
        stall, group = group_of(tx, 5)
        rice = tx.value("SELECT product_id FROM offers WHERE id = :id", id=stall.rice)
        tx.run("DELETE FROM addresses WHERE person_id = :ann", ann=ANN)
        say(tx, ANN, group, ("EGG", 1))
        tx.run(
            "UPDATE offers SET availability = 'presale', ships_from = :first, ships_until = :last,"
            " closes_at = :first WHERE product_id = :rice",
            first=WINDOW.from_ms,
            last=WINDOW.until_ms,
            rice=rice,
        )
        say(tx, ANN, group, ("RICE", 1))
        addresses.save(tx, actor=ANN, address=trade.HOME, now=NOON)
        asked = dialogs.of(tx, ANN)
        assert asked is not None
        dialogs.advance(tx, dialog=asked, step="summary", data=asked.data, now=NOON, silent=True)
        was = WINDOW.until_ms
        delays.move(tx, actor=HOST, offer_id=stall.rice, window=LATER, was_until=was, now=NOON)
        return asked.id, len(asked.data["lines"])

    checkout, goods = await store.write(act)
    assert goods == 2
    outcome = await store.write(
        checkouts.place, actor=ANN, checkout=checkout, terms="v1", method="Pay", policy=POLICY, now=NOON
    )
    assert outcome == checkouts.Postponed(checkout=checkout)


async def test_a_pick_up_of_a_presale_keeps_its_number_when_a_part_goes(store: Store) -> None:
    stall = await store.write(sold_out)
    offer = await store.write(lambda tx: opened(tx, stall.eggs, quantity=20))
    point = await a_point(store)
    placed = await picked_up(store, point, (offer, 2), (stall.rice, 1), buyer=BEN)
    await store.write(lambda tx: trade.pay(tx, BEN, placed.order_id))
    await store.write(lambda tx: moves(tx, offer))
    assert isinstance(await choose(store, BEN, placed.order_id, Choice.REFUND), Chosen)
    left = await seen(store, placed.order_id)
    assert (left.pickup_number, left.total) == (1, 1000)
    await assert_fits(store)


async def test_a_supplier_who_fails_the_rest_owes_what_is_left(store: Store) -> None:
    stall = await store.write(sold_out)
    await charge(store, stall.egg_farm, Tariff(fee=500))
    await charge(store, stall.rice_farm, Tariff(fee=300))
    offer = await store.write(lambda tx: opened(tx, stall.eggs, quantity=20))
    order = await store.write(lambda tx: trade.buy(tx, BEN, (offer, 2), (stall.rice, 1)))
    await store.write(lambda tx: moves(tx, offer))
    parcels = await store.read(trade.parcels, order)
    await store.write(lambda tx: shipments.fail(tx, actor=OWNER, shipment_id=parcels[stall.rice_farm], now=NOON))
    assert isinstance(await choose(store, BEN, order, Choice.REFUND), Chosen)
    assert await trade.status(store, order) == "cancelled"
    assert await trade.book(store, "SELECT sum(amount) FROM refunds") == 9000
    await assert_fits(store)


async def test_a_request_to_cancel_is_still_granted_once_a_part_has_been_refunded(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, int]:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=20)
        order = trade.buy(tx, BEN, (offer, 2), (stall.rice, 1))
        asked = requests.ask_cancel(tx, actor=BEN, order_id=order, now=NOON)
        assert isinstance(asked, requests.Asked), asked
        moves(tx, offer)
        return order, asked.request_id

    order, request = await store.write(act)
    assert isinstance(await choose(store, BEN, order, Choice.REFUND), Chosen)
    done = await store.write(decisions.agree, actor=CASHIER, request_id=request, now=NOON)
    assert isinstance(done, decisions.Agreed), done
    assert await trade.status(store, order) == "cancelled"
    assert await trade.book(store, "SELECT sum(amount) FROM refunds") == 8200
    await assert_fits(store)


async def test_a_request_about_nothing_but_what_was_refunded_is_over(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, int]:
        stall = sold_out(tx)
        offer = opened(tx, stall.eggs, quantity=20)
        order = trade.buy(tx, BEN, (offer, 2), (stall.rice, 1))
        fewer = {trade.lines(tx, order)["EGG"]: 1}
        asked = requests.ask_change(tx, actor=BEN, order_id=order, lines=fewer, now=NOON)
        assert isinstance(asked, requests.Asked), asked
        moves(tx, offer)
        return order, asked.request_id

    order, request = await store.write(act)
    assert isinstance(await choose(store, BEN, order, Choice.REFUND), Chosen)
    done = await store.write(decisions.agree, actor=CASHIER, request_id=request, now=NOON)
    assert done == requests.Settled(request_id=request, status=requests.RequestStatus.WITHDRAWN, by="Person 5002")
    await assert_fits(store)


async def test_who_waits_for_a_presale_that_opens_paused_is_served_when_it_goes_on(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, int, int]:
        stall = sold_out(tx)
        entry = trade.wait(tx, BEN, stall.eggs, 3)
        paused = pauses.pause_all(tx, actor=HOST, stream_id=stall.stream, now=NOON)
        assert isinstance(paused, pauses.Paused), paused
        offer = opened(tx, stall.eggs, quantity=20)
        return stall.stream, entry, offer

    stream, entry, offer = await store.write(act)
    assert (await store.read(trade.entry, entry)).status == "waiting"
    await store.write(streams.end, actor=HOST, stream_id=stream, now=NOON)
    assert await store.write(lapses.tidy, now=NOON) == 0
    resumed = await store.write(pauses.resume_all, actor=HOST, stream_id=stream, now=NOON)
    assert isinstance(resumed, pauses.Resumed), resumed
    held = await store.read(trade.entry, entry)
    assert (held.status, held.offer_id, held.held) == ("offered", offer, 3)
    await assert_fits(store)
