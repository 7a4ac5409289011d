"""What hosts see of an offer that sold out and of the presale they prepare, what its supplier is asked, and what
followers hear of it.

Owns the kinds `sold_out_host` and `presale_*`. What is tapped on them is in `presaling`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from handlers import formats, shipwindows
from handlers.translation import Html, lines
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.offers import Availability, Standing
from storage import delays, lots, offers, presales, roles, streams, waitlist
from storage.connection import Tx
from storage.lots import Lot
from storage.offers import Offer
from storage.outbox import Params
from storage.presales import Presale, Status
from storage.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldOut:
    """An offer nothing is free of, as a host sees it; `presale` is the one that is prepared or open."""

    lot: Lot
    presale: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresaleView:
    """A presale, its own offer once it is open, and the newest delay of it."""

    presale: Presale
    offer: Offer | None
    delay: int | None


# -- Sold out -----------------------------------------------------------------------------------------------


def _load_sold_out(tx: Tx, params: Params, chat: int) -> SoldOut | None:
    """Nothing to tell once units are free again."""
    lot = lots.view(tx, int(params["offer"] or 0), chat)
    if lot is None or not lot.offer.is_sold_out:
        return None
    return SoldOut(lot=lot, presale=presales.live_of(tx, lot.offer.id))


def _sold_out(face: Face, view: SoldOut) -> Rendered:
    lot, offer = view.lot, view.lot.offer
    waiting = lot.waiting
    text = lines(
        [
            face.t(
                "presale.sold_out",
                code=offer.code,
                name=formats.name(offer.names, face.lang),
                packs=formats.packs(offer.taken, offer.units, face.lang),
            ),
            None
            if offer.sold_out_at is None
            else face.t("presale.sold_out_at", moment=face.moment(offer.sold_out_at)),
            face.t.n("lot.waiting", waiting.people, packs=formats.packs(waiting.units, offer.units, face.lang))
            if waiting.people
            else face.t("lot.nobody_waits"),
        ]
    )
    first = way(face, offer, view.presale)
    more = face.button("restock", "lotmore", offer.id)
    return Rendered(text=text, rows=((*first, more), (face.button("desk", "desk", offer.stream_id),)))


def way(face: Face, offer: Offer, presale: int | None) -> tuple[Button, ...]:
    """`Open presale` for what has sold out, or the way to the presale there is."""
    if presale is not None:
        return (face.button("see_presale", "ps", presale),)
    if offer.availability is Availability.PRESALE or not offer.is_sold_out:
        return ()
    return (face.button("open_presale", "psnew", offer.id),)


def desk_rows(face: Face, found: Iterable[Offer]) -> Rows:
    """On the desk, one for each product that has sold out and has no presale yet."""
    all_ = tuple(found)
    has_one = {offer.product_id for offer in all_ if offer.availability is Availability.PRESALE}
    return tuple(
        (face.button("open_presale_of", "psnew", offer.id, code=offer.code),)
        for offer in all_
        if offer.is_sold_out and offer.product_id not in has_one
    )[:5]


# -- The host's card ----------------------------------------------------------------------------------------


def _view(tx: Tx, params: Params) -> PresaleView | None:
    presale = presales.view(tx, int(params["presale"] or 0))
    if presale is None:
        return None
    offer = None if presale.offer_id is None else offers.view(tx, presale.offer_id)
    return PresaleView(presale=presale, offer=offer, delay=None if offer is None else delays.last_of(tx, offer.id))


def load(tx: Tx, params: Params, chat: int) -> PresaleView | None:
    """The presale `params` names, for a host."""
    return _view(tx, params) if roles.has_role(tx, chat, Role.HOST) else None


def _load_for_supplier(tx: Tx, params: Params, chat: int) -> PresaleView | None:
    """For who speaks for its supplier, once they were asked."""
    view = _view(tx, params)
    return view if view is not None and roles.supplies(tx, chat, view.presale.origin.supplier_id) else None


def _terms(face: Face, view: PresaleView) -> Iterator[Html | None]:
    """Quantity, price and days, as they are drafted, or of the offer as it is by now."""
    presale, origin = view.presale, view.presale.origin
    offer = view.offer
    yield face.t(
        "presale.title",
        code=origin.code,
        name=formats.name(origin.names, face.lang),
        supplier=origin.supplier_name,
    )
    quantity = presale.quantity if offer is None else offer.quantity
    price = presale.price if offer is None else offer.price
    packs = face.t("products.unlimited") if quantity is None else formats.packs(quantity, origin.units, face.lang)
    yield face.t("presale.terms", packs=packs, price=face.money(price))
    window = (None if offer is None else shipwindows.window_of(offer)) or presale.window
    yield face.t("presale.ships", window=shipwindows.said(face, window))


def _state(face: Face, view: PresaleView) -> Iterator[Html | None]:
    presale, t = view.presale, face.t
    supplier = presale.origin.supplier_name
    match presale.status:
        case Status.DRAFT if presale.can_ask:
            yield t("presale.state.draft")
        case Status.DRAFT:
            yield t("presale.state.nobody", supplier=supplier)
        case Status.ASKED:
            yield t("presale.state.asked", supplier=supplier)
        case Status.COUNTERED if presale.proposed is not None:
            yield t(
                "presale.state.countered",
                name=presale.answered_by or supplier,
                window=shipwindows.said(face, presale.proposed),
            )
        case Status.OPEN:
            yield from _opened(face, view)
        case Status.DECLINED:
            yield t("presale.state.declined", name=presale.answered_by or supplier)
        case _:
            yield t("presale.state.dropped")


def _opened(face: Face, view: PresaleView) -> Iterator[Html | None]:
    """That it is open, how long that took, who was served, in whose name, and whether it is paused all the same."""
    presale, offer, t = view.presale, view.offer, face.t
    if presale.opened_at is None:
        return
    if presale.sold_out_at is not None:
        took = max(0, presale.opened_at - presale.sold_out_at)
        yield t("presale.state.open_after", span=formats.duration(took, t))
    else:
        yield t("presale.state.open", moment=face.moment(presale.opened_at))
    if presale.served_people:
        packs = formats.packs(presale.served_units, presale.origin.units, face.lang)
        yield t.n("presale.served", presale.served_people, packs=packs)
    if presale.answered_by is None:
        yield t("presale.in_their_name", supplier=presale.origin.supplier_name)
    if offer is not None:
        yield t("presale.taken", packs=formats.packs(offer.taken, offer.units, face.lang))
        if offer.is_paused:
            yield t("lot.paused")


def _card(face: Face, view: PresaleView) -> Rendered:
    text = lines([*_terms(face, view), *_state(face, view)])
    return Rendered(text=text, rows=_rows(face, view))


def _rows(face: Face, view: PresaleView) -> Rows:
    presale, id_, version = view.presale, view.presale.id, view.presale.version
    desk = face.button("desk", "desk", presale.origin.stream_id)
    if presale.status is Status.OPEN and view.offer is not None:
        lot = face.button("back_to_lot", "lot", view.offer.id, code=view.offer.code)
        move = face.button("move_date", "psmove", view.offer.id)
        answers = () if view.delay is None else (face.button("answers", "dl", view.delay),)
        return ((move, *answers), (lot, desk))
    if not presale.status.is_prepared:
        return ((*way(face, presale.origin, None), desk),)
    terms = (
        face.button("quantity", "psqty", id_),
        face.button("price", "psprice", id_),
        face.button("ship_window", "pswhen", id_),
    )
    decide: tuple[Button, ...] = ()
    match presale.status:
        case Status.DRAFT if presale.can_ask:
            decide = (face.button("ask_supplier", "psask", id_, version),)
        case Status.COUNTERED:
            decide = (face.button("accept_date", "psok", id_, version),)
        case _:
            decide = (face.button("open_in_name", "psopen", id_, version),)
    return (decide, terms, (face.button("discard", "psdrop", id_, version), desk))


# -- The supplier's card ------------------------------------------------------------------------------------


def _ask(face: Face, view: PresaleView) -> Rendered:
    """What is asked, and what became of it."""
    presale, t = view.presale, face.t
    id_, version = presale.id, presale.version
    rows: Rows = ()
    said: list[Html | None] = []
    match presale.status:
        case Status.ASKED:
            said = [t("presale.asked.question")]
            rows = (
                (face.button("agree", "psyes", id_, version), face.button("propose_date", "psother", id_, version)),
                (face.button("cannot_supply", "psno", id_, version),),
            )
        case Status.COUNTERED if presale.proposed is not None:
            said = [t("presale.asked.countered", window=shipwindows.said(face, presale.proposed))]
        case Status.OPEN:
            said = [t("presale.asked.open"), *_taken(face, view)]
            if view.offer is not None:
                answers = () if view.delay is None else (face.button("answers", "dl", view.delay),)
                rows = ((face.button("move_date", "psmove", view.offer.id), *answers),)
        case Status.DRAFT:
            said = [t("presale.asked.changing")]
        case Status.DECLINED:
            said = [t("presale.asked.declined")]
        case _:
            said = [t("presale.asked.dropped")]
    return Rendered(text=lines([*_terms(face, view), *said]), rows=rows)


def _taken(face: Face, view: PresaleView) -> list[Html | None]:
    if view.offer is None:
        return []
    return [face.t("presale.taken", packs=formats.packs(view.offer.taken, view.offer.units, face.lang))]


def entry(face: Face, presale: Presale) -> Button:
    """A presale in a supplier's list."""
    return face.button("presale_entry", "psa", presale.id, code=presale.origin.code)


# -- To followers -------------------------------------------------------------------------------------------


def _load_open(tx: Tx, params: Params, chat: int) -> Offer | None:
    """No news for who has got their part by the waiting list, or once nothing is left or it is closed."""
    offer = offers.view(tx, int(params["offer"] or 0))
    stream = None if offer is None else streams.view(tx, offer.stream_id)
    if offer is None or stream is None or not streams.is_visible_to(tx, stream, chat):
        return None
    return None if waitlist.of(tx, offer.id, chat) is not None else offer


def _open(face: Face, offer: Offer) -> Rendered:
    standing = offer.standing(face.now)
    if standing not in (Standing.OPEN, Standing.PAUSED) or offer.is_sold_out:
        return Rendered(text=face.t("presale.news_over", name=formats.name(offer.names, face.lang)))
    paused = face.t("offer.paused") if standing is Standing.PAUSED else None
    text = lines([lead(face, offer), paused, face.link(f"o_{offer.id}")])
    return Rendered(text=text, rows=((order_button(face, offer),),))


def lead(face: Face, offer: Offer) -> Html:
    """ "Free-range eggs are sold out. Presale: ships 20–24 Mar, ¥36.00, 500 boxes." """
    window = shipwindows.window_of(offer)
    left = face.t("offer.plenty") if offer.free is None else formats.packs(offer.free, offer.units, face.lang)
    return face.t(
        "presale.lead",
        name=formats.name(offer.names, face.lang),
        window="—" if window is None else shipwindows.said(face, window),
        price=face.money(offer.price_at(face.now)),
        left=left,
    )


def order_button(face: Face, offer: Offer) -> Button:
    """`Order presale`."""
    return face.button("order_presale", "offer", offer.id, 1)


KINDS: Kinds = {
    "sold_out_host": Kind(load=_load_sold_out, show=_sold_out),
    "presale_card": Kind(load=load, show=_card),
    "presale_news": Kind(load=load, show=_card),
    "presale_ask": Kind(load=_load_for_supplier, show=_ask),
    "presale_open": Kind(load=_load_open, show=_open),
}
