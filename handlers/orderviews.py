"""What an order's messages need besides the order: what is kept back, what is asked for, what a host may do.

Owns no message; `ordering` and others word them.
"""

from dataclasses import dataclass

from handlers import formats
from handlers.translation import Html
from handlers.wording import Face
from shop.holds import Hold
from shop.orders import OrderStatus
from storage import buyers, calloffs, choices, endings, holds, requests, roles
from storage.connection import Tx
from storage.orders import Order, OrderLine
from storage.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order for one reader: the `request` about it that waits, the `delay` they can still choose about, the lines
    others may have paid for first, and for a host whether they may cancel it, and when the buyer's orders ran out
    unpaid."""

    order: Order
    request: int | None
    gone: list[OrderLine]
    is_host: bool
    ran_out: tuple[int, ...]
    delay: int | None = None


def of(tx: Tx, order: Order, chat: int) -> OrderView:
    """The order as this reader is to see it; whether they may is for the caller."""
    is_host = order.buyer_id != chat and roles.has_role(tx, chat, Role.HOST)
    return OrderView(
        order=order,
        request=requests.open_of(tx, order.id),
        gone=holds.unheld_gone(tx, order) if order.status is OrderStatus.PENDING else [],
        is_host=is_host,
        ran_out=buyers.ran_out(tx, order.buyer_id) if is_host else (),
        delay=choices.open_of(tx, order) if order.buyer_id == chat else None,
    )


def worded(order: Order, kept_back: str, first_paid: str) -> str:
    """The key of a sentence about goods that are kept, or of its other form where the order keeps nothing back."""
    return kept_back if any(line.hold is Hold.ON_ORDER for line in order.lines) else first_paid


def kept(face: Face, view: OrderView) -> Html | None:
    """What a buyer has to know before paying: nothing is kept back of what goes to whoever pays first."""
    order = view.order
    first = [line for line in order.lines if line.hold is Hold.FIRST_PAID]
    if order.status is not OrderStatus.PENDING or not first:
        return None
    if view.gone:
        return face.t("order.gone", names=names(face, view.gone))
    if len(first) == len(order.lines):
        return face.t("order.first_paid")
    return face.t("order.first_paid_some", names=names(face, first))


def names(face: Face, found: list[OrderLine]) -> str:
    """What these lines are of, one after another."""
    return face.t.plain("list.separator").join(formats.name(line.names, face.lang) for line in found)


def stall_reason(face: Face, reason: str | None) -> Html | None:
    """Why the stall has cancelled: a reason of its buttons, or the host's own words; None where it has not."""
    why = (reason or "").removeprefix(endings.BY_STALL)
    if reason is None or why == reason:
        return None
    if why in calloffs.REASONS:
        return face.t(f"calloff.reason.{why}")
    return face.t("calloff.said", words=why.removeprefix(endings.SAID))
