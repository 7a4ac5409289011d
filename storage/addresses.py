"""Where a buyer wants their goods: up to ten addresses, the first of which is used until another is chosen.

Owns `addresses`. Validation is in `shop`; an order freezes its own copy. An address that is edited or removed is kept
as replaced for a while, like everything of orders.
"""

import sqlite3
from dataclasses import dataclass

from storage import outbox
from storage.connection import Tx
from storage.people import NotFound
from storage.store import Refused

MOST_ADDRESSES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Who receives, how to reach them, and where; `location` is "latitude,longitude" as they shared it."""

    recipient: str
    phone: str
    address: str
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """An address in the books, and what its owner calls it."""

    id: int
    label: str
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Parcels go there from now on."""

    address_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """It is gone from the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany(Refused):
    """Ten are saved."""


_SAVED = """
    SELECT id, label, recipient, phone, address, location FROM addresses INDEXED BY addresses_current
    WHERE person_id = :person AND replaced_at IS NULL ORDER BY place DESC, id DESC LIMIT :limit
"""
_ONE = """
    SELECT id, label, recipient, phone, address, location FROM addresses
    WHERE id = :id AND person_id = :person AND replaced_at IS NULL
"""
_NEXT_PLACE = """
    SELECT coalesce(MAX(place), 0) + 1 FROM addresses INDEXED BY addresses_current
    WHERE person_id = :person AND replaced_at IS NULL
"""
_REPLACE = """
    UPDATE addresses SET replaced_at = :now WHERE id = :id AND person_id = :person AND replaced_at IS NULL
"""
_SAVE = """
    INSERT INTO addresses (person_id, recipient, phone, address, location, label, place, created_at)
    VALUES (:person, :recipient, :phone, :address, :location, :label, :place, :now)
"""


def every(tx: Tx, person: int) -> list[Saved]:
    """The person's addresses, the one in use first."""
    return [_saved(row) for row in tx.all(_SAVED, person=person, limit=MOST_ADDRESSES)]


def first(tx: Tx, person: int) -> Saved | None:
    """The address the person uses now, or None."""
    row = tx.one(_SAVED, person=person, limit=1)
    return None if row is None else _saved(row)


def current(tx: Tx, person: int) -> Address | None:
    """The same without its number."""
    found = first(tx, person)
    return None if found is None else found.address


def view(tx: Tx, address_id: int, person: int) -> Saved | None:
    """One of the person's addresses, or None if it is not (or no longer) theirs."""
    row = tx.one(_ONE, id=address_id, person=person)
    return None if row is None else _saved(row)


def save(tx: Tx, *, actor: int, address: Address, now: int) -> Chosen | TooMany:
    """One more address, used from now on. One that is saved already only comes first again."""
    saved = every(tx, actor)
    for known in saved:
        if known.address == address:
            put_first(tx, actor=actor, address_id=known.id)
            return Chosen(address_id=known.id)
    if len(saved) >= MOST_ADDRESSES:
        return TooMany()
    return Chosen(address_id=_insert(tx, actor, address, "", tx.value(_NEXT_PLACE, person=actor), now))


def edit(
    tx: Tx, *, actor: int, address_id: int, address: Address, label: str | None = None, now: int
) -> Chosen | NotFound:
    """An address as it is now. It keeps its place in the list; with `label` it has another name (None: keeps it)."""
    old = view(tx, address_id, actor)
    if old is None:
        return NotFound()
    name = old.label if label is None else label
    if (old.address, old.label) == (address, name):
        return Chosen(address_id=address_id)
    place = tx.value("SELECT place FROM addresses WHERE id = :id", id=address_id)
    tx.run(_REPLACE, id=address_id, person=actor, now=now)
    return Chosen(address_id=_insert(tx, actor, address, name, place, now))


def use(tx: Tx, *, actor: int, address_id: int, now: int, anchor: int | None = None) -> Chosen | NotFound:
    """`Use first`."""
    if view(tx, address_id, actor) is None:
        return NotFound()
    put_first(tx, actor=actor, address_id=address_id)
    outbox.tell(tx, actor, "addresses", now=now, anchor=anchor)
    return Chosen(address_id=address_id)


def remove(tx: Tx, *, actor: int, address_id: int, now: int, anchor: int | None = None) -> Removed | NotFound:
    """`Remove`. Orders that go there still do."""
    if not tx.run(_REPLACE, id=address_id, person=actor, now=now):
        return NotFound()
    outbox.tell(tx, actor, "addresses", now=now, anchor=anchor, after=True)
    return Removed()


def put_first(tx: Tx, *, actor: int, address_id: int) -> None:
    """Parcels go to this address of the actor's from now on."""
    found = first(tx, actor)
    if found is None or found.id != address_id:
        place = tx.value(_NEXT_PLACE, person=actor)
        tx.run(
            "UPDATE addresses SET place = :place WHERE id = :id AND person_id = :person",
            id=address_id,
            person=actor,
            place=place,
        )


def _insert(tx: Tx, person: int, address: Address, label: str, place: int, now: int) -> int:
    return tx.insert(
        _SAVE,
        person=person,
        recipient=address.recipient,
        phone=address.phone,
        address=address.address,
        location=address.location,
        label=label,
        place=place,
        now=now,
    )


def _saved(row: sqlite3.Row) -> Saved:
    return Saved(
        id=row["id"],
        label=row["label"],
        address=Address(
            recipient=row["recipient"], phone=row["phone"], address=row["address"], location=row["location"]
        ),
    )
