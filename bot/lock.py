"""The lock file beside the database: one `run` or `restore` at a time.

The kernel holds the lock, so it is gone with the process, however that ended; the file stays and only says who has
it. Other commands never take it: they may write beside a running bot, and wait for a restore to be over.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.failure import CommandFailed

TRIES: Final = 3
_RESTORING: Final = " restoring"
PAUSE_SECONDS: Final = 0.1
"""`holder` takes the lock for a moment to see whether it is free; a start in that moment must not fail."""


def file_of(database: Path) -> Path:
    """`livestall.db` -> `livestall.db.lock`, in the same folder."""
    return database.with_name(f"{database.name}.lock")


@contextlib.contextmanager
def held(database: Path, *, restoring: bool = False) -> Iterator[None]:
    """Hold the lock for the block. Raises CommandFailed naming the process that has it."""
    try:
        descriptor = os.open(file_of(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        place, reason = file_of(database), (error.strerror or "an error").lower()
        raise CommandFailed(f"{place} can't be written ({reason}); check [storage] path and its folder") from None
    try:
        if not _takes(descriptor, fcntl.LOCK_EX, TRIES):
            raise CommandFailed(
                f"the stall is already open on {database}, by process {_pid(descriptor)}; stop that one first"
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}{_RESTORING if restoring else ''}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(database: Path) -> str | None:
    """The id of the process that holds the lock now ("?" if it has not said), or None when nobody does."""
    try:
        descriptor = os.open(file_of(database), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return None if _takes(descriptor, fcntl.LOCK_SH, 1) else _pid(descriptor)
    finally:
        os.close(descriptor)


def refuse_while_restoring(database: Path) -> None:
    """For every command that opens the books: a file that is being exchanged must not be opened. A restore copies and
    checks for a while before it exchanges anything, and finds whoever had opened the books before it came.

    Raises CommandFailed.
    """
    if (who := holder(database)) is not None and who.endswith(_RESTORING):
        raise CommandFailed(f"{database} is being restored by process {who.split()[0]}; try again when that is done")


def _takes(descriptor: int, kind: int, tries: int) -> bool:
    for attempt in range(tries):
        if attempt:
            time.sleep(PAUSE_SECONDS)
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False


def _pid(descriptor: int) -> str:
    return os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "?"
