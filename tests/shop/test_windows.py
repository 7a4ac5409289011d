"""Ship windows as people write them, as they are filled in, and until when buyers choose after one has moved."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from shop import windows
from shop.windows import DAY_MS, Ambiguous, Gone, TooWide, Unclear, Window, read_window
from tests.clock import NOON

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000


def days(window: Window, zone: ZoneInfo = SHANGHAI) -> str:
    """ "03-20 00:00 – 03-24 23:59" in the zone."""
    first, last = (datetime.fromtimestamp(at / 1000, zone) for at in (window.from_ms, window.until_ms))
    return f"{first:%m-%d %H:%M} – {last:%m-%d %H:%M}"


# Noon on Tuesday 10 March 2026.
@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("20 Mar", "03-20", "03-20"),
        ("tomorrow", "03-11", "03-11"),
        ("in 10 days", "03-20", "03-20"),
        ("20–24 Mar", "03-20", "03-24"),
        ("20-24 Mar", "03-20", "03-24"),
        ("Mar 20-24", "03-20", "03-24"),
        ("from 20 to 24 March", "03-20", "03-24"),
        ("28 Mar to 2 Apr", "03-28", "04-02"),
        ("20.–24.3.", "03-20", "03-24"),
        ("2026-03-20 - 2026-03-24", "03-20", "03-24"),
        ("mon to fri", "03-16", "03-20"),
        ("3月20日", "03-20", "03-20"),
        ("3月20日到24日", "03-20", "03-24"),
        ("３月２０日－２４日", "03-20", "03-24"),
        ("3月28日至4月2日", "03-28", "04-02"),
        ("下周一至周五", "03-16", "03-20"),
        ("下周一到下周五", "03-16", "03-20"),
        ("三月二十日到二十四日发货", "03-20", "03-24"),
        ("10天后", "03-20", "03-20"),
    ],
)
def test_days_are_read_as_people_write_them(said: str, first: str, last: str) -> None:
    found = read_window(said, SHANGHAI, NOON)
    assert isinstance(found, Window), found
    assert days(found) == f"{first} 00:00 – {last} 23:59"


@pytest.mark.parametrize("said", ["today", "10 Mar 2026", "2025-03-20", "今天", "昨天"])
def test_a_presale_ships_from_tomorrow_at_the_earliest(said: str) -> None:
    assert read_window(said, SHANGHAI, NOON) == Gone()


@pytest.mark.parametrize("said", ["1 Mar", "20 Mar to 20 Aug", "20 Mar 2027", "1 Dec"])
def test_what_is_far_off_or_very_long_is_taken_for_a_slip(said: str) -> None:
    assert read_window(said, SHANGHAI, NOON) == TooWide()


@pytest.mark.parametrize("said", ["", "soon", "24-20 Mar", "3-5", "20:00", "x" * 500, "31 Feb", "20 Mar to", "to"])
def test_what_is_no_day_is_not_guessed(said: str) -> None:
    assert read_window(said, SHANGHAI, NOON) == Unclear()


def test_figures_that_can_mean_two_days_are_both_given() -> None:
    found = read_window("4/5", SHANGHAI, NOON)
    assert isinstance(found, Ambiguous)
    assert (days(found.one)[:5], days(found.other)[:5]) == ("04-05", "05-04")


def test_whole_days_are_whole_across_a_clock_change() -> None:
    found = read_window("29 Mar", BERLIN, NOON)
    assert isinstance(found, Window)
    assert days(found, BERLIN) == "03-29 00:00 – 03-29 23:59"
    assert found.until_ms - found.from_ms == 23 * HOUR_MS - 60_000


@pytest.mark.parametrize(
    ("lead", "expected"),
    [(None, "03-17 00:00 – 03-20 23:59"), (3, "03-17 00:00 – 03-20 23:59"), (21, "03-31 00:00 – 04-03 23:59")],
)
def test_a_presale_is_filled_in_from_the_settings_or_later_where_goods_take_longer(
    lead: int | None, expected: str
) -> None:
    found = windows.usual(SHANGHAI, NOON, after_ms=7 * DAY_MS, over_ms=4 * DAY_MS, lead_days=lead)
    assert days(found) == expected


def test_the_shortest_settings_give_tomorrow_alone() -> None:
    found = windows.usual(SHANGHAI, NOON, after_ms=1, over_ms=1, lead_days=0)
    assert days(found) == "03-11 00:00 – 03-11 23:59"


def test_buyers_choose_before_the_old_date_and_have_a_day_where_they_can() -> None:
    was = Window(NOON + 10 * DAY_MS, NOON + 14 * DAY_MS)
    assert windows.answer_by(was, NOON) == was.from_ms
    assert windows.answer_by(was, was.from_ms - HOUR_MS) == was.from_ms + 23 * HOUR_MS
    assert windows.answer_by(was, was.until_ms - HOUR_MS) == was.until_ms
    assert windows.answer_by(was, was.until_ms + HOUR_MS) == was.until_ms + HOUR_MS + DAY_MS


def test_the_reminder_comes_a_day_before_or_half_way() -> None:
    assert windows.remind_at(NOON, NOON + 10 * DAY_MS) == NOON + 9 * DAY_MS
    assert windows.remind_at(NOON, NOON + 10 * HOUR_MS) == NOON + 5 * HOUR_MS
