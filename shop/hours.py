"""Times of day as people say them: "8pm", "20:30", "half past 8", "8点一刻", with or without a part of the day.

Reads plain text (`numerals.plain`) and gives every time it can mean; never knows dates, zones or the present.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hour:
    """A time on the clock, `days` after the day it was said of: "Friday night at 12" is 00:00 one day later."""

    hour: int
    minute: int
    days: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day: the hours that belong to it, and those after midnight that do, on the next date."""

    hours: range
    after_midnight: range = range(0)


_MIDDAY = Part(range(11, 15))
_NIGHT = Part(range(17, 24), range(5))
# In the order they are looked for: a longer word before the one it contains.
_PARTS: tuple[tuple[re.Pattern[str], Part], ...] = tuple(
    (re.compile(pattern), part)
    for pattern, part in (
        (r"凌晨", Part(range(7))),
        (r"清晨|早晨|早上|早", Part(range(4, 12))),
        (r"上午", Part(range(6, 13))),
        (r"中午", _MIDDAY),
        (r"下午|午后", Part(range(12, 20))),
        (r"傍晚", Part(range(16, 21))),
        (r"晚上|夜里|夜间|夜晚|深夜|半夜|晚", _NIGHT),
        (r"\b(?:in (?:the )?)?(?:early )?morning\b", Part(range(12))),
        (r"\b(?:in (?:the )?)?afternoon\b", Part(range(12, 20))),
        (r"\b(?:in (?:the )?|at )?(?:evening|night)\b", _NIGHT),
    )
)

_HALF = r"(?P<half>[ap])\.? ?m\.?"
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{2}})(?::00)?(?: ?{_HALF})?",
        rf"(?P<hour>[0-9]{{1,2}})\.(?P<minute>[0-9]{{2}}) ?{_HALF}",
        rf"(?P<hour>[0-9]{{1,2}}) ?{_HALF}",
        rf"(?P<past>half past|quarter past|quarter to) (?P<hour>[0-9]{{1,2}})(?: ?{_HALF})?",
        r"(?P<hour>[0-9]{1,2}) ?[点时](?:整|钟|(?P<past>半|[13] ?刻)|(?P<minute>[0-9]{1,2})分?)?",
        r"(?P<hour>[0-9]{1,2}) ?o'?clock",
    )
)
# Only beside a day or a part of the day: alone they are as likely a date or a count.
_BARE = tuple(re.compile(p) for p in (r"(?P<hour>[0-9]{1,2})", r"(?P<hour>[0-9]{1,2})\.(?P<minute>[0-9]{2})"))
_PAST = {"half past": 30, "quarter past": 15, "quarter to": -15, "半": 30, "1刻": 15, "3刻": 45}
_NOON = frozenset({"noon", "midday", "正午"})
_MIDNIGHT = frozenset({"midnight", "午夜"})


def split_part(text: str) -> tuple[str, Part | None] | None:
    """The text without its part of the day, and that part; None if it names more than one."""
    found: Part | None = None
    for pattern, part in _PARTS:
        rest, count = pattern.subn(" ", text)
        if count > 1 or (count and found is not None):
            return None
        if count:
            found, text = part, rest
    return " ".join(text.split()), found


def read_hours(text: str, part: Part | None, *, takes_bare: bool) -> tuple[Hour, ...]:
    """Every time the text can mean, () if none. `takes_bare`: a figure alone may be an hour ("tonight 8").

    An hour up to 12 without minutes and without a part of the day is meant both ways: "周五8点", "Fri 8". With a
    colon it is the 24-hour clock. Midnight of a day is the one before it or the one after it.
    """
    if text in _NOON or (part is _MIDDAY and not text):
        return _placed(12, 0, part)
    if text in _MIDNIGHT:
        return (Hour(0, 0), Hour(0, 0, 1)) if part is None else _placed(0, 0, part)
    forms = (*_FORMS, *_BARE) if takes_bare else _FORMS
    match = next((found for form in forms if (found := form.fullmatch(text))), None)
    if match is None:
        return ()
    groups = match.groupdict()
    hour, minute = int(groups["hour"]), int(groups.get("minute") or 0)
    past = groups.get("past")
    if past is not None:
        hour, minute = _counted_from(hour, _PAST[past.replace(" 刻", "刻")])
    if hour > 23 or minute > 59:
        return ()
    is_clock = groups.get("minute") is not None and "点" not in text and "时" not in text
    meant = _meant(hour, groups.get("half"), is_exact=part is None and (is_clock or hour == 12))
    return tuple(placed for each in meant for placed in _placed(each, minute, part))


def _counted_from(hour: int, minutes: int) -> tuple[int, int]:
    """A quarter to nine is 8:45."""
    return (hour, minutes) if minutes > 0 else ((hour - 2) % 12 + 1, 60 + minutes)


def _meant(hour: int, half: str | None, *, is_exact: bool) -> tuple[int, ...]:
    """The hours of 24 that an hour as it was said can be; `half` is "a" or "p"."""
    if half is not None:
        if hour > 12:
            return (hour,) if half == "p" else ()
        return (hour % 12 + (12 if half == "p" else 0),) if hour else ()
    if hour == 0 or hour > 12 or is_exact:
        return (hour,)
    return hour % 12, hour % 12 + 12


def _placed(hour: int, minute: int, part: Part | None) -> tuple[Hour, ...]:
    """The hour in its part of the day; () if it does not belong there."""
    if part is None or hour in part.hours:
        return (Hour(hour, minute),)
    return (Hour(hour, minute, 1),) if hour in part.after_midnight else ()
