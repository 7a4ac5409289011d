"""Taking a role away, and giving it back for a while: by an owner, the configuration or the command line.

Owns what must follow in the same transaction: the person is told, their menu and their chat are put right, and what
waited for them is with others (`handovers`). The last owner can't be lost.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from storage import audit, handovers, invites, outbox, people, roles
from storage.clock import MINUTE
from storage.connection import Tx
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

UNDO_MS = 10 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """The person can't act in the role any more, from their next tap on."""

    person_id: int
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyRevoked(Refused):
    """A second tap, or another owner was first. `is_ours`: the same owner did it, and may still undo it."""

    person_id: int
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LastOwner(Refused):
    """Nobody else owns the stall."""

    person_id: int


_ROW = "SELECT * FROM roles WHERE id = :id"
# The condition stands in the statement itself: whatever was read before, one owner stays.
_REVOKE = """
    UPDATE roles SET revoked_at = :now, revoked_by = :actor
    WHERE id = :id AND revoked_at IS NULL AND (role <> 'owner' OR EXISTS (
        SELECT 1 FROM roles AS other INDEXED BY roles_holders
        WHERE other.role = 'owner' AND other.revoked_at IS NULL AND other.id <> roles.id))
"""


def revoke(
    tx: Tx, *, actor: int | None, role_id: int, now: int, anchor: int | None = None
) -> Revoked | NotAllowed | NotFound | AlreadyRevoked | LastOwner:
    """An owner takes a role from somebody, or gives up one of their own. `actor` None is the command line."""
    if actor is not None and not roles.has_role(tx, actor, Role.OWNER):
        return NotAllowed()
    row = tx.one(_ROW, id=role_id)
    if row is None:
        return NotFound()
    if row["revoked_at"] is not None:
        is_ours = actor is not None and row["revoked_by"] == actor and row["revoked_at"] > now - UNDO_MS
        return AlreadyRevoked(person_id=row["person_id"], is_ours=is_ours)
    if not tx.run(_REVOKE, id=role_id, actor=actor, now=now):
        return LastOwner(person_id=row["person_id"])
    _leave(tx, row, actor, now, anchor)
    return Revoked(person_id=row["person_id"], role=Role(row["role"]))


def _leave(
    tx: Tx, row: sqlite3.Row, actor: int | None, now: int, anchor: int | None = None, via: str | None = None
) -> None:
    """Everything that follows from a role's end."""
    person, role, supplier = row["person_id"], Role(row["role"]), row["supplier_id"]
    how = {} if via is None else {"via": via}
    audit.note(tx, actor, "role.revoked", f"person:{person}", now, role=role, supplier=supplier, **how)
    withdrawn = invites.withdraw_of(tx, person, actor, now) if role is Role.OWNER else 0
    _tell_person(tx, row, actor, now, anchor)
    handovers.withdraw(tx, person, now)
    moved = handovers.hand_on(tx, role, supplier, now)
    for owner in roles.holders(tx, Role.OWNER):
        outbox.tell(
            tx,
            owner,
            "role_revoked",
            now=now,
            lane=Lane.REPLY if owner == actor else Lane.ORDER,
            anchor=anchor if owner == actor else None,
            role=row["id"],
            moved=moved,
            withdrawn=withdrawn,
        )


def _tell_person(tx: Tx, row: sqlite3.Row, actor: int | None, now: int, anchor: int | None) -> None:
    """One calm sentence and the menu that is left; an owner who gave up another role of theirs reads it anyway."""
    person = row["person_id"]
    if person != actor or not roles.has_role(tx, person, Role.OWNER):
        outbox.tell(
            tx,
            person,
            "role_taken",
            now=now,
            lane=Lane.REPLY if person == actor else Lane.ORDER,
            anchor=anchor if person == actor else None,
            role=row["id"],
        )
    outbox.tell(tx, person, "menu", now=now, lane=Lane.ORDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The person holds the role again, as if it had never been taken."""

    person_id: int
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAgain(Refused):
    """The person has the role: it was given back, or given anew."""

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLateToUndo(Refused):
    """Only an invitation gives the role now."""

    person_id: int


_RESTORE = """
    UPDATE roles SET revoked_at = NULL, revoked_by = NULL
    WHERE id = :id AND revoked_at > :since AND NOT EXISTS (
        SELECT 1 FROM roles AS other
        WHERE other.person_id = roles.person_id AND other.role = roles.role AND other.revoked_at IS NULL
          AND ifnull(other.supplier_id, 0) = ifnull(roles.supplier_id, 0))
"""


def restore(
    tx: Tx, *, actor: int, role_id: int, now: int, anchor: int | None = None
) -> Restored | NotAllowed | NotFound | HeldAgain | TooLateToUndo:
    """`Undo`, for ten minutes: by an owner, or by whoever gave up their own role.

    What the configuration or the command line took is for them to give back.
    """
    row = tx.one(_ROW, id=role_id)
    is_own = row is not None and row["person_id"] == actor == row["revoked_by"]
    if not is_own and not roles.has_role(tx, actor, Role.OWNER):
        return NotAllowed()
    if row is None:
        return NotFound()
    person, role, supplier = row["person_id"], Role(row["role"]), row["supplier_id"]
    if row["revoked_at"] is None:
        return HeldAgain(person_id=person)
    if row["revoked_by"] is None or row["revoked_at"] <= now - UNDO_MS:
        return TooLateToUndo(person_id=person)
    if not tx.run(_RESTORE, id=role_id, since=now - UNDO_MS):
        return HeldAgain(person_id=person)
    audit.note(tx, actor, "role.restored", f"person:{person}", now, role=role, supplier=supplier)
    outbox.tell(tx, person, "role_back", now=now, lane=Lane.ORDER, role=role_id)
    outbox.tell(tx, person, "menu", now=now, lane=Lane.ORDER)
    handovers.hand_back(tx, person, role, supplier, now)
    for owner in roles.holders(tx, Role.OWNER):
        outbox.tell(
            tx,
            owner,
            "role_restored",
            now=now,
            lane=Lane.REPLY if owner == actor else Lane.ORDER,
            anchor=anchor if owner == actor else None,
            role=role_id,
            by=actor,
        )
    return Restored(person_id=person, role=role)


# -- Owners by the configuration ----------------------------------------------------------------------------

_OTHER_OWNERS = """
    SELECT * FROM roles INDEXED BY roles_holders
    WHERE role = 'owner' AND revoked_at IS NULL AND person_id NOT IN (SELECT value FROM json_each(:keep))
"""
_END = "UPDATE roles SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL"


def set_owners(tx: Tx, owners: Iterable[int], now: int) -> None:
    """Make exactly the configured people owners, at the start: also one who was taken off in the chat since.

    Raises ValueError without any: a stall is never left without an owner.
    """
    keep = sorted(set(owners))
    if not keep:
        raise ValueError("a stall has at least one owner")
    for owner in keep:
        people.place(tx, owner, now)
        is_new = roles.grant(tx, person=owner, role=Role.OWNER, supplier=None, by=None, now=now)
        if is_new and _is_met(tx, owner):
            outbox.tell(tx, owner, "welcome_role", now=now, lane=Lane.ORDER, role=Role.OWNER, supplier=None)
            outbox.tell(tx, owner, "menu", now=now, lane=Lane.ORDER)
    for row in tx.all(_OTHER_OWNERS, keep=str(keep)):
        tx.run(_END, id=row["id"], now=now)
        _leave(tx, row, None, now, via="settings")


def _is_met(tx: Tx, person: int) -> bool:
    """Has the person written to the bot? Until then nothing can be sent to them."""
    return bool(tx.value("SELECT name FROM people WHERE id = :id", id=person))


# -- On the command line ------------------------------------------------------------------------------------

_HELD = "SELECT id FROM roles WHERE person_id = :person AND role = :role AND revoked_at IS NULL ORDER BY id"


def held(tx: Tx, person: int, role: Role) -> list[int]:
    """The ids of a role a person holds: one for each supplier they speak for, else one or none."""
    return [row["id"] for row in tx.all(_HELD, person=person, role=role)]
