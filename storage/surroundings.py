"""What is around the books: the other files, who may read them, room on the disk, and how old the copies are.

Only looks, and only tells what an operator should know; the books themselves are examined in `doctor`.
"""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage import daily
from storage.backup import Why
from storage.clock import DAY, HOUR
from storage.connection import Tx
from storage.daily import Plan

SPARE_BYTES: Final = 50_000_000
"""Room that a disk should have besides what the next copy takes: receipts, the log, the -wal."""

_BESIDE: Final = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the books are. `settings` may be no file; `plan` is None when daily copies are switched off; a copy older
    than `oldest_ms` holds people who may have been erased since."""

    books: Path
    settings: Path
    plan: Plan | None
    spare_bytes: int = SPARE_BYTES
    oldest_ms: int | None = None


def notes(tx: Tx, place: Place, now: int) -> Iterator[str]:
    """One line for each thing worth knowing."""
    yield from _open_to_others(place)
    yield from _too_old(place, now)
    yield from _room(place)
    if place.plan is None:
        yield "daily backups are switched off ([backup] daily); make some yourself with `livestall backup FILE`"
    else:
        yield from _copies(tx, place.plan, now)


def _open_to_others(place: Place) -> Iterator[str]:
    """Names, addresses and the token are nobody else's business."""
    books = [place.books.with_name(place.books.name + suffix) for suffix in _BESIDE]
    for file in (place.settings, *books, *_copies_of(place)):
        try:
            mode = file.stat().st_mode
        except OSError:
            continue
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield f"{file} can be read by other users (mode {stat.S_IMODE(mode):o}); `chmod 600 {file}`"


def _copies_of(place: Place) -> list[Path]:
    """Every copy the program has made by itself."""
    stem = place.books.stem
    daily_ones = [] if place.plan is None else _files(place.plan.folder, f"{place.plan.stem}-")
    return daily_ones + _files(place.books.parent, f"{stem}.before-", f"{stem}.replaced-")


def _too_old(place: Place, now: int) -> Iterator[str]:
    for file in _copies_of(place):
        try:
            age = now - int(file.stat().st_mtime * 1000)
        except OSError:
            continue
        if place.oldest_ms is not None and age > place.oldest_ms:
            yield f"{file} is {_span(age)} old, older than [privacy] backups says; delete it if nobody needs it"


def _files(folder: Path, *beginnings: str) -> list[Path]:
    try:
        return sorted(folder / name for name in os.listdir(folder) if name.startswith(beginnings))
    except OSError:
        return []


def _room(place: Place) -> Iterator[str]:
    """A full disk stops the stall; one that can't take a copy stops the backups."""
    size = sum(_size(place.books.with_name(place.books.name + suffix)) for suffix in _BESIDE)
    folders = {place.books.parent: place.spare_bytes}
    if place.plan is not None and (place.plan.folder.is_dir() or place.plan.makes_folder):
        folder = place.plan.folder if place.plan.folder.is_dir() else place.plan.folder.parent
        folders[folder] = place.spare_bytes + size
    for folder, needed in folders.items():
        try:
            free = shutil.disk_usage(folder).free
        except OSError:
            continue
        if free < needed:
            yield f"only {free / 1e6:.0f} MB are free in {folder}, {needed / 1e6:.0f} MB should be; make room"


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _copies(tx: Tx, plan: Plan, now: int) -> Iterator[str]:
    made, failed = daily.newest(tx, now), daily.trouble(tx)
    if failed is not None:
        yield f"the last daily backup failed {_span(now - failed.at)} ago: {_WHY[failed.why]} ({plan.folder})"
    if made is None:
        if now - daily.begins(tx, now) > daily.LATE_MS:
            yield "no daily backup was ever made; the bot makes them while it runs"
        return
    if now - made.at > daily.LATE_MS:
        yield f"the newest daily backup is {_span(now - made.at)} old; the bot makes them while it runs"
    if _size(Path(made.file)) != made.bytes:
        yield f"the newest daily backup, {made.file}, is not there any more, or not as it was made"


_WHY: Final[Mapping[Why, str]] = {
    Why.EXISTS: "a file of that name was there already",
    Why.NO_FOLDER: "the folder is not there; make it",
    Why.NOT_ALLOWED: "the bot may not write in the folder; check who owns it",
    Why.FULL: "the disk is full; make room",
    Why.BUSY: "another program kept the books busy",
    Why.DAMAGED: "the books are damaged; go back to an older copy",
    Why.GIVEN_UP: "it was cut short",
    Why.FAILED: "reading or writing the disk failed; check it",
}


def _span(span_ms: int) -> str:
    if span_ms >= 2 * DAY:
        return f"{span_ms // DAY} days"
    hours = max(span_ms, 0) // HOUR
    return f"{hours} hour{'' if hours == 1 else 's'}"
