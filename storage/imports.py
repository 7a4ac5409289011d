"""Catalogue files sent in the chat: read, shown, and accepted or dropped by whoever sent them.

Owns `imports`. What a row must look like is in `shop/catalogue`; the products are written by `products.import_rows`.
"""

import json
import sqlite3
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from shop.catalogue import BadRow, Catalogue, CatalogueRow, Reason
from storage import outbox, previews, products, roles
from storage.clock import DAY
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.previews import Preview
from storage.products import Imported
from storage.roles import Role
from storage.store import Refused

KEEP_MS = 30 * DAY


class State(StrEnum):
    """`unread`: Telegram did not give the file out. `offered`: it waits for the host's word."""

    UNREAD = "unread"
    OFFERED = "offered"
    IMPORTED = "imported"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A document as Telegram names it."""

    file_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file; `bad` are the rows that are not taken, `preview` what the others change (or have changed)."""

    id: int
    person_id: int
    file: SentFile
    state: State
    bad: tuple[BadRow, ...]
    preview: Preview | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The file is in the books, and the host is shown what it would change."""

    import_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """The catalogue has changed since the host was shown what the file changes; now they are shown it anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over(Refused):
    """The file has been imported or dropped before."""

    state: State


_ADD = """
    INSERT INTO imports (person_id, file_id, file_name, state, received_at)
    VALUES (:person, :file_id, :name, 'unread', :now)
"""
_OFFER = "UPDATE imports SET state = 'offered', rows = :rows, bad = :bad, preview = :preview WHERE id = :id"
_PREVIEW = "UPDATE imports SET preview = :preview WHERE id = :id"
_DECIDE = "UPDATE imports SET state = :state, rows = NULL, decided_at = :now WHERE id = :id"
_VIEW = "SELECT id, person_id, file_id, file_name, state, bad, preview FROM imports WHERE id = :id"
_ROWS = "SELECT rows FROM imports WHERE id = :id"
_FORGET = "DELETE FROM imports WHERE id IN (SELECT id FROM imports WHERE received_at < :before LIMIT 50)"


def view(tx: Tx, import_id: int, person: int) -> Import | None:
    """A file this person has sent, or None; nobody else's."""
    row = tx.one(_VIEW, id=import_id)
    return None if row is None or row["person_id"] != person else _import(row)


def receive(
    tx: Tx, *, actor: int, file: SentFile, catalogue: Catalogue | None, now: int, anchor: int | None = None
) -> Received | NotAllowed:
    """Keep a file and show what it would change; `catalogue` None: Telegram did not give it out, try again."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    id_ = tx.insert(_ADD, person=actor, file_id=file.file_id, name=file.name, now=now)
    if catalogue is not None:
        _offer(tx, id_, catalogue)
    _show(tx, id_, actor, now, anchor)
    return Received(import_id=id_)


def read(
    tx: Tx, *, actor: int, import_id: int, catalogue: Catalogue | None, now: int, anchor: int | None = None
) -> Received | NotAllowed | NotFound | Over:
    """A file that could not be had before has been tried again."""
    found = _own(tx, actor, import_id)
    if isinstance(found, Refused):
        return found
    if found.state is not State.UNREAD:
        return Over(state=found.state)
    if catalogue is not None:
        _offer(tx, import_id, catalogue)
    _show(tx, import_id, actor, now, anchor)
    return Received(import_id=import_id)


def accept(
    tx: Tx, *, actor: int, import_id: int, now: int, anchor: int | None = None
) -> Imported | Overtaken | Over | NotAllowed | NotFound:
    """Import the good rows, once, if they still change what the host was shown."""
    found = _own(tx, actor, import_id)
    if isinstance(found, Refused):
        return found
    if found.state is not State.OFFERED or found.preview is None:
        return Over(state=found.state)
    rows = _rows(tx, import_id)
    preview = previews.of(tx, rows)
    if preview.digest != found.preview.digest:
        tx.run(_PREVIEW, id=import_id, preview=preview.stored())
        _show(tx, import_id, actor, now, anchor)
        return Overtaken()
    imported = products.import_rows(tx, actor=actor, rows=rows, now=now)
    if isinstance(imported, NotAllowed):
        return imported
    tx.run(_DECIDE, id=import_id, state=State.IMPORTED, now=now)
    _show(tx, import_id, actor, now, anchor)
    return imported


def drop(
    tx: Tx, *, actor: int, import_id: int, now: int, anchor: int | None = None
) -> State | Over | NotAllowed | NotFound:
    """Leave the file alone; nothing of it is imported."""
    found = _own(tx, actor, import_id)
    if isinstance(found, Refused):
        return found
    if found.state not in (State.OFFERED, State.UNREAD):
        return Over(state=found.state)
    tx.run(_DECIDE, id=import_id, state=State.DROPPED, now=now)
    _show(tx, import_id, actor, now, anchor)
    return State.DROPPED


def forget(tx: Tx, now: int) -> int:
    """Delete up to 50 files that came more than 30 days ago; returns how many."""
    return tx.run(_FORGET, before=now - KEEP_MS)


def _own(tx: Tx, actor: int, import_id: int) -> Import | NotAllowed | NotFound:
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    return view(tx, import_id, actor) or NotFound()


def _offer(tx: Tx, import_id: int, catalogue: Catalogue) -> None:
    preview = previews.of(tx, catalogue.rows)
    # Not `asdict`: it copies every text of thousands of rows while the writer waits.
    rows = [{name: getattr(row, name) for name in CatalogueRow.__slots__} for row in catalogue.rows]
    bad = [asdict(row) for row in catalogue.bad]
    tx.run(_OFFER, id=import_id, rows=_packed(rows), bad=_packed(bad), preview=preview.stored())


def _show(tx: Tx, import_id: int, actor: int, now: int, anchor: int | None) -> None:
    card = f"import:{import_id}"
    outbox.tell(tx, actor, "import_card", now=now, card=card, anchor=anchor, file=import_id)


# -- Rows as a column ---------------------------------------------------------------------------------------


def _packed(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _rows(tx: Tx, import_id: int) -> list[CatalogueRow]:
    return [CatalogueRow(**row) for row in json.loads(tx.value(_ROWS, id=import_id))]


def _bad(row: dict[str, Any]) -> BadRow:
    return BadRow(row["number"], tuple(Reason(**reason) for reason in row["reasons"]))


def _import(row: sqlite3.Row) -> Import:
    return Import(
        id=row["id"],
        person_id=row["person_id"],
        file=SentFile(file_id=row["file_id"], name=row["file_name"]),
        state=State(row["state"]),
        bad=tuple(_bad(one) for one in json.loads(row["bad"] or "[]")),
        preview=None if row["preview"] is None else previews.read(row["preview"]),
    )
