"""Why an offer can't be ordered just now, and what can be done instead.

Owns the messages, and which of them answers a refusal; the reasons come from `storage.checkouts`.
"""

from dataclasses import dataclass
from typing import assert_never

from handlers import formats, presalecards, waitcards
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.offers import Standing, most
from storage import checkouts, dialogs, offers, waitlist
from storage.checkouts import AddressMissing, Refusal
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Params
from storage.people import NotFound
from storage.quotes import LimitReached, NotDeliveredThere, NotOpen, OrderingBlocked, PriceChanged, SoldOut
from storage.waitlist import Entry


async def answer(turn: Turn, refusal: Refusal) -> Toast | None:
    """Say why it can't be ordered, and what can be done."""
    match refusal:
        case NotFound():
            return Toast("tap.stale")
        case SoldOut(offer_id=offer_id, free=0):
            await turn.show("sold_out", offer=offer_id)
            return Toast("checkout.sold_out_toast")
        case SoldOut(offer_id=offer_id, free=free):
            await turn.show("fewer_left", offer=offer_id, free=free)
            return Toast("checkout.fewer_left_toast")
        case LimitReached(offer_id=offer_id, limit=limit, already=already):
            await turn.show("limit_reached", offer=offer_id, limit=limit, already=already)
            return None
        case NotOpen(offer_id=offer_id):
            await turn.show("not_open", offer=offer_id)
            return None
        case PriceChanged(offer_id=offer_id):
            await turn.show("price_changed", offer=offer_id)
            return None
        case NotDeliveredThere(region=region):
            return Toast("checkout.not_delivered_toast", {"region": region}, is_alert=True)
        case OrderingBlocked():
            await turn.show("ordering_blocked")
            return None
        case AddressMissing():
            return Toast("checkout.address_missing", is_alert=True)
        case _:
            assert_never(refusal)


async def answer_checkout(turn: Turn, checkout: int, refusal: Refusal) -> Toast | None:
    """The same of a whole checkout. One of the cart: the cart says at which lines, and what is left to order."""
    dialog = await turn.look(dialogs.view, checkout)
    if not checkouts.is_of_cart(dialog) or isinstance(refusal, NotFound | AddressMissing):
        return await answer(turn, refusal)
    await turn.show("cart", at=turn.now, line=0, note="cart.not_placed")
    return Toast("cart.toast_changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusing:
    """The offer, the numbers of the refusal, the reader's place on the waiting list, and the presale that follows."""

    offer: Offer
    params: Params
    already: int
    entry: Entry | None
    presale: Offer | None = None


def _load(tx: Tx, params: Params, chat: int) -> Refusing | None:
    offer = offers.view(tx, int(params["offer"] or 0))
    if offer is None:
        return None
    if params.get("of"):
        return Refusing(offer=offer, params=params, already=int(params.get("already") or 0), entry=None)
    already, entry = offers.bought_by(tx, offer.id, chat), waitlist.of(tx, offer.id, chat)
    presale = offers.presale_of(tx, offer) if offer.is_sold_out else None
    return Refusing(offer=offer, params=params, already=already, entry=entry, presale=presale)


def _to_host(face: Face, view: Refusing, text: Html) -> Rendered | None:
    """The same for a host who writes down a buyer's order: it is not theirs to take fewer or to wait."""
    if not view.params.get("of"):
        return None
    return Rendered(text=text, rows=((face.button("desk", "desk", view.offer.stream_id),),))


def _back(face: Face, view: Refusing) -> tuple[Button, ...]:
    return (face.button("products", "offers", view.offer.stream_id),)


def _take(face: Face, view: Refusing) -> tuple[Button, ...]:
    """Offer the largest quantity this buyer can still have."""
    held = 0 if view.entry is None else view.entry.held
    free = None if view.offer.free is None else view.offer.free + held
    possible = most(view.offer.limit_per_buyer, view.already, free)
    if possible < 1:
        return ()
    packs = formats.packs(possible, view.offer.units, face.lang)
    return (face.button("take", "offer", view.offer.id, possible, packs=packs),)


def _wait(face: Face, view: Refusing) -> Rows:
    """`Join waiting list` for one more than there is, or one's place there."""
    offer = view.offer
    possible = most(offer.limit_per_buyer, view.already, None)
    return waitcards.ways(face, offer, view.entry, possible, quantity=(offer.free or 0) + 1)


def _sold_out(face: Face, view: Refusing) -> Rendered:
    text = face.t("checkout.sold_out", name=formats.name(view.offer.names, face.lang))
    presale = view.presale
    if told := _to_host(face, view, text):
        return told
    if presale is None or not presale.is_open(face.now):
        return Rendered(text=text, rows=(*_wait(face, view), _back(face, view)))
    rows = ((presalecards.order_button(face, presale),), *_wait(face, view), _back(face, view))
    return Rendered(text=lines([text, presalecards.lead(face, presale)]), rows=rows)


def _fewer_left(face: Face, view: Refusing) -> Rendered:
    free = (view.offer.free or 0) + (0 if view.entry is None else view.entry.held)
    text = face.t(
        "checkout.fewer_left",
        name=formats.name(view.offer.names, face.lang),
        packs=formats.packs(free, view.offer.units, face.lang),
    )
    return _to_host(face, view, text) or Rendered(
        text=text, rows=tuple(row for row in (_take(face, view), *_wait(face, view), _back(face, view)) if row)
    )


def _limit_reached(face: Face, view: Refusing) -> Rendered:
    offer = view.offer
    text = face.t(
        "add.limit_reached" if view.params.get("of") else "checkout.limit_reached",
        name=formats.name(offer.names, face.lang),
        limit=formats.packs(offer.limit_per_buyer or 0, offer.units, face.lang),
        already=formats.packs(view.already, offer.units, face.lang),
    )
    return _to_host(face, view, text) or Rendered(
        text=text, rows=tuple(row for row in (_take(face, view), _back(face, view)) if row)
    )


def _not_open(face: Face, view: Refusing) -> Rendered:
    name = formats.name(view.offer.names, face.lang)
    if view.offer.standing(face.now) is Standing.NOT_YET:
        return Rendered(text=face.t("checkout.not_open_yet", name=name), rows=(_back(face, view),))
    if view.offer.standing(face.now) is Standing.PAUSED:
        again = face.button("see_offer", "offer", view.offer.id, 1)
        return Rendered(text=face.t("checkout.paused", name=name), rows=((again,), _back(face, view)))
    return Rendered(text=face.t("checkout.closed", name=name), rows=((face.button("streams", "streams"),),))


def _price_changed(face: Face, view: Refusing) -> Rendered:
    offer = view.offer
    text = face.t("checkout.price_changed", name=formats.name(offer.names, face.lang), price=face.money(offer.price))
    return Rendered(text=text, rows=((face.button("see_offer", "offer", offer.id, 1),),))


KINDS: Kinds = {
    "sold_out": Kind(load=_load, show=_sold_out),
    "fewer_left": Kind(load=_load, show=_fewer_left),
    "limit_reached": Kind(load=_load, show=_limit_reached),
    "not_open": Kind(load=_load, show=_not_open),
    "price_changed": Kind(load=_load, show=_price_changed),
}
