"""First paid, first served: when a confirmed payment takes its units, and who is told that they are gone.

A submitted receipt takes nothing: anybody can send a picture, only a cashier knows that money came. Owns no table.
"""

from collections import Counter

from shop import offers as rules
from storage import claims, discounts, endings, offers, outbox, stock
from storage.connection import Tx
from storage.orders import Order, OrderLine
from storage.outbox import Lane

MOST_TOLD = 200


def take_unheld(tx: Tx, order: Order, now: int) -> list[OrderLine]:
    """Take what an unpaid order has not taken yet, line by line; returns the lines whose packs are not all there.

    Lines that hold their units already are in none of this: they were kept, and stay so.
    """
    held = stock.held_by(tx, order.id)
    gone: list[OrderLine] = []
    for line in order.lines:
        kept = min(line.quantity, held.get(line.offer_id, 0))
        held[line.offer_id] = held.get(line.offer_id, 0) - kept
        if kept == line.quantity:
            continue
        if claims.take(tx, line.offer_id, order.id, order.buyer_id, line.quantity - kept, now, "paid first"):
            tell_if_gone(tx, line.offer_id, order.id, now)
        else:
            gone.append(line)
    return gone


def revive(tx: Tx, order: Order, now: int) -> bool:
    """Late money: take everything of an expired order again, if its stream goes on and its buyer may have as much."""
    return not is_called_off(tx, order) and is_within_limits(tx, order) and take_again(tx, order, now)


def is_called_off(tx: Tx, order: Order) -> bool:
    """Its stream was cancelled, and every unpaid order with it: late money brings none back."""
    return tx.one("SELECT 1 FROM streams WHERE id = :id AND status = 'cancelled'", id=order.stream_id) is not None


def take_again(tx: Tx, order: Order, now: int) -> bool:
    """Take the units of an expired order again, and its special prices: all of them or none. What is held for its
    buyer meanwhile, by the waiting list or by words, counts."""
    wanted = Counter[int]()
    for line in order.lines:
        wanted[line.offer_id] += line.quantity
    rooms = {offer: claims.room(tx, offer, order.buyer_id) for offer in wanted}
    if any(room is not None and room < wanted[offer] for offer, room in rooms.items()):
        return False
    if not discounts.take_again(tx, order.id):
        return False
    for offer, units in wanted.items():
        if not claims.take(tx, offer, order.id, order.buyer_id, units, now, "late payment"):
            raise RuntimeError(f"order {order.id}: units that were there are gone inside one transaction")
    return True


def is_within_limits(tx: Tx, order: Order) -> bool:
    """Would reviving an expired order stay within the limits per buyer? What was ordered since counts."""
    wanted: dict[int, int] = {}
    for line in order.lines:
        wanted[line.offer_id] = wanted.get(line.offer_id, 0) + line.quantity
    for offer_id, quantity in wanted.items():
        offer = offers.view(tx, offer_id)
        if offer is None or offer.limit_per_buyer is None:
            continue
        if not rules.allowed(offer.limit_per_buyer, offers.bought_by(tx, offer_id, order.buyer_id), quantity):
            return False
    return True


def unheld_gone(tx: Tx, order: Order) -> list[OrderLine]:
    """Lines an unpaid order has not taken and could not take now, as `take_unheld` would."""
    held = stock.held_by(tx, order.id)
    rooms: dict[int, int | None] = {}
    gone: list[OrderLine] = []
    for line in order.lines:
        kept = min(line.quantity, held.get(line.offer_id, 0))
        held[line.offer_id] = held.get(line.offer_id, 0) - kept
        missing = line.quantity - kept
        if not missing:
            continue
        if line.offer_id not in rooms:
            rooms[line.offer_id] = claims.room(tx, line.offer_id, order.buyer_id)
        room = rooms[line.offer_id]
        if room is None:
            continue
        if room < missing:
            gone.append(line)
        else:
            rooms[line.offer_id] = room - missing
    return gone


# Newest last: whoever ordered first reads it first. Those with a receipt at the cashier hear the decision.
_WAITING = """
    SELECT o.id, o.buyer_id FROM order_lines AS l INDEXED BY order_lines_unheld
    JOIN orders AS o ON o.id = l.order_id
    WHERE l.offer_id = :offer AND l.hold = 'first_paid' AND o.status = 'pending' AND o.id <> :order
      AND NOT EXISTS (SELECT 1 FROM payments WHERE order_id = o.id AND status = 'submitted')
    ORDER BY o.id LIMIT :limit
"""


def tell_if_gone(tx: Tx, offer_id: int, order: int, now: int) -> None:
    """The last packs have just been paid for: nobody should pay for them again. Told once an order."""
    offer = offers.view(tx, offer_id)
    if offer is None or not offer.is_sold_out:
        return
    for row in tx.all(_WAITING, offer=offer_id, order=order, limit=MOST_TOLD):
        told = outbox.tell(
            tx,
            row["buyer_id"],
            "order_gone",
            now=now,
            lane=Lane.ORDER,
            dedupe=f"gone:{row['id']}:{offer_id}",
            order=row["id"],
        )
        if told is not None:
            endings.refresh_card(tx, row["id"], now)
