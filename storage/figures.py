"""How full the books are just now, for whoever watches over the process: counts and ages, nobody's data.

Only reads, by indexes that hold no more than what is open, so the cost does not grow with the history.
"""

from dataclasses import dataclass

from storage.connection import Tx
from storage.outbox import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Rows that wait for something, and since when (UTC ms) the oldest that could go on does; None if none could."""

    count: int
    since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One look at the books. `receipts` wait for a cashier, `refunds` for the money to be sent back."""

    inbox: Waiting
    set_aside: int
    outbox: dict[Lane, Waiting]
    receipts: Waiting
    refunds: int
    unpaid: int


_INBOX_COUNT = """
    SELECT count(*) FROM inbox INDEXED BY inbox_open
    WHERE bot_id = :bot AND done_at IS NULL AND set_aside_at IS NULL
"""
_INBOX_OLDEST = """
    SELECT received_at FROM inbox INDEXED BY inbox_open
    WHERE bot_id = :bot AND done_at IS NULL AND set_aside_at IS NULL ORDER BY update_id LIMIT 1
"""
_SET_ASIDE = """
    SELECT count(*) FROM inbox INDEXED BY inbox_set_aside WHERE set_aside_at IS NOT NULL AND done_at IS NULL
"""
_OUTBOX_COUNT = "SELECT count(*) FROM outbox INDEXED BY outbox_queued WHERE state = 'queued' AND lane = :lane"
_OUTBOX_OLDEST = """
    SELECT max(created_at, not_before) FROM outbox INDEXED BY outbox_queued
    WHERE state = 'queued' AND lane = :lane AND not_before <= :now ORDER BY id LIMIT 1
"""
_RECEIPTS = """
    SELECT count(*) AS waiting, min(submitted_at) AS since FROM payments INDEXED BY payments_waiting
    WHERE status = 'submitted'
"""
_REFUNDS = "SELECT count(*) FROM refunds INDEXED BY refunds_owed WHERE status = 'owed'"
_UNPAID = "SELECT count(*) FROM orders INDEXED BY orders_to_expire WHERE hold_until IS NOT NULL"


def figures(tx: Tx, bot: int, now: int) -> Figures:
    """What waits in the books of this bot at `now`."""
    receipts = tx.all(_RECEIPTS)[0]
    return Figures(
        inbox=Waiting(count=tx.value(_INBOX_COUNT, bot=bot), since=tx.value(_INBOX_OLDEST, bot=bot)),
        set_aside=tx.value(_SET_ASIDE),
        outbox={
            lane: Waiting(
                count=tx.value(_OUTBOX_COUNT, lane=int(lane)),
                since=tx.value(_OUTBOX_OLDEST, lane=int(lane), now=now),
            )
            for lane in Lane
        },
        receipts=Waiting(count=receipts["waiting"], since=receipts["since"]),
        refunds=tx.value(_REFUNDS),
        unpaid=tx.value(_UNPAID),
    )
