"""How far ahead, as people say it: "in 2 hours", "in half an hour", "3 days from now", "一个半小时后", "十天后".

Reads plain text (`numerals.plain`); knows no clock.
"""

import re
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Distance:
    """`is_by_date`: of whole days or weeks, so that the time on the clock stays the same over a clock change."""

    length: timedelta
    is_by_date: bool


_AFTER = re.compile(r"in (.+)|(.+) from now|(.+?)[以之]?后")
_TERM = re.compile(
    r"(?P<half>half )?(?P<count>an?|[0-9]{1,4}(?:\.[0-9])?) ?"
    r"(?P<unit>hours?|hrs?|h|minutes?|mins?|m|days?|weeks?)(?![a-z])(?P<more> and a half)?(?: and)? ?"
    r"|(?:(?P<zh_half>半)|(?P<zh_count>[0-9]{1,4}))个?(?P<zh_more>半)?"
    r"(?P<zh_unit>小时|钟头|分钟?|刻钟|天|日|周|星期|礼拜) ?"
)
_UNITS = {
    "h": timedelta(hours=1), "m": timedelta(minutes=1), "d": timedelta(days=1), "w": timedelta(weeks=1),
    "小": timedelta(hours=1), "钟": timedelta(hours=1), "分": timedelta(minutes=1), "刻": timedelta(minutes=15),
    "天": timedelta(days=1), "日": timedelta(days=1),
    "周": timedelta(weeks=1), "星": timedelta(weeks=1), "礼": timedelta(weeks=1),
}  # fmt: skip


def read_distance(text: str) -> Distance | None:
    """The distance that the whole text names; None for anything else, and for no distance at all."""
    after = _AFTER.fullmatch(text)
    if after is None:
        return None
    rest = next(group for group in after.groups() if group is not None)
    length, is_by_date = timedelta(0), True
    while rest:
        term = _TERM.match(rest)
        if term is None:
            return None
        unit = _UNITS[(term["unit"] or term["zh_unit"])[0]]
        length += _term(term, unit)
        is_by_date = is_by_date and unit >= timedelta(days=1) and length % timedelta(days=1) == timedelta(0)
        rest = rest[term.end() :]
    return Distance(length, is_by_date) if length else None


def _term(term: re.Match[str], unit: timedelta) -> timedelta:
    count = term["count"] or term["zh_count"]
    if term["half"] or term["zh_half"]:
        return unit / 2
    number = 1.0 if count in ("a", "an") else float(count)
    return unit * (number + (0.5 if term["more"] or term["zh_more"] else 0))
