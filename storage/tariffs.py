"""What suppliers take for delivery, set by hosts; every change with what was before, so that it can be undone.

Owns `tariffs` and `tariff_changes`. Orders that exist keep the fees they were placed with.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from shop.delivery import Region, Tariff
from storage import audit, outbox, roles, suppliers
from storage.changes import AlreadyUndone, Changed, ChangedSince, Same, Undone
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a supplier's tariff."""

    id: int
    supplier_id: int
    before: Tariff
    after: Tariff
    is_undone: bool


_TERMS = "SELECT terms FROM tariffs WHERE supplier_id = :supplier"
_SET = """
    INSERT INTO tariffs (supplier_id, terms, updated_at) VALUES (:supplier, :terms, :now)
    ON CONFLICT (supplier_id) DO UPDATE SET terms = excluded.terms, updated_at = excluded.updated_at
"""
_NOTE = """
    INSERT INTO tariff_changes (supplier_id, before, after, changed_by, changed_at)
    VALUES (:supplier, :before, :after, :actor, :now)
"""
_CHANGE = "SELECT id, supplier_id, before, after, undone_at FROM tariff_changes WHERE id = :id"
_UNDO = "UPDATE tariff_changes SET undone_at = :now WHERE id = :id AND undone_at IS NULL"


def of(tx: Tx, supplier: int) -> Tariff:
    """The supplier's tariff; as long as nobody has set one, delivery costs nothing."""
    terms = tx.value(_TERMS, supplier=supplier)
    return Tariff() if terms is None else _read(terms)


def of_all(tx: Tx, supplier_ids: Iterable[int]) -> dict[int, Tariff]:
    """The tariffs of several suppliers, by supplier."""
    return {supplier: of(tx, supplier) for supplier in supplier_ids}


def view(tx: Tx, change: int) -> Change | None:
    """A change by its id, or None."""
    row = tx.one(_CHANGE, id=change)
    if row is None:
        return None
    return Change(
        id=row["id"],
        supplier_id=row["supplier_id"],
        before=_read(row["before"]),
        after=_read(row["after"]),
        is_undone=row["undone_at"] is not None,
    )


def change(
    tx: Tx, *, actor: int, supplier_id: int, tariff: Tariff, now: int, anchor: int | None = None
) -> Changed | Same | NotAllowed | NotFound:
    """A host sets a supplier's tariff and is told what was and what is."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    if suppliers.view(tx, supplier_id) is None:
        return NotFound()
    before = of(tx, supplier_id)
    if before == tariff:
        return Same()
    tx.run(_SET, supplier=supplier_id, terms=_stored(tariff), now=now)
    id_ = tx.insert(_NOTE, supplier=supplier_id, before=_stored(before), after=_stored(tariff), actor=actor, now=now)
    audit.note(tx, actor, "delivery.set", f"supplier:{supplier_id}", now, supplier=supplier_id, change=id_)
    _tell(tx, actor, id_, now, anchor)
    return Changed(change_id=id_)


def undo(
    tx: Tx, *, actor: int, change_id: int, now: int, anchor: int | None = None
) -> Undone | AlreadyUndone | ChangedSince | NotAllowed | NotFound:
    """Put back what was before, if nobody has changed it since. Any host may."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    made = view(tx, change_id)
    if made is None:
        return NotFound()
    if made.is_undone:
        return AlreadyUndone()
    if of(tx, made.supplier_id) != made.after:
        return ChangedSince()
    tx.run(_UNDO, id=change_id, now=now)
    tx.run(_SET, supplier=made.supplier_id, terms=_stored(made.before), now=now)
    subject = f"supplier:{made.supplier_id}"
    audit.note(tx, actor, "delivery.undone", subject, now, supplier=made.supplier_id, change=change_id)
    _tell(tx, actor, change_id, now, anchor)
    return Undone()


def _tell(tx: Tx, actor: int, change_id: int, now: int, anchor: int | None) -> None:
    outbox.tell(
        tx, actor, "tariff_changed", now=now, card=f"tariff_change:{change_id}", anchor=anchor, change=change_id
    )


def _stored(tariff: Tariff) -> str:
    regions = [{"names": region.names, "fee": region.fee} for region in tariff.regions]
    return json.dumps({"fee": tariff.fee, "free_from": tariff.free_from, "regions": regions}, ensure_ascii=False)


def _read(terms: str) -> Tariff:
    told = json.loads(terms)
    return Tariff(
        fee=told["fee"],
        free_from=told["free_from"],
        regions=tuple(Region(names=tuple(each["names"]), fee=each["fee"]) for each in told["regions"]),
    )
