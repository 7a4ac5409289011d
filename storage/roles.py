"""Who may do what.

Owns `roles`. Every act asks `has_role` itself; nothing is cached. They are given by `invites` and taken by
`revocations`.
"""

from enum import StrEnum

from storage import audit
from storage.connection import Tx


class Role(StrEnum):
    """A viewer is anyone without one of these."""

    OWNER = "owner"
    HOST = "host"
    CASHIER = "cashier"
    SUPPLIER = "supplier"


_HAS = """
    SELECT 1 FROM roles
    WHERE person_id = :person AND revoked_at IS NULL AND role IN ('owner', :first, :second)
    LIMIT 1
"""
_SUPPLIES = """
    SELECT 1 FROM roles
    WHERE person_id = :person AND revoked_at IS NULL
      AND (role = 'owner' OR (role = 'supplier' AND supplier_id = :supplier))
    LIMIT 1
"""
_ROLES_OF = "SELECT role FROM roles WHERE person_id = :person AND revoked_at IS NULL"
_HOLDERS = """
    SELECT r.person_id, p.blocked_at IS NULL AS is_reachable
    FROM roles AS r JOIN people AS p ON p.id = r.person_id
    WHERE r.role = :role AND r.revoked_at IS NULL AND (:supplier IS NULL OR r.supplier_id = :supplier)
    ORDER BY r.id
"""
_GRANT = """
    INSERT INTO roles (person_id, role, supplier_id, granted_by, granted_at)
    VALUES (:person, :role, :supplier, :by, :now)
    ON CONFLICT DO NOTHING
"""


def has_role(tx: Tx, person: int, first: Role, second: Role | None = None) -> bool:
    """Does the person hold one of these roles now? An owner may do everything a host or cashier may."""
    return tx.one(_HAS, person=person, first=first, second=second) is not None


def supplies(tx: Tx, person: int, supplier: int) -> bool:
    """May the person speak for this supplier? Owners may."""
    return tx.one(_SUPPLIES, person=person, supplier=supplier) is not None


def of(tx: Tx, person: int) -> frozenset[Role]:
    """Every role the person holds now."""
    return frozenset(Role(row["role"]) for row in tx.all(_ROLES_OF, person=person))


def holders(tx: Tx, role: Role, supplier: int | None = None) -> list[int]:
    """The people to tell: holders of the role; owners too when none of them can be reached (DESIGN rule 9)."""
    rows = tx.all(_HOLDERS, role=role, supplier=supplier)
    found = [row["person_id"] for row in rows]
    if role is not Role.OWNER and not any(row["is_reachable"] for row in rows):
        found += holders(tx, Role.OWNER)
    return list(dict.fromkeys(found))


def reachable(tx: Tx, role: Role, supplier: int | None = None) -> list[int]:
    """Holders of the role whom the bot can write to; nobody stands in for them."""
    return [row["person_id"] for row in tx.all(_HOLDERS, role=role, supplier=supplier) if row["is_reachable"]]


def is_vacant(tx: Tx, role: Role, supplier: int | None = None) -> bool:
    """Does nobody hold the role (for this supplier) now, reachable or not?"""
    return not tx.all(_HOLDERS, role=role, supplier=supplier)


def hosts_of(tx: Tx, host: int | None) -> list[int]:
    """The people to tell about a stream: its host, or every host once it has none (any more)."""
    is_host = host is not None and has_role(tx, host, Role.HOST)
    return [host] if host is not None and is_host else holders(tx, Role.HOST)


def suppliers_of(tx: Tx, person: int) -> list[int]:
    """The suppliers the person speaks for."""
    sql = "SELECT supplier_id FROM roles WHERE person_id = :person AND revoked_at IS NULL AND role = 'supplier'"
    return [row["supplier_id"] for row in tx.all(sql, person=person)]


def grant(tx: Tx, *, person: int, role: Role, supplier: int | None, by: int | None, now: int) -> bool:
    """Give a role; False if the person holds it already."""
    given = tx.run(_GRANT, person=person, role=role, supplier=supplier, by=by, now=now) > 0
    if given:
        audit.note(tx, by, "role.granted", f"person:{person}", now, role=role, supplier=supplier)
    return given
