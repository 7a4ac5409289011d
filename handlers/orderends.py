"""What a buyer hears of an order that is about to end unpaid, has ended so, or can't have its goods any more.

Only words; when they are told is decided by `storage.endings` and `storage.holds`.
"""

from handlers import formats, shipwindows
from handlers.ordering import load_order, load_placed
from handlers.orderviews import OrderView, names, worded
from handlers.translation import lines
from handlers.wording import Face, Kind, Kinds, Rendered
from shop.orders import OrderStatus
from storage.connection import Tx
from storage.orders import Order
from storage.outbox import Params


def _load_unpaid(tx: Tx, params: Params, chat: int) -> Order | None:
    """A reminder of an order that is paid, under review or over is pointless."""
    order = load_order(tx, params, chat)
    if order is None or order.status is not OrderStatus.PENDING or order.is_under_review:
        return None
    return order


def _order_unpaid(face: Face, order: Order) -> Rendered:
    text = face.t(
        worded(order, "order.unpaid", "order.unpaid.first_paid"),
        code=order.code,
        total=face.money(order.total),
        when=face.deadline(order.pay_by),
    )
    return Rendered(
        text=lines([text, shipwindows.of_order(face, order)]),
        rows=(
            (face.button("payment_code", "code", order.id), face.button("i_have_paid", "paid", order.id)),
            (face.button("cancel_order", "cancel", order.id), face.button("ask_the_stall", "ask", order.id)),
        ),
    )


def _order_expired(face: Face, order: Order) -> Rendered:
    return Rendered(
        text=face.t(
            worded(order, "order.expired", "order.expired.first_paid"),
            code=order.code,
            window=formats.span(face.settings.policy.late_receipt_ms, face.t),
        ),
        rows=((face.button("i_have_paid", "paid", order.id), face.button("ask_the_stall", "ask", order.id)),),
    )


def _load_gone(tx: Tx, params: Params, chat: int) -> OrderView | None:
    """Nothing to tell where packs have come free again, or the order is no more to be paid."""
    view = load_placed(tx, params, chat)
    return view if view is not None and view.gone and not view.order.is_under_review else None


def _gone(face: Face, view: OrderView) -> Rendered:
    order = view.order
    text = lines(
        [face.t("order.gone_told", code=order.code, names=names(face, view.gone)), face.t("order.gone_what_now")]
    )
    rows = (
        (face.button("change", "change", order.id), face.button("cancel_order", "cancel", order.id)),
        (face.button("i_have_paid", "paid", order.id), face.button("ask_the_stall", "ask", order.id)),
    )
    return Rendered(text=text, rows=rows)


KINDS: Kinds = {
    "order_unpaid": Kind(load=_load_unpaid, show=_order_unpaid),
    "order_expired": Kind(load=load_order, show=_order_expired),
    "order_gone": Kind(load=_load_gone, show=_gone),
}
