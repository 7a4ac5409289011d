"""The catalogue: what exists to be sold, by code, in every language the file told.

Owns `products`. Reading a catalogue file is in `shop/catalogue`; what a stream sells in `offers`.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from shop.catalogue import CatalogueRow
from storage import audit, roles, suppliers, texts
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product. Texts by language; price in minor units; `pack_milli` thousandths of a base unit in one pack.

    `stock` is what the supplier names (None: unlimited) and only prefills an offer; nothing is taken from it.
    """

    id: int
    code: str
    names: dict[str, str]
    units: dict[str, str]
    base_units: dict[str, str]
    descriptions: dict[str, str]
    pack_milli: int
    price: int
    currency: str
    stock: int | None
    limit_per_buyer: int | None
    supplier_id: int
    supplier_name: str
    ships_within_days: int | None
    picture: str | None
    photo: str | None


_PRODUCT = "SELECT p.*, s.name AS supplier_name FROM products AS p JOIN suppliers AS s ON s.id = p.supplier_id "
_VIEW = _PRODUCT + "WHERE p.id = :id"
_BY_CODE = _PRODUCT + "WHERE p.code = :code"
_LISTING = _PRODUCT + "WHERE p.id > :after AND p.archived_at IS NULL ORDER BY p.id LIMIT :limit"


def view(tx: Tx, product: int) -> Product | None:
    """One product, or None; archived ones are still found, old offers name them."""
    row = tx.one(_VIEW, id=product)
    return None if row is None else _product(row)


def by_code(tx: Tx, code: str) -> Product | None:
    """The product of this code, typed in any case, or None."""
    row = tx.one(_BY_CODE, code=code.strip().upper())
    return None if row is None else _product(row)


def listing(tx: Tx, after: int = 0, limit: int = 20) -> list[Product]:
    """A page of the catalogue in the order it came in; `after` is the last id of the page before."""
    return [_product(row) for row in tx.all(_LISTING, after=after, limit=limit)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many products an import made, changed and found as they were, and how many suppliers are new."""

    created: int
    updated: int
    unchanged: int
    suppliers_created: int


_KNOWN = "SELECT * FROM products WHERE code = :code"
_INSERT = """
    INSERT INTO products (code, names, units, base_units, descriptions, pack_milli, price, currency, stock,
        limit_per_buyer, supplier_id, ships_within_days, picture, created_at, updated_at)
    VALUES (:code, :names, :units, :base_units, :descriptions, :pack_milli, :price, :currency, :stock,
        :limit_per_buyer, :supplier_id, :ships_within_days, :picture, :now, :now)
"""
_UPDATE = """
    UPDATE products SET names = :names, units = :units, base_units = :base_units, descriptions = :descriptions,
        pack_milli = :pack_milli, price = :price, currency = :currency, stock = :stock,
        limit_per_buyer = :limit_per_buyer, supplier_id = :supplier_id, ships_within_days = :ships_within_days,
        picture = :picture, updated_at = :now
    WHERE code = :code
"""


def import_rows(tx: Tx, *, actor: int | None, rows: Sequence[CatalogueRow], now: int) -> Imported | NotAllowed:
    """Create or update products by code, and their suppliers by name. `actor` None is the command line.

    The same rows again change nothing. A product the rows don't name stays; so does its photo, and a description
    or picture the row leaves empty. Offers keep the price they were made with.
    """
    if actor is not None and not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    created = updated = suppliers_created = 0
    for row in rows:
        supplier = suppliers.find_or_create(
            tx,
            name=row.supplier,
            county=row.county,
            households=row.households or None,
            is_designated=row.is_designated,
            now=now,
        )
        suppliers_created += supplier.is_new
        known = tx.one(_KNOWN, code=row.code)
        columns = _columns(row, supplier.id, known)
        if known is None:
            tx.run(_INSERT, **columns, now=now)
            created += 1
        elif any(known[column] != value for column, value in columns.items()):
            tx.run(_UPDATE, **columns, now=now)
            updated += 1
    if created or updated:
        audit.note(tx, actor, "catalogue.imported", "catalogue", now, created=created, updated=updated)
    return Imported(
        created=created,
        updated=updated,
        unchanged=len(rows) - created - updated,
        suppliers_created=suppliers_created,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoSet:
    """The product has this photo now."""

    product: Product


_SET_PHOTO = "UPDATE products SET photo = :photo, updated_at = :now WHERE id = :id"


def set_photo(tx: Tx, *, actor: int, product_id: int, photo: str, now: int) -> PhotoSet | NotAllowed | NotFound:
    """Give a product the photo a host sent; `photo` is Telegram's file_id."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    tx.run(
        "UPDATE products SET photo = :photo, updated_at = :now WHERE id = :id", photo=photo, now=now, id=product_id
    )
    product = view(tx, product_id)
    if product is None:
        return NotFound()
    audit.note(tx, actor, "product.photo_set", f"product:{product_id}", now)
    return PhotoSet(product=product)


def _columns(row: CatalogueRow, supplier: int, known: sqlite3.Row | None) -> dict[str, str | int | None]:
    """What the table should hold for a row; what the row leaves empty comes from what is `known`."""
    descriptions = texts.stored(row.descriptions)
    picture: str | None = row.picture or None
    if known is not None:
        descriptions = descriptions if row.descriptions else known["descriptions"]
        picture = picture or known["picture"]
    return {
        "code": row.code,
        "names": texts.stored(row.names),
        "units": texts.stored(row.units),
        "base_units": texts.stored(row.base_units),
        "descriptions": descriptions,
        "pack_milli": row.pack_milli,
        "price": row.price,
        "currency": row.currency,
        "stock": row.stock,
        "limit_per_buyer": row.limit_per_buyer,
        "supplier_id": supplier,
        "ships_within_days": row.ships_within_days,
        "picture": picture,
    }


def _product(row: sqlite3.Row) -> Product:
    return Product(
        id=row["id"],
        code=row["code"],
        names=texts.read(row["names"]),
        units=texts.read(row["units"]),
        base_units=texts.read(row["base_units"]),
        descriptions=texts.read(row["descriptions"]),
        pack_milli=row["pack_milli"],
        price=row["price"],
        currency=row["currency"],
        stock=row["stock"],
        limit_per_buyer=row["limit_per_buyer"],
        supplier_id=row["supplier_id"],
        supplier_name=row["supplier_name"],
        ships_within_days=row["ships_within_days"],
        picture=row["picture"],
        photo=row["photo"],
    )
