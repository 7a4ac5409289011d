"""Payments and refunds: their states. A decision on a payment is final; the first one wins.

Never moves an order: a confirmed payment is recorded first, then the order is tried (`shop/orders.py`).
"""

from collections.abc import Mapping
from enum import StrEnum


class PaymentStatus(StrEnum):
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class RefundStatus(StrEnum):
    OWED = "owed"
    DONE = "done"


TRANSITIONS: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.SUBMITTED: frozenset({PaymentStatus.CONFIRMED, PaymentStatus.REJECTED}),
    PaymentStatus.CONFIRMED: frozenset(),
    PaymentStatus.REJECTED: frozenset(),
}


def can(current: PaymentStatus, target: PaymentStatus) -> bool:
    """Whether a payment may go from one state to another."""
    return target in TRANSITIONS[current]


def refund_due(*, confirmed: int, kept: int, refunds: int) -> int:
    """How much more has to be owed back, in minor units.

    `kept` is what the stall may keep (the total of what is still supplied, 0 for a cancelled order), `refunds`
    the sum of all refunds owed or done: counting both makes asking twice harmless.
    """
    return max(0, confirmed - kept - refunds)
