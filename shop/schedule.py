"""Times: what a person typed in the stall's zone, when reminders are due, and durations as the config writes them.

Never reads a clock. Instants are UTC milliseconds; a zone is a `zoneinfo.ZoneInfo` (or any tzinfo that knows folds).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

# A stream years ahead is a typing error (2062 for 2026).
_FURTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class When:
    """An instant ahead. `is_moved`: the typed time is skipped by a clock change there, this is the first after."""

    at_ms: int
    is_moved: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """A time that was understood, but has gone by."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not understood as a date with a time."""

    text: str


@dataclass(frozen=True, slots=True)
class ReminderTime:
    """One reminder ahead: its distance from the start names it, whenever the start moves."""

    offset_ms: int
    at_ms: int


# A reader takes tidied text and the wall clock's now in the zone, and gives a wall-clock time or None.
Reader = Callable[[str, datetime], datetime | None]

_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
_WRITTEN = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<year>[0-9]{{4}})(?P<mark>[-/.])(?P<month>[0-9]{{1,2}})(?P=mark)(?P<day>[0-9]{{1,2}})[ t] ?{_TIME}",
        rf"(?P<day>[0-9]{{1,2}})\.(?P<month>[0-9]{{1,2}})\.(?P<year>[0-9]{{4}}),? {_TIME}",
        rf"(?P<year>[0-9]{{4}})年(?P<month>[0-9]{{1,2}})月(?P<day>[0-9]{{1,2}})[日号] ?{_TIME}",
        r"(?P<year>[0-9]{4})年(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})[日号] ?"
        r"(?P<hour>[0-9]{1,2})[点时](?:(?P<minute>[0-9]{1,2})分?)?",
    )
)
_DURATION = re.compile(r"(?P<count>[0-9]{1,9})(?P<unit>[smhd])")
_UNITS = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}


def read_written(text: str, now: datetime) -> datetime | None:
    """A full date and time in figures: "2026-12-01 20:00", with / or T, "01.12.2026 20:00", "2026年12月1日 20:00"."""
    for pattern in _WRITTEN:
        match = pattern.fullmatch(text)
        if match is not None:
            parts = match.groupdict(default="0")
            year, month, day = int(parts["year"]), int(parts["month"]), int(parts["day"])
            try:
                # Wall-clock time on purpose: parse_when puts the zone on.
                return datetime(year, month, day, int(parts["hour"]), int(parts["minute"]))  # noqa: DTZ001
            except ValueError:
                return None
    return None


# Asked in order; words such as "tomorrow 20:00" become another reader here.
READERS: tuple[Reader, ...] = (read_written,)


def parse_when(text: str, zone: tzinfo, now: int) -> When | Past | Unclear:
    """The instant a person typed as wall-clock time in `zone`.

    A time that a clock change skips becomes the first instant after the gap; one that happens twice is the first.
    A time that is now or was before is Past; one more than five years ahead is taken for a slip and Unclear.
    """
    tidy = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    here = datetime.fromtimestamp(now / SECOND_MS, zone).replace(tzinfo=None)
    wall = next((found for read in READERS if (found := read(tidy, here)) is not None), None)
    if wall is None or wall - here > _FURTHEST or wall.year < 1970:
        return Unclear(text)
    at_ms, is_moved = _instant(wall, zone)
    return When(at_ms, is_moved) if at_ms > now else Past(at_ms)


def reminder_times(starts_at: int, offsets_ms: Iterable[int], now: int) -> tuple[ReminderTime, ...]:
    """The reminders still ahead of `now`, earliest first, each offset once; those already gone by are not made up."""
    ahead = (ReminderTime(offset, starts_at - offset) for offset in sorted(set(offsets_ms), reverse=True))
    return tuple(reminder for reminder in ahead if reminder.at_ms > now)


def parse_duration(text: str) -> int:
    """Milliseconds of "90s", "30m", "24h" or "7d". Raises ValueError with what is expected."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration; write it as 90s, 30m, 24h or 7d")
    return int(match["count"]) * _UNITS[match["unit"]]


def _instant(wall: datetime, zone: tzinfo) -> tuple[int, bool]:
    """UTC milliseconds of a wall-clock time, and whether it had to be moved out of a gap (PEP 495)."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return _ms(first), False
    # In a gap the two folds lie on either side of the change: with fold=1 before it, with fold=0 at or after it.
    before = _ms(wall.replace(tzinfo=zone, fold=1).astimezone(UTC))
    after = _ms(first)
    offset = _offset(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(middle, zone) == offset:
            before = middle
        else:
            after = middle
    return after, True


def _offset(at_ms: int, zone: tzinfo) -> timedelta | None:
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)).astimezone(zone).utcoffset()


def _ms(instant: datetime) -> int:
    return (instant - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
