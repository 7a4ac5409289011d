"""What buyers send as proof: Telegram's file id, and the bytes themselves, because file ids belong to one bot.

Owns `receipts`. Who decides about them is in `payments`; fetching is done by `bot`.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from storage.clock import MINUTE
from storage.connection import Tx

MAX_FETCHES = 8
MAX_BYTES = 20 * 1024 * 1024  # Bot API, getFile: files up to 20 MB


class ReceiptKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came in: a photo or document by file id, or a typed reference."""

    kind: ReceiptKind
    text: str | None = None
    file_id: str | None = None
    file_unique_id: str | None = None
    file_name: str | None = None
    mime: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A stored proof; `sha256` once its bytes are here."""

    id: int
    payment_id: int
    kind: ReceiptKind
    text: str | None
    file_id: str | None
    file_unique_id: str | None
    received_at: int
    sha256: str | None


_ADD = """
    INSERT INTO receipts (payment_id, kind, text, file_id, file_unique_id, file_name, mime, size, fetch_after,
        received_at)
    VALUES (:payment, :kind, :text, :file_id, :unique, :name, :mime, :size, :fetch_after, :now)
"""
_RECEIPT = """
    SELECT id, payment_id, kind, text, file_id, file_unique_id, received_at, sha256 FROM receipts
"""
_SEEN_BEFORE = """
    SELECT o.code, r.received_at FROM receipts AS r
    JOIN payments AS p ON p.id = r.payment_id JOIN orders AS o ON o.id = p.order_id
    WHERE r.file_unique_id = :unique AND p.order_id <> :order ORDER BY r.id LIMIT 1
"""


def add(tx: Tx, payment: int, proof: Proof, now: int) -> int:
    """Store a proof and ask for its bytes."""
    if proof.file_id is not None:
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
        fetch_after=now if proof.file_id is not None else None,
        now=now,
    )


def of_payment(tx: Tx, payment: int) -> list[Receipt]:
    """Every proof of a payment, as it came."""
    return [_receipt(row) for row in tx.all(f"{_RECEIPT} WHERE payment_id = :p ORDER BY id", p=payment)]


def view(tx: Tx, receipt: int) -> Receipt | None:
    """A proof, or None."""
    row = tx.one(f"{_RECEIPT} WHERE id = :id", id=receipt)
    return None if row is None else _receipt(row)


def _receipt(row: object) -> Receipt:
    values = dict(row)  # type: ignore[call-overload]
    return Receipt(**{**values, "kind": ReceiptKind(values["kind"])})


def seen_before(tx: Tx, unique: str, order: int) -> tuple[str, int] | None:
    """Another order's code and time for which the same file was sent; for the cashier's eyes only."""
    row = tx.one(_SEEN_BEFORE, unique=unique, order=order)
    return None if row is None else (row["code"], row["received_at"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ToFetch:
    """A file whose bytes are still at Telegram."""

    id: int
    file_id: str
    attempts: int


def to_fetch(tx: Tx, now: int, limit: int = 10) -> list[ToFetch]:
    """Files to fetch now."""
    rows = tx.all(
        "SELECT id, file_id, fetch_attempts FROM receipts INDEXED BY receipts_to_fetch "
        "WHERE fetch_after <= :now ORDER BY fetch_after LIMIT :limit",
        now=now,
        limit=limit,
    )
    return [ToFetch(id=row["id"], file_id=row["file_id"], attempts=row["fetch_attempts"]) for row in rows]


def next_fetch(tx: Tx) -> int | None:
    """When the next file is to be fetched, or None."""
    at: int | None = tx.value("SELECT MIN(fetch_after) FROM receipts WHERE fetch_after IS NOT NULL")
    return at


def fetched(tx: Tx, *, receipt: int, data: bytes, now: int) -> None:
    """Keep the bytes."""
    tx.run(
        # Nobody asks for the bytes of a receipt that was erased while they were on their way.
        "UPDATE receipts SET bytes = :data, sha256 = :sha, size = :size, fetch_after = NULL "
        "WHERE id = :id AND erased_at IS NULL",
        id=receipt,
        data=data,
        sha=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )


_LATER = """
    UPDATE receipts SET fetch_attempts = fetch_attempts + 1,
        fetch_after = CASE WHEN :final OR fetch_attempts + 1 >= :most THEN NULL
            ELSE :now + :minute * (1 << fetch_attempts) END
    WHERE id = :id AND erased_at IS NULL
"""


def not_fetched(tx: Tx, *, receipt: int, is_final: bool, now: int) -> None:
    """Try again later, each time after twice as long; or never, when Telegram says the file is too big or gone."""
    tx.run(_LATER, id=receipt, final=int(is_final), most=MAX_FETCHES, minute=MINUTE, now=now)
    tx.rings_due = True


def missing(tx: Tx) -> int:
    """How many files were given up on."""
    count: int = tx.value(
        "SELECT count(*) FROM receipts WHERE file_id IS NOT NULL AND bytes IS NULL AND fetch_after IS NULL "
        "AND erased_at IS NULL"
    )
    return count
