"""The buyer changes an order: packs and lines as a draft that `Save` decides. Where it goes is in `redirecting`.

Owns the dialog `change`. What is possible is decided by `storage.amendments`; once the order is paid the draft
becomes a wish (`wishing`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from telegram import Message

from handlers import formats, parcelwords, shipwindows, wishing
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered
from shop.delivery import Tariff
from shop.offers import MOST_PER_LINE
from shop.orders import OrderStatus
from storage import amendments, dialogs, offers, orders, outbox, requests, tariffs
from storage.amendments import CHANGE, AtSpecialPrices, Changed, Emptied, TooLate, TooMany, UnderReview
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.offers import Offer
from storage.orders import Order, OrderLine
from storage.outbox import Params
from storage.people import NotFound
from storage.quotes import LimitReached, NotDeliveredThere, NotOpen, OrderingBlocked, Outdated, PriceChanged, SoldOut
from storage.requests import AlreadyAsked, Asked, NotPossible

_STALE = Toast("tap.stale")
_AT_SPECIAL_PRICES = Toast("change.special_prices", is_alert=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An order and the packs chosen for each of its lines. `asks`: it is paid, so the draft is a wish."""

    dialog: int
    order: Order
    quantities: dict[int, int]
    terms: Mapping[int, Tariff]
    asks: bool


# -- Packs and lines ----------------------------------------------------------------------------------------


async def change_tap(turn: Turn, order_id: int) -> Toast | None:
    """`Change`, `Ask to change`: the draft, as the order is."""
    order = await turn.look(orders.view, order_id)
    if order is None or order.buyer_id != turn.actor:
        return _STALE
    refusal = await _refusal(turn, order)
    if refusal is not None:
        return refusal
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind=CHANGE,
        step="lines",
        data={"order": order_id, "lines": {}},
        now=turn.now,
        anchor=turn.anchor,
    )
    return None


async def _refusal(turn: Turn, order: Order) -> Toast | None:
    """Why the order can't be changed now, neither by its buyer nor by asking."""
    if order.is_under_review:
        return Toast("change.under_review", is_alert=True)
    if order.status is OrderStatus.PENDING or (order.status is OrderStatus.PAID and requests.movable(order)):
        return _AT_SPECIAL_PRICES if order.has_specials else None
    await turn.show("order_card", order=order.id)
    return Toast("change.too_late")


async def quantity_tap(turn: Turn, dialog_id: int, line_id: int, quantity: int) -> Toast | None:
    """`−`, `+`, `Remove line` on the draft."""
    dialog = await _own(turn, dialog_id)
    draft = None if dialog is None else await turn.look(_load, dialog)
    line = None if draft is None else next((one for one in draft.order.lines if one.id == line_id), None)
    if dialog is None or draft is None or line is None:
        return _STALE
    chosen = max(0, min(quantity, line.quantity if draft.asks else MOST_PER_LINE))
    data = {**dialog.data, "lines": {**dialog.data["lines"], str(line_id): chosen}}
    outcome = await turn.decide(
        dialogs.advance, dialog=dialog, step="lines", data=data, now=turn.now, anchor=turn.anchor
    )
    if isinstance(outcome, dialogs.Moved):
        return _STALE
    return Toast("change.only_fewer") if draft.asks and quantity > chosen else None


async def save_tap(turn: Turn, dialog_id: int, total: int) -> Toast | None:
    """`Save` decides, for at most the total that stood above it; once the order is paid it is a wish."""
    return await _save(turn, dialog_id, total)


async def send_tap(turn: Turn, dialog_id: int) -> Toast | None:
    """Sends the wish about a paid order to the cashiers. It was also `Save` before that carried a total: then the
    draft is shown anew."""
    return await _save(turn, dialog_id, None)


async def _save(turn: Turn, dialog_id: int, shown: int | None) -> Toast | None:
    dialog = await _own(turn, dialog_id)
    draft = None if dialog is None else await turn.look(_load, dialog)
    if dialog is None or draft is None:
        return _STALE
    if draft.asks:
        if draft.order.has_specials:
            return _AT_SPECIAL_PRICES
        wish = await turn.decide(_ask_change, actor=turn.actor, draft=draft, now=turn.now, anchor=turn.anchor)
        return await wishing.asked(turn, draft.order.id, wish)
    if shown is None:
        await turn.show("question", dialog=dialog.id, step=dialog.step)
        return Toast("checkout.outdated", is_alert=True)
    outcome = await turn.decide(
        amendments.save, actor=turn.actor, dialog_id=dialog_id, now=turn.now, shown=shown, anchor=turn.anchor
    )
    return None if isinstance(outcome, Changed) else await _refused(turn, draft, outcome)


async def _refused(turn: Turn, draft: Draft, refusal: amendments.Refusal) -> Toast | None:
    """The order is as it was; the draft stays, to be mended."""
    order = draft.order.id
    match refusal:
        case NotFound():
            return _STALE
        case AtSpecialPrices():
            return _AT_SPECIAL_PRICES
        case UnderReview():
            return Toast("change.under_review", is_alert=True)
        case TooLate():
            await turn.show("order_card", order=order)
            return Toast("change.too_late")
        case Emptied():
            await turn.show("order_ask_cancel", order=order)
        case TooMany(offer_id=offer, possible=possible):
            await turn.show("change_refused", dialog=draft.dialog, offer=offer, why="too_many", possible=possible)
        case NotOpen(offer_id=offer):
            await turn.show("change_refused", dialog=draft.dialog, offer=offer, why="not_open")
        case PriceChanged(offer_id=offer):
            await turn.show("change_refused", dialog=draft.dialog, offer=offer, why="price")
        case OrderingBlocked():
            await turn.show("ordering_blocked")
        case NotDeliveredThere(region=region):
            return Toast("change.no_more_there", {"region": region}, is_alert=True)
        case Outdated():
            await turn.show("question", dialog=draft.dialog, step="lines")
            return Toast("checkout.outdated", is_alert=True)
        case SoldOut() | LimitReached():
            # `amendments.save` tells both as TooMany.
            return _STALE
        case _:
            assert_never(refusal)
    return None


async def show_tap(turn: Turn, dialog_id: int) -> Toast | None:
    """`Back` to the draft."""
    dialog = await _own(turn, dialog_id)
    if dialog is None or not await turn.show("question", dialog=dialog.id, step=dialog.step):
        return _STALE
    return None


async def drop_tap(turn: Turn, dialog_id: int) -> Toast | None:
    """`Keep as it is`."""
    dialog = await _own(turn, dialog_id)
    if dialog is None:
        return _STALE
    await turn.decide(_drop, actor=turn.actor, dialog=dialog, now=turn.now, anchor=turn.anchor)
    return None


def _drop(tx: Tx, *, actor: int, dialog: Dialog, now: int, anchor: int | None) -> None:
    dialogs.end(tx, dialog=dialog.id, now=now)
    outbox.tell(tx, actor, "order_card", now=now, anchor=anchor, order=int(dialog.data["order"]))


async def _own(turn: Turn, dialog_id: int) -> Dialog | None:
    dialog = await turn.look(dialogs.view, dialog_id)
    return dialog if dialog is not None and dialog.person == turn.actor and dialog.kind == CHANGE else None


async def _typed(turn: Turn, dialog: Dialog, _message: Message) -> None:
    """Typed something where buttons decide: the draft again."""
    await turn.show("question", dialog=dialog.id, step=dialog.step)


def _load(tx: Tx, dialog: Dialog) -> Draft | None:
    order = orders.view(tx, dialog.data["order"])
    if order is None or order.status not in (OrderStatus.PENDING, OrderStatus.PAID):
        return None
    asks = order.status is OrderStatus.PAID
    quantities = amendments.wanted(order, dialog)
    if asks:
        # Of what has left, nothing can be asked; of the rest, no more than was paid for.
        movable = requests.movable(order)
        quantities = {line: min(packs, movable[line]) for line, packs in quantities.items() if line in movable}
    terms = tariffs.of_all(tx, order.suppliers)
    return Draft(dialog=dialog.id, order=order, quantities=quantities, terms=terms, asks=asks)


def _line(face: Face, line: OrderLine, quantity: int) -> Html:
    name = formats.name(line.names, face.lang)
    if quantity == line.quantity:
        return shipwindows.goods_line(face, line)
    if quantity == 0:
        return shipwindows.marked(face, face.t("change.line_out", quantity=line.quantity, name=name), line)
    said = face.t("change.line", quantity=line.quantity, new=quantity, name=name)
    return shipwindows.marked(face, said, line)


def _draft(face: Face, draft: Draft) -> Rendered:
    order, t = draft.order, face.t
    whole = amendments.priced(order, draft.quantities, draft.terms)
    back = amendments.worth(order, draft.quantities)
    text = lines(
        [
            t("change.asks" if draft.asks else "change.title", code=order.code),
            *(_line(face, line, draft.quantities.get(line.id, line.quantity)) for line in order.lines),
            *(parcelwords.told(face, whole.deliveries) if not draft.asks else ()),
            t("change.goes_back", amount=face.money(back))
            if draft.asks
            else t("change.new_total", total=face.money(whole.total)),
        ]
    )
    rows: list[tuple[Button, ...]] = []
    for line in order.lines:
        if line.id not in draft.quantities:
            continue
        chosen = draft.quantities[line.id]
        rows.append(
            (
                face.button("fewer", "chq", draft.dialog, line.id, max(0, chosen - 1)),
                face.button("line_chosen", "chq", draft.dialog, line.id, chosen, quantity=chosen, code=line.code),
                face.button("more", "chq", draft.dialog, line.id, chosen + 1),
            )
        )
        if chosen and len(order.lines) > 1:
            rows.append((face.button("remove_line", "chq", draft.dialog, line.id, 0, code=line.code),))
    decide = face.button("save", "chsaveas", draft.dialog, whole.total)
    if draft.asks:
        decide = face.button("send_wish", "chsave", draft.dialog)
    return Rendered(text=text, rows=(*rows, (decide, face.button("keep_as_is", "chdrop", draft.dialog))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusing:
    """Why a line can't be made larger."""

    offer: Offer
    dialog: int
    why: str
    possible: int


def _load_refused(tx: Tx, params: Params, _chat: int) -> Refusing | None:
    offer = offers.view(tx, int(params["offer"] or 0))
    if offer is None:
        return None
    return Refusing(
        offer=offer,
        dialog=int(params["dialog"] or 0),
        why=str(params["why"]),
        possible=int(params.get("possible") or 0),
    )


def _show_refused(face: Face, view: Refusing) -> Rendered:
    text = face.t(
        f"change.refused.{view.why}",
        name=formats.name(view.offer.names, face.lang),
        packs=formats.packs(view.possible, view.offer.units, face.lang),
        price=face.money(view.offer.price),
    )
    return Rendered(text=text, rows=((face.button("back", "chshow", view.dialog),),))


def _ask_change(
    tx: Tx, *, actor: int, draft: Draft, now: int, anchor: int | None
) -> Asked | NotFound | AlreadyAsked | NotPossible:
    """The draft becomes a wish; a refusal leaves it."""
    dialogs.end(tx, dialog=draft.dialog, now=now)
    return requests.ask_change(
        tx, actor=actor, order_id=draft.order.id, lines=draft.quantities, now=now, anchor=anchor
    )


TAPS: Mapping[str, Tap] = {
    "change": Tap(run=change_tap, ints=1),
    "chq": Tap(run=quantity_tap, ints=3),
    "chsave": Tap(run=send_tap, ints=1),
    "chsaveas": Tap(run=save_tap, ints=2),
    "chshow": Tap(run=show_tap, ints=1),
    "chdrop": Tap(run=drop_tap, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{CHANGE}.lines": Step(load=_load, ask=_draft, answer=_typed),
}
KINDS: Kinds = {
    "change_refused": Kind(load=_load_refused, show=_show_refused),
}
