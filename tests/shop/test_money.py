"""Money: currencies, decimals in and out, sharing out."""

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from shop.money import (
    CURRENCIES,
    AmountError,
    AmountFault,
    CurrencyMismatchError,
    Money,
    as_decimal,
    decimal,
    digits,
    is_currency,
    parse_decimal,
    shares,
)

currencies = st.sampled_from(sorted(CURRENCIES))
amounts = st.integers(-(10**13), 10**13)


@pytest.mark.parametrize(
    ("currency", "places"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("MGA", 2), ("MRU", 2), ("CLP", 0)]
)
def test_the_minor_unit_is_that_of_the_standard(currency: str, places: int) -> None:
    assert digits(currency) == places


def test_every_currency_is_one_babel_knows() -> None:
    assert set(list_currencies()) >= CURRENCIES


def test_a_currency_is_an_upper_case_code_that_people_pay_with() -> None:
    assert is_currency("CNY")
    assert not any(map(is_currency, ["cny", "XXX", "XAU", "RMB", ""]))


def test_an_amount_is_written_with_the_digits_of_its_currency() -> None:
    assert decimal(7200, "CNY") == "72.00"
    assert decimal(-50, "CNY") == "-0.50"
    assert decimal(72, "JPY") == "72"
    assert decimal(7, "KWD") == "0.007"


@given(amounts, currencies)
def test_what_is_written_reads_back_as_the_same_amount(amount: int, currency: str) -> None:
    written = decimal(amount, currency)
    if len(written.lstrip("-").partition(".")[0]) <= 12:
        assert parse_decimal(written, currency, negative=True) == amount
    assert as_decimal(amount, currency) * 10 ** digits(currency) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("36.00", 3600),
        ("36", 3600),
        ("36,5", 3650),
        (" 36.00 ", 3600),
        ("３６．５０", 3650),
        ("1,234", 123400),
        ("1,234.50", 123450),
        ("1.234,50", 123450),
        ("23 000", 2300000),
        ("23\u00a0000,00", 2300000),
        ("1'234'567.89", 123456789),
        ("1.234.567", 123456700),
    ],
)
def test_an_amount_is_understood_however_its_country_writes_it(text: str, amount: int) -> None:
    assert parse_decimal(text, "CNY") == amount


@pytest.mark.parametrize(
    ("text", "currency", "fault"),
    [
        ("36.001", "CNY", AmountFault.TOO_MANY_DECIMALS),
        ("0,123", "CNY", AmountFault.TOO_MANY_DECIMALS),
        ("36.0", "JPY", AmountFault.TOO_MANY_DECIMALS),
        ("1,234", "KWD", AmountFault.AMBIGUOUS),
        ("-1", "CNY", AmountFault.NEGATIVE),
        ("", "CNY", AmountFault.NOT_A_NUMBER),
        ("thirty", "CNY", AmountFault.NOT_A_NUMBER),
        ("1e5", "CNY", AmountFault.NOT_A_NUMBER),
        ("12,34,56", "CNY", AmountFault.NOT_A_NUMBER),
        ("1,234,50", "CNY", AmountFault.NOT_A_NUMBER),
        ("٣٦", "CNY", AmountFault.NOT_A_NUMBER),
        ("9" * 13, "CNY", AmountFault.TOO_LARGE),
        ("0" * 5000, "CNY", AmountFault.TOO_LARGE),
    ],
)
def test_what_is_no_amount_is_refused_with_the_reason(text: str, currency: str, fault: AmountFault) -> None:
    with pytest.raises(AmountError) as refused:
        parse_decimal(text, currency)
    assert refused.value.fault is fault


@given(st.text(), currencies)
def test_any_text_is_an_amount_or_an_amount_error(text: str, currency: str) -> None:
    try:
        assert parse_decimal(text, currency) >= 0
    except AmountError:
        pass


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_sharing_out_never_loses_a_minor_unit(amount: int, weights: list[int]) -> None:
    parts = shares(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)


def test_the_first_of_equals_gets_the_odd_unit() -> None:
    assert shares(100, [1, 1, 1]) == [34, 33, 33]
    assert shares(-100, [1, 1, 1]) == [-34, -33, -33]


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_nothing_is_shared_without_sound_weights(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        shares(100, weights)


def test_money_adds_only_in_one_currency() -> None:
    assert Money(100, "CNY") + Money(50, "CNY") - Money(30, "CNY") == Money(120, "CNY")
    assert -Money(100, "CNY") * 2 == Money(-200, "CNY")
    assert str(Money(7200, "CNY")) == "72.00 CNY"
    with pytest.raises(CurrencyMismatchError):
        Money(100, "CNY") + Money(100, "EUR")
