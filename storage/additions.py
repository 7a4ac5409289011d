"""More goods for an order that stands and is not paid: `Add to my open order`.

Owns `order_additions` and the act `add`. Nobody keeps goods back for ever so: how far the time to pay moves is a rule
of `shop.orders`. What a receipt has been sent for never changes: an order under review takes in nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shop.delivery import Tariff
from shop.holds import Hold
from shop.orders import MOST_LINES, prolonged
from shop.quotes import Line
from storage import audit, carts, checkouts, claims, deliveries, dialogs, orders, pickups, quotes, tariffs
from storage.checkouts import CHECKOUT, AlreadyPlaced, Postponed
from storage.connection import Tx
from storage.deliveries import Delivery
from storage.offers import Offer
from storage.orders import Order, OrderPolicy
from storage.people import NotFound
from storage.quotes import NotDeliveredThere, Outdated, Quote, QuotedLine, SoldOut, Wish
from storage.store import Refused

ADDITION = "addition"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order that can take in more until `pay_by` (UTC ms); amounts in minor units."""

    id: int
    code: str
    currency: str
    total: int
    created_at: int
    pay_by: int

    def is_in_time(self, now: int) -> bool:
        return self.pay_by > now

    def pay_by_then(self, policy: OrderPolicy, now: int) -> int:
        """Until when it is to be paid if something is added now."""
        return prolonged(self.pay_by, created_at=self.created_at, now=now, pay_within_ms=policy.pay_within_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The goods are in the order, and what their offers keep for it is held."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut(Refused):
    """The order takes in nothing any more: a receipt is under review, it is paid, or it is over."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong(Refused):
    """The order would have more than `most` lines."""

    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotThere(Refused):
    """The order is picked up, and what is wished for can't be had at that place."""

    order_id: int


# Under review there is no `hold_until`.
_OPEN = """
    SELECT id, code, currency, total, created_at, pay_by FROM orders INDEXED BY orders_by_buyer
    WHERE buyer_id = :buyer AND stream_id = :stream AND status = 'pending' AND hold_until IS NOT NULL
    ORDER BY id DESC LIMIT 1
"""


def open_of(tx: Tx, buyer: int, stream: int) -> OpenOrder | None:
    """The buyer's newest order in a stream that waits for money and no receipt is sent for. Whether there is still
    time is `OpenOrder.is_in_time`."""
    row = tx.one(_OPEN, buyer=buyer, stream=stream)
    return None if row is None else OpenOrder(**dict(row))


def begin(
    tx: Tx, *, actor: int, wish: Wish, step: str, now: int, anchor: int | None = None
) -> dialogs.Dialog | NotDeliveredThere | NotThere | quotes.Refusal:
    """`Add to my open order` on an offer card: show what the order would come to."""
    quoted = quotes.quote(tx, buyer=actor, wishes=[wish], now=now)
    if not isinstance(quoted, Quote):
        return quoted
    order = open_of(tx, actor, quoted.stream_id)
    if order is None or not order.is_in_time(now):
        return NotFound()
    taker = taker_of(tx, order.id, quoted.suppliers)
    whole = NotFound() if taker is None else taker.joined(quoted)
    if not isinstance(whole, Joined):
        return whole
    lines = [[wish.offer_id, wish.quantity, wish.price]]
    data = {"lines": lines, "order": order.id, "until": checkouts.ships_until(tx, lines) or 0}
    return dialogs.begin(tx, actor=actor, kind=ADDITION, step=step, data=data, now=now, anchor=anchor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What an order comes to with more goods, in minor units. It rises by `rise`: the goods and what delivery costs
    more then, or less once it is free by value."""

    deliveries: tuple[Delivery, ...]
    fee: int
    rise: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """An order that may take in more, the tariffs in force, and whether all of it can be had where the order goes."""

    order: Order
    terms: Mapping[int, Tariff]
    is_there: bool

    def joined(self, more: Quote) -> Joined | NotDeliveredThere | NotThere:
        """The order with what is quoted. Parcels that get more are priced anew; the others cost what they did."""
        order = self.order
        if not self.is_there:
            return NotThere(order_id=order.id)
        parcels = [*order.parcels, *more.parcels]
        found = deliveries.anew(self.terms, parcels, order.to, before=order.deliveries, changed=more.suppliers)
        for each in found:
            if each.refused_in is not None:
                return NotDeliveredThere(supplier_id=each.supplier_id, region=each.refused_in)
        fee = sum(each.fee for each in found) - order.delivery_fee
        rise = more.sums.lines_total - more.sums.discount_total + fee
        return Joined(deliveries=found, fee=fee, rise=rise, total=order.total + rise)


def taker_of(tx: Tx, order_id: int, suppliers: Iterable[int]) -> Taker | None:
    """An order with what it takes to price goods of these suppliers in it; None if there is no such order."""
    order = orders.view(tx, order_id)
    if order is None:
        return None
    more = tuple(suppliers)
    point = order.pickup_point_id
    is_there = point is None or any(one.id == point for one in pickups.for_order(tx, (*order.suppliers, *more)))
    return Taker(order=order, terms=tariffs.of_all(tx, more), is_there=is_there)


_TAKES_MORE = """
    SELECT id, code, currency, total, created_at, pay_by FROM orders
    WHERE id = :id AND buyer_id = :buyer AND stream_id = :stream AND currency = :currency
      AND status = 'pending' AND hold_until IS NOT NULL AND pay_by > :now
"""


def add(
    tx: Tx,
    *,
    actor: int,
    checkout: int,
    order_id: int,
    terms: str,
    policy: OrderPolicy,
    now: int,
    shown: int | None = None,
) -> Added | AlreadyPlaced | Outdated | Postponed | NotDeliveredThere | NotThere | Shut | TooLong | quotes.Refusal:
    """Put the actor's checkout into their open order instead of a new one: all of it or nothing.

    `terms` is the version of the perishables sentence that stood above the button, `shown` by how much the order was
    to rise there, delivery included: nobody pays more than that unasked. The code is sent anew with the new
    total, and the one of before says that it is out of date. Tapping twice finds the order again.
    """
    dialog = dialogs.view(tx, checkout)
    if dialog is None or dialog.person != actor or dialog.kind not in (CHECKOUT, ADDITION):
        return checkouts.became(tx, checkout, actor)
    if not orders.is_buyer(tx, order_id, actor):
        return NotFound()
    wishes = checkouts.wishes(dialog)
    quoted = quotes.quote(tx, buyer=actor, wishes=wishes, now=now)
    if not isinstance(quoted, Quote):
        return quoted
    if (later := checkouts.postponed(tx, dialog, now, None)) is not None:
        return later
    row = tx.one(_TAKES_MORE, id=order_id, buyer=actor, stream=quoted.stream_id, currency=quoted.currency, now=now)
    if row is None:
        return Shut(order_id=order_id)
    taker = taker_of(tx, order_id, quoted.suppliers)
    whole = NotFound() if taker is None else taker.joined(quoted)
    if not isinstance(whole, Joined):
        return whole
    if shown is not None and whole.rise > shown:
        return Outdated()
    for line in quoted.lines:
        if not _join(tx, order_id, line):
            return Outdated()
        offer = line.offer
        is_kept = offer.hold is Hold.ON_ORDER
        packs = line.line.quantity
        if is_kept and not claims.take(tx, offer.id, order_id, actor, packs, now, "added to the order"):
            return SoldOut(offer_id=offer.id, free=offer.free or 0)
    if len(orders.lines_of(tx, order_id)) > MOST_LINES:
        return TooLong(most=MOST_LINES)
    _sum_up(tx, OpenOrder(**dict(row)), quoted, whole, terms, policy, now)
    deliveries.keep(tx, order_id, whole.deliveries)
    if checkouts.is_of_cart(dialog):
        carts.take_out(tx, actor, wishes)
    if "claim" in dialog.data:
        claims.ordered(tx, claim_id=dialog.data["claim"], buyer=actor, now=now)
    dialogs.end(tx, dialog=checkout, now=now)
    tx.run(_NOTE, checkout=checkout, order=order_id, now=now)
    audit.note(tx, actor, "order.added", f"order:{order_id}", now, amount=whole.rise)
    orders.reissue(tx, order_id, actor, now)
    return Added(order_id=order_id)


_NOTE = "INSERT INTO order_additions (checkout_id, order_id, added_at) VALUES (:checkout, :order, :now)"
# Only into a line that was frozen at this very price, policy and ship window, and of the product as it still is.
_JOIN = """
    UPDATE order_lines SET quantity = quantity + :quantity, discount = discount + :discount, total = total + :total
    WHERE id = (
        SELECT l.id FROM order_lines AS l INDEXED BY order_lines_by_order
        JOIN products AS p ON p.id = l.product_id JOIN suppliers AS s ON s.id = l.supplier_id
        WHERE l.order_id = :order AND l.offer_id = :offer AND l.unit_price = :unit_price AND l.hold = :hold
          AND l.ships_until IS :ships_until
          AND (l.code, l.names, l.units, l.base_units, l.pack_milli, l.supplier_name)
            = (p.code, p.names, p.units, p.base_units, p.pack_milli, s.name)
        LIMIT 1)
"""


def _join(tx: Tx, order: int, quoted: QuotedLine) -> bool:
    """More of a line that is there already, else a line of its own, as everything at a special price is; False if
    that is gone."""
    line = quoted.line
    return (not quoted.specials and _more_of(tx, order, quoted.offer, line)) or checkouts.put_in(tx, order, quoted)


def _more_of(tx: Tx, order: int, offer: Offer, line: Line) -> bool:
    """Is there such a line? Then it is longer now."""
    changed = tx.run(
        _JOIN,
        order=order,
        offer=offer.id,
        hold=offer.hold,
        ships_until=offer.promised_until,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=line.discount,
        total=line.total,
    )
    return changed > 0


_SUM_UP = """
    UPDATE orders SET lines_total = lines_total + :lines_total, discount_total = discount_total + :discounts,
        delivery_fee = delivery_fee + :fee, total = total + :total, terms = :terms,
        pay_by = :pay_by, hold_until = :pay_by + :grace
    WHERE id = :id
"""


def _sum_up(
    tx: Tx, order: OpenOrder, quoted: Quote, whole: Joined, terms: str, policy: OrderPolicy, now: int
) -> None:
    """The order's sums and its time with what was added. It is reminded of once, as before."""
    sums = quoted.sums
    tx.run(
        _SUM_UP,
        id=order.id,
        lines_total=sums.lines_total,
        discounts=sums.discount_total,
        fee=whole.fee,
        total=whole.rise,
        terms=terms,
        pay_by=order.pay_by_then(policy, now),
        grace=policy.grace_ms,
    )
    tx.rings_due = True
