"""What is over its time goes by itself: contact data, receipts, questions, messages, and whose an order was.

Owns what is over when; how long is in `shop.retention`, what is blanked in `masking`. Every act does one bounded
batch, finds it by an index, and leaves nothing it has done to be found again: a kill costs nothing.
"""

from collections.abc import Callable, Mapping

from shop.retention import Retention
from storage import cards, claims, inbox, masking, outbox, pseudonyms
from storage.connection import Tx

BATCH = 200
FILES = 5  # of up to 20 MB, which are overwritten

# An order is over when nothing is on its way any more: no parcel to be sent, no money to be decided or sent back. One
# that was sent and never said to be received counts from the day it was sent.
_IS_OVER = """
    NOT EXISTS (SELECT 1 FROM payments WHERE order_id = o.id AND status = 'submitted')
    AND NOT EXISTS (SELECT 1 FROM refunds WHERE order_id = o.id AND status = 'owed')
    AND NOT EXISTS (SELECT 1 FROM shipments
        WHERE order_id = o.id AND (status IN ('requested', 'accepted') OR coalesce(ended_at, shipped_at) >= :before))
"""
_ORDERS = f"""
    SELECT o.id FROM orders AS o INDEXED BY orders_with_contact
    WHERE o.contact_erased_at IS NULL AND o.status <> 'pending'
      AND coalesce(o.completed_at, o.cancelled_at, o.expired_at, o.paid_at) < :before AND {_IS_OVER}
    ORDER BY coalesce(o.completed_at, o.cancelled_at, o.expired_at, o.paid_at) LIMIT :limit
"""  # noqa: S608
_RECEIPTS = f"""
    SELECT r.id FROM receipts AS r INDEXED BY receipts_kept
    JOIN payments AS p ON p.id = r.payment_id JOIN orders AS o ON o.id = p.order_id
    WHERE r.erased_at IS NULL AND r.received_at < :before AND o.status <> 'pending'
      AND coalesce(o.completed_at, o.cancelled_at, o.expired_at, o.paid_at) < :before AND {_IS_OVER}
    ORDER BY r.received_at LIMIT :limit
"""  # noqa: S608
_QUESTIONS = """
    SELECT id FROM questions INDEXED BY questions_kept
    WHERE erased_at IS NULL AND asked_at < :before ORDER BY asked_at LIMIT :limit
"""


def _mask(tx: Tx, sql: str, blank: Callable[[Tx, int, int], None], before: int, limit: int, now: int) -> int:
    rows = tx.all(sql, before=before, limit=limit)
    for row in rows:
        blank(tx, row["id"], now)
    return len(rows)


def mask_orders(tx: Tx, *, before: int, now: int) -> int:
    """Contact data of orders that have been over since before that moment; returns how many."""
    return _mask(tx, _ORDERS, masking.order, before, BATCH, now)


def mask_receipts(tx: Tx, *, before: int, now: int) -> int:
    """Receipts of such orders; returns how many."""
    return _mask(tx, _RECEIPTS, masking.receipt, before, FILES, now)


def mask_questions(tx: Tx, *, before: int, now: int) -> int:
    """Questions asked before that moment, and their answers; returns how many."""
    return _mask(tx, _QUESTIONS, masking.question, before, BATCH, now)


_DROP_ADDRESSES = """
    DELETE FROM addresses WHERE id IN (
        SELECT id FROM addresses INDEXED BY addresses_replaced WHERE replaced_at < :before LIMIT :limit)
"""
_DROP_DIALOGS = """
    DELETE FROM dialogs WHERE id IN (
        SELECT id FROM dialogs INDEXED BY dialogs_by_age WHERE updated_at < :before LIMIT :limit)
"""


def drop_addresses(tx: Tx, *, before: int, now: int) -> int:
    """Addresses that gave way to another before that moment; returns how many."""
    return tx.run(_DROP_ADDRESSES, before=before, limit=BATCH)


def drop_unfinished(tx: Tx, *, before: int, now: int) -> int:
    """Questions left half-way, updates nobody could handle, and whose words in a group were; returns how many."""
    dialogs = tx.run(_DROP_DIALOGS, before=before, limit=BATCH)
    return dialogs + inbox.forget_set_aside(tx, before, BATCH) + claims.forget(tx, before, BATCH)


def drop_messages(tx: Tx, *, before: int, now: int) -> int:
    """Messages that have been at their end since before that moment, and copies of cards; returns how many."""
    return outbox.forget(tx, before) + cards.forget_copies(tx, before, BATCH)


_OWNED = """
    SELECT id FROM orders AS o INDEXED BY orders_with_buyer
    WHERE buyer_id <> 4503599627370496 AND created_at < :before AND contact_erased_at IS NOT NULL
    ORDER BY created_at LIMIT :limit
"""
_DISOWN = """
    UPDATE orders SET cancelled_by = CASE WHEN cancelled_by = buyer_id THEN :nobody ELSE cancelled_by END,
        buyer_id = :nobody
    WHERE id = :id
"""
# Entries are written in the order of time, or nearly: those at the beginning are the old ones.
_DROP_AUDIT = """
    DELETE FROM audit WHERE id IN (
        SELECT id FROM (SELECT id, at FROM audit WHERE id > 0 ORDER BY id LIMIT :limit) WHERE at < :before)
"""


def disown_orders(tx: Tx, *, before: int, now: int) -> int:
    """Orders as old as trade records have to be no longer say whose they were; returns how many."""
    nobody = pseudonyms.nobody(tx, now)
    rows = tx.all(_OWNED, before=before, limit=BATCH)
    for row in rows:
        tx.run(_DISOWN, id=row["id"], nobody=nobody)
    return len(rows)


def drop_audit(tx: Tx, *, before: int, now: int) -> int:
    """Entries on who decided what, once they are as old; returns how many."""
    return tx.run(_DROP_AUDIT, before=before, limit=BATCH)


Act = Callable[..., int]


def over(retention: Retention) -> Mapping[Act, int]:
    """Every act with how long (milliseconds) what it ends is kept."""
    return {
        mask_receipts: retention.receipts,
        mask_orders: retention.addresses,
        drop_addresses: retention.addresses,
        mask_questions: retention.questions,
        drop_unfinished: retention.unfinished,
        drop_messages: retention.messages,
        disown_orders: retention.trade_records,
        drop_audit: retention.trade_records,
    }
