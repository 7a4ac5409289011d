"""What a stream has brought: packs sold and left by offer, orders by state, money in and money owed back.

Only reads. Sums in base units are `shop/statements`; how they read is the handlers'.
"""

import json
from dataclasses import dataclass

from shop import statements
from shop.statements import Report, SoldRow
from shop.stock import free
from storage import streams
from storage.connection import Tx
from storage.streams import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReport:
    """A stream's figures. Amounts in minor units; `turnover` is the total of the paid and completed `orders`,
    `discounts` what was taken off it.

    `delivery` of it is fees for parcels, those that failed left out. `further` of the orders have something in them
    that did not sell out. `unpaid` orders wait for money, `under_review` for a cashier; refunds are counted, and
    `…_amount` is their sum.
    """

    stream: Stream
    goods: Report
    orders: int
    turnover: int
    discounts: int
    delivery: int
    further: int
    unpaid: int
    under_review: int
    expired: int
    cancelled: int
    refunds_owed: int
    refunds_owed_amount: int
    refunds_done: int
    refunds_done_amount: int


# What a supplier could not deliver was not sold: its money is among the refunds.
_GOODS = """
    SELECT p.code, p.names, p.base_units, p.pack_milli, o.quantity, o.taken,
        COALESCE(SUM(l.quantity), 0) AS packs, COALESCE(SUM(l.total), 0) AS amount
    FROM offers AS o
    JOIN products AS p ON p.id = o.product_id
    LEFT JOIN (
        SELECT l.offer_id, l.quantity, l.total
        FROM orders AS r INDEXED BY orders_by_stream
        JOIN order_lines AS l INDEXED BY order_lines_by_order ON l.order_id = r.id
        WHERE r.stream_id = :stream AND r.status IN ('paid', 'completed')
          AND NOT EXISTS (
            SELECT 1 FROM shipments AS s
            WHERE s.order_id = r.id AND s.supplier_id = l.supplier_id AND s.status = 'failed')
    ) AS l ON l.offer_id = o.id
    WHERE o.stream_id = :stream
    GROUP BY o.id ORDER BY o.id
"""
_ORDERS = """
    SELECT COUNT(*) FILTER (WHERE o.status IN ('paid', 'completed')) AS orders,
        COALESCE(SUM(o.total) FILTER (WHERE o.status IN ('paid', 'completed')), 0) AS turnover,
        COALESCE(SUM(o.discount_total) FILTER (WHERE o.status IN ('paid', 'completed')), 0) AS discounts,
        COUNT(*) FILTER (WHERE o.status = 'pending' AND w.order_id IS NULL) AS unpaid,
        COUNT(*) FILTER (WHERE o.status = 'pending' AND w.order_id IS NOT NULL) AS under_review,
        COUNT(*) FILTER (WHERE o.status = 'expired') AS expired,
        COUNT(*) FILTER (WHERE o.status = 'cancelled') AS cancelled
    FROM orders AS o INDEXED BY orders_by_stream
    LEFT JOIN payments AS w ON w.order_id = o.id AND w.status = 'submitted'
    WHERE o.stream_id = :stream
"""
_DELIVERY = """
    SELECT COALESCE(SUM(d.fee), 0) FROM orders AS o INDEXED BY orders_by_stream
    JOIN order_deliveries AS d ON d.order_id = o.id
    WHERE o.stream_id = :stream AND o.status IN ('paid', 'completed')
      AND NOT EXISTS (
        SELECT 1 FROM shipments AS s
        WHERE s.order_id = o.id AND s.supplier_id = d.supplier_id AND s.status = 'failed')
"""
_FURTHER = """
    SELECT COUNT(*) FROM orders AS o INDEXED BY orders_by_stream
    WHERE o.stream_id = :stream AND o.status IN ('paid', 'completed')
      AND EXISTS (
        SELECT 1 FROM order_lines AS l INDEXED BY order_lines_by_order
        WHERE l.order_id = o.id
          AND l.product_id IN (
            SELECT product_id FROM offers WHERE stream_id = :stream
            GROUP BY product_id HAVING SUM(quantity IS NULL OR taken < quantity) > 0)
          AND NOT EXISTS (
            SELECT 1 FROM shipments AS s
            WHERE s.order_id = o.id AND s.supplier_id = l.supplier_id AND s.status = 'failed'))
"""
_REFUNDS = """
    SELECT COUNT(*) FILTER (WHERE f.status = 'owed') AS refunds_owed,
        COALESCE(SUM(f.amount) FILTER (WHERE f.status = 'owed'), 0) AS refunds_owed_amount,
        COUNT(*) FILTER (WHERE f.status = 'done') AS refunds_done,
        COALESCE(SUM(f.amount) FILTER (WHERE f.status = 'done'), 0) AS refunds_done_amount
    FROM orders AS o INDEXED BY orders_by_stream JOIN refunds AS f ON f.order_id = o.id
    WHERE o.stream_id = :stream
"""


def view(tx: Tx, stream_id: int) -> StreamReport | None:
    """The figures of a stream as the books stand, or None if there is no such stream. Who may see them is the
    caller's question."""
    stream = streams.view(tx, stream_id)
    if stream is None:
        return None
    orders, refunds = tx.all(_ORDERS, stream=stream_id)[0], tx.all(_REFUNDS, stream=stream_id)[0]
    return StreamReport(
        stream=stream,
        goods=statements.report(
            SoldRow(
                code=row["code"],
                names=json.loads(row["names"]),
                base_units=json.loads(row["base_units"]),
                pack_milli=row["pack_milli"],
                packs=row["packs"],
                amount=row["amount"],
                left=free(row["quantity"], row["taken"]),
            )
            for row in tx.all(_GOODS, stream=stream_id)
        ),
        delivery=tx.value(_DELIVERY, stream=stream_id),
        further=tx.value(_FURTHER, stream=stream_id),
        **dict(orders),
        **dict(refunds),
    )
