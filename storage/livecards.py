"""Messages that keep themselves current while much happens: when the next edit of one may be.

Owns the throttle and nothing else. What a message says is read when it leaves, so one row that waits is enough,
however much happens meanwhile; and since a row is written with the change, the last change is always followed by one.
"""

from storage.clock import SECOND
from storage.connection import Tx

_IS_WAITING = """
    SELECT 1 FROM outbox INDEXED BY outbox_by_card
    WHERE state = 'queued' AND card = :card AND chat_id = :chat LIMIT 1
"""
_IS_LEAVING = """
    SELECT 1 FROM outbox INDEXED BY outbox_sending
    WHERE state = 'sending' AND card = :card AND chat_id = :chat LIMIT 1
"""
_SHOWN_AT = "SELECT updated_at FROM cards WHERE card = :card AND chat_id = :chat"


def next_edit(tx: Tx, card: str, chat: int, every_ms: int, now: int) -> int | None:
    """When a card may be edited again, at most every so often; 0: at once, nobody has it yet. None: a row that will
    say it all waits already."""
    if tx.one(_IS_WAITING, card=card, chat=chat) is not None:
        return None
    if tx.one(_IS_LEAVING, card=card, chat=chat) is not None:
        # What is leaving at this moment may have been read before the change, and has a second for its way.
        return now + SECOND + every_ms
    shown_at: int | None = tx.value(_SHOWN_AT, card=card, chat=chat)
    # With the clock set back the last edit seems to come from the future.
    return 0 if shown_at is None else min(now, shown_at) + every_ms
