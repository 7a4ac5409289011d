"""Who decided what, and when: one entry per act that changed something.

Owns the entries. Never holds what people typed, phones, addresses or names: ids, codes and amounts only.
"""

import json
from dataclasses import dataclass

from storage.connection import Tx

Detail = int | str | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One decision. `actor` is None when the clock or the command line acted; `subject` reads `order:42`."""

    id: int
    at: int
    actor: int | None
    action: str
    subject: str
    details: dict[str, Detail]


_NOTE = """
    INSERT INTO audit (at, actor_id, action, subject, details) VALUES (:now, :actor, :action, :subject, :details)
"""
_RECENT = """
    SELECT id, at, actor_id, action, subject, details FROM audit
    WHERE id < :before ORDER BY id DESC LIMIT :limit
"""
_RECENT_OF = """
    SELECT id, at, actor_id, action, subject, details FROM audit
    WHERE subject = :subject AND id < :before ORDER BY id DESC LIMIT :limit
"""
_NEWEST = 2**63 - 1


def note(tx: Tx, actor: int | None, action: str, subject: str, now: int, **details: Detail) -> None:
    """Write one entry in the open transaction; it is undone with the act that wrote it.

    `action` reads `stream.announce`, `subject` names a row (`stream:7`), `details` are ids, codes and amounts.
    """
    tx.run(
        _NOTE,
        now=now,
        actor=actor,
        action=action,
        subject=subject,
        details=json.dumps(details, ensure_ascii=False, separators=(",", ":")),
    )


def recent(tx: Tx, *, subject: str | None = None, before: int | None = None, limit: int = 50) -> list[Entry]:
    """Entries newest first, of one subject or of all. `before` is the last id of the page before."""
    end = _NEWEST if before is None else before
    rows = (
        tx.all(_RECENT, before=end, limit=limit)
        if subject is None
        else tx.all(_RECENT_OF, subject=subject, before=end, limit=limit)
    )
    return [
        Entry(
            id=row["id"],
            at=row["at"],
            actor=row["actor_id"],
            action=row["action"],
            subject=row["subject"],
            details=json.loads(row["details"]),
        )
        for row in rows
    ]
