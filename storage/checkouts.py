"""Placing an order: from a checkout dialog to an order that holds what its offers keep for it.

Owns the act `place` and the checkout's contents. The order itself is in `orders`, its end in `endings`.
"""

from dataclasses import dataclass

from shop.holds import Hold
from storage import addresses, audit, dialogs, outbox, quotes, stock
from storage.connection import Tx
from storage.orders import OrderPolicy, fresh_code
from storage.people import NotFound
from storage.quotes import Quote, SoldOut, Wish
from storage.store import Refused

CHECKOUT = "checkout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The order stands, and holds the units of every offer that keeps them for whoever orders."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyPlaced(Refused):
    """This checkout has become an order before."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressMissing(Refused):
    """Nobody knows yet where it should go."""


Refusal = quotes.Refusal | AddressMissing


def wishes(dialog: dialogs.Dialog) -> list[Wish]:
    """What a checkout dialog holds."""
    return [Wish(offer_id=line[0], quantity=line[1], price=line[2]) for line in dialog.data["lines"]]


def begin(
    tx: Tx, *, actor: int, wish: Wish, first_step: str, summary_step: str, now: int, anchor: int | None = None
) -> dialogs.Dialog | Refusal:
    """Order now: start a checkout. With a saved address the summary is next, else the first address question."""
    allowed = quotes.quote(tx, buyer=actor, wishes=[wish], now=now)
    if not isinstance(allowed, Quote):
        return allowed
    step = first_step if addresses.current(tx, actor) is None else summary_step
    data = {"lines": [[wish.offer_id, wish.quantity, wish.price]]}
    return dialogs.begin(tx, actor=actor, kind=CHECKOUT, step=step, data=data, now=now, anchor=anchor)


def give_address(
    tx: Tx, *, actor: int, dialog: dialogs.Dialog, address: addresses.Address, summary_step: str, now: int
) -> dialogs.Dialog | dialogs.Moved | None:
    """The last of the three address questions is answered: save it; a checkout goes on to its summary."""
    addresses.save(tx, actor=actor, address=address, now=now)
    if dialog.kind == CHECKOUT:
        return dialogs.advance(tx, dialog=dialog, step=summary_step, data={"lines": dialog.data["lines"]}, now=now)
    dialogs.end(tx, dialog=dialog.id, now=now)
    outbox.tell(tx, actor, "say", now=now, key="address.saved")
    return None


_INSERT = """
    INSERT INTO orders (code, buyer_id, stream_id, checkout_id, currency, lines_total, discount_total, delivery_fee,
        total, recipient, phone, address, pay_method, terms, created_at, pay_by, hold_until, remind_at)
    VALUES (:code, :buyer, :stream, :checkout, :currency, :lines_total, :discounts, :fee,
        :total, :recipient, :phone, :address, :method, :terms, :now, :pay_by, :hold_until, :remind_at)
"""
_INSERT_LINE = """
    INSERT INTO order_lines (order_id, offer_id, product_id, supplier_id, supplier_name, code, names, units,
        base_units, pack_milli, quantity, unit_price, discount, total, hold)
    SELECT :order, o.id, o.product_id, o.supplier_id, s.name, p.code, p.names, p.units,
        p.base_units, p.pack_milli, :quantity, :unit_price, :discount, :total, o.hold
    FROM offers AS o JOIN products AS p ON p.id = o.product_id JOIN suppliers AS s ON s.id = o.supplier_id
    WHERE o.id = :offer
"""


def place(
    tx: Tx,
    *,
    actor: int,
    checkout: int,
    terms: str,
    method: str,
    policy: OrderPolicy,
    now: int,
    anchor: int | None = None,
) -> Placed | AlreadyPlaced | Refusal:
    """Turn the actor's checkout into an order: units taken (of a first-paid offer none yet), prices frozen, clock
    started, buyer told.

    `terms` is the version of the perishables sentence that stood above the button, `method` the name of the
    payment method whose code is shown. Tapping twice finds the first order again.
    """
    dialog = dialogs.view(tx, checkout)
    if dialog is None or dialog.person != actor or dialog.kind != CHECKOUT:
        earlier = tx.value(
            "SELECT id FROM orders WHERE checkout_id = :checkout AND buyer_id = :actor",
            checkout=checkout,
            actor=actor,
        )
        return NotFound() if earlier is None else AlreadyPlaced(order_id=earlier)
    address = addresses.current(tx, actor)
    if address is None:
        return AddressMissing()
    quote = quotes.quote(tx, buyer=actor, wishes=wishes(dialog), now=now)
    if not isinstance(quote, Quote):
        return quote
    pay_by = now + policy.pay_within_ms
    order = tx.insert(
        _INSERT,
        code=fresh_code(tx, policy.prefix),
        buyer=actor,
        stream=quote.stream_id,
        checkout=checkout,
        currency=quote.currency,
        lines_total=quote.sums.lines_total,
        discounts=quote.sums.discount_total,
        fee=quote.sums.delivery_fee,
        total=quote.sums.total,
        recipient=address.recipient,
        phone=address.phone,
        address=address.address,
        method=method,
        terms=terms,
        now=now,
        pay_by=pay_by,
        hold_until=pay_by + policy.grace_ms,
        remind_at=now + policy.remind_after_ms if 0 < policy.remind_after_ms < policy.pay_within_ms else None,
    )
    for quoted in quote.lines:
        offer, line = quoted.offer, quoted.line
        if offer.hold is Hold.ON_ORDER and not stock.take(tx, offer.id, order, line.quantity, now, "order placed"):
            return SoldOut(offer_id=offer.id, free=offer.free or 0)
        tx.run(
            _INSERT_LINE,
            order=order,
            offer=offer.id,
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount=line.discount,
            total=line.total,
        )
    dialogs.end(tx, dialog=checkout, now=now)
    tx.rings_due = True
    audit.note(tx, actor, "order.placed", f"order:{order}", now)
    outbox.tell(tx, actor, "order_placed", now=now, card=f"order:{order}", anchor=anchor, order=order)
    return Placed(order_id=order)
