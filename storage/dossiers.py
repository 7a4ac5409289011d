"""Everything the books hold about one person, as they may see it: their data, readable by people and machines.

Owns the keys. Instants are ISO 8601 in UTC, amounts decimal strings. Nothing of anybody else is in it: of the stall's
people there is what they wrote to this person, and never who wrote it. The files beside it are in `copies`.
"""

import json
from collections.abc import Iterator
from typing import Any

from shop.money import decimal
from storage import correspondence, deliveries, inbox
from storage.connection import Tx
from storage.exports import Record, iso


def about(tx: Tx, person: int, now: int) -> Record | None:
    """Everything kept about a person, by what it is; None if they are not in the books."""
    row = tx.one("SELECT * FROM people WHERE id = :person", person=person)
    if row is None:
        return None
    return {
        "made_at": iso(now),
        "person": {
            "telegram_id": row["id"],
            "name": row["name"],
            "username": row["username"],
            "language_chosen": row["language"],
            "language_of_telegram": row["telegram_language"],
            "follows_since": iso(row["follows_since"]),
            "blocked_the_bot_at": iso(row["blocked_at"]),
            "may_not_order_since": iso(row["ordering_blocked_at"]),
            "first_seen_at": iso(row["created_at"]),
        },
        "addresses": list(_addresses(tx, person)),
        "reminders_of_streams": list(_watched(tx, person)),
        "waiting_lists": list(_waited(tx, person)),
        "cart": list(_cart(tx, person)),
        "kept_by_words": list(_claimed(tx, person)),
        "orders": list(_orders(tx, person)),
        "questions": list(correspondence.questions(tx, person)),
        "roles": list(_roles(tx, person)),
        "streams_hosted": list(_hosted(tx, person)),
        "being_asked": [
            {
                "what": row["kind"],
                "step": row["step"],
                "answered": json.loads(row["data"]),
                "at": iso(row["updated_at"]),
            }
            for row in tx.all("SELECT * FROM dialogs WHERE person_id = :person", person=person)
        ],
        "messages_to_you": list(correspondence.messages(tx, person)),
        "updates_not_handled": [correspondence.own(json.loads(raw)) for raw in inbox.open_of(tx, person)],
        "decisions": list(_decisions(tx, person)),
    }


def _addresses(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all("SELECT * FROM addresses WHERE person_id = :person ORDER BY id", person=person):
        yield {
            "label": row["label"],
            "recipient": row["recipient"],
            "phone": row["phone"],
            "address": row["address"],
            "location": row["location"],
            "given_at": iso(row["created_at"]),
            "replaced_at": iso(row["replaced_at"]),
        }


_WATCHED = """
    SELECT s.code, s.title, w.since FROM stream_watchers AS w INDEXED BY stream_watchers_by_person
    JOIN streams AS s ON s.id = w.stream_id WHERE w.person_id = :person ORDER BY w.since
"""


def _watched(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all(_WATCHED, person=person):
        yield {"stream": row["code"], "title": row["title"], "since": iso(row["since"])}


_WAITED = """
    SELECT w.*, p.code, s.code AS stream FROM waitlist AS w INDEXED BY waitlist_by_person
    JOIN offers AS o ON o.id = w.offer_id JOIN products AS p ON p.id = o.product_id
    JOIN streams AS s ON s.id = o.stream_id WHERE w.person_id = :person ORDER BY w.id
"""


def _waited(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all(_WAITED, person=person):
        yield {
            "code": row["code"],
            "stream": row["stream"],
            "quantity": row["quantity"],
            "all_or_nothing": row["mode"] == "all",
            "status": row["status"],
            "joined_at": iso(row["joined_at"]),
            "ended_at": iso(row["ended_at"]),
        }


_CART = """
    SELECT s.code AS stream, p.code, c.quantity, c.price, o.currency, c.added_at
    FROM cart_lines AS c JOIN offers AS o ON o.id = c.offer_id JOIN streams AS s ON s.id = o.stream_id
    JOIN products AS p ON p.id = o.product_id WHERE c.person_id = :person ORDER BY c.added_at, c.offer_id
"""


def _cart(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all(_CART, person=person):
        yield {
            "stream": row["stream"],
            "code": row["code"],
            "quantity": row["quantity"],
            "price_shown": decimal(row["price"], row["currency"]),
            "added_at": iso(row["added_at"]),
        }


_CLAIMED = """
    SELECT c.status, c.created_at, c.ended_at, s.code AS stream, p.code, l.quantity
    FROM claims AS c INDEXED BY claims_by_person JOIN streams AS s ON s.id = c.stream_id
    JOIN claim_lines AS l ON l.claim_id = c.id JOIN offers AS o ON o.id = l.offer_id
    JOIN products AS p ON p.id = o.product_id WHERE c.person_id = :person ORDER BY c.id, l.offer_id
"""


def _claimed(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all(_CLAIMED, person=person):
        yield {
            "code": row["code"],
            "stream": row["stream"],
            "quantity": row["quantity"],
            "status": row["status"],
            "written_at": iso(row["created_at"]),
            "ended_at": iso(row["ended_at"]),
        }


_ORDERS = """
    SELECT o.*, s.code AS stream FROM orders AS o INDEXED BY orders_by_buyer
    LEFT JOIN streams AS s ON s.id = o.stream_id WHERE o.buyer_id = :person ORDER BY o.id
"""
_TIMES = ("created_at", "pay_by", "paid_at", "completed_at", "expired_at", "cancelled_at")


def _deliveries(tx: Tx, order: int, currency: str) -> Iterator[Record]:
    for each in deliveries.of_order(tx, order):
        yield {"supplier": each.supplier_name, "fee": decimal(each.fee, currency)}


def _orders(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all(_ORDERS, person=person):
        currency = row["currency"]
        yield {
            "code": row["code"],
            "status": row["status"],
            "stream": row["stream"],
            **{name: iso(row[name]) for name in _TIMES},
            "cancel_reason": row["cancel_reason"],
            "recipient": row["recipient"],
            "phone": row["phone"],
            "address": row["address"],
            "location": row["location"],
            "pickup_number": row["pickup_number"],
            "deliveries": list(_deliveries(tx, row["id"], currency)),
            "payment_method": row["pay_method"],
            "terms_version": row["terms"],
            "currency": currency,
            "discount": decimal(row["discount_total"], currency),
            "delivery_fee": decimal(row["delivery_fee"], currency),
            "total": decimal(row["total"], currency),
            "lines": [
                {
                    "code": line["code"],
                    "name": json.loads(line["names"]),
                    "quantity": line["quantity"],
                    "unit_price": decimal(line["unit_price"], currency),
                    "seller": line["supplier_name"],
                    "ships_from": iso(line["ships_from"]),
                    "ships_until": iso(line["ships_until"]),
                }
                for line in tx.all("SELECT * FROM order_lines WHERE order_id = :id ORDER BY id", id=row["id"])
            ],
            "payments": list(_payments(tx, row["id"])),
            "refunds": [
                {
                    "amount": decimal(refund["amount"], refund["currency"]),
                    "status": refund["status"],
                    "reason": refund["reason"],
                    "owed_since": iso(refund["created_at"]),
                    "sent_at": iso(refund["done_at"]),
                }
                for refund in tx.all("SELECT * FROM refunds WHERE order_id = :id ORDER BY number", id=row["id"])
            ],
            "parcels": list(_parcels(tx, row["id"])),
            "asked_for": list(_wishes(tx, row["id"])),
            "dates_moved": list(_choices(tx, row["id"])),
        }


def _wishes(tx: Tx, order: int) -> Iterator[Record]:
    """What they asked for after payment."""
    for row in tx.all("SELECT * FROM change_requests WHERE order_id = :id ORDER BY id", id=order):
        yield {
            "kind": row["kind"],
            "wanted": json.loads(row["wanted"]),
            "status": row["status"],
            "reason": row["reason"],
            "asked_at": iso(row["asked_at"]),
            "decided_at": iso(row["decided_at"]),
        }


_CHOICES = """
    SELECT c.*, d.ships_from, d.ships_until
    FROM delay_choices AS c INDEXED BY delay_choices_by_order JOIN delays AS d ON d.id = c.delay_id
    WHERE c.order_id = :id ORDER BY c.delay_id
"""


def _choices(tx: Tx, order: int) -> Iterator[Record]:
    """What they chose when a presale moved."""
    for row in tx.all(_CHOICES, id=order):
        yield {
            "ships_from": iso(row["ships_from"]),
            "ships_until": iso(row["ships_until"]),
            "asked_at": iso(row["asked_at"]),
            "choice": row["choice"],
            "chosen_at": iso(row["chosen_at"]),
        }


def _payments(tx: Tx, order: int) -> Iterator[Record]:
    for row in tx.all("SELECT * FROM payments WHERE order_id = :id ORDER BY number", id=order):
        yield {
            "method": row["method"],
            "amount": decimal(row["amount"], row["currency"]),
            "status": row["status"],
            "reason": row["reason"],
            "submitted_at": iso(row["submitted_at"]),
            "decided_at": iso(row["decided_at"]),
            "receipts": list(_receipts(tx, row["id"])),
        }


_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}


def file_name(row: Any) -> str:
    """Made of what the books know, never of the name it was sent with: that may hold anything."""
    ending = _ENDINGS.get(row["mime"] or "", "jpg" if row["kind"] == "photo" else "bin")
    return f"receipts/{row['code']}-P-{row['number']}-{row['id']}.{ending}"


_RECEIPTS = """
    SELECT r.*, r.bytes IS NOT NULL AS has_file, o.code, p.number FROM receipts AS r
    JOIN payments AS p ON p.id = r.payment_id JOIN orders AS o ON o.id = p.order_id
    WHERE r.payment_id = :payment ORDER BY r.id
"""


def _receipts(tx: Tx, payment: int) -> Iterator[Record]:
    for row in tx.all(_RECEIPTS, payment=payment):
        yield {
            "kind": row["kind"],
            "text": row["text"],
            "file": file_name(row) if row["has_file"] else None,
            "file_name": row["file_name"],
            "mime": row["mime"],
            "telegram_file_id": row["file_id"],
            "telegram_file_unique_id": row["file_unique_id"],
            "sha256": row["sha256"],
            "telegram_album_id": row["album"],
            "forwarded_from": row["forwarded_from"],
            "received_at": iso(row["received_at"]),
        }


_PARCELS = """
    SELECT h.*, s.name AS supplier FROM shipments AS h JOIN suppliers AS s ON s.id = h.supplier_id
    WHERE h.order_id = :id ORDER BY h.id
"""


def _parcels(tx: Tx, order: int) -> Iterator[Record]:
    for row in tx.all(_PARCELS, id=order):
        yield {
            "seller": row["supplier"],
            "status": row["status"],
            "carrier": row["carrier"],
            "tracking": row["tracking"],
            "requested_at": iso(row["requested_at"]),
            "shipped_at": iso(row["shipped_at"]),
            "ended_at": iso(row["ended_at"]),
        }


_ROLES = """
    SELECT r.role, s.name AS supplier, r.granted_at, r.revoked_at FROM roles AS r
    LEFT JOIN suppliers AS s ON s.id = r.supplier_id WHERE r.person_id = :person ORDER BY r.id
"""


def _roles(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all(_ROLES, person=person):
        yield {
            "role": row["role"],
            "supplier": row["supplier"],
            "since": iso(row["granted_at"]),
            "until": iso(row["revoked_at"]),
        }


def _hosted(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all("SELECT * FROM streams WHERE host_id = :person ORDER BY id", person=person):
        yield {
            "code": row["code"],
            "title": row["title"],
            "starts_at": iso(row["starts_at"]),
            "platforms": json.loads(row["platforms"]),
            "status": row["status"],
        }


_DECISIONS = """
    SELECT at, action, subject, details FROM audit INDEXED BY audit_by_actor WHERE actor_id = :person ORDER BY id
"""
_ABOUT_THEM = """
    SELECT at, action, details FROM audit INDEXED BY audit_by_subject
    WHERE subject = 'person:' || :person AND actor_id IS NOT :person ORDER BY id
"""


def _decisions(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all(_DECISIONS, person=person):
        details = json.loads(row["details"])
        yield {"at": iso(row["at"]), "what": row["action"], "about": row["subject"], "details": details}
    for row in tx.all(_ABOUT_THEM, person=person):
        yield {"at": iso(row["at"]), "what": row["action"], "about": "you", "details": json.loads(row["details"])}
