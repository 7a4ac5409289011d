"""What a buyer asks for once an order is paid: to cancel it, to have fewer packs, to send it somewhere else.

Owns `change_requests` up to the decision, which is the cashiers' (`decisions`). One open request an order.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from shop.orders import OrderStatus
from shop.shipments import ShipmentStatus
from storage import audit, cards, deliveries, orders, outbox, roles, tariffs
from storage.addresses import Address
from storage.connection import Tx
from storage.deliveries import Delivery, Destination
from storage.orders import Order
from storage.outbox import Lane
from storage.people import NotFound
from storage.quotes import NotDeliveredThere
from storage.roles import Role
from storage.store import Refused

# Until a parcel has left, its lines can be called off; until it is accepted, it can go somewhere else.
NOT_SENT = frozenset({ShipmentStatus.REQUESTED, ShipmentStatus.ACCEPTED})
_UNTOUCHED = frozenset({ShipmentStatus.REQUESTED, ShipmentStatus.FAILED})


class RequestKind(StrEnum):
    CANCEL = "cancel"
    CHANGE = "change"
    ADDRESS = "address"


class RequestStatus(StrEnum):
    """`LAPSED`: the order ended by itself before anybody decided."""

    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A buyer's wish about a paid order. `lines`: line id -> packs that stay; `address` only while it is open."""

    id: int
    order_id: int
    kind: RequestKind
    lines: dict[int, int]
    address: Address | None
    status: RequestStatus
    reason: str | None
    decided_by_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The wish is with the cashiers."""

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The buyer has thought better of it."""

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyAsked(Refused):
    """One wish at a time; this one waits."""

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPossible(Refused):
    """The order is not paid, is over, or its parcels have gone too far."""

    order_id: int
    status: OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Refused):
    """Somebody was first."""

    request_id: int
    status: RequestStatus
    by: str


_REQUEST = """
    SELECT r.*, d.name AS decided_by_name FROM change_requests AS r LEFT JOIN people AS d ON d.id = r.decided_by
    WHERE r.id = :id
"""
_OPEN_OF = (
    "SELECT id FROM change_requests INDEXED BY change_requests_open WHERE order_id = :order AND status = 'open'"
)
_WAITING = """
    SELECT id FROM change_requests INDEXED BY change_requests_waiting WHERE status = 'open'
    ORDER BY asked_at, id LIMIT :limit
"""


_LINES = "SELECT id FROM order_lines INDEXED BY order_lines_by_order WHERE order_id = :order"


def view(tx: Tx, request: int) -> Request | None:
    """A request, or None. Of an open one, lines that have left the order otherwise are no part any more."""
    row = tx.one(_REQUEST, id=request)
    if row is None:
        return None
    wanted = json.loads(row["wanted"])
    lines = {int(line): packs for line, packs in wanted.get("lines", {}).items()}
    if row["status"] == RequestStatus.OPEN:
        there = {line["id"] for line in tx.all(_LINES, order=row["order_id"])}
        lines = {line: packs for line, packs in lines.items() if line in there}
    return Request(
        id=row["id"],
        order_id=row["order_id"],
        kind=RequestKind(row["kind"]),
        lines=lines,
        address=Address(**wanted["address"]) if "address" in wanted else None,
        status=RequestStatus(row["status"]),
        reason=row["reason"],
        decided_by_name=row["decided_by_name"],
    )


def open_of(tx: Tx, order: int) -> int | None:
    """The request about this order that waits, or None."""
    found: int | None = tx.value(_OPEN_OF, order=order)
    return found


def waiting(tx: Tx, limit: int = 20) -> list[int]:
    """Requests nobody has decided, oldest first."""
    return [row["id"] for row in tx.all(_WAITING, limit=limit)]


def movable(order: Order) -> dict[int, int]:
    """Line id -> packs of what has not left yet."""
    open_ = {parcel.supplier_id for parcel in order.shipments if parcel.status in NOT_SENT}
    return {line.id: line.quantity for line in order.lines if line.supplier_id in open_}


def is_possible(order: Order, kind: RequestKind, lines: Mapping[int, int]) -> bool:
    """Could it still be agreed to? Asked when it is made, when it is shown, and when it is decided."""
    if order.status is not OrderStatus.PAID:
        return False
    if kind is RequestKind.ADDRESS:
        return all(parcel.status in _UNTOUCHED for parcel in order.shipments)
    # What was taken off is frozen for just these packs.
    if kind is RequestKind.CHANGE and order.has_specials:
        return False
    free = movable(order)
    return bool(lines) and all(0 <= packs < free.get(line, 0) for line, packs in lines.items())


_INSERT = """
    INSERT INTO change_requests (order_id, kind, wanted, asked_at) VALUES (:order, :kind, :wanted, :now)
"""


def ask_cancel(
    tx: Tx, *, actor: int, order_id: int, now: int, anchor: int | None = None
) -> Asked | NotFound | AlreadyAsked | NotPossible:
    """`Ask to cancel`: everything that has not left yet."""
    order = orders.view(tx, order_id)
    lines = {} if order is None else dict.fromkeys(movable(order), 0)
    return _ask(tx, actor, order, RequestKind.CANCEL, lines, None, now, anchor)


def ask_change(
    tx: Tx, *, actor: int, order_id: int, lines: Mapping[int, int], now: int, anchor: int | None = None
) -> Asked | NotFound | AlreadyAsked | NotPossible:
    """Fewer packs of some lines, by line id; more is a new order."""
    order = orders.view(tx, order_id)
    kept = {} if order is None else {line.id: line.quantity for line in order.lines}
    fewer = {line: packs for line, packs in lines.items() if packs != kept.get(line)}
    return _ask(tx, actor, order, RequestKind.CHANGE, fewer, None, now, anchor)


def ask_address(
    tx: Tx, *, actor: int, order_id: int, address: Address, now: int, anchor: int | None = None
) -> Asked | NotFound | AlreadyAsked | NotPossible | NotDeliveredThere:
    """Somewhere else, where everything in it is delivered, while no supplier has accepted a parcel. What is picked up
    stays where it is: then only somebody else comes for it."""
    order = orders.view(tx, order_id)
    if order is not None and order.buyer_id == actor:
        for each in deliveries_there(tx, order, address):
            if each.refused_in is not None:
                return NotDeliveredThere(supplier_id=each.supplier_id, region=each.refused_in)
    return _ask(tx, actor, order, RequestKind.ADDRESS, {}, address, now, anchor)


def destination(order: Order, address: Address) -> Destination:
    """Where the order would go if that address were agreed to."""
    return Destination(
        recipient=address.recipient,
        phone=address.phone,
        address=order.address if order.is_pickup else address.address,
        location=None if order.is_pickup else address.location,
        pickup_point=order.pickup_point_id,
    )


def deliveries_there(tx: Tx, order: Order, address: Address) -> tuple[Delivery, ...]:
    """What the parcels that are still to be sent would cost there by the tariffs in force: the money of a paid order
    stays as it is, but a cashier should know."""
    failed = {parcel.supplier_id for parcel in order.shipments if parcel.status is ShipmentStatus.FAILED}
    parcels = [parcel for parcel in order.parcels if parcel.supplier_id not in failed]
    terms = tariffs.of_all(tx, order.suppliers)
    to = destination(order, address)
    changed = () if to.address == order.address else order.suppliers
    return deliveries.anew(terms, parcels, to, before=order.deliveries, changed=changed)


def _ask(
    tx: Tx,
    actor: int,
    order: Order | None,
    kind: RequestKind,
    lines: Mapping[int, int],
    address: Address | None,
    now: int,
    anchor: int | None,
) -> Asked | NotFound | AlreadyAsked | NotPossible:
    if order is None or order.buyer_id != actor:
        return NotFound()
    earlier = open_of(tx, order.id)
    if earlier is not None:
        return AlreadyAsked(request_id=earlier)
    if not is_possible(order, kind, lines):
        return NotPossible(order_id=order.id, status=order.status)
    wanted: dict[str, Any] = {"lines": {str(line): packs for line, packs in lines.items()}}
    if address is not None:
        wanted = {"address": asdict(address)}
    request = tx.insert(_INSERT, order=order.id, kind=kind, wanted=json.dumps(wanted, ensure_ascii=False), now=now)
    audit.note(tx, actor, f"request.{kind}", f"order:{order.id}", now, request=request)
    outbox.tell(tx, actor, "request_sent", now=now, anchor=anchor, request=request)
    for cashier in roles.holders(tx, Role.CASHIER):
        outbox.tell(tx, cashier, "request_card", now=now, lane=Lane.ORDER, card=f"request:{request}", request=request)
    return Asked(request_id=request)


# What was decided is in the audit; the address is in the order, or was never wanted.
_SETTLE = """
    UPDATE change_requests SET status = :status, decided_at = :now, decided_by = :actor, reason = :reason,
        wanted = CASE WHEN kind = 'address' THEN '{}' ELSE wanted END
    WHERE id = :id AND status = 'open'
"""


def settle(
    tx: Tx, request: Request, status: RequestStatus, actor: int | None, now: int, reason: str | None = None
) -> None:
    """Write the end of an open request down. Raises LookupError if it is not open, which the caller has to know."""
    if not tx.run(_SETTLE, id=request.id, status=status, actor=actor, now=now, reason=reason):
        raise LookupError(f"request {request.id} is settled")
    audit.note(tx, actor, f"request.{status}", f"order:{request.order_id}", now, request=request.id, reason=reason)


def withdraw(
    tx: Tx, *, actor: int, request_id: int, now: int, anchor: int | None = None
) -> Withdrawn | NotFound | Settled:
    """`Take back`: the buyer keeps the order as it is."""
    request = view(tx, request_id)
    if request is None or not orders.is_buyer(tx, request.order_id, actor):
        return NotFound()
    if request.status is not RequestStatus.OPEN:
        return Settled(request_id=request_id, status=request.status, by=request.decided_by_name or "")
    settle(tx, request, RequestStatus.WITHDRAWN, actor, now)
    outbox.tell(tx, actor, "order_card", now=now, anchor=anchor, order=request.order_id)
    refresh(tx, request_id, now)
    return Withdrawn(request_id=request_id)


def lapse(tx: Tx, order: int, now: int) -> None:
    """The order has ended: nothing is left to be asked for."""
    found = open_of(tx, order)
    request = None if found is None else view(tx, found)
    if request is not None:
        settle(tx, request, RequestStatus.LAPSED, None, now)
        refresh(tx, request.id, now)


def refresh_of(tx: Tx, order: int, now: int) -> None:
    """A parcel has moved on, or its buyer has taken lines out another way: what can still be agreed to may be less. A
    wish for nothing but those lines is theirs no more."""
    found = open_of(tx, order)
    request = None if found is None else view(tx, found)
    if request is None:
        return
    if request.kind is not RequestKind.ADDRESS and not request.lines:
        buyer = tx.value("SELECT buyer_id FROM orders WHERE id = :id", id=order)
        settle(tx, request, RequestStatus.WITHDRAWN, buyer, now)
    refresh(tx, request.id, now)


def refresh(tx: Tx, request_id: int, now: int, actor: int | None = None, anchor: int | None = None) -> None:
    """Bring the card up to date in every chat that has or will have it; the actor's answers the tap."""
    card = f"request:{request_id}"
    everyone = dict.fromkeys([*([actor] if actor else []), *roles.holders(tx, Role.CASHIER), *cards.chats(tx, card)])
    for person in everyone:
        outbox.tell(
            tx,
            person,
            "request_card",
            now=now,
            lane=Lane.REPLY if person == actor else Lane.ORDER,
            card=f"request:{request_id}",
            anchor=anchor if person == actor else None,
            request=request_id,
        )
