"""Albums of product pictures: each picture an update of its own, all of them answered by one message.

Owns `album_pictures`. Whose product a caption means is decided here; the photo itself is a change like any other.
"""

from dataclasses import dataclass

from storage import changes, outbox, products, roles
from storage.changes import Changed, Field
from storage.clock import DAY
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

KEEP_MS = 30 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The picture is counted; `is_set` when a product has it now."""

    is_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """One picture of an album: its caption, and the product that has it now (None: the caption is no code)."""

    caption: str
    product_id: int | None
    is_undone: bool


_ADD = """
    INSERT INTO album_pictures (person_id, album, message_id, caption, change_id, at)
    VALUES (:person, :album, :message, :caption, :change, :now)
    ON CONFLICT (person_id, album, message_id) DO NOTHING
"""
_OF = """
    SELECT p.caption, c.product_id, c.undone_at FROM album_pictures AS p
    LEFT JOIN product_changes AS c ON c.id = p.change_id
    WHERE p.person_id = :person AND p.album = :album ORDER BY p.message_id
"""
_CHANGES = """
    SELECT p.change_id FROM album_pictures AS p JOIN product_changes AS c ON c.id = p.change_id
    WHERE p.person_id = :person AND p.album = :album AND c.undone_at IS NULL ORDER BY p.message_id DESC
"""
_FORGET = """
    DELETE FROM album_pictures WHERE (person_id, album, message_id) IN (
        SELECT person_id, album, message_id FROM album_pictures WHERE at < :before LIMIT 500)
"""


def of(tx: Tx, person: int, album: str) -> list[Pasted]:
    """The pictures of a person's album that have come so far, in their order."""
    return [
        Pasted(caption=row["caption"], product_id=row["product_id"], is_undone=row["undone_at"] is not None)
        for row in tx.all(_OF, person=person, album=album)
    ]


def paste(
    tx: Tx, *, actor: int, album: str, message_id: int, caption: str, photo: str | None, now: int
) -> Taken | NotAllowed:
    """Give the product whose code stands in the caption this photo; one message tells of the whole album.

    `photo` None is a picture sent as a file: it is counted, and can't be used.
    """
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    product = products.by_code(tx, caption) if photo is not None and caption else None
    change = None
    if product is not None:
        made = changes.make(
            tx, actor=actor, product_id=product.id, field=Field.PHOTO, value=photo, now=now, silent=True
        )
        change = made.change_id if isinstance(made, Changed) else None
    tx.run(_ADD, person=actor, album=album, message=message_id, caption=caption, change=change, now=now)
    outbox.tell(tx, actor, "album_card", now=now, card=f"album:{album}", album=album)
    return Taken(is_set=change is not None)


def undo(tx: Tx, *, actor: int, album: str, now: int, anchor: int | None = None) -> int | NotAllowed | NotFound:
    """Give every product of the album the picture it had before; returns how many. What was changed since stays."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    if not of(tx, actor, album):
        return NotFound()
    found = [row["change_id"] for row in tx.all(_CHANGES, person=actor, album=album)]
    undone = [changes.undo(tx, actor=actor, change_id=change, now=now, silent=True) for change in found]
    outbox.tell(tx, actor, "album_card", now=now, card=f"album:{album}", anchor=anchor, album=album)
    return sum(not isinstance(outcome, Refused) for outcome in undone)


def forget(tx: Tx, now: int) -> int:
    """Delete up to 500 pictures of albums older than 30 days; returns how many."""
    return tx.run(_FORGET, before=now - KEEP_MS)
