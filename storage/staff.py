"""Who works at the stall: everybody who holds a role, what lies in their hands, and the suppliers who can be invited.

Only reads; roles are given in `invites` and taken in `revocations`.
"""

import sqlite3
from dataclasses import dataclass

from storage import people, suppliers
from storage.connection import Tx
from storage.people import Person
from storage.roles import Role
from storage.suppliers import Supplier

PAGE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person in one role; `supplier` is who they speak for. A name may be empty: known only by id.

    `by` is who gave it (None: the configuration or the command line), `until` when and `taker` who took it.
    """

    role_id: int
    person_id: int
    name: str
    username: str | None
    role: Role
    supplier_id: int | None
    supplier: str | None
    since: int
    by: str | None
    until: int | None
    taker_id: int | None
    taker: str | None

    @property
    def is_given_up(self) -> bool:
        """Was it the person's own decision?"""
        return self.taker_id == self.person_id


_MEMBER = """
    SELECT r.id, r.person_id, p.name, p.username, r.role, r.supplier_id, s.name AS supplier, r.granted_at,
        g.name AS by_name, r.revoked_at, r.revoked_by, t.name AS taker
    FROM roles AS r JOIN people AS p ON p.id = r.person_id LEFT JOIN suppliers AS s ON s.id = r.supplier_id
        LEFT JOIN people AS g ON g.id = r.granted_by LEFT JOIN people AS t ON t.id = r.revoked_by
"""
_ORDER = """
    ORDER BY CASE r.role WHEN 'owner' THEN 0 WHEN 'host' THEN 1 WHEN 'cashier' THEN 2 ELSE 3 END, s.name, r.id
"""
_MEMBERS = _MEMBER + "WHERE r.revoked_at IS NULL" + _ORDER
_ROLES_OF = _MEMBER + "WHERE r.revoked_at IS NULL AND r.person_id = :person" + _ORDER
_VIEW = _MEMBER + "WHERE r.id = :id"
_SUPPLIERS = "SELECT id FROM suppliers ORDER BY name LIMIT :limit"


def members(tx: Tx) -> list[Member]:
    """Owners first, then hosts, cashiers, and suppliers by the supplier's name."""
    return [_member(row) for row in tx.all(_MEMBERS)]


def roles_of(tx: Tx, person: int) -> list[Member]:
    """What one person does."""
    return [_member(row) for row in tx.all(_ROLES_OF, person=person)]


def view(tx: Tx, role_id: int) -> Member | None:
    """One role that was ever given, or None."""
    row = tx.one(_VIEW, id=role_id)
    return None if row is None else _member(row)


def known_suppliers(tx: Tx, limit: int = 50) -> list[Supplier]:
    """Suppliers by name."""
    found = (suppliers.view(tx, row["id"]) for row in tx.all(_SUPPLIERS, limit=limit))
    return [supplier for supplier in found if supplier is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of everybody, and how many pages there are."""

    members: tuple[Member, ...]
    number: int
    pages: int


def page(tx: Tx, number: int) -> Page:
    """A page of 8; a number out of range gives the nearest page there is. Few people work at a stall."""
    everybody = members(tx)
    pages = max(1, -(-len(everybody) // PAGE))
    number = min(max(0, number), pages - 1)
    return Page(members=tuple(everybody[number * PAGE :][:PAGE]), number=number, pages=pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One person of the stall: roles, and what is open in their hands."""

    person: Person
    roles: tuple[Member, ...]
    receipts: int
    refunds: int
    parcels: int
    streams: tuple[str, ...]
    owners: int

    @property
    def is_last_owner(self) -> bool:
        return self.owners == 1 and any(member.role is Role.OWNER for member in self.roles)


_RECEIPTS = """
    SELECT count(*) FROM payments AS p INDEXED BY payments_waiting
    JOIN cards AS c ON c.card = 'payment:' || p.id AND c.chat_id = :person WHERE p.status = 'submitted'
"""
_REFUNDS = """
    SELECT count(*) FROM refunds AS r INDEXED BY refunds_owed
    JOIN cards AS c ON c.card = 'refund:' || r.id AND c.chat_id = :person WHERE r.status = 'owed'
"""
_PARCELS = """
    SELECT count(*) FROM roles AS r
    JOIN shipments AS h INDEXED BY shipments_by_supplier ON h.supplier_id = r.supplier_id
    WHERE r.person_id = :person AND r.role = 'supplier' AND r.revoked_at IS NULL
      AND h.status IN ('requested', 'accepted')
"""
_STREAMS = """
    SELECT title FROM streams INDEXED BY streams_by_host
    WHERE host_id = :person AND status IN ('draft', 'announced', 'live') ORDER BY id DESC
"""
_OWNERS = "SELECT count(*) FROM roles INDEXED BY roles_holders WHERE role = 'owner' AND revoked_at IS NULL"


def profile(tx: Tx, person: int) -> Profile | None:
    """Somebody who works here, or did once; None for everybody else."""
    known = people.view(tx, person)
    if known is None or tx.one("SELECT 1 FROM roles WHERE person_id = :person", person=person) is None:
        return None
    return Profile(
        person=known,
        roles=tuple(roles_of(tx, person)),
        receipts=tx.value(_RECEIPTS, person=person),
        refunds=tx.value(_REFUNDS, person=person),
        parcels=tx.value(_PARCELS, person=person),
        streams=tuple(row["title"] for row in tx.all(_STREAMS, person=person)),
        owners=tx.value(_OWNERS),
    )


def _member(row: sqlite3.Row) -> Member:
    return Member(
        role_id=row["id"],
        person_id=row["person_id"],
        name=row["name"],
        username=row["username"],
        role=Role(row["role"]),
        supplier_id=row["supplier_id"],
        supplier=row["supplier"],
        since=row["granted_at"],
        by=row["by_name"],
        until=row["revoked_at"],
        taker_id=row["revoked_by"],
        taker=row["taker"],
    )
