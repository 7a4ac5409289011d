"""Times worth offering to somebody who is asked for one: the coming days at the usual hour, or the hours of one day.

Never reads a clock; what a button says is the handlers'.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from shop.moments import When, at_wall

EVENING = time(20, 0)
_EVENINGS = (time(18, 0), time(19, 0), EVENING, time(21, 0))
_WEEKEND = (4, 5, 6)  # Friday to Sunday: when most streams are


def usual_time(starts: Iterable[int], zone: tzinfo) -> time | None:
    """The time on the clock at which most of these streams began, the first named of several; None without any."""
    times = Counter(_local(at_ms, zone).time().replace(second=0, microsecond=0) for at_ms in starts)
    return max(times, key=lambda each: times[each], default=None)


def coming_days(at: time, zone: tzinfo, now: int) -> tuple[int, ...]:
    """Today, tomorrow and the coming Friday, Saturday and Sunday at this time, as instants ahead, earliest first."""
    today = _local(now, zone).date()
    days = {today, today + timedelta(days=1), *(_coming(weekday, today) for weekday in _WEEKEND)}
    return _ahead(((day, at) for day in sorted(days)), zone, now)


def evening_of(day: date, usual: time | None, zone: tzinfo, now: int) -> tuple[int, ...]:
    """Hours of one day, the usual one among them, as instants ahead, earliest first."""
    times = {*_EVENINGS, *([] if usual is None else [usual])}
    return _ahead(((day, at) for at in sorted(times)), zone, now)


def _coming(weekday: int, today: date) -> date:
    """The next such day, today included."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _ahead(walls: Iterable[tuple[date, time]], zone: tzinfo, now: int) -> tuple[int, ...]:
    moments = [at_wall(datetime.combine(day, at), zone, now) for day, at in walls]
    return tuple(sorted({moment.at_ms for moment in moments if isinstance(moment, When)}))


def _local(at_ms: int, zone: tzinfo) -> datetime:
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)).astimezone(zone)
