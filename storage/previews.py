"""What a catalogue file would change, before anybody has accepted it.

Only reads; the change itself is `products.import_rows`, and the file waits in `imports`.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shop.catalogue import CatalogueRow
from storage import products
from storage.connection import Tx

MOST_SHOWN = 8

# Columns by what a host calls them; languages and the three kinds of unit are told as one.
_TOLD_AS = {
    "names": "name",
    "units": "unit",
    "base_units": "unit",
    "pack_milli": "unit",
    "descriptions": "description",
    "price": "price",
    "currency": "price",
    "stock": "stock",
    "limit_per_buyer": "limit",
    "ships_within_days": "ships",
    "picture": "picture",
    "supplier": "supplier",
}
PARTS = tuple(dict.fromkeys(_TOLD_AS.values()))
"""What can change of a product, as hosts are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How one product's price and stock change; None where they stay. Stock None in a pair is unlimited."""

    code: str
    price: tuple[int, int] | None
    stock: tuple[int | None, int | None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How many products are new, changed and as they were; of how many each part changes; the first few in full.

    `archived` of them are out of the catalogue and stay so. Previews with one digest make the same changes.
    """

    created: int
    changed: int
    unchanged: int
    archived: int
    suppliers_created: int
    parts: dict[str, int]
    first: tuple[Shift, ...]
    digest: str

    def stored(self) -> str:
        """The preview as a column."""
        return json.dumps({name: getattr(self, name) for name in Preview.__slots__} | {
            "first": [{name: getattr(shift, name) for name in Shift.__slots__} for shift in self.first]
        })  # fmt: skip


def read(stored: str) -> Preview:
    """A preview from its column."""
    found: dict[str, Any] = json.loads(stored)
    first = tuple(
        Shift(code=one["code"], price=_pair(one["price"]), stock=_pair(one["stock"])) for one in found.pop("first")
    )
    return Preview(**found, first=first)


def _pair(values: list[Any] | None) -> Any:
    return None if values is None else (values[0], values[1])


def of(tx: Tx, rows: Sequence[CatalogueRow]) -> Preview:
    """What importing these rows would do now."""
    before = products.known(tx, rows)
    parts: Counter[str] = Counter()
    first: list[Shift] = []
    created = changed = 0
    digest = hashlib.sha256()
    for row in rows:
        product = before.get(row.code)
        if product is None:
            created += 1
            digest.update(f"+{row.code}\n".encode())
            continue
        told = products.columns(row, product)
        differing = [name for name, value in told.items() if product[name] != value]
        if _is_other_supplier(row, product):
            differing.append("supplier")
        if not differing:
            continue
        changed += 1
        parts.update({_TOLD_AS[name] for name in differing})
        values = [(name, product[name], told[name]) for name in differing if name != "supplier"]
        maker = (product["supplier_name"], row.supplier, row.county, row.households, row.is_designated)
        digest.update(repr((row.code, values, maker)).encode())
        if len(first) < MOST_SHOWN and not {"price", "stock"}.isdisjoint(differing):
            first.append(
                Shift(
                    code=row.code,
                    price=(product["price"], row.price) if "price" in differing else None,
                    stock=(product["stock"], row.stock) if "stock" in differing else None,
                )
            )
    return Preview(
        created=created,
        changed=changed,
        unchanged=len(rows) - created - changed,
        archived=sum(product["archived_at"] is not None for product in before.values()),
        suppliers_created=_unknown_suppliers(tx, {row.supplier for row in rows}),
        parts={part: parts[part] for part in PARTS if parts[part]},
        first=tuple(first),
        digest=digest.hexdigest(),
    )


def _is_other_supplier(row: CatalogueRow, product: sqlite3.Row) -> bool:
    """Another supplier, or something new about the same one; what the row leaves empty says nothing."""
    return (
        product["supplier_name"] != row.supplier
        or row.county not in ("", product["county"])
        or row.households not in (0, product["households"])
        or row.is_designated != product["designated"]
    )


_KNOWN_SUPPLIERS = "SELECT COUNT(*) FROM json_each(:names) AS wanted JOIN suppliers AS s ON s.name = wanted.value"


def _unknown_suppliers(tx: Tx, names: set[str]) -> int:
    known: int = tx.value(_KNOWN_SUPPLIERS, names=json.dumps(sorted(names)))
    return len(names) - known
