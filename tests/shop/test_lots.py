"""Quantities as a host types them."""

import pytest

from shop.lots import MOST_PACKS, Lot, read_lot, read_price


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


def test_a_stock_may_be_nothing_where_a_lot_may_not() -> None:
    assert read_lot("0", least=0) == Lot(0)
    assert read_lot("-1", least=0) is None


@pytest.mark.parametrize(
    ("text", "price"), [("36", 3600), ("¥36.50", 3650), ("36,5元", 3650), ("CNY 1,234.50", 123_450), ("３６块", 3600)]
)
def test_a_price_is_understood_with_its_sign(text: str, price: int) -> None:
    assert read_price(text, "CNY") == price


@pytest.mark.parametrize("text", ["", "0", "-3", "free", "36.001", "36 EUR", "1e3"])
def test_what_is_no_price_is_not(text: str) -> None:
    assert read_price(text, "CNY") is None
