"""Figures as people write them, in one form: full-width digits, Chinese numerals, English number words.

So the grammars of `days`, `hours` and `moments` read plain figures only. Never decides what a figure stands for.
"""

import re
import unicodedata

_TRADITIONAL = str.maketrans("週點後個時號禮兩鐘淩這間半晝", "周点后个时号礼两钟凌这间半昼")

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMERAL = re.compile("[零〇一二两三四五六七八九十廿]+")
# Tens and units, "十五", "二十", "三十一"; 廿 is an old twenty that calendars still print.
_TENS = re.compile("(?P<tens>[一二两三四五六七八九]?)十(?P<units>[一二三四五六七八九]?)")

# A weekday is a name and not a figure: set apart before "周五八点" can be read as 58 o'clock.
_WEEKDAY = re.compile("(?:周|星期|礼拜)(?P<day>[一二三四五六日天]|[1-7](?![0-9]))")
_WEEKDAYS = {**_DIGITS, "日": 7, "天": 7}

_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")


def plain(text: str) -> str:
    """The text in small letters, simplified forms, single blanks and figures: "週五晚上八點半" is "周5 晚上8点半"."""
    tidy = unicodedata.normalize("NFKC", text).lower().translate(_TRADITIONAL)
    tidy = _WEEKDAY.sub(lambda match: f"周{_weekday(match['day'])} ", tidy)
    tidy = _NUMERAL.sub(lambda match: _figure(match[0]), tidy)
    tidy = _WORD.sub(lambda match: str(_WORDS.index(match[0]) + 1), tidy)
    return " ".join(tidy.split())


def _weekday(name: str) -> int:
    return _WEEKDAYS[name] if name in _WEEKDAYS else int(name)


def _figure(numeral: str) -> str:
    """Figures of a numeral below a hundred, or of digits read one by one ("二〇二六", "零五"); others stay."""
    numeral = numeral.replace("廿", "二十")
    if "十" not in numeral:
        return "".join(str(_DIGITS[digit]) for digit in numeral)
    match = _TENS.fullmatch(numeral)
    if match is None:
        return numeral
    tens = _DIGITS[match["tens"]] if match["tens"] else 1
    units = _DIGITS[match["units"]] if match["units"] else 0
    return str(10 * tens + units)
