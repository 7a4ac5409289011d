"""Money that goes back to a buyer: owed until a cashier has sent it.

Owns `refunds`. Nothing that was paid disappears: every way in which an order loses goods ends here.
"""

from dataclasses import dataclass

from shop.payments import RefundStatus
from storage import audit, deskcards, outbox, roles
from storage.connection import Tx
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """`reason` is a message key: late_money, paid_first, cannot_supply, called_off, date_moved. In minor units."""

    id: int
    order_id: int
    number: int
    amount: int
    currency: str
    is_done: bool
    reason: str
    done_by_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaid:
    """The cashier has sent the money back."""

    refund_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyRepaid(Refused):
    """Somebody was first."""

    by: str


_REFUND = """
    SELECT r.*, d.name AS done_by_name FROM refunds AS r LEFT JOIN people AS d ON d.id = r.done_by WHERE r.id = :id
"""
_OWE = """
    INSERT INTO refunds (order_id, number, amount, currency, reason, created_at)
    SELECT :order, (SELECT coalesce(MAX(number), 0) + 1 FROM refunds WHERE order_id = :order), :amount, currency,
        :reason, :now
    FROM orders WHERE id = :order
"""


def view(tx: Tx, refund: int) -> Refund | None:
    """A refund, or None."""
    row = tx.one(_REFUND, id=refund)
    if row is None:
        return None
    return Refund(
        id=row["id"],
        order_id=row["order_id"],
        number=row["number"],
        amount=row["amount"],
        currency=row["currency"],
        is_done=RefundStatus(row["status"]) is RefundStatus.DONE,
        reason=row["reason"],
        done_by_name=row["done_by_name"],
    )


def owed(tx: Tx, limit: int = 20) -> list[int]:
    """Refunds nobody has paid out yet, oldest first."""
    rows = tx.all(
        "SELECT id FROM refunds INDEXED BY refunds_owed WHERE status = 'owed' ORDER BY created_at, id LIMIT :limit",
        limit=limit,
    )
    return [row["id"] for row in rows]


def promised(tx: Tx, order: int) -> int:
    """What of an order's money has gone back or still must, in minor units."""
    amount: int = tx.value("SELECT coalesce(sum(amount), 0) FROM refunds WHERE order_id = :order", order=order)
    return amount


def owe(tx: Tx, order: int, amount: int, reason: str, now: int) -> int | None:
    """Money must go back: noted, cashiers told. Returns the refund's id, None when nothing is owed."""
    if amount <= 0:
        return None
    refund = tx.insert(_OWE, order=order, amount=amount, reason=reason, now=now)
    deskcards.touch_order(tx, order, now)
    audit.note(tx, None, "refund.owed", f"order:{order}", now, refund=refund, amount=amount, reason=reason)
    for cashier in roles.holders(tx, Role.CASHIER):
        outbox.tell(tx, cashier, "refund_card", now=now, lane=Lane.ORDER, card=f"refund:{refund}", refund=refund)
    return refund


def repay(
    tx: Tx, *, actor: int, refund_id: int, now: int, anchor: int | None = None
) -> Repaid | NotAllowed | NotFound | AlreadyRepaid:
    """A cashier has sent the money back; the buyer is told."""
    if not roles.has_role(tx, actor, Role.CASHIER):
        return NotAllowed()
    refund = view(tx, refund_id)
    if refund is None:
        return NotFound()
    if not tx.run(
        "UPDATE refunds SET status = 'done', done_at = :now, done_by = :actor WHERE id = :id AND status = 'owed'",
        id=refund_id,
        actor=actor,
        now=now,
    ):
        return AlreadyRepaid(by=refund.done_by_name or "")
    deskcards.touch_order(tx, refund.order_id, now)
    audit.note(tx, actor, "refund.done", f"order:{refund.order_id}", now, refund=refund_id)
    buyer = tx.value("SELECT buyer_id FROM orders WHERE id = :id", id=refund.order_id)
    outbox.tell(tx, buyer, "refund_done", now=now, lane=Lane.ORDER, refund=refund_id)
    for cashier in dict.fromkeys([actor, *roles.holders(tx, Role.CASHIER)]):
        outbox.tell(
            tx,
            cashier,
            "refund_card",
            now=now,
            lane=Lane.REPLY if cashier == actor else Lane.ORDER,
            card=f"refund:{refund_id}",
            anchor=anchor if cashier == actor else None,
            refund=refund_id,
        )
    return Repaid(refund_id=refund_id)
