"""Pages of the catalogue: all of it, what a stream does not sell yet, or what has been archived.

Only reads; products are written in `products`, offers in `offers`.
"""

from dataclasses import dataclass

from storage import products
from storage.connection import Tx
from storage.products import Product

PAGE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page; `number` counts from 0, `pages` is at least 1, `total` counts every page's products.

    `archived` counts the products that are not in the catalogue, or is 0 on a page of those themselves.
    """

    products: tuple[Product, ...]
    number: int
    pages: int
    total: int
    archived: int = 0


# A stream of NULL has no offers, which leaves the whole catalogue.
_WANTED = """
    FROM products AS p WHERE (p.archived_at IS NOT NULL) = :archived AND NOT EXISTS (
        SELECT 1 FROM offers AS o
        WHERE o.stream_id = :stream AND o.product_id = p.id AND o.availability = 'in_stock')
"""
_COUNT = f"SELECT COUNT(*) {_WANTED}"
_PAGE = f"SELECT p.id {_WANTED} ORDER BY p.id LIMIT :limit OFFSET :offset"
_BEFORE = """
    SELECT COUNT(*) FROM products AS p JOIN products AS q ON q.id = :id
    WHERE (p.archived_at IS NULL) = (q.archived_at IS NULL) AND p.id < :id
"""


def page(tx: Tx, number: int, *, unsold_in: int | None = None, archived: bool = False) -> Page:
    """A page of 8 in the order products came in; a number out of range gives the nearest page there is.

    With `unsold_in` only what that stream has no ordinary offer of; with `archived` only what is archived.
    """
    total = tx.value(_COUNT, stream=unsold_in, archived=int(archived))
    pages = max(1, -(-total // PAGE))
    number = min(max(0, number), pages - 1)
    rows = tx.all(_PAGE, stream=unsold_in, archived=int(archived), limit=PAGE, offset=number * PAGE)
    found = (products.view(tx, row["id"]) for row in rows)
    return Page(
        products=tuple(product for product in found if product is not None),
        number=number,
        pages=pages,
        total=total,
        archived=0 if archived else tx.value(_COUNT, stream=None, archived=1),
    )


def page_of(tx: Tx, product: int) -> int:
    """The number of the whole catalogue's page on which a product stands, or of the archive's."""
    before: int = tx.value(_BEFORE, id=product)
    return before // PAGE
