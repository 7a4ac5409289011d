"""Proof of payment and the decision about it. Money first: what a cashier confirmed is kept, whatever the order says.

Owns `payments` and the order's step to `paid`. Receipts' files are in `receipts`, money going back in `refunds`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.orders import OrderStatus, balance, may_send_for_review, takes_receipts
from shop.payments import PaymentStatus
from storage import (
    amendments,
    audit,
    delays,
    deskcards,
    endings,
    holds,
    orders,
    outbox,
    receipts,
    refunds,
    roles,
    shipments,
    slips,
)
from storage.connection import Tx
from storage.orders import OrderPolicy
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.receipts import Proof
from storage.roles import Role
from storage.store import Refused

ALBUM_MS = 1_500  # the parts of an album come as messages of their own, all within about a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One claim of payment and what became of it; amount in minor units."""

    id: int
    order_id: int
    number: int
    method: str
    amount: int
    currency: str
    status: PaymentStatus
    submitted_at: int
    decided_by: int | None
    decider_name: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The proof is with the cashiers. `is_more` when it joined a claim that was already there."""

    payment_id: int
    is_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPayable(Refused):
    """The order takes no receipt in its state (paid, cancelled, expired too long ago)."""

    order_id: int
    status: OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyUnderReview(Refused):
    """The buyer has `most` orders with the cashier already."""

    most: int


_PAYMENT = """
    SELECT p.*, d.name AS decider_name FROM payments AS p LEFT JOIN people AS d ON d.id = p.decided_by
    WHERE p.id = :id
"""
_SUBMIT = """
    INSERT INTO payments (order_id, number, method, amount, currency, submitted_at)
    VALUES (:order, (SELECT coalesce(MAX(number), 0) + 1 FROM payments WHERE order_id = :order),
        :method, :amount, :currency, :now)
"""
_UNDER_REVIEW = """
    SELECT count(*) FROM orders AS o JOIN payments AS p ON p.order_id = o.id AND p.status = 'submitted'
    WHERE o.buyer_id = :buyer AND o.status = 'pending'
"""


def view(tx: Tx, payment: int) -> Payment | None:
    """A payment, or None."""
    row = tx.one(_PAYMENT, id=payment)
    if row is None:
        return None
    return Payment(
        id=row["id"],
        order_id=row["order_id"],
        number=row["number"],
        method=row["method"],
        amount=row["amount"],
        currency=row["currency"],
        status=PaymentStatus(row["status"]),
        submitted_at=row["submitted_at"],
        decided_by=row["decided_by"],
        decider_name=row["decider_name"],
        reason=row["reason"],
    )


def waiting(tx: Tx, limit: int = 20) -> list[int]:
    """Payments nobody has decided, oldest first."""
    rows = tx.all(
        "SELECT id FROM payments INDEXED BY payments_waiting WHERE status = 'submitted' "
        "ORDER BY submitted_at, id LIMIT :limit",
        limit=limit,
    )
    return [row["id"] for row in rows]


def waiting_count(tx: Tx) -> int:
    """How many payments nobody has decided."""
    count: int = tx.value("SELECT count(*) FROM payments INDEXED BY payments_waiting WHERE status = 'submitted'")
    return count


def before(tx: Tx, payment: Payment) -> int:
    """How many undecided payments came earlier: the buyer's place in the cashier's line."""
    count: int = tx.value(
        "SELECT count(*) FROM payments INDEXED BY payments_waiting WHERE status = 'submitted' AND submitted_at < :at",
        at=payment.submitted_at,
    )
    return count


def submit(
    tx: Tx,
    *,
    actor: int,
    order_id: int,
    proofs: Sequence[Proof],
    policy: OrderPolicy,
    now: int,
    is_whole: bool = True,
    anchor: int | None = None,
) -> Submitted | NotFound | NotPayable | TooManyUnderReview:
    """The buyer sends proof: the order comes under review and stops expiring, the cashiers get the receipt.

    `proofs` were sent together and are answered once. With `is_whole` false they are part of an album whose other
    parts are still to come: each joins the first, and everybody is told a moment after the last.
    """
    order = orders.view(tx, order_id)
    if order is None or order.buyer_id != actor:
        return NotFound()
    begun = receipts.of_album(tx, actor, proofs[0].album)
    if begun is not None and begun.is_rejected:
        begun = None
    open_ = tx.value("SELECT id FROM payments WHERE order_id = :order AND status = 'submitted'", order=order_id)
    payment: int | None = open_ if begun is None else begun.payment_id
    if payment is None:
        if not takes_receipts(order.status, expired_at=order.expired_at, now=now, window_ms=policy.late_receipt_ms):
            return NotPayable(order_id=order_id, status=order.status)
        if not may_send_for_review(tx.value(_UNDER_REVIEW, buyer=actor), most=policy.most_under_review):
            return TooManyUnderReview(most=policy.most_under_review)
    is_more = payment is not None
    payment = payment or tx.insert(
        _SUBMIT,
        order=order_id,
        method=order.pay_method,
        # Late money that is owed back pays for nothing, also while no cashier has sent it yet.
        amount=balance(order.total, confirmed=order.confirmed, refunded=refunds.promised(tx, order_id)),
        currency=order.currency,
        now=now,
    )
    if open_ is not None or not is_more:
        # A part of an album that was decided already holds no goods: that claim is over.
        tx.run("UPDATE orders SET hold_until = NULL, remind_at = NULL WHERE id = :id", id=order_id)
    deskcards.touch_order(tx, order_id, now)
    added = [receipts.add(tx, payment, proof, now) for proof in proofs]
    for receipt in added:
        audit.note(tx, actor, "payment.submitted", f"order:{order_id}", now, payment=payment, receipt=receipt)
    first = added[0] if begun is None else begun.receipt_id
    album = None if is_whole else proofs[0].album
    later = 0 if album is None else now + ALBUM_MS
    outbox.tell(
        tx,
        actor,
        "receipt_in",
        now=now,
        anchor=anchor,
        card=f"receipt:{first}",
        not_before=later,
        payment=payment,
        first=first,
        last=added[-1],
        album=album,
        more=receipts.is_more(tx, payment, first),
    )
    slips.show(tx, payment, added if is_more else added[1:], album, later, now)
    return Submitted(payment_id=payment, is_more=is_more)


def bytes_came(tx: Tx, *, receipt: int, data: bytes, now: int) -> None:
    """A receipt's file is here: keep it, and warn the cashiers if it was sent before or is not what it says."""
    for payment in receipts.fetched(tx, receipt=receipt, data=data):
        slips.refresh(tx, payment, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The money is in the books. `order` is the state it left the order in."""

    payment_id: int
    order: OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The claim was turned down; the buyer may send again."""

    payment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyDecided(Refused):
    """Somebody was first."""

    payment_id: int
    status: PaymentStatus
    by: str


_DECIDE = """
    UPDATE payments SET status = :status, decided_at = :now, decided_by = :actor, reason = :reason
    WHERE id = :id AND status = 'submitted'
"""


def _decide(
    tx: Tx, actor: int, payment_id: int, status: PaymentStatus, reason: str | None, now: int, anchor: int | None
) -> Payment | NotAllowed | NotFound | AlreadyDecided:
    """First decision wins. Every cashier's card is brought up to date; the actor's own answers the tap."""
    if not roles.has_role(tx, actor, Role.CASHIER):
        return NotAllowed()
    payment = view(tx, payment_id)
    if payment is None:
        return NotFound()
    if not tx.run(_DECIDE, id=payment_id, status=status, actor=actor, reason=reason, now=now):
        return AlreadyDecided(payment_id=payment_id, status=payment.status, by=payment.decider_name or "")
    deskcards.touch_order(tx, payment.order_id, now)
    audit.note(tx, actor, f"payment.{status}", f"order:{payment.order_id}", now, payment=payment_id, reason=reason)
    slips.refresh(tx, payment_id, now, actor, anchor)
    return payment


def confirm(
    tx: Tx, *, actor: int, payment_id: int, now: int, anchor: int | None = None
) -> Confirmed | NotAllowed | NotFound | AlreadyDecided:
    """A cashier has seen the money: it is recorded, then the order is tried.

    Late money revives an order only within what its buyer may have by now: what they ordered since counts.
    """
    decided = _decide(tx, actor, payment_id, PaymentStatus.CONFIRMED, None, now, anchor)
    if not isinstance(decided, Payment):
        return decided
    order = orders.view(tx, decided.order_id)
    if order is None:
        raise LookupError(f"payment {payment_id} without an order")
    match order.status:
        case OrderStatus.PENDING:
            became = _pay_pending(tx, order, decided, now)
        case OrderStatus.EXPIRED if holds.revive(tx, order, now):
            became = mark_paid(tx, order, decided, now)
        case _:
            became = order.status
            refunds.owe(tx, order.id, decided.amount, "late_money", now)
            outbox.tell(
                tx,
                order.buyer_id,
                "payment_late",
                now=now,
                lane=Lane.ORDER,
                order=order.id,
                payment=payment_id,
                over_limit=became is OrderStatus.EXPIRED and not holds.is_within_limits(tx, order),
            )
    return Confirmed(payment_id=payment_id, order=became)


def _pay_pending(tx: Tx, order: orders.Order, payment: Payment, now: int) -> OrderStatus:
    """Lines that are kept for the buyer stand. Of first-paid offers each line is taken now, if its packs are all
    there; what others paid for first is taken out and its money goes back, with the last line all of it."""
    gone = holds.take_unheld(tx, order, now)
    if not gone:
        return mark_paid(tx, order, payment, now)
    if len(gone) == len(order.lines):
        endings.cancel_unpaid(tx, order.id, None, endings.PAID_FIRST, now)
        refunds.owe(tx, order.id, payment.amount, "paid_first", now)
        outbox.tell(tx, order.buyer_id, "payment_late", now=now, lane=Lane.ORDER, order=order.id, payment=payment.id)
        endings.refresh_card(tx, order.id, now)
        return OrderStatus.CANCELLED
    back = amendments.rewrite(tx, order.id, {line.id: 0 for line in gone})
    refund = refunds.owe(tx, order.id, min(back, payment.amount), "paid_first", now)
    outbox.tell(tx, order.buyer_id, "payment_partly", now=now, lane=Lane.ORDER, order=order.id, refund=refund)
    left = orders.view(tx, order.id)
    if left is None:
        raise LookupError(f"order {order.id} is gone")
    return mark_paid(tx, left, payment, now)


_PAID = """
    UPDATE orders SET status = 'paid', paid_at = :now, hold_until = NULL, remind_at = NULL, expired_at = NULL
    WHERE id = :id AND status IN ('pending', 'expired')
"""


def mark_paid(tx: Tx, order: orders.Order, payment: Payment, now: int) -> OrderStatus:
    """The money is there: buyer told, and the order is paid."""
    outbox.tell(tx, order.buyer_id, "payment_confirmed", now=now, lane=Lane.ORDER, order=order.id, payment=payment.id)
    return settle(tx, order, now)


def settle(tx: Tx, order: orders.Order, now: int) -> OrderStatus:
    """The order is paid, or there was nothing to pay: one shipment asked of each supplier."""
    tx.run(_PAID, id=order.id, now=now)
    audit.note(tx, None, "order.paid", f"order:{order.id}", now)
    endings.refresh_card(tx, order.id, now)
    shipments.request(tx, order, now)
    delays.ask_late(tx, order.id, now)
    return OrderStatus.PAID


_TIME_AGAIN = """
    UPDATE orders SET pay_by = MAX(pay_by, :pay_by), hold_until = MAX(pay_by, :pay_by) + :grace, remind_at = :remind
    WHERE id = :id AND status = 'pending'
"""


def reject(
    tx: Tx, *, actor: int, payment_id: int, reason: str, policy: OrderPolicy, now: int, anchor: int | None = None
) -> Rejected | NotAllowed | NotFound | AlreadyDecided:
    """A cashier can't find the money. The order waits again, with time to send another receipt."""
    decided = _decide(tx, actor, payment_id, PaymentStatus.REJECTED, reason, now, anchor)
    if not isinstance(decided, Payment):
        return decided
    remind = now + policy.remind_after_ms if 0 < policy.remind_after_ms < policy.pay_within_ms else None
    tx.run(_TIME_AGAIN, id=decided.order_id, pay_by=now + policy.pay_within_ms, grace=policy.grace_ms, remind=remind)
    tx.rings_due = True
    buyer = tx.value("SELECT buyer_id FROM orders WHERE id = :id", id=decided.order_id)
    outbox.tell(tx, buyer, "payment_rejected", now=now, lane=Lane.ORDER, order=decided.order_id, payment=payment_id)
    endings.refresh_card(tx, decided.order_id, now)
    return Rejected(payment_id=payment_id)
