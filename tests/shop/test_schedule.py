"""Times typed by people, clock changes, reminders, durations."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.schedule import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    Past,
    ReminderTime,
    Unclear,
    When,
    parse_duration,
    parse_when,
    reminder_times,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


NOW = ms("2026-03-10T12:00+08:00")


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01 20:00",
        "2026-12-01T20:00",
        "2026/12/01 20:00",
        "2026/12/1  20:00 ",
        "01.12.2026 20:00",
        "1.12.2026, 20:00",
        "２０２６－１２－０１　２０：００",
        "2026年12月1日 20:00",
        "2026年12月1日20点",
        "2026年12月1日20点00分",
    ],
)
def test_a_typed_time_is_read_in_the_stalls_zone(text: str) -> None:
    assert parse_when(text, SHANGHAI, NOW) == When(ms("2026-12-01T20:00+08:00"))


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow-ish", "2026-12-01", "20:00", "32.13.2026 20:00", "2026-02-29 20:00", "2026-12-01 24:00",
     "2026-12-01 20:60", "2026-12/01 20:00", "12/01/2026 20:00", "2062-12-01 20:00", "0001-01-01 00:00",
     "2026-12-01 20:00Z"],
)  # fmt: skip
def test_nonsense_is_unclear_and_says_what_was_typed(text: str) -> None:
    assert parse_when(text, SHANGHAI, NOW) == Unclear(text)


def test_now_and_before_are_past() -> None:
    assert parse_when("2026-03-10 12:00", SHANGHAI, NOW) == Past(NOW)
    assert parse_when("2026-03-10 12:01", SHANGHAI, NOW) == When(NOW + MINUTE_MS)
    assert isinstance(parse_when("2020-01-01 00:00", SHANGHAI, NOW), Past)


def test_the_same_words_are_another_instant_in_another_zone() -> None:
    here, there = (parse_when("2026-12-01 20:00", zone, NOW) for zone in (SHANGHAI, BERLIN))
    assert isinstance(here, When)
    assert isinstance(there, When)
    assert there.at_ms - here.at_ms == 7 * HOUR_MS


def test_a_time_the_clock_skips_becomes_the_first_one_after_the_gap() -> None:
    # 29 March 2026: 02:00 to 03:00 do not exist in Berlin.
    first_after = ms("2026-03-29T03:00+02:00")
    for typed in ("02:00", "02:30", "02:59"):
        assert parse_when(f"2026-03-29 {typed}", BERLIN, NOW) == When(first_after, is_moved=True)
    assert parse_when("2026-03-29 01:59", BERLIN, NOW) == When(first_after - MINUTE_MS)
    assert parse_when("2026-03-29 03:00", BERLIN, NOW) == When(first_after)


def test_a_day_the_calendar_skips_becomes_the_midnight_after_it() -> None:
    # Samoa went from 29 to 31 December 2011 without a 30th.
    apia, before = ZoneInfo("Pacific/Apia"), ms("2011-12-01T00:00+00:00")
    assert parse_when("2011-12-30 18:00", apia, before) == When(ms("2011-12-31T00:00+14:00"), is_moved=True)


def test_a_time_that_happens_twice_is_the_first() -> None:
    assert parse_when("2026-10-25 02:30", BERLIN, NOW) == When(ms("2026-10-25T02:30+02:00"))


@given(st.text(max_size=40))
def test_any_text_is_read_or_unclear(text: str) -> None:
    assert isinstance(parse_when(text, BERLIN, NOW), When | Past | Unclear)


zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


@given(st.datetimes(datetime(2026, 4, 1), datetime(2030, 1, 1)), zones)  # noqa: DTZ001  wall-clock times
def test_what_was_not_moved_reads_back_as_it_was_typed(wall: datetime, zone_name: str) -> None:
    zone, typed = ZoneInfo(zone_name), f"{wall:%Y-%m-%d %H:%M}"
    found = parse_when(typed, zone, NOW)
    assert isinstance(found, When)
    shown = f"{datetime.fromtimestamp(found.at_ms / 1000, UTC).astimezone(zone):%Y-%m-%d %H:%M}"
    assert shown > typed if found.is_moved else shown == typed


def test_reminders_ahead_are_planned_earliest_first_and_once() -> None:
    start = NOW + 2 * HOUR_MS
    planned = reminder_times(start, [10 * MINUTE_MS, DAY_MS, HOUR_MS, HOUR_MS], NOW)
    assert planned == (
        ReminderTime(HOUR_MS, NOW + HOUR_MS),
        ReminderTime(10 * MINUTE_MS, start - 10 * MINUTE_MS),
    )


def test_a_reminder_due_this_very_moment_is_not_made_up() -> None:
    assert reminder_times(NOW + HOUR_MS, [HOUR_MS], NOW) == ()


def test_durations_are_written_with_one_unit() -> None:
    assert [parse_duration(text) for text in ("90s", "30m", "24h", "7d", "0s")] == [
        90_000,
        30 * MINUTE_MS,
        DAY_MS,
        7 * DAY_MS,
        0,
    ]


@pytest.mark.parametrize("text", ["", "30", "m", "-5m", "1.5h", "1h30m", "5 weeks", "٣٠m"])
def test_other_durations_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="90s, 30m, 24h or 7d"):
        parse_duration(text)
