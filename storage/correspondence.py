"""What a person and the stall have written to each other, for the copy of their data.

Owns these records; everything else about a person is in `dossiers`. Of the stall's people there is what they wrote to
this person, and never who wrote it.
"""

import json
from collections.abc import Iterator
from typing import Any

from storage.connection import Tx
from storage.exports import Record, iso


def picture_name(question: int) -> str:
    """The picture of a question."""
    return f"questions/{question}.jpg"


_QUESTIONS = """
    SELECT q.*, o.code FROM questions AS q INDEXED BY questions_by_person
    LEFT JOIN orders AS o ON o.id = q.order_id WHERE q.person_id = :person ORDER BY q.id
"""


def questions(tx: Tx, person: int) -> Iterator[Record]:
    for row in tx.all(_QUESTIONS, person=person):
        yield {
            "text": row["text"],
            "telegram_file_id": row["photo"],
            "telegram_album_id": row["album"],
            "file": None if row["photo_bytes"] is None else picture_name(row["id"]),
            "order": row["code"],
            "asked_at": iso(row["asked_at"]),
            "answers": [
                {"text": answer["text"], "at": iso(answer["at"])}
                for answer in tx.all("SELECT text, at FROM answers WHERE question_id = :id ORDER BY id", id=row["id"])
            ],
        }


_TOLD = """
    SELECT kind, params, state, created_at, ended_at FROM outbox INDEXED BY outbox_told
    WHERE chat_id = :person AND ended_at IS NOT NULL ORDER BY id
"""
_TO_TELL = """
    SELECT kind, params, state, created_at, ended_at FROM outbox INDEXED BY outbox_by_chat
    WHERE chat_id = :person AND state IN ('queued', 'sending') ORDER BY id
"""


def messages(tx: Tx, person: int) -> Iterator[Record]:
    for row in (*tx.all(_TOLD, person=person), *tx.all(_TO_TELL, person=person)):
        params = json.loads(row["params"])
        params.pop("person", None)  # somebody else: who has opened an invitation
        yield {
            "kind": row["kind"],
            "values": params,
            "state": row["state"],
            "at": iso(row["created_at"]),
            "ended_at": iso(row["ended_at"]),
        }


_QUOTED = frozenset({"reply_to_message", "external_reply", "quote", "pinned_message"})


def own(update: Any, *, in_tap: bool = False) -> Any:
    """A raw update without what it quotes: the message under a button may show another person's order."""
    match update:
        case dict():
            return {
                key: own(value, in_tap=key == "callback_query")
                for key, value in update.items()
                if key not in _QUOTED and not (in_tap and key == "message")
            }
        case list():
            return [own(part) for part in update]
        case _:
            return update
