"""Ship windows: the days within which a presale leaves, as people write them, as a stall fills them in, and until
when a buyer chooses if they move.

The grammar, English and Chinese alike: one day, or two with a dash or a word between ("20 Mar", "20–24 Mar",
"28 Mar to 2 Apr", "3月20日到24日", "下周一至周五"); a day is what `days` reads. Never knows a clock.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from shop.days import Day, read_days
from shop.moments import at_wall
from shop.numerals import plain

DAY_MS = 24 * 60 * 60 * 1000
MOST_CHARACTERS = 80
LONGEST = timedelta(days=62)
FURTHEST = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Window:
    """From the first instant of its first day to the last minute of its last one, UTC milliseconds."""

    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Gone:
    """Understood, but it does not lie ahead: a presale ships from tomorrow at the earliest."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Two windows can be meant; the earlier one first."""

    one: Window
    other: Window


@dataclass(frozen=True, slots=True)
class TooWide:
    """Understood, but longer than two months or more than half a year ahead: most likely a slip."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not understood as a day, or as two."""


def read_window(text: str, zone: tzinfo, now: int) -> Window | Gone | Ambiguous | TooWide | Unclear:
    """The days a person means, who writes at `now` and lives by the calendar of `zone`."""
    said = plain(text[: 4 * MOST_CHARACTERS])
    if not said or len(said) > MOST_CHARACTERS:
        return Unclear()
    today = _today(zone, now)
    found = list(dict.fromkeys(_readings(said, today)))
    if not found:
        return Unclear()
    ahead = [pair for pair in found if pair[0] > today]
    if not ahead:
        return Gone()
    sane = [pair for pair in ahead if pair[1] - pair[0] <= LONGEST and pair[1] - today <= FURTHEST]
    if not sane:
        return TooWide()
    windows = [of_days(first, last, zone, now) for first, last in sorted(sane)]
    return windows[0] if len(windows) == 1 else Ambiguous(windows[0], windows[1])


_BETWEEN = re.compile(r" ?(?:[-–—−~〜～]|到|至|\bto\b|\buntil\b|\btill\b|\bthrough\b) ?")
_AROUND = re.compile(r"^(?:from|between|on|the|ships?|shipping|从|自|发货) ?|[。.!,]+$|(?:发货|之间|出货)$")
_FIGURE = re.compile(r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|[日号.])?")
_NOT_DATED = re.compile(r"[0-9]{1,2} ?[-–—−~〜～] ?[0-9]{1,2}")


def _readings(said: str, today: date) -> Iterator[tuple[date, date]]:
    """Every (first, last) the words can mean."""
    before = None
    while before != said:
        before, said = said, _AROUND.sub("", said).strip()
    # "3-5" may be a date or two days of a month nobody has named: neither is guessed.
    if _NOT_DATED.fullmatch(said):
        return
    single = read_days(said, today)
    if single:
        yield from ((_ahead(meant, today),) * 2 for meant in single)
        return
    for mark in _BETWEEN.finditer(said):
        yield from _pairs(said[: mark.start()].strip(), said[mark.end() :].strip(), today)


def _pairs(left: str, right: str, today: date) -> Iterator[tuple[date, date]]:
    """Two days; where one is only a figure, the other one names its month."""
    figures = _FIGURE.fullmatch(left), _FIGURE.fullmatch(right)
    if figures[1] is not None and (figures[0] is None or not left.isdecimal()):
        for meant in read_days(left, today):
            first = _ahead(meant, today)
            last = _of_month(first, int(figures[1]["day"]))
            if last is not None and last >= first:
                yield first, last
    elif figures[0] is not None:
        for meant in read_days(right, today):
            last = _ahead(meant, today)
            begin = _of_month(last, int(figures[0]["day"]))
            if begin is not None and begin <= last:
                yield begin, last
    else:
        for one in read_days(left, today):
            first = _ahead(one, today)
            ends = [day for other in read_days(right, today) for day in other if day >= first]
            ends = ends or [day for other in read_days(right, max(first, today)) for day in other if day >= first]
            if ends:
                yield first, min(ends)


def _ahead(meant: Day, today: date) -> date:
    """The first of a meaning's dates after today, else its last one."""
    return next((day for day in meant if day > today), meant[-1])


def _of_month(near: date, day: int) -> date | None:
    try:
        return near.replace(day=day)
    except ValueError:
        return None


def of_days(first: date, last: date, zone: tzinfo, now: int) -> Window:
    """The window of whole days, by the clock of the zone."""
    begin = at_wall(datetime.combine(first, time(0)), zone, now)
    end = at_wall(datetime.combine(last, time(23, 59)), zone, now)
    return Window(begin.at_ms, end.at_ms)


def usual(zone: tzinfo, now: int, *, after_ms: int, over_ms: int, lead_days: int | None) -> Window:
    """What a presale is filled in with: it begins `after_ms` from now, or as many days as the goods take anyway, and
    lasts for `over_ms`; whole days."""
    begin = max(after_ms // DAY_MS, lead_days or 0, 1)
    first = _today(zone, now) + timedelta(days=begin)
    return of_days(first, first + timedelta(days=max(over_ms // DAY_MS, 1) - 1), zone, now)


def answer_by(was: Window, now: int) -> int:
    """Until when buyers choose after the window `was` has moved: before it begins, if that leaves them a day; else
    before it ends; if even that is past, they have a day, because the promise is broken already."""
    if was.from_ms - now >= DAY_MS:
        return was.from_ms
    if was.until_ms > now:
        return min(now + DAY_MS, was.until_ms)
    return now + DAY_MS


def remind_at(moved_at: int, answer_by_ms: int) -> int:
    """When who has not chosen is reminded: a day before the end, or half-way where there is less than two days."""
    return max(answer_by_ms - DAY_MS, moved_at + (answer_by_ms - moved_at) // 2)


def _today(zone: tzinfo, now: int) -> date:
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=now)).astimezone(zone).date()
