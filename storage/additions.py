"""More goods for an order that stands and is not paid: `Add to my open order`.

Owns `order_additions` and the act `add`. Nobody keeps goods back for ever so: how far the time to pay moves is a rule
of `shop.orders`. What a receipt has been sent for never changes: an order under review takes in nothing.
"""

from dataclasses import dataclass

from shop.holds import Hold
from shop.orders import MOST_LINES, prolonged
from shop.quotes import Line
from storage import audit, carts, checkouts, claims, dialogs, orders, quotes
from storage.checkouts import CHECKOUT, AlreadyPlaced, Dearer
from storage.connection import Tx
from storage.offers import Offer
from storage.orders import OrderPolicy
from storage.people import NotFound
from storage.quotes import Quote, QuotedLine, SoldOut, Wish
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
) -> dialogs.Dialog | quotes.Refusal:
    """`Add to my open order` on an offer card: show what the order would come to."""
    quoted = quotes.quote(tx, buyer=actor, wishes=[wish], now=now)
    if not isinstance(quoted, Quote):
        return quoted
    order = open_of(tx, actor, quoted.stream_id)
    if order is None or not order.is_in_time(now):
        return NotFound()
    data = {"lines": [[wish.offer_id, wish.quantity, wish.price]], "order": order.id}
    return dialogs.begin(tx, actor=actor, kind=ADDITION, step=step, data=data, now=now, anchor=anchor)


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
) -> Added | AlreadyPlaced | Dearer | Shut | TooLong | quotes.Refusal:
    """Put the actor's checkout into their open order instead of a new one: all of it or nothing.

    `terms` is the version of the perishables sentence that stood above the button, `shown` what the addition came to
    there: nobody pays more than that unasked. The code is sent anew with the new
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
    if shown is not None and quoted.sums.total > shown:
        return Dearer(checkout=checkout)
    row = tx.one(_TAKES_MORE, id=order_id, buyer=actor, stream=quoted.stream_id, currency=quoted.currency, now=now)
    if row is None:
        return Shut(order_id=order_id)
    for line in quoted.lines:
        if not _join(tx, order_id, line):
            return Dearer(checkout=checkout)
        offer = line.offer
        is_kept = offer.hold is Hold.ON_ORDER
        packs = line.line.quantity
        if is_kept and not claims.take(tx, offer.id, order_id, actor, packs, now, "added to the order"):
            return SoldOut(offer_id=offer.id, free=offer.free or 0)
    if len(orders.lines_of(tx, order_id)) > MOST_LINES:
        return TooLong(most=MOST_LINES)
    _sum_up(tx, OpenOrder(**dict(row)), quoted, terms, policy, now)
    if checkouts.is_of_cart(dialog):
        carts.take_out(tx, actor, wishes)
    dialogs.end(tx, dialog=checkout, now=now)
    tx.run(_NOTE, checkout=checkout, order=order_id, now=now)
    audit.note(tx, actor, "order.added", f"order:{order_id}", now, amount=quoted.sums.total)
    orders.reissue(tx, order_id, actor, now)
    return Added(order_id=order_id)


_NOTE = "INSERT INTO order_additions (checkout_id, order_id, added_at) VALUES (:checkout, :order, :now)"
# Only into a line that was frozen at this very price and policy, and of the product as it still is.
_JOIN = """
    UPDATE order_lines SET quantity = quantity + :quantity, discount = discount + :discount, total = total + :total
    WHERE id = (
        SELECT l.id FROM order_lines AS l INDEXED BY order_lines_by_order
        JOIN products AS p ON p.id = l.product_id JOIN suppliers AS s ON s.id = l.supplier_id
        WHERE l.order_id = :order AND l.offer_id = :offer AND l.unit_price = :unit_price AND l.hold = :hold
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


def _sum_up(tx: Tx, order: OpenOrder, quoted: Quote, terms: str, policy: OrderPolicy, now: int) -> None:
    """The order's sums and its time with what was added. It is reminded of once, as before."""
    sums = quoted.sums
    tx.run(
        _SUM_UP,
        id=order.id,
        lines_total=sums.lines_total,
        discounts=sums.discount_total,
        fee=sums.delivery_fee,
        total=sums.total,
        terms=terms,
        pay_by=order.pay_by_then(policy, now),
        grace=policy.grace_ms,
    )
    tx.rings_due = True
