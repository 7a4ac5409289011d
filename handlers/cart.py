"""The cart: putting goods in, changing and removing them, and ordering what is in it.

Owns what is typed and tapped about a cart. How it reads is in `cartcards`; what follows on `Check out` is in
`checkout`.
"""

from collections.abc import Mapping
from typing import assert_never

from handlers import cartcards, refusing
from handlers.routing import CommandHandler, Step, Tap
from handlers.turns import Toast, Turn
from handlers.wording import Kinds
from storage import carts, checkouts
from storage.carts import CartFull, InCart, NoMore
from storage.checkouts import FIRST, SUMMARY, NotInOrder
from storage.dialogs import Dialog
from storage.people import NotFound


async def cart_command(turn: Turn, _argument: str) -> None:
    """/cart."""
    await turn.decide(carts.show, actor=turn.actor, now=turn.now)


async def cart_tap(turn: Turn, line: int = 0) -> None:
    """`My cart`, and its pages."""
    await turn.decide(carts.show, actor=turn.actor, now=turn.now, anchor=turn.anchor, line=max(0, line))


async def add_tap(turn: Turn, offer: int, quantity: int, price: int) -> Toast | None:
    """`Add to cart` on an offer card, at the price it showed."""
    outcome = await turn.decide(
        carts.add,
        actor=turn.actor,
        offer_id=offer,
        quantity=quantity,
        price=price,
        now=turn.now,
        anchor=turn.anchor,
    )
    match outcome:
        case InCart():
            return Toast("cart.toast_added")
        case CartFull(most=most):
            await _again(turn)
            return Toast("cart.toast_full", {"most": most}, is_alert=True)
        case NoMore():
            return await _no_more(turn, outcome)
        case _:
            return await refusing.answer(turn, outcome)


async def quantity_tap(turn: Turn, offer: int, quantity: int) -> Toast | None:
    """`−`, `+` and `Take 2`."""
    if quantity < 1:
        return Toast("cart.toast_least")
    outcome = await turn.decide(
        carts.set_quantity, actor=turn.actor, offer_id=offer, quantity=quantity, now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case InCart():
            return None
        case NoMore():
            return await _no_more(turn, outcome)
        case _:
            return await _changed(turn)


async def price_tap(turn: Turn, offer: int, price: int) -> Toast | None:
    """`Accept ¥39.00`."""
    outcome = await turn.decide(
        carts.accept_price, actor=turn.actor, offer_id=offer, price=price, now=turn.now, anchor=turn.anchor
    )
    return None if isinstance(outcome, InCart) else await _changed(turn)


async def remove_tap(turn: Turn, offer: int) -> Toast | None:
    """`Remove`."""
    outcome = await turn.decide(carts.remove, actor=turn.actor, offer_id=offer, now=turn.now, anchor=turn.anchor)
    return None if isinstance(outcome, InCart) else await _changed(turn)


async def clear_tap(turn: Turn) -> None:
    """`Empty the cart`."""
    await turn.decide(carts.clear, actor=turn.actor, now=turn.now, anchor=turn.anchor)


async def checkout_tap(turn: Turn, stream: int) -> Toast | None:
    """`Check out`: every line of the stream."""
    return await _check_out(turn, stream, rest=False)


async def rest_tap(turn: Turn, stream: int) -> Toast | None:
    """`Order the rest`: those lines that are in order; the others stay in the cart."""
    return await _check_out(turn, stream, rest=True)


async def _check_out(turn: Turn, stream: int, *, rest: bool) -> Toast | None:
    outcome = await turn.decide(
        checkouts.begin_cart,
        actor=turn.actor,
        stream_id=stream,
        first_step=FIRST,
        summary_step=SUMMARY,
        rest=rest,
        now=turn.now,
        anchor=turn.anchor,
    )
    match outcome:
        case Dialog():
            return None
        case NotInOrder():
            await turn.show("cart", at=turn.now, line=0, note="cart.not_in_order")
            return Toast("cart.toast_changed")
        case NotFound():
            return await _changed(turn)
        case _:
            assert_never(outcome)


async def _again(turn: Turn) -> None:
    await turn.show("cart", at=turn.now, line=0)


async def _no_more(turn: Turn, refusal: NoMore) -> Toast:
    """The cart as it stands, with what can be had of the offer."""
    await _again(turn)
    values: dict[str, object] = {"possible": refusal.possible, "carted": refusal.carted}
    return Toast("cart.toast_no_more", values, is_alert=True)


async def _changed(turn: Turn) -> Toast:
    """The button stood on a cart of before: the one of now is shown."""
    await _again(turn)
    return Toast("cart.toast_changed")


COMMANDS: Mapping[str, CommandHandler] = {"cart": cart_command}
TAPS: Mapping[str, Tap] = {
    "cart": Tap(run=cart_tap),
    "cartp": Tap(run=cart_tap, ints=1),
    "tocart": Tap(run=add_tap, ints=3),
    "cartq": Tap(run=quantity_tap, ints=2),
    "cartprice": Tap(run=price_tap, ints=2),
    "cartdel": Tap(run=remove_tap, ints=1),
    "cartclear": Tap(run=clear_tap),
    "checkout": Tap(run=checkout_tap, ints=1),
    "rest": Tap(run=rest_tap, ints=1),
}
STEPS: Mapping[str, Step] = {}
KINDS: Kinds = cartcards.KINDS
