"""Amounts, counts, times, names and phones as people read them."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from handlers import formats
from handlers.translation import Translations
from shop import windows
from shop.money import CURRENCIES

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

EGG, BOX = {"en": "egg", "zh": "枚"}, {"en": "box of 20", "zh": "20枚装"}
KG = {"en": "kg", "zh": "公斤"}

texts = Translations.load(["en", "zh"])
english, chinese = texts.translator("en"), texts.translator("zh")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


NOW = ms("2026-03-10T12:00+08:00")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (7200, "CNY", "¥72.00"),
        (32_420_000, "CNY", "¥324,200.00"),
        (5, "CNY", "¥0.05"),
        (0, "CNY", "¥0.00"),
        (-5000, "CNY", "−¥50.00"),
        (1500, "JPY", "¥1,500"),
        (1250, "KWD", "KWD\u00a01.250"),
        (1230, "EUR", "€12.30"),
        (10**14, "CNY", "¥1,000,000,000,000.00"),
    ],
)
def test_amounts_read_the_same_in_every_language(amount: int, currency: str, shown: str, lang: str) -> None:
    assert formats.money(amount, currency, lang) == shown


def test_every_currency_can_be_shown() -> None:
    assert all(formats.money(123_456, currency, "en") for currency in CURRENCIES)


@pytest.mark.parametrize(
    ("quantity", "unit", "shown"),
    [
        (10_000, "egg", "10,000 eggs"),
        (1, "egg", "1 egg"),
        (0, "egg", "0 eggs"),
        (3000, "kg", "3,000 kg"),
        (Decimal("2.5"), "L", "2.5 L"),
        (1000, "package", "1,000 packages"),
        (2, "box of 20", "2 boxes of 20"),
        (1, "box of 20", "1 box of 20"),
        (2, "5 kg box", "2 5 kg boxes"),
        (2, "bunch", "2 bunches"),
        (2, "tray", "2 trays"),
        (2, "punnet of berry", "2 punnets of berry"),
        (2, "berry", "2 berries"),
        (2, "glass", "2 glasses"),
        (2, "dozen", "2 dozen"),
        (2, "loaf|loaves", "2 loaves"),
        (1, "loaf|loaves", "1 loaf"),
    ],
)
def test_english_counts_have_their_plural(quantity: int | Decimal, unit: str, shown: str) -> None:
    assert formats.count(quantity, {"en": unit}, "en") == shown


def test_chinese_counts_set_the_unit_right_after_the_figure() -> None:
    assert formats.count(10_000, EGG, "zh") == "10,000枚"
    assert formats.count(3000, KG, "zh") == "3,000公斤"
    assert formats.count(3000, {"zh": "kg"}, "zh") == "3,000 kg"


def test_a_count_follows_the_language_its_unit_was_found_in() -> None:
    assert formats.count(2, {"en": "egg"}, "zh") == "2 eggs"
    assert formats.count(2, {"zh": "枚"}, "en") == "2枚"


@pytest.mark.parametrize(
    ("quantity", "unit", "shown"),
    [
        (312, "box of 20", "312 boxes"),
        (1, "box of 20", "1 box"),
        (312, "5 kg box", "312 boxes"),
        (2, "500 g jar", "2 jars"),
        (2, "2.5 L can", "2 cans"),
        (1000, "package", "1,000 packages"),
        (2, "loaf of rye|loaves of rye", "2 loaves"),
    ],
)
def test_english_packs_are_counted_by_their_container(quantity: int, unit: str, shown: str) -> None:
    assert formats.packs(quantity, {"en": unit}, "en") == shown


@pytest.mark.parametrize(
    ("unit", "shown"),
    [("20枚装", "2份"), ("5公斤装", "2份"), ("500克瓶装", "2瓶"), ("100克罐装", "2罐"), ("2.5升桶装", "2桶"),
     ("包", "2包"), ("5公斤箱", "2箱"), ("枚", "2枚")],
)  # fmt: skip
def test_chinese_packs_are_counted_as_a_trader_would(unit: str, shown: str) -> None:
    assert formats.packs(2, {"zh": unit}, "zh") == shown


def test_a_unit_stands_in_the_singular() -> None:
    assert formats.unit(BOX, "en") == "box of 20"
    assert formats.unit({"en": "loaf|loaves"}, "en") == "loaf"
    assert formats.pack_word(2, BOX, "en") == "boxes"


def test_names_are_read_from_the_books_json_and_fall_back() -> None:
    stored = json.dumps({"en": "Free-range eggs", "zh": "散养土鸡蛋"}, ensure_ascii=False)
    assert formats.name(stored, "zh") == "散养土鸡蛋"
    assert formats.name(stored, "de") == "Free-range eggs"
    assert formats.name({"en": "", "zh": "蛋"}, "en") == "蛋"
    assert formats.name({}, "en") == ""


def test_a_moment_has_weekday_and_time_in_the_zone() -> None:
    at = ms("2026-03-15T20:00+08:00")
    assert formats.moment(at, SHANGHAI, "en", NOW) == "Sun 15 Mar, 20:00"
    assert formats.moment(at, SHANGHAI, "zh", NOW) == "3月15日 周日 20:00"
    assert formats.moment(at, BERLIN, "en", NOW) == "Sun 15 Mar, 13:00"


def test_the_year_is_said_when_it_is_another_one() -> None:
    at = ms("2027-03-15T20:00+08:00")
    assert formats.moment(at, SHANGHAI, "en", NOW) == "Mon 15 Mar 2027, 20:00"
    assert formats.moment(at, SHANGHAI, "zh", NOW) == "2027年3月15日 周一 20:00"
    assert formats.day(at, SHANGHAI, "en", NOW) == "Mon 15 Mar 2027"


def test_the_year_is_that_of_the_zone() -> None:
    new_year = ms("2026-12-31T20:00+00:00")
    assert formats.moment(new_year, SHANGHAI, "en", NOW) == "Fri 1 Jan 2027, 04:00"
    assert formats.moment(new_year, BERLIN, "en", NOW) == "Thu 31 Dec, 21:00"


def test_a_day_or_a_time_can_stand_alone() -> None:
    at = ms("2026-03-18T20:42+08:00")
    assert formats.day(at, SHANGHAI, "en", NOW) == "Wed 18 Mar"
    assert formats.day(at, SHANGHAI, "zh", NOW) == "3月18日 周三"
    assert formats.time_of_day(at, SHANGHAI) == "20:42"


@pytest.mark.parametrize(
    ("length", "in_english", "in_chinese"),
    [
        (2 * HOUR + 10 * MINUTE, "2 h 10 min", "2小时10分"),
        (30 * MINUTE, "30 min", "30分钟"),
        (HOUR, "1 h", "1小时"),
        (DAY, "1 day", "1天"),
        (DAY + 5 * HOUR + 59 * MINUTE, "1 day 5 h", "1天5小时"),
        (3 * DAY + HOUR, "3 days 1 h", "3天1小时"),
        (10 * DAY + HOUR, "10 days", "10天"),
        (59_999, "0 min", "0分钟"),
        (-HOUR, "0 min", "0分钟"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(length: int, in_english: str, in_chinese: str) -> None:
    assert formats.span(length, english) == in_english
    assert formats.span(length, chinese) == in_chinese


def test_a_countdown_says_how_far_ahead() -> None:
    at = NOW + 2 * HOUR + 10 * MINUTE + 30_000
    assert formats.countdown(at, NOW, english) == "in 2 h 10 min"
    assert formats.countdown(at, NOW, chinese) == "2小时10分后"
    assert formats.countdown(NOW + 59_999, NOW, english) == "now"
    assert formats.countdown(NOW - DAY, NOW, chinese) == "现在"


def test_a_phone_is_checked_against_the_stalls_country() -> None:
    assert formats.check_phone("138 0013 8000", "CN") == "+8613800138000"
    assert formats.check_phone("+49 30 123456", "CN") == "+4930123456"
    assert formats.check_phone("12345", "CN") is None
    assert formats.check_phone("call me", "CN") is None


def test_without_a_country_five_to_fifteen_digits_will_do() -> None:
    assert formats.check_phone("138-0013-8000", None) == "13800138000"
    assert formats.check_phone("12345", None) == "12345"
    assert formats.check_phone("1234", None) is None


def test_a_stored_phone_is_shown_ready_to_dial() -> None:
    assert formats.phone("+8613800138000", "CN") == "138 0013 8000"
    assert formats.phone("+8613800138000", "DE") == "+86 138 0013 8000"
    assert formats.phone("+8613800138000", None) == "+86 138 0013 8000"
    assert formats.phone("12345", None) == "12345"
    assert formats.phone("12345", "CN") == "12345"


def test_in_the_hour_that_comes_twice_times_say_which() -> None:
    now = ms("2026-10-24T12:00+02:00")
    first, second = ms("2026-10-25T02:30+02:00"), ms("2026-10-25T02:30+01:00")
    assert formats.moment(first, BERLIN, "en", now) == "Sun 25 Oct, 02:30 CEST"
    assert formats.moment(second, BERLIN, "en", now) == "Sun 25 Oct, 02:30 CET"
    assert formats.moment(second, BERLIN, "zh", now) == "10月25日 周日 02:30 CET"
    assert [formats.time_of_day(at, BERLIN) for at in (first, second)] == ["02:30 CEST", "02:30 CET"]


@pytest.mark.parametrize(
    ("at", "zone", "shown"),
    [
        ("2026-10-25T01:59:59+02:00", BERLIN, "Sun 25 Oct, 01:59"),
        ("2026-10-25T03:00+01:00", BERLIN, "Sun 25 Oct, 03:00"),
        ("2026-03-29T01:59+01:00", BERLIN, "Sun 29 Mar, 01:59"),
        ("2026-03-29T03:00+02:00", BERLIN, "Sun 29 Mar, 03:00"),
        ("2026-10-25T02:30+01:00", SHANGHAI, "Sun 25 Oct, 09:30"),
        ("2026-03-29T02:30+08:00", SHANGHAI, "Sun 29 Mar, 02:30"),
    ],
)
def test_beside_it_and_where_no_clock_is_changed_they_say_nothing(at: str, zone: ZoneInfo, shown: str) -> None:
    assert formats.moment(ms(at), zone, "en", NOW) == shown


@pytest.mark.parametrize(
    ("first", "last", "en", "zh"),
    [
        ("2026-03-20T00:00+08:00", "2026-03-24T23:59+08:00", "20–24 Mar", "3月20日–24日"),
        ("2026-03-28T00:00+08:00", "2026-04-02T23:59+08:00", "28 Mar – 2 Apr", "3月28日–4月2日"),
        ("2026-03-20T00:00+08:00", "2026-03-20T23:59+08:00", "Fri 20 Mar", "3月20日 周五"),
        ("2026-12-28T00:00+08:00", "2027-01-02T23:59+08:00", "28 Dec – 2 Jan 2027", "12月28日–2027年1月2日"),
    ],
)
def test_a_window_of_days_names_each_month_once(first: str, last: str, en: str, zh: str) -> None:
    shown = [formats.window(ms(first), ms(last), SHANGHAI, lang, NOW) for lang in ("en", "zh")]
    assert shown == [en, zh]


@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN])
@pytest.mark.parametrize("ahead", range(0, 180, 7))
def test_a_window_it_shows_is_a_window_it_reads(zone: ZoneInfo, ahead: int) -> None:
    first = (datetime.fromtimestamp(NOW / 1000, zone) + timedelta(days=ahead + 1)).date()
    window = windows.of_days(first, first + timedelta(days=3), zone, NOW)
    for language in ("en", "zh"):
        said = formats.window(window.from_ms, window.until_ms, zone, language, NOW)
        assert windows.read_window(said, zone, NOW) == window, said
