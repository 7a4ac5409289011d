"""How a stream sells at this moment, product by product: what its desk shows while it runs.

Only reads; whatever changes one of these figures calls `deskcards.touch`. Sold, held and left of an offer add up to
its quantity. What a stream has brought in the end is `reports`.
"""

from dataclasses import dataclass

from storage import offers
from storage.connection import Tx
from storage.offers import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """One product's packs: `sold` to orders (`paid` of them, worth `amount` minor units), `held` for words and the
    waiting list, and `waiting` people who want `wanted` more."""

    offer: Offer
    sold: int
    paid: int
    amount: int
    held: int
    waiting: int
    wanted: int

    @property
    def left(self) -> int | None:
        """None is without limit."""
        return self.offer.free


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A stream's sales. Amounts in minor units: `paid` came in for orders, `to_come` is asked for by those that wait
    for money, of which `under_review` have sent a receipt."""

    sales: tuple[Sales, ...]
    paid: int
    to_come: int
    under_review: int
    refunds: int
    refunds_amount: int


# What a supplier could not deliver was not sold.
_PAID = """
    SELECT l.offer_id, SUM(l.quantity) AS paid, SUM(l.total) AS amount
    FROM orders AS r INDEXED BY orders_by_stream
    JOIN order_lines AS l INDEXED BY order_lines_by_order ON l.order_id = r.id
    WHERE r.stream_id = :stream AND r.status IN ('paid', 'completed')
      AND NOT EXISTS (
        SELECT 1 FROM shipments AS s
        WHERE s.order_id = r.id AND s.supplier_id = l.supplier_id AND s.status = 'failed')
    GROUP BY l.offer_id
"""
_WAITING = """
    SELECT o.id AS offer_id, SUM(w.held) AS held, COUNT(*) FILTER (WHERE w.held < w.quantity) AS waiting,
        SUM(w.quantity - w.held) AS wanted
    FROM offers AS o JOIN waitlist AS w INDEXED BY waitlist_live ON w.offer_id = o.id AND w.ended_at IS NULL
    WHERE o.stream_id = :stream GROUP BY o.id
"""
_SAID = """
    SELECT l.offer_id, SUM(l.held) AS held
    FROM claims AS c INDEXED BY claims_by_stream JOIN claim_lines AS l ON l.claim_id = c.id
    WHERE c.stream_id = :stream AND c.ended_at IS NULL GROUP BY l.offer_id
"""
_MONEY = """
    SELECT COALESCE(SUM(total) FILTER (WHERE status IN ('paid', 'completed')), 0) AS paid,
        COALESCE(SUM(total) FILTER (WHERE status = 'pending'), 0) AS to_come
    FROM orders INDEXED BY orders_by_stream
    WHERE stream_id = :stream AND status IN ('pending', 'paid', 'completed')
"""
_UNDER_REVIEW = """
    SELECT COUNT(*) FROM orders AS o INDEXED BY orders_by_stream
    WHERE o.stream_id = :stream AND o.status = 'pending'
      AND EXISTS (SELECT 1 FROM payments WHERE order_id = o.id AND status = 'submitted')
"""
_REFUNDS = """
    SELECT COUNT(*) AS refunds, COALESCE(SUM(f.amount), 0) AS refunds_amount
    FROM refunds AS f INDEXED BY refunds_owed JOIN orders AS o ON o.id = f.order_id
    WHERE f.status = 'owed' AND o.stream_id = :stream
"""


def view(tx: Tx, stream_id: int) -> Board:
    """The figures of a stream as the books stand; nothing for one that is not there."""
    paid = {row["offer_id"]: row for row in tx.all(_PAID, stream=stream_id)}
    waiting = {row["offer_id"]: row for row in tx.all(_WAITING, stream=stream_id)}
    said = {row["offer_id"]: row["held"] for row in tx.all(_SAID, stream=stream_id)}
    sales = []
    for offer in offers.listing(tx, stream_id):
        money, line = paid.get(offer.id), waiting.get(offer.id)
        held = said.get(offer.id, 0) + (0 if line is None else line["held"])
        sales.append(
            Sales(
                offer=offer,
                sold=offer.taken - held,
                paid=0 if money is None else money["paid"],
                amount=0 if money is None else money["amount"],
                held=held,
                waiting=0 if line is None else line["waiting"],
                wanted=0 if line is None else line["wanted"],
            )
        )
    sums, refunds = tx.all(_MONEY, stream=stream_id)[0], tx.all(_REFUNDS, stream=stream_id)[0]
    return Board(
        sales=tuple(sales),
        under_review=tx.value(_UNDER_REVIEW, stream=stream_id),
        **dict(sums),
        **dict(refunds),
    )
