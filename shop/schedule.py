"""Times: when reminders are due, and durations as the config writes them. What a person types is in `moments`.

Never reads a clock. Instants are UTC milliseconds.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from shop.moments import When, at_wall

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class ReminderTime:
    """One reminder ahead: its distance from the start names it, whenever the start moves."""

    offset_ms: int
    at_ms: int


_DURATION = re.compile(r"(?P<count>[0-9]{1,9})(?P<unit>[smhd])")
_UNITS = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}


def reminder_times(starts_at: int, offsets_ms: Iterable[int], now: int) -> tuple[ReminderTime, ...]:
    """The reminders still ahead of `now`, earliest first, each offset once; those already gone by are not made up."""
    ahead = (ReminderTime(offset, starts_at - offset) for offset in sorted(set(offsets_ms), reverse=True))
    return tuple(reminder for reminder in ahead if reminder.at_ms > now)


def next_daily(minute: int, zone: tzinfo, after: int) -> int:
    """The first instant after `after` at which clocks in `zone` show this minute of the day (0 to 1439).

    Every day has one: a minute that a clock change skips is the first instant after the gap, one that happens twice
    is the first of the two.
    """
    here = datetime.fromtimestamp(after / SECOND_MS, zone).replace(tzinfo=None)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    for ahead in range(-1, 3):
        found = at_wall(midnight + timedelta(days=ahead, minutes=minute), zone, after)
        if isinstance(found, When):
            return found.at_ms
    raise ValueError(f"no day after {after} in {zone}")


def parse_duration(text: str) -> int:
    """Milliseconds of "90s", "30m", "24h" or "7d". Raises ValueError with what is expected."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration; write it as 90s, 30m, 24h or 7d")
    return int(match["count"]) * _UNITS[match["unit"]]
