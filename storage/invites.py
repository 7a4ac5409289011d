"""One-time links that give a role to whoever opens them first: made, opened, withdrawn.

Owns `invites`. What a role allows is in `roles`.
"""

import hashlib
import secrets
from dataclasses import dataclass

from storage import audit, outbox
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.roles import Role, grant, has_role, supplies
from storage.store import Refused


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
    id_ = tx.insert(_INVITE, hash=_hash(token), role=role, supplier=supplier_id, by=actor, now=now, expires=expires)
    audit.note(tx, actor, "invite.created", f"invite:{id_}", now, role=role, supplier=supplier_id)
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
class InviteWithdrawn(Refused):
    """An owner took the link back before it was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteUnknown(Refused):
    """No invitation has this token."""


_FIND = """
    SELECT i.*, s.name AS supplier_name FROM invites AS i LEFT JOIN suppliers AS s ON s.id = i.supplier_id
    WHERE i.token_hash = :hash
"""


def accept(
    tx: Tx, *, actor: int, token: str, now: int
) -> Welcomed | InviteUsed | InviteExpired | InviteWithdrawn | InviteUnknown:
    """Open an invitation: one person, once. Opening one's own used link again is harmless while its role is held."""
    row = tx.one(_FIND, hash=_hash(token))
    if row is None:
        return InviteUnknown()
    role = Role(row["role"])
    if row["used_by"] == actor and _holds(tx, actor, role, row["supplier_id"]):
        outbox.tell(tx, actor, "welcome_role", now=now, role=role, supplier=row["supplier_name"])
        return Welcomed(role=role, supplier=row["supplier_name"])
    if row["used_by"] is not None:
        return InviteUsed()
    if row["withdrawn_at"] is not None:
        return InviteWithdrawn()
    if row["expires_at"] <= now:
        return InviteExpired()
    tx.run("UPDATE invites SET used_by = :actor, used_at = :now WHERE id = :id", actor=actor, now=now, id=row["id"])
    audit.note(tx, actor, "invite.opened", f"invite:{row['id']}", now, role=role, supplier=row["supplier_id"])
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


def _holds(tx: Tx, person: int, role: Role, supplier: int | None) -> bool:
    return has_role(tx, person, role) if supplier is None else supplies(tx, person, supplier)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvite:
    """A link nobody has opened yet. `by` is the inviter's name, None for the command line."""

    id: int
    role: Role
    supplier: str | None
    by: str | None
    expires_at: int


_OPEN = """
    SELECT i.id, i.role, s.name AS supplier, i.created_by, p.name AS by_name, i.expires_at
    FROM invites AS i INDEXED BY invites_open
    LEFT JOIN suppliers AS s ON s.id = i.supplier_id LEFT JOIN people AS p ON p.id = i.created_by
    WHERE i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > :now
    ORDER BY i.expires_at DESC, i.id DESC
"""


def still_open(tx: Tx, now: int) -> list[OpenInvite]:
    """Links that would still give a role, the newest first."""
    return [
        OpenInvite(
            id=row["id"],
            role=Role(row["role"]),
            supplier=row["supplier"],
            by=None if row["created_by"] is None else row["by_name"],
            expires_at=row["expires_at"],
        )
        for row in tx.all(_OPEN, now=now)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The link gives nothing any more; the owner sees the others."""

    invite_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOpen(Refused):
    """It has been opened, withdrawn before, or has run out."""


_WITHDRAW = """
    UPDATE invites SET withdrawn_at = :now, withdrawn_by = :actor
    WHERE id = :id AND used_at IS NULL AND withdrawn_at IS NULL
    RETURNING role, supplier_id
"""
_MADE_BY = """
    SELECT id FROM invites INDEXED BY invites_open
    WHERE used_at IS NULL AND withdrawn_at IS NULL AND expires_at > :now AND created_by = :person
"""


def withdraw(
    tx: Tx, *, actor: int, invite_id: int, now: int, anchor: int | None = None
) -> Withdrawn | NotAllowed | NotFound | NotOpen:
    """An owner takes back a link that nobody has opened."""
    if not has_role(tx, actor, Role.OWNER):
        return NotAllowed()
    if tx.one("SELECT 1 FROM invites WHERE id = :id", id=invite_id) is None:
        return NotFound()
    if not _withdraw(tx, actor, invite_id, now):
        return NotOpen()
    outbox.tell(tx, actor, "invites", now=now, anchor=anchor, at=now)
    return Withdrawn(invite_id=invite_id)


def withdraw_of(tx: Tx, person: int, actor: int | None, now: int) -> int:
    """Take back every open link a former owner made; returns how many."""
    made = [row["id"] for row in tx.all(_MADE_BY, person=person, now=now)]
    return sum(_withdraw(tx, actor, invite, now) for invite in made)


def _withdraw(tx: Tx, actor: int | None, invite: int, now: int) -> bool:
    row = tx.one(_WITHDRAW, id=invite, actor=actor, now=now)
    if row is None:
        return False
    audit.note(tx, actor, "invite.withdrawn", f"invite:{invite}", now, role=row["role"], supplier=row["supplier_id"])
    return True
