"""Goods of an order called off after payment, before they leave: units back, money owed, suppliers told.

Owns no table. Who may ask for it is in `requests`; agreeing, and the host's own `Cancel order`, end here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shop.orders import OrderStatus
from shop.shipments import ShipmentStatus
from storage import (
    amendments,
    audit,
    discounts,
    endings,
    orders,
    outbox,
    refunds,
    requests,
    roles,
    shipments,
    waitlist,
)
from storage.connection import Tx
from storage.orders import Order
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

# What a host may say by a button; anything else is said in the host's own words, after `endings.SAID`.
REASONS = ("no_goods", "address", "agreed")
MOST_SAID = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledOff:
    """The order, or what of it had not left yet, is cancelled; `refund` is owed for it, None if nothing was paid."""

    order_id: int
    refund_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToCallOff(Refused):
    """The order is over, or everything has left."""

    order_id: int
    status: OrderStatus


_CANCEL_PAID = """
    UPDATE orders SET status = 'cancelled', cancelled_at = :now, cancelled_by = :actor, cancel_reason = :reason
    WHERE id = :id AND status = 'paid'
"""
_END_PARCEL = """
    UPDATE shipments SET status = 'failed', called_off_at = :now, ended_at = :now
    WHERE id = :id AND status IN ('requested', 'accepted')
"""


def call_off(
    tx: Tx,
    order: Order,
    quantities: Mapping[int, int],
    *,
    actor: int,
    reason: str,
    now: int,
    owed_for: str = "called_off",
) -> int | None:
    """Leave a paid order `quantities` packs by line id; lines not named stay. Returns the refund that is owed.

    Every line named is of a parcel that has not left (`requests.movable`), and has more packs than stay: the caller
    has made sure of both. Gives back exactly those units, and owes exactly what they cost the buyer; with the last
    line, everything that is left of the money.
    """
    failed = {parcel.supplier_id for parcel in order.shipments if parcel.status is ShipmentStatus.FAILED}
    live = [line for line in order.lines if line.supplier_id not in failed]
    for line in live:
        less = line.quantity - quantities.get(line.id, line.quantity)
        if less:
            waitlist.give_back(tx, line.offer_id, order.id, less, now, "called off")
    left = [line for line in live if quantities.get(line.id, line.quantity)]
    money = order.confirmed - refunds.promised(tx, order.id)
    if left:
        money = min(money, amendments.rewrite(tx, order.id, quantities))
    else:
        tx.run(_CANCEL_PAID, id=order.id, actor=actor, reason=reason, now=now)
        discounts.give_back(tx, order.id)
        audit.note(tx, actor, "order.cancelled", f"order:{order.id}", now, reason=endings.without_words(reason))
    refund = refunds.owe(tx, order.id, money, owed_for, now)
    touched = {line.supplier_id for line in order.lines if line.id in quantities}
    stay = {line.supplier_id for line in left}
    for parcel in order.shipments:
        if parcel.supplier_id in touched and parcel.status in requests.NOT_SENT:
            if parcel.supplier_id not in stay:
                tx.run(_END_PARCEL, id=parcel.id, now=now)
            shipments.tell_changed(tx, parcel.id, now)
    shipments.settle_order(tx, order.id, now)
    endings.refresh_card(tx, order.id, now)
    return refund


def cancel_by_stall(
    tx: Tx, *, actor: int, order_id: int, reason: str, now: int, anchor: int | None = None
) -> CalledOff | NotAllowed | NotFound | NothingToCallOff:
    """A host cancels a buyer's order and says why: what is unpaid ends, what is paid and has not left is refunded.

    `reason` is one of REASONS or the host's own words after `endings.SAID`.
    """
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    order = orders.view(tx, order_id)
    if order is None:
        return NotFound()
    why = endings.BY_STALL + reason
    refund = None
    if order.status is OrderStatus.PENDING:
        endings.cancel_unpaid(tx, order_id, actor, why, now)
        endings.refresh_card(tx, order_id, now)
        outbox.tell(tx, order.buyer_id, "order_cancelled", now=now, lane=Lane.ORDER, order=order_id)
    else:
        lines = requests.movable(order) if order.status is OrderStatus.PAID else {}
        if not lines:
            return NothingToCallOff(order_id=order_id, status=order.status)
        refund = call_off(tx, order, dict.fromkeys(lines, 0), actor=actor, reason=why, now=now)
        requests.lapse(tx, order_id, now)
        if orders.status_of(tx, order_id) is not OrderStatus.CANCELLED:
            audit.note(tx, actor, "order.called_off", f"order:{order_id}", now, reason=endings.without_words(why))
        outbox.tell(
            tx,
            order.buyer_id,
            "order_called_off",
            now=now,
            lane=Lane.ORDER,
            order=order_id,
            refund=refund,
            reason=why,
        )
    outbox.tell(tx, actor, "order_card", now=now, anchor=anchor, order=order_id)
    return CalledOff(order_id=order_id, refund_id=refund)
