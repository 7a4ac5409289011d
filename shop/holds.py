"""Holds: what an order keeps back for its buyer, by the policy of each offer. Never counts units."""

from enum import StrEnum

from shop.orders import OrderStatus


class Hold(StrEnum):
    """`ON_ORDER`: kept from the order on, while it can be paid. `FIRST_PAID`: taken when a cashier confirms."""

    ON_ORDER = "on_order"
    FIRST_PAID = "first_paid"


def holds_units(status: OrderStatus, hold: Hold) -> bool:
    """Whether a line of an order in this state has taken its units."""
    if status is OrderStatus.PENDING:
        return hold is Hold.ON_ORDER
    return status in (OrderStatus.PAID, OrderStatus.COMPLETED)
