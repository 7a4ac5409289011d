"""Offers: what a stream sells, at which price, how many, and how many are left.

Owns `offers`, except its counters, which only `stock` changes. When an offer is open is a rule of `shop/offers`.
"""

import json
import sqlite3
from dataclasses import dataclass

from shop import offers as rules
from shop import stock as units
from shop.discounts import Step
from shop.holds import Hold
from shop.offers import Availability, OfferFacts, Standing
from shop.streams import StreamStatus
from storage import audit, roles, stock, streams, texts
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.specials import Flash
from storage.store import Refused
from storage.streams import OutOfTurn


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer with its product. Texts by language, price in minor units, instants UTC ms, quantities in packs.

    `quantity` None is unlimited; `opens_at`, `closes_at` None is "as the stream goes".
    """

    id: int
    stream_id: int
    stream_code: str
    stream_title: str
    stream_status: StreamStatus
    product_id: int
    code: str
    names: dict[str, str]
    units: dict[str, str]
    base_units: dict[str, str]
    descriptions: dict[str, str]
    pack_milli: int
    photo: str | None
    picture: str | None
    picture_refused_at: int | None = None
    supplier_id: int
    supplier_name: str
    price: int
    currency: str
    quantity: int | None
    taken: int
    limit_per_buyer: int | None
    availability: Availability
    opens_at: int | None
    closes_at: int | None
    ships_within_days: int | None
    ships_from: int | None
    ships_until: int | None
    hold: Hold = Hold.ON_ORDER
    flash: Flash | None = None
    steps: tuple[Step, ...] = ()
    sold_out_at: int | None = None
    paused_at: int | None = None
    is_stream_paused: bool = False

    @property
    def promised_until(self) -> int | None:
        """By when a presale ships, as its orders are promised; None for what is in stock."""
        return self.ships_until if self.availability is Availability.PRESALE else None

    @property
    def is_paused(self) -> bool:
        """A host has stopped selling it, alone or with all of its stream, whether or not it would be open."""
        return self.paused_at is not None or self.is_stream_paused

    @property
    def free(self) -> int | None:
        """Packs left; None is unlimited."""
        return units.free(self.quantity, self.taken)

    @property
    def is_sold_out(self) -> bool:
        return units.is_sold_out(self.quantity, self.taken)

    def standing(self, now: int) -> Standing:
        """Open, not yet, paused or closed (DESIGN rule 8), apart from whether packs are left."""
        facts = OfferFacts(
            availability=self.availability,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            is_paused=self.is_paused,
        )
        return rules.standing(facts, self.stream_status, now)

    def is_open(self, now: int) -> bool:
        return self.standing(now) is Standing.OPEN

    def flash_at(self, now: int) -> Flash | None:
        """The flash price that runs at `now`, or None."""
        return self.flash if self.flash is not None and self.flash.runs(now) else None

    def price_at(self, now: int) -> int:
        """What one pack costs at `now`."""
        flash = self.flash_at(now)
        return self.price if flash is None else flash.price


_OFFER = """
    SELECT o.*, t.code AS stream_code, t.title AS stream_title, t.status AS stream_status,
        t.paused_at IS NOT NULL AS is_stream_paused,
        p.code, p.names, p.units, p.base_units, p.descriptions, p.pack_milli, p.photo, p.picture,
        p.picture_refused_at,
        s.name AS supplier_name,
        f.id AS flash_id, f.price AS flash_price, f.quantity AS flash_quantity, f.taken AS flash_taken,
        f.ends_at AS flash_ends_at, f.created_by AS flash_by,
        (SELECT json_group_array(json_array(quantity, price)) FROM (
            SELECT quantity, price FROM quantity_steps WHERE offer_id = o.id ORDER BY quantity)) AS steps
    FROM offers AS o
    JOIN streams AS t ON t.id = o.stream_id
    JOIN products AS p ON p.id = o.product_id
    JOIN suppliers AS s ON s.id = o.supplier_id
    LEFT JOIN flashes AS f ON f.offer_id = o.id AND f.closed_at IS NULL
"""
_VIEW = _OFFER + "WHERE o.id = :id"
_LISTING = _OFFER + "WHERE o.stream_id = :stream ORDER BY o.id"
_AFTER_STREAMS = (
    _OFFER.replace("FROM offers AS o", "FROM offers AS o INDEXED BY offers_presale")
    + "WHERE o.availability = 'presale' AND o.closes_at > :now AND t.status = 'ended' ORDER BY o.closes_at, o.id"
)
# A person has few orders, an offer may have thousands. Every live order counts, whether it holds units or not.
_BOUGHT_BY = """
    SELECT COALESCE(SUM(l.quantity), 0)
    FROM orders AS o INDEXED BY orders_by_buyer
    JOIN order_lines AS l INDEXED BY order_lines_by_order ON l.order_id = o.id
    WHERE o.buyer_id = :person AND o.status IN ('pending', 'paid', 'completed') AND l.offer_id = :offer
      AND NOT EXISTS (
        SELECT 1 FROM shipments AS s
        WHERE s.order_id = o.id AND s.supplier_id = l.supplier_id AND s.status = 'failed')
"""


def view(tx: Tx, offer: int) -> Offer | None:
    """One offer, or None. Whether a person may see it is `streams.is_visible_to`."""
    row = tx.one(_VIEW, id=offer)
    return None if row is None else _offer(row)


def listing(tx: Tx, stream: int) -> list[Offer]:
    """Every offer of a stream, in the order the host added them."""
    return [_offer(row) for row in tx.all(_LISTING, stream=stream)]


def presales_after_streams(tx: Tx, now: int) -> list[Offer]:
    """Presales whose stream is over and that can be ordered until a day still ahead, the first to close first."""
    return [_offer(row) for row in tx.all(_AFTER_STREAMS, now=now)]


def bought_by(tx: Tx, offer: int, person: int) -> int:
    """Packs of the offer in the person's standing orders, for the limit per buyer."""
    bought: int = tx.value(_BOUGHT_BY, offer=offer, person=person)
    return bought


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The stream sells it; people can order once the stream is announced."""

    offer: Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyOffered(Refused):
    """The stream has an offer of this product and availability."""

    offer_id: int


_SAME = "SELECT id FROM offers WHERE stream_id = :stream AND product_id = :product AND availability = :availability"
_TERMS = """
    SELECT supplier_id, currency, limit_per_buyer, ships_within_days FROM products
    WHERE id = :id AND archived_at IS NULL
"""
_ADD = """
    INSERT INTO offers (stream_id, product_id, supplier_id, price, currency, quantity, limit_per_buyer, availability,
        opens_at, closes_at, ships_within_days, ships_from, ships_until, hold, created_by, created_at)
    VALUES (:stream, :product, :supplier, :price, :currency, :quantity, :limit_per_buyer, :availability,
        :opens_at, :closes_at, :ships_within_days, :ships_from, :ships_until, :hold, :actor, :now)
"""


def add(
    tx: Tx,
    *,
    actor: int,
    stream_id: int,
    product_id: int,
    quantity: int | None,
    price: int,
    now: int,
    availability: Availability = Availability.IN_STOCK,
    opens_at: int | None = None,
    closes_at: int | None = None,
    ships_from: int | None = None,
    ships_until: int | None = None,
    hold: Hold = Hold.ON_ORDER,
    anchor: int | None = None,
) -> Added | AlreadyOffered | NotAllowed | NotFound | OutOfTurn:
    """Sell a product in a stream: `quantity` packs (None: unlimited) at `price` minor units, and show the desk.

    Supplier, currency, limit per buyer and days to ship are the product's as they are now.
    """
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    stream = streams.view(tx, stream_id)
    terms = tx.one(_TERMS, id=product_id)
    if stream is None or terms is None:
        return NotFound()
    if stream.status.is_over:
        return OutOfTurn(status=stream.status)
    same = tx.value(_SAME, stream=stream_id, product=product_id, availability=availability)
    if same is not None:
        return AlreadyOffered(offer_id=same)
    id_ = create(
        tx,
        actor=actor,
        quantity=quantity,
        now=now,
        stream=stream_id,
        product=product_id,
        supplier=terms["supplier_id"],
        price=price,
        currency=terms["currency"],
        limit_per_buyer=terms["limit_per_buyer"],
        availability=availability,
        opens_at=opens_at,
        closes_at=closes_at,
        ships_within_days=terms["ships_within_days"],
        ships_from=ships_from,
        ships_until=ships_until,
        hold=hold,
    )
    audit.note(tx, actor, "offer.added", f"offer:{id_}", now, stream=stream_id, quantity=quantity, price=price)
    streams.show_desk(tx, stream_id, actor, now, anchor)
    return Added(offer=_offer(tx.all(_VIEW, id=id_)[0]))


def create(tx: Tx, *, actor: int, quantity: int | None, now: int, **terms: object) -> int:
    """Write an offer of these terms (columns of `_ADD`) and put up its packs; returns its id. Whether there may be
    one, and what is told, is for the caller."""
    # Limited offers begin at 0: what is put up goes through the ledger like every later change.
    id_ = tx.insert(_ADD, quantity=None if quantity is None else 0, actor=actor, now=now, **terms)
    if quantity is not None and not stock.put_up(tx, id_, quantity, now, "offer added"):
        raise ValueError(f"quantity cannot be {quantity}")
    return id_


def presale_of(tx: Tx, offer: Offer) -> Offer | None:
    """The presale of the same product in the same stream, or None; of a presale itself, None."""
    if offer.availability is Availability.PRESALE:
        return None
    id_ = tx.value(_SAME, stream=offer.stream_id, product=offer.product_id, availability=Availability.PRESALE)
    return None if id_ is None else view(tx, id_)


def _offer(row: sqlite3.Row) -> Offer:
    return Offer(
        id=row["id"],
        stream_id=row["stream_id"],
        stream_code=row["stream_code"],
        stream_title=row["stream_title"],
        stream_status=StreamStatus(row["stream_status"]),
        product_id=row["product_id"],
        code=row["code"],
        names=texts.read(row["names"]),
        units=texts.read(row["units"]),
        base_units=texts.read(row["base_units"]),
        descriptions=texts.read(row["descriptions"]),
        pack_milli=row["pack_milli"],
        photo=row["photo"],
        picture=row["picture"],
        picture_refused_at=row["picture_refused_at"],
        supplier_id=row["supplier_id"],
        supplier_name=row["supplier_name"],
        price=row["price"],
        currency=row["currency"],
        quantity=row["quantity"],
        taken=row["taken"],
        limit_per_buyer=row["limit_per_buyer"],
        availability=Availability(row["availability"]),
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        ships_within_days=row["ships_within_days"],
        ships_from=row["ships_from"],
        ships_until=row["ships_until"],
        hold=Hold(row["hold"]),
        flash=_flash(row),
        sold_out_at=row["sold_out_at"],
        steps=tuple(Step(quantity=step[0], price=step[1]) for step in json.loads(row["steps"])),
        paused_at=row["paused_at"],
        is_stream_paused=bool(row["is_stream_paused"]),
    )


def _flash(row: sqlite3.Row) -> Flash | None:
    if row["flash_id"] is None:
        return None
    return Flash(
        id=row["flash_id"],
        offer_id=row["id"],
        price=row["flash_price"],
        quantity=row["flash_quantity"],
        taken=row["flash_taken"],
        ends_at=row["flash_ends_at"],
        created_by=row["flash_by"],
    )
