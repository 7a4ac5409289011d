"""Reminders of streams: one row per stream and moment; the people are found when it is due, page by page.

Owns `reminders`, the dropping of what became pointless included. Never waits: `scheduler/reminders` asks when the
next is due and fans it out.
"""

import sqlite3
from collections.abc import Iterable

from shop import schedule
from shop.streams import StreamStatus
from storage import outbox, roles
from storage.clock import HOUR
from storage.connection import Tx
from storage.outbox import Lane

PAGE = 500
# A reminder found later than this after the start (the bot was down) helps nobody.
LATEST_MS = HOUR

_DROP_MOVED = """
    UPDATE reminders SET state = 'dropped', note = 'stream moved'
    WHERE stream_id = :stream AND starts_at <> :starts_at AND state = 'due'
"""
# A stream moved away and back again finds its dropped moments and sets them anew; who was told already is kept
# from hearing twice by the dedupe key.
_PLAN = """
    INSERT INTO reminders (stream_id, starts_at, before_ms, due_at) VALUES (:stream, :starts_at, :before, :due_at)
    ON CONFLICT (stream_id, starts_at, before_ms) DO UPDATE SET state = 'due', cursor = 0, note = NULL
    WHERE state = 'dropped'
"""
_DROP_ALL = "UPDATE reminders SET state = 'dropped', note = :note WHERE stream_id = :stream AND state = 'due'"


def plan(tx: Tx, stream_id: int, starts_at: int, offsets_ms: Iterable[int], now: int) -> None:
    """Set the moments still ahead: each offset before the start, and the start itself. Planning twice is harmless.

    Moments of another start, from before the stream was moved, are dropped.
    """
    tx.run(_DROP_MOVED, stream=stream_id, starts_at=starts_at)
    for moment in schedule.reminder_times(starts_at, {0, *offsets_ms}, now):
        tx.run(_PLAN, stream=stream_id, starts_at=starts_at, before=moment.offset_ms, due_at=moment.at_ms)
    tx.rings_due = True


def drop(tx: Tx, stream_id: int, note: str) -> int:
    """Drop what is still due of a stream that went live, ended or was cancelled; returns how many."""
    return tx.run(_DROP_ALL, stream=stream_id, note=note)


_NEXT_DUE = "SELECT MIN(due_at) FROM reminders INDEXED BY reminders_due WHERE state = 'due'"
_DUE = """
    SELECT id FROM reminders INDEXED BY reminders_due
    WHERE state = 'due' AND due_at <= :now ORDER BY due_at, id LIMIT :limit
"""


def next_due(tx: Tx) -> int | None:
    """When the next reminder is due (UTC ms, maybe past), or None."""
    moment: int | None = tx.value(_NEXT_DUE)
    return moment


def due(tx: Tx, now: int, limit: int = 100) -> list[int]:
    """Reminders to fan out, the longest overdue first."""
    return [row["id"] for row in tx.all(_DUE, now=now, limit=limit)]


_REMINDER = """
    SELECT r.id, r.stream_id, r.starts_at, r.before_ms, r.cursor,
        s.status, s.host_id, s.starts_at AS stream_starts_at
    FROM reminders AS r JOIN streams AS s ON s.id = r.stream_id
    WHERE r.id = :id AND r.state = 'due' AND r.due_at <= :now
"""
_NEWER = """
    SELECT 1 FROM reminders
    WHERE stream_id = :stream AND starts_at = :starts_at AND before_ms < :before
      AND due_at <= :now AND state IN ('due', 'done')
    LIMIT 1
"""
_WATCHERS = """
    SELECT w.person_id FROM stream_watchers AS w JOIN people AS p ON p.id = w.person_id
    WHERE w.stream_id = :stream AND w.person_id > :cursor AND p.blocked_at IS NULL
    ORDER BY w.person_id LIMIT :page
"""
_DROP = "UPDATE reminders SET state = 'dropped', note = :note WHERE id = :id"
_ADVANCE = "UPDATE reminders SET cursor = :cursor, state = :state WHERE id = :id"


def fan_out(tx: Tx, reminder_id: int, now: int, page: int = PAGE) -> bool:
    """Enqueue a due reminder for its next `page` watchers; True once nothing is left to do for it.

    What has become pointless is dropped with a note instead. At the start itself the host of a stream that is not
    live yet (whoever is host, once that one is no more) hears of it too, once.
    """
    reminder = tx.one(_REMINDER, id=reminder_id, now=now)
    if reminder is None:
        return True
    note = _why_pointless(tx, reminder, now)
    if note is not None:
        tx.run(_DROP, id=reminder_id, note=note)
        return True
    stream, starts_at, before = reminder["stream_id"], reminder["starts_at"], reminder["before_ms"]
    if before == 0:
        for person in roles.hosts_of(tx, reminder["host_id"]):
            outbox.tell(
                tx,
                person,
                "stream_due_host",
                now=now,
                lane=Lane.ORDER,
                dedupe=f"due_host:{stream}:{starts_at}:{person}",
                stream=stream,
            )
    watchers = [row["person_id"] for row in tx.all(_WATCHERS, stream=stream, cursor=reminder["cursor"], page=page)]
    for person in watchers:
        outbox.tell(
            tx,
            person,
            "stream_soon",
            now=now,
            lane=Lane.REMINDER,
            dedupe=f"soon:{stream}:{starts_at}:{before}:{person}",
            stream=stream,
            starts_at=starts_at,
            before=before,
        )
    is_finished = len(watchers) < page
    cursor = watchers[-1] if watchers else reminder["cursor"]
    tx.run(_ADVANCE, id=reminder_id, cursor=cursor, state="done" if is_finished else "due")
    return is_finished


def _why_pointless(tx: Tx, reminder: sqlite3.Row, now: int) -> str | None:
    """A note for the books when nobody is helped by this reminder any more, else None."""
    if reminder["status"] != StreamStatus.ANNOUNCED:
        return f"stream is {reminder['status']}"
    if reminder["starts_at"] != reminder["stream_starts_at"]:
        return "stream moved"
    if now > reminder["starts_at"] + LATEST_MS:
        return "too late"
    newer = tx.one(
        _NEWER,
        stream=reminder["stream_id"],
        starts_at=reminder["starts_at"],
        before=reminder["before_ms"],
        now=now,
    )
    return None if newer is None else "a newer one is due"
