"""Questions in progress: one row per person with what has been typed so far, so a restart loses nothing.

Owns `dialogs`. What the questions are and how they read is in `handlers`.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from storage import outbox
from storage.connection import Tx
from storage.store import Refused

UNSAID = "unsaid"
"""The kind of a dialog that asks nothing: it keeps words until their writer says what to do with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """`id` never comes again, so it may stand in buttons; `data` is what has been answered so far."""

    id: int
    person: int
    kind: str
    step: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Refused):
    """The dialog has moved on or ended since the question was asked."""


_BEGIN = """
    INSERT INTO dialogs (person_id, kind, step, data, started_at, updated_at)
    VALUES (:person, :kind, :step, :data, :now, :now)
"""
_ADVANCE = """
    UPDATE dialogs SET step = :step, data = :data, updated_at = :now WHERE id = :id AND step = :from_step
"""


def _dialog(row: sqlite3.Row) -> Dialog:
    return Dialog(
        id=row["id"], person=row["person_id"], kind=row["kind"], step=row["step"], data=json.loads(row["data"])
    )


def of(tx: Tx, person: int) -> Dialog | None:
    """The question the person is being asked, or None."""
    row = tx.one("SELECT * FROM dialogs WHERE person_id = :person", person=person)
    return None if row is None else _dialog(row)


def view(tx: Tx, dialog: int) -> Dialog | None:
    """A dialog by its id, or None once it is over."""
    row = tx.one("SELECT * FROM dialogs WHERE id = :id", id=dialog)
    return None if row is None else _dialog(row)


def ask(tx: Tx, dialog: Dialog, now: int, anchor: int | None = None) -> None:
    """Enqueue the question of the dialog's step."""
    outbox.tell(tx, dialog.person, "question", now=now, anchor=anchor, dialog=dialog.id, step=dialog.step)


def begin(
    tx: Tx,
    *,
    actor: int,
    kind: str,
    step: str,
    data: dict[str, Any],
    now: int,
    anchor: int | None = None,
    silent: bool = False,
) -> Dialog:
    """Start a dialog in place of any other the person was in, and ask its first question (unless `silent`)."""
    tx.run("DELETE FROM dialogs WHERE person_id = :person", person=actor)
    id_ = tx.insert(_BEGIN, person=actor, kind=kind, step=step, data=json.dumps(data, ensure_ascii=False), now=now)
    dialog = Dialog(id=id_, person=actor, kind=kind, step=step, data=data)
    if not silent:
        ask(tx, dialog, now, anchor)
    return dialog


def advance(
    tx: Tx,
    *,
    dialog: Dialog,
    step: str,
    data: dict[str, Any],
    now: int,
    anchor: int | None = None,
    silent: bool = False,
) -> Dialog | Moved:
    """Store an answer and ask the next question, if the dialog is still at the step it was read at."""
    if not tx.run(
        _ADVANCE, id=dialog.id, from_step=dialog.step, step=step, data=json.dumps(data, ensure_ascii=False), now=now
    ):
        return Moved()
    moved = Dialog(id=dialog.id, person=dialog.person, kind=dialog.kind, step=step, data=data)
    if not silent:
        ask(tx, moved, now, anchor)
    return moved


def end(tx: Tx, *, dialog: int, now: int) -> bool:
    """The dialog is over; False if it was already."""
    return tx.run("DELETE FROM dialogs WHERE id = :id", id=dialog) > 0


def leave(tx: Tx, *, actor: int, now: int) -> str | None:
    """/cancel: leave whatever is being asked; returns its kind, or None."""
    kind: str | None = tx.value("DELETE FROM dialogs WHERE person_id = :person RETURNING kind", person=actor)
    return kind
