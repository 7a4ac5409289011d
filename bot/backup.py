"""Copies of the books: `livestall backup FILE`, and the plan of the daily ones.

Owns what the operator sees of it. How a copy is made is in `storage.backup`.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot import lock
from bot.config import Config
from bot.failure import CommandFailed
from bot.patience import patiently
from storage import backup as copies
from storage.backup import NotCopied, Progress
from storage.daily import Plan

R = TypeVar("R")


def plan_of(config: Config) -> Plan:
    """Where the daily copies go, when, and how many stay."""
    database, chosen = config.storage.path, config.backup.folder
    return Plan(
        folder=database.parent / "backups" if chosen is None else chosen,
        stem=database.stem,
        minute=config.backup.at,
        zone=ZoneInfo(config.stall.timezone),
        keep=config.backup.keep,
        makes_folder=chosen is None,
    )


async def backup(config: Config, file: Path) -> str:
    """Copy the books into the new file; what to say about it. Raises CommandFailed, and then nothing is left."""
    database = config.storage.path
    lock.refuse_while_restoring(database)
    if not await asyncio.to_thread(database.exists):
        raise CommandFailed(f"{database}: there are no books yet; `livestall run` makes them")
    begun = time.monotonic()
    try:
        copied = await in_a_thread("copying the books", lambda goes_on: copies.copy(database, file, goes_on))
    except NotCopied as error:
        raise CommandFailed(str(error)) from None
    seconds = time.monotonic() - begun
    orders = f"{copied.orders} order{'' if copied.orders == 1 else 's'}"
    return f"{file}: {size_of(copied.bytes)}, {orders}, checked, in {seconds:.1f} s"


async def in_a_thread(label: str, work: Callable[[Progress], R]) -> R:
    """Run long work on files with a sign of life; Ctrl-C gives it up, and then it leaves nothing behind."""
    leaving = threading.Event()
    try:
        async with patiently(label):
            return await asyncio.to_thread(work, lambda _done: not leaving.is_set())
    finally:
        leaving.set()


def size_of(number: int) -> str:
    """Bytes for people: `4.2 MB`."""
    return f"{number / 1e6:.1f} MB" if number >= 100_000 else f"{number / 1e3:.0f} kB"
