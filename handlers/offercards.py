"""An offer as people see it: its line and button in a list, and its card with the quantity to choose.

Owns wording and the largest quantity the buttons let through; whether it can be had is decided when it is ordered.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from handlers import formats, pictures, presalecards, shipwindows, waitcards
from handlers.translation import Html, lines
from handlers.waitcards import Wait
from handlers.wording import HALF_A_MINUTE, Button, Face, Kind, Kinds, Rendered, Rows
from shop.offers import Availability, Standing, most
from shop.streams import StreamStatus
from storage import additions, carts, offers, quotes, streams, suppliers, waitlist
from storage.additions import OpenOrder
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Params
from storage.quotes import Basket


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """An offer for one reader: packs `already` in standing orders, and the `quantity` chosen, within bounds.

    `possible` is the most the reader can order now, 0 if nothing: what is free and what is held for them. `wait` is
    their place on the waiting list, `may_want` how many they could wait for. `carted` counts the lines of their cart,
    `open_order` is an unpaid order of theirs in the same stream, `presale` what follows once this has sold out.
    """

    offer: Offer
    county: str
    already: int
    possible: int
    quantity: int
    wait: Wait | None = None
    may_want: int = 0
    carted: int = 0
    open_order: OpenOrder | None = None
    presale: Offer | None = None


def load(tx: Tx, params: Params, chat: int) -> OfferView | None:
    """The offer `params` names with the wanted quantity brought within bounds, if the reader may see it."""
    offer = offers.view(tx, int(params["offer"] or 0))
    stream = None if offer is None else streams.view(tx, offer.stream_id)
    if offer is None or stream is None or not streams.is_visible_to(tx, stream, chat):
        return None
    supplier = suppliers.view(tx, offer.supplier_id)
    already = offers.bought_by(tx, offer.id, chat)
    wait = waitcards.wait_of(tx, waitlist.of(tx, offer.id, chat))
    held = 0 if wait is None else wait.entry.held
    possible = most(offer.limit_per_buyer, already, None if offer.free is None else offer.free + held)
    return OfferView(
        offer=offer,
        county="" if supplier is None else supplier.county,
        already=already,
        possible=possible,
        quantity=max(1, min(int(params["quantity"] or 1), possible)),
        wait=wait,
        may_want=most(offer.limit_per_buyer, already, None),
        carted=carts.count(tx, chat),
        open_order=additions.open_of(tx, chat, offer.stream_id),
        presale=offers.presale_of(tx, offer) if offer.is_sold_out else None,
    )


def line(face: Face, offer: Offer) -> Html:
    """One line of a list: code, name, price and what is left."""
    return face.t(
        "offer.line",
        code=offer.code,
        name=formats.name(offer.names, face.lang),
        price=_price(face, offer),
        state=_state(face, offer),
    )


def button(face: Face, offer: Offer) -> Button:
    """The offer in a list of buttons; paused, sold out and presale ones are marked."""
    values = {
        "code": offer.code,
        "name": formats.name(offer.names, face.lang),
        "price": _price(face, offer),
    }
    if offer.standing(face.now) is Standing.PAUSED:
        return face.button("offer_paused", "offer", offer.id, 1, **values)
    if offer.is_sold_out:
        return face.button("offer_sold_out", "offer", offer.id, 1, **values)
    if offer.availability is Availability.PRESALE:
        return face.button("offer_presale", "offer", offer.id, 1, **values)
    return face.button("offer", "offer", offer.id, 1, **values)


def _price(face: Face, offer: Offer) -> str:
    """What a pack costs now, marked while it is a flash price."""
    now = face.money(offer.price_at(face.now))
    return now if offer.flash_at(face.now) is None else face.t.plain("offer.flash_mark", price=now)


def _flash(face: Face, offer: Offer) -> Html | None:
    """The flash price, what is left of it and how long: "¥29.00 instead of ¥36.00 for 12 more boxes, 8 min left"."""
    flash = offer.flash_at(face.now)
    if flash is None:
        return None
    values: dict[str, object] = {
        "price": face.money(flash.price),
        "usual": face.money(offer.price),
        "left": formats.duration(flash.ends_at - face.now + HALF_A_MINUTE, face.t),
    }
    if flash.left is None:
        return face.t("offer.flash", **values)
    packs = flash.left if offer.free is None else min(flash.left, offer.free)
    return face.t("offer.flash_packs", packs=formats.packs(packs, offer.units, face.lang), **values)


def _steps(face: Face, offer: Offer) -> Iterator[Html]:
    """The prices from a quantity on."""
    for step in offer.steps:
        packs = formats.packs(step.quantity, offer.units, face.lang)
        yield face.t("offer.step", packs=packs, price=face.money(step.price))


def _total(view: OfferView, now: int) -> int:
    """What the chosen quantity comes to, at the price that is best."""
    offer = view.offer
    wish = quotes.Wish(offer_id=offer.id, quantity=view.quantity, price=offer.price)
    return Basket(chosen=((wish, offer),)).quote(now).sums.total


def _state(face: Face, offer: Offer) -> Html:
    """What a list says of an offer besides its price."""
    match offer.standing(face.now):
        case Standing.CLOSED:
            return face.t("offer.closed_short")
        case Standing.NOT_YET:
            return face.t("offer.not_yet_short")
        case Standing.PAUSED:
            return face.t("offer.paused_short")
        case Standing.OPEN if offer.is_sold_out:
            return face.t("offer.sold_out_short")
        case Standing.OPEN if offer.availability is Availability.PRESALE:
            window = shipwindows.window_of(offer)
            short = face.t("offer.presale_short", left=_left(face, offer))
            return (
                short
                if window is None
                else face.t("presale.short", short=short, window=shipwindows.said(face, window))
            )
        case Standing.OPEN:
            return _left(face, offer)


def _left(face: Face, offer: Offer) -> Html:
    if offer.free is None:
        return face.t("offer.plenty")
    return face.t("offer.left", packs=formats.packs(offer.free, offer.units, face.lang))


def _terms(face: Face, offer: Offer) -> Html:
    """Price, what is left, and how many a person may have: "¥36.00 · 312 boxes left · up to 10 per person"."""
    parts = [face.t("offer.price", price=face.money(offer.price))]
    if offer.free:
        parts.append(_left(face, offer))
    if offer.limit_per_buyer is not None:
        parts.append(face.t("offer.limit", limit=formats.number(offer.limit_per_buyer, face.lang)))
    return Html(" · ".join(parts))


def _source(face: Face, view: OfferView) -> Html:
    """Who sells it and where: a buyer has a right to know."""
    supplier = view.offer.supplier_name
    if view.county and view.county not in supplier:
        return face.t("offer.from_in", supplier=supplier, county=view.county)
    return face.t("offer.from", supplier=supplier)


def _ships(face: Face, offer: Offer) -> Html | None:
    """When it leaves: the window of a presale, else within so many days."""
    zone, lang, now = face.zone, face.lang, face.now
    if offer.ships_from is not None and offer.ships_until is not None:
        first = formats.day(offer.ships_from, zone, lang, now)
        last = formats.day(offer.ships_until, zone, lang, now)
        return face.t("offer.ships_between", first=first, last=last)
    if offer.ships_until is not None:
        return face.t("offer.ships_until", last=formats.day(offer.ships_until, zone, lang, now))
    if offer.ships_within_days:
        return face.t.n("offer.ships_within", offer.ships_within_days)
    return None


def _closing(face: Face, view: OfferView) -> Html:
    """The last line: the sum for the chosen quantity, or why none can be chosen."""
    offer = view.offer
    match offer.standing(face.now):
        case Standing.CLOSED:
            return face.t("offer.closed")
        case Standing.NOT_YET if offer.opens_at is not None and offer.stream_status is not StreamStatus.DRAFT:
            return face.t("offer.opens", moment=face.moment(offer.opens_at))
        case Standing.NOT_YET:
            return face.t("offer.not_yet")
        case Standing.PAUSED if view.wait is not None and view.wait.entry.held:
            return face.t("offer.paused_held")
        case Standing.PAUSED:
            return face.t("offer.paused")
        case Standing.OPEN if offer.is_sold_out and view.possible == 0:
            return face.t("offer.sold_out")
        case Standing.OPEN if view.possible == 0:
            return face.t("offer.limit_used", packs=formats.packs(view.already, offer.units, face.lang))
        case Standing.OPEN:
            return face.t(
                "offer.how_many",
                quantity=formats.number(view.quantity, face.lang),
                packs=formats.pack_word(view.quantity, offer.units, face.lang),
                total=face.money(_total(view, face.now)),
            )


def _rows(face: Face, view: OfferView) -> Rows:
    offer, quantity = view.offer, view.quantity
    back = (face.button("products", "offers", offer.stream_id), *my_cart(face, view.carted))
    may_join = view.may_want if offer.is_sold_out else 0
    waiting = waitcards.ways(face, offer, None if view.wait is None else view.wait.entry, may_join)
    if view.presale is not None and view.presale.is_open(face.now):
        waiting = ((presalecards.order_button(face, view.presale),), *waiting)
    if view.possible == 0 or not offer.is_open(face.now):
        return (*waiting, back)
    return (
        (
            face.button("fewer", "offer", offer.id, quantity - 1),
            face.button("quantity_chosen", "offer", offer.id, quantity, quantity=quantity),
            face.button("more", "offer", offer.id, quantity + 1),
        ),
        (
            face.button("order_now", "buy", offer.id, quantity),
            face.button("add_to_cart", "tocart", offer.id, quantity, offer.price),
        ),
        *_open_order_row(face, view),
        *waiting,
        back,
    )


def _open_order_row(face: Face, view: OfferView) -> Rows:
    order = view.open_order
    if order is None or not order.is_in_time(face.now):
        return ()
    return ((face.button("add_to_order", "addopen", view.offer.id, view.quantity),),)


def my_cart(face: Face, carted: int) -> tuple[Button, ...]:
    """`My cart (3)`, if there is anything in it."""
    return (face.button("my_cart", "cart", count=carted),) if carted else ()


def offer_card(face: Face, view: OfferView) -> Rendered:
    """Everything a buyer decides by, and the quantity to choose."""
    offer = view.offer
    is_presale = offer.availability is Availability.PRESALE
    text = lines(
        [
            face.t(
                "offer.title",
                name=formats.name(offer.names, face.lang),
                unit=formats.unit(offer.units, face.lang),
            ),
            _flash(face, offer) if offer.is_open(face.now) and not offer.is_sold_out else None,
            _terms(face, offer),
            *_steps(face, offer),
            formats.name(offer.descriptions, face.lang),
            _source(face, view),
            face.t("offer.presale") if is_presale else None,
            _ships(face, offer),
            presale_lead(face, view.presale),
            None if view.wait is None else waitcards.standing(face, view.wait),
            face.t(f"offer.hold.{offer.hold.value}") if view.possible and offer.is_open(face.now) else None,
            _closing(face, view),
        ]
    )
    media = pictures.media(offer.product_id, offer.photo, offer.picture, offer.picture_refused_at, face.now)
    return Rendered(text=text, rows=_rows(face, view), media=media)


def presale_lead(face: Face, presale: Offer | None) -> Html | None:
    """Below what has sold out: the presale that can be ordered instead."""
    return None if presale is None or not presale.is_open(face.now) else presalecards.lead(face, presale)


KINDS: Kinds = {"offer_card": Kind(load=load, show=offer_card)}
