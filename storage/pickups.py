"""Places where goods can be picked up instead of being sent, kept by hosts.

Owns `pickup_points` and `pickup_counters`. An order keeps name, address and hours of its place as they were shown:
changing or closing one touches no order.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from storage import audit, outbox, roles, suppliers
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

MOST_POINTS = 20  # open ones of a supplier, and of the stall; they are buttons of one message


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place. `supplier_id` None: whatever the stall sells can be picked up there."""

    id: int
    supplier_id: int | None
    name: str
    address: str
    hours: str
    is_closed: bool

    @property
    def whole(self) -> str:
        """Name, address and hours under one another, as an order keeps them."""
        return "\n".join(part for part in (self.name, self.address, self.hours) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The place stands as typed."""

    point_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Nobody can choose it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany(Refused):
    """There are as many places as can be shown."""


_VIEW = "SELECT * FROM pickup_points WHERE id = :id"
_OPEN = """
    SELECT * FROM pickup_points INDEXED BY pickup_points_open
    WHERE coalesce(supplier_id, 0) = :supplier AND closed_at IS NULL ORDER BY id LIMIT :limit
"""
_ADD = """
    INSERT INTO pickup_points (supplier_id, name, address, hours, created_at)
    VALUES (:supplier, :name, :address, :hours, :now)
"""
_CHANGE = """
    UPDATE pickup_points SET name = :name, address = :address, hours = :hours WHERE id = :id AND closed_at IS NULL
"""
_CLOSE = "UPDATE pickup_points SET closed_at = :now WHERE id = :id AND closed_at IS NULL"


def view(tx: Tx, point: int) -> Point | None:
    """A place, also a closed one, or None."""
    row = tx.one(_VIEW, id=point)
    return None if row is None else _point(row)


def of(tx: Tx, supplier: int | None) -> list[Point]:
    """The open places of a supplier, or (None) of the whole stall."""
    return [_point(row) for row in tx.all(_OPEN, supplier=supplier or 0, limit=MOST_POINTS)]


def for_order(tx: Tx, supplier_ids: Iterable[int]) -> list[Point]:
    """Where an order of these suppliers' goods can be picked up whole: the stall's places, and a supplier's own if
    everything is of that one."""
    theirs = set(supplier_ids)
    own = of(tx, *theirs) if len(theirs) == 1 else []
    return [*of(tx, None), *own]


def add(
    tx: Tx, *, actor: int, supplier_id: int | None, name: str, address: str, hours: str, now: int
) -> Kept | TooMany | NotAllowed | NotFound:
    """A host opens a place."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    if supplier_id is not None and suppliers.view(tx, supplier_id) is None:
        return NotFound()
    if len(of(tx, supplier_id)) >= MOST_POINTS:
        return TooMany()
    point = tx.insert(_ADD, supplier=supplier_id, name=name, address=address, hours=hours, now=now)
    audit.note(tx, actor, "pickup.opened", f"pickup:{point}", now, supplier=supplier_id)
    outbox.tell(tx, actor, "pickup_point", now=now, point=point)
    return Kept(point_id=point)


def change(
    tx: Tx, *, actor: int, point_id: int, name: str, address: str, hours: str, now: int
) -> Kept | NotAllowed | NotFound:
    """A host corrects a place. Its numbers go on; whoever has it in a summary is shown that anew."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    point = view(tx, point_id)
    if point is None or not tx.run(_CHANGE, id=point_id, name=name, address=address, hours=hours):
        return NotFound()
    audit.note(tx, actor, "pickup.changed", f"pickup:{point_id}", now, supplier=point.supplier_id)
    outbox.tell(tx, actor, "pickup_point", now=now, point=point_id)
    return Kept(point_id=point_id)


def close(
    tx: Tx, *, actor: int, point_id: int, now: int, anchor: int | None = None
) -> Closed | NotAllowed | NotFound:
    """A host takes a place away. What is to be picked up there already still is."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    point = view(tx, point_id)
    if point is None or not tx.run(_CLOSE, id=point_id, now=now):
        return NotFound()
    audit.note(tx, actor, "pickup.closed", f"pickup:{point_id}", now, supplier=point.supplier_id)
    outbox.tell(tx, actor, "pickup_point", now=now, anchor=anchor, point=point_id)
    return Closed()


_COUNT = """
    INSERT INTO pickup_counters (point_id, stream_id, last) VALUES (:point, :stream, 1)
    ON CONFLICT (point_id, stream_id) DO UPDATE SET last = last + 1
"""
_LAST = "SELECT last FROM pickup_counters WHERE point_id = :point AND stream_id = :stream"


def next_number(tx: Tx, point: int, stream: int) -> int:
    """The next number of a stream's orders at a place: 1, 2, 3, … Never given twice, so it stays true to its order
    whatever becomes of that."""
    tx.run(_COUNT, point=point, stream=stream)
    number: int = tx.value(_LAST, point=point, stream=stream)
    return number


def _point(row: sqlite3.Row) -> Point:
    return Point(
        id=row["id"],
        supplier_id=row["supplier_id"],
        name=row["name"],
        address=row["address"],
        hours=row["hours"],
        is_closed=row["closed_at"] is not None,
    )
