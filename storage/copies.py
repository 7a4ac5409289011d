"""A person's copy of their data: when one may be made, into how many files it goes, and what they sent in them.

Owns the pause between two copies and the sharing out. What the data says is in `dossiers`; the files themselves are
made where they are sent, and nothing of them is kept in the books.
"""

from dataclasses import dataclass
from typing import Final

from storage import audit, outbox, people
from storage.clock import HOUR
from storage.connection import Tx
from storage.correspondence import picture_name
from storage.dossiers import file_name
from storage.people import NotFound
from storage.store import Refused

MOST_BYTES: Final = 45_000_000
"""Of pictures in one file: a bot may send 50 MB (Bot API, sendDocument), and Telegram counts the wrapping too."""

PAUSE_MS: Final = HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file: the receipts from `first` to `last` (ids, both in); in the first part also the data itself and the
    pictures of questions."""

    number: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """So many files are on their way."""

    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooSoon(Refused):
    """One was made a short while ago; the next from `again_at` (UTC ms) on."""

    again_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file somebody sent, under its name in the archive."""

    name: str
    data: bytes


_LAST_MADE = """
    SELECT MAX(at) FROM (
        SELECT at, action FROM audit INDEXED BY audit_by_subject WHERE subject = :subject ORDER BY id DESC LIMIT 50)
    WHERE action = :action
"""


def ask(tx: Tx, *, actor: int, now: int) -> Making | TooSoon | NotFound:
    """A person wants what is kept about them, as files in their chat. At most once an hour."""
    if people.view(tx, actor) is None:
        return NotFound()
    made = tx.value(_LAST_MADE, subject=f"person:{actor}", action="data.exported")
    if made is not None and made <= now < made + PAUSE_MS:
        return TooSoon(again_at=made + PAUSE_MS)
    found = parts(tx, actor)
    for part in found:
        outbox.tell(tx, actor, "my_data", now=now, part=part.number, of=len(found), first=part.first, last=part.last)
    audit.note(tx, actor, "data.exported", f"person:{actor}", now, files=len(found))
    return Making(files=len(found))


_FILES = """
    SELECT r.id, length(r.bytes) AS size FROM orders AS o INDEXED BY orders_by_buyer
    JOIN payments AS p ON p.order_id = o.id JOIN receipts AS r ON r.payment_id = p.id
    WHERE o.buyer_id = :person AND r.bytes IS NOT NULL ORDER BY r.id
"""


def parts(tx: Tx, person: int, most_bytes: int = MOST_BYTES) -> list[Part]:
    """How the receipts are shared out: one file unless they are too much for one."""
    shares: list[list[int]] = [[]]
    size = sum(row["size"] for row in tx.all(_PICTURES, person=person))
    for row in tx.all(_FILES, person=person):
        if size and size + row["size"] > most_bytes:
            shares.append([])
            size = 0
        shares[-1].append(row["id"])
        size += row["size"]
    return [
        Part(number=number, first=share[0] if share else 0, last=share[-1] if share else 0)
        for number, share in enumerate(shares, 1)
    ]


def files(tx: Tx, person: int, part: Part) -> list[int]:
    """The receipts of a part."""
    return [row["id"] for row in tx.all(_FILES, person=person) if part.first <= row["id"] <= part.last]


_PICTURES = """
    SELECT id, length(photo_bytes) AS size FROM questions INDEXED BY questions_by_person
    WHERE person_id = :person AND photo_bytes IS NOT NULL ORDER BY id
"""
_PICTURE = "SELECT photo_bytes FROM questions WHERE id = :id AND person_id = :person AND photo_bytes IS NOT NULL"


def pictures(tx: Tx, person: int) -> list[int]:
    """The person's questions that came with a picture."""
    return [row["id"] for row in tx.all(_PICTURES, person=person)]


def picture(tx: Tx, person: int, question: int) -> File | None:
    """The picture of a question; None if it is not (or no longer) there, or somebody else's."""
    row = tx.one(_PICTURE, id=question, person=person)
    return None if row is None else File(name=picture_name(question), data=bytes(row["photo_bytes"]))


_FILE = """
    SELECT r.id, r.bytes, r.mime, r.kind, o.code, p.number FROM receipts AS r
    JOIN payments AS p ON p.id = r.payment_id JOIN orders AS o ON o.id = p.order_id
    WHERE r.id = :id AND o.buyer_id = :person AND r.bytes IS NOT NULL
"""


def file(tx: Tx, person: int, receipt: int) -> File | None:
    """One receipt's bytes; None if it is not (or no longer) there, or somebody else's."""
    row = tx.one(_FILE, id=receipt, person=person)
    return None if row is None else File(name=file_name(row), data=bytes(row["bytes"]))
