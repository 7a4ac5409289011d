"""What a buyer asks of the cashiers once an order is paid, and how it ended.

Owns also what a paid order has lost, and the word that money has gone back. The cashiers' side is in `requesting`,
the draft of other packs in `amending`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from handlers.ordering import goods, load_order
from handlers.routing import Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop.orders import OrderStatus
from storage import orders, refunds, requests
from storage.connection import Tx
from storage.orders import Order
from storage.outbox import Params
from storage.people import NotFound
from storage.refunds import Refund
from storage.requests import AlreadyAsked, Asked, NotPossible, Request, RequestStatus, Settled, Withdrawn

_STALE = Toast("tap.stale")


async def ask_cancel_tap(turn: Turn, order_id: int) -> Toast | None:
    """`Ask to cancel`: one tap asks, `Take back` undoes it."""
    outcome = await turn.decide(
        requests.ask_cancel, actor=turn.actor, order_id=order_id, now=turn.now, anchor=turn.anchor
    )
    return await asked(turn, order_id, outcome)


async def asked(turn: Turn, order_id: int, outcome: Asked | NotFound | AlreadyAsked | NotPossible) -> Toast | None:
    """How asking ended; the message that says so is the answer."""
    match outcome:
        case Asked():
            return None
        case NotFound():
            return _STALE
        case AlreadyAsked(request_id=request):
            await turn.show("request_sent", request=request)
            return Toast("request.one_at_a_time")
        case NotPossible():
            order = await turn.look(orders.view, order_id)
            if order is not None and order.status is OrderStatus.PAID and requests.movable(order):
                return Toast("change.nothing_chosen")
            await turn.show("order_card", order=order_id)
            return Toast("change.too_late")
        case _:
            assert_never(outcome)


async def withdraw_tap(turn: Turn, request_id: int) -> Toast | None:
    """`Take back`."""
    outcome = await turn.decide(
        requests.withdraw, actor=turn.actor, request_id=request_id, now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case Withdrawn():
            return Toast("request.withdrawn")
        case NotFound():
            return _STALE
        case Settled(status=status):
            await turn.show("request_settled", request=request_id)
            return Toast(f"request.toast.{status.value}")
        case _:
            assert_never(outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A request of the reader's, its order, and what is owed for it once it is agreed to."""

    request: Request
    order: Order
    refund: Refund | None


def _load_wish(tx: Tx, params: Params, chat: int) -> Wish | None:
    request = requests.view(tx, int(params["request"] or 0))
    order = None if request is None else orders.view(tx, request.order_id)
    if request is None or order is None or order.buyer_id != chat:
        return None
    return Wish(request=request, order=order, refund=refunds.view(tx, int(params.get("refund") or 0)))


def _sent(face: Face, wish: Wish) -> Rendered:
    if wish.request.status is not RequestStatus.OPEN:
        return _settled(face, wish)
    text = lines(
        [
            face.t(f"request.sent.{wish.request.kind.value}", code=wish.order.code),
            face.t("request.until_then"),
        ]
    )
    return Rendered(text=text, rows=((face.button("take_back", "rqback", wish.request.id),),))


def _settled(face: Face, wish: Wish) -> Rendered:
    request, order, t = wish.request, wish.order, face.t
    parts = [t(f"request.settled.{request.status.value}", code=order.code)]
    if request.status is RequestStatus.DECLINED:
        parts.append(t(f"request.reason.{request.reason or 'other'}"))
    if wish.refund is not None:
        parts.append(t("request.refund", amount=face.money(wish.refund.amount)))
    if order.status is not OrderStatus.CANCELLED:
        parts.append(goods(face, order))
    return Rendered(text=lines(parts), rows=((face.button("ask_the_stall", "ask", order.id),),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """An order with the money that goes back for what it lost."""

    order: Order
    refund: Refund | None


def _load_loss(tx: Tx, params: Params, chat: int) -> Loss | None:
    order = load_order(tx, params, chat)
    if order is None or order.buyer_id != chat:
        return None
    return Loss(order=order, refund=refunds.view(tx, int(params.get("refund") or 0)))


def _partly(face: Face, loss: Loss) -> Rendered:
    """Of a mixed order, what others paid for first is taken out; what is left is confirmed in the next message."""
    amount = face.money(0 if loss.refund is None else loss.refund.amount)
    text = lines([face.t("payment.partly", code=loss.order.code, amount=amount), goods(face, loss.order)])
    return Rendered(text=text, rows=((face.button("ask_the_stall", "ask", loss.order.id),),))


def _load_refund(tx: Tx, params: Params, _chat: int) -> tuple[Refund, Order] | None:
    refund = refunds.view(tx, int(params["refund"] or 0))
    order = None if refund is None else orders.view(tx, refund.order_id)
    return None if refund is None or order is None else (refund, order)


def _refund_done(face: Face, view: tuple[Refund, Order]) -> Rendered:
    refund, order = view
    return Rendered(text=face.t("refund.done_buyer", code=order.code, amount=face.money(refund.amount)))


TAPS: Mapping[str, Tap] = {
    "askcancel": Tap(run=ask_cancel_tap, ints=1),
    "rqback": Tap(run=withdraw_tap, ints=1),
}
KINDS: Kinds = {
    "request_sent": Kind(load=_load_wish, show=_sent),
    "request_settled": Kind(load=_load_wish, show=_settled),
    "payment_partly": Kind(load=_load_loss, show=_partly),
    "refund_done": Kind(load=_load_refund, show=_refund_done),
}
