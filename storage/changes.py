"""Changes of one product made in the chat, each with what was before, so that it can be undone.

Owns `product_changes`. Offers and orders that exist keep what they were made with.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from storage import audit, outbox, products, roles, texts
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.products import Product
from storage.roles import Role
from storage.store import Refused

Value = Mapping[str, str] | str | int | bool | None
"""Names by language, price in minor units, stock in packs (None: unlimited), a photo's file_id, archived or not."""


class Field(StrEnum):
    """What of a product can be changed in the chat."""

    NAMES = "names"
    PRICE = "price"
    STOCK = "stock"
    PHOTO = "photo"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change; `before` and `after` are values of the field."""

    id: int
    product_id: int
    field: Field
    before: Value
    after: Value
    is_undone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """It is so now, and the host has been told."""

    change_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Same(Refused):
    """It was so before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """It is as it was before the change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyUndone(Refused):
    """A second tap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSince(Refused):
    """What was changed has been changed again since; undoing would lose that."""


_ADD = """
    INSERT INTO product_changes (product_id, field, before, after, changed_by, changed_at)
    VALUES (:product, :field, :before, :after, :actor, :now)
"""
_VIEW = "SELECT id, product_id, field, before, after, undone_at FROM product_changes WHERE id = :id"
_UNDO = "UPDATE product_changes SET undone_at = :now WHERE id = :id AND undone_at IS NULL"
_SET = {
    Field.NAMES: "UPDATE products SET names = :value, updated_at = :now WHERE id = :id",
    Field.PRICE: "UPDATE products SET price = :value, updated_at = :now WHERE id = :id",
    Field.STOCK: "UPDATE products SET stock = :value, updated_at = :now WHERE id = :id",
    Field.PHOTO: "UPDATE products SET photo = :value, picture_refused_at = NULL, updated_at = :now WHERE id = :id",
    Field.ARCHIVED: "UPDATE products SET archived_at = :value, updated_at = :now WHERE id = :id",
}


def view(tx: Tx, change: int) -> Change | None:
    """A change by its id, or None."""
    row = tx.one(_VIEW, id=change)
    return None if row is None else _change(row)


def make(
    tx: Tx,
    *,
    actor: int,
    product_id: int,
    field: Field,
    value: Value,
    now: int,
    anchor: int | None = None,
    silent: bool = False,
) -> Changed | Same | NotAllowed | NotFound:
    """Change one field of a product and tell the host what was and what is (unless `silent`)."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    product = products.view(tx, product_id)
    if product is None:
        return NotFound()
    before = _now_of(product, field)
    if before == value:
        return Same()
    _put(tx, product_id, field, value, now)
    id_ = tx.insert(
        _ADD, product=product_id, field=field, before=_stored(before), after=_stored(value), actor=actor, now=now
    )
    _note(tx, actor, product_id, field, value, now)
    if not silent:
        outbox.tell(tx, actor, "product_changed", now=now, card=f"product_change:{id_}", anchor=anchor, change=id_)
    return Changed(change_id=id_)


def undo(
    tx: Tx, *, actor: int, change_id: int, now: int, anchor: int | None = None, silent: bool = False
) -> Undone | AlreadyUndone | ChangedSince | NotAllowed | NotFound:
    """Give the field back what it held before, if nobody has changed it since. Any host may."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    change = view(tx, change_id)
    product = None if change is None else products.view(tx, change.product_id)
    if change is None or product is None:
        return NotFound()
    if change.is_undone:
        return AlreadyUndone()
    if _now_of(product, change.field) != change.after:
        return ChangedSince()
    tx.run(_UNDO, id=change_id, now=now)
    _put(tx, change.product_id, change.field, change.before, now)
    audit.note(tx, actor, "product.undone", f"product:{product.id}", now, change=change_id)
    if not silent:
        outbox.tell(
            tx, actor, "product_changed", now=now, card=f"product_change:{change_id}", anchor=anchor, change=change_id
        )
    return Undone()


def _now_of(product: Product, field: Field) -> Value:
    match field:
        case Field.NAMES:
            return product.names
        case Field.PRICE:
            return product.price
        case Field.STOCK:
            return product.stock
        case Field.PHOTO:
            return product.photo
        case Field.ARCHIVED:
            return product.archived_at is not None


def _put(tx: Tx, product_id: int, field: Field, value: Value, now: int) -> None:
    column: Value = value
    if field is Field.ARCHIVED:
        column = now if value else None
    elif isinstance(value, Mapping):
        column = texts.stored(value)
    tx.run(_SET[field], id=product_id, value=column, now=now)


def _note(tx: Tx, actor: int, product_id: int, field: Field, value: Value, now: int) -> None:
    """Names and pictures are what people typed and sent: the audit says only that they were changed."""
    subject = f"product:{product_id}"
    figure = value if isinstance(value, int) else None
    match field:
        case Field.NAMES:
            audit.note(tx, actor, "product.renamed", subject, now)
        case Field.PRICE:
            audit.note(tx, actor, "product.price_set", subject, now, price=figure)
        case Field.STOCK:
            audit.note(tx, actor, "product.stock_set", subject, now, quantity=figure)
        case Field.PHOTO:
            audit.note(tx, actor, "product.photo_set", subject, now)
        case Field.ARCHIVED if value:
            audit.note(tx, actor, "product.archived", subject, now)
        case Field.ARCHIVED:
            audit.note(tx, actor, "product.restored", subject, now)


def _stored(value: Value) -> str:
    return json.dumps(dict(value) if isinstance(value, Mapping) else value, ensure_ascii=False)


def _change(row: sqlite3.Row) -> Change:
    return Change(
        id=row["id"],
        product_id=row["product_id"],
        field=Field(row["field"]),
        before=json.loads(row["before"]),
        after=json.loads(row["after"]),
        is_undone=row["undone_at"] is not None,
    )
