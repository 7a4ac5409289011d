"""A cart as its owner sees it: every line with whatever is no longer as it was shown, what mends it, and the sums.

Owns the message kind `cart`. What is tapped on it is in `cart`; whether a line can be had is decided by
`storage.quotes`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from handlers import discounting, formats, shipwindows, waitcards
from handlers.translation import Html, lines
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.delivery import Tariff
from shop.offers import Standing
from storage import carts, offers, tariffs
from storage.carts import Cart, CartLine
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Params
from storage.people import NotFound
from storage.quotes import LimitReached, NotOpen, OrderingBlocked, PriceChanged, Quote, SoldOut

PAGE = 8  # lines: Telegram takes 100 buttons a message, and a thumb fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class CartView:
    """A page of a cart, what each of its streams' lines come to, what has just left it, and a word on top."""

    cart: Cart
    page: int
    totals: Mapping[int, Quote | None]
    charged: frozenset[int]  # streams for whose goods delivery may cost something
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


def load(tx: Tx, params: Params, chat: int) -> CartView:
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
    totals = {stream: carts.quote(tx, cart, stream, chat, at) for stream in shown.streams}
    gone = [offers.view(tx, int(id_)) for id_ in str(params.get("gone") or "").split(",") if id_]
    return CartView(
        cart=cart,
        page=page,
        totals=totals,
        charged=frozenset(stream for stream, quoted in totals.items() if quoted and _is_charged(tx, quoted)),
        gone=tuple(offer for offer in gone if offer is not None),
        note=None if note is None else str(note),
    )


def _is_charged(tx: Tx, quoted: Quote) -> bool:
    return any(tariff != Tariff() for tariff in tariffs.of_all(tx, quoted.suppliers).values())


def cart_card(face: Face, view: CartView) -> Rendered:
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
    total = view.totals[stream]
    quoted = {one.offer.id: one for one in total.lines} if total is not None else {}
    for line in found:
        yield shipwindows.marked(face, _line(face, line), line.offer)
        if line.offer.id in quoted:
            yield from discounting.of_line(face, quoted[line.offer.id])
        yield from (face.t("cart.trouble", what=what) for what in _troubles(face, line))
    if total is not None:
        is_all = len(total.lines) == len(view.cart.of(stream))
        yield face.t("checkout.total" if is_all else "cart.rest_total", total=face.money(total.sums.total))
        if stream in view.charged:
            yield face.t("cart.plus_delivery")


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
            yield face.t(
                "cart.limit_reached",
                limit=formats.packs(limit, offer.units, face.lang),
                already=formats.packs(already, offer.units, face.lang),
            )
        case NotOpen() if offer.standing(face.now) is Standing.NOT_YET:
            yield face.t("cart.not_yet")
        case NotOpen() if offer.standing(face.now) is Standing.PAUSED:
            yield face.t("cart.paused")
        case NotOpen() | NotFound():
            yield face.t("cart.closed")
        case OrderingBlocked():
            yield face.t("cart.ordering_blocked")
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
    rows = ((*counting, *mending),) if len(mending) == 1 else (counting, tuple(mending))
    waiting: Rows = ()
    if isinstance(line.refusal, SoldOut):
        waiting = waitcards.ways(face, offer, line.entry, line.may_want, quantity=quantity - line.refusal.free)
    return tuple(row for row in (*rows, *waiting) if row)


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


KINDS: Kinds = {"cart": Kind(load=load, show=cart_card)}
