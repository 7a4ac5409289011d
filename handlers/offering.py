"""Putting products up for sale in a stream: the picker, and one card with quantity and price prefilled.

Owns the dialog `offering`: its step `card` is the card itself, `quantity` and `price` ask for a typed value and come
back to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from telegram import Message

from handlers import deskcards, formats
from handlers.listing import product_button, stock, turning
from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop.holds import Hold
from shop.lots import read_lot, read_price
from shop.money import decimal
from storage import catalogue, desks, dialogs, offers, products, roles, streams
from storage.catalogue import Page
from storage.connection import Tx
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.offers import AlreadyOffered
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.products import Product
from storage.roles import Role
from storage.streams import Stream

OFFERING = "offering"

_STALE = Toast("tap.stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picker:
    """What a stream does not sell yet."""

    stream: Stream
    page: Page
    is_catalogue_empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """The card being filled: `quantity` packs (None: unlimited) at `price` minor units."""

    dialog: Dialog
    stream: Stream
    product: Product
    quantity: int | None
    price: int
    hold: Hold


# -- The picker ---------------------------------------------------------------------------------------------


async def pick(turn: Turn, stream_id: int, number: int) -> Toast | None:
    """`Add products`, and its further pages."""
    if await turn.show("picker", stream=stream_id, page=number):
        return None
    return Toast("desk.out_of_turn") if await turn.show("desk", stream=stream_id) else _STALE


def _load_picker(tx: Tx, params: Params, chat: int) -> Picker | None:
    stream = streams.view(tx, int(params["stream"] or 0))
    if stream is None or stream.status.is_over or not roles.has_role(tx, chat, Role.HOST):
        return None
    page = catalogue.page(tx, int(params["page"] or 0), unsold_in=stream.id)
    return Picker(stream=stream, page=page, is_catalogue_empty=not catalogue.page(tx, 0).total)


def _picker(face: Face, view: Picker) -> Rendered:
    back = (deskcards.back(face, view.stream.id),)
    if view.is_catalogue_empty:
        return Rendered(text=face.t("products.none"), rows=(back,))
    if not view.page.total:
        return Rendered(text=face.t("offering.all_added", title=view.stream.title), rows=(back,))
    rows = [(product_button(face, one, "addp", view.stream.id, one.id),) for one in view.page.products]
    text = face.t("offering.pick", title=view.stream.title)
    return Rendered(text=text, rows=(*rows, *turning(face, view.page, "pick", view.stream.id), back))


# -- The card -----------------------------------------------------------------------------------------------


async def choose(turn: Turn, stream_id: int, product_id: int) -> Toast | None:
    """A product in the picker: its card, prefilled from the catalogue."""
    stream = await turn.look(streams.view, stream_id)
    product = await turn.look(products.view, product_id)
    if stream is None or product is None or not await turn.look(roles.has_role, turn.actor, Role.HOST):
        return _STALE
    if stream.status.is_over:
        return Toast("desk.out_of_turn") if await turn.show("desk", stream=stream_id) else _STALE
    if product.archived_at is not None:
        return Toast("products.is_archived")
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind=OFFERING,
        step="card",
        data={
            "stream": stream_id,
            "product": product_id,
            "quantity": product.stock,
            "price": product.price,
            "hold": Hold.ON_ORDER.value,
        },
        now=turn.now,
        anchor=turn.anchor,
    )
    return None


async def ask_quantity(turn: Turn, dialog_id: int) -> Toast | None:
    """`Quantity`."""
    return await _asked(turn, dialog_id, "quantity")


async def ask_price(turn: Turn, dialog_id: int) -> Toast | None:
    """`Price`."""
    return await _asked(turn, dialog_id, "price")


async def turn_hold(turn: Turn, dialog_id: int, hold: str) -> Toast | None:
    """The button with the present policy: one tap chooses `hold`, the other one."""
    dialog = await _own(turn, dialog_id)
    if dialog is None or hold not in set(Hold):
        return _STALE
    outcome = await turn.decide(
        dialogs.advance,
        dialog=dialog,
        step="card",
        data={**dialog.data, "hold": hold},
        now=turn.now,
        anchor=turn.anchor,
    )
    return _STALE if isinstance(outcome, Moved) else None


async def _asked(turn: Turn, dialog_id: int, step: str) -> Toast | None:
    dialog = await _own(turn, dialog_id)
    if dialog is None:
        return _STALE
    outcome = await turn.decide(
        dialogs.advance, dialog=dialog, step=step, data=dialog.data, now=turn.now, anchor=turn.anchor
    )
    return _STALE if isinstance(outcome, Moved) else None


async def add(turn: Turn, dialog_id: int) -> Toast | None:
    """`Add`: the offer stands, the desk is the answer."""
    dialog = await _own(turn, dialog_id)
    if dialog is None:
        return _STALE
    data = dialog.data
    act = partial(
        offers.add,
        actor=turn.actor,
        stream_id=data["stream"],
        product_id=data["product"],
        quantity=data["quantity"],
        price=data["price"],
        hold=_hold(dialog),
        now=turn.now,
        anchor=turn.card_anchor,
    )
    match await turn.decide(desks.conclude, dialog=dialog, act=act, now=turn.now):
        case Moved() | Dropped(why=NotAllowed()):
            return _STALE
        case Dropped(why=why):
            await turn.show("desk", stream=data["stream"])
            match why:
                case AlreadyOffered():
                    return Toast("offering.already")
                case NotFound():
                    return Toast("products.is_archived")
                case _:
                    return Toast("desk.out_of_turn")
        case _:
            return None


def _hold(dialog: Dialog) -> Hold:
    """As chosen; a card that was begun before there was a choice has the usual one."""
    return Hold(dialog.data.get("hold", Hold.ON_ORDER))


async def _own(turn: Turn, dialog_id: int) -> Dialog | None:
    dialog = await turn.look(dialogs.view, dialog_id)
    return dialog if dialog is not None and dialog.person == turn.actor and dialog.kind == OFFERING else None


# -- Typed values -------------------------------------------------------------------------------------------


async def _on_card(turn: Turn, _dialog: Dialog, _message: Message) -> None:
    await turn.say("offering.tap_first")


async def _quantity(turn: Turn, dialog: Dialog, message: Message) -> None:
    lot = read_lot(message.text or "")
    if lot is None:
        await turn.say("offering.quantity_unclear")
    else:
        await _back(turn, dialog, quantity=lot.packs)


async def _price(turn: Turn, dialog: Dialog, message: Message) -> None:
    currency = turn.settings.currency
    price = read_price(message.text or "", currency)
    if price is None:
        await turn.say("offering.price_unclear", example=decimal(3600, currency))
    else:
        await _back(turn, dialog, price=price)


async def _back(turn: Turn, dialog: Dialog, **found: Any) -> None:
    """The value is good: the card again, with it."""
    outcome = await turn.decide(
        dialogs.advance, dialog=dialog, step="card", data={**dialog.data, **found}, now=turn.now
    )
    if isinstance(outcome, Moved):
        await turn.say("host.question_over")


def _load(tx: Tx, dialog: Dialog) -> Lot | None:
    stream = streams.view(tx, dialog.data["stream"])
    product = products.view(tx, dialog.data["product"])
    if stream is None or product is None:
        return None
    return Lot(
        dialog=dialog,
        stream=stream,
        product=product,
        quantity=dialog.data["quantity"],
        price=dialog.data["price"],
        hold=_hold(dialog),
    )


def _packs(face: Face, lot: Lot) -> str:
    if lot.quantity is None:
        return face.t("products.unlimited")
    return formats.packs(lot.quantity, lot.product.units, face.lang)


def _card(face: Face, lot: Lot) -> Rendered:
    t, product, id_ = face.t, lot.product, lot.dialog.id
    text = lines(
        [
            t("offering.title", code=product.code, name=formats.name(product.names, face.lang)),
            t("offering.unit", unit=formats.unit(product.units, face.lang), supplier=product.supplier_name),
            t("offering.quantity", packs=_packs(face, lot)),
            t("offering.price", price=formats.money(lot.price, product.currency, face.lang)),
            t(f"offering.hold.{lot.hold.value}"),
            t("offering.into", title=lot.stream.title),
        ]
    )
    change = (face.button("quantity", "qty", id_), face.button("price", "price", id_))
    other = Hold.FIRST_PAID if lot.hold is Hold.ON_ORDER else Hold.ON_ORDER
    hold = (face.button(f"hold_{lot.hold.value}", "hold", id_, other.value),)
    return Rendered(
        text=text, rows=(change, hold, (face.button("add", "add", id_), deskcards.back(face, lot.stream.id)))
    )


def _ask_quantity(face: Face, lot: Lot) -> Rendered:
    name = formats.name(lot.product.names, face.lang)
    text = face.t(
        "offering.ask_quantity",
        name=name,
        unit=formats.unit(lot.product.units, face.lang),
        packs=_packs(face, lot),
        stock=stock(face, lot.product),
    )
    return Rendered(text=text)


def _ask_price(face: Face, lot: Lot) -> Rendered:
    product = lot.product
    text = face.t(
        "offering.ask_price",
        name=formats.name(product.names, face.lang),
        unit=formats.unit(product.units, face.lang),
        price=formats.money(lot.price, product.currency, face.lang),
        example=decimal(product.price, product.currency),
    )
    return Rendered(text=text)


TAPS: Mapping[str, Tap] = {
    "pick": Tap(run=pick, ints=2),
    "addp": Tap(run=choose, ints=2),
    "qty": Tap(run=ask_quantity, ints=1),
    "price": Tap(run=ask_price, ints=1),
    "hold": Tap(run=turn_hold, ints=1, words=1),
    "add": Tap(run=add, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{OFFERING}.card": Step(ask=_card, answer=_on_card, load=_load),
    f"{OFFERING}.quantity": Step(ask=_ask_quantity, answer=_quantity, load=_load),
    f"{OFFERING}.price": Step(ask=_ask_price, answer=_price, load=_load),
}
KINDS: Kinds = {"picker": Kind(load=_load_picker, show=_picker)}
