"""What a stream sells as its host changes it: the list, a product's card, and what became of a change.

Owns the message kinds `lot*`, for hosts only; what the buttons do is in `restocking`.
"""

from dataclasses import dataclass

from handlers import formats, naming, presalecards, shipwindows
from handlers.translation import Html, lines
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.offers import Standing
from storage import lots, streams
from storage.connection import Tx
from storage.lots import Claimed, Claims, Lot
from storage.outbox import Params
from storage.streams import Stream

PAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """One page of what a stream sells."""

    stream: Stream
    lots: tuple[Lot, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An offer after a change, and the figures of the change."""

    lot: Lot
    params: Params


# -- The list and the card ----------------------------------------------------------------------------------


def _load_stock(tx: Tx, params: Params, chat: int) -> Stock | None:
    stream = streams.view(tx, int(params["stream"] or 0))
    found = None if stream is None else lots.of_stream(tx, stream.id, chat)
    if stream is None or not found:
        return None
    pages = -(-len(found) // PAGE)
    at = min(max(int(params["page"] or 0), 0), pages - 1)
    return Stock(stream=stream, lots=tuple(found[at * PAGE : (at + 1) * PAGE]), page=at, pages=pages)


def _stock(face: Face, view: Stock) -> Rendered:
    rows: list[tuple[Button, ...]] = [(_lot_button(face, lot),) for lot in view.lots]
    turning = []
    if view.page > 0:
        turning.append(face.button("page_before", "lots", view.stream.id, view.page - 1))
    if view.page + 1 < view.pages:
        turning.append(face.button("page_after", "lots", view.stream.id, view.page + 1))
    if turning:
        rows.append(tuple(turning))
    text = lines([face.t("lots.title", title=view.stream.title), *(_line(face, lot) for lot in view.lots)])
    return Rendered(text=text, rows=(*rows, (face.button("desk", "desk", view.stream.id),)))


def _lot_button(face: Face, lot: Lot) -> Button:
    offer = lot.offer
    name, price = formats.name(offer.names, face.lang), face.money(offer.price)
    values = {"code": shipwindows.code(face, offer), "name": name, "price": price}
    return face.button("offer", "lot", offer.id, **values)


def _line(face: Face, lot: Lot) -> Html:
    """ "EGG · 31 of 50 taken · 4 wait"."""
    values = {
        "code": lot.offer.code,
        "taken": formats.number(lot.offer.taken, face.lang),
        "quantity": _quantity(face, lot),
    }
    if not lot.waiting.people:
        return shipwindows.marked(face, face.t("lots.line", **values), lot.offer)
    return shipwindows.marked(face, face.t.n("lots.line_waiting", lot.waiting.people, **values), lot.offer)


def _quantity(face: Face, lot: Lot) -> str:
    return quantity(face, lot, lot.offer.quantity)


def quantity(face: Face, lot: Lot, packs: int | None) -> str:
    """So many packs of the offer, or "unlimited"."""
    return face.t("products.unlimited") if packs is None else formats.packs(packs, lot.offer.units, face.lang)


def load(tx: Tx, params: Params, chat: int) -> Lot | None:
    """The offer `params` names, for a host."""
    return lots.view(tx, int(params["offer"] or 0), chat)


def _card(face: Face, lot: Lot) -> Rendered:
    t, offer = face.t, lot.offer
    text = lines(
        [
            title(face, lot),
            t("lot.price", price=face.money(offer.price), unit=formats.unit(offer.units, face.lang)),
            shipwindows.under(face, offer),
            t(
                "lot.stock",
                quantity=_quantity(face, lot),
                ordered=formats.number(lot.ordered, face.lang),
                held=formats.number(lot.held, face.lang),
            ),
            t("lot.free", packs=quantity(face, lot, offer.free)),
            *_waiting(face, lot),
            t("lot.paused") if offer.is_paused else None,
            t("offer.closed") if offer.standing(face.now) is Standing.CLOSED else None,
        ]
    )
    return Rendered(text=text, rows=_rows(face, lot))


def title(face: Face, lot: Lot) -> Html:
    """Code and name."""
    return face.t("lot.title", code=lot.offer.code, name=formats.name(lot.offer.names, face.lang))


def _waiting(face: Face, lot: Lot) -> list[Html]:
    """Who waits, and who of them is passed over because they have blocked the bot."""
    found, offer = lot.waiting, lot.offer
    said = []
    if found.people:
        said.append(face.t.n("lot.waiting", found.people, packs=formats.packs(found.units, offer.units, face.lang)))
    if found.unreachable:
        said.append(face.t.n("lot.unreachable", found.unreachable))
    return said or [face.t("lot.nobody_waits")]


def _rows(face: Face, lot: Lot) -> Rows:
    offer = lot.offer
    ways = (face.button("stock", "lots", offer.stream_id, 0), face.button("desk", "desk", offer.stream_id))
    presale = presalecards.way(face, offer, lot.presale)
    if offer.standing(face.now) is Standing.CLOSED:
        return (presale, ways) if presale else (ways,)
    amount = [face.button("quantity", "lotqty", offer.id), face.button("price", "lotprice", offer.id)]
    if offer.quantity is not None:
        amount.insert(0, face.button("restock", "lotmore", offer.id))
    return (tuple(amount), presale, ways) if presale else (tuple(amount), ways)


# -- After a change -----------------------------------------------------------------------------------------


def _load_change(tx: Tx, params: Params, chat: int) -> Change | None:
    lot = load(tx, params, chat)
    return None if lot is None else Change(lot=lot, params=params)


def _number(params: Params, name: str) -> int | None:
    value = params[name]
    return None if value is None else int(value)


def _supplied(face: Face, view: Change) -> Rendered:
    """Old and new quantity, and what the waiting list got of it."""
    t, lot, params = face.t, view.lot, view.params
    people, units, told = (int(params[name] or 0) for name in ("people", "units", "told"))
    text = lines(
        [
            title(face, lot),
            t(
                "lot.supplied",
                was=quantity(face, lot, _number(params, "was")),
                now=quantity(face, lot, _number(params, "quantity")),
            ),
            t.n("lot.served", people, packs=formats.packs(units, lot.offer.units, face.lang)) if people else None,
            t("lot.let_go") if told else None,
            t("lot.free", packs=quantity(face, lot, lot.offer.free)),
        ]
    )
    return Rendered(text=text, rows=(_to_lot(face, lot),))


def _repriced(face: Face, view: Change) -> Rendered:
    lot = view.lot
    was, price = (int(view.params[name] or 0) for name in ("was", "price"))
    text = lines(
        [
            title(face, lot),
            face.t("lot.repriced", was=face.money(was), price=face.money(price)),
            face.t("lot.orders_keep"),
            face.t("lot.specials_ended") if view.params.get("ended") else None,
        ]
    )
    undo = face.button("undo", "lotback", lot.offer.id, was, price)
    return Rendered(text=text, rows=((undo,), _to_lot(face, lot)))


def _to_lot(face: Face, lot: Lot) -> tuple[Button, ...]:
    return (
        face.button("back_to_lot", "lot", lot.offer.id, code=lot.offer.code),
        face.button("desk", "desk", lot.offer.stream_id),
    )


# -- Lower than what is taken --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLow:
    """A page of who has units, and the quantity that was wanted."""

    claims: Claims
    wanted: int


def _load_claims(tx: Tx, params: Params, chat: int) -> TooLow | None:
    found = lots.claims(tx, int(params["offer"] or 0), chat, int(params["page"] or 0))
    return None if found is None else TooLow(claims=found, wanted=int(params["wanted"] or 0))


def _claims(face: Face, view: TooLow) -> Rendered:
    found, lot = view.claims, view.claims.lot
    offer = lot.offer
    text = lines(
        [
            title(face, lot),
            face.t(
                "lot.too_low",
                wanted=formats.packs(view.wanted, offer.units, face.lang),
                taken=formats.packs(offer.taken, offer.units, face.lang),
            ),
            *(_claim(face, lot, claim) for claim in found.claims),
        ]
    )
    turning = []
    if found.number > 0:
        turning.append(face.button("page_before", "lotwho", offer.id, view.wanted, found.number - 1))
    if found.number + 1 < found.pages:
        turning.append(face.button("page_after", "lotwho", offer.id, view.wanted, found.number + 1))
    rows: Rows = ((*turning,),) if turning else ()
    was = -1 if offer.quantity is None else offer.quantity
    if offer.quantity is None or offer.taken < offer.quantity:
        number = formats.number(offer.taken, face.lang)
        rows = (*rows, (face.button("lower_to", "lotlow", offer.id, offer.taken, was, number=number),))
    return Rendered(text=text, rows=(*rows, _to_lot(face, lot)))


def _claim(face: Face, lot: Lot, claim: Claimed) -> Html:
    name = claim.name if len(claim.name) <= naming.LONGEST_NAME else f"{claim.name[: naming.LONGEST_NAME]}…"
    packs = formats.packs(claim.quantity, lot.offer.units, face.lang)
    state = face.t(f"lot.claim.{claim.claim.value}")
    if claim.code is None:
        return face.t("lot.hold_line", name=name, packs=packs, state=state)
    return face.t("lot.order_line", code=claim.code, name=name, packs=packs, state=state)


KINDS: Kinds = {
    "lots": Kind(load=_load_stock, show=_stock),
    "lot": Kind(load=load, show=_card),
    "lot_supplied": Kind(load=_load_change, show=_supplied),
    "lot_repriced": Kind(load=_load_change, show=_repriced),
    "lot_claims": Kind(load=_load_claims, show=_claims),
}
