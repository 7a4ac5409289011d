"""Which times are offered to a host."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from shop.suggestions import EVENING, coming_days, evening_of, usual_time
from tests.shop.test_moments import BERLIN, SHANGHAI, ms, shown


def offered(now: str, at: time = EVENING, zone: ZoneInfo = SHANGHAI) -> list[str]:
    return [shown(moment, zone) for moment in coming_days(at, zone, ms(now, zone))]


def test_the_coming_days_are_today_tomorrow_and_the_weekend() -> None:
    assert offered("2026-03-10 12:00") == [
        "2026-03-10 20:00", "2026-03-11 20:00", "2026-03-13 20:00", "2026-03-14 20:00", "2026-03-15 20:00",
    ]  # fmt: skip


def test_an_hour_gone_by_today_is_not_offered_and_no_day_twice() -> None:
    assert offered("2026-03-13 20:00") == ["2026-03-14 20:00", "2026-03-15 20:00"]
    assert offered("2026-03-14 12:00") == ["2026-03-14 20:00", "2026-03-15 20:00", "2026-03-20 20:00"]
    assert offered("2026-12-31 12:00")[:2] == ["2026-12-31 20:00", "2027-01-01 20:00"]


def test_an_hour_a_clock_change_skips_is_offered_as_the_first_after_it() -> None:
    assert offered("2026-03-28 12:00", time(2, 30), BERLIN)[0] == "2026-03-29 03:00"


def test_the_usual_hour_is_the_most_frequent_and_of_several_the_newest() -> None:
    starts = [ms("2026-03-08 19:30"), ms("2026-03-01 20:00"), ms("2026-02-22 20:00")]
    assert usual_time(starts, SHANGHAI) == time(20, 0)
    assert usual_time(starts[:2], SHANGHAI) == time(19, 30)
    assert usual_time([], SHANGHAI) is None


def test_the_usual_hour_is_the_one_on_the_clock_in_summer_and_winter() -> None:
    starts = [ms(f"{day} 20:00", BERLIN) for day in ("2026-03-28", "2026-03-29", "2026-10-25")]
    assert usual_time(starts, BERLIN) == time(20, 0)


def test_a_day_is_offered_by_its_evening_with_the_usual_hour() -> None:
    now, day = ms("2026-03-10 18:30"), date(2026, 3, 10)
    assert [shown(at)[-5:] for at in evening_of(day, None, SHANGHAI, now)] == ["19:00", "20:00", "21:00"]
    usual = datetime.fromisoformat("2026-03-01 19:30").time()
    assert [shown(at)[-5:] for at in evening_of(day, usual, SHANGHAI, now)] == ["19:00", "19:30", "20:00", "21:00"]
