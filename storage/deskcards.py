"""The message in which a host has the desk of a stream: when it is brought up to date while things happen.

Owns how often: an edit every 5 s at most (`livecards`). What can be sold, is held, ordered, paid for or waited for is
written in few places (`stock`, `waitlist`, `endings`, `orders`, `payments`, `refunds`), and each calls this in its
transaction; the messages of groups follow by the same calls.
"""

from storage import groupcards, livecards, outbox, roles
from storage.connection import Tx
from storage.outbox import Lane
from storage.roles import Role

# Those included that get it for the first time at this moment, with the figures of before.
_SHOWING = """
    SELECT chat_id FROM cards WHERE card = :card
    UNION
    SELECT chat_id FROM outbox INDEXED BY outbox_sending WHERE state = 'sending' AND card = :card
"""
_STANDS_AT = """
    SELECT 1 FROM cards AS c INDEXED BY cards_by_message
    JOIN streams AS s ON s.id = CAST(substr(c.card, length('desk:') + 1) AS INTEGER)
    WHERE c.chat_id = :chat AND c.message_id = :message AND c.card GLOB 'desk:*' AND instr(c.card, '^') = 0
      AND s.status <> 'draft'
    LIMIT 1
"""
_IS_REACHABLE = "SELECT 1 FROM people WHERE id = :chat AND blocked_at IS NULL"


def stands_at(tx: Tx, chat: int, message: int) -> bool:
    """Is this message a desk that keeps itself current? Then nothing else is shown in its place: the next edit would
    take it away. A draft sells nothing, and its desk may give way to a question."""
    return tx.one(_STANDS_AT, chat=chat, message=message) is not None


def touch(tx: Tx, stream_id: int, now: int) -> None:
    """Something that is shown of a stream has changed: its desks and groups say so soon. Two look-ups where nobody
    has one, and never more than one row that waits for each message."""
    card = f"desk:{stream_id}"
    for row in tx.all(_SHOWING, card=card):
        chat = row["chat_id"]
        not_before = livecards.next_edit(tx, card, chat, now)
        if not_before is None or tx.one(_IS_REACHABLE, chat=chat) is None or not roles.has_role(tx, chat, Role.HOST):
            continue
        outbox.tell(
            tx,
            chat,
            "desk",
            now=now,
            lane=Lane.ORDER,
            card=card,
            not_before=not_before,
            stream=stream_id,
            is_refresh=True,
        )
    groupcards.touch(tx, stream_id, now)


def touch_offer(tx: Tx, offer_id: int, now: int) -> None:
    """The same, by what is sold."""
    stream: int | None = tx.value("SELECT stream_id FROM offers WHERE id = :id", id=offer_id)
    if stream is not None:
        touch(tx, stream, now)


def touch_order(tx: Tx, order_id: int, now: int) -> None:
    """The same, by an order."""
    stream: int | None = tx.value("SELECT stream_id FROM orders WHERE id = :id", id=order_id)
    if stream is not None:
        touch(tx, stream, now)
