"""The bytes of files people sent: a file id belongs to one bot, the bytes belong to the stall.

Owns fetching as far as the books know it, on both shelves: receipts, and pictures that came with a question. The
download is done by `bot`; what a file means is its own table's.
"""

from dataclasses import dataclass
from enum import StrEnum

from storage.clock import MINUTE
from storage.connection import Tx

MAX_FETCHES = 8
MAX_BYTES = 20 * 1024 * 1024  # Bot API, getFile: files up to 20 MB


class Shelf(StrEnum):
    """Where a file is kept."""

    RECEIPT = "receipt"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Place:
    """One file: its shelf, and the row there."""

    shelf: Shelf
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file as it can be sent again, by whichever bot."""

    data: bytes
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToFetch:
    """A file whose bytes are still at Telegram."""

    place: Place
    file_id: str


_TO_FETCH = {
    Shelf.RECEIPT: """
        SELECT id, file_id FROM receipts INDEXED BY receipts_to_fetch
        WHERE fetch_after <= :now ORDER BY fetch_after LIMIT :limit
    """,
    Shelf.QUESTION: """
        SELECT id, photo AS file_id FROM questions INDEXED BY questions_to_fetch
        WHERE photo_fetch_after <= :now ORDER BY photo_fetch_after LIMIT :limit
    """,
}
_NEXT_FETCH = """
    SELECT MIN(at) FROM (
        SELECT MIN(fetch_after) AS at FROM receipts WHERE fetch_after IS NOT NULL
        UNION ALL SELECT MIN(photo_fetch_after) FROM questions WHERE photo_fetch_after IS NOT NULL)
"""
# Nobody asks for the file of what was erased while it was on its way.
_LATER = {
    Shelf.RECEIPT: """
        UPDATE receipts SET fetch_attempts = fetch_attempts + 1,
            fetch_after = CASE WHEN :final OR fetch_attempts + 1 >= :most THEN NULL
                ELSE :now + :minute * (1 << fetch_attempts) END
        WHERE id = :id AND erased_at IS NULL
    """,
    Shelf.QUESTION: """
        UPDATE questions SET photo_fetch_attempts = photo_fetch_attempts + 1,
            photo_fetch_after = CASE WHEN :final OR photo_fetch_attempts + 1 >= :most THEN NULL
                ELSE :now + :minute * (1 << photo_fetch_attempts) END
        WHERE id = :id AND erased_at IS NULL
    """,
}
_KEPT = {
    Shelf.RECEIPT: "SELECT bytes AS data, file_name AS name FROM receipts WHERE id = :id",
    Shelf.QUESTION: "SELECT photo_bytes AS data, NULL AS name FROM questions WHERE id = :id",
}
_MOVED = {
    Shelf.RECEIPT: "UPDATE receipts SET file_id = :file_id WHERE id = :id AND erased_at IS NULL",
    Shelf.QUESTION: "UPDATE questions SET photo = :file_id WHERE id = :id AND erased_at IS NULL",
}


def to_fetch(tx: Tx, now: int, limit: int = 10) -> list[ToFetch]:
    """Files to fetch now."""
    return [
        ToFetch(place=Place(shelf, row["id"]), file_id=row["file_id"])
        for shelf, sql in _TO_FETCH.items()
        for row in tx.all(sql, now=now, limit=limit)
    ]


def next_fetch(tx: Tx) -> int | None:
    """When the next file is to be fetched, or None."""
    at: int | None = tx.value(_NEXT_FETCH)
    return at


def not_fetched(tx: Tx, *, place: Place, is_final: bool, now: int) -> None:
    """Try again later, each time after twice as long; or never, when Telegram says the file is too big or gone."""
    tx.run(_LATER[place.shelf], id=place.id, final=int(is_final), most=MAX_FETCHES, minute=MINUTE, now=now)
    tx.rings_due = True


def load(tx: Tx, place: Place) -> Kept | None:
    """The file itself; None if only Telegram has it."""
    row = tx.one(_KEPT[place.shelf], id=place.id)
    if row is None or row["data"] is None:
        return None
    return Kept(data=row["data"], name=row["name"] or "receipt.jpg")


def moved(tx: Tx, *, place: Place, file_id: str) -> None:
    """It has been sent anew, and Telegram knows it by this id from now on."""
    tx.run(_MOVED[place.shelf], id=place.id, file_id=file_id)
