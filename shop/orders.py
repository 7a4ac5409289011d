"""Orders: their states, and what is derived from them and never stored.

Never knows stock (`shop/stock.py`), the contents of receipts, or who may do what.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from shop.shipments import ShipmentStatus

DAY_MS = 24 * 60 * 60 * 1000
LATE_RECEIPT_MS = DAY_MS
MOST_UNDER_REVIEW = 3
MOST_LINES = 30  # of an order, and of a cart: one message has to hold them


class OrderStatus(StrEnum):
    PENDING = "pending"
    PAID = "paid"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


# Expired is not final: late money revives an order while units are still there. Completed and cancelled are.
TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.PAID, OrderStatus.EXPIRED, OrderStatus.CANCELLED}),
    OrderStatus.PAID: frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
    OrderStatus.EXPIRED: frozenset({OrderStatus.PAID}),
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}

# These orders stand; every other one has given back what it took. Which lines hold units: `shop/holds.py`.
HOLDING = frozenset({OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.COMPLETED})


def can(current: OrderStatus, target: OrderStatus) -> bool:
    """Whether an order may go from one state to another; staying where it is is no move."""
    return target in TRANSITIONS[current]


def is_under_review(status: OrderStatus, *, submitted_payments: int) -> bool:
    """A pending order somebody has sent proof for: it never expires while a cashier looks at it."""
    return status is OrderStatus.PENDING and submitted_payments > 0


def may_send_for_review(already_under_review: int, *, most: int = MOST_UNDER_REVIEW) -> bool:
    """Whether a buyer may put one more order before the cashier."""
    return already_under_review < most


def takes_receipts(
    status: OrderStatus, *, expired_at: int | None, now: int, window_ms: int = LATE_RECEIPT_MS
) -> bool:
    """A receipt belongs to a pending order, or to one that expired at most `window_ms` ago."""
    if status is OrderStatus.EXPIRED:
        return expired_at is not None and now - expired_at <= window_ms
    return status is OrderStatus.PENDING


def balance(total: int, *, confirmed: int, refunded: int) -> int:
    """What the buyer still has to pay; negative if too much came in."""
    return total - confirmed + refunded


def overpaid(status: OrderStatus, total: int, *, confirmed: int, refunded: int) -> int:
    """What came in beyond the total of an order that stands; 0 if nothing did."""
    if status not in HOLDING:
        return 0
    return max(0, -balance(total, confirmed=confirmed, refunded=refunded))


def money_waiting(status: OrderStatus, *, confirmed: int, refunded: int) -> int:
    """Net money on an expired or cancelled order: it belongs to the buyer, and nobody may overlook it."""
    if status in HOLDING:
        return 0
    return max(0, confirmed - refunded)


def outcome_of_shipments(statuses: Collection[ShipmentStatus]) -> OrderStatus | None:
    """How a paid order ends: COMPLETED once every shipment has ended and something arrived, CANCELLED if all
    failed (a refund is owed then), None while one is still under way.

    A short shipment did arrive, with fewer units.
    """
    if not statuses or not all(status.is_final for status in statuses):
        return None
    arrived = any(status is not ShipmentStatus.FAILED for status in statuses)
    return OrderStatus.COMPLETED if arrived else OrderStatus.CANCELLED


def prolonged(pay_by: int, *, created_at: int, now: int, pay_within_ms: int) -> int:
    """When an order that takes in more goods is to be paid: never sooner than before, and at the latest twice the
    usual time after it was placed. So nobody keeps goods back for ever by adding a trifle again and again."""
    return max(pay_by, min(now + pay_within_ms, created_at + 2 * pay_within_ms))
