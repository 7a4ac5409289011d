"""Who decided what, and when: one entry per act that changed something.

Owns the entries; they are read in `trails`. Never holds what people typed, phones, addresses or names: ids, codes and
amounts only.
"""

import json

from storage.connection import Tx

Detail = int | str | bool | None

_NOTE = """
    INSERT INTO audit (at, actor_id, action, subject, details) VALUES (:now, :actor, :action, :subject, :details)
"""


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
