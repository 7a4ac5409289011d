"""What buyers send as proof: Telegram's file id, and what is known of the file once its bytes are here.

Owns `receipts`. Who decides about them is in `payments`; fetching and keeping the bytes is in `files`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shop.files import Content, content_of, is_as_claimed
from storage.connection import Tx
from storage.files import MAX_BYTES
from storage.outbox import Params

MOST_SHOWN = 10  # Bot API, sendMediaGroup: 2 to 10 files of one sort


class ReceiptKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came in: a photo or document by file id, or a typed reference. `album` is Telegram's media_group_id."""

    kind: ReceiptKind
    text: str | None = None
    file_id: str | None = None
    file_unique_id: str | None = None
    file_name: str | None = None
    mime: str | None = None
    size: int | None = None
    album: str | None = None
    forwarded_from: str | None = None

    @property
    def is_too_big(self) -> bool:
        """Telegram gives bots no file larger than this: only its id can be kept."""
        return (self.size or 0) > MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A stored proof; `sha256` and `content` once its bytes are here."""

    id: int
    payment_id: int
    kind: ReceiptKind
    text: str | None
    file_id: str | None
    file_unique_id: str | None
    file_name: str | None
    mime: str | None
    size: int | None
    album: str | None
    forwarded_from: str | None
    received_at: int
    sha256: str | None
    content: Content | None

    @property
    def is_too_big(self) -> bool:
        """Its bytes can't be had."""
        return (self.size or 0) > MAX_BYTES

    @property
    def is_odd(self) -> bool:
        """A file that is not what it says it is, or nothing to look at."""
        return (
            self.kind is ReceiptKind.DOCUMENT
            and self.content is not None
            and not is_as_claimed(self.content, self.file_name, self.mime)
        )


_ADD = """
    INSERT INTO receipts (payment_id, kind, text, file_id, file_unique_id, file_name, mime, size, album,
        forwarded_from, fetch_after, received_at)
    VALUES (:payment, :kind, :text, :file_id, :unique, :name, :mime, :size, :album, :forwarded, :fetch_after, :now)
"""
_RECEIPT = """
    SELECT id, payment_id, kind, text, file_id, file_unique_id, file_name, mime, size, album, forwarded_from,
        received_at, sha256, content
    FROM receipts
"""


def add(tx: Tx, payment: int, proof: Proof, now: int) -> int:
    """Store a proof and ask for its bytes."""
    is_fetched = proof.file_id is not None and not proof.is_too_big
    if is_fetched:
        tx.rings_due = True
    return tx.insert(
        _ADD,
        payment=payment,
        kind=proof.kind,
        text=proof.text,
        file_id=proof.file_id,
        unique=proof.file_unique_id,
        name=proof.file_name,
        mime=proof.mime,
        size=proof.size,
        album=proof.album,
        forwarded=proof.forwarded_from,
        fetch_after=now if is_fetched else None,
        now=now,
    )


def of_payment(tx: Tx, payment: int) -> list[Receipt]:
    """Every proof of a payment, as it came."""
    return [_receipt(row) for row in tx.all(f"{_RECEIPT} WHERE payment_id = :p ORDER BY id", p=payment)]


def view(tx: Tx, receipt: int) -> Receipt | None:
    """A proof, or None."""
    row = tx.one(f"{_RECEIPT} WHERE id = :id", id=receipt)
    return None if row is None else _receipt(row)


def between(tx: Tx, params: Params) -> list[Receipt]:
    """What a message shows of one claim: from `first` to `last`; where it names an `album`, only what is of that."""
    first, last, album = int(params["first"] or 0), int(params["last"] or 0), params["album"]
    began = view(tx, first)
    if began is None:
        return []
    together = [receipt for receipt in of_payment(tx, began.payment_id) if first <= receipt.id <= last]
    return [receipt for receipt in together if album is None or receipt.album == album]


def is_more(tx: Tx, payment: int, receipt: int) -> bool:
    """Had something been sent for this claim before?"""
    sql = "SELECT 1 FROM receipts WHERE payment_id = :payment AND id < :receipt"
    return tx.one(sql, payment=payment, receipt=receipt) is not None


def runs(found: Iterable[Receipt]) -> list[list[Receipt]]:
    """In their order, cut into what one message can show: up to ten files of one sort, or one typed reference."""
    cut: list[list[Receipt]] = []
    for receipt in found:
        if cut and receipt.file_id is not None and cut[-1][0].kind is receipt.kind and len(cut[-1]) < MOST_SHOWN:
            cut[-1].append(receipt)
        else:
            cut.append([receipt])
    return cut


def _receipt(row: object) -> Receipt:
    values = dict(row)  # type: ignore[call-overload]
    content = None if values["content"] is None else Content(values["content"])
    return Receipt(**{**values, "kind": ReceiptKind(values["kind"]), "content": content})


_OF_ALBUM = """
    SELECT MIN(r.id), p.id, p.order_id, p.status = 'rejected' FROM receipts AS r
    JOIN payments AS p ON p.id = r.payment_id JOIN orders AS o ON o.id = p.order_id
    WHERE r.album = :album AND o.buyer_id = :buyer GROUP BY p.id ORDER BY p.id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumBegun:
    """Where an album has begun to go: all of it goes to that order, and to that claim unless it was rejected."""

    receipt_id: int
    payment_id: int
    order_id: int
    is_rejected: bool


def of_album(tx: Tx, buyer: int, album: str | None) -> AlbumBegun | None:
    """Where an album of this buyer has begun to go; None for its first part, and for what is in no album."""
    row = None if album is None else tx.one(_OF_ALBUM, album=album, buyer=buyer)
    if row is None:
        return None
    return AlbumBegun(receipt_id=row[0], payment_id=row[1], order_id=row[2], is_rejected=bool(row[3]))


_SEEN_BEFORE = """
    SELECT o.code, r.received_at FROM receipts AS mine
    JOIN receipts AS r ON r.file_unique_id = mine.file_unique_id OR r.sha256 = mine.sha256
    JOIN payments AS p ON p.id = r.payment_id JOIN orders AS o ON o.id = p.order_id
    WHERE mine.payment_id = :payment AND r.id < mine.id AND p.order_id <> :order ORDER BY r.id LIMIT 1
"""


def seen_before(tx: Tx, payment: int, order: int) -> tuple[str, int] | None:
    """Another order's code and time for which a file of this payment, or the same bytes as another file, was sent
    earlier; for the cashier's eyes only."""
    row = tx.one(_SEEN_BEFORE, payment=payment, order=order)
    return None if row is None else (row["code"], row["received_at"])


_FETCHED = """
    UPDATE receipts SET bytes = :data, sha256 = :sha, size = :size, content = :content, fetch_after = NULL
    WHERE id = :id AND erased_at IS NULL
"""
_SAME_BYTES = """
    SELECT DISTINCT p.id FROM receipts AS r JOIN payments AS p ON p.id = r.payment_id
    WHERE r.sha256 = :sha AND r.id >= :receipt
"""


def fetched(tx: Tx, *, receipt: int, data: bytes) -> list[int]:
    """Keep the bytes, unless they were erased on their way; returns the payments whose cashiers are to be warned."""
    content, sha = content_of(data), hashlib.sha256(data).hexdigest()
    is_kept = tx.run(_FETCHED, id=receipt, data=data, sha=sha, size=len(data), content=content) > 0
    kept = view(tx, receipt) if is_kept else None
    if kept is None:
        return []
    concerned = [row["id"] for row in tx.all(_SAME_BYTES, sha=sha, receipt=receipt)]
    return concerned if kept.is_odd or len(concerned) > 1 or _has_earlier(tx, kept) else []


def _has_earlier(tx: Tx, receipt: Receipt) -> bool:
    sql = "SELECT 1 FROM receipts WHERE sha256 = :sha AND id < :id AND payment_id <> :payment"
    return tx.one(sql, sha=receipt.sha256, id=receipt.id, payment=receipt.payment_id) is not None
