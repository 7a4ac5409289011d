"""The whole books examined: what does not add up, and what an operator should know.

Only reads. A *difference* is two facts that contradict each other; a *note* is a state that may be quite in order
(a message that Telegram refused, an update set aside) and is told once.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from storage import (
    discounts,
    erasures,
    inbox,
    lapses,
    recount,
    recovery,
    roles,
    states,
    stock,
    surroundings,
)
from storage.clock import MINUTE
from storage.connection import Tx
from storage.store import Store
from storage.surroundings import Place

LISTED: Final = 10
"""Of each kind of note, at most so many one by one; then how many more there are."""

LATE_MS: Final = 10 * MINUTE
"""What should have happened longer ago than this is worth a note."""

WAL_RESET_BUG: Final = ((3, 7, 0), (3, 51, 2))
"""SQLite versions whose WAL may be reset wrongly when two connections checkpoint at once (sqlite.org, 3.51.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """One line each, in the operator's English. The books are in order when there are no differences."""

    sqlite_version: str
    schema: int
    differences: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What this version of the program can ask (`kind.step`) and say; anything else in the books leads nowhere."""

    steps: frozenset[str]
    kinds: frozenset[str]


async def examine(
    store: Store, *, now: int, bot_is_running: bool, place: Place | None = None, known: Known | None = None
) -> Findings:
    """Recount everything, and look around the books if they have a `place`. Reads the whole file, so it takes a while
    on a large one; writes nothing."""
    faults = await store.maintain(_faults)
    return await store.read(_findings, faults, now, bot_is_running, place, known)


async def glance(store: Store) -> list[str]:
    """What SQLite finds wrong with the file without comparing its indexes; empty when nothing is."""
    return await store.maintain(lambda connection: _told_by(connection, "PRAGMA quick_check"))


def _findings(
    tx: Tx, faults: list[str], now: int, bot_is_running: bool, place: Place | None, known: Known | None
) -> Findings:
    """The recount, on one snapshot."""
    version = tx.value("SELECT sqlite_version()")
    return Findings(
        sqlite_version=version,
        schema=tx.value("PRAGMA user_version"),
        differences=(
            *faults,
            *map(str, stock.recount(tx)),
            *recount.orders(tx),
            *states.misfits(tx),
            *discounts.recount(tx),
        ),
        notes=(
            *_wal_reset_bug(version),
            *_owners(tx),
            *_outbox(tx, bot_is_running),
            *_set_aside(tx),
            *_unknown(tx, known),
            *_receipts(tx),
            *_late(tx, now, bot_is_running),
            *_restored(tx),
            *(() if place is None else surroundings.notes(tx, place, now)),
            *lapses.overlooked(tx, now),
        ),
    )


def _faults(connection: sqlite3.Connection) -> list[str]:
    """The file itself: pages, indexes, CHECKs, and rows that name others which are not there.

    On the connection that may write: a read-only one knows no CHECKs (sqlite3AddCheckConstraint leaves them out).
    """
    return _told_by(connection, "PRAGMA integrity_check") + [
        f"database: {row['table']} row {row['rowid']} names a row of {row['parent']} that is not there"
        for row in connection.execute("PRAGMA foreign_key_check").fetchall()
    ]


def _told_by(connection: sqlite3.Connection, check: str) -> list[str]:
    return [f"database: {row[0]}" for row in connection.execute(check).fetchall() if row[0] != "ok"]


def _wal_reset_bug(version: str) -> Iterator[str]:
    first, last = WAL_RESET_BUG
    if first <= _numbers(version) <= last:
        yield (
            f"SQLite {version} has the WAL-reset bug (fixed in 3.51.3); only the bot makes checkpoints here, "
            "so it can't strike; let no other tool write this file"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


_FAILED = """
    SELECT id, kind, chat_id, error FROM outbox INDEXED BY outbox_failed WHERE state = 'failed'
    ORDER BY id DESC LIMIT :limit
"""
_FAILED_COUNT = "SELECT count(*) FROM outbox INDEXED BY outbox_failed WHERE state = 'failed'"
_SENDING_COUNT = "SELECT count(*) FROM outbox INDEXED BY outbox_sending WHERE state = 'sending'"
_REPEATED_COUNT = "SELECT count(*) FROM outbox INDEXED BY outbox_repeated WHERE repeated > 0"


def _outbox(tx: Tx, bot_is_running: bool) -> Iterator[str]:
    for row in tx.all(_FAILED, limit=LISTED):
        yield f"message {row['id']} ({row['kind']}) to chat {row['chat_id']} failed: {row['error']}"
    if (more := tx.value(_FAILED_COUNT) - LISTED) > 0:
        yield f"{_counted(more, 'more message')} failed"
    if not bot_is_running and (cut := tx.value(_SENDING_COUNT)):
        yield f"{_counted(cut, 'message')} on the way when the bot stopped; sent again at its next start"
    if repeated := tx.value(_REPEATED_COUNT):
        yield f"{_counted(repeated, 'message')} repeated: sent again because no answer was heard"


def _set_aside(tx: Tx) -> Iterator[str]:
    for update in inbox.set_aside(tx):
        id_ = update.key.update_id
        yield (
            f"inbox: {id_} was given up after {_counted(update.attempts, 'attempt')} ({update.error}); "
            f"`livestall inbox retry {id_}` runs it again"
        )


def _owners(tx: Tx) -> Iterator[str]:
    if not roles.holders(tx, roles.Role.OWNER):
        yield "nobody is an owner; the next start of the bot makes those in [people] owners"


_UNKNOWN_STEPS = """
    SELECT person_id, kind || '.' || step AS step FROM dialogs
    WHERE kind || '.' || step NOT IN (SELECT value FROM json_each(:known)) ORDER BY id
"""
_UNKNOWN_KINDS = """
    SELECT kind, count(*) AS messages FROM outbox INDEXED BY outbox_queued
    WHERE state = 'queued' AND kind NOT IN (SELECT value FROM json_each(:known)) GROUP BY kind ORDER BY kind
"""


def _unknown(tx: Tx, known: Known | None) -> Iterator[str]:
    """Left by another version of the program."""
    if known is None:
        return
    for row in tx.all(_UNKNOWN_STEPS, known=json.dumps(sorted(known.steps))):
        yield f"person {row['person_id']} was asked {row['step']}, which this version does not know; /cancel ends it"
    for row in tx.all(_UNKNOWN_KINDS, known=json.dumps(sorted(known.kinds))):
        yield f"{_counted(row['messages'], 'message')} of the kind {row['kind']}, which this version can't say"


_GIVEN_UP = """
    SELECT o.code FROM receipts AS r JOIN payments AS p ON p.id = r.payment_id JOIN orders AS o ON o.id = p.order_id
    WHERE r.kind <> 'text' AND r.bytes IS NULL AND r.fetch_after IS NULL AND r.erased_at IS NULL ORDER BY r.id
"""
# The same picture for two orders may be a mistake, or somebody trying.
_SENT_TWICE = """
    SELECT DISTINCT group_concat(code, ', ') AS codes FROM (
        SELECT DISTINCT f.file, o.code
        FROM (SELECT payment_id, file_unique_id AS file FROM receipts WHERE file_unique_id IS NOT NULL
              UNION ALL SELECT payment_id, sha256 FROM receipts WHERE sha256 IS NOT NULL) AS f
        JOIN payments AS p ON p.id = f.payment_id JOIN orders AS o ON o.id = p.order_id ORDER BY o.id)
    GROUP BY file HAVING count(*) > 1
"""


def _receipts(tx: Tx) -> Iterator[str]:
    for row in tx.all(_GIVEN_UP):
        yield f"order {row['code']}: a receipt could not be fetched; only Telegram has it"
    for row in tx.all(_SENT_TWICE):
        yield f"orders {row['codes']}: the same picture was sent as a receipt for each"


_LATE_HOLDS = "SELECT count(*) FROM orders INDEXED BY orders_to_expire WHERE hold_until < :before"
_LATE_BROADCASTS = """
    SELECT count(*) FROM broadcasts INDEXED BY broadcasts_running WHERE state = 'running' AND created_at < :before
"""
_LATE_DELAYS = "SELECT count(*) FROM delays INDEXED BY delays_due WHERE due_at < :before"
# A long broadcast takes its time; answers and news of orders do not.
_LATE_MESSAGES = """
    SELECT count(*) FROM outbox INDEXED BY outbox_queued
    WHERE state = 'queued' AND lane < 2 AND max(created_at, not_before) < :before
"""
_LATE_REMINDERS = "SELECT count(*) FROM reminders INDEXED BY reminders_due WHERE state = 'due' AND due_at < :before"


def _late(tx: Tx, now: int, bot_is_running: bool) -> Iterator[str]:
    why = "though the bot is running; look at its log" if bot_is_running else "because the bot is not running"
    if orders := tx.value(_LATE_HOLDS, before=now - LATE_MS):
        yield f"{_counted(orders, 'unpaid order')} not expired in time, {why}"
    if reminders := tx.value(_LATE_REMINDERS, before=now - LATE_MS):
        yield f"{_counted(reminders, 'stream reminder')} not sent in time, {why}"
    if holds := lapses.overdue(tx, now - LATE_MS):
        yield f"{_counted(holds, 'hold')} of a waiting list not passed on in time, {why}"
    if erasing := erasures.overdue(tx, now - LATE_MS):
        yield f"{_counted(erasing, 'erasure')} of a person's data not finished in time, {why}"
    if delays := tx.value(_LATE_DELAYS, before=now - LATE_MS):
        yield f"{_counted(delays, 'date')} of a presale that moved, and its buyers not asked in time, {why}"
    if told := tx.value(_LATE_BROADCASTS, before=now - LATE_MS):
        yield f"{_counted(told, 'announcement')} not told to everybody in time, {why}"
    if messages := tx.value(_LATE_MESSAGES, before=now - LATE_MS):
        yield f"{_counted(messages, 'message')} waiting for more than ten minutes, {why}"


def _restored(tx: Tx) -> Iterator[str]:
    if aside := recovery.set_aside_count(tx):
        yield (
            f"{_counted(aside, 'message')} set aside by a restore; `livestall outbox list` shows them, "
            "`livestall restore --resend` sends them"
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
