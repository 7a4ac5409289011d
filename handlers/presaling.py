"""Preparing a presale: the host's terms, the supplier's word, and opening it.

Owns the dialogs `presale` (a host's new quantity, price or days) and `presaledate` (the days a supplier proposes).
What the messages say is in `presalecards`; `storage.presales` and `storage.openings` decide.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, assert_never

from telegram import Message

from handlers import formats, presalecards, shipwindows
from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kinds, Rendered
from shop import windows
from shop.lots import MOST_PACKS, read_lot, read_price
from shop.money import decimal
from shop.windows import Ambiguous, Gone, TooWide, Unclear, Window
from storage import desks, dialogs, offers, openings, presales, products
from storage.connection import Tx
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.offers import AlreadyOffered
from storage.people import NotAllowed, NotFound
from storage.presales import (
    AlreadyDrafted,
    AskFirst,
    DatesGone,
    Drafted,
    Meanwhile,
    NobodyToAsk,
    NotSoldOut,
    Presale,
    Sent,
)
from storage.store import Refused
from storage.streams import OutOfTurn

TERMS, DATE = "presale", "presaledate"

_STALE = Toast("tap.stale")


# -- The draft ----------------------------------------------------------------------------------------------


async def new(turn: Turn, offer_id: int) -> Toast | None:
    """`Open presale`: one tap drafts it, with quantity, days and price filled in. Its card is a message of its own:
    the tapped one may be a card too, and goes on being brought up to date."""
    offer = await turn.look(offers.view, offer_id)
    product = None if offer is None else await turn.look(products.view, offer.product_id)
    if offer is None or product is None:
        return _STALE
    terms = turn.settings.presale
    window = windows.usual(
        turn.settings.zone,
        turn.now,
        after_ms=terms.after_ms,
        over_ms=terms.over_ms,
        lead_days=product.ships_within_days,
    )
    outcome = await turn.decide(presales.draft, actor=turn.actor, offer_id=offer_id, window=window, now=turn.now)
    match outcome:
        case Drafted():
            return None
        case AlreadyDrafted(presale_id=presale):
            await turn.show("presale_card", presale=presale)
            return Toast("presale.toast.already")
        case AlreadyOffered(offer_id=same):
            await turn.show("lot", offer=same)
            return Toast("presale.toast.already")
        case NotSoldOut():
            await turn.show("lot", offer=offer_id)
            return Toast("presale.toast.free_again")
        case OutOfTurn():
            return Toast("presale.toast.called_off", is_alert=True)
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(outcome)


async def card(turn: Turn, presale: int) -> Toast | None:
    """A presale, as its host sees it."""
    return None if await turn.show("presale_card", presale=presale) else _STALE


async def supplier_card(turn: Turn, presale: int) -> Toast | None:
    """The same, as its supplier sees it."""
    return None if await turn.show("presale_ask", presale=presale) else _STALE


# -- Deciding -----------------------------------------------------------------------------------------------

Outcome = (
    Drafted | Sent | openings.Opened | Meanwhile | DatesGone | NobodyToAsk | AskFirst | AlreadyOffered
    | NotAllowed | NotFound | OutOfTurn
)  # fmt: skip


async def ask(turn: Turn, presale: int, version: int) -> Toast | None:
    """`Ask the supplier`."""
    return await _decide(turn, presales.ask, presale, version)


async def open_for(turn: Turn, presale: int, version: int) -> Toast | None:
    """`Open in their name`."""
    return await _decide(turn, openings.open_for, presale, version)


async def accept(turn: Turn, presale: int, version: int) -> Toast | None:
    """`Accept this date`."""
    return await _decide(turn, openings.accept, presale, version)


async def drop(turn: Turn, presale: int, version: int) -> Toast | None:
    """`Discard`."""
    return await _decide(turn, presales.drop, presale, version)


async def agree(turn: Turn, presale: int, version: int) -> Toast | None:
    """`Agree`, by the supplier: one tap decides, and it is open."""
    return await _decide(turn, openings.agree, presale, version, is_supplier=True)


async def decline(turn: Turn, presale: int, version: int) -> Toast | None:
    """`Cannot supply`, by the supplier."""
    return await _decide(turn, openings.decline, presale, version, is_supplier=True)


async def _decide(
    turn: Turn, act: Callable[..., Outcome], presale: int, version: int, *, is_supplier: bool = False
) -> Toast | None:
    outcome = await turn.decide(
        act, actor=turn.actor, presale_id=presale, version=version, now=turn.now, anchor=turn.card_anchor
    )
    return await _ended(turn, outcome, presale, is_supplier)


async def _ended(turn: Turn, outcome: Outcome | Refused, presale: int, is_supplier: bool) -> Toast | None:
    """The card is the answer; where nothing came of it, as it stands, with the reason."""
    match outcome:
        case Drafted() | Sent() | openings.Opened():
            return None
        case Meanwhile():
            key = "presale.toast.meanwhile"
        case DatesGone():
            key = "presale.toast.dates_gone"
        case NobodyToAsk():
            key = "presale.toast.nobody"
        case AskFirst():
            key = "presale.toast.ask_first"
        case AlreadyOffered():
            key = "presale.toast.already"
        case OutOfTurn():
            key = "presale.toast.called_off"
        case _:
            return _STALE
    if is_supplier:
        await turn.show("presale_ask", presale=presale)
    else:
        await turn.show("presale_card", presale=presale)
    return Toast(key)


# -- Other terms, typed -------------------------------------------------------------------------------------


async def ask_quantity(turn: Turn, presale: int) -> Toast | None:
    """`Quantity`."""
    return await _begin(turn, presale, "quantity")


async def ask_price(turn: Turn, presale: int) -> Toast | None:
    """`Price`."""
    return await _begin(turn, presale, "price")


async def ask_window(turn: Turn, presale: int) -> Toast | None:
    """`Ships`."""
    return await _begin(turn, presale, "window")


async def _begin(turn: Turn, presale_id: int, step: str) -> Toast | None:
    """Ask for the value, below the card; the version goes into the dialog, so that nobody else's change is
    overwritten unseen."""
    view = await turn.look(presalecards.load, {"presale": presale_id}, turn.actor)
    if view is None:
        return _STALE
    presale = view.presale
    if not presale.status.is_prepared:
        await turn.show("presale_card", presale=presale_id)
        return Toast("presale.toast.meanwhile")
    data = {"presale": presale_id, "version": presale.version, "stream": presale.origin.stream_id}
    await turn.decide(dialogs.begin, actor=turn.actor, kind=TERMS, step=step, data=data, now=turn.now)
    return None


async def ask_date(turn: Turn, presale_id: int, version: int) -> Toast | None:
    """`Propose another date`, by the supplier."""
    outcome = await turn.look(openings.asked, turn.actor, presale_id, version)
    if not isinstance(outcome, Presale):
        return await _ended(turn, outcome, presale_id, True)
    data = {"presale": presale_id, "version": version, "supplier": outcome.origin.supplier_id}
    await turn.decide(dialogs.begin, actor=turn.actor, kind=DATE, step="window", data=data, now=turn.now)
    return None


def _load(tx: Tx, dialog: Dialog) -> Presale | None:
    return presales.view(tx, dialog.data["presale"])


def _ask_quantity(face: Face, presale: Presale) -> Rendered:
    packs = formats.packs(presale.quantity, presale.origin.units, face.lang)
    return _question(face, presale, "presale.ask_quantity", packs=packs)


def _ask_price(face: Face, presale: Presale) -> Rendered:
    example = decimal(presale.price, presale.origin.currency)
    return _question(face, presale, "presale.ask_price", price=face.money(presale.price), example=example)


def _ask_window(face: Face, presale: Presale) -> Rendered:
    return _question(face, presale, "presale.ask_window", **window_values(face, presale.window))


def window_values(face: Face, window: Window) -> dict[str, str]:
    """The days as they are, and how others could be typed."""
    return {"window": shipwindows.said(face, window), "example": example(face, window)}


def example(face: Face, window: Window) -> str:
    """Days in the reader's own way of writing them."""
    return formats.window(window.from_ms, window.until_ms, face.zone, face.lang, face.now)


def _question(face: Face, presale: Presale, key: str, **values: str) -> Rendered:
    origin = presale.origin
    title = face.t(
        "presale.title", code=origin.code, name=formats.name(origin.names, face.lang), supplier=origin.supplier_name
    )
    return Rendered(text=lines([title, face.t(key, **values), face.t("host.can_leave")]))


async def _quantity(turn: Turn, dialog: Dialog, message: Message) -> None:
    lot = read_lot(message.text or "")
    if lot is None or lot.packs is None:
        await turn.say("presale.quantity_unclear", most=f"{MOST_PACKS:,}")
        return
    await _conclude(turn, dialog, quantity=lot.packs)


async def _price(turn: Turn, dialog: Dialog, message: Message) -> None:
    currency = turn.settings.currency
    price = read_price(message.text or "", currency)
    if price is None:
        await turn.say("offering.price_unclear", example=decimal(3600, currency))
        return
    await _conclude(turn, dialog, price=price)


async def _window(turn: Turn, dialog: Dialog, message: Message) -> None:
    window = await read_days(turn, message)
    if window is not None:
        await _conclude(turn, dialog, window=window)


async def read_days(turn: Turn, message: Message) -> Window | None:
    """The days somebody typed, meant as they were when they were sent; None once they were told what is wrong."""
    said_at = min(turn.now, round(message.date.timestamp() * 1000))
    found = windows.read_window(message.text or "", turn.settings.zone, said_at)
    match found:
        case Window():
            return found
        case Gone():
            await turn.say("window.gone")
        case TooWide():
            await turn.say("window.too_wide")
        case Ambiguous(one=one, other=other):
            language, zone = await turn.language(), turn.settings.zone
            said = [formats.window(each.from_ms, each.until_ms, zone, language, turn.now) for each in (one, other)]
            await turn.say("window.ambiguous", one=said[0], other=said[1])
        case Unclear():
            await turn.say("window.unclear", text=(message.text or "")[:40])
        case _:
            assert_never(found)
    return None


async def _conclude(turn: Turn, dialog: Dialog, **terms: Any) -> None:
    act = partial(
        presales.change,
        actor=turn.actor,
        presale_id=dialog.data["presale"],
        version=dialog.data["version"],
        now=turn.now,
        anchor=_below(turn),
        **terms,
    )
    await _settled(turn, dialog, act, is_supplier=False)


async def _propose(turn: Turn, dialog: Dialog, message: Message) -> None:
    window = await read_days(turn, message)
    if window is None:
        return
    act = partial(
        openings.propose,
        actor=turn.actor,
        presale_id=dialog.data["presale"],
        version=dialog.data["version"],
        window=window,
        now=turn.now,
        anchor=_below(turn),
    )
    await _settled(turn, dialog, act, is_supplier=True)


def _below(turn: Turn) -> int | None:
    """The card stands above what was typed: named as the anchor, that makes the courier send it anew."""
    return None if turn.message is None else turn.message.message_id


async def _settled(turn: Turn, dialog: Dialog, act: Callable[[Tx], Outcome], *, is_supplier: bool) -> None:
    outcome = await turn.decide(desks.conclude, dialog=dialog, act=act, now=turn.now)
    if isinstance(outcome, Moved):
        await turn.say("host.question_over")
    elif isinstance(outcome, Dropped):
        toast = await _ended(turn, outcome.why, dialog.data["presale"], is_supplier)
        if toast is not None:
            await turn.say(toast.key)


TAPS: Mapping[str, Tap] = {
    "psnew": Tap(run=new, ints=1),
    "ps": Tap(run=card, ints=1),
    "psa": Tap(run=supplier_card, ints=1),
    "psask": Tap(run=ask, ints=2),
    "psopen": Tap(run=open_for, ints=2),
    "psok": Tap(run=accept, ints=2),
    "psdrop": Tap(run=drop, ints=2),
    "psyes": Tap(run=agree, ints=2),
    "psno": Tap(run=decline, ints=2),
    "psother": Tap(run=ask_date, ints=2),
    "psqty": Tap(run=ask_quantity, ints=1),
    "psprice": Tap(run=ask_price, ints=1),
    "pswhen": Tap(run=ask_window, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{TERMS}.quantity": Step(load=_load, ask=_ask_quantity, answer=_quantity),
    f"{TERMS}.price": Step(load=_load, ask=_ask_price, answer=_price),
    f"{TERMS}.window": Step(load=_load, ask=_ask_window, answer=_window),
    f"{DATE}.window": Step(load=_load, ask=_ask_window, answer=_propose),
}
KINDS: Kinds = presalecards.KINDS
