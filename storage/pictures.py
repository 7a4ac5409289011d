"""Pictures of products by address: Telegram loads one when it is first shown, and what became of it is kept.

Owns `products.picture_refused_at`, and `products.photo` as far as it was made from an address.
"""

from storage import outbox, roles
from storage.clock import DAY
from storage.connection import Tx
from storage.outbox import Lane
from storage.roles import Role

TRY_AGAIN_MS = DAY

_LOADED = """
    UPDATE products SET photo = :photo, picture_refused_at = NULL
    WHERE id = :id AND picture = :address AND photo IS NULL
"""
_REFUSED = """
    UPDATE products SET picture_refused_at = :now WHERE id = :id AND picture = :address AND photo IS NULL
"""
_REFUSED_AT = "SELECT picture_refused_at FROM products WHERE id = :id"
_BAD = """
    SELECT code, picture FROM products INDEXED BY products_refused
    WHERE picture_refused_at IS NOT NULL AND archived_at IS NULL ORDER BY id
"""


def address_of(picture: str | None, refused_at: int | None, now: int) -> str | None:
    """The address to show now: none if there is none, or if Telegram has refused it within the last day."""
    if picture is None or not picture.lower().startswith(("http://", "https://")):
        return None
    is_refused = refused_at is not None and now - refused_at < TRY_AGAIN_MS
    return None if is_refused else picture


def loaded(tx: Tx, *, product_id: int, address: str, photo: str) -> None:
    """Telegram has made this photo of the address: it is shown from now on, unless a host has sent another since."""
    tx.run(_LOADED, id=product_id, address=address, photo=photo)


def refused(tx: Tx, *, product_id: int, address: str, now: int) -> None:
    """Telegram could not load the address. The hosts are told once, in one message a day for all that are bad."""
    is_news = tx.value(_REFUSED_AT, id=product_id) is None
    if not tx.run(_REFUSED, id=product_id, address=address, now=now) or not is_news:
        return
    card = f"pictures:{now // DAY}"
    for host in roles.holders(tx, Role.HOST):
        outbox.tell(tx, host, "pictures_refused", now=now, lane=Lane.ORDER, card=card)


def bad(tx: Tx) -> list[tuple[str, str]]:
    """Code and address of every product in the catalogue whose picture Telegram could not load."""
    return [(row["code"], row["picture"]) for row in tx.all(_BAD)]
