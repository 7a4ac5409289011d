"""What has been decided and must still be said: message kinds with parameters, never text.

Owns the rows from `queued` to their end and the outcomes of a delivery. Never renders, paces or sends.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import assert_never

from storage import livecards, pseudonyms
from storage.clock import MINUTE
from storage.connection import Tx

Params = Mapping[str, int | str | bool | None]


class Lane(IntEnum):
    """Who leaves first. Reminder and broadcast are bulk: they take what the first two leave."""

    REPLY = 0
    ORDER = 1
    REMINDER = 2
    BROADCAST = 3

    @property
    def is_bulk(self) -> bool:
        return self >= Lane.REMINDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message to send. `anchor` is the message whose button was tapped, `card` the one to keep current."""

    id: int
    kind: str
    params: dict[str, int | str | bool | None]
    chat_id: int
    lane: Lane
    card: str | None
    anchor: int | None
    attempts: int
    repeated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Telegram has it. `message_id` is None for calls that make no message (menus)."""

    message_id: int | None = None
    has_media: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The person has blocked the bot or never opened it: remembered and skipped from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """The group has become a supergroup: the row goes there."""

    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAfter:
    """Telegram asks to wait; nothing was delivered."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Telegram will never take it; it must not stop the others."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointless:
    """What it says is no longer true or wanted (stream over, order paid): dropped and noted."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """It surely did not reach Telegram (connection refused): to be sent again, not a repeat."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """No answer was heard; it may have been delivered. To be sent again, counted as repeated."""

    reason: str


Outcome = Delivered | Blocked | Migrated | RetryAfter | Rejected | Pointless | NotSent | Unknown

_COLLAPSE = """
    UPDATE outbox SET state = 'dropped', error = 'replaced by a newer one', ended_at = :now
    WHERE state = 'queued' AND card = :card AND chat_id = :chat AND id < :id
"""
_ENQUEUE = """
    INSERT INTO outbox (kind, params, chat_id, lane, not_before, card, anchor, dedupe_key, broadcast_id, created_at)
    VALUES (:kind, :params, :chat, :lane, :not_before, :card, :anchor, :dedupe, :part_of, :now)
    ON CONFLICT (dedupe_key) DO NOTHING
    RETURNING id
"""


def tell(
    tx: Tx,
    chat: int,
    kind: str,
    *,
    now: int,
    lane: Lane = Lane.REPLY,
    card: str | None = None,
    anchor: int | None = None,
    dedupe: str | None = None,
    not_before: int = 0,
    part_of: int | None = None,
    **params: int | str | bool | None,
) -> int | None:
    """Enqueue one message in the open transaction; `part_of` is the broadcast it belongs to.

    Returns its id, or None when `dedupe` says it has been enqueued before, or nobody is there any more (erased).
    Unsent rows of the same card in the same chat give way to this one.
    """
    if pseudonyms.is_one(chat):
        return None
    id_ = tx.value(
        _ENQUEUE,
        kind=kind,
        params=json.dumps(params, ensure_ascii=False, separators=(",", ":")),
        chat=chat,
        lane=int(lane),
        not_before=not_before,
        card=card,
        anchor=anchor,
        dedupe=dedupe,
        part_of=part_of,
        now=now,
    )
    if id_ is None:
        return None
    if card is not None:
        tx.run(_COLLAPSE, card=card, chat=chat, id=id_, now=now)
    tx.rings_outbox = True
    return int(id_)


_QUEUED = """
    SELECT id, kind, params, chat_id, lane, card, anchor, attempts, repeated FROM outbox INDEXED BY outbox_by_chat
    WHERE state IN ('queued', 'sending') AND state = 'queued' AND chat_id = :chat AND kind = :kind ORDER BY id
"""
_DROP = """
    UPDATE outbox SET state = 'dropped', error = 'replaced by a newer one', ended_at = :now
    WHERE id = :id AND state = 'queued'
"""
_CARD_WAITS = """
    SELECT coalesce(MAX(not_before), 0) FROM outbox INDEXED BY outbox_by_card
    WHERE state = 'queued' AND card = :card AND chat_id = :chat
"""


def queued(tx: Tx, chat: int, kind: str) -> list[Row]:
    """What of a kind has not begun to leave for a chat, oldest first."""
    return [row(record) for record in tx.all(_QUEUED, chat=chat, kind=kind)]


def drop(tx: Tx, id_: int, now: int) -> None:
    """Take back a message that has not begun to leave: a newer one says it too."""
    tx.run(_DROP, id=id_, now=now)


def card_waits(tx: Tx, chat: int, card: str) -> int:
    """Until when a card's unsent message has been put off; 0 if it has not."""
    until: int = tx.value(_CARD_WAITS, chat=chat, card=card)
    return until


# A row may go when it is due, nothing of its chat is on the way, and nothing due stands before it in its chat;
# only a broadcast lets others pass.
_ELIGIBLE = """
    SELECT o.id, o.kind, o.params, o.chat_id, o.lane, o.card, o.anchor, o.attempts, o.repeated
    FROM outbox AS o INDEXED BY outbox_queued
    WHERE o.state = 'queued' AND o.lane = :lane AND o.not_before <= :now
      AND o.id NOT IN (SELECT value FROM json_each(:held))
      AND o.chat_id NOT IN (SELECT chat_id FROM outbox INDEXED BY outbox_sending WHERE state = 'sending')
      AND NOT EXISTS (
        SELECT 1 FROM outbox AS p INDEXED BY outbox_by_chat
        WHERE p.state IN ('queued', 'sending') AND p.chat_id = o.chat_id AND p.id < o.id
          AND p.not_before <= :now AND (p.lane < 3 OR o.lane = 3))
    ORDER BY o.id LIMIT :limit
"""
_CLAIM = "UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = :id AND state = 'queued'"
_NEXT_DUE = "SELECT MIN(not_before) FROM outbox INDEXED BY outbox_later WHERE state = 'queued' AND not_before > :now"


def row(record: sqlite3.Row) -> Row:
    """A row of the table as a value."""
    return Row(
        id=record["id"],
        kind=record["kind"],
        params=json.loads(record["params"]),
        chat_id=record["chat_id"],
        lane=Lane(record["lane"]),
        card=record["card"],
        anchor=record["anchor"],
        attempts=record["attempts"],
        repeated=record["repeated"],
    )


def eligible(tx: Tx, lanes: Iterable[Lane], held: Iterable[int], limit: int, now: int) -> list[Row]:
    """Up to `limit` rows that may leave now, first lane first, without the ids in `held`."""
    found: list[Row] = []
    skip = json.dumps(list(held))
    for lane in lanes:
        if len(found) >= limit:
            break
        rows = tx.all(_ELIGIBLE, lane=int(lane), held=skip, now=now, limit=limit - len(found))
        found += [row(record) for record in rows]
    return found


def next_due(tx: Tx, now: int) -> int | None:
    """When the next row becomes due that is not yet, or None."""
    due: int | None = tx.value(_NEXT_DUE, now=now)
    return due


MOST_PUT_OFF = MINUTE
"""No message is put off for longer: one that seems to be was enqueued before the clock was set back."""

_LATEST = "SELECT MAX(not_before) FROM outbox INDEXED BY outbox_later WHERE state = 'queued'"
_PULL_IN = "UPDATE outbox SET not_before = :now WHERE state = 'queued' AND not_before > :latest"


def is_from_the_future(tx: Tx, now: int) -> bool:
    """Is a message put off for longer than any is?"""
    return (tx.value(_LATEST) or 0) > now + MOST_PUT_OFF


def pull_in(tx: Tx, now: int) -> int:
    """Let go what only a clock that was set back keeps; returns how many rows."""
    return tx.run(_PULL_IN, now=now, latest=now + MOST_PUT_OFF)


def claim(tx: Tx, ids: list[int]) -> list[int]:
    """Mark rows `sending`; returns those that were still queued (one may have been replaced meanwhile)."""
    return [id_ for id_ in ids if tx.run(_CLAIM, id=id_)]


_END = """
    UPDATE outbox SET state = :state, error = :error, message_id = :message_id, ended_at = :now WHERE id = :id
"""
_AGAIN = "UPDATE outbox SET state = 'queued', repeated = repeated + :repeated, error = :error WHERE id = :id"
_MOVE = "UPDATE outbox SET chat_id = :to WHERE chat_id = :chat AND state IN ('queued', 'sending')"
_KEEP_CARD = """
    INSERT INTO cards (card, chat_id, message_id, has_media, updated_at)
    VALUES (:card, :chat, :message_id, :has_media, :now)
    ON CONFLICT (card, chat_id) DO UPDATE SET
        message_id = excluded.message_id, has_media = excluded.has_media, updated_at = excluded.updated_at
"""
_FORGET_CARD = "DELETE FROM cards WHERE card = :card AND chat_id = :chat"
_BLOCKED = "UPDATE people SET blocked_at = :now WHERE id = :chat AND blocked_at IS NULL"
_DROP_BLOCKED = """
    UPDATE outbox SET state = 'dropped', error = 'blocked', ended_at = :now
    WHERE chat_id = :chat AND state IN ('queued', 'sending') AND (id = :id OR created_at <= :now)
"""


def settle(tx: Tx, ended: list[tuple[Row, Outcome]], now: int) -> None:
    """Write down how deliveries ended, in one transaction for all that ended together."""
    for sent, outcome in ended:
        _settle_one(tx, sent, outcome, now)


def _settle_one(tx: Tx, sent: Row, outcome: Outcome, now: int) -> None:
    match outcome:
        case Delivered(message_id=message_id, has_media=has_media):
            tx.run(_END, id=sent.id, state="sent", error=None, message_id=message_id, now=now)
            if sent.card is not None and message_id is None:
                # It was to be edited where it stands, and stands nowhere any more.
                tx.run(_FORGET_CARD, card=sent.card, chat=sent.chat_id)
            elif sent.card is not None:
                tx.run(
                    _KEEP_CARD,
                    card=sent.card,
                    chat=sent.chat_id,
                    message_id=message_id,
                    has_media=int(has_media),
                    now=now,
                )
                livecards.rest(tx, sent.card, sent.chat_id, now)
        case Blocked():
            tx.run(_BLOCKED, chat=sent.chat_id, now=now)
            tx.rings_due = True  # what the waiting list held for them is due now
            # The row itself by its id: with the clock set back it seems to come from the future.
            tx.run(_DROP_BLOCKED, chat=sent.chat_id, id=sent.id, now=now)
        case Migrated(chat_id=to):
            tx.run(_AGAIN, id=sent.id, repeated=0, error="chat moved")
            tx.run(_MOVE, chat=sent.chat_id, to=to)
        case RetryAfter():
            tx.run(_AGAIN, id=sent.id, repeated=0, error="asked to wait")
        case Rejected(reason=reason):
            tx.run(_END, id=sent.id, state="failed", error=reason, message_id=None, now=now)
        case Pointless(reason=reason):
            tx.run(_END, id=sent.id, state="dropped", error=reason, message_id=None, now=now)
        case NotSent(reason=reason):
            tx.run(_AGAIN, id=sent.id, repeated=0, error=reason)
        case Unknown(reason=reason):
            tx.run(_AGAIN, id=sent.id, repeated=1, error=reason)
        case _:
            assert_never(outcome)


_HEAL = "UPDATE outbox SET state = 'queued', repeated = repeated + 1, error = 'cut short' WHERE state = 'sending'"


def heal(tx: Tx) -> int:
    """At start: what a kill left on the way goes again. Returns how many rows."""
    healed = tx.run(_HEAL)
    tx.rings_outbox = True
    return healed


_FORGET = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE ended_at < :before LIMIT 500)"


def forget(tx: Tx, before: int) -> int:
    """Delete up to 500 rows that ended before `before`; returns how many."""
    return tx.run(_FORGET, before=before)
