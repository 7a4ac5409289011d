"""Carts: what somebody means to order, line by line, at the prices they were shown.

Owns `cart_lines`. A cart holds no units and promises nothing: each look compares it with the offers as they stand.
Its checkout, and what leaves it when an order is placed, is in `checkouts`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shop import offers as rules
from shop.offers import Standing
from shop.orders import MOST_LINES
from storage import claims, offers, outbox, quotes, waitlist
from storage.connection import Tx
from storage.offers import Offer
from storage.people import NotFound
from storage.quotes import LimitReached, Quote, SoldOut, Wish
from storage.store import Refused
from storage.waitlist import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """A wish with its offer as it stands. `refusal` says why it can't be had so, apart from its price; `possible` is
    the most this person can have now. `entry` is their place on its waiting list, `may_want` how many they could
    wait for."""

    wish: Wish
    offer: Offer
    refusal: quotes.Refusal | None
    possible: int
    entry: Entry | None
    may_want: int

    @property
    def is_repriced(self) -> bool:
        """The price is no longer the one that was shown."""
        return self.offer.price != self.wish.price

    @property
    def is_in_order(self) -> bool:
        """It can be ordered just as it stands here."""
        return self.refusal is None and not self.is_repriced


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """Every line, those of one stream together, in the order in which streams and lines came in."""

    lines: tuple[CartLine, ...]

    @property
    def streams(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(line.offer.stream_id for line in self.lines))

    def of(self, stream: int) -> tuple[CartLine, ...]:
        """The lines of one stream: what one order can hold."""
        return tuple(line for line in self.lines if line.offer.stream_id == stream)


@dataclass(frozen=True, slots=True, kw_only=True)
class InCart:
    """The cart is as it was wished, and is being shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartFull(Refused):
    """It has `most` lines already."""

    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMore(Refused):
    """More than the cart has of an offer (`carted` packs) can't be had; `possible` packs could be ordered now."""

    offer_id: int
    carted: int
    possible: int


_LINES = "SELECT offer_id, quantity, price FROM cart_lines WHERE person_id = :person ORDER BY added_at, offer_id"
_COUNT = "SELECT count(*) FROM cart_lines WHERE person_id = :person"
_CARTED = "SELECT quantity FROM cart_lines WHERE person_id = :person AND offer_id = :offer"


def wishes(tx: Tx, person: int) -> list[Wish]:
    """The bare lines, oldest first."""
    return [
        Wish(offer_id=row["offer_id"], quantity=row["quantity"], price=row["price"])
        for row in tx.all(_LINES, person=person)
    ]


def count(tx: Tx, person: int) -> int:
    """How many lines there are, for `My cart (3)`."""
    lines: int = tx.value(_COUNT, person=person)
    return lines


def view(tx: Tx, person: int, now: int) -> Cart:
    """The cart compared with the offers as they stand."""
    found = [line for wish in wishes(tx, person) if (line := _line(tx, wish, person, now)) is not None]
    first = {stream: place for place, stream in reversed([*enumerate(line.offer.stream_id for line in found)])}
    return Cart(lines=tuple(sorted(found, key=lambda line: first[line.offer.stream_id])))


def _line(tx: Tx, wish: Wish, person: int, now: int) -> CartLine | None:
    offer = offers.view(tx, wish.offer_id)
    if offer is None:
        return None
    # At the price of now: a line that is sold out and dearer at once says both.
    checked = quotes.check(tx, Wish(offer_id=offer.id, quantity=wish.quantity, price=offer.price), person, now)
    already = _already(tx, offer, person)
    return CartLine(
        wish=wish,
        offer=offer,
        refusal=None if isinstance(checked, Offer) else checked,
        possible=rules.most(offer.limit_per_buyer, already, claims.room(tx, offer.id, person)),
        entry=waitlist.of(tx, offer.id, person),
        may_want=rules.most(offer.limit_per_buyer, already, None),
    )


def _already(tx: Tx, offer: Offer, person: int) -> int:
    """Packs in standing orders, where they count."""
    return 0 if offer.limit_per_buyer is None else offers.bought_by(tx, offer.id, person)


def _possible(tx: Tx, offer: Offer, person: int) -> int:
    return rules.most(offer.limit_per_buyer, _already(tx, offer, person), claims.room(tx, offer.id, person))


def quote(tx: Tx, cart: Cart, stream: int, person: int, now: int) -> Quote | None:
    """What the lines of a stream that are in order come to; None if there are none."""
    good = [line.wish for line in cart.of(stream) if line.is_in_order]
    quoted = quotes.quote(tx, buyer=person, wishes=good, now=now)
    return quoted if isinstance(quoted, Quote) else None


_PUT = """
    INSERT INTO cart_lines (person_id, offer_id, quantity, price, added_at)
    VALUES (:person, :offer, :quantity, :price, :now)
    ON CONFLICT (person_id, offer_id) DO UPDATE SET quantity = excluded.quantity
"""


def add(
    tx: Tx,
    *,
    actor: int,
    offer_id: int,
    quantity: int,
    now: int,
    price: int | None = None,
    anchor: int | None = None,
) -> InCart | CartFull | NoMore | quotes.Refusal:
    """`Add to cart`: so many packs more, at the price that was shown (None: the one of now).

    A line that is there already keeps the price it had: where that is no longer the price, the cart says so.
    """
    offer = offers.view(tx, offer_id)
    if offer is None or not rules.is_quantity(quantity) or (price is not None and price < 0):
        return NotFound()
    carted = tx.value(_CARTED, person=actor, offer=offer_id)
    if carted is None and count(tx, actor) >= MOST_LINES:
        return CartFull(most=MOST_LINES)
    wanted = (carted or 0) + quantity
    refusal = _refusal(tx, offer, wanted, actor, now)
    if carted is not None and isinstance(refusal, NotFound | LimitReached | SoldOut):
        return NoMore(offer_id=offer_id, carted=carted, possible=_possible(tx, offer, actor))
    if refusal is not None:
        return refusal
    tx.run(
        _PUT,
        person=actor,
        offer=offer_id,
        quantity=wanted,
        price=offer.price if price is None else price,
        now=now,
    )
    show(tx, actor=actor, now=now, anchor=anchor, line=_place_of(tx, actor, offer_id))
    return InCart()


def _refusal(tx: Tx, offer: Offer, wanted: int, person: int, now: int) -> quotes.Refusal | None:
    checked = quotes.check(tx, Wish(offer_id=offer.id, quantity=wanted, price=offer.price), person, now)
    return None if isinstance(checked, Offer) else checked


def set_quantity(
    tx: Tx, *, actor: int, offer_id: int, quantity: int, now: int, anchor: int | None = None
) -> InCart | NoMore | quotes.Refusal:
    """`−`, `+`, `Take 2`: fewer always, more only while they can be had."""
    offer, carted = offers.view(tx, offer_id), tx.value(_CARTED, person=actor, offer=offer_id)
    if offer is None or carted is None or quantity < 1:
        return NotFound()
    if quantity > carted:
        refusal = _refusal(tx, offer, quantity, actor, now)
        if isinstance(refusal, NotFound | LimitReached | SoldOut):
            return NoMore(offer_id=offer_id, carted=carted, possible=_possible(tx, offer, actor))
        if refusal is not None:
            return refusal
    tx.run(_PUT, person=actor, offer=offer_id, quantity=quantity, price=offer.price, now=now)
    show(tx, actor=actor, now=now, anchor=anchor, line=_place_of(tx, actor, offer_id))
    return InCart()


_ACCEPT = """
    UPDATE cart_lines SET price = :price
    WHERE person_id = :person AND offer_id = :offer AND :price = (SELECT price FROM offers WHERE id = :offer)
"""


def accept_price(
    tx: Tx, *, actor: int, offer_id: int, price: int, now: int, anchor: int | None = None
) -> InCart | NotFound:
    """`Accept ¥39.00`: if the price has changed once more, only the newest is shown."""
    if tx.value(_CARTED, person=actor, offer=offer_id) is None:
        return NotFound()
    tx.run(_ACCEPT, person=actor, offer=offer_id, price=price)
    show(tx, actor=actor, now=now, anchor=anchor, line=_place_of(tx, actor, offer_id))
    return InCart()


_REMOVE = "DELETE FROM cart_lines WHERE person_id = :person AND offer_id = :offer"


def remove(tx: Tx, *, actor: int, offer_id: int, now: int, anchor: int | None = None) -> InCart | NotFound:
    """`Remove`: the line goes."""
    place = _place_of(tx, actor, offer_id)
    if not tx.run(_REMOVE, person=actor, offer=offer_id):
        return NotFound()
    show(tx, actor=actor, now=now, anchor=anchor, line=place)
    return InCart()


def clear(tx: Tx, *, actor: int, now: int, anchor: int | None = None) -> InCart:
    """`Empty the cart`: every line goes."""
    tx.run("DELETE FROM cart_lines WHERE person_id = :person", person=actor)
    show(tx, actor=actor, now=now, anchor=anchor)
    return InCart()


def show(tx: Tx, *, actor: int, now: int, anchor: int | None = None, line: int = 0) -> None:
    """The cart, at the page of its `line`-th line. Lines of streams that are over leave it, and are named."""
    gone = _sweep(tx, actor, now)
    outbox.tell(tx, actor, "cart", now=now, anchor=anchor, at=now, line=line, gone=",".join(map(str, gone)) or None)


_OF_OVER = """
    SELECT c.offer_id, c.quantity FROM cart_lines AS c
    JOIN offers AS o ON o.id = c.offer_id JOIN streams AS s ON s.id = o.stream_id
    WHERE c.person_id = :person AND s.status IN ('ended', 'cancelled') ORDER BY c.added_at, c.offer_id
"""


def _sweep(tx: Tx, person: int, now: int) -> list[int]:
    """Take out what closed with its stream; a presale that goes on after it stays, and what is held for the person.
    Returns the offers."""
    gone = []
    for row in tx.all(_OF_OVER, person=person):
        offer = offers.view(tx, row["offer_id"])
        if offer is None or offer.standing(now) is not Standing.CLOSED:
            continue
        if waitlist.held_for(tx, offer.id, person) < row["quantity"]:
            tx.run(_REMOVE, person=person, offer=offer.id)
            gone.append(offer.id)
    return gone


def _place_of(tx: Tx, person: int, offer_id: int) -> int:
    """Where a line stands in the order of `view`; 0 if it is not there."""
    streams: dict[int, list[int]] = {}
    for wish in wishes(tx, person):
        stream = tx.value("SELECT stream_id FROM offers WHERE id = :id", id=wish.offer_id)
        streams.setdefault(stream, []).append(wish.offer_id)
    order = [offer for found in streams.values() for offer in found]
    return order.index(offer_id) if offer_id in order else 0


_TAKE_OUT = """
    DELETE FROM cart_lines
    WHERE person_id = :person AND offer_id = :offer AND quantity = :quantity AND price = :price
"""


def take_out(tx: Tx, person: int, ordered: Sequence[Wish]) -> None:
    """What was ordered leaves the cart; a line that was changed meanwhile is another wish, and stays."""
    for wish in ordered:
        tx.run(_TAKE_OUT, person=person, offer=wish.offer_id, quantity=wish.quantity, price=wish.price)
