"""A presale that ships later: the supplier or a host moves it, every buyer says `Keep` or `Refund`.

Owns the dialog `delay`: the days are typed, then shown with how many will be asked; one tap tells them. What the
messages say is in `delaycards`; `storage.delays` and `storage.choices` decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from telegram import Message

from handlers import delaycards, formats, shipwindows
from handlers.presaling import read_days, window_values
from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kinds, Rendered
from shop.offers import Availability
from shop.windows import Window
from storage import choices, delays, desks, dialogs, offers
from storage.choices import Chosen, Settled, UnderReview
from storage.connection import Tx
from storage.delays import Choice, Moved, MovedMeanwhile, NotLater, Over
from storage.desks import Dropped
from storage.dialogs import Dialog
from storage.offers import Offer
from storage.people import NotFound
from storage.store import Refused

DELAY = "delay"

_STALE = Toast("tap.stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """The presale that is being moved; `window` is what was typed, None while it is asked for."""

    dialog: Dialog
    offer: Offer
    window: Window | None


# -- Moving -------------------------------------------------------------------------------------------------


def _movable(tx: Tx, offer_id: int, actor: int) -> Offer | None:
    offer = offers.view(tx, offer_id)
    if offer is None or offer.availability is not Availability.PRESALE or offer.ships_until is None:
        return None
    return offer if delays.may_move(tx, actor, offer) else None


async def ask_window(turn: Turn, offer_id: int) -> Toast | None:
    """`Move the date`; asked below the card."""
    offer = await turn.look(_movable, offer_id, turn.actor)
    if offer is None:
        return _STALE
    data = {"offer": offer_id, "was": offer.ships_until, "supplier": offer.supplier_id, "host": True}
    await turn.decide(dialogs.begin, actor=turn.actor, kind=DELAY, step="window", data=data, now=turn.now)
    return None


def _load(tx: Tx, dialog: Dialog) -> Moving | None:
    offer = _movable(tx, dialog.data["offer"], dialog.person)
    if offer is None:
        return None
    typed = dialog.data.get("window")
    return Moving(dialog=dialog, offer=offer, window=None if typed is None else Window(*typed))


def _ask_window(face: Face, view: Moving) -> Rendered:
    now_is = shipwindows.window_of(view.offer)
    name = formats.name(view.offer.names, face.lang)
    values = {} if now_is is None else window_values(face, now_is)
    text = lines(
        [
            face.t("delay.ask_window", code=view.offer.code, name=name, **values),
            face.t("host.can_leave"),
        ]
    )
    return Rendered(text=text)


def _ask_sure(face: Face, view: Moving) -> Rendered:
    """The days as they were understood, and what the tap does."""
    window = view.window
    said = "—" if window is None else shipwindows.said(face, window)
    name = formats.name(view.offer.names, face.lang)
    text = lines(
        [
            face.t("delay.title", code=view.offer.code, name=name, window=said),
            face.t("delay.will_ask", packs=formats.packs(view.offer.taken, view.offer.units, face.lang)),
        ]
    )
    rows = (
        (face.button("tell_buyers", "dlgo", view.dialog.id),),
        (face.button("ship_window", "psmove", view.offer.id),),
    )
    return Rendered(text=text, rows=rows)


async def _window(turn: Turn, dialog: Dialog, message: Message) -> None:
    window = await read_days(turn, message)
    if window is None:
        return
    if window.until_ms <= dialog.data["was"]:
        await turn.say("delay.not_later")
        return
    data = {**dialog.data, "window": [window.from_ms, window.until_ms]}
    outcome = await turn.decide(dialogs.advance, dialog=dialog, step="sure", data=data, now=turn.now)
    if isinstance(outcome, dialogs.Moved):
        await turn.say("host.question_over")


async def go(turn: Turn, dialog_id: int) -> Toast | None:
    """`Tell the buyers`: one tap decides."""
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or dialog.kind != DELAY or dialog.step != "sure":
        return _STALE
    act = partial(
        delays.move,
        actor=turn.actor,
        offer_id=dialog.data["offer"],
        window=Window(*dialog.data["window"]),
        was_until=dialog.data["was"],
        now=turn.now,
        anchor=turn.anchor,
    )
    match await turn.decide(desks.conclude, dialog=dialog, act=act, now=turn.now):
        case Moved():
            return None
        case Dropped(why=why):
            return _refused(why)
        case _:
            return _STALE


def _refused(why: Refused) -> Toast:
    match why:
        case NotLater():
            return Toast("delay.not_later", is_alert=True)
        case MovedMeanwhile():
            return Toast("delay.moved_meanwhile", is_alert=True)
        case Over():
            return Toast("window.gone", is_alert=True)
        case _:
            return _STALE


async def progress(turn: Turn, delay: int) -> Toast | None:
    """`Answers`: how the buyers have chosen so far."""
    return None if await turn.show("delay_card", delay=delay) else _STALE


# -- Choosing -----------------------------------------------------------------------------------------------


async def keep(turn: Turn, delay: int, order: int) -> Toast | None:
    """`Keep`: one tap decides."""
    return await _choose(turn, delay, order, Choice.KEEP)


async def refund(turn: Turn, delay: int, order: int) -> Toast | None:
    """`Refund`: one tap decides."""
    return await _choose(turn, delay, order, Choice.REFUND)


async def _choose(turn: Turn, delay: int, order: int, choice: Choice) -> Toast | None:
    outcome = await turn.decide(
        choices.choose,
        actor=turn.actor,
        delay_id=delay,
        order_id=order,
        choice=choice,
        now=turn.now,
        anchor=turn.anchor,
    )
    match outcome:
        case Chosen():
            return None
        case Settled():
            await turn.show("delay_ask", delay=delay, order=order)
            return Toast("delay.toast.settled")
        case UnderReview():
            return Toast("delay.toast.under_review", is_alert=True)
        case NotFound():
            return _STALE
        case _:
            assert_never(outcome)


async def _on_card(turn: Turn, _dialog: Dialog, _message: Message) -> None:
    await turn.say("delay.tap_first")


TAPS: Mapping[str, Tap] = {
    "psmove": Tap(run=ask_window, ints=1),
    "dlgo": Tap(run=go, ints=1),
    "dl": Tap(run=progress, ints=1),
    "dlkeep": Tap(run=keep, ints=2),
    "dlback": Tap(run=refund, ints=2),
}
STEPS: Mapping[str, Step] = {
    f"{DELAY}.window": Step(load=_load, ask=_ask_window, answer=_window),
    f"{DELAY}.sure": Step(load=_load, ask=_ask_sure, answer=_on_card),
}
KINDS: Kinds = delaycards.KINDS
