"""A buyer's orders: the list, the card of one, the message with the payment code, and cancelling.

Money sent for them is in `payment`, parcels in `supplying`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from handlers import discounting, naming, orderviews, parcelwords, shipwindows, waitcards
from handlers.buyers import ran_out
from handlers.fitting import fitted, length
from handlers.orderviews import OrderView, kept, stall_reason, worded
from handlers.routing import Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.waitcards import Wait
from handlers.wording import MOST_CAPTION, MOST_TEXT, Blank, Button, Face, Kind, Kinds, QrPicture, Rendered
from shop import paycodes
from shop.orders import OrderStatus
from shop.shipments import ShipmentStatus
from storage import endings, orders, pseudonyms, requests, roles
from storage.connection import Tx
from storage.endings import Cancelled, TooLate
from storage.orders import Order
from storage.outbox import Params
from storage.people import NotFound
from storage.roles import Role

# Characters of an order's lines, beside all else that a text says: the longest order there can be has room.
IN_TEXT = 2400
# What an order that is over says of money that was paid for it: owed, and sent.
_MONEY_BACK = {
    OrderStatus.CANCELLED: ("order.status.cancelled.owed", "order.status.cancelled.repaid"),
    OrderStatus.EXPIRED: ("order.status.expired.owed", "order.status.expired.repaid"),
}


def load_order(tx: Tx, params: Params, _chat: int) -> Order | None:
    """The order a message is about."""
    return orders.view(tx, int(params["order"] or 0))


def _load_own(tx: Tx, params: Params, chat: int) -> Order | None:
    """The order, if the reader is its buyer or works at the till or as host."""
    order = load_order(tx, params, chat)
    if order is None:
        return None
    return order if order.buyer_id == chat or roles.has_role(tx, chat, Role.CASHIER, Role.HOST) else None


def _load_card(tx: Tx, params: Params, chat: int) -> OrderView | None:
    order = _load_own(tx, params, chat)
    return None if order is None else orderviews.of(tx, order, chat)


def load_placed(tx: Tx, params: Params, chat: int) -> OrderView | None:
    order = load_order(tx, params, chat)
    return None if order is None else orderviews.of(tx, order, chat)


def goods(face: Face, order: Order, room: int = IN_TEXT) -> Html:
    """The lines of an order, one under another: "2 × Free-range eggs". Where they go beyond `room` characters, as
    many as fit and the number of the others: the order's own card has every line."""
    every = [shipwindows.goods_line(face, line) for line in order.lines]
    ends = list(accumulate(length(line) + 1 for line in every))
    if all(end <= room for end in ends):
        return lines(every)
    shown = max(1, sum(end + length(face.t.n("order.more_lines", len(every))) <= room for end in ends))
    more = len(every) - shown
    return lines([*every[:shown], face.t.n("order.more_lines", more) if more > 0 else None])


def around_goods(face: Face, before: Sequence[object], order: Order, after: Sequence[object], most: int) -> Html:
    """A message of at most `most` characters with the order's lines in the middle: they give way to the rest."""
    room = max(1, most - length(lines([*before, *after])) - 2)
    return lines([*before, fitted(goods(face, order, room), room), *after])


def status_line(face: Face, order: Order) -> Html:
    """Where the order stands, in words."""
    if order.is_under_review:
        return face.t(worded(order, "order.status.under_review", "order.status.under_review.first_paid"))
    if order.status is OrderStatus.PENDING:
        return face.t("order.status.pending", when=face.deadline(order.pay_by))
    if order.confirmed and order.status in _MONEY_BACK:
        owed, repaid = _MONEY_BACK[order.status]
        left = order.confirmed - order.refunded
        return face.t(owed if left > 0 else repaid, amount=face.money(left if left > 0 else order.confirmed))
    return face.t(f"order.status.{order.status.value}")


def _order_placed(face: Face, view: OrderView) -> Rendered:
    """The message with the payment code; once the order is paid or over it says so instead of asking for money.

    Everything that has to be typed where no code can be scanned stands in the caption too.
    """
    order = view.order
    if not order.total:
        return _free(face, view)
    method = face.settings.method(order.pay_method)
    code = paycodes.code_of(method, order.total, order.currency, order.code)
    media = None if code is None else QrPicture(code=code)
    most = MOST_TEXT if media is None else MOST_CAPTION
    t = face.t
    head = t("order.head", code=order.code)
    off = discounting.of_order(face, order)
    pickup = parcelwords.goes_to(face, order) if order.is_pickup else None
    if order.status is not OrderStatus.PENDING or order.is_under_review:
        state = [
            off,
            pickup,
            parcelwords.fee(face, order),
            t("order.total", total=face.money(order.total)),
            status_line(face, order),
        ]
        rows = tuple((button,) for button in _buttons(face, view, with_code=False))
        return Rendered(text=around_goods(face, [head], order, state, most), rows=rows, media=media)
    after: list[Html | None] = [
        off,
        parcelwords.fee(face, order),
        pickup,
        t("order.pay", total=face.money(order.total), payee=method.get("payee", ""), method=method["name"]),
        *_account(face, method),
        _note(face, order, method),
        kept(face, view),
        t("order.then_receipt"),
    ]
    # Of a wallet's code nothing can be typed: what it says can at least be copied.
    if code is None or paycodes.carries_amount(method):
        instead = t("order.no_picture")
    else:
        instead = t("order.no_code", text=code.text)
    others = tuple(
        (face.button("pay_with", "method", order.id, index, name=other["name"]),)
        for index, other in enumerate(face.settings.methods)
        if other["name"] != method["name"]
    )
    return Rendered(
        text=around_goods(face, [head], order, after, most),
        rows=(
            (face.button("i_have_paid", "paid", order.id),),
            *others,
            (face.button("change", "change", order.id), face.button("change_address", "chaddr", order.id)),
            (face.button("cancel_order", "cancel", order.id), face.button("ask_the_stall", "ask", order.id)),
        ),
        media=media,
        without=around_goods(face, [head], order, [*after[:-1], instead, after[-1]], MOST_TEXT),
    )


def _free(face: Face, view: OrderView) -> Rendered:
    """An order that costs nothing: paid as it was placed, so no payment code."""
    order = view.order
    text = lines(
        [
            face.t("order.head", code=order.code),
            goods(face, order),
            discounting.of_order(face, order),
            face.t("order.total", total=face.money(0)),
            parcelwords.goes_to(face, order) if order.is_pickup else None,
            face.t("order.free") if order.status is OrderStatus.PAID else status_line(face, order),
        ]
    )
    return Rendered(text=text, rows=tuple((button,) for button in _buttons(face, view, with_code=False)))


def _code_before(face: Face, order: Order) -> Blank:
    """On the message with a code of before."""
    return Blank(text=face.t("order.code_before", code=order.code))


def _account(face: Face, method: paycodes.MethodConfig) -> Iterator[Html]:
    """Where the money goes, to copy."""
    known = paycodes.account(method)
    if "iban" in known:
        yield face.t("order.iban", iban=known["iban"])
    if "bic" in known:
        yield face.t("order.bic", bic=known["bic"])


def _note(face: Face, order: Order, method: paycodes.MethodConfig) -> Html:
    """What the payer writes with the payment, and until when; it may stand in the code already."""
    when = face.deadline(order.pay_by)
    if paycodes.carries_amount(method):
        return face.t("order.reference", code=order.code, when=when)
    return face.t("order.pay_by", code=order.code, when=when)


def _buttons(face: Face, view: OrderView, *, with_code: bool) -> Iterator[Button]:
    """What the reader can do about an order now."""
    order = view.order
    if face.reader != order.buyer_id:
        if view.is_host:
            yield from _host_buttons(face, order)
        return
    if order.status is OrderStatus.PENDING:
        yield face.button("i_have_paid", "paid", order.id)
        if with_code and not order.is_under_review:
            yield face.button("payment_code", "code", order.id)
        if not order.is_under_review:
            yield face.button("change", "change", order.id)
            yield face.button("change_address", "chaddr", order.id)
        yield face.button("cancel_order", "cancel", order.id)
    elif order.status is OrderStatus.EXPIRED:
        yield face.button("i_have_paid", "paid", order.id)
    for parcel in order.shipments:
        if parcel.status is ShipmentStatus.SHIPPED:
            yield face.button("received", "received", parcel.id)
    if view.delay is not None:
        yield face.button("keep", "dlkeep", view.delay, order.id)
        yield face.button("refund_choice", "dlback", view.delay, order.id)
    yield from _wishes(face, view)
    yield face.button("ask_the_stall", "ask", order.id)


def _wishes(face: Face, view: OrderView) -> Iterator[Button]:
    """What can be asked for once the order is paid; one wish at a time."""
    order = view.order
    if view.request is not None:
        yield face.button("take_back", "rqback", view.request)
    elif order.status is OrderStatus.PAID and requests.movable(order):
        yield face.button("ask_to_change", "change", order.id)
        if requests.is_possible(order, requests.RequestKind.ADDRESS, {}):
            yield face.button("change_address", "chaddr", order.id)
        yield face.button("ask_to_cancel", "askcancel", order.id)


def _host_buttons(face: Face, order: Order) -> Iterator[Button]:
    if order.status is OrderStatus.PENDING or (order.status is OrderStatus.PAID and requests.movable(order)):
        yield face.button("cancel_order", "hcancel", order.id)
    if not pseudonyms.is_one(order.buyer_id):
        yield face.button("buyer", "buyer", order.buyer_id)


def _order_card(face: Face, view: OrderView) -> Rendered:
    order = view.order
    text = lines(
        [
            face.t("order.head", code=order.code),
            goods(face, order),
            discounting.of_order(face, order),
            *parcelwords.fees(face, order),
            face.t("order.total", total=face.money(order.total)),
            status_line(face, order),
            kept(face, view),
            None if view.request is None else face.t("request.waits"),
            None if view.delay is None else face.t("delay.waits"),
            stall_reason(face, order.cancel_reason),
            *parcelwords.parcels(face, order),
            parcelwords.goes_to(face, order),
            face.t("buyer.of_order", name=naming.person(face, order.buyer_id, order.buyer_name))
            if view.is_host
            else None,
            ran_out(face, view.ran_out),
        ]
    )
    return Rendered(text=text, rows=tuple((button,) for button in _buttons(face, view, with_code=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """A buyer's newest orders, and what they wait for."""

    orders: list[Order]
    waits: tuple[Wait, ...]


def _load_orders(tx: Tx, _params: Params, chat: int) -> Mine:
    return Mine(orders=orders.of_buyer(tx, chat), waits=waitcards.waits_of(tx, chat))


def _order_list(face: Face, mine: Mine) -> Rendered:
    found = mine.orders
    waiting, places = waitcards.listed(face, mine.waits)
    if not found:
        text = lines([face.t("orders.none"), waiting])
        return Rendered(text=text, rows=(*places, (face.button("streams", "streams"),)))
    rows = tuple(
        (
            face.button(
                "order_entry",
                "order",
                order.id,
                code=order.code,
                total=face.money(order.total),
                state=face.t.plain(
                    "order.short.under_review" if order.is_under_review else f"order.short.{order.status.value}"
                ),
            ),
        )
        for order in found
    )
    ships = shipwindows.of_orders(face, found)
    return Rendered(text=lines([face.t("orders.title"), ships, waiting]), rows=(*rows, *places))


def _ask_cancel(face: Face, order: Order) -> Rendered:
    question = face.t(worded(order, "order.ask_cancel", "order.ask_cancel.first_paid"), code=order.code)
    return Rendered(
        text=lines([question, face.t("order.ask_cancel_money") if order.is_under_review else None]),
        rows=((face.button("yes_cancel", "cancelyes", order.id), face.button("keep_order", "order", order.id)),),
    )


def _order_cancelled(face: Face, order: Order) -> Rendered:
    why = None
    if order.cancel_reason == endings.STREAM_CANCELLED:
        why = face.t("order.cancelled_stream", title=order.stream_title or "")
    key = "order.cancelled_money" if order.payments else "order.cancelled"
    return Rendered(
        text=lines([why, stall_reason(face, order.cancel_reason), face.t(key, code=order.code)]),
        rows=((face.button("shop", "shop"), face.button("ask_the_stall", "ask", order.id)),),
    )


async def orders_command(turn: Turn, _argument: str) -> None:
    """/orders."""
    await turn.show("orders")


async def orders_tap(turn: Turn) -> None:
    """`My orders`."""
    await turn.show("orders")


async def order_tap(turn: Turn, order: int) -> Toast | None:
    """One order's card."""
    return None if await turn.show("order_card", order=order) else Toast("tap.stale")


async def code_tap(turn: Turn, order: int) -> Toast | None:
    """Show the payment code again."""
    found = await turn.look(orders.view, order)
    if found is None or found.buyer_id != turn.actor:
        return Toast("tap.stale")
    # Of an order that is over nobody should get the code once more.
    await turn.show("order_placed" if found.status is OrderStatus.PENDING else "order_card", order=order)
    return None


async def method_tap(turn: Turn, order: int, index: int) -> Toast | None:
    """Pay with another of the configured methods."""
    if not 0 <= index < len(turn.settings.methods):
        return Toast("tap.stale")
    chosen = await turn.decide(
        orders.choose_method,
        actor=turn.actor,
        order_id=order,
        method=turn.settings.methods[index]["name"],
        now=turn.now,
    )
    return Toast("tap.stale") if isinstance(chosen, NotFound) else None


async def cancel_tap(turn: Turn, order: int) -> Toast | None:
    """`Cancel order` asks once more."""
    found = await turn.look(orders.view, order)
    if found is None or found.buyer_id != turn.actor:
        return Toast("tap.stale")
    if found.status is not OrderStatus.PENDING:
        await turn.show("order_card", order=order)
        return Toast("order.too_late_to_cancel")
    await turn.show("order_ask_cancel", order=order)
    return None


async def cancel_yes(turn: Turn, order: int) -> Toast | None:
    """The buyer means it."""
    outcome = await turn.decide(endings.cancel, actor=turn.actor, order_id=order, now=turn.now, anchor=turn.anchor)
    match outcome:
        case Cancelled():
            return None
        case NotFound():
            return Toast("tap.stale")
        case TooLate():
            await turn.show("order_card", order=order)
            return Toast("order.too_late_to_cancel")


COMMANDS = {"orders": orders_command}
TAPS = {
    "orders": Tap(run=orders_tap),
    "order": Tap(run=order_tap, ints=1),
    "code": Tap(run=code_tap, ints=1),
    "method": Tap(run=method_tap, ints=2),
    "cancel": Tap(run=cancel_tap, ints=1),
    "cancelyes": Tap(run=cancel_yes, ints=1),
}
KINDS: Kinds = {
    "orders": Kind(load=_load_orders, show=_order_list),
    "order_card": Kind(load=_load_card, show=_order_card),
    "order_placed": Kind(load=load_placed, show=_order_placed),
    "order_code_before": Kind(load=load_order, show=_code_before),
    "order_ask_cancel": Kind(load=_load_own, show=_ask_cancel),
    "order_cancelled": Kind(load=load_order, show=_order_cancelled),
}
