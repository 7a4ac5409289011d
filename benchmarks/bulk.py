"""Books that have seen much: orders in bulk, as copies of two that the acts themselves have made.

One of twenty was cancelled, the others are paid and with their supplier. All of them are orders of one offer, each
ten of one person; doctor finds nothing to say against them. Nothing is kept beside the file.
"""

import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.books import FIRST_BUYER, HOST, known, orders_policy, put_up
from storage import checkouts, dialogs, endings, offers, payments
from storage.connection import Tx
from storage.receipts import Proof, ReceiptKind
from storage.store import Store

_FIRST = 10**9  # the first of those who ordered before
_ROOM = 10**6  # units that are still free

# {table: {column: what it is in the copy with the number k}}; every other column is copied, an id is given anew.
_COPIED: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "id": ":order + k",
        "code": "printf('OLD-%08d', k)",
        "checkout_id": "NULL",
        "buyer_id": f"{_FIRST} + k / 10",
    },
    "order_lines": {"order_id": ":order + k"},
    "stock_movements": {"order_id": ":order + k"},
    "payments": {"id": ":payment + k", "order_id": ":order + k"},
    "receipts": {"payment_id": ":payment + k"},
    "shipments": {"order_id": ":order + k"},
    "audit": {"subject": "'order:' || (:order + k)"},
}
_OF_ORDER = {
    "orders": "id = :template",
    "receipts": "payment_id IN (SELECT id FROM payments WHERE order_id = :template)",
    "audit": "subject = 'order:' || :template",
}
_COUNT = "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < :orders)"
_PEOPLE = f"""
    {_COUNT} INSERT INTO people (id, name, language, created_at)
    SELECT {_FIRST} + k / 10, 'Somebody', 'en', :now FROM n WHERE k = 1 OR k % 10 = 0
"""
_SOLD = """
    UPDATE offers SET quantity = quantity + :units, taken = taken + :units WHERE id = :offer
"""
_PUT_UP = """
    INSERT INTO stock_movements (offer_id, kind, units, reason, at) VALUES (:offer, 'quantity', :units, 'old', :now)
"""


async def old_books(folder: Path, orders: int) -> offers.Offer:
    """Make a file with so many orders, all for one offer that has units left; returns it."""
    now = time.time_ns() // 1_000_000
    offer = await put_up(folder, 0, _ROOM)
    async with await Store.open(folder / "bench.db", synchronous="NORMAL", now=now) as store:
        paid = await store.write(_placed, FIRST_BUYER - 1, offer, now)
        await store.write(_pay, FIRST_BUYER - 1, paid, now)
        cancelled = await store.write(_placed, FIRST_BUYER - 2, offer, now)
        await store.write(endings.cancel, actor=FIRST_BUYER - 2, order_id=cancelled, now=now)
        await store.write(_copy, offer, paid, cancelled, orders, now)
        found = await store.read(offers.view, offer)
    if found is None:
        raise LookupError(offer)
    return found


def _placed(tx: Tx, buyer: int, offer: int, now: int) -> int:
    """An unpaid order of one unit."""
    known(tx, buyer, now)
    chosen = offers.view(tx, offer)
    if chosen is None:
        raise LookupError(offer)
    wish = checkouts.Wish(offer_id=offer, quantity=1, price=chosen.price)
    begun = checkouts.begin(tx, actor=buyer, wishes=[wish], now=now)
    if not isinstance(begun, dialogs.Dialog):
        raise TypeError(begun)
    placed = checkouts.place(
        tx, actor=buyer, checkout=begun.id, terms="1", method="Pay", policy=orders_policy(), now=now
    )
    if not isinstance(placed, checkouts.Placed):
        raise TypeError(placed)
    return placed.order_id


def _pay(tx: Tx, buyer: int, order: int, now: int) -> None:
    proof = Proof(kind=ReceiptKind.TEXT, text="100004200")
    sent = payments.submit(tx, actor=buyer, order_id=order, proofs=[proof], policy=orders_policy(), now=now)
    if not isinstance(sent, payments.Submitted):
        raise TypeError(sent)
    confirmed = payments.confirm(tx, actor=HOST, payment_id=sent.payment_id, now=now)
    if not isinstance(confirmed, payments.Confirmed):
        raise TypeError(confirmed)


def _copy(tx: Tx, offer: int, paid: int, cancelled: int, orders: int, now: int) -> None:
    tx.run("UPDATE outbox SET state = 'dropped', ended_at = :now WHERE state = 'queued'", now=now)
    last = {"order": tx.value("SELECT max(id) FROM orders"), "payment": tx.value("SELECT max(id) FROM payments")}
    tx.run(_PEOPLE, orders=orders, now=now)
    for table, changed in _COPIED.items():
        columns = [row["name"] for row in tx.all(f"PRAGMA table_info({table})")]
        named = [column for column in columns if column in changed or column != "id"]
        values = ", ".join(changed.get(column, f"t.{column}") for column in named)
        for template, which in ((paid, "k % 20 <> 0"), (cancelled, "k % 20 = 0")):
            of_order = _OF_ORDER.get(table, "order_id = :template")
            tx.run(
                f"{_COUNT} INSERT INTO {table} ({', '.join(named)}) "
                f"SELECT {values} FROM n CROSS JOIN {table} AS t WHERE t.{of_order} AND {which}",
                orders=orders,
                template=template,
                **last,
            )
    sold = orders - orders // 20
    tx.run(_SOLD, offer=offer, units=sold)
    tx.run(_PUT_UP, offer=offer, units=sold, now=now)
