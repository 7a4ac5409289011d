"""Updates as they came, kept until what they ask for is done: one update leads to at most one act.

Owns the raw JSON, which goes when the update is done, and the row, which is remembered for 48 h. Never reads what an
update means.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from storage import audit, outbox, people, roles
from storage.clock import HOUR
from storage.connection import Tx
from storage.outbox import Lane

P = ParamSpec("P")
R = TypeVar("R")

MAX_ATTEMPTS = 3
KEEP_DONE_MS = 48 * HOUR  # Telegram may restart update ids after a silent week; until then they never repeat


class AlreadyHandled(Exception):
    """This update has had its act before; nothing else may happen."""


@dataclass(frozen=True, slots=True)
class UpdateKey:
    """An update's identity: ids are unique per bot only."""

    bot_id: int
    update_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The person an update comes from."""

    id: int
    name: str
    username: str | None
    language: str | None
    writes_to_us: bool = True  # in private, so that they can be written to; what is said in a group opens nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One update as Telegram sent it; `sender` is None where nobody writes to us (a bot, a block)."""

    update_id: int
    raw: str
    sender: Sender | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """An update whose handler failed `attempts` times."""

    key: UpdateKey
    attempts: int
    error: str
    set_aside_at: int


_INSERT = """
    INSERT OR IGNORE INTO inbox (bot_id, update_id, sender_id, raw, received_at)
    VALUES (:bot, :update, :sender, :raw, :now)
"""
# What people wrote is kept until it is done, and no longer.
_CLOSE = """
    UPDATE inbox SET done_at = :now, set_aside_at = NULL, raw = ''
    WHERE bot_id = :bot AND update_id = :update AND done_at IS NULL
"""
_OPEN = """
    SELECT update_id, raw FROM inbox INDEXED BY inbox_open
    WHERE bot_id = :bot AND update_id > :after AND done_at IS NULL AND set_aside_at IS NULL
    ORDER BY update_id LIMIT :limit
"""
# RETURNING gives the column and no `IS NOT NULL` of it: SQLite 3.40 says true of a NULL there, where the table has a
# primary key of several columns.
_FAILED = """
    UPDATE inbox SET attempts = attempts + 1, error = :error,
        set_aside_at = CASE WHEN attempts + 1 >= :most THEN :now END
    WHERE bot_id = :bot AND update_id = :update AND done_at IS NULL
    RETURNING set_aside_at
"""
_SET_ASIDE = """
    SELECT bot_id, update_id, attempts, error, set_aside_at FROM inbox INDEXED BY inbox_set_aside
    WHERE set_aside_at IS NOT NULL AND done_at IS NULL ORDER BY set_aside_at, update_id
"""
_RETRY = """
    UPDATE inbox SET set_aside_at = NULL, attempts = 0
    WHERE update_id = :update AND set_aside_at IS NOT NULL AND done_at IS NULL
"""
_FORGET = """
    DELETE FROM inbox WHERE rowid IN (
        SELECT rowid FROM inbox INDEXED BY inbox_done WHERE done_at < :before LIMIT 500)
"""


def keep(tx: Tx, bot: int, arrivals: list[Arrival], now: int) -> list[int]:
    """Store updates and the people they come from; returns the ids that are new. A redelivered one is not."""
    new = []
    for arrival in arrivals:
        sender = None if arrival.sender is None else arrival.sender.id
        if not tx.run(_INSERT, bot=bot, update=arrival.update_id, sender=sender, raw=arrival.raw, now=now):
            continue
        new.append(arrival.update_id)
        if arrival.sender is not None and arrival.sender.writes_to_us:
            _meet(tx, arrival.sender, now)
    return new


def _meet(tx: Tx, sender: Sender, now: int) -> None:
    """Note who writes. Somebody of the stall who appears for the first time (an owner from the configuration) or
    again gets the command menu of their roles."""
    is_news = people.meet(
        tx, person=sender.id, name=sender.name, username=sender.username, language=sender.language, now=now
    )
    if is_news and roles.of(tx, sender.id):
        outbox.tell(tx, sender.id, "menu", now=now, lane=Lane.ORDER)


def close(tx: Tx, keys: list[UpdateKey], now: int) -> None:
    """Mark updates done that led to no act."""
    for key in keys:
        tx.run(_CLOSE, bot=key.bot_id, update=key.update_id, now=now)


def once(
    tx: Tx,
    key: UpdateKey,
    act: Callable[Concatenate[Tx, P], R],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Run `act` and close its update in the same transaction. Raises AlreadyHandled if it was closed before.

    A `Refused` outcome is rolled back by the store, the closing with it: the update stays open until the person
    has been answered.
    """
    now = kwargs["now"]
    if not isinstance(now, int):
        raise TypeError("an act is given now=, in UTC milliseconds")
    if not tx.run(_CLOSE, bot=key.bot_id, update=key.update_id, now=now):
        raise AlreadyHandled(AlreadyHandled.__doc__)
    return act(tx, *args, **kwargs)


def leftovers(tx: Tx, bot: int, after: int, limit: int) -> list[tuple[int, str]]:
    """Open updates `(update_id, raw)` above `after`, in order: what a stop or kill left, or a retry freed."""
    return [(row["update_id"], row["raw"]) for row in tx.all(_OPEN, bot=bot, after=after, limit=limit)]


def failed(tx: Tx, *, key: UpdateKey, error: str, incident: str, chat: int | None, now: int) -> bool:
    """Count a failed attempt; True when the update is now set aside.

    Then the person is told with the incident's id, and the owners with what went wrong (a class name, no data).
    """
    aside_at = tx.value(_FAILED, bot=key.bot_id, update=key.update_id, error=error, most=MAX_ATTEMPTS, now=now)
    is_aside = aside_at is not None
    if is_aside:
        if chat is not None:
            outbox.tell(tx, chat, "apology", now=now, incident=incident)
        for owner in roles.holders(tx, roles.Role.OWNER):
            outbox.tell(
                tx,
                owner,
                "incident",
                now=now,
                lane=Lane.ORDER,
                incident=incident,
                error=error,
                update=key.update_id,
            )
    return is_aside


def set_aside(tx: Tx) -> list[SetAside]:
    """Every update that waits for `livestall inbox retry`."""
    return [
        SetAside(
            key=UpdateKey(row["bot_id"], row["update_id"]),
            attempts=row["attempts"],
            error=row["error"] or "",
            set_aside_at=row["set_aside_at"],
        )
        for row in tx.all(_SET_ASIDE)
    ]


def retry(tx: Tx, update: int, now: int) -> bool:
    """Let a set-aside update run again, as the command line asks; False when there is none of that id."""
    is_freed = tx.run(_RETRY, update=update) > 0
    if is_freed:
        audit.note(tx, None, "inbox.retried", f"update:{update}", now)
    return is_freed


def forget(tx: Tx, now: int) -> int:
    """Delete up to 500 updates done more than 48 h ago; returns how many."""
    return tx.run(_FORGET, before=now - KEEP_DONE_MS)


_OPEN_OF = """
    SELECT bot_id, update_id, raw FROM inbox INDEXED BY inbox_by_sender
    WHERE sender_id = :person AND done_at IS NULL ORDER BY bot_id, update_id
"""
_DROP_OWN = """
    DELETE FROM inbox
    WHERE sender_id = :person AND done_at IS NULL AND set_aside_at IS NOT NULL AND rowid <= :last
"""
# Somebody of the stall tapped under a message about the order, and nobody could handle it. Every text about an order
# names its code.
_DROP_QUOTING = """
    DELETE FROM inbox WHERE (bot_id, update_id) IN (
        SELECT i.bot_id, i.update_id FROM inbox AS i INDEXED BY inbox_set_aside
        JOIN json_each(:codes) AS c ON instr(i.raw, c.value) > 0
        WHERE i.set_aside_at IS NOT NULL AND i.done_at IS NULL)
"""

_FORGET_SENDER = """
    UPDATE inbox SET sender_id = NULL
    WHERE sender_id = :person AND done_at IS NOT NULL AND rowid <= :last
"""


def open_of(tx: Tx, person: int) -> list[str]:
    """What a person has sent that is not done: the raw updates."""
    return [row["raw"] for row in tx.all(_OPEN_OF, person=person)]


def drop_of(tx: Tx, *, person: int, codes: list[str], last: int) -> None:
    """Delete what a person sent up to that row and nobody could handle, and what quotes their orders' codes."""
    tx.run(_DROP_OWN, person=person, last=last)
    tx.run(_DROP_QUOTING, codes=json.dumps(codes))


def forget_sender(tx: Tx, *, person: int, last: int) -> None:
    """Of updates up to that row that are done, forget whose they were."""
    tx.run(_FORGET_SENDER, person=person, last=last)


_FORGET_SET_ASIDE = """
    DELETE FROM inbox WHERE rowid IN (
        SELECT rowid FROM inbox INDEXED BY inbox_set_aside
        WHERE set_aside_at < :before AND done_at IS NULL LIMIT :limit)
"""


def forget_set_aside(tx: Tx, before: int, limit: int) -> int:
    """Delete up to `limit` updates that were set aside before that moment and never run again; returns how many."""
    return tx.run(_FORGET_SET_ASIDE, before=before, limit=limit)
