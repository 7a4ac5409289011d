"""What the clock does for people's rights: erasures go on until they are finished, what is over its time goes.

Owns no rule: what an erasure is stands in `storage.erasures`, what is over when in `storage.retention`.
"""

from scheduler.wakeups import Source
from shop.retention import Retention
from storage import connection, erasures, retention
from storage.clock import DAY, Clock
from storage.connection import Tx
from storage.store import Store


def erasures_to_finish(store: Store, clock: Clock) -> Source:
    """Every erasure that can go on, step by step; at the end the file itself holds nothing of it."""

    async def handle(now: int) -> None:
        for pseudonym in await store.read(erasures.due, now):
            while await store.write(erasures.go_on, pseudonym=pseudonym, now=clock.now()):
                pass
        if erased := await store.read(erasures.waits_for_file, clock.now()):
            is_clean = await store.maintain(connection.empty_log)
            await store.write(erasures.settle_file, erased=erased, is_clean=is_clean, now=clock.now())

    return Source(name="erasures", next_due=erasures.next_due, handle=handle)


def what_is_over(store: Store, clock: Clock, kept: Retention) -> Source:
    """Once a day, and at the start: whatever has been kept for as long as it is to be."""
    last = clock.now() - DAY

    def next_due(_tx: Tx) -> int | None:
        return last + DAY

    async def handle(now: int) -> None:
        nonlocal last
        for act, kept_for in retention.over(kept).items():
            while await store.write(act, before=now - kept_for, now=clock.now()):
                pass
        last = now

    return Source(name="retention", next_due=next_due, handle=handle)
