"""Copies of the books: `livestall backup FILE`, and the plan of the daily ones.

Owns what the operator sees of it. How a copy is made is in `storage.backup`.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO
from zoneinfo import ZoneInfo

from bot import lock
from bot.config import Config
from bot.failure import CommandFailed
from storage import backup as copies
from storage.backup import NotCopied, Progress
from storage.daily import Plan

_EVERY_SECONDS: Final = 0.2


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


def backup(config: Config, file: Path, screen: TextIO) -> str:
    """Copy the books into the new file; what to say about it. Raises CommandFailed, and then nothing is left."""
    database = config.storage.path
    lock.refuse_while_restoring(database)
    if not database.exists():
        raise CommandFailed(f"{database}: there are no books yet; `livestall run` makes them")
    begun = time.monotonic()
    try:
        copied = copies.copy(database, file, shown_on(screen, "copying"))
    except NotCopied as error:
        raise CommandFailed(str(error)) from None
    seconds = time.monotonic() - begun
    orders = f"{copied.orders} order{'' if copied.orders == 1 else 's'}"
    return f"{file}: {size_of(copied.bytes)}, {orders}, checked, in {seconds:.1f} s"


def shown_on(screen: TextIO, what: str, clock: Callable[[], float] = time.monotonic) -> Progress:
    """A line with the share that is done, where somebody is looking; nothing in a log or a pipe."""
    if not screen.isatty():
        return lambda _done: True
    last = clock()

    def show(done: float) -> bool:
        nonlocal last
        if (now := clock()) - last >= _EVERY_SECONDS:
            last = now
            screen.write(f"\r{what} {done:4.0%}\r")
            screen.flush()
        return True

    return show


def size_of(number: int) -> str:
    """Bytes for people: `4.2 MB`."""
    return f"{number / 1e6:.1f} MB" if number >= 100_000 else f"{number / 1e3:.0f} kB"
