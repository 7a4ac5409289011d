"""One sentence from the catalogues as a message: what answers most refusals and small acts.

Owns the kind `say`. Which sentence and when is everybody else's.
"""

from dataclasses import dataclass

from handlers.offercards import my_cart
from handlers.wording import Face, Kind, Kinds, Rendered, Rows
from storage import carts
from storage.connection import Tx
from storage.outbox import Params

_TO_SHOP = ("checkout.dropped", "cancel.left_checkout")
_TO_CART = ("cart.dropped",)
_TO_ORDERS = ("addition.dropped", "cancel.left_addition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """The sentence with its values, and how much is in the reader's cart."""

    params: Params
    carted: int


def _load(tx: Tx, params: Params, chat: int) -> Saying:
    return Saying(params=params, carted=carts.count(tx, chat) if params["key"] in _TO_CART else 0)


def _say(face: Face, saying: Saying) -> Rendered:
    """`key` is the sentence, the other parameters are its values."""
    key = str(saying.params["key"])
    values = {name: value for name, value in saying.params.items() if name != "key"}
    return Rendered(text=face.t(key, **values), rows=_next(face, key, saying.carted))


def _next(face: Face, key: str, carted: int) -> Rows:
    """Where somebody goes on who has left an order; other sentences answer what is still there to be tapped."""
    if key in _TO_SHOP:
        return ((face.button("shop", "shop"),),)
    if key in _TO_CART:
        return ((*my_cart(face, carted), face.button("shop", "shop")),)
    return ((face.button("my_orders", "orders"),),) if key in _TO_ORDERS else ()


KINDS: Kinds = {"say": Kind(load=_load, show=_say)}
