"""The books as others read them: orders, payments, shipments, people, audit; flat records, page by page.

Owns the keys of an export, their order, and how values are written: instants as ISO 8601 UTC, amounts as decimal
strings with the currency beside them. Never a file or a format; those are the command line's.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shop.money import decimal
from storage.connection import Tx
from storage.pseudonyms import NOBODY

Record = dict[str, Any]

PAGE = 500
"""Records in one page: a page is one short read, so an export of any size never holds up a running bot."""


@dataclass(frozen=True, slots=True)
class Page:
    """Up to `PAGE` records; `last` is where the next page goes on, None after the last one."""

    records: tuple[Record, ...]
    last: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What can be exported under one name: its keys in order, and `page(tx, after, stream)` in order of ids.

    `stream` is a stream's id: then only what belongs to its orders.
    """

    keys: tuple[str, ...]
    page: Callable[[Tx, int, int | None], Page]


def stream_id(tx: Tx, code: str) -> int | None:
    """The stream with this code, typed in any case."""
    found: int | None = tx.value("SELECT id FROM streams WHERE code = :code", code=code.strip().upper())
    return found


def newest_streams(tx: Tx, limit: int = 5) -> list[str]:
    """Codes of the newest streams, for whoever mistyped one."""
    return [row["code"] for row in tx.all("SELECT code FROM streams ORDER BY id DESC LIMIT :limit", limit=limit)]


def iso(instant: int | None) -> str | None:
    """`2026-12-01T12:00:00Z` for UTC milliseconds; whole seconds, as spreadsheets understand them."""
    if instant is None:
        return None
    return datetime.fromtimestamp(instant // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_ORDERS = """
    SELECT o.*, s.code AS stream, p.name AS buyer,
        EXISTS (SELECT 1 FROM payments WHERE order_id = o.id AND status = 'submitted') AS has_submitted
    FROM orders AS o JOIN people AS p ON p.id = o.buyer_id LEFT JOIN streams AS s ON s.id = o.stream_id
    WHERE o.id > :after AND (:stream IS NULL OR o.stream_id = :stream) ORDER BY o.id LIMIT :limit
"""
_LINES_OF = """
    SELECT id, order_id, supplier_id, code, quantity, unit_price, discount, supplier_name, ships_from, ships_until
    FROM order_lines
    WHERE order_id IN (SELECT value FROM json_each(:orders)) ORDER BY id
"""
_SPECIALS_OF = """
    SELECT s.order_id, l.code AS line, s.kind, s.units, s.amount, s.threshold, s.code
    FROM order_specials AS s JOIN order_lines AS l ON l.id = s.line_id
    WHERE s.order_id IN (SELECT value FROM json_each(:orders)) ORDER BY s.id
"""
_REFERENCE = """
    (SELECT group_concat(text, '; ') FROM (
        SELECT text FROM receipts WHERE payment_id = p.id AND text <> '' ORDER BY id)) AS reference
"""
_PAYMENTS_OF = f"""
    SELECT p.order_id, p.method, p.amount, p.currency, p.status, {_REFERENCE} FROM payments AS p
    WHERE p.order_id IN (SELECT value FROM json_each(:orders)) ORDER BY p.order_id, p.number
"""  # noqa: S608
_SHIPMENTS_OF = """
    SELECT h.order_id, s.name AS supplier, h.status, h.carrier, h.tracking
    FROM shipments AS h JOIN suppliers AS s ON s.id = h.supplier_id
    WHERE h.order_id IN (SELECT value FROM json_each(:orders)) ORDER BY h.id
"""


def _orders(tx: Tx, after: int, stream: int | None) -> Page:
    """`expires_at` is when an unpaid order gives its units back, grace included (`pay_by` is what the buyer was
    shown), or when it did; None where nothing runs: under review, paid, completed, cancelled."""
    rows = tx.all(_ORDERS, after=after, stream=stream, limit=PAGE)
    orders = [row["id"] for row in rows]
    lines = _by_order(tx, _LINES_OF, orders)
    specials = _by_order(tx, _SPECIALS_OF, orders)
    payments = _by_order(tx, _PAYMENTS_OF, orders)
    shipments = _by_order(tx, _SHIPMENTS_OF, orders)
    return _page(
        rows,
        lambda row: {
            "code": row["code"],
            "status": row["status"],
            "under_review": row["status"] == "pending" and bool(row["has_submitted"]),
            "stream": row["stream"],
            "buyer": row["buyer"],
            "buyer_id": row["buyer_id"],
            "created_at": iso(row["created_at"]),
            "pay_by": iso(row["pay_by"]),
            "expires_at": iso(row["expired_at"] if row["status"] == "expired" else row["hold_until"]),
            "currency": row["currency"],
            "discount": decimal(row["discount_total"], row["currency"]),
            "delivery_fee": decimal(row["delivery_fee"], row["currency"]),
            "total": decimal(row["total"], row["currency"]),
            "pickup_number": row["pickup_number"],
            "lines": [
                {
                    "code": line["code"],
                    "quantity": line["quantity"],
                    "unit_price": decimal(line["unit_price"], row["currency"]),
                    "discount": decimal(line["discount"], row["currency"]),
                    "supplier": line["supplier_name"],
                    "ships_from": iso(line["ships_from"]),
                    "ships_until": iso(line["ships_until"]),
                }
                for line in lines[row["id"]]
            ],
            "specials": [
                {
                    "line": special["line"],
                    "kind": special["kind"],
                    "units": special["units"],
                    "amount": decimal(special["amount"], row["currency"]),
                    "from_quantity": special["threshold"],
                    "coupon": special["code"],
                }
                for special in specials[row["id"]]
            ],
            "payments": [
                {
                    "method": payment["method"],
                    "amount": decimal(payment["amount"], payment["currency"]),
                    "status": payment["status"],
                    "reference": payment["reference"],
                }
                for payment in payments[row["id"]]
            ],
            "shipments": [
                {key: shipment[key] for key in ("supplier", "status", "carrier", "tracking")}
                for shipment in shipments[row["id"]]
            ],
        },
    )


_PAYMENTS = f"""
    SELECT p.*, o.code, d.name AS decider, {_REFERENCE}
    FROM payments AS p JOIN orders AS o ON o.id = p.order_id LEFT JOIN people AS d ON d.id = p.decided_by
    WHERE p.id > :after AND (:stream IS NULL OR o.stream_id = :stream) ORDER BY p.id LIMIT :limit
"""  # noqa: S608


def _payments(tx: Tx, after: int, stream: int | None) -> Page:
    return _page(
        tx.all(_PAYMENTS, after=after, stream=stream, limit=PAGE),
        lambda row: {
            "code": row["code"],
            "number": f"{row['code']}-P-{row['number']}",
            "method": row["method"],
            "amount": decimal(row["amount"], row["currency"]),
            "currency": row["currency"],
            "status": row["status"],
            "reference": row["reference"],
            "submitted_at": iso(row["submitted_at"]),
            "decided_at": iso(row["decided_at"]),
            "decided_by": row["decider"],
        },
    )


_SHIPMENTS = """
    SELECT h.*, s.name AS supplier, o.code, o.recipient, o.phone, o.address, o.currency, coalesce(d.fee, 0) AS fee
    FROM shipments AS h JOIN suppliers AS s ON s.id = h.supplier_id JOIN orders AS o ON o.id = h.order_id
    LEFT JOIN order_deliveries AS d ON d.order_id = h.order_id AND d.supplier_id = h.supplier_id
    WHERE h.id > :after AND (:stream IS NULL OR o.stream_id = :stream) ORDER BY h.id LIMIT :limit
"""


def _shipments(tx: Tx, after: int, stream: int | None) -> Page:
    rows = tx.all(_SHIPMENTS, after=after, stream=stream, limit=PAGE)
    lines = _by_order(tx, _LINES_OF, {row["order_id"] for row in rows})
    return _page(
        rows,
        lambda row: {
            "order": row["code"],
            "supplier": row["supplier"],
            "status": row["status"],
            "recipient": row["recipient"],
            "phone": row["phone"],
            "address": row["address"],
            "fee": decimal(row["fee"], row["currency"]),
            "pickup_number": row["pickup_number"],
            "carrier": row["carrier"],
            "tracking": row["tracking"],
            "ships_by": iso(row["ships_by"]),
            "requested_at": iso(row["requested_at"]),
            "accepted_at": iso(row["accepted_at"]),
            "shipped_at": iso(row["shipped_at"]),
            "ended_at": iso(row["ended_at"]),
            "lines": [
                {
                    "code": line["code"],
                    "quantity": line["quantity"],
                    "ships_from": iso(line["ships_from"]),
                    "ships_until": iso(line["ships_until"]),
                }
                for line in lines[row["order_id"]]
                if line["supplier_id"] == row["supplier_id"]
            ],
        },
    )


_PEOPLE = """
    SELECT p.*,
        (SELECT json_group_array(DISTINCT role) FROM roles WHERE person_id = p.id AND revoked_at IS NULL) AS roles,
        (SELECT count(*) FROM orders WHERE buyer_id = p.id AND (:stream IS NULL OR stream_id = :stream)) AS orders
    FROM people AS p
    WHERE p.id > :after AND p.id < :nobody AND (:stream IS NULL OR EXISTS (
        SELECT 1 FROM orders WHERE buyer_id = p.id AND stream_id = :stream))
    ORDER BY p.id LIMIT :limit
"""


def _people(tx: Tx, after: int, stream: int | None) -> Page:
    """Everybody who spoke to the bot and was not erased; of a stream, who ordered in it, those orders counted."""
    return _page(
        tx.all(_PEOPLE, after=after, nobody=NOBODY, stream=stream, limit=PAGE),
        lambda row: {
            "id": row["id"],
            "name": row["name"],
            "username": row["username"],
            "language": row["language"] or row["telegram_language"],
            "follows": row["follows_since"] is not None,
            "reachable": row["blocked_at"] is None,
            "roles": sorted(json.loads(row["roles"])),
            "orders": row["orders"],
        },
    )


_AUDIT = """
    SELECT a.*, p.name AS actor FROM audit AS a LEFT JOIN people AS p ON p.id = a.actor_id
    WHERE a.id > :after AND (:stream IS NULL OR a.subject = 'stream:' || :stream
        OR a.subject IN (SELECT 'offer:' || id FROM offers WHERE stream_id = :stream)
        OR a.subject IN (SELECT 'order:' || id FROM orders WHERE stream_id = :stream))
    ORDER BY a.id LIMIT :limit
"""


def _audit(tx: Tx, after: int, stream: int | None) -> Page:
    """Who decided what; `actor` is None where no person did. Of a stream: itself, its offers and orders."""
    return _page(
        tx.all(_AUDIT, after=after, stream=stream, limit=PAGE),
        lambda row: {
            "id": row["id"],
            "at": iso(row["at"]),
            "actor_id": row["actor_id"],
            "actor": row["actor"],
            "action": row["action"],
            "subject": row["subject"],
            "order": _order_code(tx, row["subject"]),
            "details": json.loads(row["details"]),
        },
    )


def _order_code(tx: Tx, subject: str) -> str | None:
    noun, _, id_ = subject.partition(":")
    code: str | None = tx.value("SELECT code FROM orders WHERE id = :id", id=int(id_)) if noun == "order" else None
    return code


EXPORTS: Mapping[str, Export] = {
    "orders": Export(
        keys=(
            "code", "status", "under_review", "stream", "buyer", "buyer_id", "created_at", "pay_by", "expires_at",
            "currency", "discount", "delivery_fee", "total", "pickup_number", "lines", "specials", "payments",
            "shipments",
        ),
        page=_orders,
    ),
    "payments": Export(
        keys=(
            "code", "number", "method", "amount", "currency", "status", "reference", "submitted_at", "decided_at",
            "decided_by",
        ),
        page=_payments,
    ),
    "shipments": Export(
        keys=(
            "order", "supplier", "status", "recipient", "phone", "address", "fee", "pickup_number", "carrier",
            "tracking", "ships_by", "requested_at", "accepted_at", "shipped_at", "ended_at", "lines",
        ),
        page=_shipments,
    ),
    "people": Export(
        keys=("id", "name", "username", "language", "follows", "reachable", "roles", "orders"),
        page=_people,
    ),
    "audit": Export(
        keys=("id", "at", "actor_id", "actor", "action", "subject", "order", "details"),
        page=_audit,
    ),
}  # fmt: skip
"""Every export by the name it is asked for."""


def _by_order(tx: Tx, sql: str, orders: Iterable[int]) -> dict[int, list[sqlite3.Row]]:
    found: dict[int, list[sqlite3.Row]] = defaultdict(list)
    for row in tx.all(sql, orders=json.dumps(list(orders))):
        found[row["order_id"]].append(row)
    return found


def _page(rows: list[sqlite3.Row], record: Callable[[sqlite3.Row], Record]) -> Page:
    return Page(tuple(map(record, rows)), rows[-1]["id"] if len(rows) == PAGE else None)
