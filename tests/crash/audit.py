"""What must be true when a round is over: the books, what was said, and what people saw, held against each other.

`misfits` only looks, and tells everything that does not fit. It reads the books of a stall that is closed.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from playground.api import Playground
from playground.messages import Message
from playground.taps import find
from storage import doctor
from storage.clock import SystemClock
from storage.connection import Tx
from storage.outbox import Lane
from storage.store import Store
from tests.journeys.actors import ORDER_CODE
from tests.stall import faulty_calls

GOOD_REASONS = {"replaced by a newer one", "nothing to say any more"}

# What follows once from an order's life, as the message reads that brings it; cards count while they ask for a tap.
_READS = {
    "receipt_in": re.compile(r"The receipt for|sees this too"),
    "payment_confirmed": re.compile(r"Payment confirmed"),
    "shipment_shipped": re.compile(r"is on its way"),
    "shipment_received": re.compile(r"is completed\. Thank you"),
}
_ASKS = {"payment_card": "Confirm", "shipment_card": "Accept"}

_ORDERS = """
    SELECT o.id, o.code, o.buyer_id, o.status, o.total,
        (SELECT count(*) FROM payments WHERE order_id = o.id) AS claims,
        (SELECT count(*) FROM payments WHERE order_id = o.id AND status = 'confirmed') AS confirmed,
        (SELECT coalesce(sum(amount), 0) FROM payments WHERE order_id = o.id AND status = 'confirmed') AS money,
        (SELECT count(*) FROM receipts AS r JOIN payments AS p ON p.id = r.payment_id WHERE p.order_id = o.id)
            AS receipts,
        (SELECT count(*) FROM shipments WHERE order_id = o.id AND status = 'delivered') AS delivered
    FROM orders AS o ORDER BY o.id
"""
_OUTBOX = """
    SELECT b.*, o.code FROM outbox AS b LEFT JOIN orders AS o ON o.id = coalesce(b.params ->> 'order',
        (SELECT order_id FROM payments WHERE id = b.params ->> 'payment'),
        (SELECT order_id FROM shipments WHERE id = b.params ->> 'shipment'))
    ORDER BY b.id
"""


async def misfits(books: Path, playground: Playground, buyers: Iterable[int]) -> list[str]:
    """Everything that is wrong after each of `buyers` has ordered once and been served; empty if all is well."""
    now = SystemClock().now()
    async with await Store.open(books, synchronous="NORMAL", now=now) as store:
        findings = await doctor.examine(store, now=now, bot_is_running=False)
        compared = await store.read(_compared, playground, set(buyers))
    return [*findings.differences, *compared, *sorted(faulty_calls(playground))]


async def repeats(books: Path) -> tuple[int, int]:
    """How many messages were repeated, and how many there were."""
    async with await Store.open(books, synchronous="NORMAL", now=SystemClock().now()) as store:
        found = await store.read(lambda tx: tx.all("SELECT repeated > 0 FROM outbox"))
    return sum(row[0] for row in found), len(found)


def _compared(tx: Tx, playground: Playground, buyers: set[int]) -> list[str]:
    rows = tx.all(_OUTBOX)
    return [
        *_orders(tx, buyers),
        *_stock(tx),
        *_inbox(tx),
        *_done_twice(tx, rows, playground),
        *_missed(rows, playground),
        *_said_twice(rows),
        *_not_said(tx, rows),
        *_seen_twice(rows, playground),
    ]


def _orders(tx: Tx, buyers: set[int]) -> Iterator[str]:
    orders = tx.all(_ORDERS)
    placed = Counter(row["buyer_id"] for row in orders)
    for buyer in buyers | placed.keys():
        if placed[buyer] != (buyer in buyers):
            yield f"buyer {buyer} has {placed[buyer]} orders"
    for row in orders:
        if (row["status"], row["claims"], row["confirmed"], row["delivered"]) != ("completed", 1, 1, 1):
            yield f"order {row['code']}: {dict(row)}"
        if row["money"] != row["total"]:
            yield f"order {row['code']}: {row['money']} of {row['total']} came in"


def _stock(tx: Tx) -> Iterator[str]:
    ordered = "SELECT coalesce(sum(quantity), 0) FROM order_lines WHERE offer_id = f.id"
    for row in tx.all(f"SELECT id, taken, ({ordered}) AS ordered FROM offers AS f"):
        if row["taken"] != row["ordered"]:
            yield f"offer {row['id']}: {row['taken']} taken, {row['ordered']} ordered"


def _inbox(tx: Tx) -> Iterator[str]:
    for row in tx.all("SELECT * FROM inbox WHERE done_at IS NULL OR attempts > 0"):
        yield f"update {row['update_id']}: open or failed, {row['attempts']} attempts, {row['error']}"


_UPDATES = """
    SELECT sender_id AS sender, count(*) AS updates FROM inbox GROUP BY 1
"""


def _done_twice(tx: Tx, rows: list[sqlite3.Row], playground: Playground) -> Iterator[str]:
    """One update leads to at most one act: no more replies than updates, no more receipts than pictures sent."""
    replies = Counter(row["chat_id"] for row in rows if row["lane"] == Lane.REPLY)
    updates = {int(row["sender"]): row["updates"] for row in tx.all(_UPDATES) if row["sender"] is not None}
    for person, count in replies.items():
        # The owner's desk was enqueued by a stream that was made without the chat.
        if person in updates and count > updates[person]:
            yield f"person {person} sent {updates[person]} updates and got {count} replies"
    for row in tx.all(_ORDERS):
        sent = sum(message.media is not None and not message.from_bot for message in _messages(playground, row))
        if row["receipts"] > sent:
            yield f"order {row['code']}: {row['receipts']} receipts of {sent} pictures"


def _messages(playground: Playground, order: sqlite3.Row) -> Iterable[Message]:
    return _chat(playground, order["buyer_id"]).values()


def _missed(rows: list[sqlite3.Row], playground: Playground) -> Iterator[str]:
    """A message that never went, or that its reader does not have."""
    for row in rows:
        what = f"outbox row {row['id']} ({row['kind']} to {row['chat_id']})"
        if row["state"] == "sent":
            if row["message_id"] is not None and row["message_id"] not in _chat(playground, row["chat_id"]):
                yield f"{what} is sent, but the chat has no message {row['message_id']}"
        elif row["state"] != "dropped" or row["error"] not in GOOD_REASONS:
            yield f"{what} is {row['state']}: {row['error']}"


def _said_twice(rows: list[sqlite3.Row]) -> Iterator[str]:
    """One consequence in two rows: a question of a dialog, and everything that is expected once.

    A summary is asked again for whoever types where a button decides; `_done_twice` counts those.
    """
    asked = Counter(
        row["params"] for row in rows if row["kind"] == "question" and json.loads(row["params"])["step"] != "summary"
    )
    for params, times in asked.items():
        if times > 1:
            yield f"question {params} was enqueued {times} times"


def _not_said(tx: Tx, rows: list[sqlite3.Row]) -> Iterator[str]:
    """What the books say was to be told, against what was enqueued: neither more nor less."""
    enqueued = Counter((row["code"], row["kind"], row["lane"]) for row in rows if row["code"] is not None)
    more = Counter(row["code"] for row in rows if row["kind"] == "receipt_in" and json.loads(row["params"])["more"])
    for row in tx.all(_ORDERS):
        expected = {
            ("order_placed", Lane.REPLY): 1,
            ("receipt_in", Lane.REPLY): row["receipts"],
            ("payment_card", Lane.ORDER): row["receipts"],
            ("payment_card", Lane.REPLY): row["confirmed"],
            ("payment_confirmed", Lane.ORDER): row["confirmed"],
            ("shipment_shipped", Lane.ORDER): row["delivered"],
            ("shipment_received", Lane.REPLY): row["delivered"],
        }
        for (kind, lane), times in expected.items():
            if (found := enqueued[row["code"], kind, int(lane)]) != times:
                yield f"order {row['code']}: {kind} was enqueued {found} times instead of {times}"
        if more[row["code"]] != row["receipts"] - 1:
            yield f"order {row['code']}: {more[row['code']]} of {row['receipts']} receipts joined another"


def _seen_twice(rows: list[sqlite3.Row], playground: Playground) -> Iterator[str]:
    """Messages nobody has in the books: each must be the lost first copy of a row that counts as repeated.

    Answers to look-ups are not in the books; what was looked up in a kill is simply shown again.
    """
    known = {(row["chat_id"], row["message_id"]) for row in rows}
    repeated: Counter[tuple[int, str, str]] = Counter()
    for row in rows:
        if row["code"] is not None:
            repeated[row["chat_id"], row["kind"], row["code"]] += row["repeated"]
    copies: Counter[tuple[int, str, str]] = Counter()
    for person in playground.people.values():
        for message in person.inbox:
            kind = kind_of(message)
            if kind is not None and (person.id, message.id) not in known:
                copies[person.id, kind, _code(message)] += 1
    for (chat, kind, code), times in copies.items():
        if times > repeated[chat, kind, code]:
            yield f"chat {chat} has {times} more {kind} of {code}; repeated: {repeated[chat, kind, code]}"


def kind_of(message: Message) -> str | None:
    """Which consequence a message brings; None for look-ups, questions and cards that ask for nothing."""
    for kind, words in _READS.items():
        if words.search(message.text):
            return kind
    for kind, label in _ASKS.items():
        if find([message], label):
            return kind
    return "order_placed" if message.photo is not None and "Pay by" in message.text else None


def _code(message: Message) -> str:
    found = ORDER_CODE.search(message.text)
    return "" if found is None else found.group()


def _chat(playground: Playground, person: int) -> dict[int, Message]:
    return playground.people[person].chat.messages
