"""Who makes and ships the goods: cooperatives and workshops, known by name.

Owns `suppliers`. The people who speak for a supplier are in `roles`.
"""

import sqlite3
from dataclasses import dataclass

from storage.connection import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """One supplier. `households` is None where nobody has counted them."""

    id: int
    name: str
    county: str
    households: int | None
    is_designated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The supplier of that name; `is_new` when it was not in the books before."""

    id: int
    is_new: bool


_SUPPLIER = "SELECT * FROM suppliers WHERE id = :id"
_BY_NAME = "SELECT * FROM suppliers WHERE name = :name"
_INSERT = """
    INSERT INTO suppliers (name, county, households, designated, created_at, updated_at)
    VALUES (:name, :county, :households, :designated, :now, :now)
"""
_UPDATE = """
    UPDATE suppliers SET county = :county, households = :households, designated = :designated, updated_at = :now
    WHERE id = :id
"""


def view(tx: Tx, supplier: int) -> Supplier | None:
    """One supplier, or None."""
    row = tx.one(_SUPPLIER, id=supplier)
    return None if row is None else _supplier(row)


def find_or_create(
    tx: Tx, *, name: str, now: int, county: str = "", households: int | None = None, is_designated: bool = False
) -> Found:
    """The supplier of exactly this name, made if need be; what is given about it is brought up to date.

    An empty county, or no households, is taken as not told and leaves what is known.
    """
    row = tx.one(_BY_NAME, name=name)
    if row is None:
        id_ = tx.insert(
            _INSERT, name=name, county=county, households=households, designated=int(is_designated), now=now
        )
        return Found(id=id_, is_new=True)
    known = _supplier(row)
    told = Supplier(
        id=known.id,
        name=name,
        county=county or known.county,
        households=known.households if households is None else households,
        is_designated=is_designated,
    )
    if told != known:
        tx.run(
            _UPDATE,
            id=known.id,
            county=told.county,
            households=told.households,
            designated=int(is_designated),
            now=now,
        )
    return Found(id=known.id, is_new=False)


def named(tx: Tx, name: str, now: int) -> int:
    """The supplier of exactly this name, made if need be; what is known of it stays as it is."""
    row = tx.one(_BY_NAME, name=name)
    return find_or_create(tx, name=name, now=now).id if row is None else int(row["id"])


def _supplier(row: sqlite3.Row) -> Supplier:
    return Supplier(
        id=row["id"],
        name=row["name"],
        county=row["county"],
        households=row["households"],
        is_designated=bool(row["designated"]),
    )


def every(tx: Tx) -> list[int]:
    """The ids of all suppliers, by name."""
    return [row["id"] for row in tx.all("SELECT id FROM suppliers ORDER BY name")]
