"""Reminders and durations."""

import pytest

from shop.schedule import DAY_MS, HOUR_MS, MINUTE_MS, ReminderTime, parse_duration, reminder_times
from tests.clock import NOON as NOW


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
