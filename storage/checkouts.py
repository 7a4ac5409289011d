"""Placing an order: from a checkout dialog to an order that holds what its offers keep for it.

Owns the act `place` and the checkout's contents; where it goes is chosen in `destinations`. The order itself is in
`orders`, its end in `endings`; goods that go into an order of before are in `additions`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shop.holds import Hold
from storage import (
    addresses,
    audit,
    carts,
    claims,
    coupons,
    deliveries,
    deskcards,
    dialogs,
    discounts,
    holds,
    orders,
    outbox,
    payments,
    pickups,
    quotes,
)
from storage.connection import Tx
from storage.deliveries import Destination
from storage.orders import OrderPolicy, fresh_code
from storage.people import NotFound
from storage.quotes import Basket, NotDeliveredThere, Outdated, Quote, QuotedLine, SoldOut, Wish
from storage.store import Refused

CHECKOUT = "checkout"
FIRST = "recipient"  # the first of the address questions
SUMMARY = "summary"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInOrder(Refused):
    """Something in the cart can't be had as it stands there; the cart says what."""


Refusal = quotes.Refusal | NotDeliveredThere | AddressMissing

# What a checkout holds only while it is asked: contact and location, which address is edited, its name.
_ASKED = ("recipient", "phone", "location", "replaces", "label")
PICKUP = "pickup"  # the chosen pick-up point


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a checkout comes to as it stands, and where it could be picked up. `to` None: nobody knows yet."""

    checkout: int
    basket: Basket
    to: Destination | None
    points: tuple[pickups.Point, ...]
    addresses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """A presale in it ships later than was shown: nothing was ordered, the summary comes anew with the new date."""

    checkout: int


def wishes(dialog: dialogs.Dialog) -> list[Wish]:
    """What a checkout dialog holds."""
    return [Wish(offer_id=line[0], quantity=line[1], price=line[2]) for line in dialog.data["lines"]]


def coupon_of(dialog: dialogs.Dialog) -> int | None:
    """The code that was given in a checkout, by its id."""
    found: int | None = dialog.data.get("coupon")
    return found


def kept(dialog: dialogs.Dialog) -> dict[str, Any]:
    """What a checkout holds without the answers of questions that are over."""
    return {key: value for key, value in dialog.data.items() if key not in _ASKED}


def sent(dialog: dialogs.Dialog) -> dict[str, Any]:
    """The same of one that is not picked up."""
    return {key: value for key, value in kept(dialog).items() if key not in (PICKUP, "contact")}


def bill(tx: Tx, dialog: dialogs.Dialog) -> Bill | None:
    """The checkout as its summary shows it; None if something in it is gone."""
    goods = quotes.basket(tx, buyer=dialog.person, wishes=wishes(dialog), coupon=coupon_of(dialog))
    if goods is None:
        return None
    to = destination(tx, dialog, goods.suppliers)
    return Bill(
        checkout=dialog.id,
        basket=replace(goods, to=to),
        to=to,
        points=tuple(pickups.for_order(tx, goods.suppliers)),
        addresses=len(addresses.every(tx, dialog.person)),
    )


def destination(tx: Tx, dialog: dialogs.Dialog, suppliers: Sequence[int]) -> Destination | None:
    """Where a checkout of these suppliers' goods goes: to the place that was chosen, as long as it is open for all of
    it, else to the buyer's first address. None if there is none."""
    saved = addresses.current(tx, dialog.person)
    chosen = dialog.data.get(PICKUP)
    point = None
    if chosen is not None:
        point = next((each for each in pickups.for_order(tx, suppliers) if each.id == chosen), None)
    if point is None:
        if saved is None:
            return None
        return Destination(
            recipient=saved.recipient, phone=saved.phone, address=saved.address, location=saved.location
        )
    contact = dialog.data.get("contact") or ([saved.recipient, saved.phone] if saved is not None else None)
    if contact is None:
        return None
    return Destination(recipient=contact[0], phone=contact[1], address=point.whole, pickup_point=point.id)


def begin(
    tx: Tx,
    *,
    actor: int,
    wishes: Sequence[Wish],
    now: int,
    first_step: str = FIRST,
    summary_step: str = SUMMARY,
    anchor: int | None = None,
) -> dialogs.Dialog | Refusal:
    """Order now, or words: start a checkout of these lines."""
    allowed = quotes.quote(tx, buyer=actor, wishes=wishes, now=now)
    if not isinstance(allowed, Quote):
        return allowed
    return _start(tx, actor, {"lines": _stored(wishes)}, first_step, summary_step, now, anchor)


def begin_cart(
    tx: Tx,
    *,
    actor: int,
    stream_id: int,
    first_step: str,
    summary_step: str,
    now: int,
    rest: bool = False,
    anchor: int | None = None,
) -> dialogs.Dialog | NotInOrder | NotFound:
    """`Check out` what the cart has of a stream, all of it or nothing; with `rest` only what is in order."""
    cart = carts.view(tx, actor, now)
    lines = cart.of(stream_id)
    if not lines:
        return NotFound()
    quoted = carts.quote(tx, cart, stream_id, actor, now)
    if quoted is None or (len(quoted.lines) < len(lines) and not rest):
        return NotInOrder()
    data = {"lines": _stored([one.wish for one in quoted.lines]), "cart": True}
    before = dialogs.of(tx, actor)
    if before is not None and is_of_cart(before) and coupon_of(before) is not None:
        # The cart had to be put in order first: the code that was given for it still counts.
        data["coupon"] = coupon_of(before)
    return _start(tx, actor, data, first_step, summary_step, now, anchor)


_SHIPS_UNTIL = """
    SELECT MAX(ships_until) FROM offers
    WHERE availability = 'presale' AND id IN (SELECT value FROM json_each(:offers))
"""


def ships_until(tx: Tx, lines: Sequence[Sequence[int]]) -> int | None:
    """By when the last presale of these lines (offer first) ships; None without one."""
    latest: int | None = tx.value(_SHIPS_UNTIL, offers=json.dumps([line[0] for line in lines]))
    return latest


def postponed(tx: Tx, dialog: dialogs.Dialog, now: int, anchor: int | None) -> Postponed | None:
    """Show a summary anew if a presale of it has moved since: nobody orders a later date unseen."""
    latest = ships_until(tx, dialog.data["lines"])
    if latest is None or latest <= dialog.data.get("until", latest):
        return None
    data = {**dialog.data, "until": latest}
    dialogs.advance(tx, dialog=dialog, step=dialog.step, data=data, now=now, anchor=anchor)
    return Postponed(checkout=dialog.id)


def _stored(lines: Sequence[Wish]) -> list[list[int]]:
    return [[wish.offer_id, wish.quantity, wish.price] for wish in lines]


def _start(
    tx: Tx, actor: int, data: dict[str, Any], first_step: str, summary_step: str, now: int, anchor: int | None
) -> dialogs.Dialog:
    step = first_step if addresses.current(tx, actor) is None else summary_step
    latest = ships_until(tx, data["lines"])
    if latest is not None:
        data = {**data, "until": latest}
    return dialogs.begin(tx, actor=actor, kind=CHECKOUT, step=step, data=data, now=now, anchor=anchor)


def begin_claimed(tx: Tx, *, actor: int, data: dict[str, Any], now: int, anchor: int | None = None) -> dialogs.Dialog:
    """The checkout of what words hold, which was checked when it was held."""
    return _start(tx, actor, data, FIRST, SUMMARY, now, anchor)


def is_of_cart(dialog: dialogs.Dialog | None) -> bool:
    """Did the checkout begin in the cart?"""
    return dialog is not None and bool(dialog.data.get("cart"))


def own(tx: Tx, checkout: int, actor: int) -> dialogs.Dialog | None:
    """The actor's open checkout, or None if it is not theirs or over."""
    dialog = dialogs.view(tx, checkout)
    return dialog if dialog is not None and dialog.person == actor and dialog.kind == CHECKOUT else None


_INSERT = """
    INSERT INTO orders (code, buyer_id, stream_id, checkout_id, coupon_id, currency, lines_total, discount_total,
        delivery_fee, total, recipient, phone, address, location, pickup_point_id, pickup_number, pay_method, terms,
        created_at, pay_by, hold_until, remind_at)
    VALUES (:code, :buyer, :stream, :checkout, :coupon, :currency, :lines_total, :discounts,
        :fee, :total, :recipient, :phone, :address, :location, :point, :number, :method, :terms,
        :now, :pay_by, :hold_until, :remind_at)
"""
_INSERT_LINE = """
    INSERT INTO order_lines (order_id, offer_id, product_id, supplier_id, supplier_name, code, names, units,
        base_units, pack_milli, quantity, unit_price, discount, total, hold, ships_from, ships_until)
    SELECT :order, o.id, o.product_id, o.supplier_id, s.name, p.code, p.names, p.units,
        p.base_units, p.pack_milli, :quantity, :unit_price, :discount, :total, o.hold,
        iif(o.availability = 'presale', o.ships_from, NULL), iif(o.availability = 'presale', o.ships_until, NULL)
    FROM offers AS o JOIN products AS p ON p.id = o.product_id JOIN suppliers AS s ON s.id = o.supplier_id
    WHERE o.id = :offer
"""
_BECAME = """
    SELECT id FROM orders WHERE checkout_id = :checkout AND buyer_id = :actor
    UNION ALL
    SELECT o.id FROM order_additions AS a JOIN orders AS o ON o.id = a.order_id
    WHERE a.checkout_id = :checkout AND o.buyer_id = :actor
"""


def became(tx: Tx, checkout: int, actor: int) -> AlreadyPlaced | NotFound:
    """The actor's order into which a checkout that is over went."""
    order = tx.value(_BECAME, checkout=checkout, actor=actor)
    return NotFound() if order is None else AlreadyPlaced(order_id=order)


def put_in(tx: Tx, order: int, quoted: QuotedLine) -> bool:
    """Write a line into an order, frozen as it is now with its special prices; False if these are gone. Its units are
    taken by the caller."""
    line = tx.insert(
        _INSERT_LINE,
        order=order,
        offer=quoted.offer.id,
        quantity=quoted.line.quantity,
        unit_price=quoted.line.unit_price,
        discount=quoted.line.discount,
        total=quoted.line.total,
    )
    return discounts.freeze(tx, order, line, quoted.specials)


def place(
    tx: Tx,
    *,
    actor: int,
    checkout: int,
    terms: str,
    method: str,
    policy: OrderPolicy,
    now: int,
    shown: int | None = None,
    where: int | None = None,
    anchor: int | None = None,
) -> Placed | AlreadyPlaced | Outdated | Postponed | Refusal:
    """Turn the actor's checkout into an order: units taken (of a first-paid offer none yet), prices frozen, clock
    started, buyer told.

    `terms` is the version of the perishables sentence that stood above the button, `method` the name of the
    payment method whose code is shown, `shown` the total that stood above it and `where` the mark of where it was to
    go (None: neither did): nobody orders what costs more, or goes elsewhere, unasked. Where nothing is to be paid,
    for delivery neither, the order is paid at once. Tapping twice finds the first order again. What came from the
    cart leaves it.
    """
    dialog = own(tx, checkout, actor)
    if dialog is None:
        return became(tx, checkout, actor)
    allowed = quotes.quote(tx, buyer=actor, wishes=wishes(dialog), now=now, coupon=coupon_of(dialog))
    if not isinstance(allowed, Quote):
        return allowed
    to = destination(tx, dialog, allowed.suppliers)
    if to is None:
        return AddressMissing()
    quote = quotes.brought(tx, allowed, to)
    if not isinstance(quote, Quote):
        return quote
    if (shown is not None and quote.sums.total > shown) or (where is not None and to.mark != where):
        return Outdated()
    if (later := postponed(tx, dialog, now, anchor)) is not None:
        return later
    pay_by = now + policy.pay_within_ms
    order = tx.insert(
        _INSERT,
        code=fresh_code(tx, policy.prefix),
        buyer=actor,
        stream=quote.stream_id,
        checkout=checkout,
        coupon=None if quote.coupon is None else quote.coupon.id,
        currency=quote.currency,
        lines_total=quote.sums.lines_total,
        discounts=quote.sums.discount_total,
        fee=quote.sums.delivery_fee,
        total=quote.sums.total,
        recipient=to.recipient,
        phone=to.phone,
        address=to.address,
        location=to.location,
        point=to.pickup_point,
        number=None if to.pickup_point is None else pickups.next_number(tx, to.pickup_point, quote.stream_id),
        method=method,
        terms=terms,
        now=now,
        pay_by=pay_by,
        hold_until=pay_by + policy.grace_ms,
        remind_at=now + policy.remind_after_ms if 0 < policy.remind_after_ms < policy.pay_within_ms else None,
    )
    for quoted in quote.lines:
        offer, line = quoted.offer, quoted.line
        if not put_in(tx, order, quoted):
            return Outdated()
        is_kept = offer.hold is Hold.ON_ORDER
        if is_kept and not claims.take(tx, offer.id, order, actor, line.quantity, now, "order placed"):
            return SoldOut(offer_id=offer.id, free=offer.free or 0)
    if quote.coupon is not None and not coupons.use(tx, quote.coupon.id, actor, order):
        return Outdated()
    deliveries.keep(tx, order, quote.deliveries)
    if is_of_cart(dialog):
        carts.take_out(tx, actor, wishes(dialog))
    if "claim" in dialog.data:
        claims.ordered(tx, claim_id=dialog.data["claim"], buyer=actor, now=now)
    dialogs.end(tx, dialog=checkout, now=now)
    deskcards.touch(tx, quote.stream_id, now)
    tx.rings_due = True
    audit.note(tx, actor, "order.placed", f"order:{order}", now)
    placed = orders.view(tx, order) if quote.sums.total == 0 else None
    if placed is not None:
        # Nothing is to be paid, so first paid is now.
        gone = holds.take_unheld(tx, placed, now)
        if gone:
            return SoldOut(offer_id=gone[0].offer_id, free=_free(quote, gone[0].offer_id))
        payments.settle(tx, placed, now)
    outbox.tell(tx, actor, "order_placed", now=now, card=f"order:{order}", anchor=anchor, order=order)
    return Placed(order_id=order)


def _free(quote: Quote, offer_id: int) -> int:
    """What was free of an offer as it was quoted."""
    return next((one.offer.free or 0 for one in quote.lines if one.offer.id == offer_id), 0)
