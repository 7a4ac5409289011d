"""`/delivery`: what each supplier takes for its parcels, set by hosts in the chat and undone with one tap.

Owns the dialog `tariff`. How an address is found to be in a region is a rule of `shop/delivery`; places where goods
are picked up are in `pickingup`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from telegram import Message

from handlers import formats
from handlers.buttons import encode
from handlers.routing import CommandHandler, Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered
from shop import tariffs as typed
from shop.delivery import Region, Tariff
from shop.money import decimal
from shop.tariffs import MOST_NAMES, MOST_REGIONS, Part, Unclear
from storage import desks, dialogs, pickups, roles, suppliers, tariffs
from storage.changes import AlreadyUndone, Changed, ChangedSince, Same, Undone
from storage.connection import Tx
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.suppliers import Supplier
from storage.tariffs import Change

TARIFF = "tariff"
PAGE = 10
MOST_TOLD = 20  # regions of a card; a question tells all, to be copied and changed

_STALE = Toast("tap.stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A supplier, what it takes, and how many places it has for picking up."""

    supplier: Supplier
    tariff: Tariff
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of suppliers; `points` are the stall's own."""

    terms: tuple[Terms, ...]
    number: int
    pages: int
    points: int


async def delivery_command(turn: Turn, _argument: str) -> None:
    """/delivery."""
    if not await turn.show("delivery", page=0):
        await turn.say("host.only")


async def page(turn: Turn, number: int) -> Toast | None:
    """Another page, or back to it."""
    return None if await turn.show("delivery", page=number) else _STALE


async def card(turn: Turn, supplier: int) -> Toast | None:
    """One supplier."""
    return None if await turn.show("tariff", supplier=supplier) else _STALE


def _terms(tx: Tx, supplier_id: int) -> Terms | None:
    supplier = suppliers.view(tx, supplier_id)
    if supplier is None:
        return None
    return Terms(supplier=supplier, tariff=tariffs.of(tx, supplier_id), points=len(pickups.of(tx, supplier_id)))


def _load_list(tx: Tx, params: Params, chat: int) -> Listed | None:
    if not roles.has_role(tx, chat, Role.HOST):
        return None
    every = suppliers.every(tx)
    pages = max(1, -(-len(every) // PAGE))
    number = min(max(0, int(params["page"] or 0)), pages - 1)
    found = (_terms(tx, supplier) for supplier in every[number * PAGE : (number + 1) * PAGE])
    return Listed(
        terms=tuple(each for each in found if each is not None),
        number=number,
        pages=pages,
        points=len(pickups.of(tx, None)),
    )


def _list(face: Face, view: Listed) -> Rendered:
    told = [
        face.t("delivery.entry", supplier=each.supplier.name, terms=short(face, each.tariff)) for each in view.terms
    ]
    rows: list[tuple[Button, ...]] = [
        (Button(label=each.supplier.name, data=encode("tariff", each.supplier.id)),) for each in view.terms
    ]
    turning = []
    if view.number > 0:
        turning.append(face.button("page_before", "delivery", view.number - 1))
    if view.number < view.pages - 1:
        turning.append(face.button("page_after", "delivery", view.number + 1))
    if turning:
        rows.append(tuple(turning))
    rows.append((_points_button(face, 0, view.points),))
    head = face.t("delivery.head") if told else face.t("delivery.none")
    return Rendered(text=lines([head, *told]), rows=tuple(rows))


def _points_button(face: Face, supplier: int, count: int) -> Button:
    return face.button("pickup_points", "points", supplier, count=formats.number(count, face.lang))


def short(face: Face, tariff: Tariff) -> Html:
    """A tariff on one line."""
    parts = [_fee(face, tariff.fee)]
    if tariff.free_from is not None:
        parts.append(face.t("delivery.short_free_from", amount=face.money(tariff.free_from)))
    if charged := typed.charged(tariff):
        parts.append(face.t.n("delivery.short_regions", len(charged)))
    if refused := typed.refused(tariff):
        parts.append(face.t.n("delivery.short_not_to", len(refused)))
    return Html(" · ".join(parts))


def _fee(face: Face, amount: int) -> Html:
    return face.t("delivery.fee", amount=face.money(amount)) if amount else face.t("delivery.no_fee")


def _load_card(tx: Tx, params: Params, chat: int) -> Terms | None:
    return _terms(tx, int(params["supplier"] or 0)) if roles.has_role(tx, chat, Role.HOST) else None


def _card(face: Face, view: Terms) -> Rendered:
    id_ = view.supplier.id
    rows = (
        (face.button("fee", "tedit", id_, Part.FEE), face.button("free_from", "tedit", id_, Part.FREE_FROM)),
        (face.button("regions", "tedit", id_, Part.REGIONS), face.button("not_to", "tedit", id_, Part.NOT_TO)),
        (_points_button(face, id_, view.points),),
        (face.button("back", "delivery", 0),),
    )
    return Rendered(text=lines([_title(face, view.supplier), *_whole(face, view.tariff)]), rows=rows)


def _title(face: Face, supplier: Supplier) -> Html:
    return face.t("delivery.title", supplier=supplier.name)


def _whole(face: Face, tariff: Tariff) -> list[Html]:
    """A tariff in full: fee, free from, regions, where nothing goes."""
    found = [face.t("delivery.told_fee", fee=_fee(face, tariff.fee))]
    if tariff.free_from is None:
        found.append(face.t("delivery.told_never_free"))
    else:
        found.append(face.t("delivery.told_free_from", amount=face.money(tariff.free_from)))
    regions = typed.charged(tariff)
    found += [
        face.t("delivery.told_region", names=_names(region), fee=_fee(face, region.fee or 0))
        for region in regions[:MOST_TOLD]
    ]
    if len(regions) > MOST_TOLD:
        found.append(face.t("delivery.told_more", count=formats.number(len(regions) - MOST_TOLD, face.lang)))
    if refused := typed.refused(tariff):
        named = "; ".join(_names(region) for region in refused[:MOST_TOLD])
        found.append(face.t("delivery.told_not_to", names=named + ("; …" if len(refused) > MOST_TOLD else "")))
    return found


def _names(region: Region) -> str:
    return ", ".join(region.names)


# -- Changing -----------------------------------------------------------------------------------------------


async def edit(turn: Turn, supplier: int, part: str) -> Toast | None:
    """`Fee`, `Free from`, `Regions`, `Not delivered to`: ask for it."""
    is_host = await turn.look(roles.has_role, turn.actor, Role.HOST)
    if part not in set(Part) or not is_host or await turn.look(suppliers.view, supplier) is None:
        return _STALE
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind=TARIFF,
        step=part,
        data={"supplier": supplier},
        now=turn.now,
        anchor=turn.anchor,
    )
    return None


def _load_asked(tx: Tx, dialog: Dialog) -> Terms | None:
    return _terms(tx, int(dialog.data["supplier"]))


def _ask(part: Part, face: Face, view: Terms) -> Rendered:
    currency, tariff = face.settings.currency, view.tariff
    small, large = decimal(800, currency), decimal(9900, currency)
    match part:
        case Part.FEE:
            now, values = _fee(face, tariff.fee), {"example": small}
        case Part.FREE_FROM:
            free = tariff.free_from
            now = face.t("delivery.never") if free is None else Html(face.money(free))
            values = {"example": large}
        case Part.REGIONS:
            now, values = _listed(face, typed.charged(tariff)), {"example": small}
        case Part.NOT_TO:
            now, values = _listed(face, typed.refused(tariff)), {}
        case _:
            assert_never(part)
    head = [_title(face, view.supplier), face.t("delivery.now", value=now)]
    ask = face.t(f"delivery.ask_{part.value}", **values)
    return Rendered(text=lines([*head, ask, face.t("host.can_leave")]))


def _listed(face: Face, regions: Iterable[Region]) -> Html:
    """As they could be typed again."""
    told = []
    for region in regions:
        fee = "" if region.fee is None else f" = {decimal(region.fee, face.settings.currency)}"
        told.append(f"{_names(region)}{fee}")
    return lines(["", *told]) if told else face.t("delivery.nowhere")


async def _answer(part: Part, turn: Turn, dialog: Dialog, message: Message) -> None:
    supplier = int(dialog.data["supplier"])
    known = await turn.look(tariffs.of, supplier)
    currency = turn.settings.currency
    read = typed.read(part, message.text or "", known, currency)
    if isinstance(read, Unclear):
        example = decimal(9900 if part is Part.FREE_FROM else 800, currency)
        await turn.say(
            f"delivery.bad_{part.value}",
            text=read.text.strip()[:60],
            example=example,
            most=MOST_REGIONS,
            names=MOST_NAMES,
        )
        return
    # A second host may have set another part meanwhile: the part that was asked about is put into what stands then.
    act = partial(_set, actor=turn.actor, supplier=supplier, part=part, text=message.text or "",
                  currency=currency, now=turn.now)  # fmt: skip
    match await turn.decide(desks.conclude, dialog=dialog, act=act, now=turn.now):
        case Moved() | Dropped(why=NotFound()):
            await turn.say("host.question_over")
        case Dropped(why=Same()):
            await turn.say("change.same")
        case Dropped():
            await turn.say("host.only")


def _set(
    tx: Tx, *, actor: int, supplier: int, part: Part, text: str, currency: str, now: int
) -> Changed | Same | NotAllowed | NotFound:
    read = typed.read(part, text, tariffs.of(tx, supplier), currency)
    if isinstance(read, Unclear):  # another host's list has grown in this very moment
        return Same()
    return tariffs.change(tx, actor=actor, supplier_id=supplier, tariff=read, now=now)


async def undo(turn: Turn, change_id: int) -> Toast | None:
    """`Undo`."""
    outcome = await turn.decide(
        tariffs.undo, actor=turn.actor, change_id=change_id, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case Undone():
            return None
        case AlreadyUndone():
            return Toast("change.already_undone")
        case ChangedSince():
            return Toast("delivery.changed_since", is_alert=True)
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change and whose tariff it is."""

    change: Change
    supplier: Supplier


def _load_change(tx: Tx, params: Params, chat: int) -> Told | None:
    change = tariffs.view(tx, int(params["change"] or 0))
    supplier = None if change is None else suppliers.view(tx, change.supplier_id)
    if change is None or supplier is None or not roles.has_role(tx, chat, Role.HOST):
        return None
    return Told(change=change, supplier=supplier)


def _changed(face: Face, told: Told) -> Rendered:
    change = told.change
    is_now = change.before if change.is_undone else change.after
    see = face.button("see_delivery", "tariff", told.supplier.id)
    text = lines(
        [
            _title(face, told.supplier),
            face.t("change.undone") if change.is_undone else None,
            *_whole(face, is_now),
            face.t("delivery.orders_stay"),
        ]
    )
    return Rendered(text=text, rows=((see,) if change.is_undone else (face.button("undo", "tundo", change.id), see),))


COMMANDS: Mapping[str, CommandHandler] = {"delivery": delivery_command}
TAPS: Mapping[str, Tap] = {
    "delivery": Tap(run=page, ints=1),
    "tariff": Tap(run=card, ints=1),
    "tedit": Tap(run=edit, ints=1, words=1),
    "tundo": Tap(run=undo, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{TARIFF}.{part.value}": Step(load=_load_asked, ask=partial(_ask, part), answer=partial(_answer, part))
    for part in Part
}
KINDS: Kinds = {
    "delivery": Kind(load=_load_list, show=_list),
    "tariff": Kind(load=_load_card, show=_card),
    "tariff_changed": Kind(load=_load_change, show=_changed),
}
