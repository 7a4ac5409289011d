"""What a person still has to do with the stall: while there is any of it, they can't be erased.

Only reads. An order is unfinished while money or a parcel of it is on the way; so is a role, and a stream one hosts.
"""

from dataclasses import dataclass
from enum import StrEnum

from storage import roles
from storage.connection import Tx
from storage.roles import Role
from storage.store import Refused

LISTED = 10


class Reason(StrEnum):
    """Why an order is not over, and so what ends it."""

    REVIEW = "review"  # a cashier decides
    UNPAID = "unpaid"  # the buyer pays or cancels
    REFUND = "refund"  # a cashier sends the money back
    PARCEL = "parcel"  # a supplier sends it
    SHIPPED = "shipped"  # the buyer receives it


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """One order that is not over."""

    id: int
    code: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished(Refused):
    """What must happen first; up to `LISTED` of each, oldest first. Nothing was erased."""

    orders: tuple[OpenOrder, ...]
    streams: tuple[str, ...]
    roles: frozenset[Role]

    @property
    def is_nothing(self) -> bool:
        return not (self.orders or self.streams or self.roles)


_ORDERS = """
    SELECT id, code, CASE WHEN is_reviewed THEN 'review' WHEN status = 'pending' THEN 'unpaid'
        WHEN is_owed THEN 'refund' WHEN is_awaited THEN 'parcel' ELSE 'shipped' END AS reason
    FROM (
        SELECT o.id, o.code, o.status,
            EXISTS (SELECT 1 FROM payments WHERE order_id = o.id AND status = 'submitted') AS is_reviewed,
            EXISTS (SELECT 1 FROM refunds WHERE order_id = o.id AND status = 'owed') AS is_owed,
            EXISTS (SELECT 1 FROM shipments WHERE order_id = o.id AND status IN ('requested', 'accepted'))
                AS is_awaited
        FROM orders AS o INDEXED BY orders_by_buyer WHERE o.buyer_id = :person)
    WHERE status IN ('pending', 'paid') OR is_reviewed OR is_owed
    ORDER BY id LIMIT :limit
"""
_STREAMS = """
    SELECT title FROM streams INDEXED BY streams_by_host
    WHERE host_id = :person AND status IN ('announced', 'live') ORDER BY id LIMIT :limit
"""


def of(tx: Tx, person: int) -> Unfinished:
    """Everything that keeps a person from being erased; see `is_nothing`."""
    orders = tx.all(_ORDERS, person=person, limit=LISTED)
    return Unfinished(
        orders=tuple(OpenOrder(id=row["id"], code=row["code"], reason=Reason(row["reason"])) for row in orders),
        streams=tuple(row["title"] for row in tx.all(_STREAMS, person=person, limit=LISTED)),
        roles=roles.of(tx, person),
    )
