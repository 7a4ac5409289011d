"""How amounts, counts, times, names and phones read in a person's language.

Amounts always the same way (`¥72.00`), counts in the product's own units ("10,000 eggs", "10,000枚"), times with
weekday in the zone they are shown in. Words of sentences live in the catalogues; never reads a clock.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

import phonenumbers
from babel.dates import format_datetime

from handlers.translation import Translator, figure
from shop import contacts
from shop.money import as_decimal, digits

Texts = Mapping[str, str] | str
"""One text in several languages, {"en": …, "zh": …}, as a mapping or as the JSON the books keep."""

# Narrow signs, one a currency, in every language: Babel would write CN¥ to an English and ¥ to a Chinese reader.
_SIGNS = {
    "CNY": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "KRW": "₩", "VND": "₫",
    "THB": "฿", "RUB": "₽", "UAH": "₴", "TRY": "₺", "ILS": "₪", "NGN": "₦", "PHP": "₱", "KZT": "₸",
    "BRL": "R$", "HKD": "HK$", "TWD": "NT$", "SGD": "S$", "MYR": "RM", "IDR": "Rp", "AUD": "A$",
    "CAD": "C$", "NZD": "NZ$",
}  # fmt: skip

_MOMENTS = {
    "en": ("EEE d MMM, HH:mm", "EEE d MMM y, HH:mm"),
    "zh": ("M月d日 EEE HH:mm", "y年M月d日 EEE HH:mm"),
}
_DAYS = {"en": ("EEE d MMM", "EEE d MMM y"), "zh": ("M月d日 EEE", "y年M月d日 EEE")}

_MINUTE = 60_000

_UNCHANGED = frozenset(("kg", "g", "mg", "t", "l", "ml", "cl", "dl", "hl", "m", "cm", "km", "lb", "oz", "dozen"))
_CONTAINERS = "瓶罐桶袋盒箱包筐篮提件份条只串坛听板捆束"
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def money(amount: int, currency: str, lang: str) -> str:
    """Minor units as `¥324,200.00`; a currency without a narrow sign shows its code: `KWD 1.250`."""
    places = digits(currency)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    shown = figure(as_decimal(abs(amount), currency), lang, pattern)
    sign = _SIGNS.get(currency, f"{currency}\u00a0")
    return f"{'−' if amount < 0 else ''}{sign}{shown}"


def number(value: int | Decimal, lang: str) -> str:
    """A grouped number without trailing zeros: `10,000`, `2.5`."""
    return figure(value, lang)


def name(texts: Texts, lang: str) -> str:
    """The text in this language, else in the first language it was written in."""
    return _pick(texts, lang)[1]


def unit(texts: Texts, lang: str) -> str:
    """A unit as it stands in the catalogue, singular: "box of 20", "20枚装"."""
    return name(texts, lang).partition("|")[0]


def count(quantity: int | Decimal, texts: Texts, lang: str) -> str:
    """So many of a unit: "10,000 eggs", "1 egg", "3,000 kg", "2 boxes of 20", "10,000枚"."""
    spoken, text = _pick(texts, lang)
    return _joined(number(quantity, lang), _unit_word(quantity, text, spoken))


def packs(quantity: int, texts: Texts, lang: str) -> str:
    """So many packs, by the container only: a unit "box of 20" gives "312 boxes", "500克瓶装" gives "312瓶"."""
    return _joined(number(quantity, lang), pack_word(quantity, texts, lang))


def pack_word(quantity: int, texts: Texts, lang: str) -> str:
    """The container alone, for where the number stands apart: "boxes", "瓶"."""
    spoken, text = _pick(texts, lang)
    if spoken == "zh":
        return _chinese_container(text)
    return _unit_word(quantity, text, spoken).partition(" of ")[0].rpartition(" ")[2]


def moment(at_ms: int, zone: tzinfo, lang: str, now: int) -> str:
    """Date, weekday and time in the zone: "Sun 15 Mar, 20:00", "3月15日 周日 20:00"; the year if not this one.

    In the hour that the clocks go through twice it says which: "Sun 25 Oct, 02:30 CET".
    """
    return f"{_dated(_MOMENTS, at_ms, zone, lang, now)}{_which(at_ms, zone)}"


def day(at_ms: int, zone: tzinfo, lang: str, now: int) -> str:
    """Date and weekday in the zone: "Wed 18 Mar", "3月18日 周三"; the year if it is not this one."""
    return _dated(_DAYS, at_ms, zone, lang, now)


def window(from_ms: int, until_ms: int, zone: tzinfo, lang: str, now: int) -> str:
    """Whole days from one to another: "20–24 Mar", "28 Mar – 2 Apr", "3月20日–24日"; one day as `day` has it. The
    year if it is not this one."""
    if is_same_day(from_ms, until_ms, zone):
        return day(until_ms, zone, lang, now)
    first, last = _local(from_ms, zone), _local(until_ms, zone)
    year = last.year != _local(now, zone).year
    if lang == "zh":
        is_one_year = first.year == last.year
        end = "d日" if is_one_year and first.month == last.month else "M月d日" if is_one_year else "y年M月d日"
        head = format_datetime(first, "y年M月d日" if year and is_one_year else "M月d日", locale=lang)
        return f"{head}–{format_datetime(last, end, locale=lang)}"
    tail = format_datetime(last, "d MMM y" if year else "d MMM", locale=lang)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{tail}"
    return f"{format_datetime(first, 'd MMM', locale=lang)} – {tail}"


def time_of_day(at_ms: int, zone: tzinfo) -> str:
    """The time alone: "20:42", in every language; "02:30 CET" in the hour that the clocks go through twice."""
    return f"{_local(at_ms, zone):%H:%M}{_which(at_ms, zone)}"


def weekday(at_ms: int, zone: tzinfo, lang: str) -> str:
    """The short name of the day of the week: "Fri", "周五"."""
    return str(format_datetime(_local(at_ms, zone), "EEE", locale=lang))


def is_same_day(at_ms: int, other_ms: int, zone: tzinfo) -> bool:
    """Do two instants fall on one date in the zone?"""
    return _local(at_ms, zone).date() == _local(other_ms, zone).date()


def span(length_ms: int, t: Translator) -> str:
    """A length of time in its two largest units, rounded down: "2 h 10 min", "3 days", "2小时10分"."""
    minutes = max(0, length_ms) // _MINUTE
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days >= 7 or (days and not hours):
        return t.n("span.days", days)
    if days:
        return t("span.days_hours", days=t.n("span.days", days), hours=hours)
    if hours and rest:
        return t("span.hours_minutes", hours=hours, minutes=rest)
    return t("span.hours", hours=hours) if hours else t("span.minutes", minutes=rest)


def period(length_ms: int, t: Translator) -> str:
    """A length of time as rules name it: "3 years" from two years on, else as `span`."""
    years = max(0, length_ms) // (365 * 24 * 60 * _MINUTE)
    return t.n("span.years", years) if years >= 2 else span(length_ms, t)


def duration(length_ms: int, t: Translator) -> str:
    """How long something takes or took: "41 s" below two minutes, else as a span, "3 min"."""
    if length_ms < 2 * _MINUTE:
        return t("span.seconds", seconds=max(1, round(length_ms / 1000)))
    return span(length_ms, t)


def countdown(at_ms: int, now: int, t: Translator) -> str:
    """How far ahead an instant is: "in 2 h 10 min", "2小时10分后"; "now" within the last minute and after it."""
    if at_ms - now < _MINUTE:
        return t("countdown.now")
    return t("countdown.in", span=span(at_ms - now, t))


def file_size(size: int, lang: str) -> str:
    """How large a file is: "840 B", "212 KB", "1.4 MB"."""
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{number(size // 1024, lang)} KB"
    return f"{number(Decimal(size * 10 // (1024 * 1024)) / 10, lang)} MB"


def check_phone(text: str, country: str | None) -> str | None:
    """A phone people typed, normalised, or None.

    With a country (ISO 3166, the stall's) it must be a valid number, read as local unless it begins with +, and
    comes back in E.164; without one any 5 to 15 digits will do.
    """
    typed = contacts.phone(text)
    if isinstance(typed, contacts.ContactFault):
        return None
    if country is None:
        return typed
    try:
        parsed = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


_SOME_PHONE = "138 0013 8000"  # of no country in particular
_SOME_COUNTRY = "CN"


@lru_cache(maxsize=8)
def example_phone(country: str | None) -> str:
    """A mobile number as people of the stall's country would write it."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    found = None if country in (None, _SOME_COUNTRY) else phonenumbers.example_number_for_type(country, kind)
    if found is None:
        return _SOME_PHONE
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.NATIONAL))


@lru_cache(maxsize=8)
def example_phone_abroad(country: str | None) -> str:
    """The same as it is written from anywhere: with the country's code."""
    region = country or _SOME_COUNTRY
    parsed = phonenumbers.parse(example_phone(country), region)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def phone(stored: str, country: str | None) -> str:
    """A stored phone to read and dial: national for the stall's own country, else international, else as it is."""
    try:
        parsed = phonenumbers.parse(stored, country)
    except phonenumbers.NumberParseException:
        return stored
    if not phonenumbers.is_valid_number(parsed):
        return stored
    is_own = phonenumbers.region_code_for_number(parsed) == country
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if is_own else style.INTERNATIONAL)


@lru_cache(maxsize=1024)
def _parsed(texts: str) -> dict[str, str]:
    return dict(json.loads(texts))


def _pick(texts: Texts, lang: str) -> tuple[str, str]:
    """The language a text was found in, and the text; an empty one counts as not written."""
    known = _parsed(texts) if isinstance(texts, str) else texts
    if known.get(lang):
        return lang, known[lang]
    return next(((other, text) for other, text in known.items() if text), (lang, ""))


def _joined(figure: str, word: str) -> str:
    """Chinese sets the unit right after the figure, the Latin script with a blank."""
    return f"{figure}{word}" if _CJK.match(word) else f"{figure} {word}"


def _unit_word(quantity: int | Decimal, text: str, lang: str) -> str:
    """The unit in the number of the quantity; `singular|plural` in the catalogue overrules the English rules."""
    singular, bar, plural = text.partition("|")
    if quantity == 1:
        return singular
    if bar:
        return plural
    return _english_plural(singular) if lang == "en" else singular


def _english_plural(unit: str) -> str:
    """The head noun in the plural: the word before " of " (boxes of 20), else the last one (5 kg boxes)."""
    head, of, rest = unit.partition(" of ")
    before, blank, noun = head.rpartition(" ")
    return f"{before}{blank}{_plural_noun(noun)}{of}{rest}"


def _plural_noun(noun: str) -> str:
    if noun.lower() in _UNCHANGED:
        return noun
    if re.search(r"(?:s|x|z|ch|sh)$", noun):
        return f"{noun}es"
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def _chinese_container(text: str) -> str:
    """瓶 of "500克瓶装", 包 of "包"; packs named only by their content ("20枚装") are counted as 份."""
    text = text.partition("|")[0]
    body = text.removesuffix("装")
    if body and body[-1] in _CONTAINERS:
        return body[-1]
    is_content = body != text or re.match(r"[0-9]", body) is not None
    return "份" if is_content else text


def _local(at_ms: int, zone: tzinfo) -> datetime:
    """Wall-clock time in the zone, naive: Babel would move an aware one to UTC before it formats."""
    instant = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)
    return instant.astimezone(zone).replace(tzinfo=None)


def _which(at_ms: int, zone: tzinfo) -> str:
    """A blank and CET or CEST where this wall-clock time comes twice that day, else nothing."""
    aware = (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)).astimezone(zone)
    comes_twice = aware.replace(fold=0).utcoffset() != aware.replace(fold=1).utcoffset()
    return f" {aware:%Z}" if comes_twice else ""


def _dated(patterns: Mapping[str, tuple[str, str]], at_ms: int, zone: tzinfo, lang: str, now: int) -> str:
    local = _local(at_ms, zone)
    this_year, other_year = patterns.get(lang, patterns["en"])
    pattern = this_year if local.year == _local(now, zone).year else other_year
    return str(format_datetime(local, pattern, locale=lang))
