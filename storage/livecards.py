"""Messages that keep themselves current while much happens: when the next edit of one may be.

Owns the throttle and nothing else. What a message says is read when it leaves, so one row that waits is enough,
however much happens meanwhile; and since a row is written with the change, the last change is always followed by one.
"""

from storage.clock import SECOND
from storage.connection import Tx

EVERY_MS = {"desk": 5 * SECOND, "group": 10 * SECOND}
"""By what a card shows. A group takes 20 messages a minute, edits among them."""

_IS_WAITING = """
    SELECT 1 FROM outbox INDEXED BY outbox_by_card
    WHERE state = 'queued' AND card = :card AND chat_id = :chat LIMIT 1
"""
_IS_LEAVING = """
    SELECT 1 FROM outbox INDEXED BY outbox_sending
    WHERE state = 'sending' AND card = :card AND chat_id = :chat LIMIT 1
"""
_SHOWN_AT = "SELECT updated_at FROM cards WHERE card = :card AND chat_id = :chat"


def _noun(card: str) -> str:
    return card.partition(":")[0]


def next_edit(tx: Tx, card: str, chat: int, now: int) -> int | None:
    """When a card may be edited again; 0: at once, nobody has it yet. None: a row that will say it all waits already.
    Raises KeyError for a card that keeps itself in no such way."""
    if tx.one(_IS_WAITING, card=card, chat=chat) is not None:
        return None
    every = EVERY_MS[_noun(card)]
    if tx.one(_IS_LEAVING, card=card, chat=chat) is not None:
        # It may have been read before the change. How long it takes is seen when it is there.
        return now + every
    shown_at: int | None = tx.value(_SHOWN_AT, card=card, chat=chat)
    # With the clock set back the last edit seems to come from the future.
    return 0 if shown_at is None else min(now, shown_at) + every


# What answers somebody is put off for nothing.
_REST = """
    UPDATE outbox SET not_before = :until
    WHERE state = 'queued' AND card = :card AND chat_id = :chat AND not_before BETWEEN 1 AND :until
"""


def rest(tx: Tx, card: str, chat: int, now: int) -> None:
    """A card has just been sent or edited: an edit that was enqueued meanwhile waits its time from now."""
    every = EVERY_MS.get(_noun(card))
    if every is not None:
        tx.run(_REST, card=card, chat=chat, until=now + every)
