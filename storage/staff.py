"""Who works at the stall: everybody who holds a role, and the suppliers who can be invited.

Only reads; roles are given and taken in `roles`.
"""

from dataclasses import dataclass

from storage import suppliers
from storage.connection import Tx
from storage.roles import Role
from storage.suppliers import Supplier


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person in one role; `supplier` is who they speak for. A name may be empty: known only by id."""

    person_id: int
    name: str
    username: str | None
    role: Role
    supplier: str | None


_MEMBERS = """
    SELECT r.person_id, p.name, p.username, r.role, s.name AS supplier
    FROM roles AS r JOIN people AS p ON p.id = r.person_id LEFT JOIN suppliers AS s ON s.id = r.supplier_id
    WHERE r.revoked_at IS NULL
    ORDER BY CASE r.role WHEN 'owner' THEN 0 WHEN 'host' THEN 1 WHEN 'cashier' THEN 2 ELSE 3 END, s.name, r.id
"""
_SUPPLIERS = "SELECT id FROM suppliers ORDER BY name LIMIT :limit"


def members(tx: Tx) -> list[Member]:
    """Owners first, then hosts, cashiers, and suppliers by the supplier's name."""
    return [
        Member(
            person_id=row["person_id"],
            name=row["name"],
            username=row["username"],
            role=Role(row["role"]),
            supplier=row["supplier"],
        )
        for row in tx.all(_MEMBERS)
    ]


def known_suppliers(tx: Tx, limit: int = 50) -> list[Supplier]:
    """Suppliers by name."""
    found = (suppliers.view(tx, row["id"]) for row in tx.all(_SUPPLIERS, limit=limit))
    return [supplier for supplier in found if supplier is not None]
