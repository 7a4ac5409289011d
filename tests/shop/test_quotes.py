"""Quotes: lines, discounts and delivery add up, and nothing goes below zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.quotes import Line, sums


def test_the_total_is_lines_less_discounts_and_delivery() -> None:
    lines = [Line(quantity=2, unit_price=3600, discount=100), Line(quantity=1, unit_price=5900)]
    counted = sums(lines, delivery_fee=800)
    assert (counted.lines_total, counted.discount_total, counted.delivery_fee) == (13_100, 100, 800)
    assert counted.total == 13_800


def test_a_discount_cannot_eat_more_than_its_line() -> None:
    with pytest.raises(ValueError, match="larger"):
        Line(quantity=1, unit_price=100, discount=101)
    with pytest.raises(ValueError, match="negative"):
        Line(quantity=1, unit_price=-1)
    with pytest.raises(ValueError, match="negative"):
        sums([], delivery_fee=-1)


@st.composite
def some_lines(draw: st.DrawFn) -> Line:
    quantity, price = draw(st.integers(0, 9_999)), draw(st.integers(0, 10**9))
    return Line(quantity=quantity, unit_price=price, discount=draw(st.integers(0, quantity * price)))


@given(st.lists(some_lines()), st.integers(0, 10**6))
def test_no_minor_unit_is_lost_between_lines_and_total(lines: list[Line], fee: int) -> None:
    assert sums(lines, delivery_fee=fee).total == sum(line.total for line in lines) + fee
