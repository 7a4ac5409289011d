"""Buyers as hosts need to know them: whose orders ran out unpaid, and who may not order.

Owns `people.ordering_blocked_at`. Orders that stand are never touched: they can be paid, changed and cancelled.
"""

from dataclasses import dataclass

from storage import audit, outbox, people, pseudonyms, roles
from storage.clock import DAY
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

COUNTED_MS = 30 * DAY
MOST_LISTED = 20
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A person who has ordered, and how that went. `ran_out`: when orders ran out unpaid, newest first."""

    id: int
    name: str
    placed: int
    completed: int
    ran_out: tuple[int, ...]
    blocked_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """The buyer may order, or may not, from now on."""

    person_id: int
    is_blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AsBefore(Refused):
    """A second tap, or another host was first: nothing is new."""

    person_id: int


_BUYER = """
    SELECT p.id, p.name, p.ordering_blocked_at,
        (SELECT count(*) FROM orders INDEXED BY orders_by_buyer WHERE buyer_id = p.id) AS placed,
        (SELECT count(*) FROM orders INDEXED BY orders_by_buyer WHERE buyer_id = p.id AND status = 'completed')
            AS completed
    FROM people AS p WHERE p.id = :person
"""
# Money that came late was money: such an order did not run out unpaid.
_RAN_OUT = """
    SELECT o.expired_at FROM orders AS o INDEXED BY orders_ran_out_of
    WHERE o.buyer_id = :buyer AND o.status = 'expired'
      AND NOT EXISTS (SELECT 1 FROM payments WHERE order_id = o.id)
    ORDER BY o.expired_at DESC LIMIT :limit
"""
_LISTED = """
    SELECT person_id FROM (
        SELECT o.buyer_id AS person_id, count(*) AS times FROM orders AS o INDEXED BY orders_ran_out
        WHERE o.status = 'expired' AND o.expired_at >= :since AND o.buyer_id < :pseudonyms
          AND NOT EXISTS (SELECT 1 FROM payments WHERE order_id = o.id)
        GROUP BY o.buyer_id
        UNION ALL
        SELECT id, 0 FROM people INDEXED BY people_blocked WHERE ordering_blocked_at IS NOT NULL)
    GROUP BY person_id ORDER BY max(times) DESC, person_id LIMIT :limit
"""


def ran_out(tx: Tx, buyer: int) -> tuple[int, ...]:
    """When the buyer's orders ran out without a receipt, newest first; whoever shows it counts the last 30 days."""
    return tuple(row["expired_at"] for row in tx.all(_RAN_OUT, buyer=buyer, limit=MOST_COUNTED))


def is_blocked(tx: Tx, person: int) -> bool:
    """May this person order no more?"""
    return tx.one("SELECT 1 FROM people WHERE id = :id AND ordering_blocked_at IS NOT NULL", id=person) is not None


def view(tx: Tx, person: int) -> Buyer | None:
    """One buyer, or None: nobody who never ordered, and nobody who was erased."""
    row = tx.one(_BUYER, person=person)
    if row is None or pseudonyms.is_one(person) or not (row["placed"] or row["ordering_blocked_at"]):
        return None
    return Buyer(
        id=row["id"],
        name=row["name"],
        placed=row["placed"],
        completed=row["completed"],
        ran_out=ran_out(tx, person),
        blocked_at=row["ordering_blocked_at"],
    )


def listing(tx: Tx, now: int) -> list[Buyer]:
    """Buyers whose orders ran out unpaid, most often first; then those who may not order."""
    rows = tx.all(_LISTED, since=now - COUNTED_MS, pseudonyms=pseudonyms.NOBODY, limit=MOST_LISTED)
    found = [view(tx, row["person_id"]) for row in rows]
    return [buyer for buyer in found if buyer is not None]


_SET = """
    UPDATE people SET ordering_blocked_at = CASE WHEN :blocked THEN :now END
    WHERE id = :id AND (ordering_blocked_at IS NOT NULL) <> :blocked
"""


def block(
    tx: Tx, *, actor: int, person: int, now: int, anchor: int | None = None
) -> Set | AsBefore | NotAllowed | NotFound:
    """A host lets this buyer order no more."""
    return _set(tx, actor, person, True, now, anchor)


def allow(
    tx: Tx, *, actor: int, person: int, now: int, anchor: int | None = None
) -> Set | AsBefore | NotAllowed | NotFound:
    """A host lets this buyer order again."""
    return _set(tx, actor, person, False, now, anchor)


def _set(
    tx: Tx, actor: int, person: int, blocked: bool, now: int, anchor: int | None
) -> Set | AsBefore | NotAllowed | NotFound:
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    if people.view(tx, person) is None or view(tx, person) is None:
        return NotFound()
    if not tx.run(_SET, id=person, blocked=int(blocked), now=now):
        return AsBefore(person_id=person)
    if blocked:
        audit.note(tx, actor, "buyer.blocked", f"person:{person}", now)
    else:
        audit.note(tx, actor, "buyer.allowed", f"person:{person}", now)
    outbox.tell(tx, actor, "buyer_card", now=now, anchor=anchor, person=person)
    return Set(person_id=person, is_blocked=blocked)
