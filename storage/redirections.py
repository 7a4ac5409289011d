"""An order goes somewhere else than it was placed for: unpaid as its buyer wishes, paid by a cashier's word.

Owns no table. Before payment delivery is priced anew, by the tariffs in force; after it the money stays as it is.
"""

from dataclasses import dataclass, replace

from storage import amendments, audit, deliveries, holds, orders, outbox, payments, pickups, tariffs
from storage.amendments import Changed, TooLate, UnderReview
from storage.connection import Tx
from storage.deliveries import Delivery, Destination
from storage.orders import Order
from storage.people import NotFound
from storage.quotes import NotDeliveredThere, Outdated, SoldOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirected:
    """An order as it would be at another place; amounts in minor units."""

    to: Destination
    deliveries: tuple[Delivery, ...]
    total: int

    @property
    def fee(self) -> int:
        return sum(each.fee for each in self.deliveries)


def places(tx: Tx, order: Order) -> list[pickups.Point]:
    """Where the order could be picked up, all of it."""
    return [] if order.stream_id is None else pickups.for_order(tx, order.suppliers)


def redirected(tx: Tx, order: Order, to: Destination) -> Redirected | NotDeliveredThere | NotFound:
    """What the order would come to if it went there, by the tariffs in force. NotFound is a place where it can't be
    picked up."""
    if to.pickup_point is not None and to.pickup_point != order.pickup_point_id:
        point = next((each for each in places(tx, order) if each.id == to.pickup_point), None)
        if point is None:
            return NotFound()
        to = replace(to, address=point.whole, location=None)
    if _is_same_place(order, to):
        return Redirected(to=to, deliveries=order.deliveries, total=order.total)
    terms = tariffs.of_all(tx, order.suppliers)
    found = deliveries.anew(terms, order.parcels, to, before=order.deliveries, changed=order.suppliers)
    for each in found:
        if each.refused_in is not None:
            return NotDeliveredThere(supplier_id=each.supplier_id, region=each.refused_in)
    total = order.total - order.delivery_fee + sum(each.fee for each in found)
    return Redirected(to=to, deliveries=found, total=total)


def _is_same_place(order: Order, to: Destination) -> bool:
    """Only who receives it is another: nothing costs anything else."""
    return order.pickup_point_id == to.pickup_point and (to.pickup_point is not None or order.address == to.address)


_WRITE = """
    UPDATE orders SET recipient = :recipient, phone = :phone, address = :address, location = :location,
        pickup_point_id = :point, pickup_number = :number
    WHERE id = :id
"""


def write(tx: Tx, order: Order, to: Destination) -> None:
    """Where the order goes from now on; the saved addresses of the buyer stay. Another pick-up point gives another
    number; at the same one it keeps place, hours and number as they were told."""
    point, number, address = to.pickup_point, None, to.address
    if point is not None and point == order.pickup_point_id:
        number, address = order.pickup_number, order.address
    elif point is not None:
        number = pickups.next_number(tx, point, order.stream_id or 0)
    tx.run(
        _WRITE,
        id=order.id,
        recipient=to.recipient,
        phone=to.phone,
        address=address,
        location=to.location,
        point=point,
        number=number,
    )


def redirect(
    tx: Tx,
    *,
    actor: int,
    order_id: int,
    to: Destination,
    now: int,
    shown: int | None = None,
    anchor: int | None = None,
) -> Changed | NotFound | UnderReview | TooLate | NotDeliveredThere | Outdated | SoldOut:
    """The buyer sends an unpaid order somewhere else, or picks it up, for at most the total that was `shown`.

    Where it comes to another total, or gets another number, the payment code comes anew. Where only delivery was to
    be paid and costs nothing there, the order is paid.
    """
    order = amendments.changeable(tx, order_id, actor)
    if not isinstance(order, Order):
        return order
    found = redirected(tx, order, to)
    if not isinstance(found, Redirected):
        return found
    if shown is not None and found.total > shown:
        return Outdated()
    write(tx, order, found.to)
    deliveries.keep(tx, order_id, found.deliveries)
    amendments.sum_up(tx, order_id)
    audit.note(tx, actor, "order.readdressed", f"order:{order_id}", now)
    free = orders.view(tx, order_id) if found.total == 0 else None
    if free is not None:
        gone = holds.take_unheld(tx, free, now)
        if gone:
            return SoldOut(offer_id=gone[0].offer_id, free=0)
        payments.settle(tx, free, now)
    if (found.total, found.to.pickup_point) != (order.total, order.pickup_point_id):
        orders.reissue(tx, order_id, actor, now, anchor)
    else:
        outbox.tell(tx, actor, "order_card", now=now, anchor=anchor, order=order_id)
    return Changed(order_id=order_id)
