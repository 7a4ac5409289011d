"""Where a buyer wants their goods: the current address, and those it replaced.

Owns `addresses`. Validation is in `shop`; an order freezes its own copy.
"""

from dataclasses import dataclass

from storage.connection import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Who receives, how to reach them, and where."""

    recipient: str
    phone: str
    address: str


_CURRENT = """
    SELECT recipient, phone, address FROM addresses INDEXED BY addresses_current
    WHERE person_id = :person AND replaced_at IS NULL ORDER BY id DESC LIMIT 1
"""
_REPLACE = "UPDATE addresses SET replaced_at = :now WHERE person_id = :person AND replaced_at IS NULL"
_SAVE = """
    INSERT INTO addresses (person_id, recipient, phone, address, created_at)
    VALUES (:person, :recipient, :phone, :address, :now)
"""


def current(tx: Tx, person: int) -> Address | None:
    """The address the person uses now, or None."""
    row = tx.one(_CURRENT, person=person)
    return None if row is None else Address(recipient=row[0], phone=row[1], address=row[2])


def save(tx: Tx, *, actor: int, address: Address, now: int) -> None:
    """Make this the person's address; earlier ones are kept as replaced."""
    if current(tx, actor) == address:
        return
    tx.run(_REPLACE, person=actor, now=now)
    tx.run(
        _SAVE,
        person=actor,
        recipient=address.recipient,
        phone=address.phone,
        address=address.address,
        now=now,
    )
