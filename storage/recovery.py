"""What becomes of books that were put back from a copy: nothing is sent, expired or reminded of by surprise.

Owns `restores` and `outbox.set_aside_at`. Between the copy and its restoration people got messages, paid and tapped,
and these books know nothing of it; so what was waiting then is looked at by a human first. The files are `restore`'s.
"""

from dataclasses import dataclass
from typing import Final

from storage import audit, broadcasts, delays, outbox, roles, soldouts
from storage.clock import MINUTE
from storage.connection import Tx
from storage.outbox import Lane

SKEW_MS: Final = MINUTE
"""Telegram's clock and ours may differ by so much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long an unpaid order gets again, as in the settings."""

    pay_within_ms: int
    grace_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What was done to the books that were put back."""

    known_until: int
    set_aside: int
    unpaid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A message that does not leave until somebody says so."""

    id: int
    kind: str
    chat_id: int
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """UTC ms. What the stall sent in it came from books that are gone."""

    known_until: int
    restored_at: int

    def has(self, sent_at: int) -> bool:
        """May a message of this date (whole seconds, by Telegram's clock) be from the gap?"""
        return self.known_until - SKEW_MS <= sent_at < self.restored_at


_KNOWN_UNTIL = """
    SELECT MAX(at) FROM (
        SELECT MAX(received_at) AS at FROM inbox UNION ALL SELECT MAX(done_at) FROM inbox
        UNION ALL SELECT MAX(created_at) FROM outbox UNION ALL SELECT MAX(ended_at) FROM outbox
        UNION ALL SELECT MAX(at) FROM audit UNION ALL SELECT MAX(created_at) FROM orders
        UNION ALL SELECT MAX(applied_at) FROM migrations)
    WHERE at <= :now
"""
_SET_ASIDE = """
    UPDATE outbox SET state = 'dropped', error = 'set aside: it may have been sent before the restore',
        set_aside_at = :now, ended_at = :now
    WHERE state IN ('queued', 'sending')
"""
_DROP_REMINDERS = """
    UPDATE reminders SET state = 'dropped', note = 'its moment was before the restore'
    WHERE state = 'due' AND due_at <= :now
"""
# Never less than it had; an order under review has no hold and gets none.
_TIME_AGAIN = """
    UPDATE orders SET pay_by = MAX(pay_by, :pay_by), hold_until = MAX(hold_until, :hold_until),
        remind_at = CASE WHEN remind_at > :now THEN remind_at END
    WHERE hold_until IS NOT NULL
"""
_NOTE = "INSERT INTO restores (file, known_until, restored_at) VALUES (:file, :known, :now)"


def settle(tx: Tx, *, file: str, terms: Terms, resend: bool, now: int) -> Settled:
    """Make books from a copy ready to be opened again; called once, before they take the others' place.

    Unsent messages, and those that running broadcasts and delays had still to enqueue, are set aside unless `resend`;
    moments of reminders that have gone by are dropped; unpaid orders get their time to pay again.
    """
    known: int = tx.value(_KNOWN_UNTIL, now=now) or 0
    for broadcast in broadcasts.running(tx):
        while not broadcasts.fan_out(tx, broadcast, now):
            pass
    while delays.go_on(tx, now=now) or soldouts.tell_due(tx, now=now):
        pass
    aside = 0 if resend else tx.run(_SET_ASIDE, now=now)
    unpaid = _time_again(tx, terms, now)
    tx.run(_NOTE, file=file, known=known, now=now)
    audit.note(tx, None, "books.restored", "books", now, known_until=known, set_aside=aside, unpaid=unpaid)
    return Settled(known_until=known, set_aside=aside, unpaid=unpaid)


def _time_again(tx: Tx, terms: Terms, now: int) -> int:
    tx.run(_DROP_REMINDERS, now=now)
    pay_by = now + terms.pay_within_ms
    return tx.run(_TIME_AGAIN, pay_by=pay_by, hold_until=pay_by + terms.grace_ms, now=now)


_UNOPENED = "SELECT id, known_until FROM restores WHERE opened_at IS NULL ORDER BY id DESC LIMIT 1"
_WAITING_ASIDE = "SELECT count(*) FROM outbox INDEXED BY outbox_set_aside WHERE set_aside_at IS NOT NULL"


def open_again(tx: Tx, *, terms: Terms, now: int) -> bool:
    """At every start of the bot, before anything is due: at the first after a restore, time to pay begins only now,
    and the owners are told what these books know. True if this was that start."""
    row = tx.one(_UNOPENED)
    if row is None:
        return False
    unpaid = _time_again(tx, terms, now)
    tx.run("UPDATE restores SET opened_at = :now WHERE opened_at IS NULL", now=now)
    for owner in roles.holders(tx, roles.Role.OWNER):
        outbox.tell(
            tx,
            owner,
            "books_restored",
            now=now,
            lane=Lane.ORDER,
            known_until=row["known_until"],
            unpaid=unpaid,
            aside=tx.value(_WAITING_ASIDE),
        )
    return True


def gaps(tx: Tx) -> list[Gap]:
    """The times these books know nothing of."""
    rows = tx.all("SELECT known_until, restored_at FROM restores")
    return [Gap(known_until=row["known_until"], restored_at=row["restored_at"]) for row in rows]


def set_aside_count(tx: Tx) -> int:
    """How many messages wait for somebody's word."""
    count: int = tx.value(_WAITING_ASIDE)
    return count


def set_aside(tx: Tx) -> list[SetAside]:
    """Every message that waits for somebody's word, in the order they were enqueued."""
    rows = tx.all(
        "SELECT id, kind, chat_id, created_at FROM outbox INDEXED BY outbox_set_aside"
        " WHERE set_aside_at IS NOT NULL ORDER BY id"
    )
    return [
        SetAside(id=row["id"], kind=row["kind"], chat_id=row["chat_id"], created_at=row["created_at"]) for row in rows
    ]


_RESEND = """
    UPDATE outbox SET state = 'queued', error = NULL, ended_at = NULL, set_aside_at = NULL
    WHERE set_aside_at IS NOT NULL
"""


def resend(tx: Tx, *, now: int) -> int:
    """Let everything go that a restore has set aside; returns how many. What is no longer true is not sent."""
    freed = tx.run(_RESEND)
    audit.note(tx, None, "outbox.freed", "books", now, messages=freed)
    tx.rings_outbox = True
    return freed
