"""After payment: what a buyer asks for, what a cashier agrees to, what a host cancels; exactly that goes back."""

import pytest

from storage import amendments, calloffs, decisions, erasures, orders, payments, recount, refunds, requests, shipments
from storage.addresses import Address
from storage.calloffs import CalledOff, NothingToCallOff
from storage.connection import Tx
from storage.decisions import Agreed, Declined, TooFar
from storage.people import NotAllowed, NotFound
from storage.requests import AlreadyAsked, Asked, NotPossible, RequestStatus, Settled, Withdrawn
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CASHIER, HOST, OWNER
from tests.storage.trade import OTHER_CASHIER

ELSEWHERE = Address(recipient="Bo", phone="+8613900000000", address="2 Hill Road, Tonggu")


async def bought(store: Store, eggs: int = 4, rice: int = 3) -> tuple[trade.Stall, int]:
    stall = await store.write(trade.stall)
    order = await store.write(trade.buy, ANN, (stall.eggs, eggs), (stall.rice, rice))
    await trade.all_said(store)
    return stall, order


async def ask(store: Store, order: int, **packs: int) -> int:
    def act(tx: Tx) -> Asked | NotFound | AlreadyAsked | NotPossible:
        ids = trade.lines(tx, order)
        wanted = {ids[code]: quantity for code, quantity in packs.items()}
        return requests.ask_change(tx, actor=ANN, order_id=order, lines=wanted, now=NOON)

    asked = await store.write(act)
    assert isinstance(asked, Asked), asked
    return asked.request_id


async def ask_cancel(store: Store, order: int, actor: int = ANN) -> object:
    return await store.write(requests.ask_cancel, actor=actor, order_id=order, now=NOON)


async def agree(store: Store, request: int, actor: int = CASHIER) -> object:
    return await store.write(decisions.agree, actor=actor, request_id=request, now=NOON)


async def decline(store: Store, request: int, actor: int = CASHIER) -> object:
    return await store.write(decisions.decline, actor=actor, request_id=request, reason="packed", now=NOON)


async def host_cancels(store: Store, order: int, reason: str = "no_goods", actor: int = HOST) -> object:
    return await store.write(calloffs.cancel_by_stall, actor=actor, order_id=order, reason=reason, now=NOON)


async def owed(store: Store, order: int) -> int:
    return await store.read(refunds.promised, order)


async def parcel_of(store: Store, order: int, supplier: int) -> int:
    return (await store.read(trade.parcels, order))[supplier]


async def assert_all_adds_up(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(recount.orders) == []


async def test_agreeing_to_fewer_packs_gives_back_those_units_and_owes_that_money(store: Store) -> None:
    stall, order = await bought(store)
    request = await ask(store, order, EGG=1)
    assert [who for kind, who in await trade.kinds_told(store) if kind == "request_card"] == [CASHIER, OTHER_CASHIER]
    agreed = await agree(store, request)
    assert isinstance(agreed, Agreed)
    assert await owed(store, order) == 3 * trade.PRICE
    assert (await trade.free(store, stall.eggs), await trade.free(store, stall.rice)) == (9, 7)
    told = await trade.kinds_told(store)
    assert ("request_settled", ANN) in told
    assert ("shipment_changed", trade.SUPPLIER) in told
    await assert_all_adds_up(store)


async def test_the_first_decision_wins_and_the_second_changes_nothing(store: Store) -> None:
    _, order = await bought(store)
    request = await ask(store, order, EGG=1)
    await agree(store, request)
    assert await agree(store, request, OTHER_CASHIER) == Settled(
        request_id=request, status=RequestStatus.AGREED, by="Person 3001"
    )
    assert isinstance(await decline(store, request), Settled)
    assert await owed(store, order) == 3 * trade.PRICE
    await assert_all_adds_up(store)


async def test_taking_out_one_suppliers_lines_calls_its_parcel_off_and_the_other_goes_on(store: Store) -> None:
    stall, order = await bought(store)
    rice = await parcel_of(store, order, stall.rice_farm)
    await store.write(shipments.accept, actor=OWNER, shipment_id=rice, now=NOON)
    await agree(store, await ask(store, order, RICE=0))
    parcel = await store.read(shipments.view, rice)
    assert parcel is not None
    assert parcel.is_called_off
    assert await trade.status(store, order) == "paid"
    eggs = await parcel_of(store, order, stall.egg_farm)
    await store.write(trade.send, eggs)
    await store.write(shipments.receive, actor=ANN, shipment_id=eggs, now=NOON)
    assert await trade.status(store, order) == "completed"
    assert await owed(store, order) == 3000
    await assert_all_adds_up(store)


async def test_cancelling_whole_gives_everything_back_with_the_fee(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1), (stall.rice, 1))
    await store.write(
        lambda tx: tx.run("UPDATE orders SET delivery_fee = 800, total = total + 800 WHERE id = :o", o=order)
    )
    await store.write(lambda tx: tx.run("UPDATE order_deliveries SET fee = 400 WHERE order_id = :o", o=order))
    await store.write(trade.pay, ANN, order)
    asked = await ask_cancel(store, order)
    assert isinstance(asked, Asked)
    await agree(store, asked.request_id)
    assert await trade.status(store, order) == "cancelled"
    assert await owed(store, order) == trade.PRICE + 1000 + 800
    assert (await trade.free(store, stall.eggs), await trade.free(store, stall.rice)) == (10, 10)
    await assert_all_adds_up(store)


async def test_what_has_left_meanwhile_can_only_be_declined(store: Store) -> None:
    stall, order = await bought(store)
    asked = await ask_cancel(store, order)
    assert isinstance(asked, Asked)
    await store.write(trade.send, await parcel_of(store, order, stall.egg_farm))
    assert await agree(store, asked.request_id) == TooFar(request_id=asked.request_id)
    assert await owed(store, order) == 0
    assert await decline(store, asked.request_id) == Declined(request_id=asked.request_id)
    # What is still there can be asked for again.
    again = await ask_cancel(store, order)
    assert isinstance(again, Asked)
    await agree(store, again.request_id)
    assert await owed(store, order) == 3000
    assert await trade.status(store, order) == "paid"
    await assert_all_adds_up(store)


async def test_one_wish_at_a_time_and_it_can_be_taken_back(store: Store) -> None:
    _, order = await bought(store)
    request = await ask(store, order, EGG=1)
    assert await ask_cancel(store, order) == AlreadyAsked(request_id=request)

    async def withdraw(actor: int) -> object:
        return await store.write(requests.withdraw, actor=actor, request_id=request, now=NOON)

    assert await withdraw(BEN) == NotFound()
    assert await withdraw(ANN) == Withdrawn(request_id=request)
    assert isinstance(await withdraw(ANN), Settled)
    assert isinstance(await agree(store, request), Settled)
    assert await owed(store, order) == 0


async def test_nobody_asks_for_others_or_more_or_before_payment(store: Store) -> None:
    stall, order = await bought(store)
    assert await ask_cancel(store, order, BEN) == NotFound()

    def more(tx: Tx) -> object:
        line = trade.lines(tx, order)["EGG"]
        return requests.ask_change(tx, actor=ANN, order_id=order, lines={line: 9}, now=NOON)

    assert isinstance(await store.write(more), NotPossible)
    unpaid = await store.write(trade.place, ANN, (stall.eggs, 1))
    assert isinstance(await ask_cancel(store, unpaid), NotPossible)


@pytest.mark.parametrize("actor", [ANN, HOST, trade.SUPPLIER])
async def test_only_cashiers_decide(store: Store, actor: int) -> None:
    _, order = await bought(store)
    request = await ask(store, order, EGG=1)
    assert await agree(store, request, actor) == NotAllowed()
    assert await decline(store, request, actor) == NotAllowed()


async def test_another_address_until_a_supplier_accepts(store: Store) -> None:
    stall, order = await bought(store)

    async def elsewhere() -> object:
        return await store.write(requests.ask_address, actor=ANN, order_id=order, address=ELSEWHERE, now=NOON)

    asked = await elsewhere()
    assert isinstance(asked, Asked)
    await agree(store, asked.request_id)
    found = await store.read(orders.view, order)
    assert found is not None
    assert found.address == ELSEWHERE.address
    assert await trade.book(store, "SELECT wanted FROM change_requests") == "{}", "kept in the order, nowhere else"
    waiting = await elsewhere()
    assert isinstance(waiting, Asked)
    eggs = await parcel_of(store, order, stall.egg_farm)
    await store.write(shipments.accept, actor=OWNER, shipment_id=eggs, now=NOON)
    assert await agree(store, waiting.request_id) == TooFar(request_id=waiting.request_id)
    await decline(store, waiting.request_id)
    assert isinstance(await elsewhere(), NotPossible)


async def test_a_wish_lapses_with_the_end_of_its_order(store: Store) -> None:
    stall, order = await bought(store)
    asked = await ask_cancel(store, order)
    assert isinstance(asked, Asked)
    for supplier in (stall.egg_farm, stall.rice_farm):
        parcel = await parcel_of(store, order, supplier)
        await store.write(shipments.fail, actor=OWNER, shipment_id=parcel, now=NOON)
    assert await trade.status(store, order) == "cancelled"
    assert await trade.book(store, "SELECT status FROM change_requests") == "lapsed"
    assert isinstance(await agree(store, asked.request_id), Settled)
    await assert_all_adds_up(store)


async def test_a_host_cancels_an_unpaid_order_with_a_reason(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 4))
    assert await host_cancels(store, order, actor=CASHIER) == NotAllowed()
    assert await host_cancels(store, 987) == NotFound()
    assert await host_cancels(store, order) == CalledOff(order_id=order, refund_id=None)
    assert isinstance(await host_cancels(store, order), NothingToCallOff)
    assert await trade.book(store, "SELECT cancel_reason FROM orders") == "stall: no_goods"
    assert await trade.free(store, stall.eggs) == 10
    assert ("order_cancelled", ANN) in await trade.kinds_told(store)
    await assert_all_adds_up(store)


async def test_a_host_cancels_a_paid_order_and_the_money_is_owed(store: Store) -> None:
    stall, order = await bought(store)
    waiting = await ask(store, order, EGG=1)
    outcome = await host_cancels(store, order, "said: the van of Li broke down")
    assert isinstance(outcome, CalledOff)
    assert await owed(store, order) == 4 * trade.PRICE + 3000
    assert await trade.free(store, stall.rice) == 10
    assert isinstance(await agree(store, waiting), Settled)
    assert ("order_called_off", ANN) in await trade.kinds_told(store)
    noted = "SELECT group_concat(details) FROM audit WHERE action = 'order.cancelled'"
    assert "Li" not in str(await trade.book(store, noted)), "the audit outlives what a host wrote"
    await assert_all_adds_up(store)


async def test_a_host_cancels_what_has_not_left(store: Store) -> None:
    stall, order = await bought(store)
    await store.write(trade.send, await parcel_of(store, order, stall.egg_farm))
    await host_cancels(store, order)
    assert await trade.status(store, order) == "paid"
    assert await owed(store, order) == 3000
    await assert_all_adds_up(store)
    assert isinstance(await host_cancels(store, order), NothingToCallOff)


async def test_a_receipt_under_review_of_a_cancelled_order_becomes_a_refund(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    claim = await store.write(trade.send_receipt, ANN, order)
    await host_cancels(store, order)
    await store.write(payments.confirm, actor=CASHIER, payment_id=claim, now=NOON)
    assert await owed(store, order) == trade.PRICE
    await assert_all_adds_up(store)


async def test_the_worth_of_a_wish_is_what_agreeing_owes(store: Store) -> None:
    _, order = await bought(store)
    request = await ask(store, order, EGG=3, RICE=1)
    wish, found = await store.read(requests.view, request), await store.read(orders.view, order)
    assert wish is not None
    assert found is not None
    expected = amendments.worth(found, wish.lines)
    await agree(store, request)
    assert await owed(store, order) == expected


async def test_an_erased_buyers_wishes_are_blank(store: Store) -> None:
    _, order = await bought(store)
    request = await ask(store, order, EGG=3)
    await decline(store, request)
    await store.write(lambda tx: erasures.masking.order(tx, order, NOON))
    assert await trade.book(store, "SELECT wanted FROM change_requests") == "{}"


async def test_requests_are_found_by_index(store: Store) -> None:
    await store.write(trade.stall)
    assert_no_scan(store.path, requests._OPEN_OF, order=1)
    assert_no_scan(store.path, requests._WAITING, limit=9)
    assert_no_scan(store.path, requests._LINES, order=1)
    assert_no_scan(store.path, requests._REQUEST, id=1)
