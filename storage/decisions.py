"""The cashier's word about what a buyer asks for after payment: `Agree` or `Decline`. First decision wins.

Owns no table; the request is in `requests`, what follows from agreeing in `calloffs`.
"""

from dataclasses import dataclass
from typing import assert_never

from storage import orders, outbox, redirections, requests, roles, shipments
from storage.calloffs import call_off
from storage.connection import Tx
from storage.orders import Order
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.requests import Request, RequestKind, RequestStatus, Settled
from storage.roles import Role
from storage.store import Refused

AS_ASKED = "as the buyer asked"
REASONS = ("sent", "packed", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The order is as the buyer asked; `refund_id` is what is owed for it, None for an address."""

    request_id: int
    refund_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The order stays as it is."""

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFar(Refused):
    """A parcel has moved on since it was asked, or nothing is delivered there any more: only `Decline` is left."""

    request_id: int


def agree(
    tx: Tx, *, actor: int, request_id: int, now: int, anchor: int | None = None
) -> Agreed | NotAllowed | NotFound | Settled | TooFar:
    """A cashier agrees: exactly what was asked for happens, or nothing."""
    found = _open(tx, actor, request_id)
    if not isinstance(found, tuple):
        return found
    request, order = found
    there = () if request.address is None else requests.deliveries_there(tx, order, request.address)
    is_refused = any(each.refused_in is not None for each in there)
    if is_refused or not requests.is_possible(order, request.kind, request.lines):
        return TooFar(request_id=request_id)
    requests.settle(tx, request, RequestStatus.AGREED, actor, now)
    refund = None
    match request.kind:
        case RequestKind.CANCEL | RequestKind.CHANGE:
            refund = call_off(tx, order, request.lines, actor=actor, reason=AS_ASKED, now=now)
        case RequestKind.ADDRESS:
            if request.address is None:
                raise LookupError(f"request {request_id} without an address")
            redirections.write(tx, order, requests.destination(order, request.address))
            for parcel in order.shipments:
                if parcel.status in requests.NOT_SENT:
                    shipments.tell_changed(tx, parcel.id, now)
        case _:
            assert_never(request.kind)
    _tell(tx, request, order, actor, now, anchor, refund)
    return Agreed(request_id=request_id, refund_id=refund)


def decline(
    tx: Tx, *, actor: int, request_id: int, reason: str, now: int, anchor: int | None = None
) -> Declined | NotAllowed | NotFound | Settled:
    """A cashier declines and says why."""
    found = _open(tx, actor, request_id)
    if not isinstance(found, tuple):
        return found
    request, order = found
    requests.settle(tx, request, RequestStatus.DECLINED, actor, now, reason)
    _tell(tx, request, order, actor, now, anchor, None)
    return Declined(request_id=request_id)


def _open(tx: Tx, actor: int, request_id: int) -> tuple[Request, Order] | NotAllowed | NotFound | Settled:
    if not roles.has_role(tx, actor, Role.CASHIER):
        return NotAllowed()
    request = requests.view(tx, request_id)
    order = None if request is None else orders.view(tx, request.order_id)
    if request is None or order is None:
        return NotFound()
    if request.status is not RequestStatus.OPEN:
        return Settled(request_id=request_id, status=request.status, by=request.decided_by_name or "")
    return request, order


def _tell(
    tx: Tx, request: Request, order: Order, actor: int, now: int, anchor: int | None, refund: int | None
) -> None:
    outbox.tell(tx, order.buyer_id, "request_settled", now=now, lane=Lane.ORDER, request=request.id, refund=refund)
    requests.refresh(tx, request.id, now, actor, anchor)
