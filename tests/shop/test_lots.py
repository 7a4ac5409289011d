"""Quantities as a host types them."""

import pytest

from shop.lots import MOST_PACKS, Lot, read_lot


@pytest.mark.parametrize(
    ("text", "packs"),
    [
        ("500", 500),
        (" 1 ", 1),
        ("１，２００", 1200),
        ("1,200", 1200),
        ("1.200", 1200),
        ("1 200 000", 1_200_000),
        ("0012", 12),
        (str(MOST_PACKS), MOST_PACKS),
    ],
)
def test_a_whole_number_in_any_usual_spelling_is_understood(text: str, packs: int) -> None:
    assert read_lot(text) == Lot(packs)


@pytest.mark.parametrize("text", ["unlimited", "Unlimited", "no  limit", "不限", "不限量", "∞"])
def test_words_for_without_end_are_understood(text: str) -> None:
    assert read_lot(text) == Lot(None)


@pytest.mark.parametrize(
    "text", ["", "0", "-5", "1.5", "1,20", "many", "5 boxes", "1万", "٣", "1e3", str(MOST_PACKS + 1), "9" * 400]
)
def test_anything_else_is_not(text: str) -> None:
    assert read_lot(text) is None
