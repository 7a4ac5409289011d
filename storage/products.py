"""The catalogue: what exists to be sold, by code, in every language the file told.

Owns `products`; what hosts change of one in the chat is in `changes`, pictures by address are in `pictures`. Reading
a catalogue file is in `shop/catalogue`, what it would change in `previews`, what a stream sells in `offers`.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from shop.catalogue import CatalogueRow
from storage import audit, outbox, roles, suppliers, texts
from storage.connection import Tx
from storage.people import NotAllowed
from storage.roles import Role
from storage.store import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product. Texts by language; price in minor units; `pack_milli` thousandths of a base unit in one pack.

    `stock` is what the supplier names (None: unlimited) and only prefills an offer; nothing is taken from it.
    `photo` is Telegram's file_id; `picture` an address to make one of, refused at `picture_refused_at` if it was.
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
    picture_refused_at: int | None = None
    archived_at: int | None = None


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


_KNOWN = """
    SELECT p.*, s.name AS supplier_name, s.county, s.households, s.designated FROM json_each(:codes) AS wanted
    JOIN products AS p ON p.code = wanted.value JOIN suppliers AS s ON s.id = p.supplier_id
"""
_INSERT = """
    INSERT INTO products (code, names, units, base_units, descriptions, pack_milli, price, currency, stock,
        limit_per_buyer, supplier_id, ships_within_days, picture, created_at, updated_at)
    VALUES (:code, :names, :units, :base_units, :descriptions, :pack_milli, :price, :currency, :stock,
        :limit_per_buyer, :supplier_id, :ships_within_days, :picture, :now, :now)
"""
# A new address replaces the photo, whichever that was made of.
_UPDATE = """
    UPDATE products SET names = :names, units = :units, base_units = :base_units, descriptions = :descriptions,
        pack_milli = :pack_milli, price = :price, currency = :currency, stock = :stock,
        limit_per_buyer = :limit_per_buyer, supplier_id = :supplier_id, ships_within_days = :ships_within_days,
        photo = iif(picture IS :picture, photo, NULL),
        picture_refused_at = iif(picture IS :picture, picture_refused_at, NULL),
        picture = :picture, updated_at = :now
    WHERE code = :code
"""


def known(tx: Tx, rows: Sequence[CatalogueRow]) -> dict[str, sqlite3.Row]:
    """What the books hold of the rows' products, archived ones too, by code, with their suppliers."""
    codes = json.dumps([row.code for row in rows])
    return {row["code"]: row for row in tx.all(_KNOWN, codes=codes)}


def import_rows(tx: Tx, *, actor: int | None, rows: Sequence[CatalogueRow], now: int) -> Imported | NotAllowed:
    """Create or update products by code, and their suppliers by name. `actor` None is the command line.

    The same rows again change nothing. A product the rows don't name stays, and an archived one stays archived; so do
    its photo, and a description or picture the row leaves empty. Offers keep the price they were made with.
    """
    if actor is not None and not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    before = known(tx, rows)
    makers = _Suppliers(tx, now)
    new: list[dict[str, object]] = []
    changed: list[dict[str, object]] = []
    for row in rows:
        product = before.get(row.code)
        told = {**columns(row, product), "supplier_id": makers.of(row)}
        if product is None:
            new.append({**told, "now": now})
        elif any(product[column] != value for column, value in told.items()):
            changed.append({**told, "now": now})
    tx.many(_INSERT, new)
    tx.many(_UPDATE, changed)
    if new or changed:
        audit.note(tx, actor, "catalogue.imported", "catalogue", now, created=len(new), updated=len(changed))
    return Imported(
        created=len(new),
        updated=len(changed),
        unchanged=len(rows) - len(new) - len(changed),
        suppliers_created=makers.created,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The product stands in the catalogue, and the host is shown its card."""

    product_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTaken(Refused):
    """Another product has this code, perhaps an archived one."""

    product_id: int


def create(tx: Tx, *, actor: int, row: CatalogueRow, now: int) -> Created | CodeTaken | NotAllowed:
    """Add one product that a host has typed. Its supplier is found by name, and stays as it is if it is known."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    same = by_code(tx, row.code)
    if same is not None:
        return CodeTaken(product_id=same.id)
    maker = suppliers.named(tx, row.supplier, now)
    id_ = tx.insert(_INSERT, **columns(row, None), supplier_id=maker, now=now)
    audit.note(tx, actor, "product.created", f"product:{id_}", now, price=row.price)
    outbox.tell(tx, actor, "product", now=now, product=id_)
    return Created(product_id=id_)


class _Suppliers:
    """The suppliers of a file: asked for once as long as the rows say the same of them."""

    def __init__(self, tx: Tx, now: int) -> None:
        self._tx, self._now = tx, now
        self._ids: dict[str, tuple[object, int]] = {}
        self.created = 0

    def of(self, row: CatalogueRow) -> int:
        told = (row.county, row.households, row.is_designated)
        last = self._ids.get(row.supplier)
        if last is not None and last[0] == told:
            return last[1]
        found = suppliers.find_or_create(
            self._tx,
            name=row.supplier,
            county=row.county,
            households=row.households or None,
            is_designated=row.is_designated,
            now=self._now,
        )
        self.created += found.is_new
        self._ids[row.supplier] = (told, found.id)
        return found.id


def columns(row: CatalogueRow, product: sqlite3.Row | None) -> dict[str, object]:
    """What the table should hold for a row, its supplier apart; what the row leaves empty stays as it is."""
    descriptions = texts.stored(row.descriptions)
    picture: str | None = row.picture or None
    if product is not None:
        descriptions = descriptions if row.descriptions else product["descriptions"]
        picture = picture or product["picture"]
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
        picture_refused_at=row["picture_refused_at"],
        archived_at=row["archived_at"],
    )
