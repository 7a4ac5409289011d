"""Cells: what a person sees in a workbook, and what no spreadsheet runs."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.cells import FORMULA, harmless, text_of


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (None, "General", ""),
        (36, "General", "36"),
        (36.0, "0.00", "36"),
        (78.09999999999999, "0.00", "78.1"),
        (0.1 + 0.2, "General", "0.3"),
        (6901234567890, "0", "6901234567890"),
        (12, "0000", "0012"),
        (0.36, "0%", "36%"),
        (True, "General", "TRUE"),
        (datetime(2026, 3, 1), "m/d/yy", "2026-03-01"),  # noqa: DTZ001 - a sheet knows no zones
        (datetime(2026, 3, 1, 20, 5), "m/d/yy", "2026-03-01 20:05"),  # noqa: DTZ001
        (date(2026, 3, 1), "m/d/yy", "2026-03-01"),
        (time(20, 5), "h:mm", "20:05:00"),
        (timedelta(hours=30), "[h]:mm", "1 day, 6:00:00"),
        ("0012", "@", "0012"),
    ],
)
def test_a_value_is_the_text_a_person_sees(value: object, number_format: str, text: str) -> None:
    assert text_of(value, number_format) == text


@given(st.text())
def test_no_text_begins_as_a_formula_and_all_others_stay(text: str) -> None:
    written = harmless(text)
    assert not written.startswith(FORMULA)
    assert written.removeprefix("'") == text or written == text
