"""Days as people say them: "tomorrow", "next Friday", "15 Mar", "3/15", "下周三", "十五号", "3天后".

Reads plain text (`numerals.plain`) and gives every day it can mean. Never knows zones or clocks; today is given.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

Day = tuple[date, ...]
"""One meaning: dates in order, of which the first that lies ahead is meant. "Tuesday" said on a Tuesday is today, or
in a week if its hour has gone by."""

_YEARS_AHEAD = 9  # the longest way to a 29 February, over a year such as 2100
_MONTHS_AHEAD = 12

_RELATIVE = {
    "today": 0, "tomorrow": 1, "tmrw": 1, "tmr": 1, "day after tomorrow": 2, "yesterday": -1,
    "今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2, "后日": 2, "大后天": 3, "昨天": -1, "昨日": -1, "前天": -2,
}  # fmt: skip

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = (
    r"(?P<weekday>mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?"
    r"|sun(?:day)?|周[1-7])"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>[0-9]{1,2})"
_ORDINAL = r"(?:st|nd|rd|th)"
# Weeks away from this one; Chinese weeks and ours begin on Monday.
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2, "this week": 0, "next week": 1, "last week": -1}

Match = re.Match[str]
Reader = Callable[[Match, date], Iterable[Day]]


def read_days(text: str, today: date) -> tuple[Day, ...]:
    """Every day the whole text can mean, () if none. "4/5" is two, and so is a weekday at odds with its date."""
    if text in _RELATIVE:
        return ((today + timedelta(days=_RELATIVE[text]),),)
    for pattern, reader in _FORMS:
        match = pattern.fullmatch(text)
        if match is not None:
            return tuple(reader(match, today))
    return ()


# -- Weekdays and distances ----------------------------------------------------------------------------------


def _weekday(match: Match, today: date) -> Iterator[Day]:
    """Without a word before it, and with "this" or "coming", the next one; "next Friday" is said of both the coming
    one and the one of next week, where those differ."""
    number, which = _number(match), match["which"] or match.groupdict().get("after")
    coming = _coming(number, today)
    if which is None or which in ("this", "coming", "this coming"):
        yield coming, coming + timedelta(weeks=1)
    elif which == "last":
        yield (today - timedelta(days=(today.weekday() - number) % 7 or 7),)
    elif which == "next":
        after_today = coming + timedelta(weeks=1) if coming == today else coming
        yield (after_today,)
        if (next_week := _of_week(number, 1, today)) != after_today:
            yield (next_week,)
    else:
        yield (_of_week(number, _WEEKS[which], today),)


def _number(match: Match) -> int:
    """0 is Monday."""
    name = match["weekday"]
    return int(name[1]) - 1 if name.startswith("周") else _WEEKDAYS.index(name[:3])


def _coming(number: int, today: date) -> date:
    return today + timedelta(days=(number - today.weekday()) % 7)


def _of_week(number: int, weeks: int, today: date) -> date:
    return today + timedelta(days=number - today.weekday(), weeks=weeks)


def _distance(match: Match, today: date) -> Iterator[Day]:
    count = 1 if match["count"] in ("a", "an") else int(match["count"])
    is_weeks = match["unit"].startswith(("w", "周", "星", "礼"))
    yield (today + (timedelta(weeks=count) if is_weeks else timedelta(days=count)),)


# -- Dates ---------------------------------------------------------------------------------------------------


def _written(match: Match, today: date) -> Iterator[Day]:
    """Day and month, by number or name, with or without the year."""
    groups = match.groupdict()
    month = int(groups["month"]) if groups.get("month") else _MONTHS.index(groups["name"][:3]) + 1
    year = {"今年": str(today.year), "明年": str(today.year + 1)}.get(groups.get("which") or "", groups.get("year"))
    yield from _dated(year, month, int(groups["day"]), today)


def _numeric(match: Match, today: date) -> Iterator[Day]:
    """Figures such as "3/15" in the order of either side of the Atlantic: both, where both are dates."""
    one, other, year = int(match["one"]), int(match["other"]), match["year"]
    yield from _dated(year, other, one, today)
    if one != other:
        yield from _dated(year, one, other, today)


def _dated(year: str | None, month: int, day: int, today: date) -> Iterator[Day]:
    if year is not None:
        written = _date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        if written is not None:
            yield (written,)
        return
    years = range(today.year, today.year + _YEARS_AHEAD)
    ahead = [found for year in years if (found := _date(year, month, day)) is not None and found >= today]
    if ahead:
        yield tuple(ahead[:2])


def _day_of_month(match: Match, today: date) -> Iterator[Day]:
    """A day alone, "15号": of this month or the next one that has it, unless "这个月" or "下个月" says which."""
    which, day = match.groupdict().get("which"), int(match["day"])
    months = range(_MONTHS_AHEAD) if which is None else (1,) if which.startswith("下") else (0,)
    found = [_date(today.year + (month := today.month - 1 + away) // 12, month % 12 + 1, day) for away in months]
    dates = [date_ for date_ in found if date_ is not None and (which is not None or date_ >= today)]
    if dates:
        yield tuple(dates[:2])


def _with_weekday(match: Match, today: date) -> Iterator[Day]:
    """A date with its weekday, "Sun 15 Mar". If it is no Sunday, either the date or the weekday is a slip, and both
    are given. Of a date gone by this year, the weekday says whether that one is meant or the next."""
    text, number = match["date"], _number(match)
    for pattern, reader in _DATES:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        dates = tuple(date_ for day in reader(found, today) for date_ in day[:1])
        has_year = found.groupdict().get("year") is not None
        gone = () if has_year else tuple(_date(today.year, date_.month, date_.day) for date_ in dates)
        meant = {date_ for date_ in (*dates, *gone) if date_ is not None}
        agreeing = sorted(date_ for date_ in meant if date_.weekday() == number)
        if agreeing:
            yield tuple(agreeing)
        elif dates:
            coming = _coming(number, today)
            yield from ((date_,) for date_ in dates)
            yield coming, coming + timedelta(weeks=1)
        return


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


_DATES: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (rf"(?P<year>[0-9]{{4}})(?P<mark>[-/.])(?P<month>[0-9]{{1,2}})(?P=mark){_DAY}", _written),
        (rf"{_DAY}\.(?P<month>[0-9]{{1,2}})\.(?P<year>[0-9]{{4}}|[0-9]{{2}})?", _written),
        (
            r"(?P<one>[0-9]{1,2})(?P<mark>[-/.])(?P<other>[0-9]{1,2})(?:(?P=mark)(?P<year>[0-9]{4}|[0-9]{2}))?",
            _numeric,
        ),
        (rf"{_DAY}{_ORDINAL}? ?{_MONTH}(?: (?P<year>[0-9]{{4}}))?", _written),
        (rf"{_MONTH} ?{_DAY}{_ORDINAL}?(?: (?P<year>[0-9]{{4}}))?", _written),
        (rf"(?:(?P<year>[0-9]{{4}})年|(?P<which>今年|明年))? ?(?P<month>[0-9]{{1,2}})月 ?{_DAY}[日号]?", _written),
        (rf"(?:(?P<which>[这本下]个?)月)? ?{_DAY} ?[日号]", _day_of_month),
        (rf"{_DAY}{_ORDINAL}", _day_of_month),
    )
)
_FORMS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(rf"(?:(?P<which>this coming|this week|next week|this|coming|next|last) )?{_WEEKDAY}"), _weekday),
    (re.compile(rf"(?P<which>){_WEEKDAY} (?P<after>this week|next week|last week)"), _weekday),
    (re.compile(rf"(?P<which>上上|上|这|本|下下|下)?个? ?{_WEEKDAY}"), _weekday),
    (re.compile(r"(?:in )?(?P<count>[0-9]{1,3}|an?) (?P<unit>days?|weeks?)(?<=s|y|k)(?: from now)?"), _distance),
    (re.compile(r"(?P<count>[0-9]{1,3})个?(?P<unit>天|日|周|星期|礼拜)[以之]?后"), _distance),
    *_DATES,
    (re.compile(rf"{_WEEKDAY} ?(?P<date>.+)"), _with_weekday),
    (re.compile(rf"(?P<date>.+?) ?{_WEEKDAY}"), _with_weekday),
)
