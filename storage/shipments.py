"""Parcels: one per supplier and order, from the request to the buyer's hands or to a refund.

Owns `shipments` and the order's last step. A supplier sees only its own lines.
"""

from dataclasses import dataclass

from shop.orders import OrderStatus, outcome_of_shipments
from shop.shipments import ShipmentStatus, can
from storage import audit, cards, deliveries, discounts, endings, orders, outbox, refunds, requests, roles, stock
from storage.clock import DAY
from storage.connection import Tx
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What a supplier needs to know: its own lines of one order, and where they go."""

    id: int
    order_id: int
    order_code: str
    order_status: OrderStatus
    buyer_id: int
    supplier_id: int
    supplier_name: str
    status: ShipmentStatus
    recipient: str
    phone: str
    address: str
    ships_by: int | None
    carrier: str | None
    tracking: str | None
    currency: str
    is_called_off: bool
    lines: tuple[orders.OrderLine, ...]
    location: str | None
    pickup_number: int | None
    fee: int

    @property
    def is_pickup(self) -> bool:
        """The buyer comes for it, to the place `address` names: shipped means ready there."""
        return self.pickup_number is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The shipment has gone on to `status`."""

    shipment_id: int
    status: ShipmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNow(Refused):
    """The shipment is in a state from which this is not possible."""

    shipment_id: int
    status: ShipmentStatus
    is_pickup: bool = False


def not_now(shipment: Shipment) -> NotNow:
    """As it stands, it can't be done."""
    return NotNow(shipment_id=shipment.id, status=shipment.status, is_pickup=shipment.is_pickup)


_SHIPMENT = """
    SELECT h.*, s.name AS supplier_name, o.code, o.status AS order_status, o.buyer_id, o.recipient, o.phone,
        o.address, o.location, o.currency
    FROM shipments AS h JOIN suppliers AS s ON s.id = h.supplier_id JOIN orders AS o ON o.id = h.order_id
    WHERE h.id = :id
"""
_REQUEST = """
    INSERT INTO shipments (order_id, supplier_id, ships_by, pickup_number, requested_at)
    VALUES (:order, :supplier, :ships_by, :number, :now)
"""
_PROMISE = """
    SELECT MIN(coalesce(l.ships_until, f.ships_until, :now + f.ships_within_days * :day))
    FROM order_lines AS l JOIN offers AS f ON f.id = l.offer_id
    WHERE l.order_id = :order AND l.supplier_id = :supplier
"""


def view(tx: Tx, shipment: int) -> Shipment | None:
    """A parcel with its lines, or None."""
    row = tx.one(_SHIPMENT, id=shipment)
    if row is None:
        return None
    return Shipment(
        id=row["id"],
        order_id=row["order_id"],
        order_code=row["code"],
        order_status=OrderStatus(row["order_status"]),
        buyer_id=row["buyer_id"],
        supplier_id=row["supplier_id"],
        supplier_name=row["supplier_name"],
        status=ShipmentStatus(row["status"]),
        recipient=row["recipient"],
        phone=row["phone"],
        address=row["address"],
        ships_by=row["ships_by"],
        carrier=row["carrier"],
        tracking=row["tracking"],
        currency=row["currency"],
        location=row["location"],
        pickup_number=row["pickup_number"],
        fee=deliveries.fee_of(tx, row["order_id"], row["supplier_id"]),
        is_called_off=row["called_off_at"] is not None,
        lines=tuple(line for line in orders.lines_of(tx, row["order_id"]) if line.supplier_id == row["supplier_id"]),
    )


_OPEN = """
    SELECT id FROM shipments INDEXED BY shipments_by_supplier
    WHERE supplier_id = :supplier AND status IN ('requested', 'accepted') ORDER BY id LIMIT :limit
"""


_READY = """
    SELECT id FROM shipments INDEXED BY shipments_to_hand_over
    WHERE supplier_id = :supplier AND status = 'shipped' AND pickup_number IS NOT NULL ORDER BY id LIMIT :limit
"""


def to_do(tx: Tx, supplier: int, limit: int = 20) -> list[int]:
    """Parcels the supplier still has to send, oldest first; then those that wait for the buyer to come."""
    return [
        *(row["id"] for row in tx.all(_OPEN, supplier=supplier, limit=limit)),
        *(row["id"] for row in tx.all(_READY, supplier=supplier, limit=limit)),
    ]


def request(tx: Tx, order: orders.Order, now: int) -> None:
    """Ask every supplier of a paid order for its lines."""
    for supplier in dict.fromkeys(line.supplier_id for line in order.lines):
        ships_by = tx.value(_PROMISE, order=order.id, supplier=supplier, now=now, day=DAY)
        shipment = tx.insert(
            _REQUEST,
            order=order.id,
            supplier=supplier,
            ships_by=ships_by,
            number=order.pickup_number,
            now=now,
        )
        for person in roles.holders(tx, Role.SUPPLIER, supplier):
            outbox.tell(
                tx,
                person,
                "shipment_card",
                now=now,
                lane=Lane.ORDER,
                card=f"shipment:{shipment}",
                shipment=shipment,
            )


_PROMISE_ANEW = """
    UPDATE shipments SET ships_by = (
        SELECT MIN(coalesce(l.ships_until, shipments.requested_at + f.ships_within_days * :day))
        FROM order_lines AS l JOIN offers AS f ON f.id = l.offer_id
        WHERE l.order_id = :order AND l.supplier_id = shipments.supplier_id)
    WHERE order_id = :order AND status IN ('requested', 'accepted')
    RETURNING id
"""


def promise_anew(tx: Tx, order: int, now: int) -> None:
    """Lines of a paid order ship on another day than they did: its parcels do too, and their cards say so where they
    stand, in no hurry, because there may be thousands."""
    for row in tx.all(_PROMISE_ANEW, order=order, day=DAY):
        for chat in cards.chats(tx, f"shipment:{row['id']}"):
            card = f"shipment:{row['id']}"
            outbox.tell(tx, chat, "shipment_card", now=now, lane=Lane.BROADCAST, card=card, shipment=row["id"])


def tell_changed(tx: Tx, shipment_id: int, now: int) -> None:
    """A parcel that has not left is another than the one that was asked for: its card shows it, and a message of its
    own says so, because it may be packed already."""
    shipment = view(tx, shipment_id)
    if shipment is None:
        return
    for person in roles.holders(tx, Role.SUPPLIER, shipment.supplier_id):
        outbox.tell(
            tx,
            person,
            "shipment_card",
            now=now,
            lane=Lane.ORDER,
            card=f"shipment:{shipment_id}",
            shipment=shipment_id,
        )
        outbox.tell(tx, person, "shipment_changed", now=now, lane=Lane.ORDER, shipment=shipment_id)


def _refresh(tx: Tx, shipment: Shipment, now: int, actor: int, anchor: int | None) -> None:
    """Bring the card up to date with everybody who speaks for the supplier; the actor's answers the tap."""
    everyone = dict.fromkeys([actor, *roles.holders(tx, Role.SUPPLIER, shipment.supplier_id)])
    for person in everyone:
        if person == shipment.buyer_id and person == actor and not roles.supplies(tx, actor, shipment.supplier_id):
            continue
        outbox.tell(
            tx,
            person,
            "shipment_card",
            now=now,
            lane=Lane.REPLY if person == actor else Lane.ORDER,
            card=f"shipment:{shipment.id}",
            anchor=anchor if person == actor else None,
            shipment=shipment.id,
        )


def _step(
    tx: Tx, actor: int, shipment_id: int, status: ShipmentStatus, now: int
) -> Shipment | NotAllowed | NotFound | NotNow:
    """The supplier moves its parcel on; the caller writes the state's own columns."""
    shipment = view(tx, shipment_id)
    if shipment is None:
        return NotFound()
    if not roles.supplies(tx, actor, shipment.supplier_id):
        return NotAllowed()
    if not can(shipment.status, status) or shipment.status is ShipmentStatus.SHIPPED:
        return not_now(shipment)
    tx.run("UPDATE shipments SET status = :status WHERE id = :id", id=shipment_id, status=status)
    word = "ready" if shipment.is_pickup and status is ShipmentStatus.SHIPPED else status.value
    audit.note(tx, actor, f"shipment.{word}", f"order:{shipment.order_id}", now, shipment=shipment_id)
    return shipment


def accept(
    tx: Tx, *, actor: int, shipment_id: int, now: int, anchor: int | None = None
) -> Moved | NotAllowed | NotFound | NotNow:
    """The supplier will send it."""
    shipment = _step(tx, actor, shipment_id, ShipmentStatus.ACCEPTED, now)
    if not isinstance(shipment, Shipment):
        return shipment
    tx.run("UPDATE shipments SET accepted_at = :now WHERE id = :id", id=shipment_id, now=now)
    _refresh(tx, shipment, now, actor, anchor)
    requests.refresh_of(tx, shipment.order_id, now)
    return Moved(shipment_id=shipment_id, status=ShipmentStatus.ACCEPTED)


def ship(
    tx: Tx,
    *,
    actor: int,
    shipment_id: int,
    carrier: str | None,
    tracking: str | None,
    now: int,
    anchor: int | None = None,
) -> Moved | NotAllowed | NotFound | NotNow:
    """The parcel is on its way; the buyer is told with carrier and number. One that is picked up is ready, and has
    neither."""
    shipment = _step(tx, actor, shipment_id, ShipmentStatus.SHIPPED, now)
    if not isinstance(shipment, Shipment):
        return shipment
    tx.run(
        "UPDATE shipments SET shipped_at = :now, accepted_at = coalesce(accepted_at, :now), carrier = :carrier, "
        "tracking = :tracking WHERE id = :id",
        id=shipment_id,
        now=now,
        carrier=carrier,
        tracking=tracking,
    )
    outbox.tell(tx, shipment.buyer_id, "shipment_shipped", now=now, lane=Lane.ORDER, shipment=shipment_id)
    _refresh(tx, shipment, now, actor, anchor)
    requests.refresh_of(tx, shipment.order_id, now)
    return Moved(shipment_id=shipment_id, status=ShipmentStatus.SHIPPED)


def fail(
    tx: Tx, *, actor: int, shipment_id: int, now: int, anchor: int | None = None
) -> Moved | NotAllowed | NotFound | NotNow:
    """The supplier can't supply: a refund is owed for its lines and what bringing them cost, and those units are no
    longer for sale."""
    shipment = _step(tx, actor, shipment_id, ShipmentStatus.FAILED, now)
    if not isinstance(shipment, Shipment):
        return shipment
    tx.run("UPDATE shipments SET ended_at = :now WHERE id = :id", id=shipment_id, now=now)
    for line in shipment.lines:
        stock.withdraw(tx, line.offer_id, shipment.order_id, line.quantity, now, "cannot supply")
    settle_order(tx, shipment.order_id, now)
    refund = refunds.owe(tx, shipment.order_id, _share(tx, shipment), "cannot_supply", now)
    outbox.tell(
        tx,
        shipment.buyer_id,
        "shipment_failed",
        now=now,
        lane=Lane.ORDER,
        shipment=shipment_id,
        refund=refund,
    )
    _refresh(tx, shipment, now, actor, anchor)
    requests.refresh_of(tx, shipment.order_id, now)
    return Moved(shipment_id=shipment_id, status=ShipmentStatus.FAILED)


def _share(tx: Tx, shipment: Shipment) -> int:
    """What a failed parcel was worth: its lines and its delivery fee; with the last one of a cancelled order,
    everything still held."""
    worth = sum(line.total for line in shipment.lines) + shipment.fee
    order = orders.view(tx, shipment.order_id)
    if order is None:
        return worth
    left = order.confirmed - refunds.promised(tx, order.id)
    return left if order.status is OrderStatus.CANCELLED else min(worth, left)


def receive(
    tx: Tx, *, actor: int, shipment_id: int, now: int, anchor: int | None = None
) -> Moved | NotFound | NotNow:
    """The buyer has it in hand; with the last parcel the order is complete."""
    shipment = view(tx, shipment_id)
    if shipment is None or shipment.buyer_id != actor:
        return NotFound()
    if not can(shipment.status, ShipmentStatus.DELIVERED):
        return not_now(shipment)
    audit.note(tx, actor, "shipment.delivered", f"order:{shipment.order_id}", now, shipment=shipment_id)
    _deliver(tx, shipment, now)
    outbox.tell(tx, actor, "shipment_received", now=now, anchor=anchor, shipment=shipment_id)
    for person in roles.holders(tx, Role.SUPPLIER, shipment.supplier_id):
        outbox.tell(
            tx,
            person,
            "shipment_card",
            now=now,
            lane=Lane.ORDER,
            card=f"shipment:{shipment_id}",
            shipment=shipment_id,
        )
    return Moved(shipment_id=shipment_id, status=ShipmentStatus.DELIVERED)


def hand_over(
    tx: Tx, *, actor: int, shipment_id: int, now: int, anchor: int | None = None
) -> Moved | NotAllowed | NotFound | NotNow:
    """The buyer has come for it, says the supplier. Only of what is picked up: a parcel on its way is the buyer's
    word."""
    shipment = view(tx, shipment_id)
    if shipment is None or not shipment.is_pickup:
        return NotFound()
    if not roles.supplies(tx, actor, shipment.supplier_id):
        return NotAllowed()
    if not can(shipment.status, ShipmentStatus.DELIVERED):
        return not_now(shipment)
    audit.note(tx, actor, "shipment.handed_over", f"order:{shipment.order_id}", now, shipment=shipment_id)
    _deliver(tx, shipment, now)
    outbox.tell(tx, shipment.buyer_id, "shipment_received", now=now, lane=Lane.ORDER, shipment=shipment_id)
    _refresh(tx, shipment, now, actor, anchor)
    return Moved(shipment_id=shipment_id, status=ShipmentStatus.DELIVERED)


def _deliver(tx: Tx, shipment: Shipment, now: int) -> None:
    """It is in the buyer's hands, and the order perhaps complete."""
    tx.run("UPDATE shipments SET status = 'delivered', ended_at = :now WHERE id = :id", id=shipment.id, now=now)
    settle_order(tx, shipment.order_id, now)


_END = """
    UPDATE orders SET status = :status,
        completed_at = CASE WHEN :status = 'completed' THEN :now END,
        cancelled_at = CASE WHEN :status = 'cancelled' THEN :now END,
        cancel_reason = CASE WHEN :status = 'cancelled' THEN 'nobody could supply' END
    WHERE id = :id AND status = 'paid'
"""


def settle_order(tx: Tx, order: int, now: int) -> None:
    """Complete or cancel the order once every parcel has ended."""
    rows = tx.all("SELECT status FROM shipments WHERE order_id = :order", order=order)
    end = outcome_of_shipments([ShipmentStatus(row["status"]) for row in rows])
    if end is not None and tx.run(_END, id=order, status=end, now=now):
        audit.note(tx, None, f"order.{end}", f"order:{order}", now)
        if end is OrderStatus.CANCELLED:
            discounts.give_back(tx, order)
        requests.lapse(tx, order, now)
        endings.refresh_card(tx, order, now)
