"""What a buyer would get and pay: every wish checked against the offers as they stand, priced and summed up.

Only reads. Nothing is held by a quote; taking the units when the order is placed decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shop import offers as rules
from shop.coupons import CouponFault
from shop.delivery import Tariff
from shop.discounts import Item, Special, discounts, taken_off
from shop.quotes import Line, Sums, sums
from shop.streams import StreamStatus
from storage import buyers, claims, coupons, deliveries, offers, roles, tariffs, waitlist
from storage.connection import Tx
from storage.coupons import Coupon
from storage.deliveries import Delivery, Destination, Parcel
from storage.offers import Offer
from storage.people import NotFound
from storage.store import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldOut(Refused):
    """Not enough units are free; `free` says how many are."""

    offer_id: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReached(Refused):
    """The buyer has `already` of at most `limit`."""

    offer_id: int
    limit: int
    already: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOpen(Refused):
    """The offer is not for sale now."""

    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChanged(Refused):
    """The price shown is no longer the price."""

    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDeliveredThere(Refused):
    """A supplier of something in it does not deliver to the region of the address."""

    supplier_id: int
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderingBlocked(Refused):
    """A host lets this person order no more; orders that stand can still be paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated(Refused):
    """It would be worse than what stood above the button: it comes to more, because a flash price is over or gone, a
    code no longer counts or delivery costs more; or it would go somewhere else."""


Refusal = SoldOut | LimitReached | NotOpen | PriceChanged | OrderingBlocked | NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One line of a checkout: how many packs at which shown price (minor units)."""

    offer_id: int
    quantity: int
    price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """A wish with its offer, what it comes to, and what of that is taken off by which rule."""

    wish: Wish
    offer: Offer
    line: Line
    specials: tuple[Special, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Every line, each supplier's delivery and the sums. Never without lines, which are all of one currency; without
    deliveries as long as nobody knows where it goes.

    `coupon` is the code that counts; one that was given and does not is named by `fault`.
    """

    lines: tuple[QuotedLine, ...]
    sums: Sums
    deliveries: tuple[Delivery, ...] = ()
    coupon: Coupon | None = None
    fault: CouponFault | None = None

    @property
    def stream_id(self) -> int:
        """Where the order belongs: the stream of its first line."""
        return self.lines[0].offer.stream_id

    @property
    def currency(self) -> str:
        return self.lines[0].offer.currency

    @property
    def suppliers(self) -> tuple[int, ...]:
        """Whose goods these are, each once."""
        return tuple(dict.fromkeys(line.offer.supplier_id for line in self.lines))

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """Line by line whose goods these are, and what they cost with everything taken off."""
        return tuple(
            Parcel(supplier_id=one.offer.supplier_id, supplier_name=one.offer.supplier_name, worth=one.line.total)
            for one in self.lines
        )

    @property
    def refused(self) -> tuple[Delivery, ...]:
        """The suppliers that do not deliver there."""
        return tuple(each for each in self.deliveries if each.refused_in is not None)

    def brought(self, terms: Mapping[int, Tariff], to: Destination) -> "Quote":
        """The same with what bringing it there costs by these tariffs. A code has taken off goods only."""
        found = deliveries.of(terms, self.parcels, to)
        fee = sum(each.fee for each in found)
        return replace(self, deliveries=found, sums=sums([one.line for one in self.lines], delivery_fee=fee))


def check(tx: Tx, wish: Wish, buyer: int, now: int, *, besides: int = 0) -> Offer | Refusal:
    """May this buyer have this line now, `besides` packs of the same offer that are wished for with it?

    Only taking the units decides; this says why not, before anyone types.
    """
    offer = offers.view(tx, wish.offer_id)
    if offer is None or not rules.is_quantity(wish.quantity):
        return NotFound()
    if not offer.stream_status.is_public and not roles.has_role(tx, buyer, roles.Role.HOST):
        return NotFound()
    if buyers.is_blocked(tx, buyer):
        return OrderingBlocked()
    if offer.stream_status is StreamStatus.CANCELLED:
        return NotOpen(offer_id=offer.id)
    # What the waiting list or their words hold is its person's to order, also when the sale has ended meanwhile.
    held = waitlist.held_for(tx, offer.id, buyer) + claims.held_for(tx, offer.id, buyer)
    if held < besides + wish.quantity and not offer.is_open(now):
        return NotOpen(offer_id=offer.id)
    if offer.price != wish.price:
        return PriceChanged(offer_id=offer.id)
    if offer.limit_per_buyer is not None:
        already = offers.bought_by(tx, offer.id, buyer)
        if not rules.allowed(offer.limit_per_buyer, already + besides, wish.quantity):
            return LimitReached(offer_id=offer.id, limit=offer.limit_per_buyer, already=already)
    if offer.free is not None and offer.free + held < besides + wish.quantity:
        return SoldOut(offer_id=offer.id, free=offer.free + held)
    return offer


def quote(tx: Tx, *, buyer: int, wishes: Sequence[Wish], now: int, coupon: int | None = None) -> Quote | Refusal:
    """What these wishes come to for this buyer, or the first reason why it can't be had so. A code that can't be used
    is no reason: without it the goods cost what they cost."""
    chosen: list[tuple[Wish, Offer]] = []
    for wish in wishes:
        besides = sum(other.quantity for other, _ in chosen if other.offer_id == wish.offer_id)
        allowed = check(tx, wish, buyer, now, besides=besides)
        if not isinstance(allowed, Offer):
            return allowed
        chosen.append((wish, allowed))
    # One order, one stream, one currency: nothing asks for anything else, unless the stall's currency was changed.
    if len({(offer.stream_id, offer.currency) for _, offer in chosen}) != 1:
        return NotFound()
    given = None if coupon is None else coupons.view(tx, coupon, buyer)
    return Basket(chosen=tuple(chosen), coupon=given).quote(now)


def brought(tx: Tx, quoted: Quote, to: Destination) -> Quote | NotDeliveredThere:
    """The same with delivery to there by the tariffs in force, or the first supplier that does not deliver there."""
    whole = quoted.brought(tariffs.of_all(tx, quoted.suppliers), to)
    for each in whole.refused:
        return NotDeliveredThere(supplier_id=each.supplier_id, region=each.refused_in or "")
    return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """Wishes with their offers, a code and where they go, as read; what they come to depends on the moment. Without
    `to` delivery is left out."""

    chosen: tuple[tuple[Wish, Offer], ...]
    coupon: Coupon | None = None
    to: Destination | None = None
    terms: Mapping[int, Tariff] = field(default_factory=dict)

    @property
    def stream_id(self) -> int:
        """Where the order would belong: the stream of its first line."""
        return self.chosen[0][1].stream_id

    @property
    def suppliers(self) -> tuple[int, ...]:
        """Whose goods these are, each once."""
        return tuple(dict.fromkeys(offer.supplier_id for _, offer in self.chosen))

    def quote(self, now: int) -> Quote:
        """What it comes to at `now`, at the prices that were shown, with the special prices that run."""
        goods = self._goods(now)
        return goods if self.to is None else goods.brought(self.terms, self.to)

    def _goods(self, now: int) -> Quote:
        plain = _priced(self.chosen, None, now)
        if self.coupon is None:
            return plain
        fault = coupons.fault(self.coupon, now) or self._misfit(plain)
        return replace(plain, fault=fault) if fault else _priced(self.chosen, self.coupon, now)

    def _misfit(self, plain: Quote) -> CouponFault | None:
        """Why the code takes nothing off just these goods."""
        reduction = self.coupon.reduction if self.coupon is not None else None
        covered = [
            one.line.total for one in plain.lines if reduction is not None and reduction.covers(one.offer.product_id)
        ]
        if not covered or self.coupon is None or self.coupon.currency != plain.currency:
            return CouponFault.OTHER_GOODS
        return None if self.coupon.reduction.off(sum(covered)) else CouponFault.NOTHING_LEFT


def basket(tx: Tx, *, buyer: int, wishes: Sequence[Wish], coupon: int | None = None) -> Basket | None:
    """What was chosen, without asking whether it can still be had; None if an offer is gone."""
    found = [(wish, offers.view(tx, wish.offer_id)) for wish in wishes]
    known = tuple((wish, offer) for wish, offer in found if offer is not None)
    if not known or len(known) < len(found):
        return None
    return Basket(
        chosen=known,
        coupon=None if coupon is None else coupons.view(tx, coupon, buyer),
        terms=tariffs.of_all(tx, dict.fromkeys(offer.supplier_id for _, offer in known)),
    )


def _priced(chosen: Sequence[tuple[Wish, Offer]], coupon: Coupon | None, now: int) -> Quote:
    given = discounts([_item(wish, offer, now) for wish, offer in chosen], coupon.reduction if coupon else None)
    lines = tuple(
        QuotedLine(
            wish=wish,
            offer=offer,
            line=Line(quantity=wish.quantity, unit_price=wish.price, discount=taken_off(specials)),
            specials=specials,
        )
        for (wish, offer), specials in zip(chosen, given, strict=True)
    )
    return Quote(lines=lines, sums=sums([one.line for one in lines]), coupon=coupon)


def _item(wish: Wish, offer: Offer, now: int) -> Item:
    flash = offer.flash_at(now)
    return Item(
        offer=offer.id,
        product=offer.product_id,
        quantity=wish.quantity,
        unit_price=wish.price,
        flash=None if flash is None else flash.price_for_now,
        steps=offer.steps,
    )
