"""What a buyer changes about an order that is not paid: packs and lines. Where it goes is in `redirections`.

Owns `rewrite`, the way order lines change after they were placed; more goods come by `additions`. What comes after
payment is in `requests`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shop import offers as rules
from shop.delivery import Tariff
from shop.holds import Hold
from shop.orders import OrderStatus
from shop.quotes import Line
from storage import audit, claims, deliveries, dialogs, discounts, offers, orders, outbox, quotes, tariffs, waitlist
from storage.connection import Tx
from storage.deliveries import Delivery, Parcel
from storage.offers import Offer
from storage.orders import Order, OrderLine
from storage.people import NotFound
from storage.quotes import LimitReached, NotDeliveredThere, Outdated, SoldOut, Wish
from storage.store import Refused

CHANGE = "change"
"""The dialog in which packs are chosen; its data: `order`, and `lines`, line id (as text) -> packs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The order stands as wished."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderReview(Refused):
    """A cashier is looking at a receipt for the order as it is."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLate(Refused):
    """The order is paid or over."""

    order_id: int
    status: OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied(Refused):
    """Nothing would be left: that is cancelling, which asks once more."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany(Refused):
    """`possible` packs are the most this line can have; the order is as it was."""

    offer_id: int
    possible: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AtSpecialPrices(Refused):
    """What was taken off is frozen for just these packs: the order can only be cancelled, and placed anew."""

    order_id: int


Refusal = AtSpecialPrices | UnderReview | TooLate | Emptied | TooMany | NotDeliveredThere | Outdated | quotes.Refusal


# -- The lines ----------------------------------------------------------------------------------------------

_RESIZE = "UPDATE order_lines SET quantity = :quantity, discount = :discount, total = :total WHERE id = :id"
_SUM_UP = """
    UPDATE orders SET (lines_total, discount_total, delivery_fee, total) = (
        SELECT goods, off, fees, goods - off + fees FROM
            (SELECT sum(quantity * unit_price) AS goods, sum(discount) AS off FROM order_lines WHERE order_id = :id),
            (SELECT coalesce(sum(fee), 0) AS fees FROM order_deliveries WHERE order_id = :id))
    WHERE id = :id
"""


def rewrite(tx: Tx, order: int, quantities: Mapping[int, int]) -> int:
    """Write new packs by line id, 0 takes the line out, and the order's sums; returns by how much the total fell.

    Touches no units: whoever calls has taken or given back exactly the difference. Special prices leave with their
    line, the delivery fee with the last line of its parcel; a parcel that stays costs what it did.
    Raises ValueError if no line would be left, or one with special prices would be of another size.
    """
    before = orders.lines_of(tx, order)
    if not any(quantities.get(line.id, line.quantity) for line in before):
        raise ValueError(f"order {order} would have no lines")
    total: int = tx.value("SELECT total FROM orders WHERE id = :id", id=order)
    for line in before:
        quantity = quantities.get(line.id, line.quantity)
        if quantity == 0:
            discounts.drop(tx, order, line.id)
            tx.run("DELETE FROM order_lines WHERE id = :id", id=line.id)
        elif quantity != line.quantity:
            if line.specials:
                raise ValueError(f"line {line.id} has special prices")
            new = _frozen(line).resized(quantity)
            tx.run(_RESIZE, id=line.id, quantity=quantity, discount=new.discount, total=new.total)
    left = {line.supplier_id for line in before if quantities.get(line.id, line.quantity)}
    for supplier in {line.supplier_id for line in before} - left:
        deliveries.drop(tx, order, supplier)
    sum_up(tx, order)
    after: int = tx.value("SELECT total FROM orders WHERE id = :id", id=order)
    return total - after


def sum_up(tx: Tx, order: int) -> None:
    """The order's sums, of its lines and fees as they are."""
    tx.run(_SUM_UP, id=order)


def worth(order: Order, quantities: Mapping[int, int]) -> int:
    """By how much the total would fall: what would go back for these lines, and for bringing parcels nothing would be
    left in."""
    goods = sum(
        line.total - _frozen(line).resized(quantities[line.id]).total for line in order.lines if line.id in quantities
    )
    left = {line.supplier_id for line in order.lines if quantities.get(line.id, line.quantity)}
    return goods + sum(each.fee for each in order.deliveries if each.supplier_id not in left)


def _frozen(line: OrderLine) -> Line:
    return Line(quantity=line.quantity, unit_price=line.unit_price, discount=line.discount)


# -- What delivery costs then -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What an order would come to with other packs, each parcel with what bringing it would cost (minor units)."""

    deliveries: tuple[Delivery, ...]
    total: int


def priced(order: Order, quantities: Mapping[int, int], terms: Mapping[int, Tariff]) -> Priced:
    """An unpaid order with these packs: a parcel that changes costs what its supplier's tariff in force (`terms`)
    says of what is left in it; one that stays as it is costs what it cost."""
    sizes = {line.id: quantities.get(line.id, line.quantity) for line in order.lines}
    parcels = [
        Parcel(
            supplier_id=line.supplier_id,
            supplier_name=line.supplier_name,
            worth=_frozen(line).resized(sizes[line.id]).total,
        )
        for line in order.lines
        if sizes[line.id]
    ]
    changed = {line.supplier_id for line in order.lines if sizes[line.id] != line.quantity}
    found = deliveries.anew(terms, parcels, order.to, before=order.deliveries, changed=changed)
    total = sum(parcel.worth for parcel in parcels) + sum(each.fee for each in found)
    return Priced(deliveries=found, total=total)


# -- Packs --------------------------------------------------------------------------------------------------


def changeable(tx: Tx, order_id: int, actor: int) -> Order | NotFound | UnderReview | TooLate:
    """The buyer's own order while they may change it without asking."""
    order = orders.view(tx, order_id)
    if order is None or order.buyer_id != actor:
        return NotFound()
    if order.is_under_review:
        return UnderReview(order_id=order_id)
    if order.status is not OrderStatus.PENDING:
        return TooLate(order_id=order_id, status=order.status)
    return order


def wanted(order: Order, dialog: dialogs.Dialog) -> dict[int, int]:
    """Line id -> packs as the draft has it; lines it does not name stay as they are."""
    draft = dialog.data["lines"]
    return {line.id: int(draft.get(str(line.id), line.quantity)) for line in order.lines}


def save(
    tx: Tx, *, actor: int, dialog_id: int, now: int, shown: int | None = None, anchor: int | None = None
) -> Changed | Refusal:
    """`Save`: the draft becomes the order, all of it or nothing, for at most the total that was `shown`.

    Fewer packs give back the difference, more take it at the price that was ordered; delivery is `priced` anew. The
    payment code comes anew with the new total, the time to pay stays. A refusal leaves the draft, to be mended.
    """
    dialog = dialogs.view(tx, dialog_id)
    if dialog is None or dialog.person != actor or dialog.kind != CHANGE:
        return NotFound()
    order = changeable(tx, dialog.data["order"], actor)
    if not isinstance(order, Order):
        return order
    if order.has_specials:
        return AtSpecialPrices(order_id=order.id)
    quantities = wanted(order, dialog)
    refusal = _apply(tx, order, quantities, now) or _reprice(tx, order, quantities, shown)
    if refusal is not None:
        return refusal
    dialogs.end(tx, dialog=dialog_id, now=now)
    if any(quantities[line.id] != line.quantity for line in order.lines):
        audit.note(tx, actor, "order.changed", f"order:{order.id}", now, lines=_told(order, quantities))
        orders.reissue(tx, order.id, actor, now, anchor)
    else:
        outbox.tell(tx, actor, "order_card", now=now, anchor=anchor, order=order.id)
    return Changed(order_id=order.id)


def _reprice(
    tx: Tx, order: Order, quantities: Mapping[int, int], shown: int | None
) -> NotDeliveredThere | Outdated | None:
    """What bringing it costs now, written into the order. A parcel may shrink where nothing is delivered any more; it
    can't grow there."""
    whole = priced(order, quantities, tariffs.of_all(tx, order.suppliers))
    grown = {line.supplier_id for line in order.lines if quantities[line.id] > line.quantity}
    for each in whole.deliveries:
        if each.refused_in is not None and each.supplier_id in grown:
            return NotDeliveredThere(supplier_id=each.supplier_id, region=each.refused_in)
    if shown is not None and whole.total > shown:
        return Outdated()
    deliveries.keep(tx, order.id, whole.deliveries)
    sum_up(tx, order.id)
    return None


def _told(order: Order, quantities: Mapping[int, int]) -> str:
    """`EGG 3 → 1, RICE 2 → 0`, for the audit."""
    return ", ".join(
        f"{line.code} {line.quantity} → {quantities[line.id]}"
        for line in order.lines
        if quantities[line.id] != line.quantity
    )


def _apply(tx: Tx, order: Order, quantities: Mapping[int, int], now: int) -> Refusal | None:
    if any(quantity != 0 and not rules.is_quantity(quantity) for quantity in quantities.values()):
        return NotFound()
    if not any(quantities.values()):
        return Emptied(order_id=order.id)
    fewer = [line for line in order.lines if quantities[line.id] < line.quantity]
    for line in fewer:
        if line.hold is Hold.ON_ORDER:
            less = line.quantity - quantities[line.id]
            waitlist.give_back(tx, line.offer_id, order.id, less, now, "order changed")
    if fewer:
        rewrite(tx, order.id, {line.id: quantities[line.id] for line in fewer})
    for line in order.lines:
        if quantities[line.id] > line.quantity:
            refusal = _more(tx, order, line, quantities[line.id], now)
            if refusal is not None:
                return refusal
    return None


def _more(tx: Tx, order: Order, line: OrderLine, quantity: int, now: int) -> Refusal | None:
    """More packs of a line, at the price it was ordered at, if that is still the price."""
    more = quantity - line.quantity
    wish = Wish(offer_id=line.offer_id, quantity=more, price=line.unit_price)
    allowed = quotes.check(tx, wish, order.buyer_id, now)
    if isinstance(allowed, SoldOut | LimitReached):
        offer = offers.view(tx, line.offer_id)
        return NotFound() if offer is None else _too_many(tx, order, line, offer)
    if not isinstance(allowed, Offer):
        return allowed
    # What ships on another day by now is another promise than the line's.
    if line.ships_until != allowed.promised_until:
        return TooMany(offer_id=line.offer_id, possible=line.quantity)
    if line.hold is Hold.ON_ORDER and not claims.take(
        tx, line.offer_id, order.id, order.buyer_id, more, now, "order changed"
    ):
        return _too_many(tx, order, line, allowed)
    rewrite(tx, order.id, {line.id: quantity})
    return None


def _too_many(tx: Tx, order: Order, line: OrderLine, offer: Offer) -> TooMany:
    already = offers.bought_by(tx, offer.id, order.buyer_id)
    possible = line.quantity + rules.most(offer.limit_per_buyer, already, claims.room(tx, offer.id, order.buyer_id))
    return TooMany(offer_id=offer.id, possible=possible)
