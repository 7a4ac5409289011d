"""Changing a product in the chat: name, price, stock, picture, in the catalogue or out of it; and undoing that.

Owns the dialog `product` and the message that tells what was and what is. Nothing asks twice: `Undo` takes it back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, assert_never

from telegram import Message

from handlers import formats, pictures
from handlers.entry import own_name
from handlers.listing import stock
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop.contacts import tidy
from shop.lots import read_lot, read_price
from shop.money import decimal
from storage import changes, desks, dialogs, products, roles
from storage.changes import AlreadyUndone, Change, Changed, ChangedSince, Field, Same, Undone, Value
from storage.connection import Tx
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.products import Product
from storage.roles import Role

PRODUCT = "product"
LONGEST_NAME = 60  # as in the catalogue file

_STALE = Toast("tap.stale")


# -- Beginning ----------------------------------------------------------------------------------------------


async def edit(turn: Turn, product_id: int, field: str) -> Toast | None:
    """`Name`, `Price`, `Stock` or `Picture` on a product's card: ask for it."""
    product = await turn.look(products.view, product_id)
    if product is None or field not in _ASK or not await turn.look(roles.has_role, turn.actor, Role.HOST):
        return _STALE
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind=PRODUCT,
        step=field,
        data={"product": product_id},
        now=turn.now,
        anchor=turn.anchor,
    )
    return None


async def shelve(turn: Turn, product_id: int) -> Toast | None:
    """`Archive`."""
    return await _put(turn, product_id, is_archived=True)


async def unshelve(turn: Turn, product_id: int) -> Toast | None:
    """`Restore`."""
    return await _put(turn, product_id, is_archived=False)


async def _put(turn: Turn, product_id: int, *, is_archived: bool) -> Toast | None:
    outcome = await turn.decide(
        changes.make,
        actor=turn.actor,
        product_id=product_id,
        field=Field.ARCHIVED,
        value=is_archived,
        now=turn.now,
        anchor=turn.anchor,
    )
    match outcome:
        case Changed():
            return None
        case Same():
            await turn.show("product", product=product_id)
            return Toast("change.same")
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(outcome)


async def undo(turn: Turn, change_id: int) -> Toast | None:
    """`Undo`."""
    outcome = await turn.decide(
        changes.undo, actor=turn.actor, change_id=change_id, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case Undone():
            return None
        case AlreadyUndone():
            return Toast("change.already_undone")
        case ChangedSince():
            return Toast("change.changed_since", is_alert=True)
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(outcome)


# -- Answers ------------------------------------------------------------------------------------------------


async def _names(turn: Turn, dialog: Dialog, message: Message) -> None:
    """One line is the name in the language the host reads; a line for each language gives all."""
    languages = turn.settings.languages
    typed = [line for line in map(tidy, (message.text or "").splitlines()) if line]
    product = await turn.look(products.view, dialog.data["product"])
    if product is None:
        await turn.say("host.question_over")
    elif len(typed) not in (1, len(languages)):
        await turn.say("change.names_unclear", most=len(languages))
    elif any(len(name) > LONGEST_NAME for name in typed):
        await turn.say("change.name_long", most=LONGEST_NAME)
    else:
        spoken = (await turn.language(),) if len(typed) == 1 else languages
        await _make(turn, dialog, Field.NAMES, {**product.names, **dict(zip(spoken, typed, strict=True))})


async def _price(turn: Turn, dialog: Dialog, message: Message) -> None:
    price = read_price(message.text or "", turn.settings.currency)
    if price is None:
        await turn.say("offering.price_unclear", example=decimal(3600, turn.settings.currency))
    else:
        await _make(turn, dialog, Field.PRICE, price)


async def _stock(turn: Turn, dialog: Dialog, message: Message) -> None:
    lot = read_lot(message.text or "", least=0)
    if lot is None:
        await turn.say("change.stock_unclear")
    else:
        await _make(turn, dialog, Field.STOCK, lot.packs)


async def _photo(turn: Turn, dialog: Dialog, message: Message) -> None:
    photo = await pictures.photo_of(turn, message)
    if photo is not None:
        await _make(turn, dialog, Field.PHOTO, photo)


async def _make(turn: Turn, dialog: Dialog, field: Field, value: Value) -> None:
    """The answer is good: the change is made and told."""
    make = partial(
        changes.make,
        actor=turn.actor,
        product_id=dialog.data["product"],
        field=field,
        value=value,
        now=turn.now,
    )
    match await turn.decide(desks.conclude, dialog=dialog, act=make, now=turn.now):
        case Moved() | Dropped(why=NotFound()):
            await turn.say("host.question_over")
        case Dropped(why=Same()):
            await turn.say("change.same")
        case Dropped():
            await turn.say("host.only")


# -- Questions ----------------------------------------------------------------------------------------------


def _load_product(tx: Tx, dialog: Dialog) -> Product | None:
    return products.view(tx, dialog.data["product"])


def _ask_names(face: Face, product: Product) -> Rendered:
    languages = [own_name(language) for language in face.settings.languages]
    head = _title(face, product)
    now = lines(
        face.t("change.name_now", language=own_name(language), name=product.names.get(language) or "—")
        for language in face.settings.languages
    )
    ask = face.t("change.ask_name", language=own_name(face.lang))
    each = face.t("change.ask_names", languages=" · ".join(languages)) if len(languages) > 1 else None
    return Rendered(text=lines([head, now, ask, each, face.t("host.can_leave")]))


def _ask_price(face: Face, product: Product) -> Rendered:
    example = decimal(product.price, product.currency)
    ask = face.t(
        "change.ask_price",
        price=formats.money(product.price, product.currency, face.lang),
        unit=formats.unit(product.units, face.lang),
        example=example,
    )
    return Rendered(text=lines([_title(face, product), ask, face.t("host.can_leave")]))


def _ask_stock(face: Face, product: Product) -> Rendered:
    ask = face.t("change.ask_stock", stock=stock(face, product), unit=formats.unit(product.units, face.lang))
    return Rendered(text=lines([_title(face, product), ask, face.t("host.can_leave")]))


def _ask_photo(face: Face, product: Product) -> Rendered:
    return Rendered(text=lines([_title(face, product), face.t("change.ask_photo"), face.t("host.can_leave")]))


def _title(face: Face, product: Product) -> Html:
    return face.t("products.title", code=product.code, name=formats.name(product.names, face.lang))


# -- What was and what is -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change and its product as it is now."""

    change: Change
    product: Product


def _load_change(tx: Tx, params: Params, chat: int) -> Told | None:
    change = changes.view(tx, int(params["change"] or 0))
    product = None if change is None else products.view(tx, change.product_id)
    if change is None or product is None or not roles.has_role(tx, chat, Role.HOST):
        return None
    return Told(change=change, product=product)


def _changed(face: Face, told: Told) -> Rendered:
    change, product = told.change, told.product
    before, after = change.before, change.after
    if change.is_undone:
        before, after = after, before
    is_price = change.field is Field.PRICE
    text = lines(
        [
            _title(face, product),
            face.t("change.undone") if change.is_undone else None,
            _what(face, product, change.field, before, after),
            face.t("import.prices_stay") if is_price else None,
        ]
    )
    see = face.button("see_product", "product", product.id)
    row = (see,) if change.is_undone else (face.button("undo", "undo", change.id), see)
    return Rendered(text=text, rows=(row,))


def _what(face: Face, product: Product, field: Field, before: Value, after: Value) -> Html:
    match field:
        case Field.NAMES:
            return face.t("change.name", before=_in_all(before), after=_in_all(after))
        case Field.PRICE:
            return face.t("change.price", before=_money(face, product, before), after=_money(face, product, after))
        case Field.STOCK:
            return face.t("change.stock", before=_packs(face, product, before), after=_packs(face, product, after))
        case Field.PHOTO:
            return face.t("change.photo") if after is not None else face.t("change.no_photo")
        case Field.ARCHIVED:
            return face.t("change.archived") if after else face.t("change.restored")


def _in_all(names: Value) -> str:
    return " / ".join(text for text in names.values() if text) if isinstance(names, Mapping) else ""


def _money(face: Face, product: Product, price: Value) -> str:
    return formats.money(price, product.currency, face.lang) if isinstance(price, int) else "—"


def _packs(face: Face, product: Product, packs: Value) -> str:
    if not isinstance(packs, int):
        return face.t("products.unlimited")
    return formats.packs(packs, product.units, face.lang)


_ASK: Mapping[str, tuple[Callable[[Face, Product], Rendered], Any]] = {
    Field.NAMES: (_ask_names, _names),
    Field.PRICE: (_ask_price, _price),
    Field.STOCK: (_ask_stock, _stock),
    Field.PHOTO: (_ask_photo, _photo),
}

TAPS: Mapping[str, Tap] = {
    "pedit": Tap(run=edit, ints=1, words=1),
    "shelve": Tap(run=shelve, ints=1),
    "unshelve": Tap(run=unshelve, ints=1),
    "undo": Tap(run=undo, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{PRODUCT}.{field}": Step(ask=ask, answer=answer, load=_load_product, takes_media=field == Field.PHOTO)
    for field, (ask, answer) in _ASK.items()
}
KINDS: Kinds = {"product_changed": Kind(load=_load_change, show=_changed)}
