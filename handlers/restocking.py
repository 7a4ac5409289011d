"""Quantity and price of what a stream sells, changed by its host while it sells.

Owns the dialog `lot`, one question each. What the messages say is in `lotcards`; `storage.lots` decides.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import assert_never

from telegram import Message

from handlers import lotcards
from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kinds, Rendered
from shop.lots import MOST_PACKS, read_lot, read_price
from shop.money import decimal
from shop.offers import Standing
from storage import desks, dialogs, lots
from storage.connection import Tx
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.lots import BelowTaken, Meanwhile, Refusal, Repriced, Same, Supplied, TooMany
from storage.people import NotAllowed, NotFound
from storage.store import Refused
from storage.streams import OutOfTurn

DIALOG = "lot"

_STALE = Toast("tap.stale")


async def listed(turn: Turn, stream_id: int, page: int) -> Toast | None:
    """`Stock` on the desk, and its further pages."""
    return None if await turn.show("lots", stream=stream_id, page=page) else _STALE


async def card(turn: Turn, offer_id: int) -> Toast | None:
    """One product of the stream."""
    return None if await turn.show("lot", offer=offer_id) else _STALE


async def claims(turn: Turn, offer_id: int, wanted: int, page: int) -> Toast | None:
    """Further pages of who stands in the way of a smaller quantity."""
    return None if await turn.show("lot_claims", offer=offer_id, wanted=wanted, page=page) else _STALE


# -- Asking -------------------------------------------------------------------------------------------------


async def ask_more(turn: Turn, offer_id: int) -> Toast | None:
    """`Restock`."""
    return await _ask(turn, offer_id, "restock")


async def ask_quantity(turn: Turn, offer_id: int) -> Toast | None:
    """`Quantity`."""
    return await _ask(turn, offer_id, "quantity")


async def ask_price(turn: Turn, offer_id: int) -> Toast | None:
    """`Price`."""
    return await _ask(turn, offer_id, "price")


async def _ask(turn: Turn, offer_id: int, step: str) -> Toast | None:
    """Ask for the value; what it is now goes into the dialog, so that nobody else's change is overwritten unseen."""
    lot = await turn.look(lots.view, offer_id, turn.actor)
    if lot is None:
        return _STALE
    if lot.offer.standing(turn.now) is Standing.CLOSED:
        await turn.show("lot", offer=offer_id)
        return Toast("lot.closed")
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind=DIALOG,
        step=step,
        data={
            "offer": offer_id,
            "stream": lot.offer.stream_id,
            "was": lot.offer.price if step == "price" else lot.offer.quantity,
        },
        now=turn.now,
        anchor=turn.anchor,
    )
    return None


def _load(tx: Tx, dialog: Dialog) -> lots.Lot | None:
    return lots.view(tx, dialog.data["offer"], dialog.person)


def _ask_more(face: Face, lot: lots.Lot) -> Rendered:
    now = lotcards.quantity(face, lot, lot.offer.quantity)
    return _question(face, lot, "lot.ask_more", now=now, free=lotcards.quantity(face, lot, lot.offer.free))


def _ask_quantity(face: Face, lot: lots.Lot) -> Rendered:
    now, taken = (lotcards.quantity(face, lot, packs) for packs in (lot.offer.quantity, lot.offer.taken))
    return _question(face, lot, "lot.ask_quantity", now=now, taken=taken)


def _ask_price(face: Face, lot: lots.Lot) -> Rendered:
    example = decimal(lot.offer.price, lot.offer.currency)
    return _question(face, lot, "lot.ask_price", now=face.money(lot.offer.price), example=example)


def _question(face: Face, lot: lots.Lot, key: str, **values: str) -> Rendered:
    return Rendered(text=lines([lotcards.title(face, lot), face.t(key, **values), face.t("host.can_leave")]))


# -- Deciding -----------------------------------------------------------------------------------------------


async def _more(turn: Turn, dialog: Dialog, message: Message) -> None:
    lot = read_lot((message.text or "").strip().removeprefix("+"))
    if lot is None or lot.packs is None:
        await turn.say("lot.more_unclear")
        return
    act = partial(
        lots.restock,
        actor=turn.actor,
        offer_id=dialog.data["offer"],
        more=lot.packs,
        now=turn.now,
        anchor=turn.anchor,
    )
    await _conclude(turn, dialog, act)


async def _quantity(turn: Turn, dialog: Dialog, message: Message) -> None:
    lot = read_lot(message.text or "", least=0)
    if lot is None:
        await turn.say("lot.quantity_unclear")
        return
    act = partial(
        lots.set_quantity,
        actor=turn.actor,
        offer_id=dialog.data["offer"],
        quantity=lot.packs,
        was=dialog.data["was"],
        now=turn.now,
        anchor=turn.anchor,
    )
    await _conclude(turn, dialog, act, wanted=lot.packs or 0)


async def _price(turn: Turn, dialog: Dialog, message: Message) -> None:
    currency = turn.settings.currency
    price = read_price(message.text or "", currency)
    if price is None:
        await turn.say("offering.price_unclear", example=decimal(3600, currency))
        return
    act = partial(
        lots.set_price,
        actor=turn.actor,
        offer_id=dialog.data["offer"],
        price=price,
        was=dialog.data["was"],
        now=turn.now,
        anchor=turn.anchor,
    )
    await _conclude(turn, dialog, act)


async def _conclude(
    turn: Turn, dialog: Dialog, act: Callable[[Tx], Supplied | Repriced | Refusal], wanted: int = 0
) -> None:
    """The question is over, whatever became of it; a refusal is told with the way on."""
    outcome = await turn.decide(desks.conclude, dialog=dialog, act=act, now=turn.now)
    if isinstance(outcome, Moved):
        await turn.say("host.question_over")
    elif (
        isinstance(outcome, Dropped)
        and (toast := await _refused(turn, dialog.data["offer"], outcome.why)) is not None
    ):
        await turn.say(toast.key, **{name: str(value) for name, value in (toast.values or {}).items()})


async def _refused(turn: Turn, offer_id: int, why: Refused) -> Toast | None:
    """What the offer is like now, and in a few words why it stayed so."""
    match why:
        case BelowTaken(wanted=wanted):
            await turn.show("lot_claims", offer=offer_id, wanted=wanted, page=0)
            return None
        case Meanwhile():
            await turn.show("lot", offer=offer_id)
            return Toast("lot.meanwhile")
        case Same():
            await turn.show("lot", offer=offer_id)
            return Toast("lot.same")
        case TooMany():
            await turn.show("lot", offer=offer_id)
            return Toast("lot.too_many", {"most": f"{MOST_PACKS:,}"})
        case OutOfTurn():
            await turn.show("lot", offer=offer_id)
            return Toast("lot.closed")
        case _:
            return _STALE


async def lower(turn: Turn, offer_id: int, least: int, was: int) -> Toast | None:
    """`Lower to N`, the least there can be; `was` is the quantity the host saw, -1 for unlimited."""
    if least < 0:
        return _STALE
    return await _decided(
        turn,
        offer_id,
        await turn.decide(
            lots.set_quantity,
            actor=turn.actor,
            offer_id=offer_id,
            quantity=least,
            was=None if was < 0 else was,
            now=turn.now,
            anchor=turn.anchor,
        ),
    )


async def undo(turn: Turn, offer_id: int, price: int, was: int) -> Toast | None:
    """`Undo` a new price, unless it has been changed since."""
    return await _decided(
        turn,
        offer_id,
        await turn.decide(
            lots.set_price,
            actor=turn.actor,
            offer_id=offer_id,
            price=price,
            was=was,
            now=turn.now,
            anchor=turn.anchor,
        ),
    )


async def _decided(turn: Turn, offer_id: int, outcome: Supplied | Repriced | Refusal) -> Toast | None:
    match outcome:
        case Supplied() | Repriced():
            return None
        case NotAllowed() | NotFound():
            return _STALE
        case BelowTaken() | Meanwhile() | Same() | TooMany() | OutOfTurn():
            return await _refused(turn, offer_id, outcome)
        case _:
            assert_never(outcome)


TAPS: Mapping[str, Tap] = {
    "lots": Tap(run=listed, ints=2),
    "lot": Tap(run=card, ints=1),
    "lotmore": Tap(run=ask_more, ints=1),
    "lotqty": Tap(run=ask_quantity, ints=1),
    "lotprice": Tap(run=ask_price, ints=1),
    "lotlow": Tap(run=lower, ints=3),
    "lotwho": Tap(run=claims, ints=3),
    "lotback": Tap(run=undo, ints=3),
}
STEPS: Mapping[str, Step] = {
    f"{DIALOG}.restock": Step(ask=_ask_more, answer=_more, load=_load),
    f"{DIALOG}.quantity": Step(ask=_ask_quantity, answer=_quantity, load=_load),
    f"{DIALOG}.price": Step(ask=_ask_price, answer=_price, load=_load),
}
KINDS: Kinds = lotcards.KINDS
