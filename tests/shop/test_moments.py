"""Moments as people say them, in two languages, around clock changes and the ends of weeks, months and years."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.moments import FURTHEST_MS, Hourless, Past, Unclear, When, Which, parse_when
from tests.shop.phrases import CHINESE, ENGLISH, GONE, HOURLESS, NOT_A_MOMENT

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
AUCKLAND = ZoneInfo("Pacific/Auckland")
ZONES = (SHANGHAI, BERLIN, SAO_PAULO, AUCKLAND)


def ms(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    """The instant at which the zone's clock shows this, or of a text with an offset."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)


def shown(at_ms: int, zone: ZoneInfo = SHANGHAI) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def meant(text: str, now: str, zone: ZoneInfo = SHANGHAI) -> str | list[str] | None:
    """What the words are taken for, in the table's terms; None for anything that is not ahead."""
    match parse_when(text, zone, ms(now, zone)):
        case When(at_ms=at):
            return shown(at, zone)
        case Which(moments=moments):
            return [shown(moment.at_ms, zone) for moment in moments]
        case _:
            return None


NOW = "2026-03-10 12:00"  # a Tuesday


@pytest.mark.parametrize(("text", "moment"), ENGLISH.items())
def test_english_is_read_as_it_is_said(text: str, moment: str | list[str]) -> None:
    assert meant(text, NOW) == moment


@pytest.mark.parametrize(("text", "moment"), CHINESE.items())
def test_chinese_is_read_as_it_is_said(text: str, moment: str | list[str]) -> None:
    assert meant(text, NOW) == moment


@pytest.mark.parametrize(("text", "moment"), GONE.items())
def test_what_has_gone_by_is_named(text: str, moment: str) -> None:
    assert parse_when(text, SHANGHAI, ms(NOW)) == Past(ms(moment))


@pytest.mark.parametrize(("text", "day"), HOURLESS.items())
def test_a_day_without_an_hour_is_a_day(text: str, day: str) -> None:
    assert parse_when(text, SHANGHAI, ms(NOW)) == Hourless(datetime.fromisoformat(day).date())


@pytest.mark.parametrize("text", NOT_A_MOMENT)
def test_nonsense_is_unclear_and_says_what_was_typed(text: str) -> None:
    assert parse_when(text, SHANGHAI, ms(NOW)) == Unclear(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01 20:00", "2026-12-01T20:00", "2026/12/01 20:00", "2026/12/1  20:00 ", "01.12.2026 20:00",
        "1.12.2026, 20:00", "２０２６－１２－０１　２０：００", "2026年12月1日 20:00", "2026年12月1日20点",
        "2026年12月1日20点00分", "12/01/2026 20:00", "1 December 2026 at 8 p.m.",
    ],
)  # fmt: skip
def test_full_dates_are_read_in_every_spelling(text: str) -> None:
    """12/01/2026 is the first of December, because the twelfth of January has gone by."""
    assert parse_when(text, SHANGHAI, ms(NOW)) == When(ms("2026-12-01 20:00"))


def test_now_and_before_are_past() -> None:
    assert parse_when(NOW, SHANGHAI, ms(NOW)) == Past(ms(NOW))
    assert parse_when("2026-03-10 12:01", SHANGHAI, ms(NOW)) == When(ms("2026-03-10 12:01"))
    assert isinstance(parse_when("2020-01-01 00:00", SHANGHAI, ms(NOW)), Past)


def test_the_same_words_are_another_instant_in_another_zone() -> None:
    assert meant("tomorrow 20:00", "2026-03-10T23:30+08:00", SHANGHAI) == "2026-03-11 20:00"
    there = parse_when("tomorrow 20:00", AUCKLAND, ms("2026-03-10T23:30+08:00"))
    assert there == When(ms("2026-03-12 20:00", AUCKLAND))


def test_what_lies_more_than_a_year_ahead_is_asked_back_and_more_than_five_is_a_slip() -> None:
    assert meant("2027-03-10 20:00", NOW) == "2027-03-10 20:00"
    assert meant("2027-12-01 20:00", NOW) == ["2027-12-01 20:00"]
    assert parse_when("2032-03-10 20:00", SHANGHAI, ms(NOW)) == Unclear("2032-03-10 20:00")


@pytest.mark.parametrize(
    ("now", "text", "moment"),
    [
        # A weekday on its own day: today while its hour is ahead, then in a week; "next" is never today.
        ("2026-03-13 19:59", "Fri 20:00", "2026-03-13 20:00"),
        ("2026-03-13 20:00", "Fri 20:00", "2026-03-20 20:00"),
        ("2026-03-13 19:59", "周五晚上8点", "2026-03-13 20:00"),
        ("2026-03-13 20:00", "周五晚上8点", "2026-03-20 20:00"),
        ("2026-03-13 12:00", "next Friday 20:00", "2026-03-20 20:00"),
        # Weeks begin on Monday: on a Sunday, next week is tomorrow's.
        ("2026-03-15 12:00", "next Friday 20:00", "2026-03-20 20:00"),
        ("2026-03-15 12:00", "下周一 20:00", "2026-03-16 20:00"),
        ("2026-03-15 12:00", "Monday next week 20:00", "2026-03-16 20:00"),
        ("2026-03-16 00:00", "下周一 20:00", "2026-03-23 20:00"),
        ("2026-03-15 12:00", "this Monday 20:00", "2026-03-16 20:00"),
        ("2026-03-15 12:00", "周日 20:00", "2026-03-15 20:00"),
        ("2026-03-15 21:00", "周日 20:00", "2026-03-22 20:00"),
        # Ends of months and years.
        ("2026-12-31 12:00", "tomorrow 20:00", "2027-01-01 20:00"),
        ("2026-12-31 12:00", "明晚8点", "2027-01-01 20:00"),
        ("2026-12-30 12:00", "周五 20:00", "2027-01-01 20:00"),
        ("2026-12-31 12:00", "1 Jan 20:00", "2027-01-01 20:00"),
        ("2026-12-31 12:00", "1月1日 20:00", "2027-01-01 20:00"),
        ("2026-12-31 12:00", "下个月5号 20:00", "2027-01-05 20:00"),
        ("2026-01-31 21:00", "31号 20:00", "2026-03-31 20:00"),
        ("2026-02-10 12:00", "the 30th 20:00", "2026-03-30 20:00"),
        ("2026-12-20 12:00", "the 5th 20:00", "2027-01-05 20:00"),
        ("2026-03-10 12:00", "明年3月15日 20:00", ["2027-03-15 20:00"]),
        # Leap days.
        ("2028-02-28 12:00", "tomorrow 20:00", "2028-02-29 20:00"),
        ("2028-02-28 12:00", "29 Feb 20:00", "2028-02-29 20:00"),
        ("2028-02-29 21:00", "2月29日 20:00", ["2032-02-29 20:00"]),
        ("2027-03-10 12:00", "2月29日 20:00", "2028-02-29 20:00"),
        ("2027-02-28 12:00", "tomorrow 20:00", "2027-03-01 20:00"),
        # Around midnight.
        ("2026-03-10 23:59", "tonight 12", "2026-03-11 00:00"),
        ("2026-03-10 23:30", "in 1 hour", "2026-03-11 00:30"),
        ("2026-03-10 23:30", "0:15", "2026-03-11 00:15"),
        ("2026-03-10 00:30", "凌晨1点", "2026-03-10 01:00"),
        ("2026-03-10 00:30", "晚上1点", "2026-03-10 01:00"),
    ],
)
def test_the_next_such_moment_is_meant(now: str, text: str, moment: str | list[str]) -> None:
    assert meant(text, now) == moment


def test_a_distance_ends_on_a_whole_minute_and_is_ahead() -> None:
    now = ms(NOW) + 59_999
    assert parse_when("in 1 minute", SHANGHAI, now) == When(ms("2026-03-10 12:01"))
    assert parse_when("两小时后", SHANGHAI, now) == When(ms("2026-03-10 14:00"))


# -- Clock changes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2026-03-29 02:00", "29 Mar 02:30", "3月29日凌晨2点半", "29.3. 02:59"])
def test_a_time_the_clock_skips_becomes_the_first_one_after_the_gap(text: str) -> None:
    """29 March 2026: 02:00 to 03:00 do not exist in Berlin."""
    now = ms("2026-03-10 12:00", BERLIN)
    assert parse_when(text, BERLIN, now) == When(ms("2026-03-29T03:00+02:00"), is_moved=True)


def test_beside_the_gap_nothing_is_moved() -> None:
    now = ms("2026-03-28 12:00", BERLIN)
    assert parse_when("tomorrow 1:59", BERLIN, now) == When(ms("2026-03-29T01:59+01:00"))
    assert parse_when("tomorrow 3:00", BERLIN, now) == When(ms("2026-03-29T03:00+02:00"))
    assert parse_when("tomorrow 20:00", BERLIN, now) == When(ms("2026-03-29T20:00+02:00"))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Sun 2:30 CEST", "2026-10-25T02:30+02:00"),
        ("Sun 2:30 CET", "2026-10-25T02:30+01:00"),
        ("10月25日 周日 02:30 CET", "2026-10-25T02:30+01:00"),
        ("Sun 20:00 CET", "2026-10-25T20:00+01:00"),
    ],
)
def test_the_name_of_the_clock_says_which_of_two_times_is_meant(text: str, at: str) -> None:
    now = ms("2026-10-22 12:00", BERLIN)
    assert parse_when(text, BERLIN, now) == When(ms(at))
    assert isinstance(parse_when("Fri 20:00 CET", BERLIN, now), Unclear)
    assert isinstance(parse_when("Fri 20:00 EST", BERLIN, now), Unclear)


@pytest.mark.parametrize("text", ["2026-10-25 02:30", "25 Oct 2:30 am", "10月25日凌晨两点半", "tomorrow 2:30"])
def test_a_time_that_happens_twice_is_the_first(text: str) -> None:
    now = ms("2026-10-24 12:00", BERLIN)
    assert parse_when(text, BERLIN, now) == When(ms("2026-10-25T02:30+02:00"))


@pytest.mark.parametrize("text", ["2:30", "today 2:30", "2026-10-25 02:30", "25 Oct 2:30 am", "今天凌晨两点半"])
def test_between_its_two_times_the_second_is_meant(text: str) -> None:
    """At 02:10 by winter time the first 02:30 is gone, and the clock will show it once more."""
    now = ms("2026-10-25T02:10+01:00")
    assert parse_when(text, BERLIN, now) == When(ms("2026-10-25T02:30+01:00"))
    assert parse_when(text, BERLIN, ms("2026-10-25T02:29+02:00")) == When(ms("2026-10-25T02:30+02:00"))
    assert parse_when("today 2:05", BERLIN, now) == Past(ms("2026-10-25T02:05+02:00"))


def test_hours_are_waited_through_and_days_keep_the_time_on_the_clock() -> None:
    spring, autumn = ms("2026-03-28 20:00", BERLIN), ms("2026-10-24 20:00", BERLIN)
    assert parse_when("in 24 hours", BERLIN, spring) == When(ms("2026-03-29T21:00+02:00"))
    assert parse_when("in 1 day", BERLIN, spring) == When(ms("2026-03-29T20:00+02:00"))
    assert parse_when("24小时后", BERLIN, autumn) == When(ms("2026-10-25T19:00+01:00"))
    assert parse_when("一天后", BERLIN, autumn) == When(ms("2026-10-25T20:00+01:00"))


def test_the_southern_summer_changes_the_other_way() -> None:
    """Auckland goes forward at 02:00 on 27 September 2026 and back at 03:00 on 5 April."""
    before = ms("2026-09-26 12:00", AUCKLAND)
    skipped = parse_when("tomorrow 2:15 am", AUCKLAND, before)
    assert skipped == When(ms("2026-09-27T03:00+13:00"), is_moved=True)
    twice = parse_when("tomorrow 2:30", AUCKLAND, ms("2026-04-04 12:00", AUCKLAND))
    assert twice == When(ms("2026-04-05T02:30+13:00"))


def test_a_zone_that_gave_its_clock_changes_up_has_none() -> None:
    """São Paulo last skipped midnight on 4 November 2018."""
    assert parse_when("2018-11-04 00:00", SAO_PAULO, ms("2018-11-01 12:00", SAO_PAULO)) == When(
        ms("2018-11-04T01:00-02:00"), is_moved=True
    )
    assert parse_when("8 Nov 00:00", SAO_PAULO, ms("2026-11-01 12:00", SAO_PAULO)) == When(
        ms("2026-11-08T00:00-03:00")
    )


def test_a_day_the_calendar_skips_becomes_the_midnight_after_it() -> None:
    """Samoa went from 29 to 31 December 2011 without a 30th."""
    apia, before = ZoneInfo("Pacific/Apia"), ms("2011-12-01T00:00+00:00")
    assert parse_when("2011-12-30 18:00", apia, before) == When(ms("2011-12-31T00:00+14:00"), is_moved=True)


# -- Whatever is typed ---------------------------------------------------------------------------------------

zones = st.sampled_from(ZONES)
nows = st.integers(ms("2025-01-01 00:00"), ms("2030-01-01 00:00"))
WORDS = """
    tomorrow today tonight next this Fri Sunday Mar 15 8 20:00 8pm in 2 hours evening 2026 - / . : 31 30
    今 明 后 天 周 五 晚上 8点 半 3月 15日 十五 号 下 小时
"""
words = st.sampled_from([word for line in WORDS.splitlines() for word in line.split()])


@given(st.text(max_size=40), zones, nows)
def test_any_text_is_read_or_unclear(text: str, zone: ZoneInfo, now: int) -> None:
    assert isinstance(parse_when(text, zone, now), When | Which | Past | Hourless | Unclear)


@given(st.lists(words, max_size=8), st.sampled_from(["", " "]), zones, nows)
def test_whatever_is_understood_lies_ahead_and_ambiguities_are_told_in_order(
    parts: list[str], between: str, zone: ZoneInfo, now: int
) -> None:
    match parse_when(between.join(parts), zone, now):
        case When(at_ms=at):
            assert now < at <= now + FURTHEST_MS
        case Which(moments=moments):
            instants = [moment.at_ms for moment in moments]
            assert instants == sorted(set(instants))
            assert now < instants[0]
            assert instants[-1] <= now + FURTHEST_MS
        case Past(at_ms=at):
            assert at <= now
        case _:
            pass


@given(st.datetimes(datetime(2026, 4, 1), datetime(2030, 1, 1)), zones)  # noqa: DTZ001  wall-clock times
def test_what_was_not_moved_reads_back_as_it_was_typed(wall: datetime, zone: ZoneInfo) -> None:
    typed = f"{wall:%Y-%m-%d %H:%M}"
    found = parse_when(typed, zone, ms(NOW))
    moment = found.moments[0] if isinstance(found, Which) else found
    assert isinstance(moment, When)
    assert shown(moment.at_ms, zone) > typed if moment.is_moved else shown(moment.at_ms, zone) == typed
