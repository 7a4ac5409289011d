"""Orders recounted: do their sums, states, money and parcels fit together? Each misfit is one line.

Only reads, one statement a rule, and only misfits leave SQLite. Units are recounted in `stock`.
"""

from collections.abc import Iterator

from shop.money import Money
from shop.orders import HOLDING
from storage.connection import Tx

_SUMS = """
    SELECT o.code, o.currency, o.lines_total, count(l.id) AS lines,
        coalesce(sum(l.quantity * l.unit_price), 0) AS goods
    FROM orders AS o LEFT JOIN order_lines AS l ON l.order_id = o.id
    GROUP BY o.id HAVING count(l.id) = 0 OR goods <> o.lines_total ORDER BY o.id
"""


def _sums(tx: Tx) -> Iterator[str]:
    for row in tx.all(_SUMS):
        if not row["lines"]:
            yield f"order {row['code']}: it has no lines"
        else:
            said, counted = (Money(row[name], row["currency"]) for name in ("lines_total", "goods"))
            yield f"order {row['code']}: its lines come to {counted}, the order says {said}"


# An order from before there were fees has no rows, and no fee.
_FEES = """
    SELECT * FROM (
        SELECT o.id, o.code, o.currency, o.delivery_fee,
            (SELECT coalesce(sum(fee), 0) FROM order_deliveries WHERE order_id = o.id) AS fees
        FROM orders AS o)
    WHERE fees <> delivery_fee ORDER BY id
"""


def _fees(tx: Tx) -> Iterator[str]:
    for row in tx.all(_FEES):
        said, counted = (Money(row[name], row["currency"]) for name in ("delivery_fee", "fees"))
        yield f"order {row['code']}: its parcels' delivery comes to {counted}, the order says {said}"


# A pending order either runs out or is under review; never both, never neither.
_HOLDS = """
    SELECT * FROM (
        SELECT o.id, o.code, o.hold_until IS NOT NULL AS runs_out,
            EXISTS (SELECT 1 FROM payments WHERE order_id = o.id AND status = 'submitted') AS is_under_review
        FROM orders AS o WHERE o.status = 'pending')
    WHERE runs_out = is_under_review ORDER BY id
"""


def _holds(tx: Tx) -> Iterator[str]:
    for row in tx.all(_HOLDS):
        if row["runs_out"]:
            yield f"order {row['code']}: a receipt is under review, and yet the order would run out"
        else:
            yield f"order {row['code']}: it is unpaid and never runs out, though no receipt is under review"


# What the stall may keep is the total less what failed to be supplied; of an order that is over, nothing.
_MONEY = """
    SELECT *, CASE WHEN status IN (SELECT value FROM json_each(:holding)) THEN total - unsupplied ELSE 0 END AS kept
    FROM (
        SELECT o.id, o.code, o.currency, o.status, o.total,
            (SELECT coalesce(sum(amount), 0) FROM payments WHERE order_id = o.id AND status = 'confirmed')
                AS confirmed,
            (SELECT coalesce(sum(amount), 0) FROM refunds WHERE order_id = o.id) AS refunds,
            (SELECT coalesce(sum(l.total), 0) FROM order_lines AS l JOIN shipments AS s
                ON s.order_id = l.order_id AND s.supplier_id = l.supplier_id AND s.status = 'failed'
                WHERE l.order_id = o.id)
            + (SELECT coalesce(sum(d.fee), 0) FROM order_deliveries AS d JOIN shipments AS s
                ON s.order_id = d.order_id AND s.supplier_id = d.supplier_id AND s.status = 'failed'
                WHERE d.order_id = o.id) AS unsupplied
        FROM orders AS o)
    WHERE confirmed - refunds > kept OR refunds > confirmed
       OR (status IN ('paid', 'completed') AND confirmed < total)
    ORDER BY id
"""


def _money(tx: Tx) -> Iterator[str]:
    holding = "[" + ",".join(f'"{status}"' for status in sorted(HOLDING)) + "]"
    for row in tx.all(_MONEY, holding=holding):
        total, confirmed, refunds, kept = (
            Money(row[name], row["currency"]) for name in ("total", "confirmed", "refunds", "kept")
        )
        order = f"order {row['code']}"
        if row["status"] in ("paid", "completed") and confirmed.amount < total.amount:
            yield f"{order}: it is {row['status']}, but only {confirmed} of {total} is confirmed"
        if refunds.amount > confirmed.amount:
            yield f"{order}: {refunds} goes back, but only {confirmed} came in"
        elif confirmed.amount - refunds.amount > kept.amount:
            waiting = confirmed - refunds - kept
            yield f"{order}: {waiting} is waiting, and no refund is owed for it"


_CURRENCIES = """
    SELECT o.code, o.currency, 'payment' AS what, p.currency AS found
    FROM payments AS p JOIN orders AS o ON o.id = p.order_id WHERE p.currency <> o.currency
    UNION ALL
    SELECT o.code, o.currency, 'refund', r.currency
    FROM refunds AS r JOIN orders AS o ON o.id = r.order_id WHERE r.currency <> o.currency
"""


def _currencies(tx: Tx) -> Iterator[str]:
    for row in tx.all(_CURRENCIES):
        yield f"order {row['code']}: a {row['what']} is in {row['found']}, the order in {row['currency']}"


_UNASKED = """
    SELECT DISTINCT o.id, o.code, l.supplier_name FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id
    WHERE o.status IN ('paid', 'completed') AND NOT EXISTS (
        SELECT 1 FROM shipments AS s WHERE s.order_id = o.id AND s.supplier_id = l.supplier_id)
    ORDER BY o.id
"""
# The end of an order follows from its parcels (shop.orders.outcome_of_shipments).
_PARCELS = """
    SELECT * FROM (
        SELECT o.id, o.code, o.status, count(*) AS parcels,
            count(*) FILTER (WHERE s.status IN ('delivered', 'short', 'failed')) AS ended,
            count(*) FILTER (WHERE s.status IN ('delivered', 'short')) AS arrived
        FROM orders AS o JOIN shipments AS s ON s.order_id = o.id GROUP BY o.id)
    WHERE NOT CASE status
        WHEN 'paid' THEN ended < parcels
        WHEN 'completed' THEN ended = parcels AND arrived > 0
        WHEN 'cancelled' THEN ended = parcels AND arrived = 0
        ELSE 0 END
    ORDER BY id
"""


def _parcels(tx: Tx) -> Iterator[str]:
    for row in tx.all(_UNASKED):
        yield f"order {row['code']}: it is paid, but {row['supplier_name']} was never asked to send its lines"
    for row in tx.all(_PARCELS):
        state = f"{row['ended']} of {row['parcels']} shipments have ended, {row['arrived']} arrived"
        yield f"order {row['code']}: it is {row['status']}, but {state}"


# Things that happen once and are told once; a card or a reply may come again.
_TOLD_TWICE = """
    SELECT kind, params, chat_id, count(*) AS times FROM outbox
    WHERE kind IN ('payment_confirmed', 'payment_late', 'order_expired', 'shipment_shipped', 'shipment_failed',
        'refund_done')
    GROUP BY kind, params, chat_id HAVING count(*) > 1
"""


def _told_twice(tx: Tx) -> Iterator[str]:
    for row in tx.all(_TOLD_TWICE):
        yield f"outbox: {row['kind']} {row['params']} was enqueued {row['times']} times for chat {row['chat_id']}"


def orders(tx: Tx) -> list[str]:
    """Every misfit of orders with their lines, payments, refunds, shipments and messages; empty when all fits."""
    rules = (_sums, _fees, _holds, _money, _currencies, _parcels, _told_twice)
    return [line for rule in rules for line in rule(tx)]
