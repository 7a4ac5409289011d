"""Who may do what: roles, and the one-time invitations that give them.

Owns `roles` and `invites`. Every act asks `has_role` itself; nothing is cached.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from storage import audit, outbox, people
from storage.connection import Tx
from storage.people import NotAllowed
from storage.store import Refused


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


_REVOKE_OWNERS = """
    UPDATE roles SET revoked_at = :now
    WHERE role = 'owner' AND revoked_at IS NULL AND person_id NOT IN (SELECT value FROM json_each(:keep))
"""


def set_owners(tx: Tx, owners: Iterable[int], now: int) -> None:
    """Make exactly the configured people owners."""
    keep = sorted(set(owners))
    for owner in keep:
        people.place(tx, owner, now)
        grant(tx, person=owner, role=Role.OWNER, supplier=None, by=None, now=now)
    tx.run(_REVOKE_OWNERS, now=now, keep=str(keep))


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """`token` goes into the link and is shown only now; the books keep its hash."""

    token: str
    role: Role
    supplier: str | None
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSupplier(Refused):
    """No supplier of that name; `known` names some."""

    name: str
    known: tuple[str, ...]


_INVITE = """
    INSERT INTO invites (token_hash, role, supplier_id, created_by, created_at, expires_at)
    VALUES (:hash, :role, :supplier, :by, :now, :expires)
"""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite(
    tx: Tx, *, actor: int | None, role: Role, supplier: str | None, valid_ms: int, now: int
) -> Invited | NotAllowed | UnknownSupplier:
    """Make a one-time link token. `actor` None is the command line, which only the machine's owner can reach."""
    if role is Role.OWNER or (actor is not None and not has_role(tx, actor, Role.OWNER)):
        return NotAllowed()
    supplier_id = None
    if role is Role.SUPPLIER:
        wanted = (supplier or "").strip()
        supplier_id = tx.value("SELECT id FROM suppliers WHERE name = :name COLLATE NOCASE", name=wanted)
        if supplier_id is None:
            known = tx.all("SELECT name FROM suppliers ORDER BY name LIMIT 20")
            return UnknownSupplier(name=wanted, known=tuple(row["name"] for row in known))
    token = secrets.token_urlsafe(16)
    expires = now + valid_ms
    tx.run(_INVITE, hash=_hash(token), role=role, supplier=supplier_id, by=actor, now=now, expires=expires)
    audit.note(tx, actor, "invite.created", f"role:{role}", now, supplier=supplier_id)
    name = tx.value("SELECT name FROM suppliers WHERE id = :id", id=supplier_id)
    return Invited(token=token, role=role, supplier=name, expires_at=expires)


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcomed:
    """The person now holds the role (or held it already)."""

    role: Role
    supplier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteUsed(Refused):
    """Somebody else has opened this link before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteExpired(Refused):
    """The link was not opened in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteUnknown(Refused):
    """No invitation has this token."""


_FIND = """
    SELECT i.*, s.name AS supplier_name FROM invites AS i LEFT JOIN suppliers AS s ON s.id = i.supplier_id
    WHERE i.token_hash = :hash
"""


def accept_invite(
    tx: Tx, *, actor: int, token: str, now: int
) -> Welcomed | InviteUsed | InviteExpired | InviteUnknown:
    """Open an invitation: one person, once. Opening one's own used link again is harmless."""
    row = tx.one(_FIND, hash=_hash(token))
    if row is None:
        return InviteUnknown()
    role = Role(row["role"])
    if row["used_by"] == actor:
        outbox.tell(tx, actor, "welcome_role", now=now, role=role, supplier=row["supplier_name"])
        return Welcomed(role=role, supplier=row["supplier_name"])
    if row["used_by"] is not None:
        return InviteUsed()
    if row["expires_at"] <= now:
        return InviteExpired()
    tx.run("UPDATE invites SET used_by = :actor, used_at = :now WHERE id = :id", actor=actor, now=now, id=row["id"])
    grant(tx, person=actor, role=role, supplier=row["supplier_id"], by=row["created_by"], now=now)
    outbox.tell(tx, actor, "welcome_role", now=now, role=role, supplier=row["supplier_name"])
    outbox.tell(tx, actor, "menu", now=now, lane=outbox.Lane.ORDER)
    if row["created_by"] is not None and row["created_by"] != actor:
        outbox.tell(
            tx,
            row["created_by"],
            "invite_opened",
            now=now,
            lane=outbox.Lane.ORDER,
            person=actor,
            role=role,
            supplier=row["supplier_name"],
        )
    return Welcomed(role=role, supplier=row["supplier_name"])
