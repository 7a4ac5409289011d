"""What a clock that was ahead has put off, once it has been set right: without this it would wait for as long again.

Only what was measured from the wrong moment: tries, pauses, what is held for words, flash prices, whom to ask about a
moved date. Instants that people were told (the time to pay, a stream's start, a coupon's end) stay what was told.
Owns no table; what the waiting list holds is put right in `lapses`.
"""

from storage.clock import MINUTE
from storage.connection import Tx

# Each finds its rows by an index over what waits at all, and after its second statement finds none.
_PUT_OFF: tuple[tuple[str, str], ...] = (
    (
        "SELECT 1 FROM outbox INDEXED BY outbox_later"
        " WHERE state = 'queued' AND not_before > :now AND created_at > :now LIMIT 1",
        "UPDATE outbox SET not_before = :now WHERE state = 'queued' AND not_before > :now AND created_at > :now",
    ),
    (
        "SELECT 1 FROM claims INDEXED BY claims_to_release"
        " WHERE hold_until IS NOT NULL AND created_at > :now LIMIT 1",
        "UPDATE claims SET hold_until = max(0, hold_until - (created_at - :now)), created_at = :now"
        " WHERE hold_until IS NOT NULL AND created_at > :now",
    ),
    (
        "SELECT 1 FROM flashes INDEXED BY flashes_to_close WHERE closed_at IS NULL AND starts_at > :now LIMIT 1",
        "UPDATE flashes SET ends_at = ends_at - (starts_at - :now), starts_at = :now"
        " WHERE closed_at IS NULL AND starts_at > :now",
    ),
    (
        # Later phases keep the moments buyers were told.
        "SELECT 1 FROM delays INDEXED BY delays_due WHERE due_at > :now AND phase = 'ask' LIMIT 1",
        "UPDATE delays SET due_at = :now, moved_at = :now WHERE due_at > :now AND phase = 'ask'",
    ),
    (
        "SELECT 1 FROM broadcasts INDEXED BY broadcasts_to_report WHERE report_at > :soon LIMIT 1",
        "UPDATE broadcasts SET report_at = :now WHERE report_at > :soon",
    ),
    (
        "SELECT 1 FROM receipts INDEXED BY receipts_to_fetch WHERE fetch_after > :now AND received_at > :now LIMIT 1",
        "UPDATE receipts SET fetch_after = :now WHERE fetch_after > :now AND received_at > :now",
    ),
    (
        "SELECT 1 FROM questions INDEXED BY questions_to_fetch"
        " WHERE photo_fetch_after > :now AND asked_at > :now LIMIT 1",
        "UPDATE questions SET photo_fetch_after = :now WHERE photo_fetch_after > :now AND asked_at > :now",
    ),
    (
        "SELECT 1 FROM erasures INDEXED BY erasures_due WHERE due_at > :now AND asked_at > :now LIMIT 1",
        "UPDATE erasures SET due_at = :now WHERE due_at > :now AND asked_at > :now",
    ),
)


def is_needed(tx: Tx, now: int) -> bool:
    """Does something wait for a moment that was reckoned by a clock ahead of this one?"""
    return any(tx.one(found, **_values(found, now)) is not None for found, _ in _PUT_OFF)


def put_right(tx: Tx, *, now: int) -> int:
    """Let it wait from now on as long as it was meant to, or not at all; returns how many rows."""
    tx.rings_due = tx.rings_outbox = True
    return sum(tx.run(change, **_values(change, now)) for _, change in _PUT_OFF)


def _values(sql: str, now: int) -> dict[str, int]:
    values = {"now": now, "soon": now + MINUTE}
    return {name: value for name, value in values.items() if f":{name}" in sql}
