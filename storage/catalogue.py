"""Pages of the catalogue: all of it, or what a stream does not sell yet.

Only reads; products are written in `products`, offers in `offers`.
"""

from dataclasses import dataclass

from storage import products
from storage.connection import Tx
from storage.products import Product

PAGE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page; `number` counts from 0, `pages` is at least 1, `total` counts every page's products."""

    products: tuple[Product, ...]
    number: int
    pages: int
    total: int


# A stream of NULL has no offers, which leaves the whole catalogue.
_WANTED = """
    FROM products AS p WHERE p.archived_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM offers AS o
        WHERE o.stream_id = :stream AND o.product_id = p.id AND o.availability = 'in_stock')
"""
_COUNT = f"SELECT COUNT(*) {_WANTED}"
_PAGE = f"SELECT p.id {_WANTED} ORDER BY p.id LIMIT :limit OFFSET :offset"
_BEFORE = "SELECT COUNT(*) FROM products WHERE archived_at IS NULL AND id < :id"


def page(tx: Tx, number: int, *, unsold_in: int | None = None) -> Page:
    """A page of 8 in the order products came in; a number out of range gives the nearest page there is.

    With `unsold_in` only what that stream has no ordinary offer of.
    """
    total = tx.value(_COUNT, stream=unsold_in)
    pages = max(1, -(-total // PAGE))
    number = min(max(0, number), pages - 1)
    rows = tx.all(_PAGE, stream=unsold_in, limit=PAGE, offset=number * PAGE)
    found = (products.view(tx, row["id"]) for row in rows)
    return Page(
        products=tuple(product for product in found if product is not None), number=number, pages=pages, total=total
    )


def page_of(tx: Tx, product: int) -> int:
    """The number of the whole catalogue's page on which a product stands."""
    before: int = tx.value(_BEFORE, id=product)
    return before // PAGE
