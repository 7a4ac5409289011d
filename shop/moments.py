"""Moments as people say them, read in the stall's zone: "tomorrow 20:00", "Fri 8pm", "in 2 hours", "周五晚上8点".

The grammar, English and Chinese alike whatever the reader's language:

    moment   = distance | [day] [part] time, in any order [zone]
    distance = see `distances`: "in 2 hours", "半小时后"; of days alone, the same time on that day
    day      = see `days`; without one, the next time the clock shows that time
    time     = see `hours`; part = "evening", "下午" …, which says which half of the day an hour is in
    zone     = what the zone's clock is called then ("CEST"), as we write it where a time comes twice

A moment that can be meant in more than one way is given with all of them; nothing is guessed, and nothing that was
typed is passed over. Never reads a clock. Instants are UTC milliseconds; a zone is a `zoneinfo.ZoneInfo` (or any
tzinfo that knows folds).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from shop.days import Day, read_days
from shop.distances import read_distance
from shop.hours import Hour, Part, read_hours, split_part
from shop.numerals import plain

MINUTE_MS = 60_000
MOST_CHARACTERS = 80
MOST_MEANINGS = 4

# Further ahead it is asked whether that is meant (2027 for 2026 is a common slip of January) …
_FAR = timedelta(days=366)
# … and a stream years ahead is a typing error (2062 for 2026).
_FURTHEST = timedelta(days=5 * 366)
FURTHEST_MS = _FURTHEST // timedelta(milliseconds=1)


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
class Which:
    """All that can be meant, earliest first; only one if it is that far ahead that it may be a slip."""

    moments: tuple[When, ...]


@dataclass(frozen=True, slots=True)
class Hourless:
    """A day ahead, or today, without a time."""

    day: date


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not understood as a date with a time."""

    text: str


def parse_when(text: str, zone: tzinfo, now: int) -> When | Past | Which | Hourless | Unclear:
    """The instant a person means, who speaks at `now` and lives by the clock of `zone`.

    A time that a clock change skips becomes the first instant after the gap; one that happens twice is the first,
    unless the clock's name says otherwise.
    Of what comes again (weekdays, dates without a year, bare times) the next one is meant that lies ahead. What lies
    more than five years ahead is taken for a slip and Unclear.
    """
    said = _tidied(text)
    if len(said) > MOST_CHARACTERS:
        return Unclear(text)
    here = datetime.fromtimestamp(now / 1000, zone).replace(tzinfo=None)
    said, clock = _clock_named(said, zone, here.year)
    readings = list(_readings(said, here, zone, now))
    if clock is not None:
        readings = [found for each in readings if (found := _by_clock(each, clock, zone, now)) is not None]
    ahead = {found.at_ms: found for found in readings if isinstance(found, When) and found.at_ms <= now + FURTHEST_MS}
    moments = tuple(ahead[at_ms] for at_ms in sorted(ahead))[:MOST_MEANINGS]
    if len(moments) > 1 or (moments and moments[0].at_ms - now > _FAR // timedelta(milliseconds=1)):
        return Which(moments)
    if moments:
        return moments[0]
    gone = [reading.at_ms for reading in readings if isinstance(reading, Past)]
    if gone:
        return Past(max(gone))
    return _without_hour(said, here.date()) or Unclear(text)


_NOISE = re.compile(r"[,、()]|\b(?:on|at|the|of)\b|[的在]")
_ENDING = re.compile(r"(?:开播|开始|直播|见|吧|[!。~])+$")
_SHORTHAND = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"(?<=[0-9])t(?=[0-9])", " "),  # ISO 8601
        (r"\btonight\b", "today night"),
        (r"\bthis (?=morning|afternoon|evening|night)", "today "),
        (r"\blast night\b", "yesterday night"),
        (r"(?:(?<=[今明昨])|(?<=^后)|(?<=^大后))(?=[晚早])", "天"),
    )
)


def _tidied(text: str) -> str:
    said = plain(text[: 4 * MOST_CHARACTERS])
    for pattern, words in _SHORTHAND:
        said = pattern.sub(words, said)
    return " ".join(_NOISE.sub(" ", _ENDING.sub("", said)).split())


# -- Readings ------------------------------------------------------------------------------------------------


def _readings(said: str, here: datetime, zone: tzinfo, now: int) -> Iterator[When | Past]:
    """Everything the words can mean."""
    distance = read_distance(said)
    if distance is not None:
        if distance.is_by_date:
            yield at_wall(here.replace(second=0, microsecond=0) + distance.length, zone, now)
        else:
            # Hours are waited through: a clock change on the way makes them neither longer nor shorter.
            at_ms = now + distance.length // timedelta(milliseconds=1)
            yield When(at_ms - at_ms % MINUTE_MS)
        return
    split = split_part(said)
    if split is None:
        return
    for day, hour in _splits(*split, here.date()):
        reading = _next(day, hour, zone, now)
        if reading is not None:
            yield reading


def _splits(text: str, part: Part | None, today: date) -> Iterator[tuple[Day, Hour]]:
    """Every way to take the text for a time alone, or for a day and a time in either order."""
    always = tuple(today + timedelta(days=away) for away in (-1, 0, 1))
    for hour in read_hours(text, part, takes_bare=part is not None):
        yield always, hour
    for cut in range(len(text) + 1):
        if text[max(cut - 1, 0) : cut + 1].isdecimal() and 0 < cut < len(text):
            continue  # within a figure
        left, right = text[:cut].strip(), text[cut:].strip()
        # A bare figure before a date is the date's: "5 Mar 8" is not five o'clock.
        for day_text, time_text, takes_bare in ((left, right, True), (right, left, not re.search("[0-9]", right))):
            hours = read_hours(time_text, part, takes_bare=takes_bare) if day_text else ()
            for day in read_days(day_text, today) if hours else ():
                yield from ((day, hour) for hour in hours)


def _next(day: Day, hour: Hour, zone: tzinfo, now: int) -> When | Past | None:
    """The first of the day's dates at that hour that lies ahead, else the last one; None beyond any calendar."""
    reading: When | Past | None = None
    for date_ in day:
        if not 1970 < date_.year < 9999:
            return None
        wall = datetime.combine(date_ + timedelta(days=hour.days), time(hour.hour, hour.minute))
        reading = at_wall(wall, zone, now)
        if isinstance(reading, Past):
            reading = _once_more(wall, zone, now) or reading
        if isinstance(reading, When):
            break
    return reading


def _without_hour(said: str, today: date) -> Hourless | None:
    split = split_part(said)
    days = () if split is None else read_days(split[0], today)
    ahead = [date_ for date_ in days[0] if date_ >= today] if len(days) == 1 else []
    return Hourless(ahead[0]) if ahead and ahead[0] <= today + _FURTHEST else None


# -- The clock of the zone -----------------------------------------------------------------------------------


def _clock_named(said: str, zone: tzinfo, year: int) -> tuple[str, str | None]:
    """The words without a name of the zone's clock at their end, and that name."""
    before, _, last = said.rpartition(" ")
    names = {(datetime(year, month, 1, tzinfo=zone).tzname() or "").casefold() for month in (1, 7)}
    return (before, last) if before and last.isalpha() and last in names else (said, None)


def _by_clock(reading: When | Past, clock: str, zone: tzinfo, now: int) -> When | Past | None:
    """The reading if the clock is called so then; of a time that comes twice, the one at which it is; else None."""
    wall = datetime.fromtimestamp(reading.at_ms / 1000, zone).replace(tzinfo=None, fold=0)
    for found in (reading, _once_more(wall, zone, now)):
        if found is not None and _name_at(found.at_ms, zone) == clock:
            return found
    return None


def _name_at(at_ms: int, zone: tzinfo) -> str:
    """What the zone's clock is called at an instant, in small letters."""
    return (datetime.fromtimestamp(at_ms / 1000, zone).tzname() or "").casefold()


def at_wall(wall: datetime, zone: tzinfo, now: int) -> When | Past:
    """The instant at which the zone's clock shows `wall`; the first one after it if the clock skips that."""
    at_ms, is_moved = _instant(wall, zone)
    return When(at_ms, is_moved) if at_ms > now else Past(at_ms)


def _once_more(wall: datetime, zone: tzinfo, now: int) -> When | None:
    """The second instant at which the clock shows `wall`, on a day on which it does and that one lies ahead."""
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    shows_it = second.astimezone(zone).replace(tzinfo=None) == wall
    return When(_ms(second)) if shows_it and _ms(second) > now else None


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
