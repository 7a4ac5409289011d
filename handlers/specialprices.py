"""Special prices of what a stream sells: the offers, one offer's card, and the questions for a flash price and steps.

Talks to hosts only. Owns the dialogs `flash` and `steps`; who may and what holds is decided in `storage.specials`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, assert_never

from telegram import Message

from handlers import deskcards, formats, salesboard, shipwindows
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import HALF_A_MINUTE, Face, Kind, Kinds, Rendered
from shop.lots import read_lot, read_price
from shop.money import decimal
from shop.steps import MOST_STEPS, read_steps
from storage import desks, dialogs, offers, roles, specials
from storage.connection import Tx
from storage.desks import Desk, Dropped
from storage.dialogs import Dialog, Moved
from storage.offers import Offer
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.specials import MOST_MINUTES, Flash, NotCheaper, Stopped
from storage.streams import OutOfTurn

FLASH, BY_QUANTITY = "flash", "steps"
MINUTES = (10, 15, 30, 60)

_STALE = Toast("tap.stale")


# -- The cards ----------------------------------------------------------------------------------------------


async def specials_tap(turn: Turn, stream_id: int) -> Toast | None:
    """`Special prices` on the desk."""
    return None if await turn.show("specials", stream=stream_id) else _STALE


async def special_tap(turn: Turn, offer_id: int) -> Toast | None:
    """One offer's special prices."""
    return None if await turn.show("specials_card", offer=offer_id) else _STALE


def _load_running(tx: Tx, params: Params, chat: int) -> Desk | None:
    view = desks.view(tx, int(params["stream"] or 0), chat)
    return None if view is None or view.stream.status.is_over else view


def _specials(face: Face, view: Desk) -> Rendered:
    back = (deskcards.back(face, view.stream.id),)
    if not view.offers:
        return Rendered(text=face.t("specials.no_offers"), rows=(back,))
    rows = tuple(
        (
            face.button(
                "offer",
                "special",
                offer.id,
                code=shipwindows.code(face, offer),
                name=formats.name(offer.names, face.lang),
                price=salesboard.price(face, offer),
            ),
        )
        for offer in view.offers
    )
    return Rendered(text=face.t("specials.pick"), rows=(*rows, back))


def _load_offer(tx: Tx, params: Params, chat: int) -> Offer | None:
    return offers.view(tx, int(params["offer"] or 0)) if roles.has_role(tx, chat, Role.HOST) else None


def _card(face: Face, offer: Offer) -> Rendered:
    t, flash = face.t, offer.flash_at(face.now)
    text = lines(
        [
            _title(face, offer),
            t("specials.usual", price=face.money(offer.price), unit=formats.unit(offer.units, face.lang)),
            t("specials.no_flash") if flash is None else _running(face, offer, flash),
            *(_step_line(face, offer, step.quantity, step.price) for step in offer.steps),
            None if offer.steps else t("specials.no_steps"),
            t("specials.rule"),
        ]
    )
    first = face.button("flash_price", "flash", offer.id)
    if flash is not None:
        first = face.button("stop_flash", "flashstop", offer.id)
    rows = ((first, face.button("quantity_price", "steps", offer.id)), (deskcards.back(face, offer.stream_id),))
    return Rendered(text=text, rows=rows if not offer.stream_status.is_over else rows[1:])


def _title(face: Face, offer: Offer) -> Html:
    return face.t("specials.title", code=offer.code, name=formats.name(offer.names, face.lang))


def _running(face: Face, offer: Offer, flash: Flash) -> Html:
    left = flash.left if offer.free is None else offer.free if flash.left is None else min(flash.left, offer.free)
    packs = face.t.plain("desk.unlimited") if left is None else formats.packs(left, offer.units, face.lang)
    return face.t(
        "specials.flash",
        price=face.money(flash.price),
        time=formats.duration(flash.ends_at - face.now + HALF_A_MINUTE, face.t),
        taken=formats.number(flash.taken, face.lang),
        left=packs,
    )


def _step_line(face: Face, offer: Offer, quantity: int, price: int) -> Html:
    return face.t("specials.step", packs=formats.packs(quantity, offer.units, face.lang), price=face.money(price))


def _load_over(tx: Tx, params: Params, chat: int) -> tuple[Flash, Offer] | None:
    flash = specials.view(tx, int(params["flash"] or 0))
    offer = None if flash is None else _load_offer(tx, {"offer": flash.offer_id}, chat)
    return None if flash is None or offer is None else (flash, offer)


def _over(face: Face, view: tuple[Flash, Offer]) -> Rendered:
    flash, offer = view
    text = face.t(
        "specials.flash_over",
        code=offer.code,
        name=formats.name(offer.names, face.lang),
        taken=formats.packs(flash.taken, offer.units, face.lang),
        price=face.money(offer.price),
    )
    again = (face.button("flash_again", "flash", offer.id), deskcards.back(face, offer.stream_id))
    return Rendered(text=text, rows=(again,))


# -- Beginning and stopping -----------------------------------------------------------------------------------


async def flash_tap(turn: Turn, offer_id: int) -> Toast | None:
    """`Flash price`: which price?"""
    return await _begin(turn, offer_id, FLASH, "price")


async def steps_tap(turn: Turn, offer_id: int) -> Toast | None:
    """`Price by quantity`: which?"""
    return await _begin(turn, offer_id, BY_QUANTITY, "list")


async def _begin(turn: Turn, offer_id: int, kind: str, step: str) -> Toast | None:
    offer = await turn.look(offers.view, offer_id)
    if offer is None or not await turn.look(roles.has_role, turn.actor, Role.HOST):
        return _STALE
    if offer.stream_status.is_over:
        return Toast("desk.out_of_turn")
    data = {"offer": offer_id}
    await turn.decide(
        dialogs.begin, actor=turn.actor, kind=kind, step=step, data=data, now=turn.now, anchor=turn.anchor
    )
    return None


async def stop_tap(turn: Turn, offer_id: int) -> Toast | None:
    """`Stop flash price`: one tap."""
    outcome = await turn.decide(
        specials.stop_flash, actor=turn.actor, offer_id=offer_id, now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case Stopped():
            return Toast("specials.stopped")
        case NotFound():
            return Toast("specials.none_runs") if await turn.show("specials_card", offer=offer_id) else _STALE
        case NotAllowed():
            return _STALE
        case _:
            assert_never(outcome)


# -- Answers --------------------------------------------------------------------------------------------------


async def _price(turn: Turn, dialog: Dialog, message: Message) -> None:
    currency = turn.settings.currency
    price = read_price(message.text or "", currency)
    offer = await turn.look(offers.view, dialog.data["offer"])
    if price is None:
        await turn.say("offering.price_unclear", example=decimal(2900, currency))
    elif offer is not None and price >= offer.price:
        await turn.say("specials.not_cheaper", price=formats.money(offer.price, currency, await turn.language()))
    else:
        await _next(turn, dialog, "minutes", price=price)


async def _minutes(turn: Turn, dialog: Dialog, message: Message) -> None:
    text = (message.text or "").lower().replace("minutes", "").replace("min", "").replace("分钟", "").strip()
    minutes = read_lot(text)
    if minutes is None or minutes.packs is None or minutes.packs > MOST_MINUTES:
        await turn.say("specials.minutes_unclear", most=MOST_MINUTES)
    else:
        await _next(turn, dialog, "quantity", minutes=minutes.packs)


async def minutes_tap(turn: Turn, dialog_id: int, minutes: int) -> Toast | None:
    """One of the lengths under the question."""
    dialog = await _own(turn, dialog_id, "minutes")
    if dialog is None or minutes not in MINUTES:
        return _STALE
    await _next(turn, dialog, "quantity", minutes=minutes)
    return None


async def _next(turn: Turn, dialog: Dialog, step: str, **answer: Any) -> None:
    data = {**dialog.data, **answer}
    await turn.decide(dialogs.advance, dialog=dialog, step=step, data=data, now=turn.now, anchor=turn.anchor)


async def _quantity(turn: Turn, dialog: Dialog, message: Message) -> None:
    lot = read_lot(message.text or "")
    if lot is None:
        await turn.say("offering.quantity_unclear")
    else:
        await _start(turn, dialog, lot.packs)


async def all_tap(turn: Turn, dialog_id: int) -> Toast | None:
    """`All of them`."""
    dialog = await _own(turn, dialog_id, "quantity")
    if dialog is None:
        return _STALE
    await _start(turn, dialog, None)
    return None


async def _start(turn: Turn, dialog: Dialog, quantity: int | None) -> None:
    """All is known: from now on it costs that."""
    data = dialog.data
    act = partial(
        specials.start_flash,
        actor=turn.actor,
        offer_id=data["offer"],
        price=data["price"],
        minutes=data["minutes"],
        quantity=quantity,
        now=turn.now,
        anchor=turn.anchor,
    )
    outcome = await turn.decide(desks.conclude, dialog=dialog, act=act, now=turn.now)
    await _refuse(turn, outcome)


async def _list(turn: Turn, dialog: Dialog, message: Message) -> None:
    currency = turn.settings.currency
    wanted = read_steps(message.text or "", currency)
    if wanted is None:
        await turn.say("specials.steps_unclear", example=f"2 for {decimal(6600, currency)}", most=MOST_STEPS)
        return
    act = partial(specials.set_steps, actor=turn.actor, offer_id=dialog.data["offer"], wanted=wanted, now=turn.now)
    outcome = await turn.decide(desks.conclude, dialog=dialog, act=act, now=turn.now)
    await _refuse(turn, outcome)


async def _refuse(turn: Turn, outcome: object) -> None:
    """Say why it could not be done; the question is over then."""
    match outcome:
        case Dropped(why=NotCheaper(price=price)):
            shown = formats.money(price, turn.settings.currency, await turn.language())
            await turn.say("specials.not_cheaper", price=shown)
        case Dropped(why=OutOfTurn()):
            await turn.say("desk.out_of_turn")
        case Dropped() | Moved():
            await turn.say("host.question_over")
        case _:
            return


async def _own(turn: Turn, dialog_id: int, step: str) -> Dialog | None:
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or (dialog.kind, dialog.step) != (FLASH, step):
        return None
    return dialog


# -- Questions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question about an offer."""

    dialog: Dialog
    offer: Offer


def _load(tx: Tx, dialog: Dialog) -> Asked | None:
    offer = offers.view(tx, dialog.data["offer"])
    return None if offer is None else Asked(dialog=dialog, offer=offer)


def _ask_price(face: Face, asked: Asked) -> Rendered:
    offer = asked.offer
    text = face.t(
        "specials.ask_price",
        title=_title(face, offer),
        unit=formats.unit(offer.units, face.lang),
        price=face.money(offer.price),
    )
    return Rendered(text=text)


def _ask_minutes(face: Face, asked: Asked) -> Rendered:
    row = tuple(face.button("minutes", "flashmin", asked.dialog.id, length, minutes=length) for length in MINUTES)
    return Rendered(text=face.t("specials.ask_minutes"), rows=(row,))


def _ask_quantity(face: Face, asked: Asked) -> Rendered:
    offer = asked.offer
    left = face.t("desk.unlimited") if offer.free is None else formats.packs(offer.free, offer.units, face.lang)
    text = face.t("specials.ask_quantity", left=left, unit=formats.unit(offer.units, face.lang))
    return Rendered(text=text, rows=((face.button("all_of_them", "flashall", asked.dialog.id),),))


def _ask_list(face: Face, asked: Asked) -> Rendered:
    offer = asked.offer
    text = lines(
        [
            face.t("specials.ask_steps", title=_title(face, offer), example=f"2 for {decimal(6600, offer.currency)}"),
            *(_step_line(face, offer, step.quantity, step.price) for step in offer.steps),
        ]
    )
    return Rendered(text=text)


TAPS: Mapping[str, Tap] = {
    "specials": Tap(run=specials_tap, ints=1),
    "special": Tap(run=special_tap, ints=1),
    "flash": Tap(run=flash_tap, ints=1),
    "flashmin": Tap(run=minutes_tap, ints=2),
    "flashall": Tap(run=all_tap, ints=1),
    "flashstop": Tap(run=stop_tap, ints=1),
    "steps": Tap(run=steps_tap, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{FLASH}.price": Step(ask=_ask_price, answer=_price, load=_load),
    f"{FLASH}.minutes": Step(ask=_ask_minutes, answer=_minutes, load=_load),
    f"{FLASH}.quantity": Step(ask=_ask_quantity, answer=_quantity, load=_load),
    f"{BY_QUANTITY}.list": Step(ask=_ask_list, answer=_list, load=_load),
}
KINDS: Kinds = {
    "specials": Kind(load=_load_running, show=_specials),
    "specials_card": Kind(load=_load_offer, show=_card),
    "flash_over": Kind(load=_load_over, show=_over),
}
