"""How many of an offer there are and what it costs, as hosts change it while it sells.

Owns the acts and the list of who stands in the way of a smaller quantity. More units serve the waiting list first,
fewer than are taken are refused, and a price never touches an order that is placed. Units move in `stock`.
"""

from dataclasses import dataclass
from enum import StrEnum

from shop.lots import MOST_PACKS
from shop.offers import Standing
from storage import audit, deskcards, offers, outbox, presales, roles, specials, stock, streams, waitlist
from storage.connection import Tx
from storage.offers import Offer
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused
from storage.streams import OutOfTurn
from storage.waitlist import Line, Served

PAGE = 10
MOST_PRICE = 10**15  # minor units; nobody types more, and sums of them stay integers


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """An offer as its host sees it: packs ordered and held, who waits, and the presale it is or has led to."""

    offer: Offer
    held: int
    waiting: Line
    presale: int | None = None

    @property
    def ordered(self) -> int:
        return self.offer.taken - self.held


def view(tx: Tx, offer_id: int, person: int) -> Lot | None:
    """An offer with its waiting list, or None for whoever is not a host."""
    offer = offers.view(tx, offer_id)
    if offer is None or not roles.has_role(tx, person, Role.HOST):
        return None
    return _lot(tx, offer)


def of_stream(tx: Tx, stream_id: int, person: int) -> list[Lot] | None:
    """Everything a stream sells, or None for whoever is not a host."""
    if streams.view(tx, stream_id) is None or not roles.has_role(tx, person, Role.HOST):
        return None
    return [_lot(tx, offer) for offer in offers.listing(tx, stream_id)]


def _lot(tx: Tx, offer: Offer) -> Lot:
    return Lot(
        offer=offer,
        held=waitlist.held(tx, offer.id),
        waiting=waitlist.line(tx, offer.id),
        presale=presales.about(tx, offer),
    )


# -- Quantity -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """The offer has `now_is` packs (None: unlimited) instead of `was`; the waiting list got its part first."""

    offer_id: int
    was: int | None
    now_is: int | None
    served: Served


@dataclass(frozen=True, slots=True, kw_only=True)
class BelowTaken(Refused):
    """So many are ordered or held: it can't be fewer than `least`."""

    offer_id: int
    wanted: int
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile(Refused):
    """Somebody else has changed it since it was shown; nothing was changed by this."""

    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Same(Refused):
    """It is that already."""

    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany(Refused):
    """More than an offer can have."""

    offer_id: int


Refusal = BelowTaken | Meanwhile | Same | TooMany | NotAllowed | NotFound | OutOfTurn


def set_quantity(
    tx: Tx,
    *,
    actor: int,
    offer_id: int,
    quantity: int | None,
    was: int | None,
    now: int,
    anchor: int | None = None,
) -> Supplied | Refusal:
    """Put up exactly `quantity` packs (None: unlimited) instead of the `was` the host saw."""
    offer = _changeable(tx, actor, offer_id, now)
    if not isinstance(offer, Offer):
        return offer
    if offer.quantity != was:
        return Meanwhile(offer_id=offer_id)
    return _supply(tx, actor, offer, quantity, now, anchor)


def restock(
    tx: Tx, *, actor: int, offer_id: int, more: int, now: int, anchor: int | None = None
) -> Supplied | Refusal:
    """Put up `more` packs (> 0) besides those there are, whatever they are by now."""
    offer = _changeable(tx, actor, offer_id, now)
    if not isinstance(offer, Offer):
        return offer
    if offer.quantity is None:
        return Meanwhile(offer_id=offer_id)
    return _supply(tx, actor, offer, offer.quantity + more, now, anchor)


def _changeable(tx: Tx, actor: int, offer_id: int, now: int) -> Offer | NotAllowed | NotFound | OutOfTurn:
    """The offer, if the actor is a host and it is not closed for good."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    offer = offers.view(tx, offer_id)
    if offer is None:
        return NotFound()
    return OutOfTurn(status=offer.stream_status) if offer.standing(now) is Standing.CLOSED else offer


def _supply(
    tx: Tx, actor: int, offer: Offer, quantity: int | None, now: int, anchor: int | None
) -> Supplied | Refusal:
    if quantity == offer.quantity:
        return Same(offer_id=offer.id)
    if quantity is not None and quantity > MOST_PACKS:
        return TooMany(offer_id=offer.id)
    if not stock.set_quantity(tx, offer.id, quantity, now, "changed by the host"):
        return BelowTaken(offer_id=offer.id, wanted=quantity or 0, least=offer.taken)
    served = waitlist.serve(tx, offer.id, now)
    audit.note(tx, actor, "offer.quantity", f"offer:{offer.id}", now, was=offer.quantity, quantity=quantity)
    outbox.tell(
        tx,
        actor,
        "lot_supplied",
        now=now,
        anchor=anchor,
        offer=offer.id,
        was=offer.quantity,
        quantity=quantity,
        people=served.people,
        units=served.units,
        told=served.told,
    )
    return Supplied(offer_id=offer.id, was=offer.quantity, now_is=quantity, served=served)


# -- Price --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Repriced:
    """New orders cost `price`; those that are placed stay as they are. In minor units."""

    offer_id: int
    was: int
    price: int


_PRICE = "UPDATE offers SET price = :price WHERE id = :id"


def set_price(
    tx: Tx, *, actor: int, offer_id: int, price: int, was: int, now: int, anchor: int | None = None
) -> Repriced | Refusal:
    """Sell at `price` (minor units, > 0) instead of the `was` the host saw. Open checkouts will be told; special
    prices that would be no lower end."""
    offer = _changeable(tx, actor, offer_id, now)
    if not isinstance(offer, Offer):
        return offer
    if offer.price != was:
        return Meanwhile(offer_id=offer_id)
    if price == was:
        return Same(offer_id=offer_id)
    if not 0 < price <= MOST_PRICE:
        return NotFound()
    tx.run(_PRICE, id=offer_id, price=price)
    audit.note(tx, actor, "offer.price", f"offer:{offer_id}", now, was=was, price=price)
    ended = specials.outpriced(tx, actor=actor, offer_id=offer_id, price=price, now=now)
    outbox.tell(tx, actor, "lot_repriced", now=now, anchor=anchor, offer=offer_id, was=was, price=price, ended=ended)
    deskcards.touch(tx, offer.stream_id, now)
    return Repriced(offer_id=offer_id, was=was, price=price)


# -- Who stands in the way ----------------------------------------------------------------------------------


class Claim(StrEnum):
    """By which right somebody has units."""

    UNPAID = "unpaid"
    REVIEW = "review"
    PAID = "paid"
    COMPLETED = "completed"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An order, or a hold of the waiting list (then without a code), and its packs of the offer."""

    code: str | None
    name: str
    quantity: int
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """One page of who has units of an offer, counted from 0."""

    lot: Lot
    claims: tuple[Claimed, ...]
    number: int
    pages: int


# The same lines are live as in `stock.recount`.
_CLAIMS = """
    SELECT o.code, p.name, sum(l.quantity) AS quantity, o.id,
        CASE WHEN o.status <> 'pending' THEN o.status
            WHEN EXISTS (SELECT 1 FROM payments WHERE order_id = o.id AND status = 'submitted') THEN 'review'
            ELSE 'unpaid' END AS claim,
        CASE o.status WHEN 'pending' THEN 0 WHEN 'paid' THEN 1 ELSE 2 END AS sort
    FROM order_lines AS l INDEXED BY order_lines_by_offer
    JOIN orders AS o ON o.id = l.order_id JOIN people AS p ON p.id = o.buyer_id
    WHERE l.offer_id = :offer AND o.status IN ('pending', 'paid', 'completed') AND NOT EXISTS (
        SELECT 1 FROM shipments AS s
        WHERE s.order_id = l.order_id AND s.supplier_id = l.supplier_id AND s.status = 'failed')
    GROUP BY o.id
    UNION ALL
    SELECT NULL, p.name, w.held, w.id, 'held', 3
    FROM waitlist AS w INDEXED BY waitlist_live JOIN people AS p ON p.id = w.person_id
    WHERE w.offer_id = :offer AND w.ended_at IS NULL AND w.held > 0
"""
_PAGE = f"SELECT * FROM ({_CLAIMS}) ORDER BY sort, id LIMIT :limit OFFSET :skipped"  # noqa: S608
_COUNT = f"SELECT count(*) FROM ({_CLAIMS})"  # noqa: S608


def claims(tx: Tx, offer_id: int, person: int, number: int) -> Claims | None:
    """Who has units of an offer: unpaid orders first, then paid and completed ones, then what is held for the waiting
    list. A number beyond the last page is the last page; None for whoever is not a host."""
    lot = view(tx, offer_id, person)
    if lot is None:
        return None
    pages = max(1, -(-tx.value(_COUNT, offer=offer_id) // PAGE))
    at = min(max(number, 0), pages - 1)
    rows = tx.all(_PAGE, offer=offer_id, limit=PAGE, skipped=at * PAGE)
    return Claims(
        lot=lot,
        claims=tuple(
            Claimed(code=row["code"], name=row["name"], quantity=row["quantity"], claim=Claim(row["claim"]))
            for row in rows
        ),
        number=at,
        pages=pages,
    )
