"""The daily copy of the books: waits for its minute, has it made in a thread, and keeps the newest.

Owns the attempt and its repetition. What is due and what is told is in `storage.daily`; only the process that runs
the stall makes these copies.
"""

import asyncio
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from scheduler.wakeups import Source
from storage import backup, daily
from storage.backup import NotCopied
from storage.clock import HOUR, Clock
from storage.connection import Tx
from storage.daily import Plan
from storage.store import Store

log = logging.getLogger(__name__)

AGAIN_SECONDS = HOUR / 1000
"""Between attempts while copies fail. On the monotonic clock, so that no change of the wall clock hurries it."""


def daily_backup(store: Store, clock: Clock, plan: Plan) -> Source:
    """One copy a day. A failure keeps nothing else from going on: it is told, and tried again after an hour."""
    rests_until = float("-inf")

    def next_due(tx: Tx) -> int | None:
        rest = rests_until - clock.monotonic()
        return clock.now() + round(rest * 1000) if rest > 0 else daily.next_due(tx, plan, clock.now())

    async def handle(_now: int) -> None:
        nonlocal rests_until
        now = clock.now()
        target = daily.file_for(plan, now)
        # Before the attempt: if not even its failure can be written down (the disk is full), it rests all the same.
        rests_until = clock.monotonic() + AGAIN_SECONDS
        try:
            copied = await _copied(store, plan, target)
        except NotCopied as error:
            log.error("daily backup failed", extra={"reason": error.why})
            day = f"{datetime.fromtimestamp(now / 1000, UTC).astimezone(plan.zone):%Y-%m-%d}"
            await store.write(daily.failed, why=error.why, file=target, day=day, now=now)
            return
        await store.write(daily.made, copied, now)
        rests_until = float("-inf")
        log.info("daily backup made", extra={"file": copied.file.name, "bytes": copied.bytes})
        try:
            await asyncio.to_thread(daily.rotate, plan, copied.file)
        except OSError as error:
            log.warning("old backups could not be looked through", extra={"error": type(error).__name__})

    return Source(name="backup", next_due=next_due, handle=handle)


async def _copied(store: Store, plan: Plan, target: Path) -> backup.Copied:
    """Make the copy in a thread; when the stall closes meanwhile it is given up at once."""
    leaving = threading.Event()

    def work() -> backup.Copied:
        if plan.makes_folder:
            backup.make_folder(plan.folder)
        return backup.copy(store.path, target, lambda _done: not leaving.is_set())

    try:
        return await asyncio.to_thread(work)
    finally:
        leaving.set()
