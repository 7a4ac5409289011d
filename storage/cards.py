"""Messages that stay current: which message in which chat shows a payment, a shipment, a desk.

Owns `cards`; rows are written as the outbox settles.
"""

from dataclasses import dataclass

from storage.connection import Tx

_COPY = "^"  # between a card and the message of a copy that stands further up; no card has it in its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`has_media` says whether its text is a caption."""

    message_id: int
    has_media: bool


def find(tx: Tx, card: str, chat: int) -> Card | None:
    """The message that shows `card` in `chat`, or None."""
    row = tx.one(
        "SELECT message_id, has_media FROM cards WHERE card = :card AND chat_id = :chat", card=card, chat=chat
    )
    return None if row is None else Card(message_id=row["message_id"], has_media=bool(row["has_media"]))


def shown_by(tx: Tx, chat: int, message_id: int) -> list[str]:
    """Which cards a message shows: what a person replies to."""
    rows = tx.all(
        "SELECT card FROM cards INDEXED BY cards_by_message WHERE chat_id = :chat AND message_id = :message",
        chat=chat,
        message=message_id,
    )
    return [row["card"] for row in rows if _COPY not in row["card"]]


def chats(tx: Tx, card: str) -> list[int]:
    """Every chat that shows `card`."""
    return [row["chat_id"] for row in tx.all("SELECT chat_id FROM cards WHERE card = :card", card=card)]


# Shown already, or on its way there at this moment with the text of before.
_HAS = """
    SELECT 1 FROM cards WHERE card = :card AND chat_id = :chat
    UNION ALL
    SELECT 1 FROM outbox INDEXED BY outbox_by_chat
    WHERE chat_id = :chat AND card = :card AND state IN ('queued', 'sending')
    LIMIT 1
"""
_OF_NOUN = """
    SELECT card FROM cards INDEXED BY cards_by_message WHERE chat_id = :chat AND card GLOB :noun || ':*'
    UNION
    SELECT card FROM outbox INDEXED BY outbox_by_chat
    WHERE chat_id = :chat AND card GLOB :noun || ':*' AND state IN ('queued', 'sending')
"""


def is_in(tx: Tx, card: str, chat: int) -> bool:
    """Has the chat this card, or will it have it in a moment?"""
    return tx.one(_HAS, card=card, chat=chat) is not None


def of_noun(tx: Tx, chat: int, noun: str) -> list[int]:
    """The ids of every card of a noun (`desk`) that the chat has or will have in a moment."""
    rows = tx.all(_OF_NOUN, chat=chat, noun=noun)
    return sorted(int(row["card"].partition(":")[2]) for row in rows)


_COPIES = """
    SELECT DISTINCT o.chat_id, o.message_id, c.has_media
    FROM outbox AS o INDEXED BY outbox_cards JOIN cards AS c ON c.card = o.card AND c.chat_id = o.chat_id
    WHERE o.card = :card AND o.message_id IS NOT NULL AND o.message_id <> c.message_id
"""
_NAME = """
    INSERT INTO cards (card, chat_id, message_id, has_media, updated_at)
    VALUES (:card, :chat, :message, :has_media, :now) ON CONFLICT DO NOTHING
"""
_FORGET = """
    DELETE FROM cards WHERE (card, chat_id) IN (
        SELECT card, chat_id FROM cards INDEXED BY cards_of_copies
        WHERE instr(card, '^') > 0 AND updated_at < :before LIMIT :limit)
"""


def name_copies(tx: Tx, card: str, now: int) -> list[tuple[int, str]]:
    """Make the messages that showed a card before it moved down cards of their own, so that they can be edited; each
    as its chat and what comes after the card's name. Known as long as the outbox remembers."""
    found = []
    for row in tx.all(_COPIES, card=card):
        name = f"{_COPY}{row['message_id']}"
        tx.run(
            _NAME,
            card=f"{card}{name}",
            chat=row["chat_id"],
            message=row["message_id"],
            has_media=row["has_media"],
            now=now,
        )
        found.append((row["chat_id"], name))
    return found


def forget_copies(tx: Tx, before: int, limit: int) -> int:
    """Delete up to `limit` cards that were made of copies before that moment; returns how many."""
    return tx.run(_FORGET, before=before, limit=limit)
