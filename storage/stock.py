"""Units of an offer: taken, given back, held, put up, withdrawn; each change is a counter and a ledger row at once.

The only place that writes `offers.taken` and `offers.quantity`, and since when nothing is free. Units held for an
entry of the waiting list or for a claim count as taken. Never asks who acts or whether an order may exist; the acts
on orders, shipments, offers, waiting lists and claims do that and call this inside their transaction.
"""

from dataclasses import dataclass
from enum import StrEnum

from storage import deskcards
from storage.connection import Tx


class NotTaken(Exception):
    """An order gives back units it has not taken, or an entry of the waiting list those not held for it."""


class Fact(StrEnum):
    """What a recount compares."""

    TAKEN = "taken"
    ORDERED = "ordered"
    HELD = "held"
    QUANTITY = "quantity"


class Holder(StrEnum):
    """For what units are held: its column in the ledger is this word and `_id`."""

    ENTRY = "entry"  # of the waiting list
    CLAIM = "claim"  # words in a group


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two books that should agree and don't. `order_id`, `entry_id` or `claim_id` is set where one order, one entry
    of the waiting list or one claim is at odds with the ledger."""

    offer_id: int
    order_id: int | None
    fact: Fact
    expected: int
    found: int
    entry_id: int | None = None
    claim_id: int | None = None

    def __str__(self) -> str:
        """One line for the operator."""
        match self.fact:
            case Fact.TAKEN:
                return f"offer {self.offer_id}: {self.found} units taken, the ledger says {self.expected}"
            case Fact.QUANTITY:
                return f"offer {self.offer_id}: quantity {self.found}, the ledger says {self.expected}"
            case Fact.ORDERED:
                return (
                    f"offer {self.offer_id}, order {self.order_id}: "
                    f"the ledger holds {self.found} units, its live lines {self.expected}"
                )
            case Fact.HELD:
                who = f"claim {self.claim_id}" if self.entry_id is None else f"waiting-list entry {self.entry_id}"
                what = "claim" if self.entry_id is None else "entry"
                return (
                    f"offer {self.offer_id}, {who}: the ledger holds {self.found} units, the {what} {self.expected}"
                )


# One statement decides: what was read before may have been sold since. The table's CHECK stands behind it.
_TAKE = """
    UPDATE offers SET taken = taken + :units,
        sold_out_at = iif(taken + :units = quantity, coalesce(sold_out_at, :now), sold_out_at)
    WHERE id = :offer AND (quantity IS NULL OR taken + :units <= quantity)
    RETURNING taken = quantity
"""
# INDEXED BY: an order has few movements, a popular offer has thousands.
_HELD = """
    :units <= (
        SELECT COALESCE(SUM(CASE kind WHEN 'take' THEN units WHEN 'give_back' THEN -units END), 0)
        FROM stock_movements INDEXED BY stock_movements_by_order
        WHERE order_id = :order AND offer_id = :offer)
"""
_GIVE_BACK = f"UPDATE offers SET taken = taken - :units WHERE id = :offer AND {_HELD}"  # noqa: S608
_WITHDRAW = f"""
    UPDATE offers SET taken = taken - :units, quantity = quantity - :units WHERE id = :offer AND {_HELD}
    RETURNING quantity IS NOT NULL
"""  # noqa: S608
_HELD_FOR = """
    :units <= (
        SELECT COALESCE(SUM(CASE kind WHEN 'hold' THEN units ELSE -units END), 0)
        FROM stock_movements INDEXED BY stock_movements_by_{holder}
        WHERE {holder}_id = :holder AND offer_id = :offer)
"""
_RELEASE = f"UPDATE offers SET taken = taken - :units WHERE id = :offer AND {_HELD_FOR}"  # noqa: S608
_IS_HELD = f"SELECT {_HELD_FOR}"
_PUT_UP = "UPDATE offers SET quantity = quantity + :change WHERE id = :offer AND quantity + :change >= taken"
_SET = """
    UPDATE offers SET quantity = :quantity,
        sold_out_at = iif(:quantity = taken AND taken > 0, coalesce(sold_out_at, :now), sold_out_at)
    WHERE id = :offer AND (:quantity IS NULL OR :quantity >= taken)
"""
_FREE_AGAIN = """
    UPDATE offers SET sold_out_at = NULL, sold_out_told_at = NULL
    WHERE id = :offer AND sold_out_at IS NOT NULL AND (quantity IS NULL OR taken < quantity)
"""
_PUT_UP_SO_FAR = "SELECT COALESCE(SUM(units), 0) FROM stock_movements WHERE offer_id = :offer AND kind = 'quantity'"
_MOVE = """
    INSERT INTO stock_movements (offer_id, order_id, kind, units, reason, at)
    VALUES (:offer, :order, :kind, :units, :reason, :now)
"""
_MOVE_HELD = """
    INSERT INTO stock_movements (offer_id, {holder}_id, kind, units, reason, at)
    VALUES (:offer, :holder, :kind, :units, :reason, :now)
"""


def _move(tx: Tx, offer_id: int, order_id: int | None, kind: str, units: int, now: int, reason: str) -> None:
    """Write a movement into the ledger. Whoever sees the counter hears of it."""
    tx.run(_MOVE, offer=offer_id, order=order_id, kind=kind, units=units, reason=reason, now=now)
    deskcards.touch_offer(tx, offer_id, now)


def take(tx: Tx, offer_id: int, order_id: int, units: int, now: int, reason: str) -> bool:
    """Take `units` (> 0) for an order; False, and nothing changed, when fewer are free."""
    _some(units)
    if not _taken(tx, offer_id, units, now):
        return False
    _move(tx, offer_id, order_id, "take", units, now, reason)
    return True


def _taken(tx: Tx, offer_id: int, units: int, now: int) -> bool:
    """Count them as taken; with the last one, the moment is kept, and the clock tells the hosts (`soldouts`)."""
    row = tx.one(_TAKE, offer=offer_id, units=units, now=now)
    if row is None:
        return False
    tx.rings_due = tx.rings_due or bool(row[0])
    return True


def free_again(tx: Tx, offer_id: int) -> None:
    """Once the waiting list has had what came free: if anything is left, the offer is sold out no longer."""
    tx.run(_FREE_AGAIN, offer=offer_id)


def give_back(tx: Tx, offer_id: int, order_id: int, units: int, now: int, reason: str) -> None:
    """Give back `units` (> 0) the order holds. Raises NotTaken when it holds fewer: that would be a bug."""
    _some(units)
    if not tx.run(_GIVE_BACK, offer=offer_id, order=order_id, units=units):
        raise NotTaken(f"order {order_id} does not hold {units} units of offer {offer_id}")
    _move(tx, offer_id, order_id, "give_back", units, now, reason)


# INDEXED BY: as in `_HELD`.
_HELD_BY = """
    SELECT offer_id, SUM(CASE kind WHEN 'take' THEN units ELSE -units END) AS held
    FROM stock_movements INDEXED BY stock_movements_by_order
    WHERE order_id = :order GROUP BY offer_id HAVING held <> 0 ORDER BY offer_id
"""


def held_by(tx: Tx, order_id: int) -> dict[int, int]:
    """Offer -> units the order has taken and not given back."""
    return {row["offer_id"]: row["held"] for row in tx.all(_HELD_BY, order=order_id)}


def give_back_all(tx: Tx, order_id: int, now: int, reason: str) -> list[int]:
    """Give back whatever the order has taken: a line of a first-paid offer has taken nothing before it is paid.

    Returns the offers that have units free again.
    """
    held = held_by(tx, order_id)
    for offer, units in held.items():
        give_back(tx, offer, order_id, units, now, reason)
    return list(held)


def withdraw(tx: Tx, offer_id: int, order_id: int, units: int, now: int, reason: str) -> None:
    """The supplier hasn't got them: give back `units` and lower the quantity by as many.

    What is free stays as it was. Raises NotTaken like `give_back`.
    """
    _some(units)
    is_limited = tx.value(_WITHDRAW, offer=offer_id, order=order_id, units=units)
    if is_limited is None:
        raise NotTaken(f"order {order_id} does not hold {units} units of offer {offer_id}")
    _move(tx, offer_id, order_id, "give_back", units, now, reason)
    if is_limited:
        _move(tx, offer_id, None, "quantity", -units, now, reason)


def hold(
    tx: Tx, offer_id: int, holder_id: int, units: int, now: int, reason: str, holder: Holder = Holder.ENTRY
) -> bool:
    """Keep `units` (> 0) for an entry of the waiting list or a claim; False, and nothing changed, when fewer are
    free."""
    _some(units)
    if not _taken(tx, offer_id, units, now):
        return False
    _move_held(tx, offer_id, holder_id, holder, "hold", units, now, reason)
    return True


def release(
    tx: Tx, offer_id: int, holder_id: int, units: int, now: int, reason: str, holder: Holder = Holder.ENTRY
) -> None:
    """Free `units` (> 0) that are held. Raises NotTaken when fewer are."""
    _some(units)
    if not tx.run(_RELEASE.format(holder=holder), offer=offer_id, holder=holder_id, units=units):
        raise NotTaken(f"{holder} {holder_id} does not hold {units} units of offer {offer_id}")
    _move_held(tx, offer_id, holder_id, holder, "release", units, now, reason)


def hand_over(
    tx: Tx,
    offer_id: int,
    holder_id: int,
    order_id: int,
    units: int,
    now: int,
    reason: str,
    holder: Holder = Holder.ENTRY,
) -> None:
    """What is held becomes an order's. The counter does not move: no unit is free in between.

    Raises NotTaken when fewer are held.
    """
    _some(units)
    if not tx.value(_IS_HELD.format(holder=holder), offer=offer_id, holder=holder_id, units=units):
        raise NotTaken(f"{holder} {holder_id} does not hold {units} units of offer {offer_id}")
    _move_held(tx, offer_id, holder_id, holder, "release", units, now, reason)
    _move(tx, offer_id, order_id, "take", units, now, reason)


def _move_held(
    tx: Tx, offer_id: int, holder_id: int, holder: Holder, kind: str, units: int, now: int, reason: str
) -> None:
    tx.run(
        _MOVE_HELD.format(holder=holder),
        offer=offer_id,
        holder=holder_id,
        kind=kind,
        units=units,
        reason=reason,
        now=now,
    )
    deskcards.touch_offer(tx, offer_id, now)


def put_up(tx: Tx, offer_id: int, change: int, now: int, reason: str) -> bool:
    """Change the planned quantity by `change`, up or down.

    False, and nothing changed, when the offer is unlimited or fewer than what is taken would remain.
    """
    if change == 0:
        return True
    if not tx.run(_PUT_UP, offer=offer_id, change=change):
        return False
    _move(tx, offer_id, None, "quantity", change, now, reason)
    return True


def set_quantity(tx: Tx, offer_id: int, quantity: int | None, now: int, reason: str) -> bool:
    """Make the planned quantity exactly this (None: unlimited); False, and nothing changed, below what is taken."""
    if not tx.run(_SET, offer=offer_id, quantity=quantity, now=now):
        return False
    tx.rings_due = True
    # What was withdrawn while the offer was unlimited is no movement: the ledger is brought to the new figure.
    change = 0 if quantity is None else quantity - tx.value(_PUT_UP_SO_FAR, offer=offer_id)
    if change:
        _move(tx, offer_id, None, "quantity", change, now, reason)
    else:
        deskcards.touch_offer(tx, offer_id, now)
    return True


_RECOUNT_OFFERS = """
    SELECT o.id, o.taken, o.quantity,
        COALESCE(SUM(CASE WHEN m.kind IN ('take', 'hold') THEN m.units
            WHEN m.kind IN ('give_back', 'release') THEN -m.units END), 0) AS moved,
        COALESCE(SUM(CASE m.kind WHEN 'quantity' THEN m.units END), 0) AS put_up
    FROM offers AS o LEFT JOIN stock_movements AS m ON m.offer_id = o.id
    GROUP BY o.id ORDER BY o.id
"""
# By order, not by offer: two orders at fault in opposite ways would cancel out in a sum.
_RECOUNT_ORDERS = """
    SELECT offer_id, order_id, SUM(moved) AS moved, SUM(ordered) AS ordered
    FROM (
        SELECT offer_id, order_id, CASE kind WHEN 'take' THEN units ELSE -units END AS moved, 0 AS ordered
        FROM stock_movements WHERE kind IN ('take', 'give_back')
        UNION ALL
        SELECT l.offer_id, l.order_id, 0, l.quantity
        FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
        WHERE (o.status IN ('paid', 'completed') OR (o.status = 'pending' AND l.hold = 'on_order'))
          AND NOT EXISTS (
            SELECT 1 FROM shipments AS s
            WHERE s.order_id = l.order_id AND s.supplier_id = l.supplier_id AND s.status = 'failed')
    )
    GROUP BY offer_id, order_id HAVING SUM(moved) <> SUM(ordered)
    ORDER BY offer_id, order_id
"""
_RECOUNT_HOLDS = """
    SELECT offer_id, entry_id, claim_id, SUM(moved) AS moved, SUM(held) AS held
    FROM (
        SELECT offer_id, entry_id, claim_id, CASE kind WHEN 'hold' THEN units ELSE -units END AS moved, 0 AS held
        FROM stock_movements WHERE kind IN ('hold', 'release')
        UNION ALL
        SELECT offer_id, id, NULL, 0, held FROM waitlist WHERE held > 0
        UNION ALL
        SELECT offer_id, NULL, claim_id, 0, held FROM claim_lines WHERE held > 0
    )
    GROUP BY offer_id, entry_id, claim_id HAVING SUM(moved) <> SUM(held)
    ORDER BY offer_id, entry_id, claim_id
"""


def recount(tx: Tx) -> list[Difference]:
    """Recount every offer from the ledger, and the ledger from the live order lines and from what is held for the
    waiting list; empty when the books agree.

    A line is live while its order is pending, paid or completed and its supplier's shipment has not failed; one of a
    first-paid offer only once its order is paid (`shop.holds`).
    """
    found: list[Difference] = []
    for row in tx.all(_RECOUNT_OFFERS):
        found += _compare(row["id"], None, Fact.TAKEN, row["moved"], row["taken"])
        if row["quantity"] is not None:
            found += _compare(row["id"], None, Fact.QUANTITY, row["put_up"], row["quantity"])
    for row in tx.all(_RECOUNT_ORDERS):
        found += _compare(row["offer_id"], row["order_id"], Fact.ORDERED, row["ordered"], row["moved"])
    for row in tx.all(_RECOUNT_HOLDS):
        found += _compare(
            row["offer_id"], None, Fact.HELD, row["held"], row["moved"], entry=row["entry_id"], claim=row["claim_id"]
        )
    return found


def _compare(
    offer: int,
    order: int | None,
    fact: Fact,
    expected: int,
    found: int,
    *,
    entry: int | None = None,
    claim: int | None = None,
) -> list[Difference]:
    if expected == found:
        return []
    return [
        Difference(
            offer_id=offer,
            order_id=order,
            fact=fact,
            expected=expected,
            found=found,
            entry_id=entry,
            claim_id=claim,
        )
    ]


def _some(units: int) -> None:
    if units <= 0:
        raise ValueError(f"units must be more than 0, not {units}")
