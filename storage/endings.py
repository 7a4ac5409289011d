"""Ways out of an unpaid order: the buyer cancels, the host cancels the stream, the time to pay runs out.

Every one gives back exactly what the order took. Ways out of a paid one are in `shipments`.
"""

from collections import Counter
from dataclasses import dataclass

from shop.orders import OrderStatus
from storage import audit, cards, deskcards, discounts, outbox, people, roles, waitlist
from storage.clock import HOUR
from storage.connection import Tx
from storage.outbox import Lane
from storage.people import NotFound
from storage.store import Refused

STREAM_CANCELLED = "stream cancelled"
PAID_FIRST = "others paid first"
BY_STALL = "stall: "
SAID = "said: "
"""After BY_STALL: the host's own words follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The order is cancelled and its units are free again."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLate(Refused):
    """The order is no longer one that can be cancelled this way."""

    status: OrderStatus


_CANCEL = """
    UPDATE orders SET status = 'cancelled', cancelled_at = :now, cancelled_by = :actor, cancel_reason = :reason,
        hold_until = NULL, remind_at = NULL
    WHERE id = :id AND status = 'pending'
"""


def cancel(
    tx: Tx, *, actor: int, order_id: int, now: int, anchor: int | None = None
) -> Cancelled | NotFound | TooLate:
    """The buyer cancels an order that is not paid. A receipt under review stays with the cashier: its money,
    once confirmed, becomes a refund owed."""
    row = tx.one("SELECT status, code FROM orders WHERE id = :id AND buyer_id = :actor", id=order_id, actor=actor)
    if row is None:
        return NotFound()
    if not cancel_unpaid(tx, order_id, actor, "by the buyer", now):
        return TooLate(status=OrderStatus(row["status"]))
    outbox.tell(tx, actor, "order_cancelled", now=now, anchor=anchor, order=order_id)
    refresh_card(tx, order_id, now)
    return Cancelled(order_id=order_id)


def cancel_for_stream(tx: Tx, *, actor: int, stream_id: int, now: int) -> int:
    """A cancelled stream takes its unpaid orders with it; their buyers are told. Returns how many."""
    sql = "SELECT id, buyer_id FROM orders WHERE stream_id = :stream AND status = 'pending'"
    rows = tx.all(sql, stream=stream_id)
    for row in rows:
        cancel_unpaid(tx, row["id"], actor, STREAM_CANCELLED, now)
        outbox.tell(tx, row["buyer_id"], "order_cancelled", now=now, lane=Lane.ORDER, order=row["id"])
        refresh_card(tx, row["id"], now)
    return len(rows)


def cancel_unpaid(tx: Tx, order: int, actor: int | None, reason: str, now: int) -> bool:
    """A pending order ends and gives back what it took; False if it is not pending. Whether the actor may do it, and
    what the buyer is told, is the caller's business."""
    if not tx.run(_CANCEL, id=order, actor=actor, reason=reason, now=now):
        return False
    discounts.give_back(tx, order)
    waitlist.give_back_all(tx, order, now, "order cancelled")
    audit.note(tx, actor, "order.cancelled", f"order:{order}", now, reason=without_words(reason))
    waiting = tx.value("SELECT id FROM payments WHERE order_id = :order AND status = 'submitted'", order=order)
    if waiting is not None:
        for cashier in roles.holders(tx, roles.Role.CASHIER):
            outbox.tell(
                tx, cashier, "payment_card", now=now, lane=Lane.ORDER, card=f"payment:{waiting}", payment=waiting
            )
    return True


def without_words(reason: str) -> str:
    """The reason as the audit keeps it for years: not what a host wrote to a buyer, which may name people."""
    return BY_STALL + SAID.strip() if reason.startswith(BY_STALL + SAID) else reason


def refresh_card(tx: Tx, order: int, now: int) -> None:
    """An order stands otherwise than before: bring its buyer's message up to date where it stands, for nobody should
    pay a code that is over, and the desks of its stream."""
    row = tx.one("SELECT buyer_id, stream_id FROM orders WHERE id = :id", id=order)
    if row is None:
        return
    if row["stream_id"] is not None:
        deskcards.touch(tx, row["stream_id"], now)
    if cards.is_in(tx, f"order:{order}", row["buyer_id"]):
        outbox.tell(tx, row["buyer_id"], "order_placed", now=now, lane=Lane.ORDER, card=f"order:{order}", order=order)


LATE_MS = HOUR
"""Found to have run out longer ago than this (the bot was down), orders are told to hosts together."""

_DUE = """
    SELECT id, stream_id, hold_until FROM orders INDEXED BY orders_to_expire
    WHERE hold_until <= :now ORDER BY hold_until LIMIT :limit
"""
_EXPIRE = """
    UPDATE orders SET status = 'expired', expired_at = :now, hold_until = NULL, remind_at = NULL
    WHERE id = :id AND status = 'pending' AND hold_until <= :now
    RETURNING buyer_id, stream_id
"""


def expire_due(tx: Tx, *, now: int, limit: int = 100) -> int:
    """Expire up to `limit` orders whose time has run out; returns how many. Orders under review have no
    `hold_until` and are never found here."""
    due = tx.all(_DUE, now=now, limit=limit)
    late = Counter(row["stream_id"] for row in due if row["hold_until"] < now - LATE_MS)
    together = {stream for stream, count in late.items() if count > 1}
    for row in due:
        is_told_apart = row["stream_id"] not in together or row["hold_until"] >= now - LATE_MS
        _expire(tx, row["id"], now, is_told_apart=is_told_apart)
    for stream in together:
        for person in _hosts(tx, stream):
            outbox.tell(tx, person, "orders_ran_out", now=now, lane=Lane.ORDER, stream=stream, count=late[stream])
    return len(due)


def _expire(tx: Tx, order: int, now: int, *, is_told_apart: bool) -> None:
    row = tx.one(_EXPIRE, id=order, now=now)
    if row is None:
        return
    discounts.give_back(tx, order)
    waitlist.give_back_all(tx, order, now, "order expired")
    audit.note(tx, None, "order.expired", f"order:{order}", now)
    outbox.tell(tx, row["buyer_id"], "order_expired", now=now, lane=Lane.ORDER, order=order)
    refresh_card(tx, order, now)
    for person in _hosts(tx, row["stream_id"]) if is_told_apart else []:
        if person != row["buyer_id"]:
            outbox.tell(tx, person, "order_expired_host", now=now, lane=Lane.ORDER, order=order)


def _hosts(tx: Tx, stream: int) -> list[int]:
    """Who of the stall hears of a stream's orders."""
    host = tx.value("SELECT host_id FROM streams WHERE id = :id", id=stream)
    return [person for person in roles.hosts_of(tx, host) if people.view(tx, person) is not None]


_TO_REMIND = """
    SELECT id, buyer_id, hold_until > :now AS helps FROM orders INDEXED BY orders_to_remind
    WHERE remind_at <= :now ORDER BY remind_at LIMIT :limit
"""


def remind_unpaid(tx: Tx, *, now: int, limit: int = 100) -> int:
    """Enqueue the one reminder of each unpaid order whose time has come; returns how many were looked at.

    One that was due while the bot was down, and whose order has run out since, is dropped.
    """
    rows = tx.all(_TO_REMIND, now=now, limit=limit)
    for row in rows:
        tx.run("UPDATE orders SET remind_at = NULL WHERE id = :id", id=row["id"])
        if row["helps"]:
            outbox.tell(tx, row["buyer_id"], "order_unpaid", now=now, lane=Lane.REMINDER, order=row["id"])
    return len(rows)


def next_expiry(tx: Tx) -> int | None:
    """When the next unpaid order runs out, or None."""
    at: int | None = tx.value(
        "SELECT MIN(hold_until) FROM orders INDEXED BY orders_to_expire WHERE hold_until IS NOT NULL"
    )
    return at


def next_reminder(tx: Tx) -> int | None:
    """When the next buyer is to be reminded, or None."""
    at: int | None = tx.value(
        "SELECT MIN(remind_at) FROM orders INDEXED BY orders_to_remind WHERE remind_at IS NOT NULL"
    )
    return at
