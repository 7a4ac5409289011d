"""What a buyer chooses when a presale ships later, carried out: the new date for their line, or the line called off.

Owns the acts on `delay_choices`; asking is in `delays`. A paid line goes the way of every refund, an unpaid one gives
its units back to the waiting list; what else is in the order stays.
"""

import sqlite3
from dataclasses import dataclass

from shop.holds import Hold
from shop.orders import OrderStatus
from storage import (
    amendments,
    audit,
    calloffs,
    delays,
    endings,
    holds,
    orders,
    outbox,
    payments,
    requests,
    shipments,
    waitlist,
)
from storage.connection import Tx
from storage.delays import Choice, Delay
from storage.orders import Order, OrderLine
from storage.people import NotFound
from storage.store import Refused

DATE_MOVED = "date moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one buyer is asked. `lines` are those the date is about; `is_open`: they can still choose."""

    delay: Delay
    order: Order
    lines: tuple[OrderLine, ...]
    choice: Choice | None
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """It is as the buyer wished; `refund_id` is owed, None if nothing was paid or they keep it."""

    delay_id: int
    order_id: int
    refund_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Refused):
    """There is nothing to choose any more: chosen already, on its way, over, or moved again."""

    delay_id: int
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderReview(Refused):
    """A cashier is looking at a receipt for the whole order: one part of it can't go meanwhile."""

    order_id: int


_ROW = "SELECT * FROM delay_choices WHERE delay_id = :delay AND order_id = :order"
_OPEN_OF = """
    SELECT c.delay_id FROM delay_choices AS c INDEXED BY delay_choices_by_order
    WHERE c.order_id = :order AND c.choice IS NULL ORDER BY c.delay_id DESC
"""


def view(tx: Tx, delay_id: int, order_id: int, buyer: int) -> Asked | None:
    """What a buyer is asked about an order of theirs, or None."""
    row = tx.one(_ROW, delay=delay_id, order=order_id)
    delay = None if row is None else delays.view(tx, delay_id)
    order = None if row is None else orders.view(tx, order_id)
    if row is None or delay is None or order is None or order.buyer_id != buyer:
        return None
    return _asked(row, delay, order)


def _asked(row: sqlite3.Row, delay: Delay, order: Order) -> Asked:
    left = {parcel.supplier_id for parcel in order.shipments if parcel.status not in requests.NOT_SENT}
    choice = None if row["choice"] is None else Choice(row["choice"])
    # What was added since the move was promised the new date, and is no part of the question.
    lines = tuple(
        line
        for line in order.lines
        if line.offer_id == delay.offer.id and (choice is Choice.KEEP or delay.concerns(line.ships_until))
    )
    stands = order.status in (OrderStatus.PENDING, OrderStatus.PAID)
    can = stands and bool(lines) and not any(line.supplier_id in left for line in lines)
    return Asked(
        delay=delay, order=order, lines=lines, choice=choice, is_open=choice is None and delay.is_last and can
    )


def open_of(tx: Tx, order: Order) -> int | None:
    """The delay about which the order's buyer can still choose, or None."""
    for row in tx.all(_OPEN_OF, order=order.id):
        asked = view(tx, row["delay_id"], order.id, order.buyer_id)
        if asked is not None and asked.is_open:
            return asked.delay.id
    return None


_CHOOSE = """
    UPDATE delay_choices SET choice = :choice, chosen_at = :now
    WHERE delay_id = :delay AND order_id = :order AND choice IS NULL
"""


def choose(
    tx: Tx, *, actor: int, delay_id: int, order_id: int, choice: Choice, now: int, anchor: int | None = None
) -> Chosen | Settled | UnderReview | NotFound:
    """`Keep` or `Refund`, by the buyer, until the parcel has left; the first word counts."""
    asked = view(tx, delay_id, order_id, actor)
    if asked is None:
        return NotFound()
    if not asked.is_open:
        return Settled(delay_id=delay_id, order_id=order_id)
    order = asked.order
    is_part = len(asked.lines) < len(order.lines)
    if choice is Choice.REFUND and order.is_under_review and is_part:
        return UnderReview(order_id=order_id)
    tx.run(_CHOOSE, delay=delay_id, order=order_id, choice=choice, now=now)
    audit.note(tx, actor, f"delay.{choice}", f"order:{order_id}", now, delay=delay_id)
    refund = None
    if choice is Choice.KEEP:
        _keep(tx, asked, now)
    elif order.status is OrderStatus.PAID:
        refund = _call_off(tx, asked, now)
    elif is_part:
        _take_out(tx, asked, now)
    else:
        endings.cancel_unpaid(tx, order_id, actor, DATE_MOVED, now)
        endings.refresh_card(tx, order_id, now)
    outbox.tell(
        tx,
        actor,
        "delay_ask",
        now=now,
        card=f"delayask:{delay_id}-{order_id}",
        anchor=anchor,
        delay=delay_id,
        order=order_id,
        refund=refund,
    )
    delays.refresh(tx, delay_id, now)
    return Chosen(delay_id=delay_id, order_id=order_id, refund_id=refund)


_PROMISE = """
    UPDATE order_lines SET ships_from = :first, ships_until = :last WHERE order_id = :order AND offer_id = :offer
"""


def _keep(tx: Tx, asked: Asked, now: int) -> None:
    """The new date is the line's promise, and the parcel's."""
    window = asked.delay.window
    tx.run(
        _PROMISE,
        order=asked.order.id,
        offer=asked.delay.offer.id,
        first=window.from_ms,
        last=window.until_ms,
    )
    shipments.promise_anew(tx, asked.order.id, now)
    endings.refresh_card(tx, asked.order.id, now)


def _call_off(tx: Tx, asked: Asked, now: int) -> int | None:
    """Paid: exactly these lines go, and exactly their money is owed."""
    order = asked.order
    refund = calloffs.call_off(
        tx,
        order,
        {line.id: 0 for line in asked.lines},
        actor=order.buyer_id,
        reason=DATE_MOVED,
        now=now,
        owed_for="date_moved",
    )
    if orders.status_of(tx, order.id) is OrderStatus.CANCELLED:
        requests.lapse(tx, order.id, now)
    else:
        requests.refresh_of(tx, order.id, now)
    return refund


def _take_out(tx: Tx, asked: Asked, now: int) -> None:
    """Not paid, and other goods are in the order: they stay, and the payment code comes anew. If those cost nothing,
    the order is paid."""
    for line in asked.lines:
        if line.hold is Hold.ON_ORDER:
            waitlist.give_back(tx, line.offer_id, asked.order.id, line.quantity, now, "date moved")
    amendments.rewrite(tx, asked.order.id, {line.id: 0 for line in asked.lines})
    left = orders.view(tx, asked.order.id)
    if left is not None and left.total == 0:
        if holds.take_unheld(tx, left, now):
            endings.cancel_unpaid(tx, left.id, None, endings.PAID_FIRST, now)
        else:
            payments.settle(tx, left, now)
    orders.reissue(tx, asked.order.id, asked.order.buyer_id, now)
