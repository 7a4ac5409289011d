"""The daily copy of the books: when it is due, what became of it, and which copies are kept.

Owns `backups` and the files of its own name pattern in the folder for them; never touches any other file, and never
the newest copy. How a copy is made is in `backup`; who waits for the hour is `scheduler.daily`.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from shop import schedule
from storage import outbox, roles
from storage.backup import UNFINISHED, Copied, Why
from storage.clock import DAY, HOUR
from storage.connection import Tx
from storage.outbox import Lane

LATE_MS = DAY + 2 * HOUR
"""A newest copy older than this means that one was missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where copies go, at which minute of the day in `zone`, and how many are kept (at least one).

    `makes_folder`: the folder beside the books is made when it is missing. One that was chosen is not: it may be the
    empty place of a disk that is not there.
    """

    folder: Path
    stem: str
    minute: int
    zone: tzinfo
    keep: int
    makes_folder: bool


# With the clock once wrong, a copy may seem to come from the future; it must not keep others from being made. One set
# back by hours makes no second copy of the same day.
_NEWEST = """
    SELECT at, file, bytes FROM backups INDEXED BY backups_made
    WHERE error IS NULL AND at <= :latest ORDER BY at DESC LIMIT 1
"""
_BEGINNING = "SELECT MIN(applied_at) FROM migrations WHERE applied_at <= :latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A daily copy that succeeded."""

    at: int
    file: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The last attempt, where it failed and none has succeeded since."""

    at: int
    why: Why


def newest(tx: Tx, now: int) -> Made | None:
    """The newest copy, leaving out those of a clock that was ahead by more than a day."""
    row = tx.one(_NEWEST, latest=now + DAY)
    return None if row is None else Made(at=row["at"], file=row["file"], bytes=row["bytes"])


def trouble(tx: Tx) -> Failed | None:
    """The last attempt if it failed, else None."""
    row = tx.one("SELECT at, error FROM backups ORDER BY id DESC LIMIT 1")
    return None if row is None or row["error"] is None else Failed(at=row["at"], why=Why(row["error"]))


def next_due(tx: Tx, plan: Plan, now: int) -> int:
    """When the next copy is due (UTC ms, perhaps past): the first such minute since the newest copy, or since these
    books began. However long the bot was away, that is one copy."""
    made = newest(tx, now)
    since = tx.value(_BEGINNING, latest=now + DAY) if made is None else made.at
    return 0 if since is None else schedule.next_daily(plan.minute, plan.zone, since)


def begins(tx: Tx, now: int) -> int:
    """How old these books are: when their first migration ran."""
    at: int | None = tx.value("SELECT MIN(applied_at) FROM migrations")
    return now if at is None else at


def file_for(plan: Plan, now: int) -> Path:
    """`livestall-2026-12-01-040000.db`: names in the order of the days they are from."""
    here = datetime.fromtimestamp(now / 1000, UTC).astimezone(plan.zone)
    return plan.folder / f"{plan.stem}-{here:%Y-%m-%d-%H%M%S}.db"


def made(tx: Tx, copied: Copied, at: int) -> None:
    """Write down a copy that succeeded; the next one is a day later."""
    tx.run(
        "INSERT INTO backups (at, file, bytes) VALUES (:at, :file, :bytes)",
        at=at,
        file=str(copied.file),
        bytes=copied.bytes,
    )
    tx.rings_due = True


def failed(tx: Tx, *, why: Why, file: Path, day: str, now: int) -> None:
    """Write down an attempt that failed, and tell the owners: once a `day`, however often it is tried."""
    good = newest(tx, now)
    tx.run(
        "INSERT INTO backups (at, file, error) VALUES (:at, :file, :why)",
        at=now,
        file=str(file),
        why=why,
    )
    for owner in roles.holders(tx, roles.Role.OWNER):
        outbox.tell(
            tx,
            owner,
            "backup_failed",
            now=now,
            lane=Lane.ORDER,
            dedupe=f"backup_failed:{day}:{owner}",
            why=why,
            last=None if good is None else good.at,
        )


def rotate(plan: Plan, newest_file: Path) -> list[Path]:
    """Delete the oldest daily copies beyond `keep`, never `newest_file`, and what killed attempts left behind.

    Returns what was deleted. Raises OSError when the folder can't be read; a file that can't be deleted stays.
    """
    ours = re.compile(
        rf"{re.escape(plan.stem)}-\d{{4}}-\d\d-\d\d-\d{{6}}\.db(\.[0-9a-f]{{8}}{re.escape(UNFINISHED)})?"
    )
    found = {name: match for name in sorted(os.listdir(plan.folder)) if (match := ours.fullmatch(name))}
    whole = [name for name, match in found.items() if match[1] is None and name != newest_file.name]
    doomed = [*whole[: max(0, len(whole) + 1 - plan.keep)], *(name for name, match in found.items() if match[1])]
    return [plan.folder / name for name in doomed if _deleted(plan.folder / name)]


def _deleted(file: Path) -> bool:
    try:
        file.unlink()
    except OSError:
        return False
    return True
