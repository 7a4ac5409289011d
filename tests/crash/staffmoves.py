"""What hosts, cashiers, suppliers and the clock do at the fair."""

from collections.abc import Callable

from shop.delivery import Tariff
from shop.discounts import Step
from shop.wanted import Line
from storage import (
    buyers,
    calloffs,
    claiming,
    claims,
    decisions,
    desks,
    endings,
    lapses,
    lots,
    payments,
    refunds,
    shipments,
    specials,
    streams,
    tariffs,
)
from storage.connection import Tx
from tests.crash.fair import RULES, At, move
from tests.storage.seed import CASHIER, HOST, OTHER_HOST, OWNER
from tests.storage.trade import OTHER_CASHIER, POLICY


def host(at: At) -> int:
    return HOST if at.flag else OTHER_HOST


def cashier(at: At) -> int:
    return CASHIER if at.flag else OTHER_CASHIER


# -- Hosts --------------------------------------------------------------------------------------------------


@move(2, stock_only=True)
async def restocks(at: At) -> None:
    offer = await at.offer()
    await at.act(lots.restock, actor=host(at), offer_id=offer.id, more=at.packs)


@move(2, stock_only=True)
async def sets_the_quantity(at: At) -> None:
    """To a few more than are taken, or fewer; now and then to no limit."""
    offer = await at.offer()
    wanted = None if at.move.pick == 7 and at.flag else max(0, offer.taken + 2 * at.packs - 3)
    await at.act(lots.set_quantity, actor=host(at), offer_id=offer.id, quantity=wanted, was=offer.quantity)


@move(2, stock_only=True)
async def sets_the_fee(at: At) -> None:
    """Of whoever supplies it; orders that stand keep theirs. With the flag large parcels are free."""
    offer = await at.offer()
    tariff = Tariff(fee=100 * at.packs, free_from=4000 if at.flag else None)
    await at.act(tariffs.change, actor=host(at), supplier_id=offer.supplier_id, tariff=tariff)


@move(1, stock_only=True)
async def sets_the_price(at: At) -> None:
    offer = await at.offer()
    await at.act(lots.set_price, actor=host(at), offer_id=offer.id, price=300 * at.packs + 1, was=offer.price)


@move(2, stock_only=True)
async def starts_a_flash_price(at: At) -> None:
    offer = await at.offer()
    price = offer.price * 2 // 3
    await at.act(
        specials.start_flash, actor=host(at), offer_id=offer.id, price=price, minutes=10 * at.packs, quantity=at.packs
    )


@move(stock_only=True)
async def stops_the_flash_price(at: At) -> None:
    offer = await at.offer()
    await at.act(specials.stop_flash, actor=host(at), offer_id=offer.id)


@move(stock_only=True)
async def sets_steps(at: At) -> None:
    offer = await at.offer()
    steps = [Step(quantity=2, price=offer.price * 2 - at.packs)]
    await at.act(specials.set_steps, actor=host(at), offer_id=offer.id, wanted=steps)


@move(stock_only=True)
async def writes_an_order_down(at: At) -> None:
    offer = await at.offer()
    await at.act(
        claiming.write_down,
        actor=host(at),
        buyer=at.speaker,
        stream_id=offer.stream_id,
        lines=[Line(code=offer.code, quantity=at.packs)],
        rules=RULES,
    )


@move()
async def calls_an_order_off(at: At) -> None:
    order = await at.one("SELECT id FROM orders")
    await at.act(calloffs.cancel_by_stall, actor=host(at), order_id=order or 0, reason="no_goods")


@move(stock_only=True)
async def blocks_a_buyer_or_lets_them(at: At) -> None:
    await at.act(buyers.block if at.flag else buyers.allow, actor=HOST, person=at.person)


@move()
async def turns_a_stream(at: At) -> None:
    """Live, ended or called off: rarely, for then little is left to do."""
    turns: dict[int, Callable[..., object]] = {1: streams.go_live, 2: streams.end, 3: desks.call_off}
    if at.move.pick == 0 and at.packs in turns:
        await at.act(turns[at.packs], actor=HOST, stream_id=1 if at.flag else 2)


# -- Cashiers -----------------------------------------------------------------------------------------------


@move(5)
async def confirms(at: At) -> None:
    payment = await at.one("SELECT id FROM payments WHERE status = 'submitted'")
    await at.act(payments.confirm, actor=cashier(at), payment_id=payment or 0)


@move()
async def rejects(at: At) -> None:
    payment = await at.one("SELECT id FROM payments WHERE status = 'submitted'")
    await at.act(payments.reject, actor=cashier(at), payment_id=payment or 0, reason="other", policy=POLICY)


@move(3)
async def decides_a_request(at: At) -> None:
    request = await at.one("SELECT id FROM change_requests WHERE status = 'open'")
    if at.packs > 1:
        await at.act(decisions.agree, actor=cashier(at), request_id=request or 0)
    else:
        await at.act(decisions.decline, actor=cashier(at), request_id=request or 0, reason="sent")


@move()
async def repays(at: At) -> None:
    refund = await at.one("SELECT id FROM refunds WHERE status = 'owed'")
    await at.act(refunds.repay, actor=cashier(at), refund_id=refund or 0)


# -- Suppliers ----------------------------------------------------------------------------------------------


@move(2)
async def moves_a_parcel_on(at: At) -> None:
    parcel = await at.one("SELECT id FROM shipments WHERE status IN ('requested', 'accepted')")
    if at.packs == 1:
        await at.act(shipments.accept, actor=OWNER, shipment_id=parcel or 0)
    elif at.packs == 2:
        await at.act(shipments.fail, actor=OWNER, shipment_id=parcel or 0)
    else:
        await at.act(shipments.ship, actor=OWNER, shipment_id=parcel or 0, carrier=None, tracking=None)


# -- The clock ----------------------------------------------------------------------------------------------


@move(2)
async def the_clock_works(at: At) -> None:
    """One look of the clock, in the middle of everything else."""

    def act(tx: Tx, now: int) -> None:
        endings.expire_due(tx, now=now)
        claims.release_due(tx, now=now)
        lapses.pass_on_due(tx, now=now)
        endings.remind_unpaid(tx, now=now)
        specials.close_due(tx, now=now)

    await at.act(act)
