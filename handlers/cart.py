"""The cart: what somebody means to order, with everything that is no longer as it was shown, and the way to order it.

Owns the cart's message and its buttons. Whether a line can be had is decided by `storage.quotes`; what follows on
`Check out` is in `checkout`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from handlers import formats, refusing
from handlers.checkout import FIRST, SUMMARY
from handlers.routing import CommandHandler, Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.offers import Standing
from storage import carts, checkouts, offers
from storage.carts import Cart, CartFull, CartLine, InCart, NoMore
from storage.checkouts import NotInOrder
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.offers import Offer
from storage.outbox import Params
from storage.people import NotFound
from storage.quotes import LimitReached, NotOpen, PriceChanged, Quote, SoldOut

PAGE = 8  # lines: Telegram takes 100 buttons a message, and a thumb fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class CartView:
    """A page of a cart, what each of its streams' lines come to, what has just left it, and a word on top."""

    cart: Cart
    page: int
    totals: Mapping[int, Quote | None]
    gone: tuple[Offer, ...]
    note: str | None

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.cart.lines) // PAGE))

    @property
    def lines(self) -> tuple[CartLine, ...]:
        return self.cart.lines[self.page * PAGE : (self.page + 1) * PAGE]

    @property
    def streams(self) -> tuple[int, ...]:
        """Of this page."""
        return Cart(lines=self.lines).streams


def _load(tx: Tx, params: Params, chat: int) -> CartView:
    """`at` is the moment of asking, `line` the place of the line to show, `gone` the offers that have left. With a
    `note`, the first line that is not in order is shown."""
    at = int(params["at"] or 0)
    cart = carts.view(tx, chat, at)
    note = params.get("note")
    line = int(params["line"] or 0)
    if note is not None:
        line = next((place for place, one in enumerate(cart.lines) if not one.is_in_order), line)
    page = max(0, min(line, len(cart.lines) - 1)) // PAGE
    shown = Cart(lines=cart.lines[page * PAGE : (page + 1) * PAGE])
    gone = [offers.view(tx, int(id_)) for id_ in str(params.get("gone") or "").split(",") if id_]
    return CartView(
        cart=cart,
        page=page,
        totals={stream: carts.quote(tx, cart, stream, chat, at) for stream in shown.streams},
        gone=tuple(offer for offer in gone if offer is not None),
        note=None if note is None else str(note),
    )


def _show(face: Face, view: CartView) -> Rendered:
    head = [_gone(face, view.gone), face.t(view.note) if view.note else None]
    if not view.cart.lines:
        rows = ((face.button("shop", "shop"), face.button("streams", "streams")),)
        return Rendered(text=lines([*head, face.t("cart.empty")]), rows=rows)
    page = face.t("cart.page", page=view.page + 1, pages=view.pages) if view.pages > 1 else None
    text = lines(
        [
            *head,
            face.t("cart.title"),
            *(part for stream in view.streams for part in _of_stream(face, view, stream)),
            page,
            face.t("cart.holds_nothing"),
        ]
    )
    return Rendered(text=text, rows=tuple(_rows(face, view)))


def _gone(face: Face, gone: tuple[Offer, ...]) -> Html | None:
    """What left the cart because its stream is over."""
    if not gone:
        return None
    names = face.t("list.separator").join(formats.name(offer.names, face.lang) for offer in gone)
    return face.t("cart.gone", names=names)


def _of_stream(face: Face, view: CartView, stream: int) -> Iterator[Html]:
    """The page's lines of a stream under its title (if there are others), and what can be ordered of it."""
    found = [line for line in view.lines if line.offer.stream_id == stream]
    if len(view.cart.streams) > 1:
        yield face.t("shop.stream", title=found[0].offer.stream_title)
    for line in found:
        yield _line(face, line)
        yield from (face.t("cart.trouble", what=what) for what in _troubles(face, line))
    total = view.totals[stream]
    if total is not None:
        is_all = len(total.lines) == len(view.cart.of(stream))
        yield face.t("checkout.total" if is_all else "cart.rest_total", total=face.money(total.sums.total))


def _line(face: Face, line: CartLine) -> Html:
    wish, offer = line.wish, line.offer
    return face.t(
        "cart.line",
        code=offer.code,
        name=formats.name(offer.names, face.lang),
        packs=formats.packs(wish.quantity, offer.units, face.lang),
        price=face.money(wish.price),
        amount=face.money(wish.quantity * wish.price),
    )


def _troubles(face: Face, line: CartLine) -> Iterator[Html]:
    """Everything that is not as it was shown."""
    offer = line.offer
    match line.refusal:
        case None | PriceChanged():
            pass
        case SoldOut(free=0):
            yield face.t("cart.sold_out")
        case SoldOut(free=free):
            yield face.t("cart.fewer_left", packs=formats.packs(free, offer.units, face.lang))
        case LimitReached(limit=limit, already=already):
            yield face.t("cart.limit_reached", limit=limit, already=already)
        case NotOpen() if offer.standing(face.now) is Standing.NOT_YET:
            yield face.t("cart.not_yet")
        case NotOpen() | NotFound():
            yield face.t("cart.closed")
        case _:
            assert_never(line.refusal)
    if line.is_repriced:
        yield face.t("cart.repriced", old=face.money(line.wish.price), new=face.money(offer.price))


def _rows(face: Face, view: CartView) -> Iterator[tuple[Button, ...]]:
    for line in view.lines:
        yield from _line_rows(face, line)
    yield from _page_row(face, view)
    for stream in view.streams:
        if (button := _order_button(face, view, stream)) is not None:
            yield (button,)
    streams = view.cart.streams
    more = face.button("products", "offers", streams[0]) if len(streams) == 1 else face.button("shop", "shop")
    yield (more, face.button("empty_cart", "cartclear"))


def _line_rows(face: Face, line: CartLine) -> Rows:
    """`−`, the quantity, `+`; and what puts a line in order again."""
    offer, quantity = line.offer, line.wish.quantity
    counting: tuple[Button, ...] = ()
    if line.refusal is None:
        counting = (
            face.button("fewer", "cartq", offer.id, quantity - 1),
            face.button("cart_line", "offer", offer.id, quantity, quantity=quantity, code=offer.code),
            face.button("more", "cartq", offer.id, quantity + 1),
        )
    mending: list[Button] = []
    if isinstance(line.refusal, SoldOut | LimitReached) and line.possible:
        packs = formats.packs(line.possible, offer.units, face.lang)
        mending.append(face.button("take", "cartq", offer.id, line.possible, packs=packs))
    if line.is_repriced:
        price = face.money(offer.price)
        mending.append(face.button("accept_price", "cartprice", offer.id, offer.price, price=price))
    mending.append(face.button("remove", "cartdel", offer.id, code=offer.code))
    if len(mending) == 1:
        return ((*counting, *mending),)
    return (counting, tuple(mending)) if counting else (tuple(mending),)


def _page_row(face: Face, view: CartView) -> Rows:
    row: list[Button] = []
    if view.page > 0:
        row.append(face.button("page_before", "cartp", (view.page - 1) * PAGE))
    if view.page + 1 < view.pages:
        row.append(face.button("page_after", "cartp", (view.page + 1) * PAGE))
    return (tuple(row),) if row else ()


def _order_button(face: Face, view: CartView, stream: int) -> Button | None:
    """`Check out` where every line of the stream is in order, else `Order the rest`, if there is any."""
    total, of_stream = view.totals[stream], view.cart.of(stream)
    if total is None:
        return None
    title, is_only = of_stream[0].offer.stream_title, len(view.cart.streams) == 1
    if len(total.lines) < len(of_stream):
        if is_only:
            return face.button("order_rest", "rest", stream)
        return face.button("order_rest_of", "rest", stream, title=title)
    if is_only:
        return face.button("check_out", "checkout", stream)
    return face.button("check_out_of", "checkout", stream, title=title)


# -- What is typed and tapped ------------------------------------------------------------------------------


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
KINDS: Kinds = {"cart": Kind(load=_load, show=_show)}
