"""Taking a person out of what stays: contact data out of an order, the picture out of a receipt, words of a question.

Owns what is blanked in a row and what is left of it; when and whose is in `erasures` and `retention`. What is left
is the record of the trade: goods, amounts, dates, seller, decisions.
"""

from storage.connection import Tx
from storage.pseudonyms import MASK

_CONTACT = """
    UPDATE orders SET recipient = :mask, phone = :mask, address = :mask, location = NULL, cancel_reason = NULL,
        contact_erased_at = :now
    WHERE id = :id
"""
# Who sent a parcel with which carrier is trade; its number leads to the address.
_TRACKING = "UPDATE shipments SET tracking = NULL WHERE order_id = :id AND tracking IS NOT NULL"
_WISHES = "UPDATE change_requests SET wanted = '{}' WHERE order_id = :id"
# A file keeps its kind, so that its card can still be edited, and its fingerprints (file_unique_id, sha256): they
# warn of the same picture sent again, and lead nobody back to it.
_RECEIPT = """
    UPDATE receipts SET text = NULL, file_id = CASE WHEN kind <> 'text' THEN '' END, file_name = NULL, mime = NULL,
        album = NULL, forwarded_from = NULL, bytes = NULL, fetch_after = NULL, erased_at = :now
    WHERE id = :id
"""
_QUESTION = """
    UPDATE questions SET text = :mask, photo = CASE WHEN photo IS NOT NULL THEN '' END, photo_bytes = NULL,
        photo_fetch_after = NULL, album = NULL, erased_at = :now
    WHERE id = :id
"""
_ANSWERS = "UPDATE answers SET text = :mask WHERE question_id = :id"


def order(tx: Tx, order_id: int, now: int) -> None:
    """Recipient, phone, address and its place on the map, the parcels' numbers, the reason of a cancellation and what
    was asked for."""
    tx.run(_CONTACT, id=order_id, mask=MASK, now=now)
    tx.run(_TRACKING, id=order_id)
    tx.run(_WISHES, id=order_id)


def receipt(tx: Tx, receipt_id: int, now: int) -> None:
    """The picture or file, its name, whom it came from, and what was typed."""
    tx.run(_RECEIPT, id=receipt_id, now=now)


def question(tx: Tx, question_id: int, now: int) -> None:
    """What was asked and answered, and the picture with it."""
    tx.run(_QUESTION, id=question_id, mask=MASK, now=now)
    tx.run(_ANSWERS, id=question_id, mask=MASK)
