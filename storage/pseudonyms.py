"""Who stands in the books for a person that was erased: a number beyond every Telegram id, without name or chat.

Owns those numbers, the mask, and the change from a person to their pseudonym in every row that names them.
"""

from typing import Final

from storage.connection import Tx

MASK: Final = "—"
"""What stands where a name, a phone, an address or words have been erased; read the same in every language."""

NOBODY: Final = 2**52
"""Whose an order is after the time trade records are kept. Telegram's ids stay below it (Bot API, User.id: at most
52 significant bits), the pseudonyms lie above."""

# Found in the schema, so that no table can be forgotten that comes later.
_POINTERS = """
    SELECT t.name AS child, f."from" AS pointer
    FROM sqlite_master AS t JOIN pragma_foreign_key_list(t.name) AS f
    WHERE t.type = 'table' AND f."table" = 'people' ORDER BY 1, 2
"""
_NEXT = "SELECT coalesce(MAX(id), :nobody) + 1 FROM people WHERE id >= :nobody"
_TAKE = """
    INSERT INTO people (id, name, blocked_at, created_at) VALUES (:id, :mask, :now, :now) ON CONFLICT (id) DO NOTHING
"""


def is_one(person: int) -> bool:
    """Is this nobody who could be written to?"""
    return person >= NOBODY


def take(tx: Tx, now: int) -> int:
    """A pseudonym nobody has."""
    id_: int = tx.value(_NEXT, nobody=NOBODY)
    tx.run(_TAKE, id=id_, mask=MASK, now=now)
    return id_


def nobody(tx: Tx, now: int) -> int:
    """The one for whom orders stand whose buyers no longer matter."""
    tx.run(_TAKE, id=NOBODY, mask=MASK, now=now)
    return NOBODY


def pointers(tx: Tx) -> list[tuple[str, str]]:
    """(table, column) of everything that names a person."""
    return [(row["child"], row["pointer"]) for row in tx.all(_POINTERS)]


def put_in_place(tx: Tx, person: int, pseudonym: int) -> None:
    """Every row that names the person names the pseudonym instead."""
    for table, column in pointers(tx):
        # Both names come from the schema.
        sql = f'UPDATE "{table}" SET "{column}" = :pseudonym WHERE "{column}" = :person'  # noqa: S608
        tx.run(sql, pseudonym=pseudonym, person=person)
